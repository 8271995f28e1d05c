//! `tee`: to a file and onwards.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("ai", &[("append", 'a')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let input = std::mem::take(&mut call.input);
    let (who, now) = (call.who(), call.now());
    let umask = call.host.shell().umask;
    let mut status = 0;
    for name in &options.operands {
        let path = call.path(name);
        let disk = call.disk();
        let done = disk
            .open(&who, &path, options.has('a'), umask, now)
            .and_then(|place| disk.append(&place, &input, now));
        if let Err(fault) = done {
            status = call.fail(format!("{name}: {fault}"));
        }
    }
    call.out(input);
    status
}

//! `mkdir`: a new folder.

use super::Call;
use crate::machine::disk::Fault;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("pvm:", &[("parents", 'p'), ("verbose", 'v'), ("mode", 'm')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    if options.operands.is_empty() {
        return call.usage("missing operand");
    }
    let mode = match options.value('m') {
        None => 0o777 & !call.host.shell().umask,
        Some(text) => match u16::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o7777 => mode,
            Ok(_) | Err(_) => return call.fail(format!("invalid mode '{text}'")),
        },
    };
    let (who, now) = (call.who(), call.now());
    let mut status = 0;
    for name in &options.operands {
        let path = call.path(name);
        if options.has('p') {
            let mut so_far = String::new();
            for part in path.split('/').filter(|part| !part.is_empty()) {
                so_far = format!("{so_far}/{part}");
                let made = call.disk().make_dir(&who, &so_far, mode, now);
                let is_there = made == Err(Fault::Exists)
                    && call
                        .disk()
                        .resolve(&who, &so_far, true)
                        .is_ok_and(|(_, node)| node.is_dir());
                if let Err(fault) = made
                    && !is_there
                {
                    status = call.fail(format!("cannot create directory '{name}': {fault}"));
                    break;
                }
            }
            continue;
        }
        match call.disk().make_dir(&who, &path, mode, now) {
            Ok(()) if options.has('v') => call.out(format!("mkdir: created directory '{name}'\n")),
            Ok(()) => (),
            Err(fault) => status = call.fail(format!("cannot create directory '{name}': {fault}")),
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn folders_are_made_and_refusals_are_gnus() {
        assert_eq!(
            run("mkdir a; mkdir a"),
            "mkdir: cannot create directory 'a': File exists\n1"
        );
        assert_eq!(
            run("mkdir a/b/c"),
            "mkdir: cannot create directory 'a/b/c': No such file or directory\n1"
        );
        assert_eq!(run("mkdir -p a/b/c && ls a"), "b\n0");
        assert_eq!(
            run("mkdir /x"),
            "mkdir: cannot create directory '/x': Permission denied\n1"
        );
        assert_eq!(run("mkdir -m 700 p; stat -c %a p"), "700\n0");
    }
}

//! `touch`: a file's time, or a new empty file.

use super::Call;
use crate::machine::disk::Fault;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("acmd:t:", &[("no-create", 'c'), ("date", 'd')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    if options.operands.is_empty() {
        return call.usage("missing file operand");
    }
    if options.value('d').is_some() || options.value('t').is_some() {
        return call.fail("setting another time is not simulated on this machine");
    }
    let (who, now) = (call.who(), call.now());
    let umask = call.host.shell().umask;
    let mut status = 0;
    for name in &options.operands {
        let path = call.path(name);
        let disk = call.disk();
        let may_write = disk
            .resolve(&who, &path, true)
            .map(|(_, node)| who.may(node, 2));
        let done = match may_write {
            Ok(true) => match disk.change(&crate::machine::disk::Who::root(), &path, true, |node| {
                node.mtime = now;
            }) {
                Err(fault) => Err(fault),
                Ok(()) => Ok(()),
            },
            Ok(false) => disk
                .change(&who, &path, true, |node| node.mtime = now)
                .map_err(|_| Fault::Denied),
            Err(Fault::NotFound) if options.has('c') => Ok(()),
            Err(Fault::NotFound) => disk.open(&who, &path, true, umask, now).map(drop),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = done {
            status = call.fail(format!("cannot touch '{name}': {fault}"));
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_makes_files_where_it_may() {
        assert_eq!(run("touch a 'b c'; ls"), "a\nb c\n0");
        assert_eq!(
            run("touch /etc/x"),
            "touch: cannot touch '/etc/x': Permission denied\n1"
        );
        assert_eq!(
            run("touch no/x"),
            "touch: cannot touch 'no/x': No such file or directory\n1"
        );
    }
}

//! `cp`: a copy.

use super::Call;
use crate::machine::disk::{Fault, join};
use crate::machine::node::Kind;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let known = [
        ("recursive", 'r'),
        ("archive", 'a'),
        ("preserve", 'p'),
        ("force", 'f'),
        ("verbose", 'v'),
    ];
    let options = match call.options("rRapfivnT", &known) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let Some((target, sources)) = options.operands.split_last() else {
        return call.usage("missing file operand");
    };
    if sources.is_empty() {
        return call.usage(format!("missing destination file operand after '{target}'"));
    }
    let recursive = options.has('r') || options.has('R') || options.has('a');
    let keep = options.has('p') || options.has('a');
    let who = call.who();
    let target_path = call.path(target);
    let into = call
        .disk()
        .resolve(&who, &target_path, true)
        .is_ok_and(|(_, node)| node.is_dir());
    if sources.len() > 1 && !into {
        let fault = missing_or_no_dir(call, &target_path);
        return call.fail(format!("target '{target}': {fault}"));
    }
    let mut status = 0;
    for source in sources {
        let path = call.path(source);
        let (place, node) = match call.disk().resolve(&who, &path, true) {
            Ok((place, node)) => (place, node.clone()),
            Err(fault) => {
                status = call.fail(format!("cannot stat '{source}': {fault}"));
                continue;
            }
        };
        let name = source
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let (to, shown) = if into {
            (join(&target_path, name), join(target, name))
        } else {
            (target_path.clone(), target.clone())
        };
        if node.is_dir() && !recursive {
            status = call.fail(format!("-r not specified; omitting directory '{source}'"));
            continue;
        }
        if call
            .disk()
            .resolve(&who, &to, true)
            .is_ok_and(|(to, _)| to == place)
        {
            status = call.fail(format!("'{source}' and '{shown}' are the same file"));
            continue;
        }
        if options.has('n') && call.disk().resolve(&who, &to, false).is_ok() {
            continue;
        }
        status = status.max(tree(call, &place, source, &to, &shown, keep));
        if options.has('v') && status == 0 {
            call.out(format!("'{source}' -> '{shown}'\n"));
        }
    }
    status
}

fn missing_or_no_dir(call: &mut Call<'_>, path: &str) -> Fault {
    let who = call.who();
    match call.disk().resolve(&who, path, true) {
        Ok(_) => Fault::NotDirectory,
        Err(fault) => fault,
    }
}

/// Copies what is at `place` and all below it.
fn tree(call: &mut Call<'_>, place: &str, source: &str, to: &str, shown: &str, keep: bool) -> u32 {
    let (who, now) = (call.who(), call.now());
    let umask = call.host.shell().umask;
    let mut status = 0;
    for path in call.disk().tree(place) {
        let rest = path.strip_prefix(place).unwrap_or_default().to_owned();
        let Some(node) = call.disk().at(&path).cloned() else {
            continue;
        };
        let (from, at, new) = (
            format!("{source}{rest}"),
            format!("{to}{rest}"),
            format!("{shown}{rest}"),
        );
        let mode = if keep {
            node.mode
        } else {
            node.mode & !umask & 0o777
        };
        let done = match &node.kind {
            Kind::Dir => match call.disk().make_dir(&who, &at, mode, now) {
                Err(Fault::Exists) => Ok(()),
                other => other.map_err(|fault| format!("cannot create directory '{new}': {fault}")),
            },
            Kind::Link(target) => call
                .disk()
                .make_link(&who, &at, target, now)
                .map_err(|fault| format!("cannot create symbolic link '{new}': {fault}")),
            Kind::Device => Err(format!(
                "'{from}': devices are not copied on this simulated machine"
            )),
            Kind::File(_) if !who.may(&node, 4) => Err(format!(
                "cannot open '{from}' for reading: Permission denied"
            )),
            Kind::File(content) => {
                call.disk()
                    .copy(&who, content, &at, mode, now)
                    .map_err(|fault| {
                        let what = if fault == Fault::NoSpace {
                            "error writing"
                        } else {
                            "cannot create regular file"
                        };
                        format!("{what} '{new}': {fault}")
                    })
            }
        };
        match done {
            Ok(()) if keep => drop(
                call.disk()
                    .change(&who, &at, false, |copy| copy.mtime = node.mtime),
            ),
            Ok(()) => (),
            Err(message) => {
                status = call.fail(message);
                if node.is_dir() {
                    break;
                }
            }
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn files_and_folders_are_copied_and_refusals_are_gnus() {
        assert_eq!(run("echo a > f; cp f g; cat g"), "a\n0");
        assert_eq!(
            run("mkdir d; echo a > d/f; cp -r d e; cat e/f; cp d x"),
            "a\ncp: -r not specified; omitting directory 'd'\n1"
        );
        assert_eq!(
            run("cp nofile x"),
            "cp: cannot stat 'nofile': No such file or directory\n1"
        );
        assert_eq!(
            run("cp .bashrc /etc/x"),
            "cp: cannot create regular file '/etc/x': Permission denied\n1"
        );
        assert_eq!(
            run("cp .bashrc .bashrc"),
            "cp: '.bashrc' and '.bashrc' are the same file\n1"
        );
        assert_eq!(
            run("cp x"),
            "cp: missing destination file operand after 'x'\nTry 'cp --help' for more information.\n1"
        );
        assert_eq!(run("mkdir d; cp -r d d/e; ls d"), "e\n0");
    }
}

//! `rm`: files away.

use super::Call;
use crate::machine::disk::{Fault, Who, join};

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let known = [
        ("recursive", 'r'),
        ("force", 'f'),
        ("verbose", 'v'),
        ("no-preserve-root", 'N'),
        ("dir", 'd'),
    ];
    let options = match call.options("rRfvdiIN", &known) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let force = options.has('f');
    if options.operands.is_empty() {
        return if force {
            0
        } else {
            call.usage("missing operand")
        };
    }
    let recursive = options.has('r') || options.has('R');
    let (who, now) = (call.who(), call.now());
    let mut status = 0;
    for name in &options.operands {
        let last = name
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if last == "." || last == ".." {
            status = call.fail(format!(
                "refusing to remove '.' or '..' directory: skipping '{name}'"
            ));
            continue;
        }
        let path = call.path(name);
        let (place, is_dir) = match call.disk().resolve(&who, &path, false) {
            Ok((place, node)) => (place, node.is_dir()),
            Err(Fault::NotFound | Fault::NotDirectory) if force => continue,
            Err(fault) => {
                status = call.fail(format!("cannot remove '{name}': {fault}"));
                continue;
            }
        };
        if place == "/" && recursive {
            call.fail("it is dangerous to operate recursively on '/'");
            status = call.fail("use --no-preserve-root to override this failsafe");
            continue;
        }
        if is_dir && !recursive && !options.has('d') {
            status = call.fail(format!("cannot remove '{name}': {}", Fault::IsDirectory));
            continue;
        }
        status = status.max(if is_dir {
            tree(call, &who, &place, name)
        } else {
            one(call, &who, &place, name, now)
        });
        if options.has('v') && status == 0 {
            call.out(format!("removed '{name}'\n"));
        }
    }
    status
}

fn one(call: &mut Call<'_>, who: &Who, place: &str, shown: &str, now: i64) -> u32 {
    match call.disk().remove(who, place, now) {
        Ok(()) => 0,
        Err(fault) => call.fail(format!("cannot remove '{shown}': {fault}")),
    }
}

/// A folder with all below it, deepest first.
fn tree(call: &mut Call<'_>, who: &Who, place: &str, shown: &str) -> u32 {
    let now = call.now();
    let mut all = call.disk().tree(place);
    all.reverse();
    let mut status = 0;
    for at in all {
        let rest = at
            .strip_prefix(place)
            .unwrap_or_default()
            .trim_start_matches('/');
        let shown = if rest.is_empty() {
            shown.to_owned()
        } else {
            join(shown, rest)
        };
        let is_dir = call
            .disk()
            .at(&at)
            .is_some_and(super::super::node::Node::is_dir);
        let done = if is_dir {
            call.disk().remove_dir(who, &at, now)
        } else {
            call.disk().remove(who, &at, now)
        };
        match done {
            Ok(()) => (),
            // What is left in it was already said.
            Err(Fault::NotEmpty) if status != 0 => (),
            Err(fault) => status = call.fail(format!("cannot remove '{shown}': {fault}")),
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn files_go_and_refusals_are_gnus() {
        assert_eq!(
            run("touch a; rm a; ls; rm a"),
            "rm: cannot remove 'a': No such file or directory\n1"
        );
        assert_eq!(run("rm -f nofile"), "0");
        assert_eq!(
            run("mkdir d; rm d"),
            "rm: cannot remove 'd': Is a directory\n1"
        );
        assert_eq!(run("mkdir -p d/e; touch d/e/f; rm -rf d; ls"), "0");
        assert_eq!(
            run("rm /etc/passwd"),
            "rm: cannot remove '/etc/passwd': Permission denied\n1"
        );
        assert_eq!(
            run("sudo rm -rf /"),
            "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n1"
        );
    }
}

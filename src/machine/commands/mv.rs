//! `mv`: another name or place.

use super::Call;
use crate::machine::disk::{Fault, join};

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options(
        "fivnT",
        &[("force", 'f'), ("verbose", 'v'), ("no-clobber", 'n')],
    ) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let Some((target, sources)) = options.operands.split_last() else {
        return call.usage("missing file operand");
    };
    if sources.is_empty() {
        return call.usage(format!("missing destination file operand after '{target}'"));
    }
    let (who, now, target_path) = (call.who(), call.now(), call.path(target));
    let into = call
        .disk()
        .resolve(&who, &target_path, true)
        .is_ok_and(|(_, node)| node.is_dir());
    if sources.len() > 1 && !into {
        return call.fail(format!("target '{target}': {}", Fault::NotDirectory));
    }
    let mut status = 0;
    for source in sources {
        let path = call.path(source);
        if let Err(fault) = call.disk().resolve(&who, &path, false) {
            status = call.fail(format!("cannot stat '{source}': {fault}"));
            continue;
        }
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
        if options.has('n') && call.disk().resolve(&who, &to, false).is_ok() {
            continue;
        }
        let done = call.disk().rename(&who, &path, &to, now);
        match done {
            Ok(()) if options.has('v') => call.out(format!("renamed '{source}' -> '{shown}'\n")),
            Ok(()) => (),
            Err(Fault::Invalid) => {
                status = call.fail(format!(
                    "cannot move '{source}' to a subdirectory of itself, '{shown}'"
                ));
            }
            Err(fault) => {
                status = call.fail(format!("cannot move '{source}' to '{shown}': {fault}"));
            }
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn names_change_and_refusals_are_gnus() {
        assert_eq!(run("echo a > f; mv f g; cat g; ls"), "a\ng\n0");
        assert_eq!(run("mkdir d; touch f; mv f d; ls d"), "f\n0");
        assert_eq!(
            run("mv nofile x"),
            "mv: cannot stat 'nofile': No such file or directory\n1"
        );
        assert_eq!(
            run("mkdir d; mv d d/e"),
            "mv: cannot move 'd' to a subdirectory of itself, 'd/e'\n1"
        );
        assert_eq!(
            run("mv /etc/passwd ."),
            "mv: cannot move '/etc/passwd' to './passwd': Permission denied\n1"
        );
    }
}

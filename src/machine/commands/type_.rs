//! `type`: what a name stands for.

use super::Call;
use crate::machine::shell::{Found, find};

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut status = 0;
    let short = call.given().iter().any(|word| word == "-t");
    for name in call.given().iter().filter(|word| !word.starts_with('-')) {
        let shell = call.host.shell();
        if let Some(text) = shell.aliases.get(name).cloned() {
            call.out(if short {
                "alias\n".into()
            } else {
                format!("{name} is aliased to `{text}'\n")
            });
            continue;
        }
        if shell.functions.contains_key(name) {
            call.out(if short {
                "function\n".into()
            } else {
                format!("{name} is a function\n")
            });
            continue;
        }
        match find(call.host, name, true) {
            Found::Builtin(_) if short => call.out("builtin\n"),
            Found::Builtin(_) => call.out(format!("{name} is a shell builtin\n")),
            Found::Program(..) | Found::Script(..) if short => call.out("file\n"),
            Found::Program(_, path) | Found::Script(path, _) => {
                call.out(format!("{name} is {path}\n"));
            }
            Found::Not(..) if short => status = 1,
            Found::Not(..) => status = call.complain(format!("{name}: not found")),
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn builtins_and_programs_are_told_apart() {
        assert_eq!(
            run("type cd ls"),
            "cd is a shell builtin\nls is /usr/bin/ls\n0"
        );
        assert_eq!(
            run("type nosuch"),
            "bash: line 1: type: nosuch: not found\n1"
        );
    }
}

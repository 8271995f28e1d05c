//! `unset`: variables and functions away.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut status = 0;
    for name in call.given().iter().filter(|word| !word.starts_with('-')) {
        let shell = call.host.shell();
        if shell
            .variables
            .get(name)
            .is_some_and(|variable| variable.read_only)
        {
            status = call.complain(format!("{name}: cannot unset: readonly variable"));
            continue;
        }
        if shell.variables.remove(name).is_none() {
            shell.functions.remove(name);
        }
    }
    status
}

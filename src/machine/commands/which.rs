//! `which`: where on `PATH` a program is.

use super::Call;
use crate::machine::shell::which;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut status = 0;
    for name in call.given().iter().filter(|word| !word.starts_with('-')) {
        match which(call.host, name) {
            Some(path) => call.out(format!("{path}\n")),
            None if call.host.machine.family().is_debian() => status = 1,
            None => {
                let path = call.host.shell().get("PATH").unwrap_or_default().to_owned();
                call.err(format!("/usr/bin/which: no {name} in ({path})\n"));
                status = 1;
            }
        }
    }
    status
}

//! `exit`, `logout`: out of the shell.

use super::Call;
use crate::machine::shell::Flow;

pub(super) fn exit(call: &mut Call<'_>) -> u32 {
    let last = call.host.shell().status;
    let status = match call.given().first() {
        None => last,
        Some(word) => match word.parse::<i64>() {
            Ok(number) => u32::try_from(number.rem_euclid(256)).unwrap_or(0),
            Err(_) => {
                call.complain(format!("{word}: numeric argument required"));
                2
            }
        },
    };
    call.flow = Some(Flow::Exit(status));
    status
}

pub(super) fn logout(call: &mut Call<'_>) -> u32 {
    if !call.host.shell().login {
        return call.complain("not login shell: use `exit'");
    }
    exit(call)
}

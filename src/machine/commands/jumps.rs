//! `break`, `continue`, `return`.

use super::Call;
use crate::machine::shell::Flow;

fn number(call: &Call<'_>, otherwise: u32) -> u32 {
    call.given()
        .first()
        .and_then(|word| word.parse().ok())
        .unwrap_or(otherwise)
}

pub(super) fn leave(call: &mut Call<'_>) -> u32 {
    call.flow = Some(Flow::Break(number(call, 1)));
    0
}

pub(super) fn again(call: &mut Call<'_>) -> u32 {
    call.flow = Some(Flow::Continue(number(call, 1)));
    0
}

pub(super) fn give_back(call: &mut Call<'_>) -> u32 {
    let last = call.host.shell().status;
    call.flow = Some(Flow::Return(number(call, last) % 256));
    0
}

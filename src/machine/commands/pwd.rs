//! `pwd`: the folder one is in.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let text = format!("{}\n", call.host.shell().cwd);
    call.out(text);
    0
}

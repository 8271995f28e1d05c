//! `whoami`: the user's name.

use super::Call;
use crate::machine::users;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let uid = call.who().uid;
    let text = format!("{}\n", users::name_of(call.disk(), uid));
    call.out(text);
    0
}

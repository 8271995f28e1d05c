//! `groups`: the groups of a user.

use super::Call;
use crate::machine::users;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (who, front) = match call.given().first() {
        None => (call.who(), String::new()),
        Some(name) => match users::by_name(call.disk(), name) {
            Some(user) => (user.who(call.disk()), format!("{name} : ")),
            None => return call.fail(format!("'{name}': no such user")),
        },
    };
    let names: Vec<String> = who
        .groups
        .iter()
        .map(|gid| users::group_name(call.disk(), *gid))
        .collect();
    call.out(format!("{front}{}\n", names.join(" ")));
    0
}

//! `w`, `who`: who is logged in.

use super::{Call, uptime};
use crate::machine::moment;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut text = uptime::line(call);
    text.push_str("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n");
    for login in call
        .host
        .machine
        .logins
        .iter()
        .filter(|login| login.until.is_none())
    {
        let at = moment::format(login.at, "%H:%M").unwrap_or_default();
        text.push_str(&format!(
            "{:<8} {:<8} {:<16} {at}    0.00s  0.01s  0.00s w\n",
            login.user,
            login.terminal,
            login.from.to_string()
        ));
    }
    call.out(text);
    0
}

pub(super) fn who(call: &mut Call<'_>) -> u32 {
    let mut text = String::new();
    for login in call
        .host
        .machine
        .logins
        .iter()
        .filter(|login| login.until.is_none())
    {
        let at = moment::format(login.at, "%Y-%m-%d %H:%M").unwrap_or_default();
        text.push_str(&format!(
            "{:<8} {:<12} {at} ({})\n",
            login.user, login.terminal, login.from
        ));
    }
    call.out(text);
    0
}

//! `last`: the logins.

use super::Call;
use crate::machine::moment;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let booted = call.host.id.booted_at;
    let mut lines = String::new();
    for login in call.host.machine.logins.iter().rev() {
        let start = moment::format(login.at, "%a %b %e %H:%M").unwrap_or_default();
        let end = match login.until {
            None => "  still logged in".to_owned(),
            Some(until) => {
                let minutes = (until - login.at).max(0) / 60_000;
                let at = moment::format(until, "%H:%M").unwrap_or_default();
                format!("- {at}  ({:02}:{:02})", minutes / 60, minutes % 60)
            }
        };
        lines.push_str(&format!(
            "{:<8} {:<12} {:<16} {start} {end}\n",
            login.user,
            login.terminal,
            login.from.to_string()
        ));
    }
    let boot = moment::format(booted, "%a %b %e %H:%M").unwrap_or_default();
    lines.push_str(&format!(
        "{:<8} {:<12} {:<16} {boot}   still running\n",
        "reboot", "system boot", ""
    ));
    let begins = moment::format(booted, "%a %b %e %H:%M:%S %Y").unwrap_or_default();
    call.out(format!("{lines}\nwtmp begins {begins}\n"));
    0
}

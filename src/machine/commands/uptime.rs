//! `uptime`: since when it runs.

use super::Call;
use crate::machine::moment;

/// The line of `uptime`, also the first of `w`.
pub(super) fn line(call: &Call<'_>) -> String {
    let (now, booted) = (call.host.now, call.host.id.booted_at);
    let minutes = (now - booted).max(0) / 60_000;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        days => format!("{days} days, "),
    };
    let time = if hours > 0 {
        format!("{hours:>2}:{minutes:02}")
    } else {
        format!("{minutes} min")
    };
    let users = call
        .host
        .machine
        .logins
        .iter()
        .filter(|login| login.until.is_none())
        .count();
    let s = if users == 1 { "" } else { "s" };
    let clock = moment::format(now, "%H:%M:%S").unwrap_or_default();
    format!(" {clock} up {days}{time},  {users} user{s},  load average: 0.00, 0.00, 0.00\n")
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.given().first().is_some_and(|word| word == "-s") {
        let since = moment::format(call.host.id.booted_at, "%Y-%m-%d %H:%M:%S").unwrap_or_default();
        call.out(format!("{since}\n"));
        return 0;
    }
    let text = line(call);
    call.out(text);
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_counts_from_the_boot() {
        assert_eq!(
            run("uptime"),
            " 10:00:00 up 10 min,  0 users,  load average: 0.00, 0.00, 0.00\n0"
        );
    }
}

//! `shutdown`, `poweroff`, `halt`, `reboot`: the machine goes down, and whoever keeps the account sees to it.

use super::Call;
use crate::machine::Power;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut power = match call.name() {
        "reboot" => Power::Reboot,
        _ => Power::Off,
    };
    // Only `shutdown` waits a minute unless told otherwise.
    let mut now = call.name() != "shutdown";
    let mut cancel = false;
    for word in call.given() {
        match word.as_str() {
            "-r" | "--reboot" => power = Power::Reboot,
            "-h" | "-P" | "-H" | "--poweroff" | "--halt" | "-f" | "--force" | "-q" | "-p" => (),
            "-c" => cancel = true,
            "now" | "+0" | "0" => now = true,
            option if option.starts_with('-') => {
                let text = format!("{}: unrecognized option '{option}'\n", call.name());
                call.err(text);
                return 1;
            }
            // A time, or words for whoever is logged in.
            _ => (),
        }
    }
    if call.who().uid != 0 {
        // The words of systemd 252, unverified.
        let what = match power {
            Power::Off => "PowerOff",
            Power::Reboot => "Reboot",
        };
        call.err(format!(
            "Call to {what} failed: Interactive authentication required.\n"
        ));
        return 1;
    }
    if cancel {
        return 0;
    }
    if !now {
        call.err("shutdown: a later time is not simulated on this machine: use `now'.\n");
        return 1;
    }
    call.host.machine.power = Some(power);
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::{Bench, run};
    use crate::machine::{Family, Power};

    fn asked(line: &str) -> Option<Power> {
        let mut bench = Bench::new(Family::Al2023, false);
        let output = bench
            .session
            .exec(&mut bench.machine, &bench.id, bench.now, line);
        bench.take(output);
        bench.machine.take_power()
    }

    #[test]
    fn root_turns_it_off_and_on_again() {
        assert_eq!(asked("sudo shutdown -h now"), Some(Power::Off));
        assert_eq!(asked("sudo poweroff"), Some(Power::Off));
        assert_eq!(asked("sudo halt"), Some(Power::Off));
        assert_eq!(asked("sudo reboot"), Some(Power::Reboot));
        assert_eq!(asked("sudo shutdown -r now"), Some(Power::Reboot));
        assert_eq!(asked("sudo shutdown -c"), None);
        assert_eq!(asked("poweroff"), None);
    }

    #[test]
    fn others_may_not_and_a_later_time_is_not_simulated() {
        assert_eq!(
            run("reboot"),
            "Call to Reboot failed: Interactive authentication required.\n1"
        );
        assert!(run("sudo shutdown +5").contains("not simulated"));
    }
}

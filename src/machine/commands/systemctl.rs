//! `systemctl` and `service`: the SSH server runs, and nothing else is installed.

use super::Call;
use crate::machine::{Family, moment};

/// The SSH server's unit.
fn unit(family: Family) -> &'static str {
    match family {
        Family::Al2023 | Family::Al2 | Family::Rhel9 => "sshd.service",
        Family::Ubuntu2404 | Family::Debian12 => "ssh.service",
    }
}

/// What was asked of which unit, in the words of `systemctl`.
fn split(words: &[String]) -> (String, Vec<String>) {
    let mut words = words.iter().filter(|word| !word.starts_with('-'));
    let verb = words.next().cloned().unwrap_or_default();
    let units = words.map(|name| {
        if name.contains('.') {
            name.clone()
        } else {
            format!("{name}.service")
        }
    });
    (verb, units.collect())
}

/// `service NAME VERB`
pub(super) fn service(call: &mut Call<'_>) -> u32 {
    let [name, verb] = call.given() else {
        call.err("Usage: service <option> | --status-all | [ service_name [ command | --full-restart ] ]\n");
        return 2;
    };
    ask(call, verb, &[format!("{name}.service")])
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (verb, units) = split(call.given());
    ask(call, &verb, &units)
}

fn ask(call: &mut Call<'_>, verb: &str, units: &[String]) -> u32 {
    let own = unit(call.host.machine.family());
    let known = |name: &String| name == own || name == "sshd.service";
    let root = call.who().uid == 0;
    match verb {
        "daemon-reload" => return 0,
        "status" | "is-active" | "is-enabled" | "start" | "restart" | "reload" | "stop"
        | "enable" | "disable" | "try-restart" => (),
        _ => return not_simulated(call, verb),
    }
    let mut status = 0;
    for name in units {
        let there = known(name);
        status = match (verb, there) {
            ("status", true) => shown(call, own),
            ("status", false) => {
                call.err(format!("Unit {name} could not be found.\n"));
                4
            }
            ("is-active", true) => said(call, "active", 0),
            ("is-active", false) => said(call, "inactive", 3),
            ("is-enabled", true) => said(call, "enabled", 0),
            ("is-enabled", false) => {
                call.err(format!(
                    "Failed to get unit file state for {name}: No such file or directory\n"
                ));
                1
            }
            (_, false) => {
                let text = match verb {
                    "enable" | "disable" => {
                        format!("Failed to {verb} unit: Unit file {name} does not exist.\n")
                    }
                    _ => format!("Failed to {verb} {name}: Unit {name} not found.\n"),
                };
                call.err(text);
                if matches!(verb, "enable" | "disable") {
                    1
                } else {
                    5
                }
            }
            (_, true) if !root => {
                // The words of systemd 252, unverified.
                call.err(format!(
                    "Failed to {verb} {name}: Interactive authentication required.\n"
                ));
                1
            }
            ("stop" | "disable", true) => not_simulated(call, &format!("{verb} {name}")),
            // It runs and is enabled; it reads its settings anew, and they are the same.
            (_, true) => 0,
        };
    }
    if units.is_empty() {
        return not_simulated(call, verb);
    }
    status
}

fn said(call: &mut Call<'_>, word: &str, status: u32) -> u32 {
    call.out(format!("{word}\n"));
    status
}

fn shown(call: &mut Call<'_>, own: &str) -> u32 {
    let booted = call.host.id.booted_at;
    let since = moment::format(booted, "%a %Y-%m-%d %H:%M:%S UTC").unwrap_or_default();
    let minutes = call.now().saturating_sub(booted).max(0) / 60_000;
    let ago = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}min ago"),
        (hours, minutes) => format!("{hours}h {minutes}min ago"),
    };
    let title = match own {
        "sshd.service" => "OpenSSH server daemon",
        _ => "OpenBSD Secure Shell server",
    };
    call.out(format!(
        "\u{25cf} {own} - {title}\n     Loaded: loaded (/usr/lib/systemd/system/{own}; enabled; preset: enabled)\n     Active: active (running) since {since}; {ago}\n   Main PID: 1410 (sshd)\n"
    ));
    0
}

fn not_simulated(call: &mut Call<'_>, what: &str) -> u32 {
    let name = call.name();
    call.err(format!(
        "{name}: `{what}' is not simulated: on this machine\nthere is only the SSH server that you came in through. On a real instance\nthis would work.\n"
    ));
    1
}

/// `journalctl`
pub(super) fn journal(call: &mut Call<'_>) -> u32 {
    call.err("journalctl: the journal is not simulated on this machine. What the boot said:\n  sudo cat /var/log/cloud-init-output.log\n");
    1
}

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::{exec, run};

    #[test]
    fn the_ssh_server_runs_and_is_called_as_the_family_calls_it() {
        let (text, _, status) = exec(Family::Al2023, "systemctl status sshd");
        assert!(text.contains("sshd.service - "), "{text}");
        assert!(
            text.contains("active (running) since Tue 2026-11-24 09:50:00 UTC; 10min ago"),
            "{text}"
        );
        assert_eq!(status, Some(0));
        assert_eq!(
            exec(Family::Ubuntu2404, "systemctl is-active ssh").0,
            "active\n"
        );
        assert_eq!(run("sudo systemctl restart sshd"), "0");
        assert!(run("service sshd status").contains("active (running)"));
    }

    #[test]
    fn what_is_not_installed_is_not_found_in_systemds_words() {
        assert_eq!(
            run("systemctl status httpd"),
            "Unit httpd.service could not be found.\n4"
        );
        assert_eq!(
            run("sudo systemctl start httpd"),
            "Failed to start httpd.service: Unit httpd.service not found.\n5"
        );
        assert_eq!(
            run("sudo systemctl enable nginx"),
            "Failed to enable unit: Unit file nginx.service does not exist.\n1"
        );
        for line in [
            "sudo systemctl stop sshd",
            "systemctl list-units",
            "journalctl -u sshd",
        ] {
            let text = run(line);
            assert!(text.contains("not simulated"), "{text}");
            assert!(text.lines().all(|line| line.len() <= 78), "{text}");
        }
    }

    #[test]
    fn each_family_has_its_own_package_manager() {
        for (family, has, lacks) in [
            (Family::Al2023, "dnf", "apt"),
            (Family::Al2, "yum", "dnf"),
            (Family::Ubuntu2404, "apt-get", "yum"),
        ] {
            let (_, error, _) = exec(family, &format!("sudo {has} install -y httpd"));
            assert!(
                error.contains("packages are not simulated"),
                "{family}: {error}"
            );
            let (_, error, status) = exec(family, lacks);
            assert!(
                error.ends_with(&format!("{lacks}: command not found\n")),
                "{family}: {error}"
            );
            assert_eq!(status, Some(127));
        }
    }
}

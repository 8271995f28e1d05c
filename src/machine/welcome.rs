//! What a login shows before the first prompt: shapes as on real images, art and words our own.

use super::{Family, Identity, Login, Machine, hardware, moment};

/// The banner for a login at `now`, with the login before it, if there was one.
pub(crate) fn welcome(
    machine: &Machine,
    id: &Identity,
    now: i64,
    before: Option<&Login>,
) -> String {
    let last = before.map_or_else(String::new, |login| {
        let at = moment::format(login.at, "%a %b %e %H:%M:%S %Y").unwrap_or_default();
        format!("Last login: {at} from {}\n", login.from)
    });
    match machine.family() {
        Family::Al2023 => format!(
            "{}{last}",
            bird(&[
                "Amazon Linux 2023",
                "",
                "",
                "https://aws.amazon.com/linux/amazon-linux-2023"
            ])
        ),
        Family::Al2 => format!(
            "{last}{}\n",
            bird(&[
                "Amazon Linux 2",
                "",
                "AL2 End of Life is 2026-06-30.",
                "",
                "A newer version of Amazon Linux is available!",
                "",
                "Amazon Linux 2023, GA and supported until 2028-03-15.",
                "  https://aws.amazon.com/linux/amazon-linux-2023/",
            ])
        ),
        Family::Ubuntu2404 => ubuntu(machine, id, now, &last),
        Family::Debian12 => format!(
            "Linux {} {} {} x86_64\n\nDebian GNU/Linux: free software, without any warranty, as far as the law allows.\nEach program's terms are in /usr/share/doc/*/copyright.\n{last}",
            id.short_name(),
            machine.family().kernel().0,
            machine.family().kernel().1,
        ),
        Family::Rhel9 => format!("Register this system with Red Hat Insights: rhc connect\n{last}"),
    }
}

/// A bird of our own (not AWS's), ten lines, with texts at its right from its second line on.
fn bird(texts: &[&str]) -> String {
    const ART: [&str; 10] = [
        "        .--.",
        "       ( o  `>",
        "        \\   /",
        "   .----'  (",
        "  /  ,--.   \\",
        " (  (    )   )",
        "  \\  `--'   /",
        "   `-.___.-'",
        "      | |",
        "     _|_|_",
    ];
    let mut lines = String::new();
    for (number, art) in ART.iter().enumerate() {
        let text = number
            .checked_sub(1)
            .and_then(|at| texts.get(at))
            .copied()
            .unwrap_or_default();
        lines.push_str(format!("{art:<20}{text}").trim_end());
        lines.push('\n');
    }
    lines
}

fn ubuntu(machine: &Machine, id: &Identity, now: i64, last: &str) -> String {
    let date = moment::format(now, "%a %b %e %H:%M:%S UTC %Y").unwrap_or_default();
    let users = machine
        .logins
        .iter()
        .filter(|login| login.until.is_none())
        .count();
    let total = hardware::memory_kib(&id.instance_type);
    let memory = 22 * 1_000_000 / total.max(1);
    let end = if last.is_empty() {
        "Programs on this system are free software and come without any warranty, as far\nas the law allows.\n\nTo run a command as administrator (user \"root\"), use \"sudo <command>\".\nSee \"man sudo_root\" for details.\n\n".to_owned()
    } else {
        last.to_owned()
    };
    let row = |left: &str, left_value: &str, right: &str, right_value: &str| {
        format!("  {left:<14}{left_value:<19}{right:<24}{right_value}\n")
    };
    format!(
        "Welcome to Ubuntu 24.04.3 LTS (GNU/Linux {} x86_64)\n\n * Documentation:  https://help.ubuntu.com\n * Management:     https://landscape.canonical.com\n * Support:        https://ubuntu.com/pro\n\n System information as of {date}\n\n{}{}{}{}\n\nExpanded Security Maintenance for Applications is not enabled.\n\n0 updates can be applied immediately.\n\nEnable ESM Apps to receive additional future security updates.\nSee https://ubuntu.com/esm or run: sudo pro status\n\n\n{end}",
        machine.family().kernel().0,
        row("System load:", "0.0", "Processes:", "108"),
        row(
            "Usage of /:",
            "25.6% of 6.71GB",
            "Users logged in:",
            &users.to_string()
        ),
        row(
            "Memory usage:",
            &format!("{memory}%"),
            "IPv4 address for ens5:",
            &id.private_address.to_string()
        ),
        row("Swap usage:", "0%", "", "").trim_end().to_owned() + "\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::identity;

    #[test]
    fn the_bird_has_ten_lines_and_its_texts_where_the_real_one_has_them() {
        let id = identity(Family::Al2023);
        let text = welcome(&Machine::first_boot(&id), &id, 0, None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10);
        assert!(lines[1].ends_with("Amazon Linux 2023"));
        assert!(lines[4].ends_with("https://aws.amazon.com/linux/amazon-linux-2023"));
    }

    #[test]
    fn no_greeting_is_wider_than_a_terminal() {
        for family in Family::ALL {
            let id = identity(family);
            let text = welcome(&Machine::first_boot(&id), &id, 1_795_514_400_000, None);
            for line in text.lines().filter(|line| !line.starts_with("Linux ip-")) {
                assert!(line.len() <= 80, "{family}: {line}");
            }
        }
    }
}

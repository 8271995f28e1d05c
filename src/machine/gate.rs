//! The gate: may this user come in with this key? It reads the machine's own disk, as sshd with `StrictModes` does.

use std::net::IpAddr;

use super::disk::{Disk, Who, parent};
use super::users::{self, User};
use super::{Family, Identity, Machine};
use crate::cloud::resources::boot::Authorized;

/// The answer to a key that was proven (not only offered).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Gate {
    /// Come in.
    Welcome,
    /// The right key for `root`: the server prints this text on stdout, waits ten seconds and exits with 142.
    RootHint(String),
    /// `Permission denied`.
    Refused,
}

/// What a line of `authorized_keys` lets its key do beside logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Permits {
    /// Connections through the machine (`no-port-forwarding`, `restrict`).
    pub forwarding: bool,
    /// A terminal (`no-pty`, `restrict`).
    pub terminal: bool,
}

/// Judges a login. `key` is the type and the base64 of the public half, without a comment. A line with `from=` is for nobody.
pub fn gate(machine: &Machine, id: &Identity, user: &str, key: &str) -> Gate {
    gate_from(machine, id, user, key, None).0
}

/// As [`gate`], for a client at this address, with what it may do once it is in.
pub fn gate_from(
    machine: &Machine,
    id: &Identity,
    user: &str,
    key: &str,
    from: Option<IpAddr>,
) -> (Gate, Permits) {
    let nothing = Permits {
        forwarding: false,
        terminal: false,
    };
    let Some(user) = users::by_name(&machine.disk, user) else {
        return (Gate::Refused, nothing);
    };
    let options = key_options(&machine.disk, &user, key, from)
        .or_else(|| was_pushed(machine.family(), id, &user.name, key).then(Options::none));
    let Some(options) = options else {
        return (Gate::Refused, nothing);
    };
    let permits = options.permits;
    if let Some(command) = options.command {
        // A forced command other than cloud-init's is not simulated; letting it into a shell would be a hole.
        if command.starts_with("echo 'Please login as the user") {
            return (Gate::RootHint(root_hint(machine.family())), permits);
        }
        return (Gate::Refused, nothing);
    }
    if !user.has_shell() {
        return (Gate::Refused, nothing);
    }
    // Amazon Linux sets `PermitRootLogin forced-commands-only` (ssh-failures.md 1.13).
    match machine.family() {
        Family::Al2023 | Family::Al2 if user.uid == 0 => (Gate::Refused, nothing),
        Family::Al2023 | Family::Al2 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => {
            (Gate::Welcome, permits)
        }
    }
}

/// Whether EC2 Instance Connect has pushed this key for this user, and the machine asks for such keys: Amazon Linux and
/// Ubuntu come with its `AuthorizedKeysCommand`, Debian and RHEL do not (EC2 User Guide).
fn was_pushed(family: Family, id: &Identity, user: &str, key: &str) -> bool {
    let asks = match family {
        Family::Al2023 | Family::Al2 | Family::Ubuntu2404 => true,
        Family::Debian12 | Family::Rhel9 => false,
    };
    let pushed = |(to, pushed): &(String, String)| to == user && pushed == key;
    asks && id.pushed_keys.iter().any(pushed)
}

/// cloud-init's sentence, with its empty line.
fn root_hint(family: Family) -> String {
    format!(
        "Please login as the user \"{}\" rather than the user \"root\".\n\n",
        family.login_user()
    )
}

/// The options before the key in cloud-init's line for root (cloud-init `DISABLE_USER_OPTS`).
pub(crate) fn root_options(family: Family) -> String {
    format!(
        "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command=\"echo 'Please login as the user \\\"{}\\\" rather than the user \\\"root\\\".';echo;sleep 10;exit 142\"",
        family.login_user()
    )
}

/// The user's list of keys, or the folder above it, for which sshd writes `Authentication refused: bad ownership or modes`.
pub fn untrusted(machine: &Machine, user: &str) -> Option<String> {
    let user = users::by_name(&machine.disk, user)?;
    bad_modes(&machine.disk, &user)
}

fn list_of_keys(user: &User) -> String {
    format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/'))
}

/// What is there and not to be trusted: sshd's `StrictModes`.
fn bad_modes(disk: &Disk, user: &User) -> Option<String> {
    let trusted = |node: &super::node::Node| {
        (node.owner == 0 || node.owner == user.uid) && node.mode & 0o022 == 0
    };
    let (place, file) = disk.resolve(&Who::root(), &list_of_keys(user), true).ok()?;
    let (home, _) = disk.resolve(&Who::root(), &user.home, true).ok()?;
    if !trusted(file) {
        return Some(place);
    }
    let mut folder = parent(&place);
    loop {
        if !disk.at(folder).is_some_and(trusted) {
            return Some(folder.to_owned());
        }
        if folder == home || folder == "/" {
            return None;
        }
        folder = parent(folder);
    }
}

/// The options of the first line in the user's `authorized_keys` that lets this key in, if there is one and the file may be
/// trusted.
fn key_options(disk: &Disk, user: &User, key: &str, from: Option<IpAddr>) -> Option<Options> {
    if bad_modes(disk, user).is_some() {
        return None;
    }
    let path = list_of_keys(user);
    // sshd reads the file with the user's own rights.
    let text = disk.read(&user.who(disk), &path).ok()?;
    let (kind, body) = key.trim().split_once(' ')?;
    String::from_utf8_lossy(&text).lines().find_map(|line| {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let (options, rest) = Authorized::split_options(line);
        let mut words = rest.split_whitespace();
        let is_it = words.next() == Some(kind) && words.next() == Some(body.trim());
        is_it.then(|| Options::read(options, from)).flatten()
    })
}

/// The options of one line (sshd(8), "AUTHORIZED_KEYS FILE FORMAT").
struct Options {
    command: Option<String>,
    permits: Permits,
}

impl Options {
    /// A line with a key alone.
    fn none() -> Self {
        Self {
            command: None,
            permits: Permits {
                forwarding: true,
                terminal: true,
            },
        }
    }

    /// None when the line lets nobody from there in: it is for others, or it says what sshd, or this machine, does not know.
    fn read(text: &str, from: Option<IpAddr>) -> Option<Self> {
        let mut options = Self::none();
        for option in divide(text) {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(unquoted(value)?)),
                None => (option, None),
            };
            let permits = &mut options.permits;
            match (name.to_ascii_lowercase().as_str(), value) {
                ("restrict", None) => (permits.forwarding, permits.terminal) = (false, false),
                ("port-forwarding", None) => permits.forwarding = true,
                ("no-port-forwarding", None) => permits.forwarding = false,
                ("pty", None) => permits.terminal = true,
                ("no-pty", None) => permits.terminal = false,
                // No machine forwards these or runs `~/.ssh/rc`.
                (
                    "agent-forwarding"
                    | "no-agent-forwarding"
                    | "x11-forwarding"
                    | "no-x11-forwarding"
                    | "user-rc"
                    | "no-user-rc"
                    | "no-touch-required",
                    None,
                ) => {}
                ("command", Some(command)) if options.command.is_none() => {
                    options.command = Some(command);
                }
                ("from", Some(list)) if from.is_some_and(|from| is_from(&list, from)) => {}
                // With `PermitUserEnvironment no`, the default, it is not looked at.
                ("environment", Some(_)) => {}
                // `cert-authority` and `principals` are no keys of people; what is left is not simulated, and an option that
                // would narrow a key must not be passed over.
                _ => return None,
            }
        }
        Some(options)
    }
}

/// The options between commas that are not in quotes.
fn divide(text: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let divides = |c: char| {
        let before = (quoted, escaped);
        escaped = c == '\\' && !escaped;
        if c == '"' && !before.1 {
            quoted = !quoted;
        }
        c == ',' && !before.0
    };
    let parts: Vec<&str> = text.split(divides).collect();
    if text.is_empty() { Vec::new() } else { parts }
}

/// What stands in the quotes; only a quote can be escaped there.
fn unquoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\\\"", "\""))
}

/// `from="203.0.113.0/24,!203.0.113.9,198.51.100.?"`: names of hosts never fit, as with `UseDNS no`.
fn is_from(list: &str, from: IpAddr) -> bool {
    let text = from.to_string();
    let mut fits = false;
    for pattern in list.split(',').map(str::trim) {
        let (refused, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let here = match pattern.parse::<ipnet::IpNet>() {
            Ok(net) => net.contains(&from),
            Err(_) => wild(pattern.as_bytes(), text.as_bytes()),
        };
        if here && refused {
            return false;
        }
        fits |= here;
    }
    fits
}

/// Whether a text fits a pattern with `*` and `?`.
fn wild(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place, mut back) = (0, 0, None);
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                back = Some((at, place));
                at += 1;
            }
            Some(one) if *one == b'?' || Some(one) == text.get(place) => {
                at += 1;
                place += 1;
            }
            Some(_) | None => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    (at, place) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::{KEY, identity};

    fn change(
        machine: &mut Machine,
        path: &str,
        change: impl FnOnce(&mut super::super::node::Node),
    ) {
        machine
            .disk
            .change(&Who::root(), path, true, change)
            .unwrap();
    }

    fn append(machine: &mut Machine, path: &str, line: &str) {
        machine.disk.append(path, line.as_bytes(), 0).unwrap();
    }

    #[test]
    fn the_launch_key_opens_the_familys_user_and_nobody_else() {
        for family in Family::ALL {
            let id = identity(family);
            let machine = Machine::first_boot(&id);
            assert_eq!(
                gate(&machine, &id, family.login_user(), KEY),
                Gate::Welcome,
                "{family}"
            );
            assert_eq!(gate(&machine, &id, "nobody", KEY), Gate::Refused);
            assert_eq!(gate(&machine, &id, "stud", KEY), Gate::Refused);
            assert_eq!(gate(&machine, &id, "", KEY), Gate::Refused);
            assert_eq!(
                gate(&machine, &id, family.login_user(), "ssh-ed25519 AAAAother"),
                Gate::Refused
            );
            assert_eq!(gate(&machine, &id, family.login_user(), ""), Gate::Refused);
        }
    }

    /// What the login user meets with this line as its only one, from 203.0.113.25.
    fn with_line(line: &str) -> (Gate, Permits) {
        let id = identity(Family::Ubuntu2404);
        let mut machine = Machine::first_boot(&id);
        let path = "/home/ubuntu/.ssh/authorized_keys";
        machine.disk.open(&Who::root(), path, false, 0, 0).unwrap();
        append(&mut machine, path, line);
        gate_from(&machine, &id, "ubuntu", KEY, Some([203, 0, 113, 25].into()))
    }

    #[test]
    fn an_option_that_narrows_a_key_is_never_passed_over() {
        for options in [
            "command=\"echo hi\"",
            "COMMAND=\"echo hi\"",
            "no-pty,Command=\"true\"",
            "cert-authority",
            "expiry-time=\"20200101\"",
            "from=\"198.51.100.0/24\"",
            "from=\"203.0.113.0/24,!203.0.113.25\"",
            "from=\"*.example.com\"",
            "permitopen=\"localhost:1\"",
            "frobnicate",
            "command=unquoted",
            "no-pty,,no-pty",
        ] {
            assert_eq!(
                with_line(&format!("{options} {KEY}")).0,
                Gate::Refused,
                "{options}"
            );
        }
    }

    #[test]
    fn options_say_what_a_key_may_do() {
        let may = |options: &str| {
            let (gate, permits) = with_line(&format!("{options} {KEY}"));
            assert_eq!(gate, Gate::Welcome, "{options}");
            (permits.forwarding, permits.terminal)
        };
        assert_eq!(may("no-port-forwarding,no-agent-forwarding"), (false, true));
        assert_eq!(may("restrict"), (false, false));
        assert_eq!(may("restrict,pty"), (false, true));
        assert_eq!(may("environment=\"A=b,c\",no-pty"), (true, false));
        assert_eq!(may("from=\"10.0.0.0/8,203.0.113.*\""), (true, true));
        assert_eq!(may("from=\"203.0.113.2?\""), (true, true));
        // A line that does not let it in is no reason not to look at the next.
        let two = format!("from=\"10.0.0.1\" {KEY}\nno-pty {KEY}\n");
        assert_eq!(with_line(&two).0, Gate::Welcome);
    }

    #[test]
    fn root_with_the_launch_key_is_told_whom_to_log_in_as() {
        let id = identity(Family::Ubuntu2404);
        let machine = Machine::first_boot(&id);
        let hint = "Please login as the user \"ubuntu\" rather than the user \"root\".\n\n";
        assert_eq!(
            gate(&machine, &id, "root", KEY),
            Gate::RootHint(hint.into())
        );
        assert_eq!(
            gate(&machine, &id, "root", "ssh-ed25519 AAAAother"),
            Gate::Refused
        );
    }

    #[test]
    fn without_a_key_pair_at_launch_nobody_comes_in() {
        let mut id = identity(Family::Al2023);
        (id.key_name, id.public_key) = (None, None);
        let machine = Machine::first_boot(&id);
        assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Refused);
        assert_eq!(gate(&machine, &id, "root", KEY), Gate::Refused);
    }

    #[test]
    fn a_pushed_key_opens_its_user_where_the_image_asks_for_it() {
        let pushed = "ssh-ed25519 AAAApushed";
        for family in Family::ALL {
            let mut id = identity(family);
            let machine = Machine::first_boot(&id);
            let user = family.login_user();
            assert_eq!(gate(&machine, &id, user, pushed), Gate::Refused);
            id.pushed_keys = vec![(user.to_owned(), pushed.to_owned())];
            let expected = match family {
                Family::Al2023 | Family::Al2 | Family::Ubuntu2404 => Gate::Welcome,
                Family::Debian12 | Family::Rhel9 => Gate::Refused,
            };
            assert_eq!(gate(&machine, &id, user, pushed), expected, "{family}");
            assert_eq!(gate(&machine, &id, user, KEY), Gate::Welcome);
            assert_eq!(gate(&machine, &id, "nobody", pushed), Gate::Refused);
        }
    }

    #[test]
    fn a_rotated_key_opens_and_the_removed_one_does_not() {
        let id = identity(Family::Al2023);
        let mut machine = Machine::first_boot(&id);
        let path = "/home/ec2-user/.ssh/authorized_keys";
        append(&mut machine, path, "ssh-ed25519 AAAAnew new\n");
        assert_eq!(
            gate(&machine, &id, "ec2-user", "ssh-ed25519 AAAAnew"),
            Gate::Welcome
        );
        machine.disk.open(&Who::root(), path, false, 0, 0).unwrap();
        append(&mut machine, path, "# a note\nssh-ed25519 AAAAnew new\n");
        assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Refused);
        assert_eq!(
            gate(&machine, &id, "ec2-user", "ssh-ed25519 AAAAnew"),
            Gate::Welcome
        );
    }

    #[test]
    fn a_file_or_folder_that_others_may_write_is_not_trusted() {
        let id = identity(Family::Al2023);
        for path in [
            "/home/ec2-user",
            "/home/ec2-user/.ssh",
            "/home/ec2-user/.ssh/authorized_keys",
        ] {
            let mut machine = Machine::first_boot(&id);
            change(&mut machine, path, |node| node.mode |= 0o020);
            assert_eq!(
                gate(&machine, &id, "ec2-user", KEY),
                Gate::Refused,
                "{path}"
            );
            assert_eq!(untrusted(&machine, "ec2-user").as_deref(), Some(path));
            change(&mut machine, path, |node| node.mode &= !0o020);
            assert_eq!(untrusted(&machine, "ec2-user"), None);
            assert_eq!(
                gate(&machine, &id, "ec2-user", KEY),
                Gate::Welcome,
                "{path}"
            );
            change(&mut machine, path, |node| node.owner = 74);
            assert_eq!(
                gate(&machine, &id, "ec2-user", KEY),
                Gate::Refused,
                "{path}"
            );
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn whatever_stands_in_the_file_only_a_key_that_stands_there_comes_in(
            text in "(?s).{0,200}",
            options in "[a-z\",=\\\\!*?./0-9 -]{0,60}",
            mode in 0_u16..0o1000,
            user in "(ec2-user|root|ubuntu|[a-z]{0,4})",
            from in proptest::option::of(proptest::prelude::any::<[u8; 4]>()),
        ) {
            let id = identity(Family::Al2023);
            let mut machine = Machine::first_boot(&id);
            let path = "/home/ec2-user/.ssh/authorized_keys";
            machine.disk.open(&Who::root(), path, false, 0, 0).unwrap();
            append(&mut machine, path, &text);
            change(&mut machine, path, |node| node.mode = mode);
            let ask = |machine: &Machine, key| gate_from(machine, &id, &user, key, from.map(IpAddr::from)).0;
            // Nobody has put this key there.
            proptest::prop_assert!(user == "root" || ask(&machine, KEY) == Gate::Refused);
            append(&mut machine, path, &format!("\n{options} {KEY}\n"));
            let other = KEY.replace("AAAAC3", "AAAAC4");
            proptest::prop_assert_eq!(ask(&machine, &other), Gate::Refused);
            let open = ask(&machine, KEY) == Gate::Welcome;
            proptest::prop_assert!(!open || (user == "ec2-user" && mode & 0o022 == 0 && mode & 0o400 != 0));
        }
    }
}

//! The gate: may this user come in with this key? It reads the machine's own disk, as sshd with `StrictModes` does.

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

/// Judges a login. `key` is the type and the base64 of the public half, without a comment.
pub fn gate(machine: &Machine, _id: &Identity, user: &str, key: &str) -> Gate {
    let Some(user) = users::by_name(&machine.disk, user) else {
        return Gate::Refused;
    };
    let Some(options) = key_options(&machine.disk, &user, key) else {
        return Gate::Refused;
    };
    if options.contains("command=\"echo 'Please login as the user") {
        return Gate::RootHint(root_hint(machine.family()));
    }
    // A forced command other than cloud-init's is not simulated; letting it into a shell would be a hole.
    if options.contains("command=") || !user.has_shell() {
        return Gate::Refused;
    }
    // Amazon Linux sets `PermitRootLogin forced-commands-only` (ssh-failures.md 1.13).
    match machine.family() {
        Family::Al2023 | Family::Al2 if user.uid == 0 => Gate::Refused,
        Family::Al2023 | Family::Al2 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => {
            Gate::Welcome
        }
    }
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

/// The options of the line in the user's `authorized_keys` that has this key, if there is one and the file may be trusted.
fn key_options(disk: &Disk, user: &User, key: &str) -> Option<String> {
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
        (words.next() == Some(kind) && words.next() == Some(body.trim()))
            .then(|| options.to_owned())
    })
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
}

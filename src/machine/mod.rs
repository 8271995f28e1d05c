//! Inside an instance: gate, disk, users, shell, commands. Pure: no clock, no files, no sockets.
//!
//! A caller keeps one [`Machine`] per instance (it is a plain serde value and survives stop and start), asks
//! [`gate::gate`] who may come in, and then drives one [`Session`] per login: bytes in, [`Output`] out. All times are
//! Unix milliseconds and are given by the caller.
//!
//! Reading order: `session.rs` (bytes and lines) -> `shell/` (what a line means) -> `commands/` (one file each) ->
//! `disk.rs`; `files/` is the other way in, for scp and sftp. A line runs as a future that is polled by the session, so that
//! it can wait for input or for a time without a thread; `host.rs` is what such a line may reach.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::match_same_arms,
    clippy::similar_names,
    clippy::single_match_else,
    reason = "text is what this room makes, a line at a time; the rest reads better as it is"
)]

mod boot;
mod commands;
mod disk;
mod editor;
mod family;
pub mod files;
pub mod gate;
mod hardware;
mod host;
mod identity;
mod io;
mod metadata;
mod moment;
pub mod network;
mod node;
mod people;
mod ports;
mod seed;
mod session;
mod shell;
mod tty;
mod users;
mod welcome;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod testing;

pub use family::Family;
pub use identity::Identity;
pub use session::{Output, Ran, Session, Size, Then};

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cloud::resources::boot::Said;
use disk::{Disk, Who};
use node::Node;
use ports::Ports;

/// Logins that are remembered.
const LOGINS: usize = 50;

/// What is inside one instance and survives stop and start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    disk: Disk,
    logins: Vec<Login>,
    #[serde(skip)]
    ports: Ports,
    /// What a command asked for and whoever keeps the account has not done yet.
    #[serde(skip)]
    power: Option<Power>,
    /// What fresh keys are made of; none until somebody brings some.
    #[serde(skip)]
    entropy: Option<[u8; 32]>,
}

/// What a command inside the machine does to the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Stop, or terminate where the instance was launched so.
    Off,
    /// Start again.
    Reboot,
}

/// A login with a terminal, as `last` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    user: String,
    terminal: String,
    from: IpAddr,
    at: i64,
    until: Option<i64>,
}

impl Machine {
    /// The machine as cloud-init leaves it after its first boot, user data included.
    #[must_use]
    pub fn first_boot(id: &Identity) -> Self {
        Self::launch(id).0
    }

    /// As [`Machine::first_boot`], with what the console shows of that boot.
    #[must_use]
    pub fn launch(id: &Identity) -> (Self, Said) {
        let mut disk = Disk::new(id.family);
        let mut put = |path: String, text: String| {
            // A new disk has room for these few lines.
            disk.put(path, Node::file(text.into_bytes(), 0o644, id.booted_at))
                .ok();
        };
        put("/etc/hostname".into(), format!("{}\n", id.private_name));
        put(
            "/etc/hosts".into(),
            "127.0.0.1   localhost localhost.localdomain\n::1         localhost6\n".into(),
        );
        for key in &id.host_keys {
            let kind = match key.split(' ').next() {
                Some("ssh-ed25519") => "ed25519",
                Some("ssh-rsa") => "rsa",
                Some(_) | None => "ecdsa",
            };
            put(
                format!("/etc/ssh/ssh_host_{kind}_key.pub"),
                format!("{key} root@{}\n", id.private_name),
            );
        }
        let mut machine = Self {
            disk,
            logins: Vec::new(),
            ports: Ports::default(),
            power: None,
            entropy: None,
        };
        let said = machine.boot(id, true);
        (machine, said)
    }

    /// The family of the image it was made from.
    #[must_use]
    pub fn family(&self) -> Family {
        self.disk.family()
    }

    /// The bytes of what was changed on its disk.
    #[must_use]
    pub fn used(&self) -> usize {
        self.disk.used()
    }

    /// Whether nothing was changed since `copy` was cloned from it: quick, and false when in doubt. Cloning is quick too.
    #[must_use]
    pub fn is_as_in(&self, copy: &Self) -> bool {
        self.disk.is_as_in(&copy.disk) && self.logins == copy.logins
    }

    /// Takes every changed file content of at least so many bytes out of the machine, which is then only good for being
    /// written down. `keep` answers the name under which a content can be found again.
    pub fn set_apart<E>(
        &mut self,
        least: usize,
        keep: impl FnMut(&Arc<Vec<u8>>) -> Result<String, E>,
    ) -> Result<(), E> {
        self.disk.set_apart(least, keep)
    }

    /// Brings back what was set apart; `find` answers the content of a name.
    pub fn bring_back<E>(
        &mut self,
        find: impl FnMut(&str) -> Result<Arc<Vec<u8>>, E>,
    ) -> Result<(), E> {
        self.disk.bring_back(find)
    }

    /// What the machine calls itself: as `/etc/hostname` says.
    fn host_name(&self, id: &Identity) -> String {
        let text = self.disk.read(&Who::root(), "/etc/hostname");
        let text = text.unwrap_or_default();
        let name = String::from_utf8_lossy(&text);
        let name = name.lines().next().unwrap_or_default().trim();
        if name.is_empty() {
            id.private_name.clone()
        } else {
            name.chars().filter(|c| !c.is_control()).take(64).collect()
        }
    }

    /// Brings randomness in, which this room has no source of, as it has none of time.
    pub fn stir(&mut self, entropy: [u8; 32]) {
        self.entropy = Some(entropy);
    }

    /// What was asked for inside since the last call.
    pub fn take_power(&mut self) -> Option<Power> {
        self.power.take()
    }

    /// Stands in for a machine that is in use elsewhere.
    fn elsewhere() -> Self {
        Self {
            disk: Disk::new(Family::Al2023),
            logins: Vec::new(),
            ports: Ports::default(),
            power: None,
            entropy: None,
        }
    }

    fn remember(&mut self, login: Login) {
        if self.logins.len() >= LOGINS {
            self.logins.remove(0);
        }
        self.logins.push(login);
    }
}

#[cfg(test)]
mod tests {
    use super::testing::identity;
    use super::*;

    #[test]
    fn a_new_machine_is_small_when_written_down() {
        for family in Family::ALL {
            let machine = Machine::first_boot(&identity(family));
            let text = serde_json::to_string(&machine).unwrap();
            assert!(text.len() < 2500, "{family}: {} bytes: {text}", text.len());
            assert_eq!(serde_json::from_str::<Machine>(&text).unwrap(), machine);
        }
    }

    #[test]
    fn the_launch_key_is_in_the_users_file_with_the_key_pairs_name_as_comment() {
        let machine = Machine::first_boot(&identity(Family::Debian12));
        let path = "/home/admin/.ssh/authorized_keys";
        let node = machine.disk.at(path).unwrap();
        assert_eq!((node.mode, node.owner), (0o600, 1000));
        let text = machine.disk.read(&disk::Who::root(), path).unwrap();
        assert!(text.starts_with(testing::KEY.as_bytes()) && text.ends_with(b" testkeypair\n"));
    }
}

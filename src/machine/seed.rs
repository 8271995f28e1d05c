//! The disks that images come with: `fixtures/machines/<family>/`, read into the program when it is compiled.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Family;
use super::commands;
use super::node::Node;

/// When the images were made, Unix milliseconds: 2026-09-30 00:00:00 UTC.
pub(crate) const IMAGE_DATE: i64 = 1_790_726_400_000;
/// How the stand-in for a program on the disk begins; its command's name and a line feed follow.
pub(crate) const PROGRAM: &str = "\u{7f}ELF: a command of a Ground School machine: ";

/// One family's folder in `fixtures/machines/`.
struct Seed {
    family: &'static str,
    manifest: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! disk {
    ($name:ident, $family:literal, $($path:literal),* $(,)?) => {
        static $name: LazyLock<BTreeMap<String, Node>> = LazyLock::new(|| Seed {
            family: $family,
            manifest: include_str!(concat!("../../fixtures/machines/", $family, "/manifest.txt")),
            files: &[$(($path, include_str!(concat!("../../fixtures/machines/", $family, "/files", $path)))),*],
        }.grow());
    };
}

disk!(
    AMAZON_LINUX_2023,
    "al2023",
    "/etc/bashrc",
    "/etc/group",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/profile",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers.d/90-cloud-init-users",
    "/etc/system-release",
    "/home/ec2-user/.bash_logout",
    "/home/ec2-user/.bash_profile",
    "/home/ec2-user/.bashrc",
    "/proc/cpuinfo",
    "/root/.bash_profile",
    "/root/.bashrc",
);
disk!(
    AMAZON_LINUX_2,
    "al2",
    "/etc/bashrc",
    "/etc/group",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/profile",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers.d/90-cloud-init-users",
    "/etc/system-release",
    "/home/ec2-user/.bash_logout",
    "/home/ec2-user/.bash_profile",
    "/home/ec2-user/.bashrc",
    "/proc/cpuinfo",
    "/root/.bash_profile",
    "/root/.bashrc",
);
disk!(
    UBUNTU_2404,
    "ubuntu-24.04",
    "/etc/bash.bashrc",
    "/etc/debian_version",
    "/etc/group",
    "/etc/lsb-release",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/profile",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers.d/90-cloud-init-users",
    "/home/ubuntu/.bash_logout",
    "/home/ubuntu/.bashrc",
    "/home/ubuntu/.profile",
    "/proc/cpuinfo",
    "/root/.bashrc",
    "/root/.profile",
);
disk!(
    DEBIAN_12,
    "debian-12",
    "/etc/bash.bashrc",
    "/etc/debian_version",
    "/etc/group",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/profile",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers.d/90-cloud-init-users",
    "/home/admin/.bash_logout",
    "/home/admin/.bashrc",
    "/home/admin/.profile",
    "/proc/cpuinfo",
    "/root/.bashrc",
    "/root/.profile",
);
disk!(
    RHEL_9,
    "rhel-9",
    "/etc/bashrc",
    "/etc/group",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/profile",
    "/etc/resolv.conf",
    "/etc/shadow",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/sudoers.d/90-cloud-init-users",
    "/etc/system-release",
    "/home/ec2-user/.bash_logout",
    "/home/ec2-user/.bash_profile",
    "/home/ec2-user/.bashrc",
    "/proc/cpuinfo",
    "/root/.bash_profile",
    "/root/.bashrc",
);

/// The family's disk, by canonical path.
pub(crate) fn base(family: Family) -> &'static BTreeMap<String, Node> {
    match family {
        Family::Al2023 => &AMAZON_LINUX_2023,
        Family::Al2 => &AMAZON_LINUX_2,
        Family::Ubuntu2404 => &UBUNTU_2404,
        Family::Debian12 => &DEBIAN_12,
        Family::Rhel9 => &RHEL_9,
    }
}

impl Seed {
    fn text(&self, path: &str) -> Option<&'static str> {
        self.files
            .iter()
            .find(|(name, _)| *name == path)
            .map(|(_, text)| *text)
    }

    /// The number of a user or group by its name in `/etc/passwd` or `/etc/group`.
    fn number(&self, book: &str, name: &str) -> u32 {
        self.text(book)
            .unwrap_or_default()
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(&name))
            .and_then(|fields| fields.get(2)?.parse().ok())
            .unwrap_or(0)
    }

    /// Whether the family has that program.
    fn has(&self, program: &str) -> bool {
        match program {
            "apt" | "apt-get" => ["ubuntu-24.04", "debian-12"].contains(&self.family),
            "dnf" => ["al2023", "rhel-9"].contains(&self.family),
            "yum" => ["al2023", "al2", "rhel-9"].contains(&self.family),
            "ec2-metadata" => ["al2023", "al2"].contains(&self.family),
            _ => true,
        }
    }

    fn grow(&self) -> BTreeMap<String, Node> {
        let mut disk = BTreeMap::new();
        for line in self.manifest.lines().filter(|line| !line.starts_with('#')) {
            let (line, target) = line.split_once(" -> ").unwrap_or((line, ""));
            let mut words = line.split_whitespace();
            let mut word = || words.next().unwrap_or_default();
            let (kind, mode, owner, group, path) = (word(), word(), word(), word(), word());
            let mode = u16::from_str_radix(mode, 8).unwrap_or(0);
            let node = match kind {
                "dir" => Node::dir(mode, IMAGE_DATE),
                "link" => Node::link(target, IMAGE_DATE),
                "device" => Node::device(mode, IMAGE_DATE),
                _ => Node::file(self.text(path).unwrap_or_default().into(), mode, IMAGE_DATE),
            };
            let owner = self.number("/etc/passwd", owner);
            disk.insert(
                path.to_owned(),
                node.owned_by(owner, self.number("/etc/group", group)),
            );
        }
        for command in commands::TABLE
            .iter()
            .filter(|command| command.on_disk && self.has(command.name))
        {
            let program = format!("{PROGRAM}{}\n", command.name).into_bytes();
            disk.insert(
                format!("/usr/bin/{}", command.name),
                Node::file(program, 0o755, IMAGE_DATE),
            );
        }
        disk.insert("/usr/bin/sh".into(), Node::link("bash", IMAGE_DATE));
        if let Some(sudo) = disk.get_mut("/usr/bin/sudo") {
            sudo.mode = 0o4755;
        }
        disk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::node::Kind;

    #[test]
    fn every_family_has_its_files_and_its_user_at_home() {
        for family in Family::ALL {
            let disk = base(family);
            let home = disk.get(&format!("/home/{}", family.login_user())).unwrap();
            assert_eq!((home.owner, home.group), (1000, 1000), "{family}");
            for (path, node) in disk {
                if let Kind::File(content) = &node.kind {
                    assert!(
                        !content.is_empty(),
                        "{family} {path} has no content in fixtures"
                    );
                }
                let above = crate::machine::disk::parent(path);
                assert!(
                    disk.get(above).is_some_and(Node::is_dir),
                    "{family} {path} is in no folder"
                );
            }
        }
    }

    #[test]
    fn the_home_files_of_amazon_linux_have_the_sizes_seen_in_transcripts() {
        let size = |family, path: &str| base(family).get(path).map(Node::size);
        assert_eq!(
            size(Family::Al2023, "/home/ec2-user/.bash_logout"),
            Some(18)
        );
        assert_eq!(
            size(Family::Al2023, "/home/ec2-user/.bash_profile"),
            Some(141)
        );
        assert_eq!(size(Family::Al2023, "/home/ec2-user/.bashrc"), Some(492));
        assert_eq!(size(Family::Al2, "/home/ec2-user/.bash_profile"), Some(193));
        assert_eq!(size(Family::Al2, "/home/ec2-user/.bashrc"), Some(231));
    }
}

//! The users and groups that a machine knows: its own `/etc/passwd` and `/etc/group`.

use super::disk::{Disk, Who};

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) home: String,
    pub(crate) shell: String,
}

fn lines(disk: &Disk, path: &str) -> Vec<Vec<String>> {
    let text = disk.read(&Who::root(), path).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .map(|line| line.split(':').map(str::to_owned).collect())
        .collect()
}

fn users(disk: &Disk) -> impl Iterator<Item = User> {
    lines(disk, "/etc/passwd").into_iter().filter_map(|fields| {
        let mut fields = fields.into_iter();
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let home = fields.nth(1)?;
        let shell = fields.next().unwrap_or_else(|| "/bin/sh".into());
        Some(User {
            name,
            uid,
            gid,
            home,
            shell,
        })
    })
}

fn groups(disk: &Disk) -> impl Iterator<Item = (String, u32, String)> {
    lines(disk, "/etc/group").into_iter().filter_map(|fields| {
        let mut fields = fields.into_iter();
        let name = fields.next()?;
        let gid = fields.nth(1)?.parse().ok()?;
        Some((name, gid, fields.next().unwrap_or_default()))
    })
}

/// The user of that name.
pub(crate) fn by_name(disk: &Disk, name: &str) -> Option<User> {
    users(disk).find(|user| user.name == name)
}

/// The user's name, or the number where there is none.
pub(crate) fn name_of(disk: &Disk, uid: u32) -> String {
    users(disk)
        .find(|user| user.uid == uid)
        .map_or_else(|| uid.to_string(), |user| user.name)
}

/// The group's name, or the number where there is none.
pub(crate) fn group_name(disk: &Disk, gid: u32) -> String {
    groups(disk)
        .find(|group| group.1 == gid)
        .map_or_else(|| gid.to_string(), |group| group.0)
}

/// The group's number, by name or as written.
pub(crate) fn group_id(disk: &Disk, name: &str) -> Option<u32> {
    groups(disk)
        .find(|group| group.0 == name)
        .map(|group| group.1)
        .or_else(|| name.parse().ok())
}

/// The user's number, by name or as written.
pub(crate) fn user_id(disk: &Disk, name: &str) -> Option<u32> {
    by_name(disk, name)
        .map(|user| user.uid)
        .or_else(|| name.parse().ok())
}

impl User {
    /// Its rights: its own group first, then every group that lists it.
    pub(crate) fn who(&self, disk: &Disk) -> Who {
        let mut all = vec![self.gid];
        for (_, gid, members) in groups(disk) {
            if members.split(',').any(|member| member == self.name) && !all.contains(&gid) {
                all.push(gid);
            }
        }
        Who {
            uid: self.uid,
            gid: self.gid,
            groups: all,
        }
    }

    /// May it log in at all?
    pub(crate) fn has_shell(&self) -> bool {
        !self.shell.ends_with("nologin") && !self.shell.ends_with("false")
    }
}

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

/// The first line of the file in which something is found. Each login asks several times, and a class logs in at once, so that
/// only what is wanted is copied.
fn find<T>(disk: &Disk, path: &str, wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let text = disk.read(&Who::root(), path).ok()?;
    String::from_utf8_lossy(&text).lines().find_map(wanted)
}

/// The first user of `/etc/passwd` whose name and number are those.
fn find_user(disk: &Disk, mut is_wanted: impl FnMut(&str, u32) -> bool) -> Option<User> {
    find(disk, "/etc/passwd", |line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        if !is_wanted(name, uid) {
            return None;
        }
        let gid = fields.next()?.parse().ok()?;
        let home = fields.nth(1)?;
        Some(User {
            name: name.to_owned(),
            uid,
            gid,
            home: home.to_owned(),
            shell: fields.next().unwrap_or("/bin/sh").to_owned(),
        })
    })
}

/// The first thing that is found in a group of `/etc/group`: its name, number and members.
fn find_group<T>(disk: &Disk, mut wanted: impl FnMut(&str, u32, &str) -> Option<T>) -> Option<T> {
    find(disk, "/etc/group", |line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let gid = fields.nth(1)?.parse().ok()?;
        wanted(name, gid, fields.next().unwrap_or_default())
    })
}

/// The user of that name.
pub(crate) fn by_name(disk: &Disk, name: &str) -> Option<User> {
    find_user(disk, |own, _| own == name)
}

/// The user's name, or the number where there is none.
pub(crate) fn name_of(disk: &Disk, uid: u32) -> String {
    find_user(disk, |_, own| own == uid).map_or_else(|| uid.to_string(), |user| user.name)
}

/// The group's name, or the number where there is none.
pub(crate) fn group_name(disk: &Disk, gid: u32) -> String {
    find_group(disk, |name, own, _| (own == gid).then(|| name.to_owned()))
        .unwrap_or_else(|| gid.to_string())
}

/// The group's number, by name or as written.
pub(crate) fn group_id(disk: &Disk, name: &str) -> Option<u32> {
    find_group(disk, |own, gid, _| (own == name).then_some(gid)).or_else(|| name.parse().ok())
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
        let _: Option<()> = find_group(disk, |_, gid, members| {
            if members.split(',').any(|member| member == self.name) && !all.contains(&gid) {
                all.push(gid);
            }
            None
        });
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

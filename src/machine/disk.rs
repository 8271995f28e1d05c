//! A machine's disk: a tree in memory with owners and modes, kept as differences from its family's base.

mod apart;
mod content;
mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Family;
use super::node::{Kind, Node};
use super::seed;
use content::cost;

/// Longest path and longest target of a link, in bytes: Linux's `PATH_MAX` without its end.
const LONGEST: usize = 4095;
/// Longest name, in bytes.
const LONGEST_NAME: usize = 255;
/// Links followed before giving up, as Linux does.
const LINKS: usize = 40;

/// Why an operation on the disk failed; displays as the C library's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("No such file or directory")]
    NotFound,
    #[error("Not a directory")]
    NotDirectory,
    #[error("Is a directory")]
    IsDirectory,
    #[error("Permission denied")]
    Denied,
    #[error("Operation not permitted")]
    NotPermitted,
    #[error("File exists")]
    Exists,
    #[error("Directory not empty")]
    NotEmpty,
    #[error("No space left on device")]
    NoSpace,
    #[error("Too many levels of symbolic links")]
    Loop,
    #[error("File name too long")]
    TooLong,
    #[error("Device or resource busy")]
    Busy,
    #[error("Invalid argument")]
    Invalid,
    #[error("File too large")]
    TooLarge,
}

/// Whose rights count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

impl Who {
    /// The superuser.
    pub(crate) fn root() -> Self {
        Self {
            uid: 0,
            gid: 0,
            groups: vec![0],
        }
    }

    /// Linux's user without rights.
    pub(crate) fn nobody() -> Self {
        Self {
            uid: 65534,
            gid: 65534,
            groups: vec![65534],
        }
    }

    /// May it do what `bits` (4 read, 2 write, 1 enter or run) says?
    pub(crate) fn may(&self, node: &Node, bits: u16) -> bool {
        if self.uid == 0 {
            return bits & 1 == 0 || node.is_dir() || node.mode & 0o111 != 0;
        }
        let shift = if node.owner == self.uid {
            6
        } else if node.group == self.gid || self.groups.contains(&node.group) {
            3
        } else {
            0
        };
        (node.mode >> shift) & bits == bits
    }
}

/// The disk. Paths given to its methods are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Record", into = "Record")]
pub(crate) struct Disk {
    family: Family,
    /// Canonical path to its new state; `None` for what was removed. Shared with copies until one of them changes it.
    changes: Arc<BTreeMap<String, Option<Node>>>,
    /// Bytes held by `changes`: contents and paths.
    used: usize,
    /// Path to name of the contents that are kept elsewhere: none but while the disk is written or read.
    apart: BTreeMap<String, String>,
}

/// The written form.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Disk", deny_unknown_fields)]
struct Record {
    family: Family,
    changes: BTreeMap<String, Option<Node>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    apart: BTreeMap<String, String>,
}

impl From<Record> for Disk {
    fn from(record: Record) -> Self {
        let entries = record.changes.iter();
        let used = entries.map(|(path, node)| cost(path, node.as_ref())).sum();
        Self {
            family: record.family,
            changes: Arc::new(record.changes),
            used,
            apart: record.apart,
        }
    }
}

impl From<Disk> for Record {
    fn from(disk: Disk) -> Self {
        Self {
            family: disk.family,
            changes: Arc::unwrap_or_clone(disk.changes),
            apart: disk.apart,
        }
    }
}

impl Disk {
    /// The family's disk as its image has it.
    pub(crate) fn new(family: Family) -> Self {
        Self {
            family,
            changes: Arc::default(),
            used: 0,
            apart: BTreeMap::new(),
        }
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Bytes of changed content.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Whether nothing was changed since `copy` was cloned from it: quick, and false when in doubt.
    pub(crate) fn is_as_in(&self, copy: &Self) -> bool {
        Arc::ptr_eq(&self.changes, &copy.changes)
    }

    /// What is at a canonical path; no rights are checked.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        match self.changes.get(path) {
            Some(change) => change.as_ref(),
            None => seed::base(self.family).get(path),
        }
    }

    /// Follows `path` to what is there and answers its canonical path. `follow` also follows a link at the end.
    pub(crate) fn resolve(
        &self,
        who: &Who,
        path: &str,
        follow: bool,
    ) -> Result<(String, &Node), Fault> {
        let place = self.place(who, path, follow)?;
        let node = self.at(&place).ok_or(Fault::NotFound)?;
        if path.ends_with('/') && !node.is_dir() {
            return Err(Fault::NotDirectory);
        }
        Ok((place, node))
    }

    /// As [`Disk::resolve`], but the last name need not exist.
    pub(crate) fn place(&self, who: &Who, path: &str, follow: bool) -> Result<String, Fault> {
        if path.is_empty() {
            return Err(Fault::NotFound);
        }
        if path.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        // A system call would not see what comes after it.
        if path.contains('\0') {
            return Err(Fault::Invalid);
        }
        let mut todo: Vec<String> = parts(path).rev().map(str::to_owned).collect();
        let mut here = String::from("/");
        let mut links = 0;
        while let Some(name) = todo.pop() {
            let dir = self.at(&here).ok_or(Fault::NotFound)?;
            if !dir.is_dir() {
                return Err(Fault::NotDirectory);
            }
            if !who.may(dir, 1) {
                return Err(Fault::Denied);
            }
            if name == ".." {
                here = parent(&here).to_owned();
                continue;
            }
            if name.len() > LONGEST_NAME {
                return Err(Fault::TooLong);
            }
            let next = join(&here, &name);
            let last = todo.is_empty();
            match self.at(&next).map(|node| &node.kind) {
                Some(Kind::Link(target)) if !last || follow || path.ends_with('/') => {
                    links += 1;
                    if links > LINKS {
                        return Err(Fault::Loop);
                    }
                    if target.starts_with('/') {
                        "/".clone_into(&mut here);
                    }
                    todo.extend(parts(target).rev().map(str::to_owned));
                }
                None if !last => return Err(Fault::NotFound),
                Some(_) | None => here = next,
            }
        }
        Ok(here)
    }

    /// A file's content.
    pub(crate) fn read(&self, who: &Who, path: &str) -> Result<Arc<Vec<u8>>, Fault> {
        let (_, node) = self.resolve(who, path, true)?;
        if !who.may(node, 4) {
            return Err(Fault::Denied);
        }
        match &node.kind {
            Kind::File(content) => Ok(Arc::clone(content)),
            Kind::Dir => Err(Fault::IsDirectory),
            Kind::Device | Kind::Link(_) => Ok(Arc::default()),
        }
    }

    /// The names in a folder, sorted by their bytes, with what they are.
    pub(crate) fn list(&self, who: &Who, path: &str) -> Result<Vec<(String, &Node)>, Fault> {
        let (place, node) = self.resolve(who, path, true)?;
        if !node.is_dir() {
            return Err(Fault::NotDirectory);
        }
        if !who.may(node, 4) {
            return Err(Fault::Denied);
        }
        Ok(self.children(&place))
    }

    /// Opens a file for writing: makes it when it is missing, empties it unless `append`. Answers its canonical path.
    pub(crate) fn open(
        &mut self,
        who: &Who,
        path: &str,
        append: bool,
        umask: u16,
        now: i64,
    ) -> Result<String, Fault> {
        let place = self.place(who, path, true)?;
        match self.at(&place) {
            Some(node) => match &node.kind {
                Kind::Dir => Err(Fault::IsDirectory),
                Kind::Device => Ok(place),
                Kind::File(_) | Kind::Link(_) if !who.may(node, 2) => Err(Fault::Denied),
                Kind::File(_) | Kind::Link(_) => {
                    if !append {
                        let mut emptied = node.clone();
                        emptied.kind = Kind::File(Arc::default());
                        emptied.mtime = now;
                        self.put(place.clone(), emptied)?;
                    }
                    Ok(place)
                }
            },
            None if path.ends_with('/') => Err(Fault::IsDirectory),
            None => {
                self.may_change(who, parent(&place))?;
                let node = Node::file(Vec::new(), 0o666 & !umask, now).owned_by(who.uid, who.gid);
                self.add(place.clone(), node, now)?;
                Ok(place)
            }
        }
    }

    /// Makes a folder.
    pub(crate) fn make_dir(
        &mut self,
        who: &Who,
        path: &str,
        mode: u16,
        now: i64,
    ) -> Result<(), Fault> {
        let place = self
            .place(who, path.trim_end_matches('/'), false)
            .or_else(|fault| {
                if path.trim_matches('/').is_empty() {
                    Ok(String::from("/"))
                } else {
                    Err(fault)
                }
            })?;
        if self.at(&place).is_some() {
            return Err(Fault::Exists);
        }
        self.may_change(who, parent(&place))?;
        self.add(place, Node::dir(mode, now).owned_by(who.uid, who.gid), now)
    }

    /// Makes a symbolic link.
    pub(crate) fn make_link(
        &mut self,
        who: &Who,
        path: &str,
        target: &str,
        now: i64,
    ) -> Result<(), Fault> {
        if target.is_empty() {
            return Err(Fault::NotFound);
        }
        if target.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        if target.contains('\0') {
            return Err(Fault::Invalid);
        }
        let place = self.place(who, path, false)?;
        if self.at(&place).is_some() {
            return Err(Fault::Exists);
        }
        self.may_change(who, parent(&place))?;
        self.add(
            place,
            Node::link(target, now).owned_by(who.uid, who.gid),
            now,
        )
    }

    /// Puts a copy of a file at `path`, as `cp` does: an existing file keeps its owner and mode.
    pub(crate) fn copy(
        &mut self,
        who: &Who,
        content: &[u8],
        path: &str,
        mode: u16,
        now: i64,
    ) -> Result<(), Fault> {
        let fresh = self.resolve(who, path, true).is_err();
        let place = self.open(who, path, false, 0o077, now)?;
        self.append(&place, content, now)?;
        if fresh && let Some(node) = self.at(&place) {
            let mut node = node.clone();
            node.mode = mode;
            self.put(place, node)?;
        }
        Ok(())
    }

    /// Removes a file or link.
    pub(crate) fn remove(&mut self, who: &Who, path: &str, now: i64) -> Result<(), Fault> {
        let (place, node) = self.resolve(who, path, false)?;
        if node.is_dir() {
            return Err(Fault::IsDirectory);
        }
        self.may_take(who, &place)?;
        self.drop_at(&place);
        self.stamp(parent(&place), now);
        Ok(())
    }

    /// Removes an empty folder.
    pub(crate) fn remove_dir(&mut self, who: &Who, path: &str, now: i64) -> Result<(), Fault> {
        let (place, node) = self.resolve(who, path, false)?;
        if !node.is_dir() {
            return Err(Fault::NotDirectory);
        }
        if place == "/" {
            return Err(Fault::Busy);
        }
        if !self.is_empty(&place) {
            return Err(Fault::NotEmpty);
        }
        self.may_take(who, &place)?;
        self.drop_at(&place);
        self.stamp(parent(&place), now);
        Ok(())
    }

    /// Moves what is at `from` to the exact name `to`.
    pub(crate) fn rename(
        &mut self,
        who: &Who,
        from: &str,
        to: &str,
        now: i64,
    ) -> Result<(), Fault> {
        let (source, node) = self.resolve(who, from, false)?;
        let (source_is_dir, may_write) = (node.is_dir(), who.may(node, 2));
        let target = self.place(who, to.trim_end_matches('/'), false)?;
        if source == "/" || target == "/" {
            return Err(Fault::Busy);
        }
        if source == target {
            return Ok(());
        }
        if target.starts_with(&format!("{source}/")) {
            return Err(Fault::Invalid);
        }
        self.may_take(who, &source)?;
        self.may_change(who, parent(&target))?;
        // A folder that changes its place has its `..` rewritten.
        if source_is_dir && parent(&source) != parent(&target) && !may_write {
            return Err(Fault::Denied);
        }
        if let Some(old) = self.at(&target) {
            match (old.is_dir(), source_is_dir) {
                (true, false) => return Err(Fault::IsDirectory),
                (false, true) => return Err(Fault::NotDirectory),
                (true, true) if !self.is_empty(&target) => return Err(Fault::NotEmpty),
                (true, true) | (false, false) => self.may_take(who, &target)?,
            }
        }
        self.carry(&source, &target)?;
        self.stamp(parent(&source), now);
        self.stamp(parent(&target), now);
        Ok(())
    }

    /// Changes owner, mode or time of what is at `path`; only its owner and root may.
    pub(crate) fn change(
        &mut self,
        who: &Who,
        path: &str,
        follow: bool,
        change: impl FnOnce(&mut Node),
    ) -> Result<(), Fault> {
        let (place, node) = self.resolve(who, path, follow)?;
        if who.uid != 0 && who.uid != node.owner {
            return Err(Fault::NotPermitted);
        }
        let mut node = node.clone();
        change(&mut node);
        self.put(place, node)
    }

    /// Puts a node in place, whoever owns what: for first boot and for system files.
    pub(crate) fn put(&mut self, path: String, node: Node) -> Result<(), Fault> {
        if path.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        let old = self.changes.get(&path);
        let before = old.map_or(0, |old| cost(&path, old.as_ref()));
        let used = self.used - before.min(self.used) + cost(&path, Some(&node));
        self.fits(used, self.changes.len() + usize::from(old.is_none()))?;
        self.used = used;
        Arc::make_mut(&mut self.changes).insert(path, Some(node));
        Ok(())
    }

    fn add(&mut self, path: String, node: Node, now: i64) -> Result<(), Fault> {
        let above = parent(&path).to_owned();
        self.put(path, node)?;
        self.stamp(&above, now);
        Ok(())
    }

    /// Takes away what is at a canonical path.
    fn drop_at(&mut self, path: &str) {
        let changes = Arc::make_mut(&mut self.changes);
        if let Some(old) = changes.remove(path) {
            self.used -= cost(path, old.as_ref()).min(self.used);
        }
        if seed::base(self.family).contains_key(path) {
            changes.insert(path.to_owned(), None);
            self.used += path.len();
        }
    }

    /// Moves a canonical path and all below it, all of it or nothing.
    fn carry(&mut self, source: &str, target: &str) -> Result<(), Fault> {
        let mut moved = Vec::new();
        let (mut used, mut nodes) = (self.used, self.changes.len());
        for path in self.tree(source) {
            let Some(node) = self.at(&path).cloned() else {
                continue;
            };
            let rest = path.strip_prefix(source).unwrap_or_default();
            let new = format!("{target}{rest}");
            if new.len() > LONGEST {
                return Err(Fault::TooLong);
            }
            if let Some(old) = self.changes.get(&path) {
                used -= cost(&path, old.as_ref()).min(used);
                nodes -= 1;
            }
            if seed::base(self.family).contains_key(&path) {
                used += path.len();
                nodes += 1;
            }
            if let Some(old) = self.changes.get(&new) {
                used -= cost(&new, old.as_ref()).min(used);
                nodes -= 1;
            }
            used += cost(&new, Some(&node));
            nodes += 1;
            moved.push((path, new, node));
        }
        self.fits(used, nodes)?;
        for (path, ..) in &moved {
            self.drop_at(path);
        }
        let changes = Arc::make_mut(&mut self.changes);
        for (_, new, node) in moved {
            changes.insert(new, Some(node));
        }
        self.used = used;
        Ok(())
    }

    fn stamp(&mut self, path: &str, now: i64) {
        if let Some(mut node) = self.at(path).cloned() {
            node.mtime = now;
            // A folder's time is not worth failing for on a full disk.
            self.put(path.to_owned(), node).ok();
        }
    }

    fn may_change(&self, who: &Who, dir: &str) -> Result<(), Fault> {
        let node = self.at(dir).ok_or(Fault::NotFound)?;
        if !node.is_dir() {
            return Err(Fault::NotDirectory);
        }
        if who.may(node, 3) {
            Ok(())
        } else {
            Err(Fault::Denied)
        }
    }

    /// May it take the entry at `place` out of its folder? A sticky folder keeps it for its owner.
    fn may_take(&self, who: &Who, place: &str) -> Result<(), Fault> {
        let above = parent(place);
        self.may_change(who, above)?;
        let (Some(dir), Some(node)) = (self.at(above), self.at(place)) else {
            return Err(Fault::NotFound);
        };
        if dir.mode & 0o1000 != 0 && who.uid != 0 && who.uid != node.owner && who.uid != dir.owner {
            return Err(Fault::NotPermitted);
        }
        Ok(())
    }
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
}

/// The folder that a canonical path is in; the root is in itself.
pub(crate) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}

/// `name` in the folder `dir`.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.ends_with('/') {
        format!("{dir}{name}")
    } else {
        format!("{dir}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Who {
        Who {
            uid: 1000,
            gid: 1000,
            groups: vec![1000],
        }
    }

    fn disk() -> Disk {
        let mut disk = Disk::new(Family::Al2023);
        disk.make_dir(&Who::root(), "/home/me", 0o700, 5).unwrap();
        disk.change(&Who::root(), "/home/me", true, |node| {
            (node.owner, node.group) = (1000, 1000);
        })
        .unwrap();
        disk
    }

    fn write(disk: &mut Disk, path: &str, text: &str) -> Result<(), Fault> {
        let place = disk.open(&user(), path, false, 0o022, 7)?;
        disk.append(&place, text.as_bytes(), 7)
    }

    #[test]
    fn a_written_file_reads_back_through_links_and_dots() {
        let mut disk = disk();
        write(&mut disk, "/home/me/a", "hello").unwrap();
        disk.make_link(&user(), "/home/me/l", "./a", 8).unwrap();
        assert_eq!(
            **disk.read(&user(), "/home/../home/me/./l").unwrap(),
            *b"hello"
        );
        assert_eq!(disk.at("/home/me/a").map(|node| node.mode), Some(0o644));
    }

    #[test]
    fn a_user_may_not_write_where_root_owns() {
        let mut disk = disk();
        assert_eq!(write(&mut disk, "/etc/x", "x"), Err(Fault::Denied));
        assert_eq!(write(&mut disk, "/etc/os-release", "x"), Err(Fault::Denied));
        assert_eq!(
            disk.remove(&user(), "/etc/os-release", 1),
            Err(Fault::Denied)
        );
        assert_eq!(
            disk.change(&user(), "/etc/os-release", true, |_| ()),
            Err(Fault::NotPermitted)
        );
        assert_eq!(disk.list(&user(), "/root").map(drop), Err(Fault::Denied));
        assert!(disk.list(&Who::root(), "/root").is_ok());
    }

    #[test]
    fn a_base_file_that_was_removed_stays_away_after_writing_the_disk_down() {
        let mut disk = disk();
        disk.remove(&Who::root(), "/etc/system-release", 1).unwrap();
        let text = serde_json::to_string(&disk).unwrap();
        let again: Disk = serde_json::from_str(&text).unwrap();
        assert_eq!(again, disk);
        assert!(again.at("/etc/system-release").is_none());
        assert!(text.len() < 1000, "{text}");
    }

    #[test]
    fn a_folder_moves_with_all_that_is_in_it() {
        let mut disk = disk();
        disk.make_dir(&user(), "/home/me/d", 0o755, 5).unwrap();
        write(&mut disk, "/home/me/d/f", "x").unwrap();
        assert_eq!(
            disk.rename(&user(), "/home/me/d", "/home/me/d/e", 6),
            Err(Fault::Invalid)
        );
        disk.rename(&user(), "/home/me/d", "/home/me/e", 6).unwrap();
        assert_eq!(**disk.read(&user(), "/home/me/e/f").unwrap(), *b"x");
        assert!(disk.at("/home/me/d").is_none());
        assert_eq!(
            disk.remove_dir(&user(), "/home/me/e", 6),
            Err(Fault::NotEmpty)
        );
    }

    #[test]
    fn a_full_disk_says_so_and_removing_makes_room() {
        let mut disk = disk();
        write(&mut disk, "/home/me/big", &"x".repeat(63 * 1024 * 1024)).unwrap();
        assert_eq!(
            write(&mut disk, "/home/me/more", &"x".repeat(2 * 1024 * 1024)),
            Err(Fault::NoSpace)
        );
        disk.remove(&user(), "/home/me/big", 9).unwrap();
        assert_eq!(
            write(&mut disk, "/home/me/more", &"x".repeat(2 * 1024 * 1024)),
            Ok(())
        );
    }

    #[test]
    fn a_link_to_itself_is_found_out() {
        let mut disk = disk();
        disk.make_link(&user(), "/home/me/l", "l", 8).unwrap();
        assert_eq!(disk.read(&user(), "/home/me/l").map(drop), Err(Fault::Loop));
    }
}

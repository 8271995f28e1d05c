//! Files in and out of a machine: what a request of SFTP does to its disk, for one user.
//!
//! A user can do here what they could do in the shell, and nothing else; paths begin in their home, as in OpenSSH's
//! sftp-server. A handle is a canonical path and not an inode: rights are looked at again with every piece, so that a file
//! which another user has put in its place stays closed. Where that differs from Linux (a file that was removed or moved
//! while it is open is gone for its handle), the client is told `No such file`.

mod listing;
#[cfg(test)]
mod properties;
mod request;

use std::collections::BTreeMap;

use super::disk::{Fault, Who, join};
use super::node::Kind;
use super::{Family, Machine, commands, users};

pub use request::{Answer, Attributes, Entry, Fullness, Handle, How, Refusal, Request};

/// Open files and folders of one session. OpenSSH's own limit is that of open descriptors, 1,019 on AL2023.
pub const MOST_HANDLES: usize = 100;
/// Bytes that one request reads: OpenSSH's longest message less its head.
pub const MOST_READ: u32 = 255 * 1024;
/// Names in one answer, as in sftp-server.
const NAMES: usize = 100;

/// Something that is open.
#[derive(Debug)]
enum Open {
    File {
        place: String,
        how: How,
        /// Something was not written because the disk was full.
        cut: bool,
    },
    Folder {
        place: String,
        /// The last name that was told.
        after: Option<String>,
    },
}

/// One session of one user.
#[derive(Debug)]
pub struct Files {
    who: Who,
    home: String,
    umask: u16,
    open: BTreeMap<Handle, Open>,
    next: Handle,
}

impl Files {
    /// A session for a user whom the gate let in.
    #[must_use]
    pub fn login(machine: &Machine, user: &str) -> Self {
        let disk = &machine.disk;
        let (who, home) = match users::by_name(disk, user) {
            Some(user) => (user.who(disk), user.home),
            None => (Who::nobody(), "/".to_owned()),
        };
        let home = if disk.resolve(&who, &home, true).is_ok() {
            home
        } else {
            "/".to_owned()
        };
        let umask = if who.uid == 0 {
            0o022
        } else {
            machine.family().umask()
        };
        Self {
            who,
            home,
            umask,
            open: BTreeMap::new(),
            next: 0,
        }
    }

    /// Does what is asked. `now` is Unix milliseconds.
    ///
    /// # Errors
    /// What a client is told when it is not granted.
    pub fn answer(
        &mut self,
        machine: &mut Machine,
        now: i64,
        request: Request,
    ) -> Result<Answer, Refusal> {
        match request {
            Request::Open { path, how, mode } => self.open_file(machine, now, &path, how, mode),
            Request::Close(handle) => match self.open.remove(&handle) {
                Some(_) => Ok(Answer::Done),
                None => Err(Refusal::NoSuchFile),
            },
            Request::Read {
                handle,
                offset,
                length,
            } => self.read(machine, handle, offset, length),
            Request::Write {
                handle,
                offset,
                data,
            } => self.write(machine, now, handle, offset, &data),
            Request::Stat(path) => self.stat(machine, &path, true),
            Request::LinkStat(path) => self.stat(machine, &path, false),
            Request::HandleStat(handle) => {
                let place = self.place(handle)?;
                let node = machine.disk.at(place).ok_or(Refusal::NoSuchFile)?;
                Ok(Answer::Attributes(listing::attributes(
                    machine, place, node,
                )))
            }
            Request::SetStat(path, new) => {
                let (place, _) = machine.disk.resolve(&self.who, &self.path(&path), true)?;
                self.set(machine, now, &place, new, false)
            }
            Request::SetLinkStat(path, new) => {
                let (place, _) = machine.disk.resolve(&self.who, &self.path(&path), false)?;
                self.set(machine, now, &place, new, false)
            }
            Request::SetHandleStat(handle, new) => self.set_open(machine, now, handle, new),
            Request::OpenFolder(path) => {
                let (place, node) = machine.disk.resolve(&self.who, &self.path(&path), true)?;
                if !node.is_dir() {
                    return Err(Fault::NotDirectory.into());
                }
                if !self.who.may(node, 4) {
                    return Err(Refusal::Denied);
                }
                self.keep(Open::Folder { place, after: None })
            }
            Request::ReadFolder(handle) => self.read_folder(machine, now, handle),
            Request::Remove(path) => {
                let path = self.path(&path);
                machine.disk.remove(&self.who, &path, now)?;
                Ok(Answer::Done)
            }
            Request::MakeFolder { path, mode } => {
                let path = self.path(&path);
                let mode = bits(mode.unwrap_or(0o777)) & 0o777 & !self.umask;
                machine.disk.make_dir(&self.who, &path, mode, now)?;
                Ok(Answer::Done)
            }
            Request::RemoveFolder(path) => {
                let path = self.path(&path);
                machine.disk.remove_dir(&self.who, &path, now)?;
                Ok(Answer::Done)
            }
            Request::RealPath(path) => {
                let path = if path.is_empty() { "." } else { path.as_str() };
                let place = machine.disk.place(&self.who, &self.path(path), true)?;
                Ok(Answer::Path(place))
            }
            Request::ExpandPath(path) => {
                let path = self.expand(machine, &path)?;
                let place = machine.disk.place(&self.who, &path, true)?;
                Ok(Answer::Path(place))
            }
            Request::Rename(from, to) => {
                let (from, to) = (self.path(&from), self.path(&to));
                let disk = &mut machine.disk;
                let is_dir = disk.resolve(&self.who, &from, false)?.1.is_dir();
                // sftp-server links and unlinks a file, and looks first for anything else.
                if disk.resolve(&self.who, &to, is_dir).is_ok() {
                    return Err(Fault::Exists.into());
                }
                disk.rename(&self.who, &from, &to, now)?;
                Ok(Answer::Done)
            }
            Request::Replace(from, to) => {
                let (from, to) = (self.path(&from), self.path(&to));
                machine.disk.rename(&self.who, &from, &to, now)?;
                Ok(Answer::Done)
            }
            Request::ReadLink(path) => {
                let path = self.path(&path);
                let (_, node) = machine.disk.resolve(&self.who, &path, false)?;
                match &node.kind {
                    Kind::Link(target) => Ok(Answer::Path(target.clone())),
                    Kind::Dir | Kind::File(_) | Kind::Device => Err(Fault::Invalid.into()),
                }
            }
            Request::Link { target, path } => {
                let path = self.path(&path);
                machine.disk.make_link(&self.who, &path, &target, now)?;
                Ok(Answer::Done)
            }
            Request::Disk(path) => {
                machine.disk.resolve(&self.who, &self.path(&path), true)?;
                Ok(Answer::Disk(fullness(machine)))
            }
            Request::HandleDisk(handle) => {
                self.place(handle)?;
                Ok(Answer::Disk(fullness(machine)))
            }
            Request::Sync(handle) => {
                self.place(handle)?;
                Ok(Answer::Done)
            }
        }
    }

    /// An absolute path for what was asked for; empty stays empty, as for a system call.
    fn path(&self, path: &str) -> String {
        if path.starts_with('/') || path.is_empty() {
            path.to_owned()
        } else {
            join(&self.home, path)
        }
    }

    fn expand(&self, machine: &Machine, path: &str) -> Result<String, Refusal> {
        let Some(rest) = path.strip_prefix('~') else {
            return Ok(self.path(if path.is_empty() { "." } else { path }));
        };
        let (user, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let home = if user.is_empty() {
            self.home.clone()
        } else {
            let user = users::by_name(&machine.disk, user).ok_or(Refusal::Failure)?;
            user.home
        };
        Ok(join(&home, rest))
    }

    fn keep(&mut self, open: Open) -> Result<Answer, Refusal> {
        // EMFILE.
        if self.open.len() >= MOST_HANDLES {
            return Err(Refusal::Failure);
        }
        while self.open.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let handle = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(handle, open);
        Ok(Answer::Handle(handle))
    }

    /// Where an open file or folder is.
    fn place(&self, handle: Handle) -> Result<&str, Refusal> {
        match self.open.get(&handle) {
            Some(Open::File { place, .. } | Open::Folder { place, .. }) => Ok(place),
            None => Err(Refusal::Failure),
        }
    }

    fn open_file(
        &mut self,
        machine: &mut Machine,
        now: i64,
        path: &str,
        how: How,
        mode: Option<u32>,
    ) -> Result<Answer, Refusal> {
        // As `open` takes no flag for reading.
        let how = How {
            read: how.read || !how.write,
            ..how
        };
        if self.open.len() >= MOST_HANDLES {
            return Err(Refusal::Failure);
        }
        let path = self.path(path);
        let disk = &mut machine.disk;
        if how.create && how.exclusive {
            let place = disk.place(&self.who, &path, false)?;
            if disk.at(&place).is_some() {
                return Err(Fault::Exists.into());
            }
        }
        let place = match disk.resolve(&self.who, &path, true) {
            Ok((place, node)) => {
                if node.is_dir() {
                    return Err(Fault::IsDirectory.into());
                }
                let wanted =
                    if how.read { 4 } else { 0 } | if how.write || how.truncate { 2 } else { 0 };
                if !self.who.may(node, wanted) {
                    return Err(Refusal::Denied);
                }
                if how.truncate {
                    disk.resize(&place, 0, now)?;
                }
                place
            }
            Err(Fault::NotFound) if how.create => {
                let place = disk.open(&self.who, &path, true, 0, now)?;
                let mode = bits(mode.unwrap_or(0o666)) & !self.umask;
                disk.change(&Who::root(), &place, false, |node| node.mode = mode)?;
                place
            }
            Err(fault) => return Err(fault.into()),
        };
        self.keep(Open::File {
            place,
            how,
            cut: false,
        })
    }

    /// What is open for reading (4) or writing (2). The mode may have been taken away since: its owner still has it open.
    fn still(
        &self,
        machine: &Machine,
        handle: Handle,
        wanted: u16,
    ) -> Result<(&str, How), Refusal> {
        let Some(Open::File { place, how, .. }) = self.open.get(&handle) else {
            return Err(Refusal::Failure);
        };
        if !(if wanted == 4 { how.read } else { how.write }) {
            // EBADF.
            return Err(Refusal::NoSuchFile);
        }
        let node = machine.disk.at(place).ok_or(Refusal::NoSuchFile)?;
        if node.owner != self.who.uid && !self.who.may(node, wanted) {
            return Err(Refusal::Denied);
        }
        Ok((place, *how))
    }

    fn read(
        &self,
        machine: &Machine,
        handle: Handle,
        offset: u64,
        length: u32,
    ) -> Result<Answer, Refusal> {
        let (place, _) = self.still(machine, handle, 4)?;
        let Some(Kind::File(content)) = machine.disk.at(place).map(|node| &node.kind) else {
            return Err(Refusal::End);
        };
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let length = usize::try_from(length.min(MOST_READ)).unwrap_or(0);
        let to = from.saturating_add(length).min(content.len());
        match content.get(from..to) {
            Some(part) if !part.is_empty() => Ok(Answer::Data(part.to_vec())),
            Some(_) | None => Err(Refusal::End),
        }
    }

    fn write(
        &mut self,
        machine: &mut Machine,
        now: i64,
        handle: Handle,
        offset: u64,
        data: &[u8],
    ) -> Result<Answer, Refusal> {
        let (place, how) = self.still(machine, handle, 2)?;
        let done = if data.is_empty() {
            Ok(())
        } else if how.append {
            machine.disk.append(place, data, now)
        } else {
            machine.disk.write_at(place, offset, data, now)
        };
        if done == Err(Fault::NoSpace)
            && let Some(Open::File { cut, .. }) = self.open.get_mut(&handle)
        {
            *cut = true;
        }
        done?;
        Ok(Answer::Done)
    }

    fn stat(&self, machine: &Machine, path: &str, follow: bool) -> Result<Answer, Refusal> {
        let (place, node) = machine.disk.resolve(&self.who, &self.path(path), follow)?;
        Ok(Answer::Attributes(listing::attributes(
            machine, &place, node,
        )))
    }

    fn set_open(
        &self,
        machine: &mut Machine,
        now: i64,
        handle: Handle,
        mut new: Attributes,
    ) -> Result<Answer, Refusal> {
        let place = self.place(handle)?;
        let (writing, cut) = match self.open.get(&handle) {
            Some(Open::File { how, cut, .. }) => (how.write, *cut),
            Some(Open::Folder { .. }) | None => (false, false),
        };
        if new.size.is_some() && !writing {
            return Err(Refusal::BadMessage);
        }
        // OpenSSH's scp gives a file that met a full disk its whole size, and a real disk makes a hole, which takes no
        // room. Here the file stays as long as it is.
        let length = machine.disk.at(place).map_or(0, super::node::Node::size);
        new.size = new
            .size
            .filter(|size| !cut || usize::try_from(*size).is_ok_and(|size| size < length));
        self.set(machine, now, place, new, writing)
    }

    /// Changes what is given at a canonical path. As in sftp-server each is tried, and the last refusal is the answer.
    fn set(
        &self,
        machine: &mut Machine,
        now: i64,
        place: &str,
        new: Attributes,
        open_for_writing: bool,
    ) -> Result<Answer, Refusal> {
        let (who, disk) = (&self.who, &mut machine.disk);
        let mut refused = None;
        let mut note = |done: Result<(), Fault>| {
            if let Err(fault) = done {
                refused = Some(Refusal::from(fault));
            }
        };
        let Some(node) = disk.at(place).cloned() else {
            return Err(Refusal::NoSuchFile);
        };
        if let Some(size) = new.size {
            note(
                if open_for_writing && node.owner == who.uid || who.may(&node, 2) {
                    disk.resize(place, size, now)
                } else {
                    Err(Fault::Denied)
                },
            );
        }
        if let Some(mode) = new.mode {
            note(match node.kind {
                // EOPNOTSUPP.
                Kind::Link(_) => Err(Fault::Busy),
                Kind::Dir | Kind::File(_) | Kind::Device => {
                    disk.change(who, place, false, |node| node.mode = bits(mode))
                }
            });
        }
        if let Some((_, changed)) = new.times {
            note(disk.change(who, place, false, |node| {
                node.mtime = i64::from(changed) * 1000;
            }));
        }
        if let Some((owner, group)) = new.owner {
            let gives_away = owner != node.owner || !who.groups.contains(&group);
            note(if who.uid != 0 && gives_away {
                Err(Fault::NotPermitted)
            } else {
                disk.change(who, place, false, |node| {
                    (node.owner, node.group) = (owner, group);
                })
            });
        }
        refused.map_or(Ok(Answer::Done), Err)
    }

    fn read_folder(
        &mut self,
        machine: &Machine,
        now: i64,
        handle: Handle,
    ) -> Result<Answer, Refusal> {
        let Some(Open::Folder { place, after }) = self.open.get_mut(&handle) else {
            return Err(Refusal::Failure);
        };
        let children = machine.disk.children_after(place, after.as_deref(), NAMES);
        let mut names: Vec<Entry> = Vec::new();
        if after.is_none() {
            for (name, at) in [(".", place.as_str()), ("..", super::disk::parent(place))] {
                if let Some(node) = machine.disk.at(at) {
                    names.push(listing::entry(machine, now, name, at, node));
                }
            }
        }
        for (name, node) in children {
            names.push(listing::entry(
                machine,
                now,
                &name,
                &join(place, &name),
                node,
            ));
            *after = Some(name);
        }
        // A name that no file can have: it sorts before all, and says that the dots were told.
        after.get_or_insert_default();
        if names.is_empty() {
            return Err(Refusal::End);
        }
        Ok(Answer::Names(names))
    }
}

/// Permission bits of a mode as the protocol has it.
fn bits(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0)
}

fn fullness(machine: &Machine) -> Fullness {
    let (size, used) = commands::root_disk(machine);
    Fullness {
        block: 4096,
        blocks: size / 4,
        free: size.saturating_sub(used) / 4,
        files: 4_190_000,
        files_free: 4_150_000,
        longest_name: 255,
    }
}

/// The extensions that the family's sftp-server names and that are served here, with their versions. Amazon Linux 2 has
/// OpenSSH 7.4, the others 8.7 and later. `hardlink@openssh.com` is left out: a machine has no hard links.
#[must_use]
pub fn extensions(family: Family) -> &'static [(&'static str, &'static str)] {
    const ALL: &[(&str, &str)] = &[
        ("posix-rename@openssh.com", "1"),
        ("statvfs@openssh.com", "2"),
        ("fstatvfs@openssh.com", "2"),
        ("fsync@openssh.com", "1"),
        ("lsetstat@openssh.com", "1"),
        ("limits@openssh.com", "1"),
        ("expand-path@openssh.com", "1"),
    ];
    match family {
        Family::Al2 => ALL.get(..4).unwrap_or_default(),
        Family::Al2023 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::identity;
    use super::*;

    fn session() -> (Machine, Files) {
        let machine = Machine::first_boot(&identity(Family::Al2023));
        let files = Files::login(&machine, "ec2-user");
        (machine, files)
    }

    fn create(path: &str) -> Request {
        Request::Open {
            path: path.to_owned(),
            how: How {
                write: true,
                create: true,
                ..How::default()
            },
            mode: None,
        }
    }

    fn link(target: &str, path: &str) -> Request {
        Request::Link {
            target: target.to_owned(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn hostile_requests_are_refused_one_by_one() {
        let (mut machine, mut files) = session();
        let long = "x".repeat(256);
        let deep = "x/".repeat(3000);
        let folder = |path: &str| Request::MakeFolder {
            path: path.to_owned(),
            mode: None,
        };
        let moved = |from: &str, to: &str| Request::Replace(from.to_owned(), to.to_owned());
        let cases = [
            (create("../../../../../etc/passwd"), Err(Refusal::Denied)),
            (create("a\0b"), Err(Refusal::BadMessage)),
            (create(&long), Err(Refusal::BadMessage)),
            (create(&deep), Err(Refusal::BadMessage)),
            (create(""), Err(Refusal::NoSuchFile)),
            (create("/"), Err(Refusal::Failure)),
            (create("new/"), Err(Refusal::Failure)),
            (link("loop", "loop"), Ok(Answer::Done)),
            (create("loop/x"), Err(Refusal::NoSuchFile)),
            (Request::Stat("loop".into()), Err(Refusal::NoSuchFile)),
            (link(&deep, "l"), Err(Refusal::BadMessage)),
            (link("a\0", "l"), Err(Refusal::BadMessage)),
            (link("", "l"), Err(Refusal::NoSuchFile)),
            (link("/root", "out"), Ok(Answer::Done)),
            (Request::OpenFolder("out".into()), Err(Refusal::Denied)),
            (Request::Stat("out/.bashrc".into()), Err(Refusal::Denied)),
            (folder("d"), Ok(Answer::Done)),
            (folder("d/e"), Ok(Answer::Done)),
            (folder("f"), Ok(Answer::Done)),
            (moved("d", "d/e/d"), Err(Refusal::BadMessage)),
            (moved("f", "d"), Err(Refusal::Failure)),
            (moved("out", "d"), Err(Refusal::Failure)),
            (moved("d", "out"), Err(Refusal::NoSuchFile)),
            (moved("/etc", "etc"), Err(Refusal::Denied)),
            (moved("/", "x"), Err(Refusal::Failure)),
            (Request::RemoveFolder("d".into()), Err(Refusal::Failure)),
            (Request::RemoveFolder("/".into()), Err(Refusal::Failure)),
            (Request::Remove("d".into()), Err(Refusal::Failure)),
            (Request::Close(77), Err(Refusal::NoSuchFile)),
            (Request::ReadFolder(77), Err(Refusal::Failure)),
            (
                Request::RealPath("/a/../../../..".into()),
                Err(Refusal::NoSuchFile),
            ),
            (
                Request::RealPath("../../../../..".into()),
                Ok(Answer::Path("/".into())),
            ),
        ];
        for (request, wanted) in cases {
            let shown = format!("{request:?}");
            let shown = shown.get(..200).unwrap_or(&shown);
            assert_eq!(
                files.answer(&mut machine, 1, request.clone()),
                wanted,
                "{shown}"
            );
        }
    }

    #[test]
    fn a_file_that_another_put_in_its_place_is_not_read_through_an_old_handle() {
        let (mut machine, mut files) = session();
        let open = Request::Open {
            path: "/tmp/f".into(),
            how: How {
                read: true,
                write: true,
                create: true,
                ..How::default()
            },
            mode: None,
        };
        let Ok(Answer::Handle(handle)) = files.answer(&mut machine, 1, open) else {
            panic!("it cannot be opened")
        };
        let (root, disk) = (Who::root(), &mut machine.disk);
        disk.remove(&root, "/tmp/f", 2).unwrap();
        let place = disk.open(&root, "/tmp/f", false, 0o077, 3).unwrap();
        disk.append(&place, b"secret", 3).unwrap();
        let read = Request::Read {
            handle,
            offset: 0,
            length: 10,
        };
        assert_eq!(files.answer(&mut machine, 4, read), Err(Refusal::Denied));
        let write = Request::Write {
            handle,
            offset: 0,
            data: b"x".to_vec(),
        };
        assert_eq!(files.answer(&mut machine, 4, write), Err(Refusal::Denied));
    }

    #[test]
    fn a_file_of_a_gigabyte_stops_where_the_disk_is_full() {
        let (mut machine, mut files) = session();
        let Ok(Answer::Handle(handle)) = files.answer(&mut machine, 1, create("big")) else {
            panic!("it cannot be opened")
        };
        let mut write = |offset: u64| {
            let data = vec![1; 1 << 20];
            let write = Request::Write {
                handle,
                offset,
                data,
            };
            files.answer(&mut machine, 2, write)
        };
        let first_refusal = (0..1024_u64).find(|mib| write(mib << 20) != Ok(Answer::Done));
        assert_eq!(
            first_refusal,
            Some(63),
            "the paths take a little of the 64 MiB"
        );
        assert_eq!(write(1 << 40), Err(Refusal::Failure));
        assert_eq!(write(0), Ok(Answer::Done));
    }

    #[test]
    fn handles_are_given_out_up_to_a_limit_and_can_be_given_back() {
        let (mut machine, mut files) = session();
        let mut last = 0;
        for _ in 0..MOST_HANDLES {
            match files.answer(&mut machine, 1, create("f")) {
                Ok(Answer::Handle(handle)) => last = handle,
                other => panic!("{other:?}"),
            }
        }
        let again = files.answer(&mut machine, 1, create("g"));
        assert_eq!(again, Err(Refusal::Failure));
        let there = files.answer(&mut machine, 1, Request::Stat("g".into()));
        assert_eq!(there, Err(Refusal::NoSuchFile), "nothing is made for it");
        let closed = files.answer(&mut machine, 1, Request::Close(last));
        assert_eq!(closed, Ok(Answer::Done));
        assert!(files.answer(&mut machine, 1, create("g")).is_ok());
    }
}

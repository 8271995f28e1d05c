//! The bytes on a disk: writing them, and the room that there is.
//!
//! A machine's disk shows 8 GiB and holds [`ROOM`]. What the image came with costs nothing; each changed file, folder or
//! link costs its content and its path. Beyond that the disk is full, in the machine's own words.

use std::sync::Arc;

use super::super::node::{Kind, Node};
use super::super::seed;
use super::{Disk, Fault};

/// Bytes of changed content and paths that one machine may hold: real memory, far below the 8 GiB that `df` shows.
const ROOM: usize = 64 * 1024 * 1024;
/// Changed files, folders and links that one machine may hold.
const NODES: usize = 10_000;

/// What an entry costs.
pub(super) fn cost(path: &str, node: Option<&Node>) -> usize {
    path.len() + node.map_or(0, Node::size)
}

impl Disk {
    /// Whether the disk may become this full. What makes it no fuller than it is may always be done.
    pub(super) fn fits(&self, used: usize, nodes: usize) -> Result<(), Fault> {
        let fuller = used > ROOM && used > self.used;
        let more = nodes > NODES && nodes > self.changes.len();
        if fuller || more {
            Err(Fault::NoSpace)
        } else {
            Ok(())
        }
    }

    /// Changes the content of the file at a canonical path. `size` is what it will have, in bytes; nothing happens to a
    /// device. The file is open, so rights are not looked at.
    fn edit(
        &mut self,
        place: &str,
        size: usize,
        now: i64,
        edit: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Fault> {
        let node = self.at(place).ok_or(Fault::NotFound)?;
        match node.kind {
            Kind::File(_) => (),
            Kind::Device => return Ok(()),
            Kind::Dir => return Err(Fault::IsDirectory),
            Kind::Link(_) => return Err(Fault::Invalid),
        }
        let known = self.changes.contains_key(place);
        let before = if known { cost(place, Some(node)) } else { 0 };
        let used = (self.used - before.min(self.used))
            .saturating_add(place.len())
            .saturating_add(size);
        self.fits(used, self.changes.len() + usize::from(!known))?;
        let changes = Arc::make_mut(&mut self.changes);
        if !known {
            let base = seed::base(self.family).get(place);
            changes.insert(place.to_owned(), base.cloned());
        }
        if let Some(Some(node)) = changes.get_mut(place)
            && let Kind::File(content) = &mut node.kind
        {
            edit(Arc::make_mut(content));
            node.mtime = now;
            self.used = used;
        }
        Ok(())
    }

    /// The size of the file at a canonical path; 0 for what has none.
    fn length(&self, place: &str) -> usize {
        match self.at(place).map(|node| &node.kind) {
            Some(Kind::File(content)) => content.len(),
            Some(Kind::Dir | Kind::Link(_) | Kind::Device) | None => 0,
        }
    }

    /// Adds bytes to the end of the file at a canonical path that [`Disk::open`] answered.
    pub(crate) fn append(&mut self, place: &str, bytes: &[u8], now: i64) -> Result<(), Fault> {
        let size = self.length(place) + bytes.len();
        self.edit(place, size, now, |content| content.extend_from_slice(bytes))
    }

    /// Writes bytes into the file at a canonical path, from `offset` on. What lies before and was never written is zeros,
    /// and takes room here where a real disk has holes.
    pub(crate) fn write_at(
        &mut self,
        place: &str,
        offset: u64,
        bytes: &[u8],
        now: i64,
    ) -> Result<(), Fault> {
        let from = usize::try_from(offset).map_err(|_| Fault::TooLarge)?;
        let to = from.checked_add(bytes.len()).ok_or(Fault::TooLarge)?;
        let size = to.max(self.length(place));
        self.edit(place, size, now, |content| {
            if from == content.len() {
                return content.extend_from_slice(bytes);
            }
            if content.len() < to {
                content.resize(to, 0);
            }
            if let Some(part) = content.get_mut(from..to) {
                part.copy_from_slice(bytes);
            }
        })
    }

    /// Cuts the file at a canonical path, or fills it up with zeros, to this size in bytes.
    pub(crate) fn resize(&mut self, place: &str, size: u64, now: i64) -> Result<(), Fault> {
        let size = usize::try_from(size).map_err(|_| Fault::TooLarge)?;
        self.edit(place, size, now, |content| {
            content.resize(size, 0);
            content.shrink_to_fit();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Family;
    use super::super::Who;
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn disk() -> Disk {
        let mut disk = Disk::new(Family::Al2023);
        disk.open(&Who::root(), "/f", false, 0o022, 1).unwrap();
        disk
    }

    fn content(disk: &Disk) -> Vec<u8> {
        disk.read(&Who::root(), "/f").unwrap().to_vec()
    }

    #[test]
    fn pieces_may_come_in_any_order() {
        let mut disk = disk();
        disk.write_at("/f", 4, b"56", 2).unwrap();
        assert_eq!(content(&disk), b"\0\0\0\x0056");
        disk.write_at("/f", 0, b"1234", 3).unwrap();
        disk.write_at("/f", 5, b"67", 4).unwrap();
        assert_eq!(content(&disk), b"1234567");
        disk.resize("/f", 3, 5).unwrap();
        disk.append("/f", b"x", 6).unwrap();
        assert_eq!(content(&disk), b"123x");
    }

    #[test]
    fn a_piece_far_out_is_refused_before_anything_is_kept_for_it() {
        let mut disk = disk();
        let used = disk.used();
        for offset in [u64::MAX, u64::MAX - 1, 1 << 60, ROOM as u64] {
            assert!(disk.write_at("/f", offset, b"xx", 2).is_err(), "{offset}");
            assert!(disk.resize("/f", offset, 2).is_err(), "{offset}");
        }
        assert_eq!((disk.used(), content(&disk).len()), (used, 0));
    }

    #[test]
    fn the_room_that_is_used_is_what_can_be_counted() {
        let mut disk = disk();
        disk.write_at("/f", 10, b"abc", 2).unwrap();
        disk.append("/etc/os-release", b"X=1\n", 2).unwrap();
        disk.make_link(&Who::root(), "/l", "f", 2).unwrap();
        disk.rename(&Who::root(), "/f", "/longer", 3).unwrap();
        disk.remove(&Who::root(), "/etc/system-release", 3).unwrap();
        let text = serde_json::to_string(&disk).unwrap();
        assert_eq!(serde_json::from_str::<Disk>(&text).unwrap(), disk);
    }

    #[test]
    fn a_full_disk_lets_things_be_moved_and_made_smaller() {
        let mut disk = disk();
        disk.resize("/f", (63 * MIB) as u64, 2).unwrap();
        assert_eq!(disk.resize("/f", (65 * MIB) as u64, 2), Err(Fault::NoSpace));
        assert_eq!(disk.append("/f", &vec![0; 2 * MIB], 2), Err(Fault::NoSpace));
        disk.rename(&Who::root(), "/f", "/g", 3).unwrap();
        disk.resize("/g", 1, 4).unwrap();
        disk.append("/g", &vec![0; 2 * MIB], 5).unwrap();
    }

    #[test]
    fn the_number_of_files_is_limited_and_what_is_there_stays_usable() {
        let mut disk = disk();
        let root = Who::root();
        let full = (0..).find_map(|number| {
            let name = format!("/tmp/{number}");
            disk.open(&root, &name, false, 0, 2)
                .err()
                .map(|fault| (number, fault))
        });
        let (number, fault) = full.unwrap();
        assert_eq!(fault, Fault::NoSpace);
        assert!((NODES - 10..NODES).contains(&number), "{number}");
        disk.append("/tmp/0", b"x", 3).unwrap();
        // The image's own folder leaves a mark behind, which counts.
        assert_eq!(disk.rename(&root, "/tmp", "/moved", 4), Err(Fault::NoSpace));
        assert_eq!(disk.children("/tmp").len(), number);
        disk.remove(&root, "/tmp/1", 5).unwrap();
        disk.rename(&root, "/tmp", "/moved", 4).unwrap();
        assert_eq!(disk.children("/moved").len(), number - 1);
        disk.remove(&root, "/moved/2", 5).unwrap();
        disk.open(&root, "/moved/new", false, 0, 6).unwrap();
    }
}

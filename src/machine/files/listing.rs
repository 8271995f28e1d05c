//! What is known of a file, as attributes and as the line that `ls -l` in sftp shows.

use super::super::node::{Kind, Node};
use super::super::{Machine, moment, users};
use super::{Attributes, Entry};

/// Half a year, in milliseconds: older files show their year.
const RECENT: i64 = 365 * 86_400_000 / 2;
/// Names that are counted for a folder's size and links.
const COUNTED: usize = 1000;

/// The bits of a kind in a mode (`S_IFMT`).
fn kind(node: &Node) -> u32 {
    match node.kind {
        Kind::Dir => 0o040_000,
        Kind::File(_) => 0o100_000,
        Kind::Link(_) => 0o120_000,
        Kind::Device => 0o020_000,
    }
}

/// What is known of the file at a canonical path. The time of the last reading is not kept: it is that of the last change.
pub(super) fn attributes(machine: &Machine, place: &str, node: &Node) -> Attributes {
    let size = if node.is_dir() {
        let children = machine
            .disk
            .children_after(place, None, COUNTED)
            .into_iter();
        node.shown_size(&children.map(|(name, _)| name).collect::<Vec<_>>())
    } else {
        node.size()
    };
    let changed = u32::try_from(node.mtime.div_euclid(1000).clamp(0, i64::from(u32::MAX)));
    let changed = changed.unwrap_or(0);
    Attributes {
        size: Some(u64::try_from(size).unwrap_or(u64::MAX)),
        owner: Some((node.owner, node.group)),
        mode: Some(kind(node) | u32::from(node.mode)),
        times: Some((changed, changed)),
    }
}

/// A name with its line, in the columns of sftp-server's `ls_file`.
pub(super) fn entry(machine: &Machine, now: i64, name: &str, place: &str, node: &Node) -> Entry {
    let attributes = attributes(machine, place, node);
    let links = if node.is_dir() {
        let children = machine.disk.children_after(place, None, COUNTED);
        2 + children.iter().filter(|(_, child)| child.is_dir()).count()
    } else {
        1
    };
    let recent = now - node.mtime < RECENT && node.mtime <= now;
    let form = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
    // strmode(3) ends with a space of its own.
    let long = format!(
        "{}  {links:>3} {:<8} {:<8} {:>8} {} {name}",
        node.mode_text(),
        users::name_of(&machine.disk, node.owner),
        users::group_name(&machine.disk, node.group),
        attributes.size.unwrap_or(0),
        moment::format(node.mtime, form).unwrap_or_default(),
    );
    Entry {
        name: name.to_owned(),
        long,
        attributes,
    }
}

//! The names on a disk: what is in a folder, and all that is below it.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;

use super::super::node::Node;
use super::super::seed;
use super::{Disk, join};

/// The direct children of one folder in a map by path, in the order of their names' bytes. What is deeper is jumped over.
struct Direct<'a, V> {
    map: &'a BTreeMap<String, V>,
    prefix: String,
    from: String,
    inclusive: bool,
}

impl<'a, V> Direct<'a, V> {
    fn new(map: &'a BTreeMap<String, V>, prefix: &str, after: Option<&str>) -> Self {
        Self {
            map,
            prefix: prefix.to_owned(),
            from: format!("{prefix}{}", after.unwrap_or_default()),
            inclusive: false,
        }
    }
}

impl<'a, V> Iterator for Direct<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let from = if self.inclusive {
                Bound::Included(self.from.as_str())
            } else {
                Bound::Excluded(self.from.as_str())
            };
            let (path, value) = self.map.range::<str, _>((from, Bound::Unbounded)).next()?;
            let name = path.strip_prefix(self.prefix.as_str())?;
            match name.split_once('/') {
                None => {
                    path.clone_into(&mut self.from);
                    self.inclusive = false;
                    return Some((name, value));
                }
                // Behind all of the child's own: `0` is the byte after `/`.
                Some((child, _)) => {
                    self.from = format!("{}{child}0", self.prefix);
                    self.inclusive = true;
                }
            }
        }
    }
}

/// The children of a folder, base and changes as one.
struct Children<'a> {
    base: Peekable<Direct<'a, Node>>,
    changes: Peekable<Direct<'a, Option<Node>>>,
}

impl<'a> Iterator for Children<'a> {
    type Item = (&'a str, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let base = self.base.peek().map(|(name, _)| *name);
            let change = self.changes.peek().map(|(name, _)| *name);
            let (from_base, from_changes) = match (base, change) {
                (None, None) => return None,
                (Some(base), Some(change)) => (base <= change, change <= base),
                (base, change) => (base.is_some(), change.is_some()),
            };
            let base = from_base.then(|| self.base.next()).flatten();
            // What was changed hides what the image had.
            let found = if from_changes {
                let (name, node) = self.changes.next()?;
                node.as_ref().map(|node| (name, node))
            } else {
                base
            };
            if found.is_some() {
                return found;
            }
        }
    }
}

/// How the paths below a folder begin.
fn prefix(place: &str) -> String {
    join(place, "")
}

impl Disk {
    fn direct(&self, place: &str, after: Option<&str>) -> Children<'_> {
        let prefix = prefix(place);
        Children {
            base: Direct::new(seed::base(self.family), &prefix, after).peekable(),
            changes: Direct::new(&self.changes, &prefix, after).peekable(),
        }
    }

    /// The names in the folder at a canonical path, sorted by their bytes.
    pub(crate) fn children(&self, place: &str) -> Vec<(String, &Node)> {
        self.direct(place, None)
            .map(|(name, node)| (name.to_owned(), node))
            .collect()
    }

    /// At most so many names in the folder at a canonical path, sorted by their bytes, from the first one behind `after`.
    pub(crate) fn children_after(
        &self,
        place: &str,
        after: Option<&str>,
        most: usize,
    ) -> Vec<(String, &Node)> {
        self.direct(place, after)
            .take(most)
            .map(|(name, node)| (name.to_owned(), node))
            .collect()
    }

    /// Whether the folder at a canonical path has nothing in it.
    pub(super) fn is_empty(&self, place: &str) -> bool {
        self.direct(place, None).next().is_none()
    }

    /// A canonical path and all below it, a folder always before what is in it.
    pub(crate) fn tree(&self, place: &str) -> Vec<String> {
        let prefix = prefix(place);
        let below = |path: &&String| path.starts_with(&prefix) && path.len() > prefix.len();
        let from = || (Bound::Excluded(prefix.as_str()), Bound::Unbounded);
        let base = seed::base(self.family).range::<str, _>(from());
        let changes = self.changes.range::<str, _>(from());
        let mut all: BTreeSet<&str> = base
            .map(|(path, _)| path)
            .take_while(below)
            .map(String::as_str)
            .collect();
        for (path, node) in changes.take_while(|(path, _)| below(path)) {
            match node {
                Some(_) => all.insert(path),
                None => all.remove(path.as_str()),
            };
        }
        std::iter::once(place)
            .chain(all)
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Disk, Who};
    use crate::machine::Family;

    fn disk(folders: &[&str], removed: &[&str]) -> Disk {
        let mut disk = Disk::new(Family::Al2023);
        for folder in folders {
            disk.make_dir(&Who::root(), folder, 0o755, 1).unwrap();
        }
        for path in removed {
            disk.remove(&Who::root(), path, 2).unwrap();
        }
        disk
    }

    fn names(disk: &Disk, place: &str) -> Vec<String> {
        let children = disk.children(place).into_iter();
        children.map(|(name, _)| name).collect()
    }

    #[test]
    fn names_that_sort_around_the_slash_are_all_found_once() {
        let disk = disk(
            &[
                "/d", "/d/a", "/d/a!", "/d/a/x", "/d/a/x/y", "/d/a-b", "/d/a0", "/d/b",
            ],
            &[],
        );
        assert_eq!(names(&disk, "/d"), ["a", "a!", "a-b", "a0", "b"]);
        assert_eq!(names(&disk, "/d/a"), ["x"]);
        assert!(names(&disk, "/d/a0").is_empty());
    }

    #[test]
    fn the_images_names_and_the_changed_ones_are_one_list() {
        let disk = disk(&["/etc/a"], &["/etc/os-release"]);
        let all = names(&disk, "/etc");
        assert!(all.is_sorted(), "{all:?}");
        assert!(all.contains(&"a".to_owned()) && all.contains(&"passwd".to_owned()));
        assert!(!all.contains(&"os-release".to_owned()), "{all:?}");
        let mut in_parts = Vec::new();
        while let Some((name, _)) = disk
            .children_after("/etc", in_parts.last().map(String::as_str), 1)
            .pop()
        {
            in_parts.push(name);
        }
        assert_eq!(in_parts, all);
    }

    #[test]
    fn a_tree_has_each_path_after_its_folder() {
        let disk = disk(&["/d", "/d/a", "/d/a-b", "/d/a/x", "/dd"], &[]);
        assert_eq!(disk.tree("/d"), ["/d", "/d/a", "/d/a-b", "/d/a/x"]);
        assert_eq!(disk.tree("/").first().map(String::as_str), Some("/"));
    }
}

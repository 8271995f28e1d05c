//! A disk in memory that shows, for every moment, what a kill or a power cut would leave of it. For tests.
//!
//! A kill of the process leaves what was written. A power cut leaves what was synced, and of the rest anything: nothing, a
//! part, zeros, all of it, each file and each name by itself.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard};

use rand::RngExt;
use rand::rngs::StdRng;

use super::Disk;

/// What is on a disk.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Files {
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    certain_names: BTreeMap<String, usize>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Content {
    now: Vec<u8>,
    certain: Vec<u8>,
}

/// A step that a disk pretends to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgotten {
    Sync,
    SyncFolder,
}

#[derive(Debug, Default)]
struct Inner {
    files: Files,
    /// Each moment, with the number of changes that were answered by then.
    moments: Vec<(usize, Files)>,
    answered: usize,
    full: bool,
    forgets: Option<Forgotten>,
}

/// The disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<Inner>>);

impl MemoryDisk {
    pub(crate) fn with(files: Files) -> Self {
        let disk = Self::default();
        disk.lock().files = files;
        disk
    }

    pub(crate) fn that_forgets(step: Forgotten) -> Self {
        let disk = Self::default();
        disk.lock().forgets = Some(step);
        disk
    }

    /// A change has been answered.
    pub(crate) fn answered(&self) {
        let mut inner = self.lock();
        inner.answered += 1;
        inner.mark();
    }

    pub(crate) fn moments(&self) -> Vec<(usize, Files)> {
        self.lock().moments.clone()
    }

    pub(crate) fn files(&self) -> Files {
        self.lock().files.clone()
    }

    /// From now on nothing more can be written, or it can again.
    pub(crate) fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Files {
    /// What a kill leaves.
    pub(crate) fn after_a_kill(&self) -> Self {
        self.clone()
    }

    /// What a power cut leaves, one of many possibilities.
    pub(crate) fn after_a_power_cut(&self, rng: &mut StdRng) -> Self {
        let contents = self.contents.iter().map(|content| content.after(rng));
        let contents: Vec<_> = contents.collect();
        let all = self.names.keys().chain(self.certain_names.keys());
        let mut names = BTreeMap::new();
        let all_at_once: Option<bool> = rng.random::<bool>().then(|| rng.random());
        for name in all {
            let now = all_at_once.unwrap_or_else(|| rng.random());
            let of = if now {
                &self.names
            } else {
                &self.certain_names
            };
            names.extend(of.get(name).map(|content| (name.clone(), *content)));
        }
        Self {
            contents,
            certain_names: names.clone(),
            names,
        }
    }

    fn content(&mut self, name: &str) -> Result<&mut Content> {
        let content = self.names.get(name).copied();
        content
            .and_then(|number| self.contents.get_mut(number))
            .ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Content {
    fn after(&self, rng: &mut StdRng) -> Self {
        let same = self.now.len().min(self.certain.len());
        let grew = self.now.len() > same && self.now[..same] == self.certain;
        let left = match rng.random_range(0..5) {
            0 => self.certain.clone(),
            1 if grew => self.now[..rng.random_range(same..self.now.len())].to_vec(),
            2 if grew => {
                let mut zeros = self.certain.clone();
                zeros.resize(self.now.len(), 0);
                zeros
            }
            3 if !grew => self.now[..rng.random_range(0..=self.now.len())].to_vec(),
            _ => self.now.clone(),
        };
        // What was synced and is still as it was synced is there.
        let left = if self.now == self.certain {
            self.certain.clone()
        } else {
            left
        };
        Self {
            certain: left.clone(),
            now: left,
        }
    }
}

impl Inner {
    fn mark(&mut self) {
        let moment = (self.answered, self.files.clone());
        if self.moments.last() != Some(&moment) {
            self.moments.push(moment);
        }
    }

    /// Adds bytes to a file in two halves, between which anything may happen.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        self.files.content(name)?.now.extend(half);
        self.mark();
        if self.full && !bytes.is_empty() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.files.content(name)?.now.extend(rest);
        self.mark();
        Ok(())
    }
}

impl Disk for MemoryDisk {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let mut inner = self.lock();
        Ok(inner
            .files
            .content(name)
            .ok()
            .map(|content| content.now.clone()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut inner = self.lock();
        if inner.files.content(name).is_err() {
            let number = inner.files.contents.len();
            inner.files.contents.push(Content::default());
            inner.files.names.insert(name.to_owned(), number);
        }
        inner.files.content(name)?.now.clear();
        inner.mark();
        inner.put(name, bytes)
    }

    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<()> {
        let mut inner = self.lock();
        if inner.files.content(name)?.now.len() as u64 != length {
            return Err(Error::from(ErrorKind::InvalidData));
        }
        inner.put(name, bytes)
    }

    fn cut(&self, name: &str, length: u64) -> Result<()> {
        let mut inner = self.lock();
        let length = usize::try_from(length).unwrap();
        inner.files.content(name)?.now.truncate(length);
        inner.mark();
        Ok(())
    }

    fn sync(&self, name: &str) -> Result<()> {
        let mut inner = self.lock();
        if inner.forgets != Some(Forgotten::Sync) {
            let content = inner.files.content(name)?;
            content.certain.clone_from(&content.now);
        }
        inner.mark();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut inner = self.lock();
        let number = inner.files.names.remove(from).ok_or(ErrorKind::NotFound)?;
        inner.files.names.insert(to.to_owned(), number);
        inner.mark();
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let mut inner = self.lock();
        inner.files.names.remove(name).ok_or(ErrorKind::NotFound)?;
        inner.mark();
        Ok(())
    }

    fn sync_folder(&self) -> Result<()> {
        let mut inner = self.lock();
        if inner.forgets != Some(Forgotten::SyncFolder) {
            inner.files.certain_names = inner.files.names.clone();
        }
        inner.mark();
        Ok(())
    }
}

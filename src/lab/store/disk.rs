//! The few things that a store does to its folder, one at a time, so that a test can stop after each.

#![expect(clippy::disallowed_methods, reason = "this is the disk")]

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One folder. Nothing is certain to survive a power cut before it is synced; a kill of the process takes nothing away.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// A file's bytes, or none when there is no such file.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>>;
    /// Writes a whole file, mode 0600, over what was in it.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()>;
    /// Adds to the end of a file that is there and that is exactly so long.
    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<()>;
    /// Takes away what a file has beyond that length.
    fn cut(&self, name: &str, length: u64) -> Result<()>;
    /// Makes a file's content certain.
    fn sync(&self, name: &str) -> Result<()>;
    /// Gives a file the name of another one, which is gone then.
    fn rename(&self, from: &str, to: &str) -> Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> Result<()>;
    /// Makes the names in the folder certain.
    fn sync_folder(&self) -> Result<()>;
}

/// A real folder.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Disk for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        crate::lab::files::read_if_there(&self.path(name))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.path(name))?
            .write_all(bytes)
    }

    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.path(name))?;
        if file.metadata()?.len() != length {
            let text = format!("{name} was changed by somebody else");
            return Err(Error::new(ErrorKind::InvalidData, text));
        }
        file.write_all(bytes)
    }

    fn cut(&self, name: &str, length: u64) -> Result<()> {
        let file = OpenOptions::new().write(true).open(self.path(name))?;
        if file.metadata()?.len() > length {
            file.set_len(length)?;
        }
        Ok(())
    }

    fn sync(&self, name: &str) -> Result<()> {
        open(&self.path(name))?.sync_data()
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn sync_folder(&self) -> Result<()> {
        open(&self.0)?.sync_all()
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path)
}

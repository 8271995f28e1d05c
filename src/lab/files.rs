//! Writing a file so that a kill at any moment leaves either the old or the new one; and reading what a person names.

#![expect(clippy::disallowed_methods, reason = "files are written and read here")]

use std::fs::{File, FileType, Metadata, Permissions};
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// How many links in a row are followed, as on Linux.
const LINKS: usize = 40;

/// Replaces the file at `path`, mode 0600, by way of a temporary file beside it. The data and the folder's entry are on the
/// disk before this returns.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    replace(path, bytes, &tempfile::Builder::new(), None)
}

/// As [`write_atomically`], but for others to read: a new file has the mode that the person's umask leaves, an old one keeps
/// its mode and, where that is allowed, its owner; and what a link leads to is replaced, not the link.
///
/// # Errors
/// Also where something is there that is no file, such as a device.
pub fn write_for_others(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = target(path);
    let old = match std::fs::metadata(&path) {
        Ok(about) => Some(about),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(kind) = old.as_ref().and_then(|about| no_file(about.file_type())) {
        let text = format!("this is no file but {kind}");
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    let mut builder = tempfile::Builder::new();
    if old.is_none() {
        builder.permissions(Permissions::from_mode(0o666));
    }
    replace(&path, bytes, &builder, old.as_ref())
}

/// Where a link leads in the end, also where nothing is yet.
fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(to) = std::fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(Path::new("")).join(to);
    }
    path
}

fn replace(
    path: &Path,
    bytes: &[u8],
    builder: &tempfile::Builder,
    old: Option<&Metadata>,
) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let written = || {
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        if let Some(old) = old {
            // Only root may give a file away; a group of one's own is allowed.
            let given = chown(file.path(), Some(old.uid()), Some(old.gid()));
            let _ = given.or_else(|_| chown(file.path(), None, Some(old.gid())));
            let mode = Permissions::from_mode(old.mode() & 0o777);
            file.as_file().set_permissions(mode)?;
        }
        file.as_file().sync_data()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(without_path)
}

/// The error without the temporary file's name, which nobody gave.
fn without_path(error: Error) -> Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((said, _)) if error.get_ref().is_some() => Error::new(error.kind(), said),
        Some(_) | None => error,
    }
}

/// Why a file that a person named is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// A pipe or a device, for instance: it may never end.
    #[error("this is no file but {0}")]
    NoFile(&'static str),
    /// Longer than what it is read for can be.
    #[error("it is too large ({bytes} bytes)")]
    Huge {
        /// Its length.
        bytes: u64,
    },
    /// The system's reason.
    #[error(transparent)]
    System(#[from] Error),
}

/// The bytes of a file that a person named, at most so many. What it is is asked before it is opened: opening a pipe waits for
/// somebody at its other end.
///
/// # Errors
/// [`Unread`].
pub fn read_given(path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
    let about = std::fs::metadata(path)?;
    if let Some(kind) = no_file(about.file_type()) {
        return Err(Unread::NoFile(kind));
    }
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if about.len() <= limit {
        let file = File::open(path)?.take(limit.saturating_add(1));
        { file }.read_to_end(&mut bytes)?;
    }
    let length = about.len().max(bytes.len() as u64);
    if length > limit {
        return Err(Unread::Huge { bytes: length });
    }
    Ok(bytes)
}

/// What it is, if it is no file.
fn no_file(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

/// The file's bytes, or none when there is no such file.
pub fn read_if_there(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_file_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("progress.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn what_is_for_others_has_the_mode_that_any_new_file_has_here() {
        let dir = tempfile::tempdir().unwrap();
        let (path, usual) = (dir.path().join("class.toml"), dir.path().join("usual"));
        write_for_others(&path, b"one").unwrap();
        std::fs::write(&usual, b"one").unwrap();
        assert_eq!(mode(&path), mode(&usual));
    }

    #[test]
    fn an_old_file_keeps_its_mode_and_its_link() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        std::fs::create_dir(place("real")).unwrap();
        std::fs::write(place("real/book.csv"), b"old").unwrap();
        std::fs::set_permissions(place("real/book.csv"), Permissions::from_mode(0o664)).unwrap();
        symlink("real/book.csv", place("middle")).unwrap();
        symlink(place("middle"), place("link.csv")).unwrap();
        write_for_others(&place("link.csv"), b"new").unwrap();
        assert_eq!(std::fs::read(place("real/book.csv")).unwrap(), b"new");
        assert_eq!(mode(&place("real/book.csv")), 0o664);
        assert_eq!(
            std::fs::read_link(place("middle")).unwrap(),
            Path::new("real/book.csv")
        );
        assert_eq!(std::fs::read_dir(place("real")).unwrap().count(), 1);
        symlink("real/new.csv", place("nowhere")).unwrap();
        write_for_others(&place("nowhere"), b"new").unwrap();
        assert_eq!(std::fs::read(place("real/new.csv")).unwrap(), b"new");
        symlink("round", place("round")).unwrap();
        assert!(write_for_others(&place("round"), b"new").is_err());
    }

    #[test]
    fn who_may_gives_the_file_back_to_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("book.csv");
        std::fs::write(&path, b"old").unwrap();
        let other = if rustix::process::geteuid().is_root() {
            chown(&path, Some(1234), Some(1235)).unwrap();
            (1234, 1235)
        } else {
            let about = std::fs::metadata(&path).unwrap();
            (about.uid(), about.gid())
        };
        write_for_others(&path, b"new").unwrap();
        let about = std::fs::metadata(&path).unwrap();
        assert_eq!((about.uid(), about.gid()), other);
    }

    #[test]
    fn an_error_does_not_name_the_temporary_file() {
        for write in [write_atomically, write_for_others] {
            let error = write(Path::new("/proc/class.toml"), b"x").unwrap_err();
            let text = error.to_string();
            assert!(!text.contains("/proc") && !text.contains(".tmp"), "{text}");
            assert!(text.contains("os error"), "{text}");
        }
        let error = write_for_others(Path::new("/dev/null"), b"x").unwrap_err();
        assert_eq!(error.to_string(), "this is no file but a device");
    }

    #[test]
    fn a_pipe_is_named_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let link = dir.path().join("link");
        symlink(&pipe, &link).unwrap();
        for (path, words) in [
            (pipe.as_path(), "this is no file but a pipe"),
            (&link, "this is no file but a pipe"),
            (dir.path(), "this is no file but a folder"),
            (Path::new("/dev/zero"), "this is no file but a device"),
        ] {
            assert_eq!(read_given(path, 10).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_named_with_its_length_beyond() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.csv");
        std::fs::write(&path, [b'x'; 11]).unwrap();
        assert_eq!(read_given(&path, 11).unwrap().len(), 11);
        assert!(matches!(
            read_given(&path, 10),
            Err(Unread::Huge { bytes: 11 })
        ));
        let missing = read_given(&dir.path().join("none"), 10).unwrap_err();
        assert!(missing.to_string().starts_with("No such file"), "{missing}");
        // It has no length, and more bytes than one.
        assert!(matches!(
            read_given(Path::new("/proc/self/status"), 1),
            Err(Unread::Huge { bytes: 2 })
        ));
    }
}

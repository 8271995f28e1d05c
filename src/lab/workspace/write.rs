//! Writing a file so that it is wholly the old one or wholly the new one, whatever happens in between.

#![expect(clippy::disallowed_methods, reason = "writes files")]

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::WorkspaceError;

/// Replaces `path` by a file with these bytes, mode 0600. The bytes are on the disk when this returns; a full disk leaves what
/// was there before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
    let error = |why| WorkspaceError::file(path, why);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder).map_err(error)?;
    file.write_all(bytes).map_err(error)?;
    file.as_file().sync_all().map_err(error)?;
    file.persist(path).map_err(|why| error(why.error))?;
    // Without this a power cut could bring the old name back.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("progress.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_is_named_as_such() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = WorkspaceError::file(Path::new("/lab/progress.json"), full);
        assert_eq!(
            error.to_string(),
            "the disk is full: /lab/progress.json could not be written; what was there before is unchanged"
        );
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let error = write_atomically(Path::new("/nowhere/at/all"), b"").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/nowhere/at/all could not be used"),
            "{error}"
        );
    }
}

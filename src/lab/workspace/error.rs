//! What can be wrong with the learner's folder.

use std::io;
use std::path::{Path, PathBuf};

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// No home folder is known, so there is no usual place for the lab.
    #[error(
        "no home folder is known, so there is no usual place for the lab; name one with --lab DIR"
    )]
    NoHome,
    /// Another program has the lab open.
    #[error("the lab in {} is already open{}", root.display(), holder(*pid))]
    Busy {
        /// The lab.
        root: PathBuf,
        /// Who has it, where it could be learned.
        pid: Option<u32>,
    },
    /// No room on the disk.
    #[error("the disk is full: {} could not be written; what was there before is unchanged", path.display())]
    Full {
        /// Which file or folder.
        path: PathBuf,
    },
    /// The folder, or the disk, may not be written to.
    #[error("{} cannot be written to: {why}", path.display())]
    ReadOnly {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// Something that is not a folder is in the way.
    #[error("{} should be a folder, but something else is there", path.display())]
    NotAFolder {
        /// What is in the way.
        path: PathBuf,
    },
    /// Something else.
    #[error("{} could not be used: {why}", path.display())]
    Other {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
}

impl WorkspaceError {
    pub(super) fn file(path: &Path, why: io::Error) -> Self {
        let path = path.to_owned();
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "io::ErrorKind has kinds without end"
        )]
        match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, why }
            }
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            _ => Self::Other { path, why },
        }
    }

    pub(super) fn folder(path: &Path, why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::AlreadyExists {
            return Self::NotAFolder {
                path: path.to_owned(),
            };
        }
        Self::file(path, why)
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (by process {pid})"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_as_such() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = WorkspaceError::file(Path::new("/lab/progress.json"), full);
        assert_eq!(
            error.to_string(),
            "the disk is full: /lab/progress.json could not be written; what was there before is unchanged"
        );
    }
}

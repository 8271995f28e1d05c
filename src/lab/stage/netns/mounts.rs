//! The lab's files over the computer's, inside the namespace.
//!
//! A folder that is missing is made to be a mount point, and removed at the end if it is empty. It is marked by its sticky
//! bit, which nobody's own `~/.ssh` has, so that what a killed keeper left is removed by the next; several labs that are
//! open at once share it by a lock, because removing a folder also takes away what is bound over it elsewhere.

#![expect(
    clippy::disallowed_methods,
    reason = "makes mount points and opens them"
)]

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::mount::{
    MountPropagationFlags, UnmountFlags, mount_bind_recursive, mount_change, unmount,
};

use super::message::{Bind, Failed};

/// Made by a lab, and empty: owner only, and sticky.
const MARK: u32 = 0o1700;

/// What was made, and is held for as long as it is used.
#[derive(Default)]
pub(super) struct Mounts {
    made: Vec<(PathBuf, File)>,
}

impl Mounts {
    /// Binds everything. What is not there to be covered needs no cover.
    pub(super) fn bind(&mut self, binds: &[Bind], notes: &mut Vec<String>) -> Result<(), Failed> {
        // What is mounted on the computer later (a home folder, a stick) is seen inside; nothing comes out.
        mount_change(
            "/",
            MountPropagationFlags::REC | MountPropagationFlags::DOWNSTREAM,
        )
        .map_err(|why| Failed::at("mounts of its own", &why.into()))?;
        for bind in binds {
            if bind.make
                && let Err(why) = self.make(&bind.onto)
            {
                notes.push(format!("{} could not be made ({why})", bind.onto.display()));
            }
            if !bind.onto.exists() {
                continue;
            }
            mount_bind_recursive(&bind.from, &bind.onto).map_err(|why| {
                Failed::at(format!("a cover for {}", bind.onto.display()), &why.into())
            })?;
        }
        Ok(())
    }

    fn make(&mut self, path: &Path) -> io::Result<()> {
        loop {
            match std::fs::DirBuilder::new().mode(0o700).create(path) {
                Ok(()) => std::fs::set_permissions(path, Permissions::from_mode(MARK))?,
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                Err(why) => return Err(why),
            }
            let folder = File::open(path)?;
            if folder.metadata()?.mode() & 0o7777 != MARK {
                // The learner's own.
                return Ok(());
            }
            flock(&folder, FlockOperation::LockShared)?;
            let same = path
                .metadata()
                .is_ok_and(|about| about.ino() == folder.metadata().map_or(0, |own| own.ino()));
            // Another lab may have removed it between.
            if same {
                self.made.push((path.to_owned(), folder));
                return Ok(());
            }
        }
    }

    /// Takes the lab's folders away from mount points that were made, and removes those that nobody uses.
    pub(super) fn remove_what_was_made(&mut self) {
        for (path, folder) in self.made.drain(..) {
            let _ = unmount(&path, UnmountFlags::DETACH);
            if flock(&folder, FlockOperation::NonBlockingLockExclusive).is_err() {
                continue;
            }
            if std::fs::remove_dir(&path).is_err() {
                // Somebody put something into it, so that it is the learner's now.
                drop(folder.set_permissions(Permissions::from_mode(0o700)));
            }
        }
    }
}

//! The learner's folder: where everything of a lab lies, who has it open, and the key files in it.
//!
//! Nothing of the learner's is read outside it, with one exception: files that are newer than the lab, in the folder of
//! downloads (a browser puts a new key pair there) and in the folders that commands in the lab's shell have led to (see
//! `elsewhere`). `~/.ssh` and `~/.aws` are never looked at.

#![expect(
    clippy::disallowed_methods,
    reason = "makes the lab's folders and takes its lock"
)]

mod access_key;
mod aliases;
pub mod aws_version;
mod elsewhere;
mod error;
mod key_files;
mod known_hosts;
mod layout;

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::SystemTime;

use crate::cloud::api::signature::AccessKey;
use crate::course::evidence::{Alias, KeyFile, KnownHost};
use crate::lab::files::write_atomically;
use crate::lab::workspace::elsewhere::Elsewhere;
use crate::lab::workspace::key_files::Place;

pub use self::error::WorkspaceError;
pub(crate) use self::known_hosts::fingerprint as known_host_fingerprint;
pub use self::layout::Layout;

/// A lab's folder, held open: no other program can open it until this is dropped (or its process ends in any way).
#[derive(Debug)]
pub struct Workspace {
    layout: Layout,
    began: SystemTime,
    /// Where keys may be, known from the start.
    places: Vec<Place>,
    elsewhere: Elsewhere,
    finder: key_files::Finder,
    _lock: Option<File>,
}

impl Workspace {
    /// Opens the lab in `root`, making what is missing.
    ///
    /// `home` is the learner's home folder, for `~/Downloads`; `None` leaves that out.
    pub fn open(root: &Path, home: Option<&Path>) -> Result<Self, WorkspaceError> {
        let root = std::path::absolute(root).map_err(|why| WorkspaceError::file(root, why))?;
        let layout = Layout::new(root);
        make_folder(layout.root(), 0o755)?;
        make_folder(&layout.private(), 0o700)?;
        let lock = take_lock(&layout)?;
        make_folder(&layout.work(), 0o755)?;
        for folder in layout.private_folders() {
            make_folder(&folder, 0o700)?;
        }
        if !layout.is_on_aws() {
            write_where_missing(&layout.aws_config(), AWS_CONFIG)?;
            access_key::provide(&layout)?;
            write_where_missing(&layout.ssh_config(), "")?;
        }
        write_where_missing(&layout.began(), "This file's date is when the lab began.\n")?;
        let began = std::fs::metadata(layout.began())
            .and_then(|about| about.modified())
            .map_err(|why| WorkspaceError::file(&layout.began(), why))?;
        Ok(Self {
            places: places(&layout, home),
            elsewhere: Elsewhere::new(&layout, home),
            layout,
            began,
            finder: key_files::Finder::default(),
            _lock: Some(lock),
        })
    }

    /// Opens the lab on the learner's own AWS account: it has no account, no keys and no settings of its own.
    pub fn open_on_aws(root: &Path, home: Option<&Path>) -> Result<Self, WorkspaceError> {
        let root = std::path::absolute(root).map_err(|why| WorkspaceError::file(root, why))?;
        let layout = Layout::new(root);
        make_folder(layout.root(), 0o755)?;
        make_folder(&layout.private(), 0o700)?;
        write_where_missing(&layout.on_aws(), "{\"format\": 1}\n")?;
        Self::open(layout.root(), home)
    }

    /// Looks at a lab that is there, open or not: takes no lock and makes nothing. None when there is no lab.
    pub fn look(root: &Path, home: Option<&Path>) -> Option<Self> {
        let layout = Layout::new(std::path::absolute(root).ok()?);
        let began = std::fs::metadata(layout.began())
            .and_then(|about| about.modified())
            .ok()?;
        Some(Self {
            places: places(&layout, home),
            elsewhere: Elsewhere::new(&layout, home),
            layout,
            began,
            finder: key_files::Finder::default(),
            _lock: None,
        })
    }

    /// Where things lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The access key of this lab: only what it signs acts on the lab's account.
    pub fn access_key(&self) -> Result<AccessKey, WorkspaceError> {
        access_key::read(&self.layout)?
            .ok_or_else(|| access_key::damaged(&self.layout, "it is gone"))
    }

    /// Forgets the host keys that were accepted: the machines they belong to are gone.
    pub fn forget_hosts(&self) {
        drop(std::fs::remove_file(self.layout.known_hosts()));
    }

    /// What ssh's list of known hosts in this lab says of these hosts.
    pub fn known_hosts(&self, hosts: &[String]) -> Vec<KnownHost> {
        if hosts.is_empty() {
            return Vec::new();
        }
        let list = std::fs::read(self.layout.known_hosts()).unwrap_or_default();
        known_hosts::read(&String::from_utf8_lossy(&list), hosts)
    }

    /// The names in ssh configurations of this lab. It asks ssh, which takes some milliseconds a name.
    pub fn aliases(&self) -> Vec<Alias> {
        aliases::find(&self.layout.work(), &self.layout.ssh_config())
    }

    /// When this lab was first opened.
    pub fn began(&self) -> SystemTime {
        self.began
    }

    /// Files that are, or were meant to be, keys: at most 100 of them, the newest, in the order of their paths.
    /// What has not changed since it was last asked is not read again.
    pub fn key_files(&self) -> Vec<KeyFile> {
        let mut places = self.places.clone();
        for more in self.elsewhere.places() {
            if places.iter().all(|place| place.folder != more.folder) {
                places.push(more);
            }
        }
        self.finder.find(&self.layout.work(), &places, self.began)
    }

    /// A command has ended in that folder: keys may be there, and where it led.
    pub fn heard(&self, directory: &Path, command: &str) {
        self.elsewhere.heard(directory, command);
    }
}

/// Where a browser saves files, also where that folder has a name in another language, and what the lab's own network shows as
/// `~/.ssh`.
fn places(layout: &Layout, home: Option<&Path>) -> Vec<Place> {
    let Some(home) = home else { return Vec::new() };
    let mut places = Vec::new();
    let named = dirs::download_dir().filter(|folder| folder.starts_with(home));
    for folder in [Some(home.join("Downloads")), named].into_iter().flatten() {
        let below = folder.strip_prefix(home).unwrap_or(&folder);
        let shown = format!("~/{}", below.display());
        let folder = folder.canonicalize().unwrap_or(folder);
        if places.iter().all(|place: &Place| place.folder != folder) {
            places.push(Place { folder, shown });
        }
    }
    places.push(Place {
        folder: layout.ssh(),
        shown: "~/.ssh".to_owned(),
    });
    places
}

/// The lab's own AWS settings; `aws configure` in the lab may change them.
const AWS_CONFIG: &str = "[default]\nregion = us-east-1\noutput = json\n";

fn make_folder(path: &Path, mode: u32) -> Result<(), WorkspaceError> {
    if path.is_dir() && mode != 0o700 {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|why| WorkspaceError::folder(path, why))?;
    if mode == 0o700 {
        std::fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(|why| WorkspaceError::folder(path, why))?;
    }
    Ok(())
}

fn write_where_missing(path: &Path, text: &str) -> Result<(), WorkspaceError> {
    if path.exists() {
        Ok(())
    } else {
        write_atomically(path, text.as_bytes()).map_err(|why| WorkspaceError::file(path, why))
    }
}

/// The lock goes with the process, so one that was killed leaves nothing to clear away.
fn take_lock(layout: &Layout) -> Result<File, WorkspaceError> {
    let path = layout.lock();
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|why| WorkspaceError::file(&path, why))?;
    match file.try_lock() {
        Ok(()) => {
            let pid = format!("{}\n", std::process::id());
            file.set_len(0)
                .and_then(|()| file.write_all(pid.as_bytes()))
                .map_err(|why| WorkspaceError::file(&path, why))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let read = file
                .rewind()
                .and_then(|()| file.read_to_string(&mut holder));
            let pid = read.ok().and_then(|_| holder.trim().parse().ok());
            Err(WorkspaceError::Busy {
                root: layout.root().to_owned(),
                pid,
            })
        }
        Err(TryLockError::Error(why)) => Err(WorkspaceError::file(&path, why)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_lab_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("deep/lab");
        let workspace = Workspace::open(&root, None).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(workspace.layout().private()), 0o700);
        assert_eq!(mode(workspace.layout().run()), 0o700);
        assert_eq!(mode(workspace.layout().aws_credentials()), 0o600);
        assert!(workspace.layout().work().is_dir());
        std::fs::write(
            workspace.layout().aws_config(),
            "[default]\nregion = eu-north-1\n",
        )
        .unwrap();
        let began = workspace.began();
        drop(workspace);
        let workspace = Workspace::open(&root, None).unwrap();
        assert_eq!(workspace.began(), began);
        assert!(
            std::fs::read_to_string(workspace.layout().aws_config())
                .unwrap()
                .contains("eu-north-1")
        );
    }

    #[test]
    fn an_open_lab_cannot_be_opened_again_and_the_error_names_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let first = Workspace::open(dir.path(), None).unwrap();
        let refused = Workspace::open(dir.path(), None).unwrap_err();
        assert!(
            matches!(refused, WorkspaceError::Busy { pid: Some(pid), .. } if pid == std::process::id()),
            "{refused}"
        );
        drop(first);
        Workspace::open(dir.path(), None).unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("lab");
        std::fs::write(&file, "").unwrap();
        let refused = Workspace::open(&file, None).unwrap_err();
        assert!(
            refused.to_string().contains(&file.display().to_string()),
            "{refused}"
        );
    }
}

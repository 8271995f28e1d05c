//! Where else a learner keeps a key: the folders that their shell was in, or that their commands named.
//!
//! A browser saves a key where it saves everything, and the guide says "put it in any folder that you want". So a folder that a
//! command has led to is looked into, though not below it. `~/.ssh` and `~/.aws` never are: in the lab's own network those
//! names mean folders of the lab.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Layout;
use super::key_files::Place;
use crate::lab::files::{read_if_there, write_atomically};

/// Folders remembered; the oldest gives way.
const MOST: usize = 8;
/// A folder with more names than this is not one that somebody keeps keys in, and would be looked through at every prompt.
const MOST_NAMES: usize = 500;
/// Words of a command that are looked at.
const MOST_WORDS: usize = 16;
const FORMAT: u32 = 1;

/// What is remembered, and kept for a grade by another process.
#[derive(Debug)]
pub(super) struct Elsewhere {
    home: Option<PathBuf>,
    /// Never looked into, nor what is below them.
    closed: Vec<PathBuf>,
    file: PathBuf,
    folders: Mutex<Vec<PathBuf>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    folders: Vec<PathBuf>,
}

impl Elsewhere {
    pub(super) fn new(layout: &Layout, home: Option<&Path>) -> Self {
        let own = home.map(|home| [home.join(".ssh"), home.join(".aws")]);
        let system = ["/proc", "/sys", "/dev", "/etc", "/usr"].map(PathBuf::from);
        let closed = [layout.work(), layout.private()].into_iter();
        let file = layout.places();
        // Without the list a key is found once its folder is named again.
        let bytes = read_if_there(&file).ok().flatten().unwrap_or_default();
        let written = serde_json::from_slice::<Written>(&bytes).ok();
        let written = written.filter(|written| written.format == FORMAT);
        Self {
            home: home.map(Path::to_owned),
            closed: closed
                .chain(own.into_iter().flatten())
                .chain(system)
                .collect(),
            file,
            folders: Mutex::new(written.map(|written| written.folders).unwrap_or_default()),
        }
    }

    /// A command has ended in that folder; what it named may be elsewhere.
    pub(super) fn heard(&self, directory: &Path, command: &str) {
        self.remember(directory);
        for word in command.split_ascii_whitespace().take(MOST_WORDS) {
            let word = word.trim_matches(['"', '\'']);
            if !word.contains('/') {
                continue;
            }
            let path = match (word.strip_prefix("~/"), &self.home) {
                (Some(rest), Some(home)) => home.join(rest),
                (Some(_), None) => continue,
                (None, _) => directory.join(word),
            };
            if path.is_dir() {
                self.remember(&path);
            } else if path.is_file()
                && let Some(folder) = path.parent()
            {
                self.remember(folder);
            }
        }
    }

    fn remember(&self, folder: &Path) {
        let Ok(folder) = folder.canonicalize() else {
            return;
        };
        if folder.parent().is_none() || self.closed.iter().any(|closed| folder.starts_with(closed))
        {
            return;
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.contains(&folder) || is_crowded(&folder) {
            return;
        }
        if folders.len() >= MOST {
            folders.remove(0);
        }
        folders.push(folder);
        let written = Written {
            format: FORMAT,
            folders: folders.clone(),
        };
        if let Ok(json) = serde_json::to_vec(&written) {
            // As above: it is a convenience.
            let _ = write_atomically(&self.file, &json);
        }
    }

    /// The folders, as they are named to the learner.
    pub(super) fn places(&self) -> Vec<Place> {
        let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let places = folders.iter().map(|folder| Place {
            shown: self.shown(folder),
            folder: folder.clone(),
        });
        places.collect()
    }

    fn shown(&self, folder: &Path) -> String {
        let home = self.home.as_ref().and_then(|home| home.canonicalize().ok());
        match home.and_then(|home| Some(folder.strip_prefix(home).ok()?.to_owned())) {
            Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Some(below) => format!("~/{}", below.display()),
            None => folder.display().to_string(),
        }
    }
}

fn is_crowded(folder: &Path) -> bool {
    let names = std::fs::read_dir(folder);
    names.is_ok_and(|names| names.take(MOST_NAMES + 1).count() > MOST_NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_commands_lead_to_are_remembered_and_some_never_are() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let layout = Layout::new(home.join("lab"));
        for folder in ["keys", ".ssh", "lab/work", "lab/.groundschool", "my keys"] {
            std::fs::create_dir_all(home.join(folder)).unwrap();
        }
        std::fs::write(home.join("keys/k.pem"), "").unwrap();
        let elsewhere = Elsewhere::new(&layout, Some(&home));
        elsewhere.heard(
            &layout.work(),
            "chmod 400 \"~/keys/k.pem\" ~/.ssh/id_rsa /etc/passwd",
        );
        elsewhere.heard(&home.join("my keys"), "ls");
        elsewhere.heard(&layout.work(), "ls nowhere/at/all ../work");
        let crowd = home.join("crowd");
        std::fs::create_dir(&crowd).unwrap();
        for number in 0..=MOST_NAMES {
            std::fs::write(crowd.join(number.to_string()), "").unwrap();
        }
        elsewhere.heard(&crowd, "ls");
        let shown = |elsewhere: &Elsewhere| -> Vec<String> {
            elsewhere
                .places()
                .into_iter()
                .map(|place| place.shown)
                .collect()
        };
        assert_eq!(shown(&elsewhere), ["~/keys", "~/my keys"]);
        assert_eq!(
            shown(&Elsewhere::new(&layout, Some(&home))),
            ["~/keys", "~/my keys"]
        );
    }
}

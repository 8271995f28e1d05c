//! Finds the key files in the learner's folder, and says what is in each.
//!
//! A small folder costs well under a millisecond: what has not changed is remembered, not read again.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::course::evidence::{KeyContent, KeyFile};
use crate::keys::file::{self, Content};

/// Folders below the working folder that are looked into.
const DEEPEST: usize = 4;
/// Names looked at in one search.
const MOST_NAMES: usize = 5_000;
/// Key files reported.
const MOST_KEYS: usize = 100;
/// No private key is longer.
const LONGEST_KEY: u64 = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Finder {
    known: Mutex<BTreeMap<PathBuf, (Stamp, Option<Finding>)>>,
}

/// As long as this is the same, so is the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    content: KeyContent,
    public_sha256: Option<String>,
    ec2_fingerprints: Vec<String>,
}

/// A folder outside the learner's working folder. Of what lies in it only new keys count, and nothing below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// What stands before a file's name when it is named to the learner: `~/Downloads`.
    pub(super) shown: String,
}

/// What a name says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// `.pem`, `.ppk`, `.key`: whatever is in it was meant to be a key.
    Key,
    /// No ending, or `.txt`: a key if it is empty or looks like one.
    Perhaps,
    /// Another ending: a key only if it looks like one.
    Hardly,
}

impl Finder {
    pub(super) fn find(&self, work: &Path, places: &[Place], began: SystemTime) -> Vec<KeyFile> {
        let mut files = Vec::new();
        let mut names = MOST_NAMES;
        gather(work, DEEPEST, &mut names, &mut files);
        let mut found: Vec<(PathBuf, String, Metadata)> = files
            .into_iter()
            .map(|(path, about)| {
                let shown = path
                    .strip_prefix(work)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                (path, shown, about)
            })
            .collect();
        let is_new = |about: &Metadata| about.modified().is_ok_and(|modified| modified >= began);
        for place in places {
            let mut files = Vec::new();
            gather(&place.folder, 0, &mut names, &mut files);
            files.retain(|(_, about)| is_new(about));
            found.extend(files.into_iter().map(|(path, about)| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let shown = format!("{}/{name}", place.shown);
                (path, shown, about)
            }));
        }
        let is_elsewhere = |path: &Path| !path.starts_with(work);

        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *known);
        let me = rustix::process::geteuid().as_raw();
        let mut keys = Vec::new();
        for (path, shown, about) in found {
            let stamp = Stamp::of(&about);
            let finding = match before.remove(&path) {
                Some((then, finding)) if then == stamp => finding,
                Some(_) | None => {
                    // Elsewhere a file without a key's name is somebody's own unless a key is in it.
                    let looked = look(&path, &about);
                    looked.filter(|found| {
                        Name::of(&path) == Name::Key
                            || !is_elsewhere(&path)
                            || found.public_sha256.is_some()
                    })
                }
            };
            if let Some(finding) = &finding {
                keys.push(KeyFile {
                    path: shown,
                    mode: about.mode() & 0o7777,
                    mine: about.uid() == me,
                    content: finding.content,
                    public_sha256: finding.public_sha256.clone(),
                    ec2_fingerprints: finding.ec2_fingerprints.clone(),
                    modified_at: about.mtime() * 1000 + about.mtime_nsec() / 1_000_000,
                    folder_mode: folder_mode(&path),
                    in_repository: is_in_repository(&path, work),
                });
            }
            known.insert(path, (stamp, finding));
        }
        keys.sort_by_key(|key| Reverse(key.modified_at));
        keys.truncate(MOST_KEYS);
        keys.sort_by(|a, b| a.path.cmp(&b.path));
        keys
    }
}

fn folder_mode(path: &Path) -> u32 {
    let folder = path.parent().map(std::fs::metadata);
    folder
        .and_then(Result::ok)
        .map_or(0, |about| about.mode() & 0o7777)
}

/// Whether a folder between this file and the learner's folder is the work tree of a git repository. Whatever is above the
/// learner's folder is no concern of the lesson's.
fn is_in_repository(path: &Path, work: &Path) -> bool {
    let above = path.ancestors().skip(1);
    above
        .take_while(|folder| folder.starts_with(work))
        .any(|folder| folder.join(".git").exists())
}

/// The regular files in a folder and `deeper` folders below it. What may not be looked into is left out.
fn gather(folder: &Path, deeper: usize, names: &mut usize, files: &mut Vec<(PathBuf, Metadata)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut below = Vec::new();
    for entry in entries.flatten() {
        if *names == 0 {
            return;
        }
        *names -= 1;
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            if entry.file_name() != ".git" && entry.file_name() != "node_modules" {
                below.push(entry.path());
            }
        } else if kind.is_file() {
            if let Ok(about) = entry.metadata() {
                files.push((entry.path(), about));
            }
        } else if kind.is_symlink() {
            // `ssh -i link` follows it, so its target's mode and content count.
            match std::fs::metadata(entry.path()) {
                Ok(about) if about.is_file() => files.push((entry.path(), about)),
                Ok(_) | Err(_) => {}
            }
        }
    }
    if deeper > 0 {
        for folder in below {
            gather(&folder, deeper - 1, names, files);
        }
    }
}

fn look(path: &Path, about: &Metadata) -> Option<Finding> {
    let name = Name::of(path);
    let plain = |content| {
        Some(Finding {
            content,
            public_sha256: None,
            ec2_fingerprints: Vec::new(),
        })
    };
    if about.len() == 0 {
        return if name == Name::Hardly {
            None
        } else {
            plain(KeyContent::Empty)
        };
    }
    if about.len() > LONGEST_KEY {
        return if name == Name::Key {
            plain(KeyContent::Other)
        } else {
            None
        };
    }
    // root could read it all the same; the mode is what the learner sees, and what ssh says to everybody else.
    if about.mode() & 0o400 == 0 && name != Name::Hardly {
        return plain(KeyContent::Unreadable);
    }
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == ErrorKind::PermissionDenied && name != Name::Hardly => {
            return plain(KeyContent::Unreadable);
        }
        // It went away while we looked, or was not meant to be a key.
        Err(_) => return None,
    };
    if name != Name::Key && !looks_like_a_key(&bytes) {
        return None;
    }
    let inspection = file::inspect(&bytes);
    let (public_sha256, ec2_fingerprints) = match &inspection.private {
        Some(private) => {
            let public = private.public();
            let mut prints = vec![private.created_fingerprint().to_owned()];
            if public.imported_fingerprint() != private.created_fingerprint() {
                prints.push(public.imported_fingerprint().to_owned());
            }
            (Some(public.sha256()), prints)
        }
        None => (None, Vec::new()),
    };
    Some(Finding {
        content: content(inspection.content),
        public_sha256,
        ec2_fingerprints,
    })
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // A name that became a FIFO meanwhile must not hang us.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_KEY).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether something of a key is in it, in UTF-16 too.
fn looks_like_a_key(bytes: &[u8]) -> bool {
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let has = |words: &[u8]| text.windows(words.len()).any(|window| window == words);
    has(b"PRIVATE KEY")
        || has(b"PuTTY-User-Key-File")
        || text.starts_with(b"ssh-")
        || has(b"\"KeyMaterial\"")
}

fn content(content: Content) -> KeyContent {
    match content {
        Content::PrivateKey => KeyContent::PrivateKey,
        Content::Ppk => KeyContent::Ppk,
        Content::PublicKey => KeyContent::PublicKey,
        Content::Json => KeyContent::Json,
        Content::WholeAnswer => KeyContent::WholeAnswer,
        Content::Utf16 => KeyContent::Utf16,
        Content::Truncated => KeyContent::Truncated,
        Content::Empty => KeyContent::Empty,
        Content::Damaged => KeyContent::Damaged,
        Content::Other => KeyContent::Other,
    }
}

impl Name {
    fn of(path: &Path) -> Self {
        match path
            .extension()
            .and_then(|ending| ending.to_str())
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("pem" | "ppk" | "key") => Self::Key,
            Some("txt") => Self::Perhaps,
            Some(_) => Self::Hardly,
            None if path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) =>
            {
                Self::Hardly
            }
            None => Self::Perhaps,
        }
    }
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            mode: about.mode(),
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::keys::{KeyType, PrivateKey};

    fn found(finder: &Finder, work: &Path) -> Vec<(String, KeyContent)> {
        finder
            .find(work, &[], SystemTime::UNIX_EPOCH)
            .into_iter()
            .map(|key| (key.path, key.content))
            .collect()
    }

    #[test]
    fn keys_are_found_by_name_and_by_content_and_notes_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path();
        let key = PrivateKey::generate(KeyType::Ed25519, &mut StdRng::seed_from_u64(1)).unwrap();
        let put = |name: &str, text: &[u8]| {
            let path = work.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("a.pem", b"nonsense");
        put("b", b"");
        put("notes.txt", b"buy milk");
        put("answer.json", b"{\"KeyMaterial\": \"-----BEGIN\"}");
        put("other.json", b"{\"Vpcs\": []}");
        put("keys/deep/c", key.pem().as_bytes());
        put("1/2/3/4/d.pem", b"");
        put("1/2/3/4/5/too-deep.pem", b"");
        put(".git/e.pem", b"");
        let keys = Finder::default().find(work, &[], SystemTime::UNIX_EPOCH);
        let names: Vec<_> = keys
            .iter()
            .map(|key| (key.path.as_str(), key.content))
            .collect();
        assert_eq!(
            names,
            [
                ("1/2/3/4/d.pem", KeyContent::Empty),
                ("a.pem", KeyContent::Other),
                ("answer.json", KeyContent::Json),
                ("b", KeyContent::Empty),
                ("keys/deep/c", KeyContent::PrivateKey),
            ]
        );
        assert_eq!(keys[4].public_sha256, Some(key.public().sha256()));
        assert!(
            keys[4]
                .ec2_fingerprints
                .contains(&key.created_fingerprint().to_owned())
        );
        assert!(keys[4].mine);
    }

    #[test]
    fn a_changed_file_is_looked_at_again_and_a_changed_mode_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pem");
        let finder = Finder::default();
        std::fs::write(&path, "").unwrap();
        assert_eq!(
            found(&finder, dir.path()),
            [("a.pem".to_owned(), KeyContent::Empty)]
        );
        std::fs::write(&path, "ssh-ed25519 AAAA").unwrap();
        assert_ne!(found(&finder, dir.path())[0].1, KeyContent::Empty);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(
            finder.find(dir.path(), &[], SystemTime::UNIX_EPOCH)[0].mode,
            0o400
        );
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found(&finder, dir.path()), []);
    }

    #[test]
    fn elsewhere_only_keys_newer_than_the_lab_count_whatever_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let downloads = dir.path().join("Downloads");
        let work = dir.path().join("work");
        std::fs::create_dir_all(&downloads).unwrap();
        std::fs::create_dir_all(&work).unwrap();
        std::fs::write(downloads.join("old.pem"), "").unwrap();
        let began = std::fs::metadata(downloads.join("old.pem"))
            .unwrap()
            .modified()
            .unwrap();
        let old = File::options()
            .write(true)
            .open(downloads.join("old.pem"))
            .unwrap();
        old.set_modified(began - std::time::Duration::from_secs(60))
            .unwrap();
        std::fs::write(downloads.join("new.pem"), "").unwrap();
        std::fs::write(downloads.join("letter"), "").unwrap();
        std::fs::write(downloads.join("secrets.txt"), "BEGIN OPENSSH PRIVATE KEY").unwrap();
        let key = PrivateKey::generate(KeyType::Ed25519, &mut StdRng::seed_from_u64(1)).unwrap();
        std::fs::write(downloads.join("my key (1)"), key.pem()).unwrap();
        let place = Place {
            folder: downloads,
            shown: "~/Downloads".to_owned(),
        };
        let keys = Finder::default().find(&work, &[place], began);
        assert_eq!(
            keys.iter().map(|key| key.path.as_str()).collect::<Vec<_>>(),
            ["~/Downloads/my key (1)", "~/Downloads/new.pem"]
        );
    }
}

//! What a simulation keeps on the disk: the accounts in one file, each machine's disk in one of its own.
//!
//! Long contents of a machine's files are in a folder beside that, one file each, written once: a prompt after an upload of
//! 60 MB does not write the 60 MB again.
//! Files are replaced atomically. A newer format is refused in words; a damaged file is named and left as it is.

#![expect(clippy::disallowed_methods, reason = "the store is files")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::cloud::Account;
use crate::cloud::env::AddressPool;
use crate::lab::files::{read_if_there, write_atomically};
use crate::machine::Machine;

/// The format of the files that this program writes.
const FORMAT: u32 = 1;

/// Bytes from which on a content has a file of its own.
const LONG: usize = 64 * 1024;

/// The folder of one simulation.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The contents that have files of their own, by instance and name.
    apart: Mutex<HashMap<String, Contents>>,
}

/// Contents that have files of their own, by name. They are shared with the machine, and known again by that.
type Contents = BTreeMap<u64, Arc<Vec<u8>>>;

/// Kept state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what this program writes.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and how.
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("{} has format {found}, and this program reads format {FORMAT} and older", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
}

/// The accounts file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    format: u32,
    accounts: Cow<'a, BTreeMap<String, Account>>,
    addresses: Cow<'a, AddressPool>,
}

/// What is kept of the accounts.
pub struct Stored<'a> {
    written: Written<'a>,
}

impl<'a> Stored<'a> {
    /// Borrows what is to be kept.
    pub fn of(accounts: &'a BTreeMap<String, Account>, addresses: &'a AddressPool) -> Self {
        let (accounts, addresses) = (Cow::Borrowed(accounts), Cow::Borrowed(addresses));
        Self {
            written: Written {
                format: FORMAT,
                accounts,
                addresses,
            },
        }
    }
}

/// What was kept, read again.
pub struct Loaded {
    /// Accounts by key.
    pub accounts: BTreeMap<String, Account>,
    /// Addresses in use.
    pub addresses: AddressPool,
}

impl Store {
    /// A store in this folder, which exists.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            apart: Mutex::default(),
        }
    }

    /// What was kept; none when nothing was.
    pub fn load(&self) -> Result<Option<Loaded>, StoreError> {
        let path = self.accounts_file();
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let written: Written<'_> = parse(&path, &bytes)?;
        Ok(Some(Loaded {
            accounts: written.accounts.into_owned(),
            addresses: written.addresses.into_owned(),
        }))
    }

    /// Keeps the accounts.
    pub fn save(&self, stored: &Stored<'_>) -> std::io::Result<()> {
        write_atomically(&self.accounts_file(), &serde_json::to_vec(&stored.written)?)
    }

    /// Every machine that was kept, by instance id.
    pub fn machines(&self) -> Result<HashMap<String, Machine>, StoreError> {
        let folder = self.machines_folder();
        let unreadable = |source| StoreError::Unreadable {
            path: folder.clone(),
            source,
        };
        let mut machines = HashMap::new();
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(machines),
            Err(error) => return Err(unreadable(error)),
        };
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let instance = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.strip_suffix(".json"));
            if let Some(instance) = instance
                && let Some(bytes) = read(&path)?
            {
                let machine = self.whole(instance, parse(&path, &bytes)?)?;
                machines.insert(instance.to_owned(), machine);
            }
        }
        Ok(machines)
    }

    /// A machine with its long contents.
    fn whole(&self, instance: &str, mut machine: Machine) -> Result<Machine, StoreError> {
        let mut found = Contents::new();
        machine.bring_back(|name| {
            let path = self.contents_folder(instance).join(name);
            let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
            let content = name.parse().ok().zip(read(&path)?);
            let (number, content) = content.ok_or_else(|| StoreError::Unreadable {
                path,
                source: missing(),
            })?;
            let content = Arc::new(content);
            found.insert(number, Arc::clone(&content));
            Ok(content)
        })?;
        self.contents().insert(instance.to_owned(), found);
        Ok(machine)
    }

    /// Keeps one machine's disk. One call at a time.
    pub fn save_machine(&self, instance: &str, machine: &Machine) -> std::io::Result<()> {
        std::fs::create_dir_all(self.machines_folder())?;
        let folder = self.contents_folder(instance);
        let before = self.contents().get(instance).cloned().unwrap_or_default();
        let mut now = Contents::new();
        let mut next = before.keys().next_back().map_or(1, |last| last + 1);
        let mut light = machine.clone();
        light.set_apart(LONG, |content| {
            let known = before.iter().find(|(_, known)| Arc::ptr_eq(known, content));
            let number = if let Some((number, _)) = known {
                *number
            } else {
                std::fs::create_dir_all(&folder)?;
                // One that is there is left from a run that was cut off.
                write_atomically(&folder.join(next.to_string()), content)?;
                next += 1;
                next - 1
            };
            now.insert(number, Arc::clone(content));
            Ok::<_, std::io::Error>(number.to_string())
        })?;
        write_atomically(&self.machine_file(instance), &serde_json::to_vec(&light)?)?;
        sweep(&folder, &now);
        self.contents().insert(instance.to_owned(), now);
        Ok(())
    }

    /// Forgets a machine that was terminated.
    pub fn forget_machine(&self, instance: &str) {
        let _ = std::fs::remove_file(self.machine_file(instance));
        let _ = std::fs::remove_dir_all(self.contents_folder(instance));
        self.contents().remove(instance);
    }

    fn contents(&self) -> std::sync::MutexGuard<'_, HashMap<String, Contents>> {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contents_folder(&self, instance: &str) -> PathBuf {
        self.machines_folder().join(format!("{instance}.files"))
    }

    fn accounts_file(&self) -> PathBuf {
        self.folder.join("accounts.json")
    }

    fn machines_folder(&self) -> PathBuf {
        self.folder.join("machines")
    }

    fn machine_file(&self, instance: &str) -> PathBuf {
        self.machines_folder().join(format!("{instance}.json"))
    }
}

/// Removes the contents that no machine has any more. What cannot be removed is tried again next time.
fn sweep(folder: &Path, wanted: &Contents) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if number.is_none_or(|number: u64| !wanted.contains_key(&number)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    read_if_there(path).map_err(|source| StoreError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, StoreError> {
    #[derive(Deserialize)]
    struct Format {
        format: u64,
    }
    if let Ok(Format { format }) = serde_json::from_slice(bytes)
        && format > u64::from(FORMAT)
    {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: format,
        });
    }
    serde_json::from_slice(bytes).map_err(|source| StoreError::Damaged {
        path: path.to_owned(),
        source,
    })
}

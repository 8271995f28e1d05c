//! What a simulation keeps on the disk: the accounts in one file, each machine's disk in one of its own.
//!
//! Files are replaced atomically. A newer format is refused in words; a damaged file is named and left as it is.

#![expect(clippy::disallowed_methods, reason = "the store is files")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cloud::Account;
use crate::cloud::env::AddressPool;
use crate::lab::files::{read_if_there, write_atomically};
use crate::machine::Machine;

/// The format of the files that this program writes.
const FORMAT: u32 = 1;

/// The folder of one simulation.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

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
        Self { folder }
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
                machines.insert(instance.to_owned(), parse(&path, &bytes)?);
            }
        }
        Ok(machines)
    }

    /// Keeps one machine's disk.
    pub fn save_machine(&self, instance: &str, machine: &Machine) -> std::io::Result<()> {
        std::fs::create_dir_all(self.machines_folder())?;
        write_atomically(&self.machine_file(instance), &serde_json::to_vec(machine)?)
    }

    /// Forgets a machine that was terminated.
    pub fn forget_machine(&self, instance: &str) {
        let _ = std::fs::remove_file(self.machine_file(instance));
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

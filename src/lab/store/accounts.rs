//! The accounts on the disk: a file with all of them, and a log of what changed since.
//!
//! A change is one line at the end of `accounts.log`, so that it costs the same whatever else the accounts hold. A line
//! begins with a digest of the rest: one that a kill cut short is told from a whole one, and did not happen. When the log has
//! grown longer than `accounts.json`, that is written anew, beside itself and renamed, and the log begins again. Each line has a
//! number, and `accounts.json` the number of the last one that is in it: a log that was not emptied in time does no harm.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Disk, FORMAT, StoreError, parse};
use crate::cloud::Account;
use crate::cloud::changes::AccountChanges;
use crate::cloud::env::AddressPool;

/// All accounts.
const WHOLE: &str = "accounts.json";
/// The same while it is written.
const NEW: &str = "accounts.json.new";
/// What changed since.
const LOG: &str = "accounts.log";
/// Bytes that a log may always have: below this, writing everything anew gains nothing.
const SHORT: u64 = 64 * 1024;
/// Bytes that a log may have beside a long file.
const MOST: u64 = 4 * 1024 * 1024;
/// Hex digits of the digest at the start of a line.
const DIGEST: usize = 16;
/// How often two files are read that another process changes meanwhile.
const TRIES: usize = 5;

/// The accounts of one simulation by their keys, with the pool of public addresses.
pub struct Accounts {
    /// Accounts by key.
    pub accounts: BTreeMap<String, Account>,
    /// Addresses in use.
    pub addresses: AddressPool,
}

/// The files.
#[derive(Debug)]
pub struct AccountFiles {
    disk: Box<dyn Disk>,
    folder: PathBuf,
    /// Bytes that a log may have beside a short file.
    short: u64,
    /// Bytes that no log may have: more takes long to read.
    most: u64,
    written: Mutex<Written>,
}

/// What is on the disk.
#[derive(Debug, Default)]
struct Written {
    /// The number of the last change.
    number: u64,
    /// Bytes of the file with all accounts.
    whole: u64,
    /// Bytes of the log; none when nothing may be added to it.
    log: Option<u64>,
}

/// The file with all accounts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    format: u32,
    /// The number of the last change that is in it.
    #[serde(default)]
    number: u64,
    accounts: Cow<'a, BTreeMap<String, Account>>,
    addresses: Cow<'a, AddressPool>,
}

/// A line of the log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    number: u64,
    last_address: Option<Ipv4Addr>,
    accounts: BTreeMap<Cow<'a, str>, AccountChanges<'a>>,
}

/// What was read of the log.
enum Log {
    /// To its end, or to where a kill cut it short: then nothing may be added.
    Read { length: Option<u64> },
    /// It goes on from another file with all accounts.
    OfAnother,
}

impl AccountFiles {
    /// Files on this disk, which is that folder.
    pub fn new(disk: Box<dyn Disk>, folder: &Path) -> Self {
        Self {
            disk,
            folder: folder.to_owned(),
            short: SHORT,
            most: MOST,
            written: Mutex::default(),
        }
    }

    /// What was kept; none when nothing was.
    pub fn load(&self) -> Result<Option<Accounts>, StoreError> {
        for _ in 0..TRIES {
            if let Some(loaded) = self.try_load()? {
                return Ok(loaded);
            }
        }
        Err(StoreError::OfAnother {
            path: self.path(LOG),
        })
    }

    /// None when the two files do not belong together, as when another process changes them between two looks.
    #[expect(clippy::option_option, reason = "nothing kept is an answer too")]
    fn try_load(&self) -> Result<Option<Option<Accounts>>, StoreError> {
        let whole = self.read(WHOLE)?;
        let log = self.read(LOG)?;
        let Some(whole) = whole else {
            return Ok(log.is_none_or(|log| log.is_empty()).then_some(None));
        };
        let read: Whole<'_> = parse(&self.path(WHOLE), &whole)?;
        let mut accounts = Accounts {
            accounts: read.accounts.into_owned(),
            addresses: read.addresses.into_owned(),
        };
        let mut number = read.number;
        let length = match &log {
            Some(log) => match self.read_log(log, &mut number, &mut accounts)? {
                Log::Read { length } => length,
                Log::OfAnother => return Ok(None),
            },
            None => None,
        };
        for account in accounts.accounts.values_mut() {
            account.settle();
        }
        let in_use = addresses_in_use(&accounts.accounts);
        accounts.addresses.set_in_use(in_use);
        *self.lock() = Written {
            number,
            whole: whole.len() as u64,
            log: length,
        };
        Ok(Some(Some(accounts)))
    }

    fn read_log(
        &self,
        log: &[u8],
        number: &mut u64,
        accounts: &mut Accounts,
    ) -> Result<Log, StoreError> {
        let mut good = 0;
        for (index, bytes) in log.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(text) = whole_line(bytes) else {
                return if good + bytes.len() == log.len() {
                    Ok(Log::Read { length: None })
                } else {
                    let text = format!("line {} is not as it was written", index + 1);
                    Err(self.damaged(<serde_json::Error as serde::de::Error>::custom(text)))
                };
            };
            let line: Line<'_> = serde_json::from_slice(text).map_err(|e| self.damaged(e))?;
            good += bytes.len();
            if line.number <= *number {
                continue;
            }
            if line.number != *number + 1 {
                return Ok(Log::OfAnother);
            }
            *number = line.number;
            accounts.addresses.set_last(line.last_address);
            for (key, changes) in line.accounts {
                let key = key.into_owned();
                let account = accounts.accounts.entry(key);
                account.or_insert_with(|| Account::new("")).apply(changes);
            }
        }
        let length = Some(good as u64);
        Ok(Log::Read { length })
    }

    /// Keeps what changed since the accounts were settled last.
    pub fn save(
        &self,
        accounts: &BTreeMap<String, Account>,
        addresses: &AddressPool,
    ) -> io::Result<()> {
        let mut written = self.lock();
        let number = written.number + 1;
        if let Some(length) = written
            .log
            .filter(|length| *length <= written.whole.clamp(self.short, self.most))
        {
            let accounts: BTreeMap<_, _> = accounts
                .iter()
                .filter_map(|(key, account)| {
                    Some((Cow::Borrowed(key.as_str()), account.changes()?))
                })
                .collect();
            if accounts.is_empty() {
                return Ok(());
            }
            let line = line_of(&Line {
                number,
                last_address: addresses.last(),
                accounts,
            })?;
            if self.append(length, &line).is_ok() {
                written.number = number;
                written.log = Some(length + line.len() as u64);
                return Ok(());
            }
            // What may be there of the line must not be there when this change is refused.
            let cut = self.disk.cut(LOG, length);
            let cut = cut.and_then(|()| self.disk.sync(LOG));
            written.log = cut.is_ok().then_some(length);
        }
        self.write_whole(&mut written, accounts, addresses)
    }

    /// Keeps all of it, whatever changed.
    pub fn save_whole(
        &self,
        accounts: &BTreeMap<String, Account>,
        addresses: &AddressPool,
    ) -> io::Result<()> {
        self.write_whole(&mut self.lock(), accounts, addresses)
    }

    fn append(&self, length: u64, line: &[u8]) -> io::Result<()> {
        self.disk.append(LOG, length, line)?;
        self.disk.sync(LOG)
    }

    fn write_whole(
        &self,
        written: &mut Written,
        accounts: &BTreeMap<String, Account>,
        addresses: &AddressPool,
    ) -> io::Result<()> {
        let number = written.number + 1;
        let bytes = serde_json::to_vec(&Whole {
            format: FORMAT,
            number,
            accounts: Cow::Borrowed(accounts),
            addresses: Cow::Borrowed(addresses),
        })?;
        let beside = self.disk.write(NEW, &bytes);
        if let Err(error) = beside.and_then(|()| self.disk.sync(NEW)) {
            // It may be what fills the disk.
            let _ = self.disk.remove(NEW);
            return Err(error);
        }
        let renamed = self.disk.rename(NEW, WHOLE);
        if let Err(error) = renamed.and_then(|()| self.disk.sync_folder()) {
            // Which of the two is there is not known: the next change writes all of it again.
            written.log = None;
            return Err(error);
        }
        written.number = number;
        written.whole = bytes.len() as u64;
        // From here on the change is kept. A log that cannot be emptied is left alone, and so is one that may be gone after
        // a power cut because its name is not certain.
        let emptied = self.disk.write(LOG, &[]);
        let named = match written.log {
            Some(_) => emptied,
            None => emptied.and_then(|()| self.disk.sync_folder()),
        };
        written.log = named.is_ok().then_some(0);
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.disk
            .read(name)
            .map_err(|source| StoreError::Unreadable {
                path: self.path(name),
                source,
            })
    }

    fn damaged(&self, source: serde_json::Error) -> StoreError {
        StoreError::Damaged {
            path: self.path(LOG),
            source,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// None, with addresses from this range.
    pub fn none(range: ipnet::Ipv4Net) -> Self {
        Self {
            accounts: BTreeMap::new(),
            addresses: AddressPool::new(range),
        }
    }
}

/// Every public address that these accounts use.
pub fn addresses_in_use(accounts: &BTreeMap<String, Account>) -> BTreeSet<Ipv4Addr> {
    let accounts = accounts.values();
    accounts.flat_map(Account::addresses_in_use).collect()
}

fn digest(text: &[u8]) -> String {
    let mut hex = hex::encode(Sha256::digest(text));
    hex.truncate(DIGEST);
    hex
}

/// `DIGEST JSON` and a line end.
fn line_of(line: &Line<'_>) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec(line)?;
    let mut bytes = digest(&text).into_bytes();
    bytes.push(b' ');
    bytes.extend(text);
    bytes.push(b'\n');
    Ok(bytes)
}

/// The JSON of a line that is as it was written.
fn whole_line(bytes: &[u8]) -> Option<&[u8]> {
    let (said, rest) = bytes.split_at_checked(DIGEST)?;
    let text = rest.strip_prefix(b" ")?.strip_suffix(b"\n")?;
    (digest(text).as_bytes() == said).then_some(text)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::super::power_cut::{Files, Forgotten, MemoryDisk};
    use super::*;
    use crate::cloud::api::testing::{Client, first};

    /// Files whose log is written into the whole file often.
    fn files(disk: &MemoryDisk) -> AccountFiles {
        AccountFiles {
            short: 3_000,
            most: 9_000,
            ..AccountFiles::new(Box::new(disk.clone()), Path::new("lab"))
        }
    }

    /// The accounts as text.
    fn text(accounts: &Accounts) -> String {
        let Accounts {
            accounts,
            addresses,
        } = accounts;
        serde_json::to_string(&(accounts, addresses)).unwrap()
    }

    /// A learner's account, which is kept.
    struct Lab {
        client: Client,
        files: AccountFiles,
    }

    impl Lab {
        fn new(disk: &MemoryDisk) -> Self {
            Self {
                client: Client::new(),
                files: files(disk),
            }
        }

        fn accounts(&self) -> Accounts {
            Accounts {
                accounts: BTreeMap::from([(String::new(), self.client.account.clone())]),
                addresses: self.client.addresses.clone(),
            }
        }

        /// Keeps what changed; undoes it when that is refused.
        fn keep(&mut self) -> bool {
            let mut now = self.accounts();
            let kept = self.files.save(&now.accounts, &now.addresses).is_ok();
            if kept {
                self.client.account.settle();
            } else {
                now.accounts.retain(|_, account| account.undo());
                let in_use = addresses_in_use(&now.accounts);
                self.client.addresses.set_in_use(in_use);
                let account = now.accounts.remove("");
                self.client.account = account.unwrap_or_else(|| Account::new("123456789012"));
            }
            kept
        }
    }

    const GROUP: &str = "GroupName=web&GroupDescription=d&TagSpecification.1.ResourceType=security-group\
        &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    const RULES: &str = "GroupName=web&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22\
        &IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=198.51.100.0/24\
        &IpPermissions.1.IpRanges.2.CidrIp=10.0.0.0/8";
    const THREE: &str = "ImageId=resolve:ssm:/aws/service/ami-amazon-linux-latest/\
        al2023-ami-kernel-default-x86_64&InstanceType=t3.micro&MaxCount=3&MinCount=3&SecurityGroup.1=web\
        &KeyName=mk&ClientToken=";

    /// Changes of every kind, of which each is kept before the next is made. `after` is called after each.
    fn changes(lab: &mut Lab, after: &mut dyn FnMut(&mut Lab)) {
        let mut call = |lab: &mut Lab, action: &str, form: &str| {
            let reply = lab.client.ec2(action, form);
            after(lab);
            reply
        };
        for region in ["us-east-1", "eu-west-1"] {
            lab.client.region = region;
            call(lab, "DescribeVpcs", "");
            call(lab, "CreateKeyPair", "KeyName=mk&KeyType=ed25519");
            call(lab, "CreateKeyPair", "KeyName=other&KeyType=ed25519");
            call(lab, "CreateSecurityGroup", GROUP);
            call(lab, "AuthorizeSecurityGroupIngress", RULES);
            for token in ["one", "two"] {
                let reply = call(lab, "RunInstances", &format!("{THREE}{token}"));
                let id = first(&reply, "instanceId");
                lab.client.pass(2);
                call(lab, "DescribeInstances", "");
                call(
                    lab,
                    "CreateTags",
                    &format!("ResourceId.1={id}&Tag.1.Key=Name&Tag.1.Value={token}"),
                );
                let reply = call(lab, "AllocateAddress", "");
                let address = first(&reply, "allocationId");
                let both = format!("AllocationId={address}&InstanceId={id}");
                call(lab, "AssociateAddress", &both);
                call(lab, "StopInstances", &format!("InstanceId.1={id}"));
                lab.client.pass(2);
                call(lab, "StartInstances", &format!("InstanceId.1={id}"));
                call(lab, "TerminateInstances", &format!("InstanceId.1={id}"));
                lab.client.pass(4000);
                call(lab, "DescribeInstances", "");
                call(lab, "ReleaseAddress", &format!("AllocationId={address}"));
            }
            call(lab, "DeleteKeyPair", "KeyName=other");
            call(lab, "RevokeSecurityGroupIngress", RULES);
        }
    }

    /// Makes all changes on a disk. The accounts before the first of them and after each, as text.
    fn play(disk: &MemoryDisk) -> Vec<String> {
        let mut lab = Lab::new(disk);
        let mut states = vec![];
        changes(&mut lab, &mut |lab| {
            assert!(lab.keep());
            states.push(text(&lab.accounts()));
            disk.answered();
        });
        states
    }

    /// What is found after a kill at that moment, unless it is as it must be.
    fn wrong(answered: usize, left: Files, states: &[String]) -> Option<String> {
        let found = match files(&MemoryDisk::with(left)).load() {
            Ok(found) => found.map(|accounts| text(&accounts)),
            Err(error) => return Some(format!("after {answered} answers: {error}")),
        };
        let before = answered.checked_sub(1).and_then(|last| states.get(last));
        let is_before = found.as_ref() == before;
        let is_after = found.is_some() && found.as_ref() == states.get(answered);
        (!is_before && !is_after).then(|| {
            let at = states
                .iter()
                .position(|state| Some(state) == found.as_ref());
            format!("after {answered} answers the state is number {at:?}")
        })
    }

    /// What goes wrong in a thousand kills and as many power cuts, spread over all moments.
    fn what_goes_wrong(disk: &MemoryDisk) -> Vec<String> {
        let states = play(disk);
        let moments = disk.moments();
        assert!(moments.len() > 150, "{} moments", moments.len());
        let mut rng = StdRng::seed_from_u64(5);
        let mut found = Vec::new();
        for number in 0..1000 {
            // Every moment once, then moments at random.
            let at = if number < moments.len() {
                number
            } else {
                rng.random_range(0..moments.len())
            };
            let (answered, at) = &moments[at];
            found.extend(wrong(*answered, at.after_a_kill(), &states));
            found.extend(wrong(*answered, at.after_a_power_cut(&mut rng), &states));
        }
        found
    }

    #[test]
    fn a_thousand_kills_and_power_cuts_leave_the_account_before_or_after_a_change() {
        let found = what_goes_wrong(&MemoryDisk::default());
        assert!(found.is_empty(), "{} of 2000: {}", found.len(), found[0]);
    }

    #[test]
    fn a_disk_that_forgets_to_sync_is_found_out() {
        for step in [Forgotten::Sync, Forgotten::SyncFolder] {
            let found = what_goes_wrong(&MemoryDisk::that_forgets(step));
            assert!(!found.is_empty(), "{step:?}");
        }
    }

    #[test]
    fn what_a_full_disk_refuses_is_not_there_and_not_half_there() {
        let disk = MemoryDisk::default();
        let mut lab = Lab::new(&disk);
        let mut rng = StdRng::seed_from_u64(6);
        let (mut refused, mut kept) = (0, 0);
        changes(&mut lab, &mut |lab| {
            disk.fill(rng.random_range(0..3) == 0);
            if lab.keep() {
                kept += 1;
            } else {
                refused += 1;
            }
            let found = files(&MemoryDisk::with(disk.files())).load().unwrap();
            let account = found.and_then(|mut found| found.accounts.remove(""));
            if let Some(account) = account {
                assert!(account == lab.client.account, "{kept} kept");
            } else {
                assert_eq!(kept, 0);
            }
        });
        assert!(refused > 8 && kept > 8, "{refused} refused, {kept} kept");
    }

    #[test]
    fn a_change_costs_as_much_as_what_it_changes() {
        let disk = MemoryDisk::default();
        let mut lab = Lab {
            client: Client::new(),
            files: AccountFiles::new(Box::new(disk.clone()), Path::new("lab")),
        };
        lab.client.account.quotas.vcpus = 20_000;
        lab.client
            .ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519");
        lab.client.ec2("CreateSecurityGroup", GROUP);
        for token in 0..20 {
            lab.client.ec2("RunInstances", &format!("{THREE}{token}"));
        }
        assert!(lab.keep());
        lab.client
            .ec2("CreateKeyPair", "KeyName=one&KeyType=ed25519");
        assert!(lab.keep());
        let length = |name| disk.read(name).unwrap().unwrap().len();
        assert!(length(WHOLE) > 50_000, "{}", length(WHOLE));
        assert!(length(LOG) < 1000, "{}", length(LOG));
    }

    fn spoilt(name: &str, spoil: impl FnOnce(&mut Vec<u8>)) -> String {
        let disk = MemoryDisk::default();
        play(&disk);
        let mut bytes = disk.read(name).unwrap().unwrap();
        spoil(&mut bytes);
        disk.write(name, &bytes).unwrap();
        let found = disk.files();
        let refusal = files(&disk).load().err().unwrap();
        assert_eq!(disk.files(), found, "it is left as it is");
        refusal.to_string()
    }

    #[test]
    fn what_somebody_else_wrote_is_named_and_left_alone() {
        let half = spoilt(WHOLE, |bytes| bytes.truncate(bytes.len() / 2));
        assert!(half.starts_with("lab/accounts.json is damaged"), "{half}");
        let foreign = spoilt(WHOLE, |bytes| *bytes = b"[1]".to_vec());
        assert!(
            foreign.starts_with("lab/accounts.json is damaged"),
            "{foreign}"
        );
        let middle = spoilt(LOG, |bytes| bytes[30] ^= 1);
        assert_eq!(
            middle,
            "lab/accounts.log is damaged: line 1 is not as it was written"
        );
        let other = spoilt(WHOLE, |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let (start, rest) = text.split_once("\"number\":").unwrap();
            let (_, rest) = rest.split_once(',').unwrap();
            *bytes = format!("{start}\"number\":0,{rest}").into_bytes();
        });
        assert_eq!(
            other,
            "lab/accounts.log does not belong to the accounts.json beside it"
        );
    }

    #[test]
    fn a_lab_of_before_the_log_opens() {
        let disk = MemoryDisk::default();
        let states = play(&disk);
        let whole = files(&disk).load().unwrap().unwrap();
        let (accounts, addresses) = (
            serde_json::to_value(&whole.accounts).unwrap(),
            serde_json::json!({"range": "203.0.113.0/24", "taken": ["203.0.113.9"], "last": whole.addresses.last()}),
        );
        let old = serde_json::json!({"format": 1, "accounts": accounts, "addresses": addresses});
        let disk = MemoryDisk::default();
        disk.write(WHOLE, old.to_string().as_bytes()).unwrap();
        let found = files(&disk).load().unwrap().unwrap();
        assert_eq!(Some(&text(&found)), states.last());
    }
}

//! Evidence: the facts that a check may see, as plain serde values.
//!
//! Gathering happens elsewhere (`lab::world` and `lab::workspace`); a check only reads. Whatever could not be learned is
//! [`Known::Unknown`] with the reason, and a check that needs it answers "could not tell" instead of blaming the learner.
//! Times are Unix milliseconds. Texts of addresses and ids are as the API prints them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::course::mistake::Mistake;
use crate::course::start::Cause;

/// What the journal has of a key that was sent as `PublicKeyMaterial` and was a private half. `cloud::api` writes it; a test of
/// the lab compares the two.
pub const A_PRIVATE_HALF: &str = "a private half";

/// A group of facts: seen, or not to be had and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Known<T> {
    /// The facts, complete.
    Seen(T),
    /// They could not be learned, for this reason (a sentence that a learner may read).
    Unknown(String),
    /// Nobody asked for them: the step's checks do not need them.
    #[default]
    NotGathered,
}

/// What a check wants to have gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// [`Evidence::account`], all of it but what [`Need::Leftovers`] adds.
    Account,
    /// Of the account the key pairs only: one call at AWS instead of three.
    KeyPairs,
    /// [`Account::left_behind`].
    Leftovers,
    /// [`Evidence::key_files`].
    KeyFiles,
    /// [`Evidence::events`]: connections and logins, and the commands of the lab's shell.
    Events,
    /// [`Evidence::aliases`].
    Aliases,
    /// Of the events the learner's calls to the API, whatever tool made them: [`What::Api`].
    ApiCalls,
    /// Of the events the commands run inside an instance: [`What::RemoteCommand`].
    RemoteCommands,
}

impl Need {
    /// What it is, for an author: "nobody there can tell ...".
    pub fn words(self) -> &'static str {
        match self {
            Self::Account => "what is in the account",
            Self::KeyPairs => "which key pairs are in the account",
            Self::Leftovers => "what the lesson has left in the account",
            Self::KeyFiles => "what the key files hold",
            Self::Events => "how logins went",
            Self::Aliases => "what the ssh configurations say",
            Self::ApiCalls => "which calls the learner has made",
            Self::RemoteCommands => "which commands were run on an instance",
        }
    }

    /// Whether it is among these, or a part of one that is.
    pub fn is_met_by(self, gathered: &BTreeSet<Self>) -> bool {
        gathered.contains(&self)
            || match self {
                Self::KeyPairs => gathered.contains(&Self::Account),
                Self::ApiCalls | Self::RemoteCommands => gathered.contains(&Self::Events),
                Self::Account | Self::Leftovers | Self::KeyFiles | Self::Events | Self::Aliases => {
                    false
                }
            }
    }
}

/// Everything that the checks of one step may look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// When it was gathered, Unix milliseconds.
    pub now: i64,
    /// The account in the learner's region.
    pub account: Known<Account>,
    /// Files in the learner's lab folder (and places where keys are usually kept) that are, or were meant to be, keys.
    pub key_files: Known<Vec<KeyFile>>,
    /// What happened since the lesson began, oldest first.
    pub events: Known<Vec<Event>>,
    /// Where relative paths start from, to tell which file a command meant. Only ever used to explain.
    #[serde(default)]
    pub places: Option<Places>,
    /// What ssh's list of known hosts says of the instances' public addresses and names.
    #[serde(default)]
    pub known_hosts: Vec<KnownHost>,
    /// Names in ssh configurations of the learner's, as ssh itself understands them.
    #[serde(default)]
    pub aliases: Known<Vec<Alias>>,
    /// The riddles that were drawn when the lesson began, by the instance's name.
    #[serde(default)]
    pub riddles: BTreeMap<String, Riddle>,
    /// Mistakes that were recognised by what is not carried any more, in the evidence of a hand-in only.
    #[serde(default)]
    pub met: BTreeSet<Mistake>,
    /// What was asked for; everything without it. A step that needs more than this is not judged.
    #[serde(default)]
    pub gathered: Option<BTreeSet<Need>>,
}

/// An instance with one fault, for the learner to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Riddle {
    /// The instance's id.
    pub instance: String,
    /// What keeps everybody out.
    pub cause: Cause,
}

/// A name of an ssh configuration, as `ssh -G` explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name, such as `lab`.
    pub name: String,
    /// The configuration's path, as the learner would write it.
    pub file: String,
    /// `HostName`; empty when ssh cannot read the file.
    pub host: String,
    /// `User`.
    pub user: String,
    /// `IdentityFile`s, as they stand there.
    pub keys: Vec<String>,
    /// `IdentitiesOnly yes`.
    pub only: bool,
}

/// A host key that the learner's ssh accepted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownHost {
    /// The address or name.
    pub host: String,
    /// `SHA256:…` of the key.
    pub key_sha256: String,
}

/// Folders that the learner's paths start from, absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The lab folder: where [`KeyFile::path`] starts if it is relative.
    pub lab: String,
    /// What `~` is in the lab's shell.
    pub home: String,
}

/// The account as far as lessons look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The region that the learner's commands act on.
    pub region: String,
    /// The address that the learner's connections come from, as an instance would see it.
    pub my_address: Option<String>,
    /// Key pairs, by name.
    pub key_pairs: Vec<KeyPair>,
    /// Instances, terminated ones included for as long as they are shown, oldest launch first.
    pub instances: Vec<Instance>,
    /// Security groups, the default one included.
    pub security_groups: Vec<SecurityGroup>,
    /// Elastic IP addresses.
    #[serde(default)]
    pub addresses: Vec<ElasticAddress>,
    /// Everything that is there and was not before the lesson: where that matters, on AWS, and when it was asked for.
    #[serde(default)]
    pub left_behind: Option<Vec<Leftover>>,
}

/// One Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticAddress {
    /// `eipalloc-0…`.
    pub id: String,
    /// The address.
    pub address: String,
    /// The instance that has it.
    pub instance: Option<String>,
}

/// Something that the lesson brought into the account, and that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leftover {
    /// `Elastic IP 203.0.113.9`, `Volume vol-0…`
    pub what: String,
    /// The command that removes it.
    pub cure: String,
    /// Whether it costs money for as long as it is there.
    pub costs: bool,
}

/// One key pair of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// `KeyName`.
    pub name: String,
    /// `KeyPairId`, `key-0…`.
    pub id: String,
    /// `rsa` or `ed25519`.
    pub key_type: String,
    /// `KeyFingerprint`, exactly as AWS prints it.
    pub fingerprint: String,
    /// The public half's `SHA256:…` as `ssh-keygen -l` prints it, where the world can supply it.
    pub public_sha256: Option<String>,
    /// `CreateTime`.
    pub created_at: i64,
    /// Made by `ImportKeyPair`: AWS never had the private half.
    pub imported: bool,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// `i-0…`.
    pub id: String,
    /// Its tag `Name`.
    #[serde(default)]
    pub name: Option<String>,
    /// The state's name as AWS writes it: `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`.
    pub state: String,
    /// `KeyName`, what was chosen at launch; never changes.
    pub key_name: Option<String>,
    /// `PublicIpAddress`, while it has one.
    pub public_address: Option<String>,
    /// Public addresses that it had before (released by a stop).
    pub earlier_addresses: Vec<String>,
    /// `PrivateIpAddress`.
    pub private_address: Option<String>,
    /// `PublicDnsName`, while it has one.
    pub public_name: Option<String>,
    /// The login user of its image, `ec2-user` and so on.
    pub login_user: Option<String>,
    /// Its image in words, such as `Amazon Linux 2023`.
    pub image: Option<String>,
    /// Ids of its security groups.
    pub security_groups: Vec<String>,
    /// `LaunchTime`.
    pub launched_at: i64,
    /// `SHA256:…` of its host keys, where the world can supply them.
    #[serde(default)]
    pub host_keys: Vec<String>,
}

/// One security group's inbound rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-0…`.
    pub id: String,
    /// `GroupName`.
    pub name: String,
    /// Inbound rules, one per range.
    pub inbound: Vec<InboundRule>,
}

/// One inbound rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundRule {
    /// `tcp`, `udp`, `icmp`, or `-1` for all.
    pub protocol: String,
    /// First and last port; absent for all.
    pub ports: Option<(u16, u16)>,
    /// An IPv4 or IPv6 range, or the id of a group whose members are let in.
    pub source: String,
}

/// A file that is a private key, or was meant to be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// As the learner would write it from the lab folder: `testkeypair.pem`, `keys/a.pem`, `~/Downloads/a.pem`.
    pub path: String,
    /// Permission bits, `0o644` and so on.
    pub mode: u32,
    /// Whether the file belongs to the user who runs the lab.
    pub mine: bool,
    /// What is in it.
    pub content: KeyContent,
    /// Of a readable private key, PuTTY's format included: the public half's `SHA256:…`.
    pub public_sha256: Option<String>,
    /// Of a readable private key: the fingerprint that EC2 prints for it when EC2 made it, and when it was imported.
    pub ec2_fingerprints: Vec<String>,
    /// Last change of content.
    pub modified_at: i64,
    /// Permission bits of the folder that it lies in.
    #[serde(default)]
    pub folder_mode: u32,
    /// It lies in the work tree of a git repository.
    #[serde(default)]
    pub in_repository: bool,
}

/// What a would-be key file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyContent {
    /// A private key that OpenSSH can load (PEM or OpenSSH format).
    PrivateKey,
    /// PuTTY's format.
    Ppk,
    /// A public key: the wrong half.
    PublicKey,
    /// JSON, or one JSON string: `--output text` was missing.
    Json,
    /// The answer's text with the fingerprint in front: `--query KeyMaterial` was missing.
    WholeAnswer,
    /// UTF-16, as Windows PowerShell 5 writes it.
    Utf16,
    /// A private key with its end, or its beginning, missing.
    Truncated,
    /// Nothing at all.
    Empty,
    /// A private key spoiled in another way (line breaks lost, quotes, indented).
    Damaged,
    /// It cannot be read by its owner (mode 000 or 200).
    Unreadable,
    /// Something else.
    Other,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Rises from event to event; what was forgotten leaves a gap.
    pub number: u64,
    /// When, Unix milliseconds.
    pub at: i64,
    /// What.
    pub what: What,
}

/// The one list of event kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A call reached the API.
    Api {
        /// `RunInstances` and so on.
        action: String,
        /// Region of the call.
        region: String,
        /// Parameters by wire name, long values and key material left out.
        parameters: BTreeMap<String, String>,
        /// The error code and message, if it was refused.
        error: Option<(String, String)>,
    },
    /// Somebody tried to connect and no machine answered.
    Unreachable {
        /// The address or name as asked for.
        address: String,
        /// Port asked for.
        port: u16,
        /// The instance that has it, had it, or whose private address it is.
        instance: Option<String>,
        /// Why nothing answered.
        why: Silence,
    },
    /// A connection to an instance's port 22.
    Connected {
        /// Numbers the connection; every later event of it carries the same number.
        session: u64,
        /// The instance.
        instance: String,
        /// The address the client connected to.
        address: String,
        /// The client's version line, once known.
        client: Option<String>,
    },
    /// The client named a user (its first authentication request).
    UserNamed {
        /// Connection.
        session: u64,
        /// User name as asked for.
        user: String,
    },
    /// The client offered a public key: offered is not proven.
    KeyOffered {
        /// Connection.
        session: u64,
        /// User name.
        user: String,
        /// `SHA256:…` of the public key.
        key_sha256: String,
        /// Whether this user with this key would be let in.
        accepted: bool,
    },
    /// The client proved that it holds a key, and was let in.
    LoggedIn {
        /// Connection.
        session: u64,
        /// The instance.
        instance: String,
        /// User name.
        user: String,
        /// `SHA256:…` of the public key.
        key_sha256: String,
        /// Whether the commands of this session are seen. On AWS nobody sees into one.
        #[serde(default = "yes")]
        watched: bool,
    },
    /// sshd has a reason of its own to refuse: what it writes into its log.
    Refused {
        /// Connection.
        session: u64,
        /// The reason.
        why: Refusal,
    },
    /// root with the right key: cloud-init's sentence instead of a shell.
    RootTurnedAway {
        /// Connection.
        session: u64,
        /// The instance.
        instance: String,
    },
    /// A command was run inside an instance.
    RemoteCommand {
        /// Connection.
        session: u64,
        /// The instance.
        instance: String,
        /// As typed, at most 200 characters.
        line: String,
        /// Exit status.
        status: u32,
    },
    /// A file was copied to an instance, or from it.
    Copied {
        /// Connection.
        session: u64,
        /// The instance.
        instance: String,
        /// The file's path on the instance.
        path: String,
        /// To the instance, not from it.
        there: bool,
    },
    /// The connection ended.
    Disconnected {
        /// Connection.
        session: u64,
    },
    /// The learner answered a question of the lesson's.
    Answered {
        /// The step's id.
        step: String,
        /// Which question of the step, from 0.
        question: u32,
        /// The letter chosen.
        choice: String,
    },
    /// A command ended in the lab's shell. For hints only: nothing is graded by it, but that a riddle's file was looked at.
    ShellCommand {
        /// As typed; absent where the shell does not tell.
        line: Option<String>,
        /// Exit status.
        status: i32,
        /// Working directory.
        directory: String,
    },
}

fn yes() -> bool {
    true
}

/// Why sshd refuses, where it is not just another user or another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Refusal {
    /// `Authentication refused: bad ownership or modes for file …`: the user's list of keys, or a folder above it.
    BadModes {
        /// The file or folder inside the instance.
        path: String,
    },
    /// A signature of a kind that is not accepted, such as `ssh-rsa`.
    Signature {
        /// The kind.
        algorithm: String,
    },
    /// The client takes none of the kinds of host keys that the instance has.
    NoCommonHostKey {
        /// The kinds that the client takes.
        client_takes: Vec<String>,
    },
}

/// Why a connection attempt met silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// No security group of the instance admits the learner's address on that port.
    GroupClosed,
    /// A rule for that port exists, but for another source.
    GroupForOthers,
    /// The instance is still pending.
    Pending,
    /// It is stopping or stopped.
    Stopped,
    /// It is shutting down or terminated.
    Terminated,
    /// It had this address before a stop and start.
    OldAddress,
    /// The address is an instance's private one, reachable only inside its network.
    PrivateAddress,
    /// No instance has, or had, this address.
    NobodyThere,
    /// The machine is there but is not listening on that port (refused, not silent).
    Refused,
}

impl What {
    /// Whether the learner only looked at the account, and saw it.
    pub fn is_look(&self) -> bool {
        self.look().is_some()
    }

    /// Whether this looks at the same things as `newer` does, so that the newer one is evidence enough for both.
    pub fn is_superseded_by(&self, newer: &Self) -> bool {
        self.is_look() && self.look() == newer.look()
    }

    /// Action and region of a successful call that changes nothing. A call whose signature nobody believed has no region: it
    /// is kept no longer than a look, because anybody can send any number of them.
    fn look(&self) -> Option<(&str, &str)> {
        match self {
            Self::Api {
                action,
                region,
                error: None,
                ..
            } if action.starts_with("Describe") || action.starts_with("Get") => {
                Some((action, region))
            }
            Self::Api {
                action,
                region,
                error: Some(_),
                ..
            } if region.is_empty() => Some((action, region)),
            Self::Api { .. }
            | Self::Unreachable { .. }
            | Self::Connected { .. }
            | Self::UserNamed { .. }
            | Self::KeyOffered { .. }
            | Self::LoggedIn { .. }
            | Self::Refused { .. }
            | Self::RootTurnedAway { .. }
            | Self::RemoteCommand { .. }
            | Self::Copied { .. }
            | Self::Disconnected { .. }
            | Self::Answered { .. }
            | Self::ShellCommand { .. } => None,
        }
    }

    /// The number of the connection that this belongs to.
    pub fn session(&self) -> Option<u64> {
        match self {
            Self::Connected { session, .. }
            | Self::UserNamed { session, .. }
            | Self::KeyOffered { session, .. }
            | Self::Refused { session, .. }
            | Self::LoggedIn { session, .. }
            | Self::RootTurnedAway { session, .. }
            | Self::RemoteCommand { session, .. }
            | Self::Copied { session, .. }
            | Self::Disconnected { session } => Some(*session),
            Self::Api { .. }
            | Self::Unreachable { .. }
            | Self::Answered { .. }
            | Self::ShellCommand { .. } => None,
        }
    }
}

//! Mistakes: one name for each misconception that the course recognises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! mistakes {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal,)*) => {
        /// A named misconception. The names are those of `mistakes/<name>.sh`, of `[steps.mistakes]` and of reports.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Mistake {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl Mistake {
            /// Every mistake, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name, as files and reports write it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, as a sentence: its documentation here.
            pub fn sentence(self) -> &'static str {
                let sentence = match self {
                    $(Self::$variant => $doc,)*
                };
                sentence.trim()
            }

            /// The same for a learner who is to meet it: `the right key for another user than the image's`.
            pub fn words(self) -> String {
                let mut letters = self.sentence().trim_end_matches('.').chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(letters).collect()
            }
        }
    };
}

/// When a mistake shows, so that a script that makes it knows when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// In what is there, to a check that is about it.
    InTheState,
    /// When ssh, scp or PuTTY is tried.
    WhenTried,
    /// When AWS refuses the call.
    WhenRefused,
}

impl Shows {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InTheState => "in the account or the file, to a check that is about it",
            Self::WhenTried => "when ssh, scp or PuTTY is tried",
            Self::WhenRefused => "when AWS refuses the call",
        }
    }
}

impl Mistake {
    /// When it shows.
    pub fn shows(self) -> Shows {
        match self {
            Self::Mode600
            | Self::KeyUnreadable
            | Self::KeyFileJson
            | Self::KeyFileWholeAnswer
            | Self::KeyFileUtf16
            | Self::KeyFileTruncated
            | Self::KeyFileEmpty
            | Self::KeyFileDamaged
            | Self::KeyOverwritten
            | Self::LaunchedWithoutKeyPair
            | Self::LaunchedWithOtherKeyPair
            | Self::GroupClosed
            | Self::GroupForOthers
            | Self::GroupOpenToAll
            | Self::InstanceStopped
            | Self::InstanceTerminated
            | Self::KeyInRepository
            | Self::KeyFolderOpen => Shows::InTheState,
            Self::KeyPairDuplicate | Self::KeyPairNameNotFound | Self::KeyPairNameWithPem => {
                Shows::WhenRefused
            }
            Self::KeyOpenToOthers
            | Self::WrongUser
            | Self::RootLogin
            | Self::WrongKey
            | Self::NoIdentity
            | Self::KeyPathNotFound
            | Self::PpkGivenToSsh
            | Self::PublicHalfGiven
            | Self::InstancePending
            | Self::OldAddress
            | Self::PrivateAddress
            | Self::UnknownAddress
            | Self::WrongPort
            | Self::HostKeyRefused
            | Self::HostKeyChanged
            | Self::KeyLost
            | Self::KeyLocked
            | Self::KeyFileOther
            | Self::PemGivenToPutty
            | Self::TooManyKeys
            | Self::OldSignature
            | Self::OldHostKey
            | Self::AuthorizedKeysOpen
            | Self::AuthorizedKeysWithout
            | Self::HostNotFound
            | Self::CommandIncomplete
            | Self::NeverLeft => Shows::WhenTried,
        }
    }

    /// Whether it lies in what a key file holds.
    pub fn is_in_the_file(self) -> bool {
        matches!(
            self,
            Self::KeyFileJson
                | Self::KeyFileWholeAnswer
                | Self::KeyFileUtf16
                | Self::KeyFileTruncated
                | Self::KeyFileEmpty
                | Self::KeyFileDamaged
        )
    }
}

mistakes! {
    /// The key file can be read by others, so ssh ignores it.
    KeyOpenToOthers = "key_open_to_others",
    /// The key file's mode is safe for ssh, but its owner can still overwrite it.
    Mode600 = "mode_600",
    /// The key file cannot be read even by its owner.
    KeyUnreadable = "key_unreadable",
    /// The right key for another user than the image's.
    WrongUser = "wrong_user",
    /// A login as root, whom the image turns away.
    RootLogin = "root_login",
    /// A key, but not the instance's.
    WrongKey = "wrong_key",
    /// No key was named (`-i` is missing).
    NoIdentity = "no_identity",
    /// The file after `-i` is not there.
    KeyPathNotFound = "key_path_not_found",
    /// The key file holds JSON.
    KeyFileJson = "key_file_json",
    /// The key file holds the whole answer, fingerprint first.
    KeyFileWholeAnswer = "key_file_whole_answer",
    /// The key file is UTF-16.
    KeyFileUtf16 = "key_file_utf16",
    /// The key file has lost its end or its beginning.
    KeyFileTruncated = "key_file_truncated",
    /// The key file is empty.
    KeyFileEmpty = "key_file_empty",
    /// The key file is spoiled in another way.
    KeyFileDamaged = "key_file_damaged",
    /// A file in PuTTY's format was given to ssh.
    PpkGivenToSsh = "ppk_given_to_ssh",
    /// The public half was given to ssh.
    PublicHalfGiven = "public_half_given",
    /// A second create-key-pair emptied the only copy of the key.
    KeyOverwritten = "key_overwritten",
    /// The key pair's name was taken already.
    KeyPairDuplicate = "key_pair_duplicate",
    /// No key pair of that name.
    KeyPairNameNotFound = "key_pair_name_not_found",
    /// The file's name was given as the key pair's.
    KeyPairNameWithPem = "key_pair_name_with_pem",
    /// No key pair was chosen at launch.
    LaunchedWithoutKeyPair = "launched_without_key_pair",
    /// Another key pair was chosen at launch than the one in the learner's file.
    LaunchedWithOtherKeyPair = "launched_with_other_key_pair",
    /// No rule admits port 22.
    GroupClosed = "group_closed",
    /// A rule admits port 22, for others.
    GroupForOthers = "group_for_others",
    /// The instance is not up yet.
    InstancePending = "instance_pending",
    /// The instance is stopped.
    InstanceStopped = "instance_stopped",
    /// The instance is terminated.
    InstanceTerminated = "instance_terminated",
    /// The address from before a stop and start, tried again.
    OldAddress = "old_address",
    /// The private address, tried from outside.
    PrivateAddress = "private_address",
    /// An address that no instance has.
    UnknownAddress = "unknown_address",
    /// Another port than 22.
    WrongPort = "wrong_port",
    /// The host key was not accepted.
    HostKeyRefused = "host_key_refused",
    /// The host key is another than the one that was accepted before.
    HostKeyChanged = "host_key_changed",
    /// The key file is gone, and with it the only private half.
    KeyLost = "key_lost",
    /// The key file is locked with a passphrase that ssh was not given.
    KeyLocked = "key_locked",
    /// The key file holds something that never was a key.
    KeyFileOther = "key_file_other",
    /// A `.pem` file was given to PuTTY.
    PemGivenToPutty = "pem_given_to_putty",
    /// An agent's keys were offered first, and there were too many.
    TooManyKeys = "too_many_keys",
    /// The client can prove its key only in a way that the instance does not take (SHA-1).
    OldSignature = "old_signature",
    /// The client and the instance know no host key type in common.
    OldHostKey = "old_host_key",
    /// The instance does not trust its own list of keys, because others may write to it.
    AuthorizedKeysOpen = "authorized_keys_open",
    /// The key is not in the instance's list of keys any more.
    AuthorizedKeysWithout = "authorized_keys_without",
    /// The client found no computer of that name.
    HostNotFound = "host_not_found",
    /// The command names no host, so that the client only explained itself.
    CommandIncomplete = "command_incomplete",
    /// The client stopped on the learner's own computer, before anything left it.
    NeverLeft = "never_left",
    /// The key file lies in a git repository.
    KeyInRepository = "key_in_repository",
    /// The key file's folder is open to others.
    KeyFolderOpen = "key_folder_open",
    /// A rule admits everybody where only the learner was to be admitted.
    GroupOpenToAll = "group_open_to_all",
}

impl Mistake {
    /// The mistake of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|mistake| mistake.name() == name)
    }
}

/// A mistake recognised in the evidence, with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognised {
    /// Which.
    pub mistake: Mistake,
    /// What was seen and what it means, for the learner: at most four lines of 76 columns.
    pub says: String,
    /// The command that cures it, to be shown on a line of its own so that it can be copied.
    pub cure: Option<String>,
}

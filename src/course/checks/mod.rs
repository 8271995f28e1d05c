//! Checks: one typed predicate a file, and the one list of them.

use serde::{Deserialize, Serialize};

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Need};
use crate::course::verdict::Verdict;

/// One expectation of a step, written `expect.key_pair_exists = {}` in `lesson.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expect {
    /// The instance is gone or going, and the key pair is deleted.
    CleanedUp {},
    /// An instance was launched with the key pair.
    InstanceLaunched {},
    /// The key file's mode is 400.
    KeyFilePrivate {},
    /// A key pair is in the account.
    KeyPairExists {},
    /// A command was run on the instance.
    LookedAround {},
    /// The client refused a key file that others can read, or had no reason to.
    PermissionErrorMet {},
    /// The private half is in a file.
    PrivateKeySaved {},
    /// The instance's public address was looked up or used.
    PublicAddressFound {},
    /// The learner logged in to the instance with the key.
    SignedIn {},
    /// A security group of the instance admits the learner's address on port 22.
    SshAllowed {},
}

impl Expect {
    /// What it cannot be judged without.
    pub fn needs(&self) -> &'static [Need] {
        match self {
            Self::KeyPairExists {} => &[Need::Account],
            Self::PrivateKeySaved {}
            | Self::KeyFilePrivate {}
            | Self::InstanceLaunched {}
            | Self::SshAllowed {} => &[Need::Account, Need::KeyFiles],
            Self::CleanedUp {}
            | Self::LookedAround {}
            | Self::PermissionErrorMet {}
            | Self::PublicAddressFound {}
            | Self::SignedIn {} => &[Need::Account, Need::KeyFiles, Need::Events],
        }
    }

    /// Judges the evidence; binds the learner's own names where it meets them.
    pub fn judge(&self, evidence: &Evidence, bindings: &mut Bindings) -> Verdict {
        let _ = (evidence, bindings);
        Verdict::CouldNotTell {
            why: "This check is not written yet.".to_owned(),
        }
    }
}

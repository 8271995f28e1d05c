//! Checks: one typed predicate a file, and the one list of them.

mod cleaned_up;
mod instance_launched;
mod key_file_private;
mod key_pair_exists;
mod looked_around;
mod permission_error_met;
mod private_key_saved;
mod public_address_found;
mod signed_in;
mod ssh_allowed;

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
            Self::CleanedUp {}
            | Self::InstanceLaunched {}
            | Self::KeyPairExists {}
            | Self::SshAllowed {} => &[Need::Account],
            Self::KeyFilePrivate {} | Self::PrivateKeySaved {} => &[Need::Account, Need::KeyFiles],
            Self::LookedAround {} | Self::PublicAddressFound {} | Self::SignedIn {} => {
                &[Need::Account, Need::Events]
            }
            Self::PermissionErrorMet {} => &[Need::Account, Need::KeyFiles, Need::Events],
        }
    }

    /// Judges the evidence; binds the learner's own names where it meets them.
    pub fn judge(&self, evidence: &Evidence, bindings: &mut Bindings) -> Verdict {
        if *self != (Self::CleanedUp {}) {
            bindings.settle(evidence);
        }
        let verdict = match self {
            Self::CleanedUp {} => cleaned_up::judge(evidence, bindings),
            Self::InstanceLaunched {} => instance_launched::judge(evidence, bindings),
            Self::KeyFilePrivate {} => key_file_private::judge(evidence, bindings),
            Self::KeyPairExists {} => key_pair_exists::judge(evidence, bindings),
            Self::LookedAround {} => looked_around::judge(evidence, bindings),
            Self::PermissionErrorMet {} => permission_error_met::judge(evidence, bindings),
            Self::PrivateKeySaved {} => private_key_saved::judge(evidence, bindings),
            Self::PublicAddressFound {} => public_address_found::judge(evidence, bindings),
            Self::SignedIn {} => signed_in::judge(evidence, bindings),
            Self::SshAllowed {} => ssh_allowed::judge(evidence, bindings),
        };
        verdict.unwrap_or_else(|could_not_tell| could_not_tell)
    }
}

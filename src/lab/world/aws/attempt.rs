//! One run of ssh as the client's side saw it: what the wrapper tells the engine, as JSON on the control socket.

use serde::{Deserialize, Serialize};

/// What was seen of one ssh on the learner's own computer. Nothing in it is secret: of keys only fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Where it went, after the learner's own settings (`ssh -G`).
    pub host: String,
    /// Port.
    pub port: u16,
    /// As whom.
    pub user: String,
    /// Key files that ssh would try, in its order.
    pub identities: Vec<Identity>,
    /// `IdentitiesOnly`: no key of the agent that is not among the files.
    pub only_these: bool,
    /// `SHA256:…` of the agent's keys.
    pub agent: Vec<String>,
    /// `SHA256:…` of the host keys that the learner's lists of known hosts have for this host.
    pub known: Vec<String>,
    /// Whether ssh goes on with a host key that stands in no list (`StrictHostKeyChecking` no or accept-new).
    pub takes_unknown_hosts: bool,
    /// Host key algorithms that it takes.
    pub host_key_algorithms: Vec<String>,
    /// Signature algorithms that it proves a key with.
    pub signs_with: Vec<String>,
    /// The client's version, as it introduces itself.
    pub client: String,
    /// The remote command, if the line names one.
    pub command: Option<String>,
    /// Whether ssh ran the LocalCommand: it does so after authentication only.
    pub local_command_ran: bool,
    /// ssh's exit status; 255 is ssh's own failure.
    pub status: i32,
    /// What a connection meets there right afterwards; only asked after a failure, and only of a running instance of the
    /// learner's.
    pub met: Option<Met>,
}

/// A key file that ssh would try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Absolute.
    pub path: String,
    /// Permission bits; none when there is no such file.
    pub mode: Option<u32>,
    /// Whether it belongs to the learner: ssh looks at the mode only then.
    pub mine: bool,
    /// `SHA256:…` and kind (`RSA`, `ED25519`) as `ssh-keygen -l` prints them.
    pub public: Option<(String, String)>,
}

/// What a connection meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Met {
    /// Somebody listens: the host keys, kind and `SHA256:…`, where ssh-keyscan got them.
    Open(Vec<(String, String)>),
    /// The machine is there; nobody listens.
    Refused,
    /// Nothing comes back.
    Silent,
    /// This computer knows no way there: the reason.
    NoWay(String),
}

impl Attempt {
    /// Whether the login was proven: LocalCommand ran, or the session ended with a status that is not ssh's own failure.
    pub fn signed_in(&self) -> bool {
        self.local_command_ran || self.status != SSH_FAILED
    }
}

/// ssh's status when it failed itself.
pub const SSH_FAILED: i32 = 255;

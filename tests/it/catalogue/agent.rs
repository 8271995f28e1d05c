//! An agent that was started in the lab: its keys are offered before the file after -i.

use super::entry::{Cure, Entry, SIGN_IN};

macro_rules! agent {
    ($keys:literal) => {
        concat!(
            "eval \"$(ssh-agent -s)\"
trap 'ssh-agent -k' EXIT
for number in ", $keys, "; do
  ssh-keygen -q -t ed25519 -N '' -f own$number
  ssh-add -q own$number
done
"
        )
    };
}

const AGENT: Entry = Entry {
    number: 14,
    mistake: Some("too_many_keys"),
    before: agent!("1 2 3 4 5 6"),
    first_line: "Received disconnect from 203.0.113.25 port 22:2: Too many authentication failures",
    clients: &["Received disconnect from {peer}:2: Too many authentication failures\r\nDisconnected from {peer}\r\n"],
    says: &["Your ssh offered 6 keys", "an agent's keys go first"],
    cure: Cure::ShownSignsIn,
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "six keys in the agent",
        ..AGENT
    },
    &Entry {
        met_by: "six keys in the agent, and the .pem added as a seventh",
        before: concat!(agent!("1 2 3 4 5 6"), "ssh-add -q testkeypair.pem\n"),
        ..AGENT
    },
    &Entry {
        met_by: "five keys in the agent: the sixth attempt is the right one",
        mistake: None,
        before: agent!("1 2 3 4 5"),
        types: "ssh -i testkeypair.pem ec2-user@{address} whoami",
        first_line: "",
        clients: &[""],
        prints: "ec2-user\n",
        status: 0,
        says: &[],
        cure: Cure::Typed(""),
        ..AGENT
    },
    &Entry {
        met_by: "six keys in the agent, its own among the first",
        mistake: None,
        before: concat!(agent!(""), "ssh-add -q testkeypair.pem\nfor number in 1 2 3 4 5; do ssh-keygen -q -t ed25519 -N '' -f own$number; ssh-add -q own$number; done\n"),
        types: "ssh ec2-user@{address} whoami",
        first_line: "",
        clients: &[""],
        prints: "ec2-user\n",
        status: 0,
        says: &[],
        cure: Cure::Typed(""),
        ..AGENT
    },
];

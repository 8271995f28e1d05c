//! scp: the words of the ssh below it, and then its own.

use super::entry::{Cure, Entry, SIGN_IN};

const COPY: Entry = Entry {
    before: "echo hello > notes.txt\n",
    cure: Cure::ShownSignsIn,
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "scp as another system's user",
        number: 2,
        mistake: Some("wrong_user"),
        types: "scp -i testkeypair.pem notes.txt ubuntu@{address}:",
        first_line: "ubuntu@203.0.113.25: Permission denied (publickey,gssapi-with-mic).",
        clients: &[
            "ubuntu@{address}: Permission denied (publickey,gssapi-with-mic).\r\nscp: Connection closed\r\n",
        ],
        says: &["Your key is the right one", "you came as ubuntu"],
        ..COPY
    },
    &Entry {
        met_by: "scp without -i",
        number: 4,
        mistake: Some("no_identity"),
        types: "scp notes.txt ec2-user@{address}:",
        first_line: "ec2-user@203.0.113.25: Permission denied (publickey,gssapi-with-mic).",
        clients: &[
            "ec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\nscp: Connection closed\r\n",
        ],
        says: &["You reached the instance", "no key file was named"],
        ..COPY
    },
    &Entry {
        met_by: "scp and a closed group",
        number: 1,
        mistake: Some("group_closed"),
        before: "echo hello > notes.txt
aws ec2 revoke-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0\n",
        types: "scp -i testkeypair.pem notes.txt ec2-user@{address}:",
        first_line: "ssh: connect to host 203.0.113.25 port 22: Connection timed out",
        clients: &[
            "ssh: connect to host {address} port 22: Connection timed out\r\nscp: Connection closed\r\n",
        ],
        says: &["has no rule for port 22"],
        cure: Cure::Shown,
        ..COPY
    },
];

//! The machine's own key: unknown, refused, changed.

use super::entry::{Cure, Entry, SIGN_IN, reused_address};

/// The host is forgotten, and its fingerprint noted.
const UNKNOWN: &str = "fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')
ssh-keygen -R $address\n";

/// What OpenSSH 9.2 asks.
const QUESTION: &str = "The authenticity of host '{address} ({hostip})' can't be established.\r\n\
    ED25519 key fingerprint is {fingerprint}.\r\n\
    This key is not known by any other names.\r\n\
    Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
const AGAIN: &str = "Please type 'yes', 'no' or the fingerprint: ";

/// Debian's ssh adds the two lines with `remove with:`.
const CHANGED: &str = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r
Someone could be eavesdropping on you right now (man-in-the-middle attack)!\r
It is also possible that a host key has just been changed.\r
The fingerprint for the ED25519 key sent by the remote host is\n~.\r
Please contact your system administrator.\r
Add correct host key in {known_hosts} to get rid of this message.\r
Offending ED25519 key in {known_hosts}:{offending}\r
  remove with:\r
  ssh-keygen -f \"{known_hosts}\" -R \"{address}\"\r
Host key for {address} has changed and you have requested strict checking.\r
Host key verification failed.\r
";

const REFUSED: Entry = Entry {
    number: 9,
    mistake: Some("host_key_refused"),
    before: UNKNOWN,
    first_line: "Host key verification failed.",
    clients: &["Host key verification failed.\r\n"],
    says: &["You reached {address}", "hung up before it named a user", "yes in full"],
    cure: Cure::Typed(""),
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "no at the host key question",
        answers: &[(QUESTION, "no")],
        ..REFUSED
    },
    &Entry {
        met_by: "y at the host key question, and then no",
        answers: &[(QUESTION, "y"), (AGAIN, "no")],
        ..REFUSED
    },
    &Entry {
        met_by: "an unknown host key and nobody to ask",
        types: "ssh -o BatchMode=yes -i testkeypair.pem ec2-user@{address}",
        ..REFUSED
    },
    &Entry {
        met_by: "the fingerprint pasted at the host key question",
        mistake: None,
        types: "ssh -i testkeypair.pem ec2-user@{address} whoami",
        answers: &[(QUESTION, "y"), (AGAIN, "{fingerprint}")],
        first_line: "Warning: Permanently added '203.0.113.25' (ED25519) to the list of known hosts.",
        clients: &["Warning: Permanently added '{address}' (ED25519) to the list of known hosts.\r\n"],
        prints: "ec2-user\n",
        status: 0,
        says: &[],
        ..REFUSED
    },
    &Entry {
        met_by: "a new instance behind the Elastic IP of an old one",
        mistake: Some("host_key_changed"),
        before: concat!(
            reused_address!(
                "ssh -o StrictHostKeyChecking=accept-new -o PubkeyAuthentication=no ec2-user@$address\n"
            ),
            "offending=$(ssh-keygen -F $address | sed -n 's/.*line \\([0-9]*\\).*/\\1/p' | head -n 1)\n"
        ),
        types: "ssh -i testkeypair.pem ec2-user@{address}",
        first_line: "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        clients: &[CHANGED],
        says: &["another host key for {address}", "hung up before it named a user"],
        cure: Cure::Shown,
        ..REFUSED
    },
];

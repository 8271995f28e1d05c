//! The network is fine: the user or the key is not.

use super::entry::{Cure, banner, Entry, SIGN_IN};

const DENIED: Entry = Entry {
    first_line: "ec2-user@203.0.113.25: Permission denied (publickey,gssapi-with-mic).",
    clients: &[
        "ec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
        "ec2-user@{address}: Permission denied (publickey,gssapi-keyex,gssapi-with-mic).\r\n",
    ],
    cure: Cure::ShownSignsIn,
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "another system's user",
        number: 2,
        mistake: Some("wrong_user"),
        types: "ssh -i testkeypair.pem ubuntu@{address}",
        first_line: "ubuntu@203.0.113.25: Permission denied (publickey,gssapi-with-mic).",
        clients: &["ubuntu@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["Your key is the right one", "you came as ubuntu", "only ec2-user"],
        ..DENIED
    },
    &Entry {
        met_by: "no user at all",
        number: 2,
        mistake: Some("wrong_user"),
        before: "me=$(id -un)\n",
        types: "ssh -i testkeypair.pem {address}",
        first_line: "stud@203.0.113.25: Permission denied (publickey,gssapi-with-mic).",
        clients: &["{me}@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["you came as {me}", "ssh takes your name on this computer"],
        ..DENIED
    },
    &Entry {
        met_by: "another key pair's file",
        number: 4,
        mistake: Some("wrong_key"),
        before: "aws ec2 create-key-pair --key-name otherkeypair --query KeyMaterial --output text > otherkeypair.pem
chmod 400 otherkeypair.pem\n",
        types: "ssh -i otherkeypair.pem ec2-user@{address}",
        says: &["You offered the key of pair otherkeypair", "launched with key pair testkeypair"],
        ..DENIED
    },
    &Entry {
        met_by: "no -i",
        number: 4,
        mistake: Some("no_identity"),
        types: "ssh ec2-user@{address}",
        says: &["You reached the instance", "no key file was named"],
        ..DENIED
    },
    &Entry {
        met_by: "root",
        number: 13,
        mistake: Some("root_login"),
        types: "ssh -i testkeypair.pem root@{address} whoami",
        first_line: "Please login as the user \"ec2-user\" rather than the user \"root\".",
        clients: &[""],
        prints: "Please login as the user \"ec2-user\" rather than the user \"root\".\n\n",
        status: 142,
        says: &["as root", "sign in as ec2-user"],
        ..DENIED
    },
    &Entry {
        met_by: "a key path that leads nowhere",
        number: 7,
        mistake: Some("key_path_not_found"),
        types: "ssh -i keys/testkeypair.pem ec2-user@{address}",
        first_line: "Warning: Identity file keys/testkeypair.pem not accessible: No such file or directory.",
        clients: &["Warning: Identity file keys/testkeypair.pem not accessible: No such file or directory.\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["no key file at keys/testkeypair.pem", "yours is testkeypair.pem"],
        ..DENIED
    },
    &Entry {
        met_by: "a folder after -i",
        number: 7,
        mistake: Some("key_path_not_found"),
        before: "mkdir -m 700 keys\n",
        types: "ssh -i keys ec2-user@{address}",
        first_line: "Load key \"keys\": Is a directory",
        clients: &["Load key \"keys\": Is a directory\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["no key file at keys as seen"],
        ..DENIED
    },
    &Entry {
        met_by: "a folder after -i that others can look into",
        number: 7,
        mistake: Some("key_path_not_found"),
        before: "mkdir -m 755 keys\n",
        types: "ssh -i keys ec2-user@{address}",
        first_line: "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
        clients: &[banner!("0755", "keys", "(publickey,gssapi-with-mic)")],
        says: &["no key file at keys as seen"],
        ..DENIED
    },
    &Entry {
        met_by: "a Windows path with backslashes",
        number: 7,
        mistake: Some("key_path_not_found"),
        types: "ssh -i C:\\Users\\me\\k.pem ec2-user@{address}",
        first_line: "Warning: Identity file C:Usersmek.pem not accessible: No such file or directory.",
        clients: &["Warning: Identity file C:Usersmek.pem not accessible: No such file or directory.\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["no key file at C:Usersmek.pem"],
        ..DENIED
    },
];

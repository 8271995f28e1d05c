//! Key files that hold something else than the bare key.

use super::entry::{Cure, Entry, FIRST_KEY, SIGN_IN};

const UNLOADABLE: Entry = Entry {
    number: 11,
    types: "ssh -i spoiled.pem ec2-user@{address}",
    first_line: "Load key \"spoiled.pem\": error in libcrypto",
    clients: &[
        "Load key \"spoiled.pem\": error in libcrypto\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
        "Load key \"spoiled.pem\": invalid format\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
        "Load key \"spoiled.pem\": error in libcrypto: ~\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
    ],
    cure: Cure::Typed(""),
    ..SIGN_IN
};

/// The first key pair's own file, before anything is launched: the cure that is shown leads to a good one.
const FIRST: Entry = Entry {
    number: 11,
    types: "chmod 400 testkeypair.pem",
    clients: &[""],
    ..FIRST_KEY
};

/// An answer of create-key-pair for RSA, another form of which is in the file.
macro_rules! spoiled {
    ($how:literal) => {
        concat!($how, " > spoiled.pem\nchmod 400 spoiled.pem\n")
    };
}

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "JSON: --output text was missing",
        mistake: Some("key_file_json"),
        before: spoiled!("aws ec2 create-key-pair --key-name second --query KeyMaterial"),
        says: &["spoiled.pem holds JSON"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "the whole answer in JSON",
        mistake: Some("key_file_json"),
        before: spoiled!("aws ec2 create-key-pair --key-name second"),
        says: &["spoiled.pem holds JSON"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "the whole answer as text, fingerprint first",
        mistake: Some("key_file_whole_answer"),
        before: spoiled!("aws ec2 create-key-pair --key-name second --output text"),
        says: &["the whole answer", "--query KeyMaterial was missing"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "a table",
        mistake: Some("key_file_whole_answer"),
        before: spoiled!("aws ec2 create-key-pair --key-name second --output table"),
        says: &["the whole answer"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "UTF-16, as Windows PowerShell 5 writes",
        mistake: Some("key_file_utf16"),
        before: spoiled!("iconv -f UTF-8 -t UTF-16 testkeypair.pem"),
        says: &["spoiled.pem is written in UTF-16"],
        cure: Cure::Shown,
        then: "chmod 400 converted.pem\nssh -i converted.pem ec2-user@$address whoami\n",
        ..UNLOADABLE
    },
    &Entry {
        met_by: "line breaks turned to spaces",
        mistake: Some("key_file_damaged"),
        before: spoiled!("tr '\\n' ' ' < testkeypair.pem"),
        says: &["whose text is spoiled"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "indented",
        mistake: Some("key_file_damaged"),
        before: spoiled!("sed 's/^/  /' testkeypair.pem"),
        says: &["whose text is spoiled"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "in quotes",
        mistake: Some("key_file_damaged"),
        before: spoiled!("{ printf '\"'; cat testkeypair.pem; printf '\"'; }"),
        says: &["whose text is spoiled"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "cut off at the end",
        mistake: Some("key_file_truncated"),
        before: spoiled!("head -c 800 testkeypair.pem"),
        says: &["only a part of a private key"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "without its BEGIN line",
        mistake: Some("key_file_truncated"),
        before: spoiled!("sed 1d testkeypair.pem"),
        says: &["only a part of a private key"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "empty",
        mistake: Some("key_file_empty"),
        before: spoiled!("printf ''"),
        says: &["spoiled.pem is empty"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "the public half",
        mistake: Some("public_half_given"),
        before: spoiled!("ssh-keygen -y -f testkeypair.pem"),
        says: &["spoiled.pem holds a public key"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "an ED25519 key with Windows line ends",
        mistake: Some("key_file_damaged"),
        before: spoiled!("aws ec2 create-key-pair --key-type ed25519 --key-name second --query KeyMaterial --output text | sed 's/$/\\r/'"),
        says: &["whose text is spoiled"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "an ED25519 key without its last line end",
        mistake: Some("key_file_damaged"),
        before: spoiled!("printf %s \"$(aws ec2 create-key-pair --key-type ed25519 --key-name second --query KeyMaterial --output text)\""),
        says: &["whose text is spoiled"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "PuTTY's format given to ssh",
        number: 8,
        mistake: Some("ppk_given_to_ssh"),
        before: spoiled!("aws ec2 create-key-pair --key-name second --key-format ppk --query KeyMaterial --output text"),
        says: &["spoiled.pem is in PuTTY's format"],
        ..UNLOADABLE
    },
    &Entry {
        met_by: "JSON in the first key pair's file, and its mode set",
        mistake: Some("key_file_json"),
        before: "aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial > testkeypair.pem\n",
        says: &["testkeypair.pem holds JSON"],
        ..FIRST
    },
    &Entry {
        met_by: "the whole answer in the first key pair's file, and its mode set",
        mistake: Some("key_file_whole_answer"),
        before: "aws ec2 create-key-pair --key-name testkeypair --output text > testkeypair.pem\n",
        says: &["the whole answer"],
        ..FIRST
    },
    &Entry {
        met_by: "an indented first key, and its mode set",
        mistake: Some("key_file_damaged"),
        before: "aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text | sed 's/^/  /' > testkeypair.pem\n",
        says: &["whose text is spoiled"],
        ..FIRST
    },
];

//! Clients of the SHA-1 era against machines of today.

use super::entry::{Cure, Entry, SIGN_IN};
use super::lab::{Lab, Stage};

const OLD: Entry = Entry {
    number: 16,
    cure: Cure::ShownSignsIn,
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "a client that takes RSA host keys only, at Amazon Linux 2023",
        mistake: Some("old_host_key"),
        types: "ssh -o HostKeyAlgorithms=ssh-rsa -i testkeypair.pem ec2-user@{address}",
        first_line: "Unable to negotiate with 203.0.113.25 port 22: no matching host key type found. Their offer: ssh-ed25519,ecdsa-sha2-nistp256",
        clients: &["Unable to negotiate with {peer}: no matching host key type found. Their offer: ssh-ed25519,ecdsa-sha2-nistp256\r\n"],
        says: &["only host keys of the kind ssh-rsa", "Amazon Linux 2023 does not have"],
        ..OLD
    },
    &Entry {
        met_by: "an RSA key and a client that signs with SHA-1 only",
        mistake: Some("old_signature"),
        types: "ssh -o PubkeyAcceptedAlgorithms=ssh-rsa -i testkeypair.pem ec2-user@{address}",
        first_line: "sign_and_send_pubkey: no mutual signature supported",
        clients: &[
            "sign_and_send_pubkey: no mutual signature supported\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
            "ec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
        ],
        says: &["Your key file is good", "Amazon Linux 2023 does not accept", "SHA-1"],
        ..OLD
    },
];

/// OpenSSH from 10.1 warns of a server without one (`** WARNING: connection is not using a post-quantum key exchange
/// algorithm.`); before, as on Debian 12, only the offer can be seen.
#[test]
fn a_post_quantum_key_exchange_is_offered_so_that_no_client_warns() {
    let mut lab = Lab::open(Stage::Shim, false);
    let variables = lab.source(&Lab::before_step("sign-in"));
    let line = format!(
        "ssh -vv -i testkeypair.pem ec2-user@{} true",
        variables["address"]
    );
    let said = lab.types(&line, &[]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(!said.stderr.contains("** WARNING"), "{}", said.stderr);
    let offers = said.stderr.split("peer server KEXINIT proposal").nth(1);
    let kex = offers.and_then(|offers| {
        let mut lines = offers.lines();
        lines.find(|line| line.contains("KEX algorithms:"))
    });
    assert!(
        kex.is_some_and(|kex| kex.contains("mlkem768x25519-sha256")),
        "{kex:?}"
    );
}

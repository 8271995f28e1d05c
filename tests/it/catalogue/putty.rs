//! PuTTY's plink, in its own words.

use super::entry::{Cure, Entry, SIGN_IN, reused_address};

const PUTTY: Entry = Entry {
    number: 8,
    status: 1,
    cure: Cure::Typed(""),
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "a .pem file given to plink",
        mistake: Some("pem_given_to_putty"),
        before: "fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')\n",
        types: "plink -batch -hostkey {fingerprint} -i testkeypair.pem ec2-user@{address} whoami",
        first_line: "Unable to use key file \"testkeypair.pem\" (OpenSSH SSH-2 private key (old PEM format))",
        clients: &["Unable to use key file \"testkeypair.pem\" (OpenSSH SSH-2 private key (old PEM format))\r\nFATAL ERROR: No supported authentication methods available (server sent: publickey,gssapi-with-mic)\n"],
        says: &["testkeypair.pem is a good key", "PuTTY and plink read .ppk files only"],
        cure: Cure::Shown,
        then: "plink -batch -hostkey $fingerprint -i testkeypair.ppk ec2-user@$address whoami\n",
        ..PUTTY
    },
    &Entry {
        met_by: "a .ppk file given to plink, mode 644: it works",
        mistake: None,
        before: "fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')
puttygen testkeypair.pem -O private -o testkeypair.ppk
chmod 644 testkeypair.ppk\n",
        types: "plink -batch -hostkey {fingerprint} -i testkeypair.ppk ec2-user@{address} whoami",
        clients: &[""],
        prints: "ec2-user\n",
        status: 0,
        ..PUTTY
    },
    &Entry {
        met_by: "plink as another system's user",
        number: 2,
        mistake: Some("wrong_user"),
        before: "fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')
puttygen testkeypair.pem -O private -o testkeypair.ppk\n",
        types: "plink -batch -hostkey {fingerprint} -i testkeypair.ppk ubuntu@{address} whoami",
        first_line: "Server refused our key",
        clients: &["Server refused our key\r\nFATAL ERROR: No supported authentication methods available (server sent: publickey,gssapi-with-mic)\n"],
        says: &["you came as ubuntu"],
        ..PUTTY
    },
    &Entry {
        met_by: "plink and an unknown host key",
        number: 9,
        mistake: Some("host_key_refused"),
        types: "plink -batch -i testkeypair.ppk ec2-user@{address} whoami",
        first_line: "The host key is not cached for this server:",
        before: "fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')\n",
        clients: &["The host key is not cached for this server:
  {address} (port 22)
You have no guarantee that the server is the computer you
think it is.
The server's ssh-ed25519 key fingerprint is:
  ssh-ed25519 255 {fingerprint}
Connection abandoned.
FATAL ERROR: Cannot confirm a host key in batch mode
"],
        says: &["hung up before it named a user"],
        ..PUTTY
    },
    &Entry {
        met_by: "plink and a closed group",
        number: 1,
        mistake: Some("group_closed"),
        before: "aws ec2 revoke-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0\n",
        types: "plink -batch -i testkeypair.ppk ec2-user@{address}",
        first_line: "FATAL ERROR: Connection timed out",
        clients: &["FATAL ERROR: Connection timed out\n"],
        says: &["has no rule for port 22"],
        cure: Cure::Shown,
        ..PUTTY
    },
    &Entry {
        met_by: "plink and another port",
        number: 6,
        mistake: Some("wrong_port"),
        before: "aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 2222 --cidr 0.0.0.0/0\n",
        types: "plink -batch -P 2222 -i testkeypair.ppk ec2-user@{address}",
        first_line: "FATAL ERROR: Connection refused",
        clients: &["FATAL ERROR: Connection refused\n"],
        says: &["You tried port 2222"],
        ..PUTTY
    },
    &Entry {
        met_by: "plink and a new instance behind the Elastic IP of an old one",
        number: 9,
        mistake: Some("host_key_refused"),
        before: concat!(
            reused_address!("echo y | plink -i testkeypair.ppk ec2-user@$address true\n"),
            "ssh-keygen -R $address
ssh -o StrictHostKeyChecking=accept-new -o PubkeyAuthentication=no ec2-user@$address
fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')\n"
        ),
        types: "plink -batch -i testkeypair.ppk ec2-user@{address} whoami",
        first_line: "WARNING - POTENTIAL SECURITY BREACH!",
        clients: &["WARNING - POTENTIAL SECURITY BREACH!
The host key does not match the one Plink has cached for
this server:
  {address} (port 22)
This means that either the server administrator has changed
the host key, or you have actually connected to another
computer pretending to be the server.
The new ssh-ed25519 key fingerprint is:
  ssh-ed25519 255 {fingerprint}
Connection abandoned.
FATAL ERROR: Cannot confirm a host key in batch mode
"],
        says: &["hung up before it named a user"],
        ..PUTTY
    },
    &Entry {
        met_by: "pscp and an unknown host key",
        number: 9,
        mistake: Some("host_key_refused"),
        types: "pscp -batch -i testkeypair.ppk notes.txt ec2-user@{address}:",
        first_line: "The host key is not cached for this server:",
        before: "echo hello > notes.txt; fingerprint=$(ssh-keygen -l -F $address | awk '/ED25519/ { print $3 }')\n",
        clients: &["The host key is not cached for this server:
  {address} (port 22)
You have no guarantee that the server is the computer you
think it is.
The server's ssh-ed25519 key fingerprint is:
  ssh-ed25519 255 {fingerprint}
Connection abandoned.
FATAL ERROR: Cannot confirm a host key in batch mode
"],
        says: &["hung up before it named a user"],
        ..PUTTY
    },
];

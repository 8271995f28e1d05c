//! The command line itself: the client stops on the learner's own computer, and nothing reaches the instance.

use super::entry::{Cure, Entry, SIGN_IN};
use super::lab::Stage;

/// OpenSSH 9.2's.
const USAGE: &str = "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]
           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]
           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]
           [-i identity_file] [-J [user@]host[:port]] [-L address]
           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]
           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]
           [-w local_tun[:remote_tun]] destination [command [argument ...]]
";

const TYPED: Entry = Entry {
    number: 7,
    says: &["Nothing reached your instance"],
    cure: Cure::ShownSignsIn,
    ..SIGN_IN
};

const NO_SUCH_HOST: Entry = Entry {
    number: 5,
    mistake: Some("host_not_found"),
    ..TYPED
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "the host forgotten",
        mistake: Some("command_incomplete"),
        types: "ssh -i testkeypair.pem",
        first_line: "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]",
        clients: &[USAGE],
        says: &["names no computer"],
        ..TYPED
    },
    &Entry {
        met_by: "the key file forgotten behind -i",
        mistake: Some("command_incomplete"),
        types: "ssh -i ec2-user@{address}",
        first_line: "Warning: Identity file ec2-user@203.0.113.25 not accessible: No such file or directory.",
        clients: &["Warning: Identity file ec2-user@{address} not accessible: No such file or directory.
usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]
           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]
           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]
           [-i identity_file] [-J [user@]host[:port]] [-L address]
           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]
           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]
           [-w local_tun[:remote_tun]] destination [command [argument ...]]
"],
        says: &["names no computer"],
        ..TYPED
    },
    &Entry {
        met_by: "a port that is none",
        mistake: Some("wrong_port"),
        types: "ssh -p 99999 -i testkeypair.pem ec2-user@{address}",
        first_line: "Bad port '99999'",
        clients: &["Bad port '99999'\n"],
        says: &["there is no port 99999", "port 22"],
        ..TYPED
    },
    &Entry {
        met_by: "a space in the key's path, without quotes",
        mistake: Some("host_not_found"),
        types: "ssh -i My keys/k.pem ec2-user@{address}",
        first_line: "Warning: Identity file My not accessible: No such file or directory.",
        clients: &["Warning: Identity file My not accessible: No such file or directory.\nssh: Could not resolve hostname keys/k.pem: {unresolved}\r\n"],
        says: &["a computer named keys/k.pem"],
        ..TYPED
    },
    &Entry {
        met_by: "an option that ssh does not know",
        mistake: Some("never_left"),
        types: "ssh -o StrictHostKeyCheking=no -i testkeypair.pem ec2-user@{address}",
        first_line: "command-line: line 0: Bad configuration option: stricthostkeycheking",
        clients: &["command-line: line 0: Bad configuration option: stricthostkeycheking\r\n"],
        says: &["which is up at {address}", "stopped on your own computer"],
        ..TYPED
    },
    &Entry {
        met_by: "http:// pasted in front of the address",
        types: "ssh -i testkeypair.pem http://{address}",
        first_line: "ssh: Could not resolve hostname http://203.0.113.25: Name or service not known",
        clients: &["ssh: Could not resolve hostname http://{address}: {unresolved}\r\n"],
        says: &["a computer named http://{address}", "public address there, {address}"],
        ..NO_SUCH_HOST
    },
    &Entry {
        met_by: "a slip in the public name",
        before: "name=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicDnsName' --output text); slip=${name%m}\n",
        types: "ssh -i testkeypair.pem ec2-user@{slip}",
        first_line: "ssh: Could not resolve hostname ec2-203-0-113-25.compute-1.amazonaws.co: Name or service not known",
        clients: &["ssh: Could not resolve hostname {slip}: {unresolved}\r\n"],
        says: &["a computer named {slip}", "public address there, {address}"],
        ..NO_SUCH_HOST
    },
    &Entry {
        met_by: "an IPv6 address, and no route to it",
        number: 1,
        stages: &[Stage::Netns],
        mistake: Some("host_not_found"),
        types: "ssh -i testkeypair.pem ec2-user@2001:db8::25",
        first_line: "ssh: connect to host 2001:db8::25 port 22: Network is unreachable",
        clients: &["ssh: connect to host 2001:db8::25 port 22: Network is unreachable\r\n"],
        says: &["a computer named 2001:db8::25"],
        ..TYPED
    },
    &Entry {
        met_by: "a configuration of one's own that others may write to",
        stages: &[Stage::Netns],
        mistake: Some("never_left"),
        before: "mkdir -p ~/.ssh; echo 'Host *' > ~/.ssh/config; chmod 666 ~/.ssh/config\n",
        first_line: "Bad owner or permissions on ~/.ssh/config",
        clients: &["Bad owner or permissions on {own_home}/.ssh/config\r\n"],
        says: &["stopped on your own computer"],
        then: "chmod 600 ~/.ssh/config\n",
        cure: Cure::Typed("chmod 600 ~/.ssh/config\n"),
        ..TYPED
    },
];

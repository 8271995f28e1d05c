//! The small files of the namespace: names, and where they are looked up. Pure.

use std::fmt::Write;
use std::net::Ipv4Addr;

/// `/etc/resolv.conf`: a name that is not in the hosts file is unknown there.
pub(super) const RESOLV_CONF: &str = "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n";

/// `/etc/hosts`, with this computer's own name and the instances'.
pub(super) fn hosts(computer: &str, names: &[(Ipv4Addr, String)]) -> String {
    let mut text = format!(
        "127.0.0.1 localhost {computer}\n::1 localhost ip6-localhost ip6-loopback\n# The instances of the lab.\n"
    );
    for (address, name) in names {
        let _ = writeln!(text, "{address} {name}");
    }
    text
}

/// `/etc/nsswitch.conf`: the computer's own, so that a user who is not in `/etc/passwd` still is one, but with names of hosts from the file
/// and the resolver only. Other services ask by Unix sockets, and so would leave the lab.
pub(super) fn nsswitch(theirs: &str) -> String {
    let mut text: String = theirs
        .lines()
        .filter(|line| !line.trim_start().starts_with("hosts:"))
        .fold(String::new(), |text, line| text + line + "\n");
    text.push_str("hosts: files dns\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_as_before_and_hosts_in_the_lab_only() {
        assert_eq!(
            nsswitch("passwd: files sss\nhosts: mymachines resolve [!UNAVAIL=return] files dns\n"),
            "passwd: files sss\nhosts: files dns\n"
        );
    }

    #[test]
    fn each_name_has_a_line() {
        let names = [(
            Ipv4Addr::new(203, 0, 113, 25),
            "ec2-203-0-113-25.compute-1.amazonaws.com".to_owned(),
        )];
        assert_eq!(
            hosts("laptop", &names),
            "127.0.0.1 localhost laptop\n::1 localhost ip6-localhost ip6-loopback\n# The instances of the lab.\n\
             203.0.113.25 ec2-203-0-113-25.compute-1.amazonaws.com\n"
        );
    }
}

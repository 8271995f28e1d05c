//! A computer's network whose only way out leads to a counter: what leaves a lab is seen, whatever it is.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A network namespace with a loopback, and one interface that has the default route.
pub(crate) struct Recorder {
    holder: Child,
    is_root: bool,
}

/// Names are asked of an address beyond the interface; nothing is sent by the system itself.
const SET_UP: &str = "set -e
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
ip link set lo up
ip link add way-out type veth peer name beyond
ip addr add 192.0.2.2/24 dev way-out
ip link set beyond up
ip link set way-out up
ip route add default via 192.0.2.1
mount --bind \"$0\" /etc/resolv.conf
echo ready
exec sleep 600";

impl Recorder {
    /// Makes it; `folder` is for a file of its own.
    pub(crate) fn start(folder: &Path) -> Self {
        let names = folder.join("resolv.conf");
        std::fs::write(&names, "nameserver 192.0.2.53\n").unwrap();
        let is_root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--net", "--mount", "--", "/bin/sh", "-c", SET_UP]);
        command
            .arg(&names)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut holder = command.spawn().unwrap();
        let mut said = String::new();
        let out = holder.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut said).unwrap();
        assert_eq!(
            said, "ready\n",
            "a network of the test's own cannot be made"
        );
        Self { holder, is_root }
    }

    /// The words before a command that make it run there.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let pid = self.holder.id().to_string();
        let mut words = vec!["nsenter", "--target", &pid, "--net", "--mount"];
        if !self.is_root {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.push("--");
        words.into_iter().map(Into::into).collect()
    }

    /// Packets that have left, questions for a neighbour's address included.
    pub(crate) fn left(&self) -> u64 {
        let table = std::fs::read_to_string(format!("/proc/{}/net/dev", self.holder.id())).unwrap();
        let line = table
            .lines()
            .find_map(|line| line.trim().strip_prefix("way-out:"));
        let sent = line.unwrap().split_whitespace().nth(9).unwrap();
        sent.parse().unwrap()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

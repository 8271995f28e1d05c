//! Where a connection goes: asked of the real ssh when options or a configuration could lead it elsewhere.

#![expect(clippy::disallowed_methods, reason = "asks the real ssh")]

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::options::Options;
use crate::lab::multicall;

/// Where, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// `ConnectTimeout`, if one is set.
    pub(super) patience: Option<Duration>,
    /// ssh would say nothing.
    pub(super) quiet: bool,
    /// It goes through a jump host or a proxy of the learner's.
    by_proxy: bool,
}

impl Target {
    /// The words as they are.
    pub(super) fn plain(destination: &str, options: &Options) -> Self {
        let host = destination
            .rsplit_once('@')
            .map_or(destination, |(_, host)| host);
        Self {
            host: host.to_ascii_lowercase(),
            port: options.port.unwrap_or(22),
            patience: None,
            quiet: options.quiet,
            by_proxy: false,
        }
    }

    /// Asks `ssh -G`, which connects to nobody (6 ms). `None` when ssh does not like its arguments: it will say so itself.
    pub(super) fn ask(real: &Path, config: &Path, words: &[OsString]) -> Option<Self> {
        let mut command = Command::new(real);
        command
            .arg("-G")
            .arg("-F")
            .arg(config)
            .args(words)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let output = command
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Self::read(&String::from_utf8_lossy(&output.stdout))
    }

    fn read(settings: &str) -> Option<Self> {
        let value = |name: &str| {
            settings
                .lines()
                .filter_map(|line| line.split_once(' '))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let foreign = |value: &str| value != "none" && !value.contains(multicall::CONNECT);
        Some(Self {
            host: value("hostname")?.to_owned(),
            port: value("port")?.parse().ok()?,
            patience: value("connecttimeout")
                .and_then(|seconds| seconds.parse().ok())
                .filter(|s| *s > 0)
                .map(Duration::from_secs),
            quiet: value("loglevel").is_some_and(|level| level == "QUIET" || level == "FATAL"),
            by_proxy: value("proxycommand").is_some_and(foreign)
                || value("proxyjump").is_some_and(foreign),
        })
    }

    /// Whether the engine decides what is there.
    pub(super) fn is_in_the_lab(&self) -> bool {
        !self.by_proxy && is_lab_host(&self.host)
    }
}

/// The lab's public addresses (TEST-NET-3), their AWS names, and the private addresses of the default VPC.
pub(super) fn is_lab_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    ["203.0.113.", "ec2-203-0-113-", "172.31."]
        .iter()
        .any(|start| host.starts_with(start))
}

/// Whether it begins as an AWS name of the lab's and is not one: `ec2-203-0-113-25.compute-1.amazonaws.co`.
pub(super) fn is_no_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let Some((first, domain)) = host.split_once('.') else {
        return host.starts_with("ec2-");
    };
    let Some(numbers) = first.strip_prefix("ec2-") else {
        return false;
    };
    let is_address = numbers
        .replace('-', ".")
        .parse::<std::net::Ipv4Addr>()
        .is_ok();
    // us-east-1 has a domain of its own.
    let is_domain = domain == "compute-1.amazonaws.com"
        || domain
            .strip_suffix(".compute.amazonaws.com")
            .is_some_and(|region| !region.is_empty() && !region.contains('.'));
    !(is_address && is_domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_ssh_is_read() {
        let target = Target::read(
            "user me\nhostname 203.0.113.9\nport 2222\nconnecttimeout 3\nloglevel INFO\n\
             proxycommand '/lab/shell/groundschool-connect' %h %p\n",
        )
        .unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.patience),
            ("203.0.113.9", 2222, Some(Duration::from_secs(3)))
        );
        assert!(target.is_in_the_lab());
        assert_eq!(
            Target::read("hostname a\nport 22\nconnecttimeout none\n")
                .unwrap()
                .patience,
            None
        );
    }

    #[test]
    fn what_goes_by_a_jump_host_is_not_ours_to_answer() {
        let target =
            Target::read("hostname 172.31.5.6\nport 22\nproxyjump ec2-user@203.0.113.9\n").unwrap();
        assert!(!target.is_in_the_lab());
    }

    #[test]
    fn a_slip_in_a_name_is_no_name() {
        for name in [
            "ec2-203-0-113-25.compute-1.amazonaws.co",
            "ec2-203-0-113-25.compute-1.amazon.com",
            "ec2-203-0-113-25.eu-west-1.amazonaws.com",
            "ec2-203-0-113-256.compute-1.amazonaws.com",
            "ec2-203-0-113-25",
        ] {
            assert!(is_no_name(name), "{name}");
        }
        for name in [
            "ec2-203-0-113-25.compute-1.amazonaws.com",
            "EC2-203-0-113-25.eu-west-1.compute.amazonaws.com.",
            "203.0.113.25",
            "172.31.5.6",
        ] {
            assert!(!is_no_name(name), "{name}");
        }
    }

    #[test]
    fn only_the_labs_own_addresses_are_the_labs() {
        for host in [
            "203.0.113.25",
            "ec2-203-0-113-25.compute-1.amazonaws.com",
            "EC2-203-0-113-25.x",
            "172.31.8.9",
        ] {
            assert!(is_lab_host(host), "{host}");
        }
        for host in [
            "github.com",
            "198.51.100.7",
            "ec2-54-1-2-3.compute-1.amazonaws.com",
            "127.0.0.1",
        ] {
            assert!(!is_lab_host(host), "{host}");
        }
    }
}

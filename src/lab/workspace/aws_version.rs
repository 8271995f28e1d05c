//! Which AWS CLI this is, and whether it heeds `AWS_ENDPOINT_URL`.

#![expect(clippy::disallowed_methods, reason = "asks aws for its version")]

use std::path::Path;
use std::process::{Command, Stdio};

/// A version as `aws --version` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwsVersion {
    /// 1 or 2.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third.
    pub patch: u32,
}

impl AwsVersion {
    /// Asks this `aws`. About a second of Python, so ask once and keep the answer; `None` when it does not say.
    pub fn ask(aws: &Path) -> Option<Self> {
        let output = Command::new(aws)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        // Version 1 under Python 2 said it on standard error.
        let text = [output.stdout, output.stderr].concat();
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// Reads `aws-cli/2.9.19 Python/3.11.2 Linux/…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, after) = text.split_once("aws-cli/")?;
        let mut numbers = after.split_whitespace().next()?.split('.').map(str::parse);
        let (Ok(major), Ok(minor)) = (numbers.next()?, numbers.next()?) else {
            return None;
        };
        let patch = numbers.next().and_then(Result::ok).unwrap_or(0);
        Some(Self {
            major,
            minor,
            patch,
        })
    }

    /// Versions before 1.29 and 2.13 ignore `AWS_ENDPOINT_URL`, and would go to the real AWS.
    pub fn heeds_endpoint_url(self) -> bool {
        (self.major, self.minor) >= if self.major < 2 { (1, 29) } else { (2, 13) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_command_lines_are_known_to_leave() {
        let heeds = |text| AwsVersion::parse(text).unwrap().heeds_endpoint_url();
        assert!(!heeds(
            "aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian.12 prompt/off"
        ));
        assert!(!heeds(
            "aws-cli/1.22.34 Python/3.10.12 Linux/5.15 botocore/1.23.34"
        ));
        assert!(heeds("aws-cli/1.29.0 Python/3.11 Linux/6"));
        assert!(heeds("aws-cli/2.13.0 Python/3.11 Linux/6"));
        assert!(heeds("aws-cli/2.23.6 Python/3.12 Linux/6"));
        assert_eq!(AwsVersion::parse("bash: aws: command not found"), None);
    }
}

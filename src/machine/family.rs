//! The image families, and what differs between them inside a machine.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A family of images: all its versions look the same from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Amazon Linux 2023.
    #[serde(rename = "al2023")]
    AmazonLinux2023,
    /// Amazon Linux 2.
    #[serde(rename = "al2")]
    AmazonLinux2,
    /// Ubuntu 24.04 LTS.
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// Debian 12.
    #[serde(rename = "debian-12")]
    Debian12,
    /// Red Hat Enterprise Linux 9.
    #[serde(rename = "rhel-9")]
    Rhel9,
}

/// No image family has this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no image family is called {0:?}: known are al2, al2023, debian-12, rhel-9, ubuntu-24.04")]
pub struct UnknownFamily(pub String);

impl Family {
    /// Every family.
    pub const ALL: [Self; 5] = [
        Self::AmazonLinux2023,
        Self::AmazonLinux2,
        Self::Ubuntu2404,
        Self::Debian12,
        Self::Rhel9,
    ];

    /// The id used in fixtures: `al2023`, `al2`, `ubuntu-24.04`, `debian-12`, `rhel-9`
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AmazonLinux2023 => "al2023",
            Self::AmazonLinux2 => "al2",
            Self::Ubuntu2404 => "ubuntu-24.04",
            Self::Debian12 => "debian-12",
            Self::Rhel9 => "rhel-9",
        }
    }

    /// The user that the launch key opens (EC2 User Guide, "Manage system users").
    #[must_use]
    pub const fn login_user(self) -> &'static str {
        match self {
            Self::AmazonLinux2023 | Self::AmazonLinux2 | Self::Rhel9 => "ec2-user",
            Self::Ubuntu2404 => "ubuntu",
            Self::Debian12 => "admin",
        }
    }

    /// The methods that the server lists when it refuses a login. Amazon Linux and Ubuntu as in public transcripts;
    /// RHEL 9 (as its relatives) and Debian 12 (as Ubuntu) unverified.
    #[must_use]
    pub const fn refusal_methods(self) -> &'static [&'static str] {
        match self {
            Self::AmazonLinux2023 | Self::AmazonLinux2 | Self::Rhel9 => {
                &["publickey", "gssapi-keyex", "gssapi-with-mic"]
            }
            Self::Ubuntu2404 | Self::Debian12 => &["publickey"],
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|family| family.id() == text)
            .ok_or_else(|| UnknownFamily(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_its_family() {
        for family in Family::ALL {
            assert_eq!(family.id().parse(), Ok(family));
            assert_eq!(serde_json::to_value(family).unwrap(), family.id());
        }
        assert_eq!(
            "windows".parse::<Family>(),
            Err(UnknownFamily("windows".into()))
        );
    }
}

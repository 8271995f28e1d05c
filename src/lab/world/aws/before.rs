//! What was in the account before the lesson, so that what it leaves behind can be told apart. Pure but for the two functions that
//! read and write the file.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::course::evidence::{Account, Leftover};
use crate::course::words::shell_word;
use crate::lab::files::{read_if_there, write_atomically};
use crate::lab::world::aws::answer::{Address, Volume};

/// Ids of everything that was there, of one account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// 1.
    pub format: u32,
    /// Key pairs.
    pub key_pairs: BTreeSet<String>,
    /// Instances, not counting those that are gone.
    pub instances: BTreeSet<String>,
    /// Security groups.
    pub security_groups: BTreeSet<String>,
    /// Elastic IPs.
    pub addresses: BTreeSet<String>,
    /// Volumes.
    pub volumes: BTreeSet<String>,
    /// A lesson ended since with nothing left: the next one looks anew, so that what came meanwhile is not taken for its own.
    #[serde(default)]
    pub closed: bool,
}

/// Everything that is there now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// Key pairs, instances, security groups.
    pub account: &'a Account,
    /// Elastic IPs.
    pub addresses: &'a [Address],
    /// Volumes.
    pub volumes: &'a [Volume],
}

fn is_gone(state: &str) -> bool {
    matches!(state, "shutting-down" | "terminated")
}

impl Before {
    /// What is there now, remembered.
    pub fn of(now: Now<'_>) -> Self {
        let instances = now.account.instances.iter();
        Self {
            format: 1,
            key_pairs: now
                .account
                .key_pairs
                .iter()
                .map(|one| one.id.clone())
                .collect(),
            instances: instances
                .filter(|one| !is_gone(&one.state))
                .map(|one| one.id.clone())
                .collect(),
            security_groups: now
                .account
                .security_groups
                .iter()
                .map(|one| one.id.clone())
                .collect(),
            addresses: now.addresses.iter().map(|one| one.id.clone()).collect(),
            volumes: now.volumes.iter().map(|one| one.id.clone()).collect(),
            closed: false,
        }
    }

    /// Reads it, if it is there.
    pub fn read(path: &Path) -> Result<Option<Self>, std::io::Error> {
        let Some(bytes) = read_if_there(path)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(std::io::Error::other)
    }

    /// Notes, where it is kept, that a lesson ended with nothing left.
    pub fn close(path: &Path) -> Result<(), std::io::Error> {
        match Self::read(path)? {
            Some(before) => Self {
                closed: true,
                ..before
            }
            .write(path),
            None => Ok(()),
        }
    }

    /// Keeps it.
    pub fn write(&self, path: &Path) -> Result<(), std::io::Error> {
        write_atomically(path, &serde_json::to_vec(self)?)
    }

    /// What is there now and was not, in the order in which it can be removed.
    pub fn leftovers(&self, now: Now<'_>) -> Vec<Leftover> {
        let mut left = Vec::new();
        let mut add = |what: String, cure: String, costs: bool| {
            left.push(Leftover { what, cure, costs });
        };
        for one in &now.account.instances {
            if !self.instances.contains(&one.id) && !is_gone(&one.state) {
                add(
                    format!("Instance {} ({})", one.id, one.state),
                    format!("aws ec2 terminate-instances --instance-ids {}", one.id),
                    true,
                );
            }
        }
        for one in now
            .addresses
            .iter()
            .filter(|one| !self.addresses.contains(&one.id))
        {
            add(
                format!("Elastic IP {}", one.address),
                format!("aws ec2 release-address --allocation-id {}", one.id),
                true,
            );
        }
        for one in now.volumes {
            // One that is attached goes with its instance, or is the business of that.
            if !self.volumes.contains(&one.id) && !one.attached {
                add(
                    format!("Volume {}", one.id),
                    format!("aws ec2 delete-volume --volume-id {}", one.id),
                    true,
                );
            }
        }
        for one in &now.account.security_groups {
            if !self.security_groups.contains(&one.id) && one.name != "default" {
                add(
                    format!("Security group {}", one.name),
                    format!("aws ec2 delete-security-group --group-id {}", one.id),
                    false,
                );
            }
        }
        for one in &now.account.key_pairs {
            if !self.key_pairs.contains(&one.id) {
                add(
                    format!("Key pair {}", one.name),
                    format!(
                        "aws ec2 delete-key-pair --key-name {}",
                        shell_word(&one.name)
                    ),
                    false,
                );
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::SecurityGroup;

    fn account(groups: &[(&str, &str)]) -> Account {
        Account {
            region: "us-east-1".into(),
            my_address: None,
            key_pairs: vec![],
            instances: vec![],
            security_groups: groups
                .iter()
                .map(|(id, name)| SecurityGroup {
                    id: (*id).to_owned(),
                    name: (*name).to_owned(),
                    inbound: vec![],
                })
                .collect(),
            addresses: vec![],
            left_behind: None,
        }
    }

    #[test]
    fn it_is_kept_and_closed_when_nothing_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("before.json");
        assert_eq!(Before::read(&path).unwrap(), None);
        Before::close(&path).unwrap();
        let before = Before::of(Now {
            account: &account(&[("sg-1", "old")]),
            addresses: &[],
            volumes: &[],
        });
        before.write(&path).unwrap();
        assert_eq!(Before::read(&path).unwrap(), Some(before));
        Before::close(&path).unwrap();
        assert!(Before::read(&path).unwrap().unwrap().closed);
    }

    #[test]
    fn only_what_is_new_is_left_behind() {
        let volume = |id: &str, attached| Volume {
            id: id.to_owned(),
            attached,
        };
        let address = |id: &str| Address {
            id: id.to_owned(),
            address: "203.0.113.9".to_owned(),
        };
        let old = account(&[("sg-1", "old")]);
        let before = Before::of(Now {
            account: &old,
            addresses: &[address("eipalloc-1")],
            volumes: &[volume("vol-1", false)],
        });
        let new = account(&[("sg-1", "old"), ("sg-2", "new"), ("sg-3", "default")]);
        let left = before.leftovers(Now {
            account: &new,
            addresses: &[address("eipalloc-1"), address("eipalloc-2")],
            volumes: &[
                volume("vol-1", false),
                volume("vol-2", true),
                volume("vol-3", false),
            ],
        });
        let cures: Vec<&str> = left.iter().map(|one| one.cure.as_str()).collect();
        assert_eq!(
            cures,
            [
                "aws ec2 release-address --allocation-id eipalloc-2",
                "aws ec2 delete-volume --volume-id vol-3",
                "aws ec2 delete-security-group --group-id sg-2",
            ]
        );
        assert!(left[0].costs && !left[2].costs);
    }
}

//! Eventual consistency: for a moment nobody sees what was just made, as it sometimes happens on AWS.
//!
//! Off unless a lesson or `serve --eventually` asks for it. An instance, a key pair or a security group is unseen by every
//! call for so long after the call that made it: describing it by name or id, or using it, is refused as if it did not exist.
//! Only calls that make something of the same kind know of it, so that its name is taken at once. What is unseen is forgotten
//! when the program ends: then everything is seen.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::cloud::Account;
use crate::cloud::resources::instance::later;

/// What an account has made lately, and how long that is unseen.
#[derive(Debug, Clone, Default)]
pub struct Unseen {
    /// How long; zero when everything is seen at once.
    pub time: Duration,
    /// By the time from which on it is seen.
    young: VecDeque<(Timestamp, String, Young)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Young {
    Instance(u64),
    KeyPair(String),
    Group(String),
}

/// It is no part of what an account is.
impl PartialEq for Unseen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Account {
    /// Lets a call work on an account in which what is young is not there.
    pub(in crate::cloud) fn without_young<R>(
        &mut self,
        action: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if self.unseen.time.is_zero() {
            return work(self);
        }
        while self
            .unseen
            .young
            .pop_front_if(|(seen, ..)| *seen <= now)
            .is_some()
        {}
        // Whoever makes one of these must know which there are; a launch is the same launch when its token is.
        let knows = |young: &Young| match young {
            Young::Instance(_) => action == "RunInstances",
            Young::KeyPair(_) => matches!(action, "CreateKeyPair" | "ImportKeyPair"),
            Young::Group(_) => action == "CreateSecurityGroup",
        };
        let young = self.unseen.young.iter();
        let hidden: Vec<_> = young.filter(|(.., young)| !knows(young)).cloned().collect();
        self.hide(&hidden, true);
        let done = work(self);
        self.hide(&hidden, false);
        self.note_young(now);
        done
    }

    fn hide(&mut self, which: &[(Timestamp, String, Young)], hidden: bool) {
        for (_, region, young) in which {
            let Some(region) = self.regions.get_mut(region) else {
                continue;
            };
            match young {
                Young::Instance(number) => region.instances.hide(*number, hidden),
                Young::KeyPair(name) => region.key_pairs.hide(name, hidden),
                Young::Group(id) => region.security_groups.hide(id, hidden),
            }
        }
    }

    /// Everything that was made since the account was settled last, and is not known yet.
    fn note_young(&mut self, now: Timestamp) {
        let seen = later(now, self.unseen.time);
        for (name, region) in &self.regions {
            let instances = region.instances.added().map(Young::Instance);
            let key_pairs = region
                .key_pairs
                .added()
                .map(|name| Young::KeyPair(name.clone()));
            let groups = region.security_groups_made().map(Young::Group);
            for young in instances.chain(key_pairs).chain(groups) {
                let is_known = |known: &(_, String, Young)| known.1 == *name && known.2 == young;
                if !self.unseen.young.iter().any(is_known) {
                    self.unseen.young.push_back((seen, name.clone(), young));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal};

    fn client() -> Client {
        let mut client = Client::new();
        done(client.ec2("DescribeVpcs", ""));
        client.account.settle();
        client.account.unseen.time = Duration::from_secs(2);
        client
    }

    #[test]
    fn a_new_key_pair_is_not_found_for_a_moment_and_its_name_is_taken_at_once() {
        let mut client = client();
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        let missing = "400 InvalidKeyPair.NotFound: The key pair 'a' does not exist";
        for action in ["DescribeKeyPairs&KeyName.1=a", "RunInstances&KeyName=a"] {
            let (action, form) = action.split_once('&').unwrap();
            let more = crate::cloud::api::testing::LAUNCH;
            let form = if action == "RunInstances" {
                format!("{form}&{more}")
            } else {
                form.to_owned()
            };
            assert_eq!(refusal(&client.ec2(action, &form)), missing);
        }
        assert!(
            done(client.ec2("DescribeKeyPairs", ""))
                .body
                .contains("<keySet/>")
        );
        assert_eq!(
            refusal(&client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519")),
            "400 InvalidKeyPair.Duplicate: The keypair already exists"
        );
        client.account.settle();
        client.pass(1);
        assert_eq!(
            refusal(&client.ec2("DescribeKeyPairs", "KeyName.1=a")),
            missing
        );
        client.pass(1);
        done(client.ec2("DescribeKeyPairs", "KeyName.1=a"));
    }

    #[test]
    fn a_new_instance_is_not_found_for_a_moment_and_its_launch_is_not_made_twice() {
        let mut client = client();
        let launch = "ClientToken=t&";
        let id = client.launch(launch);
        client.account.settle();
        let by_id = format!("InstanceId.1={id}");
        let missing =
            format!("400 InvalidInstanceID.NotFound: The instance ID '{id}' does not exist");
        for action in ["DescribeInstances", "StopInstances", "TerminateInstances"] {
            assert_eq!(refusal(&client.ec2(action, &by_id)), missing, "{action}");
        }
        assert!(
            done(client.ec2("DescribeInstances", ""))
                .body
                .contains("<reservationSet/>")
        );
        assert_eq!(client.launch(launch), id);
        client.pass(2);
        assert_eq!(
            first(&done(client.ec2("DescribeInstances", &by_id)), "instanceId"),
            id
        );
    }

    #[test]
    fn a_new_group_is_not_found_for_a_moment() {
        let mut client = client();
        let made = done(client.ec2("CreateSecurityGroup", "GroupName=web&GroupDescription=d"));
        client.account.settle();
        let id = first(&made, "groupId");
        let missing =
            format!("400 InvalidGroup.NotFound: The security group '{id}' does not exist");
        assert_eq!(
            refusal(&client.ec2("DescribeSecurityGroups", &format!("GroupId.1={id}"))),
            missing
        );
        assert_eq!(
            refusal(&client.ec2("CreateSecurityGroup", "GroupName=web&GroupDescription=d"))
                .split(':')
                .next(),
            Some("400 InvalidGroup.Duplicate")
        );
        client.pass(2);
        done(client.ec2("DescribeSecurityGroups", &format!("GroupId.1={id}")));
    }
}

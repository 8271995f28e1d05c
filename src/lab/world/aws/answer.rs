//! AWS's answers, as `aws --output json` prints them, read into facts. Pure. What lessons do not look at is not read.

use serde::Deserialize;
use serde_json::Value;

use crate::course::evidence::{InboundRule, Instance, KeyPair, SecurityGroup};
use crate::keys::PublicKey;
use crate::lab::world::aws::failure::Failure;

/// `GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The user's or role's ARN.
    pub arn: String,
}

impl Caller {
    /// Whether it is the account's root user.
    pub fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }
}

/// `DescribeImages`: what an instance's image is in words, and whom to sign in as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// `ami-0…`.
    pub id: String,
    /// `ec2-user` and so on; none for an image whose name tells nothing.
    pub login_user: Option<String>,
    /// `Amazon Linux 2023` and so on.
    pub title: Option<String>,
}

/// An Elastic IP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `eipalloc-0…`.
    pub id: String,
    /// The address.
    pub address: String,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// `vol-0…`.
    pub id: String,
    /// Whether an instance has it, which takes it along when it ends.
    pub attached: bool,
}

/// An instance, and the id of its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The facts, without what the image says.
    pub instance: Instance,
    /// `ami-0…`.
    pub image: Option<String>,
}

fn read<T: for<'a> Deserialize<'a>>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| Failure::Unreadable(error.to_string()))
}

/// Unix milliseconds of `2026-11-28T14:00:00+00:00`.
fn moment(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>()
        .map_or(0, jiff::Timestamp::as_millisecond)
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Whose account it is.
pub fn caller(answer: &Value) -> Result<Caller, Failure> {
    read(answer)
}

/// The region that the call went to.
pub fn region(answer: &Value) -> Result<String, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Zones {
        availability_zones: Vec<Zone>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Zone {
        region_name: String,
    }
    let zones: Zones = read(answer)?;
    let first = zones.availability_zones.into_iter().next();
    first
        .map(|zone| zone.region_name)
        .ok_or_else(|| Failure::Unreadable("a region without zones".to_owned()))
}

/// The parameter's value.
pub fn parameter(answer: &Value) -> Result<String, Failure> {
    let value = answer.pointer("/Parameter/Value").and_then(Value::as_str);
    value
        .map(str::to_owned)
        .ok_or_else(|| Failure::Unreadable("a parameter without a value".to_owned()))
}

/// The key pairs, by name.
pub fn key_pairs(answer: &Value) -> Result<Vec<KeyPair>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Pairs {
        #[serde(default)]
        key_pairs: Vec<Pair>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Pair {
        key_name: String,
        key_pair_id: String,
        key_fingerprint: String,
        key_type: Option<String>,
        public_key: Option<String>,
        create_time: Option<String>,
    }
    let pairs: Pairs = read(answer)?;
    let mut found: Vec<KeyPair> = pairs
        .key_pairs
        .into_iter()
        .map(|pair| {
            let public = pair.public_key.as_deref().map(str::as_bytes);
            let public = public.and_then(|line| PublicKey::from_material(line).ok());
            KeyPair {
                id: pair.key_pair_id,
                key_type: pair.key_type.unwrap_or_else(|| "rsa".to_owned()),
                public_sha256: public.map(|key| key.sha256()),
                created_at: pair.create_time.as_deref().map_or(0, moment),
                // MD5, sixteen pairs: the public half was brought along (ec2-api.md 4.1). ED25519 pairs look alike.
                imported: pair.key_fingerprint.len() == 47,
                fingerprint: pair.key_fingerprint,
                name: pair.key_name,
            }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The instances, oldest launch first.
pub fn instances(answer: &Value) -> Result<Vec<Launched>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        reservations: Vec<Reservation>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reservation {
        #[serde(default)]
        instances: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct One {
        instance_id: String,
        image_id: Option<String>,
        state: State,
        key_name: Option<String>,
        public_ip_address: Option<String>,
        private_ip_address: Option<String>,
        public_dns_name: Option<String>,
        #[serde(default)]
        security_groups: Vec<Group>,
        launch_time: Option<String>,
        #[serde(default)]
        tags: Vec<Tag>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tag {
        key: String,
        value: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct State {
        name: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Group {
        group_id: String,
    }
    let answer: Answer = read(answer)?;
    let all = answer
        .reservations
        .into_iter()
        .flat_map(|one| one.instances);
    let mut found: Vec<Launched> = all
        .map(|one| Launched {
            image: filled(one.image_id),
            instance: Instance {
                id: one.instance_id,
                name: one
                    .tags
                    .into_iter()
                    .find(|tag| tag.key == "Name")
                    .map(|tag| tag.value),
                state: one.state.name,
                key_name: filled(one.key_name),
                public_address: filled(one.public_ip_address),
                earlier_addresses: Vec::new(),
                private_address: filled(one.private_ip_address),
                public_name: filled(one.public_dns_name),
                login_user: None,
                image: None,
                security_groups: one
                    .security_groups
                    .into_iter()
                    .map(|group| group.group_id)
                    .collect(),
                launched_at: one.launch_time.as_deref().map_or(0, moment),
                host_keys: Vec::new(),
            },
        })
        .collect();
    found.sort_by(|a, b| {
        let key = |one: &Launched| (one.instance.launched_at, one.instance.id.clone());
        key(a).cmp(&key(b))
    });
    Ok(found)
}

/// The security groups with their inbound rules, one per range.
pub fn security_groups(answer: &Value) -> Result<Vec<SecurityGroup>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        security_groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Group {
        group_id: String,
        group_name: String,
        #[serde(default)]
        ip_permissions: Vec<Permission>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Permission {
        ip_protocol: String,
        from_port: Option<i64>,
        to_port: Option<i64>,
        #[serde(default)]
        ip_ranges: Vec<Range>,
        #[serde(default)]
        ipv6_ranges: Vec<Range6>,
        #[serde(default)]
        prefix_list_ids: Vec<List>,
        #[serde(default)]
        user_id_group_pairs: Vec<Pair>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Range {
        cidr_ip: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Range6 {
        cidr_ipv6: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct List {
        prefix_list_id: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Pair {
        group_id: Option<String>,
    }
    let port = |port: i64| u16::try_from(port).unwrap_or(0);
    let answer: Answer = read(answer)?;
    let groups = answer.security_groups.into_iter().map(|group| {
        let rules = group.ip_permissions.into_iter().flat_map(|permission| {
            let ports = permission
                .from_port
                .zip(permission.to_port)
                .map(|(from, to)| (port(from), port(to)));
            let sources = permission
                .ip_ranges
                .into_iter()
                .map(|range| range.cidr_ip)
                .chain(
                    permission
                        .ipv6_ranges
                        .into_iter()
                        .map(|range| range.cidr_ipv6),
                )
                .chain(
                    permission
                        .prefix_list_ids
                        .into_iter()
                        .map(|list| list.prefix_list_id),
                )
                .chain(
                    permission
                        .user_id_group_pairs
                        .into_iter()
                        .filter_map(|pair| pair.group_id),
                );
            let protocol = permission.ip_protocol;
            let rules: Vec<InboundRule> = sources
                .map(|source| InboundRule {
                    protocol: protocol.clone(),
                    ports,
                    source,
                })
                .collect();
            rules
        });
        SecurityGroup {
            inbound: rules.collect(),
            id: group.group_id,
            name: group.group_name,
        }
    });
    Ok(groups.collect())
}

/// The images.
pub fn images(answer: &Value) -> Result<Vec<Image>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        images: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct One {
        image_id: String,
        name: Option<String>,
    }
    let answer: Answer = read(answer)?;
    let images = answer.images.into_iter().map(|one| {
        let known = one.name.as_deref().and_then(family);
        Image {
            id: one.image_id,
            login_user: known.map(|(user, _)| user.to_owned()),
            title: known.map(|(_, title)| title.to_owned()),
        }
    });
    Ok(images.collect())
}

/// The user and the words for an image, by the name that its maker gives it (machines-and-console.md 1).
fn family(name: &str) -> Option<(&'static str, &'static str)> {
    let name = name.rsplit('/').next().unwrap_or(name);
    [
        ("al2023-", "ec2-user", "Amazon Linux 2023"),
        ("amzn2-", "ec2-user", "Amazon Linux 2"),
        ("ubuntu-", "ubuntu", "Ubuntu"),
        ("debian-", "admin", "Debian"),
        ("RHEL-", "ec2-user", "Red Hat Enterprise Linux"),
    ]
    .into_iter()
    .find(|(start, ..)| name.starts_with(start))
    .map(|(_, user, title)| (user, title))
}

/// The Elastic IPs.
pub fn addresses(answer: &Value) -> Result<Vec<Address>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        addresses: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct One {
        allocation_id: Option<String>,
        public_ip: String,
    }
    let answer: Answer = read(answer)?;
    let addresses = answer.addresses.into_iter().map(|one| Address {
        id: one.allocation_id.unwrap_or_else(|| one.public_ip.clone()),
        address: one.public_ip,
    });
    Ok(addresses.collect())
}

/// The volumes.
pub fn volumes(answer: &Value) -> Result<Vec<Volume>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        volumes: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct One {
        volume_id: String,
        #[serde(default)]
        attachments: Vec<Value>,
    }
    let answer: Answer = read(answer)?;
    let volumes = answer.volumes.into_iter().map(|one| Volume {
        attached: !one.attachments.is_empty(),
        id: one.volume_id,
    });
    Ok(volumes.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_tells_whom_to_sign_in_as() {
        for (name, user) in [
            ("al2023-ami-2023.9.20260101.0-kernel-6.1-x86_64", "ec2-user"),
            (
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101",
                "ubuntu",
            ),
            ("debian-12-amd64-20260101-1", "admin"),
        ] {
            assert_eq!(family(name).map(|(user, _)| user), Some(user), "{name}");
        }
        assert_eq!(family("my-own"), None);
    }

    #[test]
    fn rules_are_one_per_range_whatever_their_kind() {
        let answer = json!({"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "g", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}],
             "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "1"}]},
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]});
        let groups = security_groups(&answer).unwrap();
        let seen: Vec<_> = groups[0]
            .inbound
            .iter()
            .map(|rule| (rule.protocol.as_str(), rule.ports, rule.source.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("tcp", Some((22, 22)), "192.0.2.0/24"),
                ("tcp", Some((22, 22)), "::/0"),
                ("tcp", Some((22, 22)), "sg-2"),
                ("-1", None, "0.0.0.0/0"),
            ]
        );
    }

    #[test]
    fn a_stopped_instance_has_no_address_though_aws_sends_an_empty_name() {
        let answer = json!({"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {"Code": 80, "Name": "stopped"},
            "PublicDnsName": "", "LaunchTime": "2026-11-28T14:00:00+00:00"}]}]});
        let found = instances(&answer).unwrap();
        let instance = &found[0].instance;
        assert_eq!(
            (&instance.public_name, &instance.public_address),
            (&None, &None)
        );
        assert_eq!(instance.launched_at, 1_795_874_400_000);
    }

    #[test]
    fn root_is_known_by_its_arn() {
        let of = |arn: &str| {
            caller(&json!({"Account": "123456789012", "Arn": arn, "UserId": "x"}))
                .unwrap()
                .is_root()
        };
        assert!(of("arn:aws:iam::123456789012:root"));
        assert!(!of("arn:aws:iam::123456789012:user/root"));
    }

    #[test]
    fn an_answer_of_another_shape_is_our_trouble() {
        assert!(matches!(
            key_pairs(&json!({"KeyPairs": [{}]})),
            Err(Failure::Unreadable(_))
        ));
    }
}

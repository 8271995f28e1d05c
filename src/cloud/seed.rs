//! Declared state: the accounts that `serve --seed` starts from, read from TOML or JSON and made by the same actions that a
//! client would call, so that what AWS would refuse is refused here too, with its place.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::Params;
use crate::cloud::{Account, Env, api};

/// The format of the file.
pub const FORMAT: u32 = 1;
const REGION: &str = "us-east-1";
const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// TOML.
    Toml,
    /// JSON.
    Json,
}

/// The accounts to start from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seed {
    accounts: Vec<SeedAccount>,
}

/// A seed that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// It cannot be read.
    #[error("line {line}: {says}")]
    Unreadable {
        /// From 1.
        line: usize,
        /// What is wrong there.
        says: String,
    },
    /// It is of another format.
    #[error("format = {found} is unknown; write format = {FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
    /// Something of it cannot be.
    #[error("{place}: {says}")]
    Refused {
        /// `accounts[0].instances[1]` and so on.
        place: String,
        /// What AWS would say.
        says: String,
    },
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(default)]
    accounts: Vec<SeedAccount>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAccount {
    access_key_id: String,
    id: Option<String>,
    #[serde(default)]
    key_pairs: Vec<SeedKeyPair>,
    #[serde(default)]
    security_groups: Vec<SeedGroup>,
    #[serde(default)]
    instances: Vec<SeedInstance>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedKeyPair {
    name: String,
    public_key: String,
    region: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedGroup {
    name: String,
    description: Option<String>,
    region: Option<String>,
    #[serde(default)]
    ingress: Vec<SeedRule>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRule {
    protocol: String,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr: String,
    description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedInstance {
    name: Option<String>,
    image: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    key_pair: Option<String>,
    #[serde(default)]
    security_groups: Vec<String>,
    user_data: Option<String>,
    count: Option<u32>,
    region: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Seed {
    /// Reads a file's text.
    pub fn read(text: &str, notation: Notation) -> Result<Self, SeedError> {
        // A newer file may have fields that this program does not know.
        let format: Format = parse(text, notation)?;
        if format.format != FORMAT {
            return Err(SeedError::Format {
                found: format.format,
            });
        }
        let written: Written = parse(text, notation)?;
        let mut keys = BTreeSet::new();
        for (number, account) in written.accounts.iter().enumerate() {
            let refused = |field: &str, says: &str| SeedError::Refused {
                place: format!("accounts[{number}].{field}"),
                says: says.to_owned(),
            };
            if account.access_key_id.is_empty() || account.access_key_id.contains('/') {
                return Err(refused("access_key_id", "this is no access key id"));
            }
            if !keys.insert(&account.access_key_id) {
                return Err(refused(
                    "access_key_id",
                    "an earlier account has it already",
                ));
            }
            let is_id = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
            if !account.id.iter().all(is_id) {
                return Err(refused("id", "an account's id has twelve digits"));
            }
        }
        Ok(Self {
            accounts: written.accounts,
        })
    }

    /// The access key ids of the accounts, in their order: each is made by [`plant`](Self::plant).
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let accounts = self.accounts.iter();
        accounts.map(|account| account.access_key_id.as_str())
    }

    /// Makes in an empty account what is declared for that access key id.
    pub fn plant(
        &self,
        key: &str,
        account: &mut Account,
        env: &mut Env<'_>,
    ) -> Result<(), SeedError> {
        let mut all = self.accounts.iter().enumerate();
        let Some((number, seed)) = all.find(|(_, seed)| seed.access_key_id == key) else {
            return Ok(());
        };
        if let Some(id) = &seed.id {
            account.id.clone_from(id);
        }
        let mut bed = Bed { key, account, env };
        let place = |list: &str, index: usize| format!("accounts[{number}].{list}[{index}]");
        let refused = |place: String| {
            move |error: ApiError| SeedError::Refused {
                place,
                says: error.to_string(),
            }
        };
        for (index, pair) in seed.key_pairs.iter().enumerate() {
            bed.key_pair(pair)
                .map_err(refused(place("key_pairs", index)))?;
        }
        for (index, group) in seed.security_groups.iter().enumerate() {
            let here = place("security_groups", index);
            bed.group(group).map_err(refused(here.clone()))?;
            for (rule_index, rule) in group.ingress.iter().enumerate() {
                let here = format!("{here}.ingress[{rule_index}]");
                bed.rule(group, rule).map_err(refused(here))?;
            }
        }
        for (index, instance) in seed.instances.iter().enumerate() {
            bed.instance(instance)
                .map_err(refused(place("instances", index)))?;
        }
        Ok(())
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str, notation: Notation) -> Result<T, SeedError> {
    match notation {
        Notation::Toml => toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.bytes().take(start);
            SeedError::Unreadable {
                line: before.filter(|byte| *byte == b'\n').count() + 1,
                says: error.message().trim().to_owned(),
            }
        }),
        Notation::Json => serde_json::from_str(text).map_err(|error| {
            let says = error.to_string();
            // The line is said once.
            let says = says.split(" at line ").next().unwrap_or_default();
            SeedError::Unreadable {
                line: error.line(),
                says: says.to_owned(),
            }
        }),
    }
}

/// Where a seed grows.
struct Bed<'a, 'e> {
    key: &'a str,
    account: &'a mut Account,
    env: &'a mut Env<'e>,
}

type Pairs = Vec<(String, String)>;

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn tags(resource: &str, tags: &BTreeMap<String, String>, pairs: &mut Pairs) {
    if tags.is_empty() {
        return;
    }
    pairs.push(pair("TagSpecification.1.ResourceType", resource));
    for (number, (key, value)) in (1..).zip(tags) {
        let at = format!("TagSpecification.1.Tag.{number}");
        pairs.push(pair(&format!("{at}.Key"), key));
        pairs.push(pair(&format!("{at}.Value"), value));
    }
}

impl Bed<'_, '_> {
    fn call(
        &mut self,
        region: Option<&String>,
        action: &str,
        pairs: Pairs,
    ) -> Result<(), ApiError> {
        let caller = Caller {
            access_key_id: self.key.to_owned(),
            region: region.map_or(REGION, String::as_str).to_owned(),
            service: Service::Ec2,
        };
        let params = Params::from_pairs(pairs);
        api::call(action, params, &caller, self.account, self.env).map(|_| ())
    }

    fn key_pair(&mut self, seed: &SeedKeyPair) -> Result<(), ApiError> {
        use base64::Engine;
        let material = base64::engine::general_purpose::STANDARD.encode(&seed.public_key);
        let mut pairs = vec![
            pair("KeyName", &seed.name),
            pair("PublicKeyMaterial", material),
        ];
        tags("key-pair", &seed.tags, &mut pairs);
        self.call(seed.region.as_ref(), "ImportKeyPair", pairs)
    }

    fn group(&mut self, seed: &SeedGroup) -> Result<(), ApiError> {
        let description = seed.description.as_deref().unwrap_or(&seed.name);
        let mut pairs = vec![
            pair("GroupName", &seed.name),
            pair("GroupDescription", description),
        ];
        tags("security-group", &seed.tags, &mut pairs);
        self.call(seed.region.as_ref(), "CreateSecurityGroup", pairs)
    }

    fn rule(&mut self, group: &SeedGroup, seed: &SeedRule) -> Result<(), ApiError> {
        let rule = "IpPermissions.1";
        let (range, cidr) = if seed.cidr.contains(':') {
            (format!("{rule}.Ipv6Ranges.1"), "CidrIpv6")
        } else {
            (format!("{rule}.IpRanges.1"), "CidrIp")
        };
        let mut pairs = vec![
            pair("GroupName", &group.name),
            pair(&format!("{rule}.IpProtocol"), &seed.protocol),
            pair(&format!("{range}.{cidr}"), &seed.cidr),
        ];
        // One port is enough for a range of one.
        let to = seed.to_port.or(seed.from_port);
        for (name, port) in [("FromPort", seed.from_port), ("ToPort", to)] {
            if let Some(port) = port {
                pairs.push(pair(&format!("{rule}.{name}"), port.to_string()));
            }
        }
        if let Some(description) = &seed.description {
            pairs.push(pair(&format!("{range}.Description"), description));
        }
        self.call(
            group.region.as_ref(),
            "AuthorizeSecurityGroupIngress",
            pairs,
        )
    }

    fn instance(&mut self, seed: &SeedInstance) -> Result<(), ApiError> {
        use base64::Engine;
        let image = seed.image.as_deref().unwrap_or(IMAGE);
        let image = if image.starts_with('/') {
            format!("resolve:ssm:{image}")
        } else {
            image.to_owned()
        };
        let count = seed.count.unwrap_or(1).to_string();
        let mut pairs = vec![
            pair("ImageId", image),
            pair("InstanceType", seed.kind.as_deref().unwrap_or("t3.micro")),
            pair("MinCount", &*count),
            pair("MaxCount", &*count),
        ];
        if let Some(key_pair) = &seed.key_pair {
            pairs.push(pair("KeyName", key_pair));
        }
        for (number, group) in (1..).zip(&seed.security_groups) {
            pairs.push(pair(&format!("SecurityGroup.{number}"), group));
        }
        if let Some(user_data) = &seed.user_data {
            let encoded = base64::engine::general_purpose::STANDARD.encode(user_data);
            pairs.push(pair("UserData", encoded));
        }
        let mut all = seed.tags.clone();
        if let Some(name) = &seed.name {
            all.insert("Name".to_owned(), name.clone());
        }
        tags("instance", &all, &mut pairs);
        self.call(seed.region.as_ref(), "RunInstances", pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = r#"format = 1

[[accounts]]
access_key_id = "ci"
id = "111122223333"

[[accounts.key_pairs]]
name = "deploy"
public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl deploy"
tags = { team = "a" }

[[accounts.security_groups]]
name = "ssh"
ingress = [{ protocol = "tcp", from_port = 22, cidr = "0.0.0.0/0", description = "all" }]

[[accounts.instances]]
name = "web"
key_pair = "deploy"
security_groups = ["ssh"]
count = 2
"#;

    /// The error after one text was changed.
    fn refusal(from: &str, to: &str) -> String {
        assert!(SEED.contains(from), "{from}");
        let text = SEED.replacen(from, to, 1);
        let seed = match Seed::read(&text, Notation::Toml) {
            Ok(seed) => seed,
            Err(error) => return error.to_string(),
        };
        planted(&seed).map(|_| ()).unwrap_err().to_string()
    }

    fn planted(seed: &Seed) -> Result<serde_json::Value, SeedError> {
        let mut client = crate::cloud::api::testing::Client::new();
        client.with(|account, env| {
            seed.plant("ci", account, env)?;
            Ok(crate::cloud::state::of("ci", account, env))
        })
    }

    #[test]
    fn what_is_declared_is_there_in_the_words_of_the_aws_cli() {
        let state = planted(&Seed::read(SEED, Notation::Toml).unwrap()).unwrap();
        assert_eq!(state["id"], "111122223333");
        let region = &state["regions"]["us-east-1"];
        assert_eq!(region["KeyPairs"][0]["KeyName"], "deploy");
        assert_eq!(region["KeyPairs"][0]["Tags"][0]["Key"], "team");
        let groups = region["SecurityGroups"].as_array().unwrap();
        let ssh = groups.iter().find(|group| group["GroupName"] == "ssh");
        let rule = &ssh.unwrap()["IpPermissions"][0];
        assert_eq!(
            (&rule["FromPort"], &rule["ToPort"]),
            (&22.into(), &22.into())
        );
        assert_eq!(rule["IpRanges"][0]["CidrIp"], "0.0.0.0/0");
        let instances = &region["Reservations"][0]["Instances"];
        assert_eq!(instances.as_array().unwrap().len(), 2);
        assert_eq!(instances[1]["KeyName"], "deploy");
        assert_eq!(instances[1]["Tags"][0]["Value"], "web");
    }

    #[test]
    fn json_says_the_same() {
        let value: toml::Value = toml::from_str(SEED).unwrap();
        let json = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(
            Seed::read(&json, Notation::Json),
            Seed::read(SEED, Notation::Toml)
        );
        let json = json.replace("\"key_pair\"", "\"keypair\"");
        let error = Seed::read(&json, Notation::Json).unwrap_err().to_string();
        assert!(
            error.starts_with("line ")
                && error.contains(": unknown field `keypair`, expected one of "),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        for (from, to, says) in [
            (
                "key_pair = ",
                "keypair = ",
                "line 18: unknown field `keypair`, expected one of `name`, `image`, `type`, `key_pair`, `security_groups`, \
                 `user_data`, `count`, `region`, `tags`",
            ),
            (
                "format = 1",
                "format = 2",
                "format = 2 is unknown; write format = 1",
            ),
            (
                "id = \"111122223333\"",
                "id = \"1\"",
                "accounts[0].id: an account's id has twelve digits",
            ),
            (
                "key_pair = \"deploy\"",
                "key_pair = \"other\"",
                "accounts[0].instances[0]: InvalidKeyPair.NotFound: The key pair 'other' does not exist",
            ),
            (
                "ssh-ed25519 ",
                "ssh-dss ",
                "accounts[0].key_pairs[0]: InvalidKey.Format: Key is not in valid OpenSSH public key format",
            ),
            (
                "0.0.0.0/0",
                "0.0.0.0/33",
                "accounts[0].security_groups[0].ingress[0]: InvalidParameterValue: CIDR block 0.0.0.0/33 is malformed",
            ),
            (
                "count = 2",
                "region = \"mars-1\"",
                "accounts[0].instances[0]: GroundSchool.UnknownRegion: Ground School has no region named 'mars-1'",
            ),
            (
                "format = 1\n",
                "format = 1\n[[accounts]]\naccess_key_id = \"ci\"\n",
                "accounts[1].access_key_id: an earlier account has it already",
            ),
        ] {
            assert_eq!(refusal(from, to), says);
        }
    }
}

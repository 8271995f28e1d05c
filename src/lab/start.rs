//! Makes what a lesson begins with: the account by the actions that a client would call, the files in the learner's folder.
//!
//! It is made as of an hour ago, so that what runs has booted, passed its checks and posted its console output, at every
//! pace. Private halves are fresh and stand nowhere but in the learner's files.

#![expect(
    clippy::disallowed_methods,
    reason = "writes the files that a lesson begins with"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::Params;
use crate::cloud::{Account, Env, Pace, api};
use crate::course::evidence::Riddle;
use crate::course::start::{
    Begun, FORMAT, Fault, Start, StartAddress, StartGroup, StartImage, StartInstance, StartKeyPair,
    StartRule,
};

/// How long ago it was made.
const AGO: Duration = Duration::from_secs(3600);
/// Somebody else's addresses: RFC 5737's TEST-NET-1.
const STRANGERS: &str = "192.0.2.0/24";

/// What a lesson begins with cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The account refuses it.
    #[error("{what}: {why}")]
    Refused {
        /// `instance practice` and so on.
        what: String,
        /// AWS's words.
        why: ApiError,
    },
    /// The disk does.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// Why.
        why: std::io::Error,
    },
}

/// What was made.
pub struct Made {
    /// To be kept.
    pub begun: Begun,
    /// Files for the learner's folder: path, content, mode.
    pub files: Vec<(String, String, u32)>,
}

/// Makes it in an empty account. The files are the caller's to write.
pub fn plant(
    start: &Start,
    seed: u64,
    region: &str,
    me: &str,
    account: &mut Account,
    env: &mut Env<'_>,
) -> Result<Made, StartError> {
    let now = env.now;
    let mut past = Env {
        now: now.checked_sub(AGO).unwrap_or(now),
        pace: Pace::Instant,
        rng: &mut *env.rng,
        addresses: &mut *env.addresses,
        rsa: &mut *env.rsa,
    };
    let mut ground = Ground {
        region,
        me,
        account,
        env: &mut past,
        files: Vec::new(),
        ids: BTreeMap::new(),
    };
    let texts = start.files.iter();
    ground
        .files
        .extend(texts.map(|file| (file.path.clone(), file.text.clone(), 0o644)));
    for pair in &start.key_pairs {
        ground.key_pair(pair)?;
    }
    for group in &start.security_groups {
        ground.group(group)?;
    }
    for instance in &start.instances {
        ground.instance(instance)?;
    }
    let mut begun = Begun {
        format: FORMAT,
        seed,
        riddles: BTreeMap::new(),
    };
    let drawn = start.riddles.iter().flat_map(|riddles| riddles.draw(seed));
    for (name, fault) in drawn {
        let instance = ground.riddle(&name, fault)?;
        let cause = fault.cause();
        begun.riddles.insert(name, Riddle { instance, cause });
    }
    // What was asked for an hour ago has long happened.
    let addresses = &mut *ground.env.addresses;
    ground.account.advance(now, addresses);
    for instance in start.instances.iter().filter(|one| one.stopped) {
        ground.stop(&instance.name)?;
    }
    let stopped: Vec<String> = start
        .riddles
        .iter()
        .flat_map(|riddles| riddles.draw(seed))
        .filter(|(_, fault)| *fault == Fault::Stopped)
        .map(|(name, _)| name)
        .collect();
    for name in &stopped {
        ground.stop(name)?;
    }
    for address in &start.addresses {
        ground.address(address)?;
    }
    ground.account.advance(now, &mut *ground.env.addresses);
    Ok(Made {
        begun,
        files: ground.files,
    })
}

/// Writes the files, in place of those that an earlier beginning left.
pub fn write(
    work: &Path,
    folders: &[String],
    files: &[(String, String, u32)],
) -> Result<(), StartError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |why| StartError::File { path, why }
    };
    for folder in folders {
        let path = work.join(folder);
        std::fs::create_dir_all(&path).map_err(failed(&path))?;
    }
    for (path, text, mode) in files {
        let path = work.join(path);
        let folder = path.parent().unwrap_or(work);
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        // A key of mode 400 cannot be written over, and need not be: it is replaced.
        let put = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            let permissions = std::fs::Permissions::from_mode(*mode);
            file.as_file().set_permissions(permissions)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        put().map_err(failed(&path))?;
    }
    Ok(())
}

/// Where a start grows.
struct Ground<'a, 'e> {
    region: &'a str,
    me: &'a str,
    account: &'a mut Account,
    env: &'a mut Env<'e>,
    files: Vec<(String, String, u32)>,
    /// Ids of instances, by name.
    ids: BTreeMap<String, String>,
}

fn pair(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

fn named(kind: &str, name: &str) -> [(String, String); 3] {
    let at = "TagSpecification.1";
    [
        pair(format!("{at}.ResourceType"), kind),
        pair(format!("{at}.Tag.1.Key"), "Name"),
        pair(format!("{at}.Tag.1.Value"), name),
    ]
}

impl Ground<'_, '_> {
    fn call(
        &mut self,
        what: &str,
        action: &str,
        pairs: Vec<(String, String)>,
    ) -> Result<serde_json::Value, StartError> {
        let caller = Caller {
            access_key_id: String::new(),
            region: self.region.to_owned(),
            service: Service::Ec2,
        };
        let params = Params::from_pairs(pairs);
        api::call(action, params, &caller, self.account, self.env).map_err(|why| {
            StartError::Refused {
                what: what.to_owned(),
                why,
            }
        })
    }

    fn key_pair(&mut self, seed: &StartKeyPair) -> Result<String, StartError> {
        let pairs = vec![pair("KeyName", &*seed.name), pair("KeyType", "ed25519")];
        let answer = self.call(&format!("key pair {}", seed.name), "CreateKeyPair", pairs)?;
        let material = text(&answer, "/KeyMaterial");
        if let Some(file) = &seed.file {
            self.files.push((file.clone(), material.clone(), seed.mode));
        }
        Ok(material)
    }

    fn group(&mut self, seed: &StartGroup) -> Result<(), StartError> {
        let what = format!("group {}", seed.name);
        let pairs = vec![
            pair("GroupName", &*seed.name),
            pair("GroupDescription", &*seed.name),
        ];
        self.call(&what, "CreateSecurityGroup", pairs)?;
        for rule in &seed.inbound {
            let from = if rule.from == "me" {
                format!("{}/32", self.me)
            } else {
                rule.from.clone()
            };
            let at = "IpPermissions.1";
            let pairs = vec![
                pair("GroupName", &*seed.name),
                pair(format!("{at}.IpProtocol"), "tcp"),
                pair(format!("{at}.FromPort"), rule.port.to_string()),
                pair(format!("{at}.ToPort"), rule.port.to_string()),
                pair(format!("{at}.IpRanges.1.CidrIp"), from),
            ];
            self.call(&what, "AuthorizeSecurityGroupIngress", pairs)?;
        }
        Ok(())
    }

    fn instance(&mut self, seed: &StartInstance) -> Result<String, StartError> {
        let image = match seed.image {
            StartImage::AmazonLinux => {
                "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
            }
            StartImage::Ubuntu => {
                "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
            }
            StartImage::Debian => "/aws/service/debian/release/12/latest/amd64",
        };
        let mut pairs = vec![
            pair("ImageId", format!("resolve:ssm:{image}")),
            pair("InstanceType", "t3.micro"),
            pair("MinCount", "1"),
            pair("MaxCount", "1"),
        ];
        pairs.extend(seed.key_pair.iter().map(|key| pair("KeyName", &**key)));
        if seed.no_public_address {
            let at = "NetworkInterface.1";
            pairs.push(pair(format!("{at}.DeviceIndex"), "0"));
            pairs.push(pair(format!("{at}.AssociatePublicIpAddress"), "false"));
            for (number, group) in (1..).zip(&seed.security_groups) {
                let id = self.group_id(group)?;
                pairs.push(pair(format!("{at}.SecurityGroupId.{number}"), id));
            }
        } else {
            let groups = (1..).zip(&seed.security_groups);
            pairs.extend(
                groups.map(|(number, group)| pair(format!("SecurityGroup.{number}"), &**group)),
            );
        }
        let data = seed.user_data.iter();
        pairs.extend(data.map(|data| pair("UserData", STANDARD.encode(data))));
        pairs.extend(named("instance", &seed.name));
        let answer = self.call(&format!("instance {}", seed.name), "RunInstances", pairs)?;
        let id = text(&answer, "/Instances/0/InstanceId");
        self.ids.insert(seed.name.clone(), id.clone());
        Ok(id)
    }

    fn group_id(&mut self, name: &str) -> Result<String, StartError> {
        let pairs = vec![pair("GroupName.1", name)];
        let answer = self.call(&format!("group {name}"), "DescribeSecurityGroups", pairs)?;
        Ok(text(&answer, "/SecurityGroups/0/GroupId"))
    }

    fn stop(&mut self, name: &str) -> Result<(), StartError> {
        let id = self.ids.get(name).cloned().unwrap_or_default();
        let pairs = vec![pair("InstanceId.1", id)];
        self.call(&format!("instance {name}"), "StopInstances", pairs)
            .map(drop)
    }

    fn address(&mut self, seed: &StartAddress) -> Result<(), StartError> {
        let what = format!("address {}", seed.name);
        let mut pairs = vec![pair("Domain", "vpc")];
        pairs.extend(named("elastic-ip", &seed.name));
        let answer = self.call(&what, "AllocateAddress", pairs)?;
        if let Some(instance) = &seed.instance {
            let id = self.ids.get(instance).cloned().unwrap_or_default();
            let pairs = vec![
                pair("AllocationId", text(&answer, "/AllocationId")),
                pair("InstanceId", id),
            ];
            self.call(&what, "AssociateAddress", pairs)?;
        }
        Ok(())
    }

    /// An instance with its own key pair, file and group, all good but for the fault. Answers its id.
    fn riddle(&mut self, name: &str, fault: Fault) -> Result<String, StartError> {
        let rule = |port, from: &str| StartRule {
            port,
            from: from.to_owned(),
        };
        let inbound = match fault {
            Fault::GroupClosed => vec![],
            Fault::GroupForOthers => vec![rule(22, STRANGERS)],
            Fault::GroupOtherPort => vec![rule(2222, "me")],
            Fault::NoPublicAddress
            | Fault::Stopped
            | Fault::Ubuntu
            | Fault::Debian
            | Fault::OtherKeyPair
            | Fault::AuthorizedKeysOpen
            | Fault::AuthorizedKeysWithout
            | Fault::KeyOpen
            | Fault::KeyTruncated
            | Fault::KeyPublicHalf => vec![rule(22, "me")],
        };
        self.group(&StartGroup {
            name: name.to_owned(),
            inbound,
        })?;
        let key = |name: &str| StartKeyPair {
            name: name.to_owned(),
            file: None,
            mode: 0o400,
        };
        let material = self.key_pair(&key(name))?;
        let mut launched_with = name.to_owned();
        if fault == Fault::OtherKeyPair {
            launched_with = format!("{name}-old");
            self.key_pair(&key(&launched_with))?;
        }
        let (content, mode) = match fault {
            Fault::KeyOpen => (material, 0o644),
            Fault::KeyTruncated => (truncated(&material), 0o400),
            Fault::KeyPublicHalf => (self.public_half(name)?, 0o400),
            Fault::GroupClosed
            | Fault::GroupForOthers
            | Fault::GroupOtherPort
            | Fault::NoPublicAddress
            | Fault::Stopped
            | Fault::Ubuntu
            | Fault::Debian
            | Fault::OtherKeyPair
            | Fault::AuthorizedKeysOpen
            | Fault::AuthorizedKeysWithout => (material, 0o400),
        };
        self.files.push((format!("{name}.pem"), content, mode));
        let list = "/home/ec2-user/.ssh/authorized_keys";
        let script = if fault == Fault::AuthorizedKeysOpen {
            Some(format!("chmod 666 {list}"))
        } else if fault == Fault::AuthorizedKeysWithout {
            Some(format!(": > {list}"))
        } else {
            None
        };
        let user_data = script.map(|script| format!("#!/bin/bash\n{script}\n"));
        let image = if fault == Fault::Ubuntu {
            StartImage::Ubuntu
        } else if fault == Fault::Debian {
            StartImage::Debian
        } else {
            StartImage::AmazonLinux
        };
        self.instance(&StartInstance {
            name: name.to_owned(),
            image,
            key_pair: Some(launched_with),
            security_groups: vec![name.to_owned()],
            stopped: false,
            no_public_address: fault == Fault::NoPublicAddress,
            user_data,
        })
    }

    /// The public half as `ssh-keygen -y` prints it.
    fn public_half(&mut self, name: &str) -> Result<String, StartError> {
        let pairs = vec![pair("KeyName.1", name), pair("IncludePublicKey", "true")];
        let answer = self.call(&format!("key pair {name}"), "DescribeKeyPairs", pairs)?;
        Ok(format!(
            "{}\n",
            text(&answer, "/KeyPairs/0/PublicKey").trim()
        ))
    }
}

/// A key copied without its end.
fn truncated(material: &str) -> String {
    let lines: Vec<&str> = material.lines().collect();
    let kept = lines.len().saturating_sub(3).max(1);
    lines
        .iter()
        .take(kept)
        .fold(String::new(), |text, line| text + line + "\n")
}

fn text(answer: &serde_json::Value, at: &str) -> String {
    answer
        .pointer(at)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

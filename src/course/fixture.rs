//! Literal evidence for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};

use crate::course::bindings::Bindings;
use crate::course::evidence::{
    Account, Alias, Event, Evidence, InboundRule, Instance, KeyContent, KeyFile, KeyPair, Known,
    KnownHost, Places, SecurityGroup, Silence, What,
};

pub(crate) const SHA: &str = "SHA256:right";
pub(crate) const OTHER_SHA: &str = "SHA256:other";
pub(crate) const ID: &str = "i-0aaaaaaaaaaaaaaa1";
pub(crate) const ADDRESS: &str = "203.0.113.25";

/// A learner's lab, changed step by step.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    pub(crate) account: Account,
    pub(crate) files: Vec<KeyFile>,
    pub(crate) events: Vec<Event>,
    pub(crate) known_hosts: Vec<KnownHost>,
    pub(crate) aliases: Known<Vec<Alias>>,
}

impl Lab {
    /// As shipped: nothing but the default group.
    pub(crate) fn new() -> Self {
        let default = SecurityGroup {
            id: "sg-0default".into(),
            name: "default".into(),
            inbound: vec![],
        };
        Self {
            account: Account {
                region: "us-east-1".into(),
                my_address: Some("198.51.100.7".into()),
                key_pairs: vec![],
                instances: vec![],
                security_groups: vec![default],
                addresses: vec![],
                left_behind: None,
            },
            files: vec![],
            events: vec![],
            known_hosts: vec![],
            aliases: Known::Seen(vec![]),
        }
    }

    /// With a key pair and its file, mode 644.
    pub(crate) fn with_key() -> Self {
        let mut lab = Self::new();
        lab.account.key_pairs.push(key("mykey", SHA, 1_000));
        lab.files
            .push(file("mykey.pem", KeyContent::PrivateKey, 0o644, Some(SHA)));
        lab
    }

    /// With a running instance that lets everybody in on port 22.
    pub(crate) fn launched() -> Self {
        let mut lab = Self::with_key();
        lab.account
            .security_groups
            .push(group(&[rule("tcp", Some((22, 22)), "0.0.0.0/0")]));
        lab.account.instances.push(instance(ID, Some("mykey")));
        lab
    }

    /// Ready to sign in: the key file is 400.
    pub(crate) fn ready() -> Self {
        let mut lab = Self::launched();
        lab.files[0].mode = 0o400;
        lab
    }

    pub(crate) fn happened(&mut self, what: What) -> &mut Self {
        let number = self.events.len() as u64 + 1;
        self.events.push(Event {
            number,
            at: 10_000 + i64::try_from(number).unwrap(),
            what,
        });
        self
    }

    /// A connection to the instance: the user named, keys offered.
    pub(crate) fn tried(
        &mut self,
        session: u64,
        user: Option<&str>,
        offers: &[(&str, bool)],
    ) -> &mut Self {
        self.happened(What::Connected {
            session,
            instance: ID.into(),
            address: ADDRESS.into(),
            client: Some("SSH-2.0-OpenSSH_9.2p1".into()),
        });
        if let Some(user) = user {
            self.happened(What::UserNamed {
                session,
                user: user.into(),
            });
            for (sha, accepted) in offers {
                self.happened(What::KeyOffered {
                    session,
                    user: user.into(),
                    key_sha256: (*sha).into(),
                    accepted: *accepted,
                });
            }
        }
        self.happened(What::Disconnected { session })
    }

    pub(crate) fn logged_in(&mut self, session: u64) -> &mut Self {
        self.happened(What::Connected {
            session,
            instance: ID.into(),
            address: ADDRESS.into(),
            client: None,
        });
        self.happened(What::UserNamed {
            session,
            user: "ec2-user".into(),
        });
        self.happened(What::LoggedIn {
            session,
            instance: ID.into(),
            user: "ec2-user".into(),
            key_sha256: SHA.into(),
            watched: true,
        })
    }

    pub(crate) fn unanswered(&mut self, address: &str, port: u16, why: Silence) -> &mut Self {
        let instance = (why != Silence::NobodyThere).then(|| ID.to_owned());
        self.happened(What::Unreachable {
            address: address.into(),
            port,
            instance,
            why,
        })
    }

    pub(crate) fn typed(&mut self, line: &str, status: i32) -> &mut Self {
        self.happened(What::ShellCommand {
            line: Some(line.into()),
            status,
            directory: "/lab".into(),
        })
    }

    pub(crate) fn called(
        &mut self,
        action: &str,
        name: Option<&str>,
        error: Option<(&str, &str)>,
    ) -> &mut Self {
        let parameters: BTreeMap<String, String> = name
            .iter()
            .map(|name| ("KeyName".to_owned(), (*name).to_owned()))
            .collect();
        self.happened(What::Api {
            action: action.into(),
            region: "us-east-1".into(),
            parameters,
            error: error.map(|(code, message)| (code.into(), message.into())),
        })
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            now: 20_000,
            account: Known::Seen(self.account.clone()),
            key_files: Known::Seen(self.files.clone()),
            events: Known::Seen(self.events.clone()),
            places: Some(Places {
                lab: "/lab".into(),
                home: "/home/me".into(),
            }),
            known_hosts: self.known_hosts.clone(),
            aliases: self.aliases.clone(),
            riddles: BTreeMap::new(),
            gathered: None,
            met: BTreeSet::new(),
        }
    }

    /// What the names stand for once the evidence was seen.
    pub(crate) fn bindings(&self) -> Bindings {
        let mut bindings = Bindings::default();
        bindings.settle(&self.evidence());
        bindings
    }
}

/// A configuration that names the instance, with all that it needs.
pub(crate) fn alias() -> Alias {
    Alias {
        name: "lab".into(),
        file: "config".into(),
        host: ADDRESS.into(),
        user: "ec2-user".into(),
        keys: vec!["mykey.pem".into()],
        only: true,
    }
}

pub(crate) fn key(name: &str, sha: &str, created_at: i64) -> KeyPair {
    KeyPair {
        name: name.into(),
        id: format!("key-{name}-{created_at}"),
        key_type: "rsa".into(),
        fingerprint: format!("print of {sha}"),
        public_sha256: Some(sha.into()),
        created_at,
        imported: false,
    }
}

pub(crate) fn file(path: &str, content: KeyContent, mode: u32, sha: Option<&str>) -> KeyFile {
    KeyFile {
        path: path.into(),
        mode,
        mine: true,
        content,
        public_sha256: sha.map(Into::into),
        ec2_fingerprints: sha.iter().map(|sha| format!("print of {sha}")).collect(),
        modified_at: 2_000,
        folder_mode: 0o755,
        in_repository: false,
    }
}

pub(crate) fn instance(id: &str, key_name: Option<&str>) -> Instance {
    Instance {
        id: id.into(),
        name: None,
        state: "running".into(),
        key_name: key_name.map(Into::into),
        public_address: Some(ADDRESS.into()),
        earlier_addresses: vec![],
        private_address: Some("172.31.5.6".into()),
        public_name: None,
        login_user: Some("ec2-user".into()),
        image: Some("Amazon Linux 2023".into()),
        security_groups: vec!["sg-0mine".into()],
        launched_at: 5_000,
        host_keys: vec!["SHA256:host".into()],
    }
}

pub(crate) fn group(inbound: &[InboundRule]) -> SecurityGroup {
    SecurityGroup {
        id: "sg-0mine".into(),
        name: "mine".into(),
        inbound: inbound.to_vec(),
    }
}

pub(crate) fn rule(protocol: &str, ports: Option<(u16, u16)>, source: &str) -> InboundRule {
    InboundRule {
        protocol: protocol.into(),
        ports,
        source: source.into(),
    }
}

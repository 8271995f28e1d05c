//! What was seen when a step passed, as a hand-in may carry it: the evidence without anything private.
//!
//! Left out: every line that was typed in the learner's shell; of a line that was typed on an instance all but the command's
//! name; parameters that hold text of the learner's own (tags, descriptions, user data, key material); messages of errors;
//! names of users and hosts that are nobody's on an instance; values of filters but ids, states and names of the account; where
//! the lab and the home folder are, and the names of folders outside of the lab, but for `~/Downloads`, which a check asks
//! for. What a lesson is about stays: key pairs by name and fingerprint, instances, groups and their rules, key files by name,
//! mode and fingerprint.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::course::bindings::Bindings;
use crate::course::checks::mistake_met::met;
use crate::course::evidence::{
    A_PRIVATE_HALF, Account, Alias, Event, Evidence, KeyFile, Known, KnownHost, Places, Refusal,
    Riddle, What,
};
use crate::course::mistake::Mistake;
use crate::course::start::{Cause, Fault};

/// How many key pairs, instances, groups, files and rules of a group are carried: those that the lesson is about, and the newest others.
const KEPT: usize = 50;
/// How many events an entry carries: the newest, and logins and answers among the older.
const EVENTS: usize = 400;
/// Stands for a text that is not carried.
const LEFT_OUT: &str = "(left out)";

/// What was seen when a step passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// What the learner's names stood for before that look.
    pub bindings: Bindings,
    /// The account.
    pub account: Known<Account>,
    /// The key files.
    pub key_files: Known<Vec<KeyFile>>,
    /// What happened since the entry before.
    pub events: Known<Vec<Event>>,
    /// Host keys that were accepted.
    pub known_hosts: Vec<KnownHost>,
    /// Names in ssh configurations that lead to instances.
    #[serde(default)]
    pub aliases: Known<Vec<Alias>>,
    /// Mistakes that were met: some are recognised by what is not carried.
    #[serde(default)]
    pub met: BTreeSet<Mistake>,
    /// The riddles of the steps that passed: not those that are still to be solved. (Earlier programs carried all of them.)
    #[serde(default)]
    pub riddles: BTreeMap<String, Riddle>,
}

impl Seen {
    /// What may be carried of the evidence when these steps passed: events only if their number is greater than `after`. `about`
    /// is what the learner's names stand for after the look, so that those things are kept.
    pub fn of(
        evidence: &Evidence,
        before: &Bindings,
        about: &Bindings,
        after: u64,
        steps: &[String],
    ) -> Self {
        // Whoever reads the file must not find there what they are still to find out. A riddle's step has its name.
        let (solved, open): (BTreeMap<_, _>, BTreeMap<_, _>) = evidence
            .riddles
            .clone()
            .into_iter()
            .partition(|(name, _)| steps.contains(name));
        let secrets = Secrets::of(&open, evidence);
        let seen = Self {
            bindings: before.clone(),
            account: known(&evidence.account, |account| fewer(account, about)),
            key_files: known(&evidence.key_files, |files| {
                newest(
                    files,
                    |file| file.modified_at,
                    |file| about.key_file.as_ref() == Some(&file.path),
                )
            }),
            events: known(&evidence.events, |all| {
                let (users, names) = (users(evidence, all), names(evidence));
                let new = all
                    .iter()
                    .filter(|event| event.number > after && !secrets.tells(&event.what));
                let looks = looks(evidence);
                some(
                    new.map(|event| carried(event, &users, &names, &looks))
                        .collect(),
                )
            }),
            known_hosts: evidence.known_hosts.iter().take(KEPT).cloned().collect(),
            aliases: known(&evidence.aliases, |all| {
                let ours = all.iter().filter(|alias| host(&alias.host) == alias.host);
                ours.take(KEPT).cloned().collect()
            }),
            met: secrets.without(&met(evidence, about)),
            riddles: solved,
        };
        seen.without_places(evidence.places.as_ref())
    }

    /// The evidence again, with the events of earlier entries before this one's.
    pub fn evidence(&self, at: i64, earlier: &mut Vec<Event>) -> Evidence {
        let events = match &self.events {
            Known::Seen(new) => {
                earlier.extend_from_slice(new);
                Known::Seen(earlier.clone())
            }
            Known::Unknown(why) => Known::Unknown(why.clone()),
            Known::NotGathered => Known::NotGathered,
        };
        Evidence {
            now: at,
            account: self.account.clone(),
            key_files: self.key_files.clone(),
            events,
            places: None,
            known_hosts: self.known_hosts.clone(),
            aliases: self.aliases.clone(),
            riddles: self.riddles.clone(),
            // The coach had gathered what this look needed.
            gathered: None,
            met: self.met.clone(),
        }
    }

    /// The number of its newest event.
    pub fn last_event(&self) -> u64 {
        match &self.events {
            Known::Seen(events) => events.iter().map(|event| event.number).max().unwrap_or(0),
            Known::Unknown(_) | Known::NotGathered => 0,
        }
    }

    /// A name that the learner chose may be a path, and a file's name may be anything.
    fn without_places(self, places: Option<&Places>) -> Self {
        let Ok(mut any) = serde_json::to_value(&self) else {
            return self;
        };
        let folders: Vec<(&str, &str)> = places
            .iter()
            .flat_map(|places| [(places.lab.as_str(), "(lab)"), (places.home.as_str(), "~")])
            .filter(|(folder, _)| folder.len() > 1)
            .collect();
        scrub(&mut any, &folders);
        Folders::default().hide(&mut any);
        serde_json::from_value(any).unwrap_or(self)
    }
}

/// What would give away the riddles that are still to be solved: how they look from the instance's side.
struct Secrets {
    sessions: BTreeSet<u64>,
    mistakes: BTreeSet<Mistake>,
}

impl Secrets {
    fn of(open: &BTreeMap<String, Riddle>, evidence: &Evidence) -> Self {
        let events = match &evidence.events {
            Known::Seen(events) => events.as_slice(),
            Known::Unknown(_) | Known::NotGathered => &[],
        };
        let is_open = |id: &str| open.values().any(|riddle| riddle.instance == id);
        let sessions = events.iter().filter_map(|event| {
            if let What::Connected {
                session, instance, ..
            } = &event.what
            {
                is_open(instance).then_some(*session)
            } else {
                None
            }
        });
        let causes: BTreeSet<Cause> = open.values().map(|riddle| riddle.cause).collect();
        let faults = Fault::ALL
            .iter()
            .filter(|fault| causes.contains(&fault.cause()));
        Self {
            sessions: sessions.collect(),
            mistakes: faults.map(|fault| fault.mistake()).collect(),
        }
    }

    fn tells(&self, what: &What) -> bool {
        matches!(what, What::Refused { session, .. } if self.sessions.contains(session))
    }

    fn without(&self, met: &BTreeSet<Mistake>) -> BTreeSet<Mistake> {
        met.difference(&self.mistakes).copied().collect()
    }
}

fn scrub(any: &mut Value, folders: &[(&str, &str)]) {
    match any {
        Value::String(text) => {
            for (folder, word) in folders {
                if text.contains(folder) {
                    *text = text.replace(folder, word);
                }
            }
            if text.contains("PRIVATE KEY") {
                LEFT_OUT.clone_into(text);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| scrub(one, folders)),
        Value::Object(all) => all.values_mut().for_each(|one| scrub(one, folders)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names of folders outside of the lab, which may be anybody's name, and what stands for them: the same for the same path.
#[derive(Default)]
struct Folders {
    shown: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Folders {
    /// Every text that is such a path. What is on an instance has paths of its own.
    fn hide(&mut self, any: &mut Value) {
        const ON_AN_INSTANCE: [&str; 2] = ["copied", "bad_modes"];
        match any {
            Value::String(text) => {
                if let Some(shown) = self.shown(text) {
                    *text = shown;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.hide(one)),
            Value::Object(all) => {
                for (name, one) in all.iter_mut() {
                    if !ON_AN_INSTANCE.contains(&name.as_str()) {
                        self.hide(one);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn shown(&mut self, path: &str) -> Option<String> {
        let (folder, file) = path.rsplit_once('/')?;
        let place = match folder.strip_prefix('~') {
            Some("" | "/Downloads") => return None,
            Some(below) if below.starts_with('/') => "~/(folder",
            None if path.starts_with('/') => "(elsewhere",
            Some(_) | None => return None,
        };
        if let Some(shown) = self.shown.get(path) {
            return Some(shown.clone());
        }
        // Two files of one name in two folders stay two.
        let numbered = (1..).map(|number| match number {
            1 => format!("{place})/{file}"),
            number => format!("{place} {number})/{file}"),
        });
        let shown = numbered.into_iter().find(|one| !self.taken.contains(one))?;
        self.taken.insert(shown.clone());
        self.shown.insert(path.to_owned(), shown.clone());
        Some(shown)
    }
}

fn known<T, R>(known: &Known<T>, carry: impl FnOnce(&T) -> R) -> Known<R> {
    match known {
        Known::Seen(facts) => Known::Seen(carry(facts)),
        Known::Unknown(why) => Known::Unknown(why.clone()),
        Known::NotGathered => Known::NotGathered,
    }
}

/// Those that are meant, and the newest others; in their order.
fn newest<T: Clone>(all: &[T], age: impl Fn(&T) -> i64, is_meant: impl Fn(&T) -> bool) -> Vec<T> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|place| {
        let one = all.get(*place);
        std::cmp::Reverse(one.map(|one| (is_meant(one), age(one))))
    });
    order.truncate(KEPT);
    order.sort_unstable();
    order
        .iter()
        .filter_map(|place| all.get(*place).cloned())
        .collect()
}

fn fewer(account: &Account, about: &Bindings) -> Account {
    let key = about.key_pair.as_ref();
    let is_ours = |name: Option<&String>| name.is_some() && name == key.map(|key| &key.name);
    let instances = newest(
        &account.instances,
        |one| one.launched_at,
        |one| about.instance.as_ref() == Some(&one.id) || is_ours(one.key_name.as_ref()),
    );
    let used: BTreeSet<&String> = instances
        .iter()
        .flat_map(|one| &one.security_groups)
        .collect();
    let mut groups = newest(
        &account.security_groups,
        |_| 0,
        |group| used.contains(&group.id),
    );
    for group in &mut groups {
        group.inbound.truncate(KEPT);
    }
    Account {
        region: account.region.clone(),
        my_address: account.my_address.clone(),
        key_pairs: newest(
            &account.key_pairs,
            |pair| pair.created_at,
            |pair| key.is_some_and(|key| key.id == pair.id),
        ),
        instances,
        security_groups: groups,
        addresses: account.addresses.iter().take(KEPT).cloned().collect(),
        left_behind: account
            .left_behind
            .as_ref()
            .map(|left| left.iter().take(KEPT).cloned().collect()),
    }
}

/// The users that are somebody on an instance. What else was asked for may be the learner's own name: ssh's default.
fn users<'a>(evidence: &'a Evidence, events: &'a [Event]) -> BTreeSet<&'a str> {
    let mut users = BTreeSet::from([
        "root", "ec2-user", "ubuntu", "admin", "debian", "fedora", "centos", "rocky",
    ]);
    if let Known::Seen(account) = &evidence.account {
        users.extend(
            account
                .instances
                .iter()
                .filter_map(|one| one.login_user.as_deref()),
        );
    }
    users.extend(events.iter().filter_map(|event| {
        if let What::LoggedIn { user, .. } = &event.what {
            Some(user.as_str())
        } else {
            None
        }
    }));
    users
}

/// As many events as an entry carries.
fn some(mut events: Vec<Event>) -> Vec<Event> {
    // Of commands in a row the first says it all, but for looks at a riddle's file.
    let is_command = |event: &Event| matches!(event.what, What::ShellCommand { line: None, .. });
    events.dedup_by(|next, before| is_command(next) && is_command(before));
    let too_many = events.len().saturating_sub(EVENTS);
    let (mut logins, mut answers) = (0, 0);
    events
        .into_iter()
        .enumerate()
        .filter(|(place, event)| {
            let is_login = matches!(event.what, What::LoggedIn { .. });
            logins += usize::from(is_login);
            let is_answer = matches!(event.what, What::Answered { .. });
            answers += usize::from(is_answer);
            *place >= too_many || (is_login && logins <= KEPT) || (is_answer && answers <= KEPT)
        })
        .map(|(_, event)| event)
        .collect()
}

/// The files of the riddles: a command that names one is a look at it (`checks/riddle_solved.rs`), and the name is all that is
/// carried of the line.
fn looks(evidence: &Evidence) -> Vec<String> {
    let names = evidence.riddles.keys();
    names.map(|name| format!("{name}.pem")).collect()
}

/// An event as it is carried.
fn carried(
    event: &Event,
    users: &BTreeSet<&str>,
    names: &BTreeSet<&str>,
    looks: &[String],
) -> Event {
    let user = |user: &String| {
        if users.contains(user.as_str()) {
            user.clone()
        } else {
            LEFT_OUT.to_owned()
        }
    };
    let what = match &event.what {
        What::Api {
            action,
            region,
            parameters,
            error,
        } => What::Api {
            action: shortened(action),
            region: shortened(region),
            parameters: public(parameters, names, error.is_some()),
            error: error
                .as_ref()
                .map(|(code, _message)| (shortened(code), String::new())),
        },
        What::Unreachable {
            address,
            port,
            instance,
            why,
        } => What::Unreachable {
            address: host(address),
            port: *port,
            instance: instance.clone(),
            why: *why,
        },
        What::Connected {
            session,
            instance,
            address,
            client,
        } => What::Connected {
            session: *session,
            instance: instance.clone(),
            address: host(address),
            client: client.as_deref().map(shortened),
        },
        What::UserNamed {
            session,
            user: name,
        } => What::UserNamed {
            session: *session,
            user: user(name),
        },
        What::KeyOffered {
            session,
            user: name,
            key_sha256,
            accepted,
        } => What::KeyOffered {
            session: *session,
            user: user(name),
            // A key that opens nothing here may be one of the learner's own.
            key_sha256: if *accepted {
                key_sha256.clone()
            } else {
                LEFT_OUT.to_owned()
            },
            accepted: *accepted,
        },
        What::LoggedIn {
            session,
            instance,
            user,
            key_sha256,
            watched,
        } => What::LoggedIn {
            session: *session,
            instance: instance.clone(),
            user: user.clone(),
            key_sha256: key_sha256.clone(),
            watched: *watched,
        },
        What::Refused { session, why } => What::Refused {
            session: *session,
            why: match why {
                Refusal::BadModes { path } => Refusal::BadModes {
                    path: shortened(path),
                },
                Refusal::Signature { algorithm } => Refusal::Signature {
                    algorithm: shortened(algorithm),
                },
                Refusal::NoCommonHostKey { client_takes } => Refusal::NoCommonHostKey {
                    client_takes: client_takes
                        .iter()
                        .take(KEPT)
                        .map(|one| shortened(one))
                        .collect(),
                },
            },
        },
        What::RootTurnedAway { session, instance } => What::RootTurnedAway {
            session: *session,
            instance: instance.clone(),
        },
        What::RemoteCommand {
            session,
            instance,
            line,
            status,
        } => What::RemoteCommand {
            session: *session,
            instance: instance.clone(),
            line: command(line, *status),
            status: *status,
        },
        What::Copied {
            session,
            instance,
            path,
            there,
        } => What::Copied {
            session: *session,
            instance: instance.clone(),
            path: shortened(path),
            there: *there,
        },
        What::Answered {
            step,
            question,
            choice,
        } => What::Answered {
            step: step.clone(),
            question: *question,
            choice: choice.clone(),
        },
        What::Disconnected { session } => What::Disconnected { session: *session },
        // That one ended says that the connections before it are over. Of the line only a look is carried.
        What::ShellCommand { line, status, .. } => What::ShellCommand {
            line: looks_in(line.as_deref().unwrap_or_default(), looks),
            status: *status,
            directory: String::new(),
        },
    };
    Event {
        number: event.number,
        at: event.at,
        what,
    }
}

fn looks_in(line: &str, looks: &[String]) -> Option<String> {
    let found: Vec<&str> = looks
        .iter()
        .map(String::as_str)
        .filter(|file| line.contains(file))
        .collect();
    (!found.is_empty()).then(|| found.join(" "))
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Parameters by which things are named, and numbers. Of a filter only what the evidence knows anyway: its value may be anything.
fn public(
    parameters: &BTreeMap<String, String>,
    names: &BTreeSet<&str>,
    refused: bool,
) -> BTreeMap<String, String> {
    const PRIVATE: [&str; 6] = [
        "Tag",
        "Description",
        "UserData",
        "Material",
        "ClientToken",
        "Password",
    ];
    let shown = |name: &str, value: &str| {
        let is_shown = match name.strip_prefix("Filter.") {
            None => true,
            Some(rest) if rest.ends_with(".Name") => !refused && is_filter(value),
            Some(_) => is_id(value) || STATES.contains(&value) || names.contains(value),
        };
        if is_shown { value } else { LEFT_OUT }.to_owned()
    };
    parameters
        .iter()
        .filter(|(name, value)| {
            // The journal's own words for a private half, in place of a key.
            value.as_str() == A_PRIVATE_HALF
                || PRIVATE.iter().all(|word| !name.contains(word))
                    && name.len() <= 100
                    && value.len() <= 100
        })
        .take(KEPT)
        .map(|(name, value)| (name.clone(), shown(name, value)))
        .collect()
}

/// States of instances.
const STATES: [&str; 6] = [
    "pending",
    "running",
    "shutting-down",
    "terminated",
    "stopping",
    "stopped",
];

/// Whether it has the form of a filter's name. A tag's key is the learner's own, but for that of names.
fn is_filter(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    name == "tag:Name" || name.chars().all(is_plain)
}

/// Whether it has the form of an id, such as `i-0123456789abcdef0`.
fn is_id(text: &str) -> bool {
    let Some((kind, number)) = text.rsplit_once('-') else {
        return false;
    };
    matches!(number.len(), 8 | 17)
        && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        && kind.len() <= 10
        && kind.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The names and addresses of what is carried of the account.
fn names(evidence: &Evidence) -> BTreeSet<&str> {
    let Known::Seen(account) = &evidence.account else {
        return BTreeSet::new();
    };
    let pairs = account.key_pairs.iter().map(|pair| &pair.name);
    let groups = account.security_groups.iter().map(|group| &group.name);
    let instances = account.instances.iter().flat_map(|one| {
        let texts = [
            &one.name,
            &one.key_name,
            &one.public_address,
            &one.private_address,
            &one.public_name,
        ];
        texts.into_iter().flatten().chain(&one.earlier_addresses)
    });
    let addresses = account.addresses.iter().map(|one| &one.address);
    pairs
        .chain(groups)
        .chain(instances)
        .chain(addresses)
        .map(String::as_str)
        .collect()
}

/// An address, or a name that AWS gave. Anything else that was asked for may be anything.
fn host(asked: &str) -> String {
    if asked.parse::<IpAddr>().is_ok() || asked.ends_with(".amazonaws.com") {
        shortened(asked)
    } else {
        LEFT_OUT.to_owned()
    }
}

/// The name of the command that was run on an instance. What the instance does not know may be a slip, even a password.
fn command(line: &str, status: u32) -> String {
    const NOT_FOUND: u32 = 127;
    let command = line.trim_start();
    let first = command
        .split(|c: char| c.is_whitespace() || ";|&".contains(c))
        .next()
        .unwrap_or_default();
    if command.is_empty() {
        return String::new();
    }
    let is_a_name = first.len() <= 24
        && first.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        });
    if is_a_name && status != NOT_FOUND {
        first.to_owned()
    } else {
        "?".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::KeyContent;
    use crate::course::fixture::{ID, Lab, OTHER_SHA, SHA, file, group, instance, key, rule};

    fn seen(lab: &Lab) -> Seen {
        let bindings = lab.bindings();
        Seen::of(&lab.evidence(), &bindings, &bindings, 0, &[])
    }

    #[test]
    fn nothing_private_is_carried() {
        let mut lab = Lab::ready();
        lab.typed("curl -u me:hunter2 https://example.org", 0);
        lab.tried(1, Some("mehmet"), &[(OTHER_SHA, false)]);
        lab.unanswered(
            "My-Laptop.local",
            22,
            crate::course::evidence::Silence::NobodyThere,
        );
        lab.logged_in(2);
        for (line, status) in [
            ("hunter3", 127),
            ("PASS=hunter4 whoami", 0),
            ("cat;whoami /home/me/hunter5", 0),
        ] {
            lab.happened(What::RemoteCommand {
                session: 2,
                instance: ID.into(),
                line: line.into(),
                status,
            });
        }
        lab.called("CreateTags", None, None);
        if let What::Api { parameters, .. } = &mut lab.events.last_mut().unwrap().what {
            parameters.insert("Tag.1.Value".into(), "hunter6".into());
            parameters.insert("UserData".into(), "hunter7".into());
            parameters.insert("KeyName".into(), "/home/me/keys/mine".into());
        }
        lab.called(
            "CreateKeyPair",
            None,
            Some(("InvalidKeyPair.Duplicate", "hunter8")),
        );
        lab.account
            .key_pairs
            .push(key("/home/me/x.pem", OTHER_SHA, 5));
        lab.account
            .key_pairs
            .push(key("-----BEGIN RSA PRIVATE KEY-----", "SHA256:z", 6));
        let text = serde_json::to_string(&seen(&lab)).unwrap();
        for word in [
            "hunter",
            "mehmet",
            "/home/me",
            "PRIVATE KEY",
            "Laptop",
            "curl",
            "/lab",
            OTHER_SHA,
        ] {
            if word == OTHER_SHA {
                // The fingerprint of a key pair of the account, but not that of a key that was only offered.
                assert_eq!(text.matches(word).count(), 2, "{text}");
            } else {
                assert!(!text.contains(word), "{word} is in {text}");
            }
        }
        for word in [
            SHA,
            "\"cat\"",
            "\"?\"",
            "~/x.pem",
            "InvalidKeyPair.Duplicate",
            "ec2-user",
        ] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }

    #[test]
    fn a_riddle_that_is_still_to_be_solved_is_not_carried_and_one_that_is_solved_is() {
        let riddle = |instance: &str, cause| Riddle {
            instance: instance.into(),
            cause,
        };
        let mut lab = Lab::ready();
        lab.called("DescribeInstances", None, None);
        lab.tried(7, Some("ec2-user"), &[]);
        lab.happened(What::Refused {
            session: 7,
            why: Refusal::BadModes {
                path: "/home/ec2-user/.ssh/authorized_keys".into(),
            },
        });
        let answered = |choice: Cause| What::Answered {
            step: "bravo".into(),
            question: 0,
            choice: choice.letter().to_string(),
        };
        lab.happened(answered(Cause::NoRule));
        let mut evidence = lab.evidence();
        evidence.riddles = [
            ("alpha".to_owned(), riddle(ID, Cause::AuthorizedKeys)),
            ("bravo".to_owned(), riddle("i-2", Cause::NoRule)),
            ("charlie".to_owned(), riddle("i-3", Cause::KeySpoiled)),
        ]
        .into();
        let bindings = lab.bindings();
        let of = |steps: &[String]| Seen::of(&evidence, &bindings, &bindings, 0, steps);
        let early = of(&["get-an-overview".to_owned()]);
        let text = serde_json::to_string(&early).unwrap();
        for secret in ["cause", "key_spoiled", "authorized_keys", "no_rule"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        let solved = of(&["bravo".to_owned()]);
        let text = serde_json::to_string(&solved).unwrap();
        assert!(
            text.contains("no_rule") && !text.contains("key_spoiled"),
            "{text}"
        );
        assert!(!text.contains("authorized_keys"), "{text}");
        // It is all that the grader needs.
        let expect = crate::course::checks::Expect::RiddleSolved {
            name: "bravo".into(),
        };
        let again = solved.evidence(20_000, &mut Vec::new());
        let verdict = expect.judge(&again, &mut lab.bindings());
        assert!(verdict.is_passed(), "{verdict:?}");
    }

    #[test]
    fn a_look_at_a_riddles_file_is_carried_and_nothing_else_of_the_line() {
        use crate::course::start::Cause;
        let mut lab = Lab::ready();
        let typed = |line: &str| What::ShellCommand {
            line: Some(line.to_owned()),
            status: 0,
            directory: "/home/me".into(),
        };
        let answered = |cause: Cause| What::Answered {
            step: "alpha".into(),
            question: 0,
            choice: cause.letter().to_string(),
        };
        lab.happened(typed("echo SECRET"));
        lab.happened(typed("tail -n1 ~/SECRET/alpha.pem"));
        lab.happened(answered(Cause::NoRule));
        lab.happened(typed("cat alpha.pem"));
        lab.happened(answered(Cause::KeySpoiled));
        let mut evidence = lab.evidence();
        let riddle = Riddle {
            instance: ID.into(),
            cause: Cause::KeySpoiled,
        };
        evidence.riddles = [("alpha".to_owned(), riddle)].into();
        let expect = crate::course::checks::Expect::RiddleSolved {
            name: "alpha".into(),
        };
        assert!(expect.judge(&evidence, &mut lab.bindings()).is_passed());
        let bindings = lab.bindings();
        let seen = Seen::of(&evidence, &bindings, &bindings, 0, &["alpha".to_owned()]);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(!text.contains("SECRET") && !text.contains("tail"), "{text}");
        let again = seen.evidence(20_000, &mut Vec::new());
        let verdict = expect.judge(&again, &mut lab.bindings());
        assert!(verdict.is_passed(), "{verdict:?}");
    }

    #[test]
    fn a_filters_value_is_carried_only_if_the_account_knows_it() {
        let mut lab = Lab::ready();
        let mut called = |filters: &[(&str, &str)], error| {
            lab.called("DescribeInstances", None, error);
            if let What::Api { parameters, .. } = &mut lab.events.last_mut().unwrap().what {
                for (number, (name, value)) in filters.iter().enumerate() {
                    parameters.insert(format!("Filter.{number}.Name"), (*name).into());
                    parameters.insert(format!("Filter.{number}.Value.1"), (*value).into());
                }
            }
        };
        called(
            &[
                ("tag:SECRET1", "SECRET2"),
                ("key-name", "mykey"),
                ("instance-id", ID),
                ("instance-state-name", "running"),
                ("vpc-id", "vpc-0SECRET3"),
                ("key-name", "SECRET4-0123456789abcdef0"),
            ],
            None,
        );
        called(&[("secret5", "x")], Some(("InvalidParameterValue", "")));
        let text = serde_json::to_string(&seen(&lab)).unwrap();
        assert!(!text.to_lowercase().contains("secret"), "{text}");
        for kept in [
            "\"mykey\"",
            "instance-state-name\",\"Filter.3.Value.1\":\"running",
            &format!("Filter.2.Value.1\":\"{ID}"),
        ] {
            assert!(text.contains(kept), "{kept} is not in {text}");
        }
    }

    #[test]
    fn folders_outside_of_the_lab_have_no_names_and_the_checks_are_as_they_were() {
        for (path, shown) in [
            ("/mnt/c/Users/REAL NAME/mykey.pem", "(elsewhere)/mykey.pem"),
            ("~/REAL NAME/school/mykey.pem", "~/(folder)/mykey.pem"),
            ("~/Downloads/mykey.pem", "~/Downloads/mykey.pem"),
            ("~/mykey.pem", "~/mykey.pem"),
            ("keys/mykey.pem", "keys/mykey.pem"),
        ] {
            let mut lab = Lab::ready();
            lab.files[0].path = path.into();
            lab.files[0].folder_mode = 0o700;
            let other = file("/srv/REAL NAME/mykey.pem", KeyContent::Empty, 0o600, None);
            lab.files.push(other);
            lab.logged_in(1);
            lab.happened(What::Copied {
                session: 1,
                instance: ID.into(),
                path: "/home/ec2-user/notes.txt".into(),
                there: true,
            });
            let mut bindings = Bindings::default();
            bindings.settle(&lab.evidence());
            assert_eq!(bindings.key_file.as_deref(), Some(path));
            let seen = Seen::of(&lab.evidence(), &bindings, &bindings, 0, &[]);
            let text = serde_json::to_string(&seen).unwrap();
            assert!(!text.contains("REAL NAME"), "{text}");
            assert!(text.contains("/home/ec2-user/notes.txt"), "{text}");
            assert_eq!(seen.bindings.key_file.as_deref(), Some(shown));
            let again = seen.evidence(20_000, &mut Vec::new());
            for expect in [
                crate::course::checks::Expect::PrivateKeySaved {},
                crate::course::checks::Expect::KeyFilePrivate {},
                crate::course::checks::Expect::KeyFolderPrivate {},
                crate::course::checks::Expect::KeyFileApart {},
                crate::course::checks::Expect::SignedIn {},
            ] {
                let before = expect.judge(&lab.evidence(), &mut bindings.clone());
                let after = expect.judge(&again, &mut seen.bindings.clone());
                assert_eq!(before.word(), after.word(), "{path}: {expect:?}: {after:?}");
            }
        }
    }

    #[test]
    fn a_crowded_lab_is_carried_without_its_crowd() {
        let mut lab = Lab::ready();
        for number in 0..3_000 {
            let name = format!("k{number}");
            lab.account
                .key_pairs
                .push(key(&name, OTHER_SHA, 2_000_000 + number));
            let mut other = instance(&format!("i-{number}"), None);
            other.launched_at = 3_000_000;
            lab.account.instances.push(other);
            lab.files.push(file(&name, KeyContent::Empty, 0o600, None));
            let mut other = group(&vec![rule("tcp", Some((22, 22)), "192.0.2.0/24"); 99]);
            other.id = format!("sg-{number}");
            lab.account.security_groups.push(other);
            lab.tried(9_000, Some("ec2-user"), &[]);
        }
        lab.logged_in(3);
        let bindings = lab.bindings();
        let seen = seen(&lab);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.len() < 1_000_000, "{} bytes", text.len());
        let again = seen.evidence(20_000, &mut Vec::new());
        let mut found = Bindings::default();
        found.settle(&again);
        assert_eq!(found, bindings);
        for expect in [
            crate::course::checks::Expect::SshAllowed {},
            crate::course::checks::Expect::SignedIn {},
            crate::course::checks::Expect::KeyFilePrivate {},
        ] {
            let verdict = expect.judge(&again, &mut found);
            assert!(verdict.is_passed(), "{verdict:?}");
        }
    }

    #[test]
    fn a_connection_that_only_the_next_prompt_ended_is_over_without_its_line_too() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ec2-user"), &[]);
        assert!(matches!(
            lab.events.pop().unwrap().what,
            What::Disconnected { .. }
        ));
        lab.typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
        lab.typed("ls", 0);
        let evidence = seen(&lab).evidence(20_000, &mut Vec::new());
        let commands: Vec<What> = match &evidence.events {
            Known::Seen(events) => events.iter().map(|event| event.what.clone()).collect(),
            other @ (Known::Unknown(_) | Known::NotGathered) => panic!("{other:?}"),
        };
        assert_eq!(
            commands.last(),
            Some(&What::ShellCommand {
                line: None,
                status: 255,
                directory: String::new()
            })
        );
        let verdict = crate::course::checks::Expect::PermissionErrorMet {}
            .judge(&evidence, &mut lab.bindings());
        assert!(verdict.is_passed(), "{verdict:?}");
    }

    #[test]
    fn each_entry_has_only_what_is_new_and_together_they_are_all() {
        let mut lab = Lab::ready();
        lab.called("DescribeInstances", None, None);
        let bindings = lab.bindings();
        let first = Seen::of(&lab.evidence(), &bindings, &bindings, 0, &[]);
        lab.logged_in(1);
        let second = Seen::of(
            &lab.evidence(),
            &bindings,
            &bindings,
            first.last_event(),
            &[],
        );
        let mut all = Vec::new();
        first.evidence(1, &mut all);
        assert_eq!(all.len(), 1);
        let evidence = second.evidence(2, &mut all);
        assert_eq!(evidence.events, Known::Seen(lab.events));
    }
}

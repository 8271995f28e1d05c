//! Start: what a lesson's account, folder and machines are before its first step, as `[start]` declares it.
//!
//! Only data: [`crate::course`] knows no account. `lab::start` makes it real, once for each time that the lesson is begun,
//! with fresh keys, ids and addresses, and remembers what it made as [`Begun`].

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::course::evidence::Riddle;
use crate::course::mistake::Mistake;

/// The format of [`Begun`] that this program writes.
pub const FORMAT: u32 = 1;

/// `[start]` of `lesson.toml`. Everything is made in the order of these fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Folders in the learner's folder, made with their parents: `website/.git/refs`.
    pub folders: Vec<String>,
    /// Files in the learner's folder.
    pub files: Vec<StartFile>,
    /// Key pairs.
    pub key_pairs: Vec<StartKeyPair>,
    /// Security groups.
    pub security_groups: Vec<StartGroup>,
    /// Instances.
    pub instances: Vec<StartInstance>,
    /// Elastic IP addresses.
    pub addresses: Vec<StartAddress>,
    /// Instances with one fault each, drawn anew for each learner.
    pub riddles: Option<Riddles>,
}

/// A file in the learner's folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartFile {
    /// Its path, seen from the learner's folder.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A key pair, made as EC2 makes one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartKeyPair {
    /// Its name.
    pub name: String,
    /// Where the private half is, seen from the learner's folder. Without it nobody has the private half.
    pub file: Option<String>,
    /// The file's permissions, such as `"400"`.
    #[serde(default = "mode_400", deserialize_with = "octal")]
    #[schemars(
        with = "String",
        default = "mode_400_in_words",
        regex(pattern = r"^0?[0-7]{1,3}$")
    )]
    pub mode: u32,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartGroup {
    /// Its name.
    pub name: String,
    /// Inbound rules.
    #[serde(default)]
    pub inbound: Vec<StartRule>,
}

/// An inbound rule for one TCP port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRule {
    /// The port.
    pub port: u16,
    /// Whom it admits: an IPv4 range, or `me` for the learner's own address.
    pub from: String,
}

/// An instance. It has run for an hour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartInstance {
    /// Its tag `Name`.
    pub name: String,
    /// What it starts from.
    #[serde(default)]
    pub image: StartImage,
    /// The key pair chosen at launch.
    pub key_pair: Option<String>,
    /// The groups' names; the default group without any.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Stopped since.
    #[serde(default)]
    pub stopped: bool,
    /// Launched without a public address.
    #[serde(default)]
    pub no_public_address: bool,
    /// A script or a cloud-config that its first boot ran.
    pub user_data: Option<String>,
}

/// Images that a lesson can start with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartImage {
    /// Amazon Linux 2023: `ec2-user`.
    #[default]
    AmazonLinux,
    /// Ubuntu 24.04: `ubuntu`.
    Ubuntu,
    /// Debian 12: `admin`.
    Debian,
}

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartAddress {
    /// Its tag `Name`.
    pub name: String,
    /// The `Name` of the instance that has it; none for one that nobody uses.
    pub instance: Option<String>,
}

/// Instances, each with a key pair, a file and a group of its own name, all of them good but for one fault each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Riddles {
    /// The names.
    pub names: Vec<String>,
    /// As many lists: from each list one fault is drawn, and goes to one of the instances. No fault is drawn twice.
    pub pools: Vec<Vec<Fault>>,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $mistake:ident, $cause:ident;)*) => {
        /// One thing that keeps a learner out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
        pub enum Fault {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in a lesson.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What an attempt at it looks like to the coach.
            pub fn mistake(self) -> Mistake {
                match self { $(Self::$variant => Mistake::$mistake,)* }
            }

            /// The cause that the learner is to name.
            pub fn cause(self) -> Cause {
                match self { $(Self::$variant => Cause::$cause,)* }
            }
        }
    };
}

faults! {
    /// The group has no rule for port 22.
    GroupClosed = "group_closed", GroupClosed, NoRule;
    /// The group's rule is for another address.
    GroupForOthers = "group_for_others", GroupForOthers, RuleForOthers;
    /// The group's rule is for another port.
    GroupOtherPort = "group_other_port", GroupClosed, NoRule;
    /// The instance was launched without a public address.
    NoPublicAddress = "no_public_address", PrivateAddress, NoPublicAddress;
    /// The instance is stopped.
    Stopped = "stopped", InstanceStopped, Stopped;
    /// The image is Ubuntu's.
    Ubuntu = "ubuntu", WrongUser, OtherUser;
    /// The image is Debian's.
    Debian = "debian", WrongUser, OtherUser;
    /// It was launched with another key pair than the file's.
    OtherKeyPair = "other_key_pair", WrongKey, OtherKeyPair;
    /// Its list of keys may be written by others.
    AuthorizedKeysOpen = "authorized_keys_open", AuthorizedKeysOpen, AuthorizedKeys;
    /// Its list of keys does not have the key any more.
    AuthorizedKeysWithout = "authorized_keys_without", AuthorizedKeysWithout, AuthorizedKeys;
    /// The key file may be read by others.
    KeyOpen = "key_open", KeyOpenToOthers, KeyOpen;
    /// The key file has lost its end.
    KeyTruncated = "key_truncated", KeyFileTruncated, KeySpoiled;
    /// The key file holds the public half.
    KeyPublicHalf = "key_public_half", PublicHalfGiven, KeySpoiled;
}

/// What a learner can name as the reason why an instance lets nobody in. The letter is its place in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No rule for port 22.
    NoRule,
    /// A rule for another address.
    RuleForOthers,
    /// No public address, though it runs.
    NoPublicAddress,
    /// It is stopped.
    Stopped,
    /// Another login user than `ec2-user`.
    OtherUser,
    /// Another key pair was chosen at launch.
    OtherKeyPair,
    /// The list of keys inside.
    AuthorizedKeys,
    /// The key file is open to others.
    KeyOpen,
    /// The key file holds no private key that ssh can read.
    KeySpoiled,
}

impl Cause {
    /// Every cause, in the order of the letters.
    pub const ALL: [Self; 9] = [
        Self::NoRule,
        Self::RuleForOthers,
        Self::NoPublicAddress,
        Self::Stopped,
        Self::OtherUser,
        Self::OtherKeyPair,
        Self::AuthorizedKeys,
        Self::KeyOpen,
        Self::KeySpoiled,
    ];

    /// `a` to `i`.
    pub fn letter(self) -> char {
        let letters = ('a'..='i').zip(Self::ALL);
        letters
            .into_iter()
            .find(|(_, cause)| *cause == self)
            .map_or('a', |(letter, _)| letter)
    }

    /// The cause of a letter.
    pub fn of(letter: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|cause| letter.chars().eq([cause.letter()]))
    }

    /// In words, as one choice among the others.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoRule => "the security group has no rule for port 22",
            Self::RuleForOthers => "the security group's rule is for somebody else's address",
            Self::NoPublicAddress => "it runs, but has no public address",
            Self::Stopped => "it is stopped",
            Self::OtherUser => "its image wants another user than ec2-user",
            Self::OtherKeyPair => "it was launched with another key pair than this file's",
            Self::AuthorizedKeys => "its own list of keys, authorized_keys, is at fault",
            Self::KeyOpen => "the key file can be read by others",
            Self::KeySpoiled => "the key file does not hold a whole private key",
        }
    }

    /// How to know it, said when it was named.
    pub fn lesson(self) -> &'static str {
        match self {
            Self::NoRule => {
                "Time-out, and an instance that runs: look at its group. No rule for port 22, so the packets are dropped."
            }
            Self::RuleForOthers => {
                "Time-out, although there is a rule: it admits an address that is not yours. Add your own with /32."
            }
            Self::NoPublicAddress => {
                "Running, and PublicIpAddress is empty: nothing outside its network reaches it. An Elastic IP would help."
            }
            Self::Stopped => {
                "The state says so before any ssh does: start it, and ask for its new address."
            }
            Self::OtherUser => {
                "Permission denied with the right key: the image's name tells the user, ubuntu for Ubuntu, admin for Debian."
            }
            Self::OtherKeyPair => {
                "Permission denied, and KeyName in describe-instances is another name: this file never opens it."
            }
            Self::AuthorizedKeys => {
                "User, key and KeyName are all right, and still Permission denied: what is left is the list inside it."
            }
            Self::KeyOpen => {
                "Your own ssh said it: UNPROTECTED PRIVATE KEY FILE. Nothing is wrong with the instance: chmod 400."
            }
            Self::KeySpoiled => {
                "Load key failed: ssh could not read the file. AWS has no copy: launch anew, or add a key by another door."
            }
        }
    }
}

/// What was made when a lesson began. Kept with its account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// [`FORMAT`].
    pub format: u32,
    /// What was drawn was drawn with this.
    pub seed: u64,
    /// The riddles, by the instance's name.
    pub riddles: BTreeMap<String, Riddle>,
}

impl Start {
    /// Whether there is anything to be made.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Riddles {
    /// The fault of each instance, by name. The same seed draws the same.
    pub fn draw(&self, seed: u64) -> Vec<(String, Fault)> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut drawn: Vec<Fault> = Vec::new();
        for pool in &self.pools {
            let left: Vec<Fault> = pool
                .iter()
                .copied()
                .filter(|fault| !drawn.contains(fault))
                .collect();
            if !left.is_empty() {
                drawn.extend(left.get(rng.random_range(0..left.len())));
            }
        }
        drawn.shuffle(&mut rng);
        self.names.iter().cloned().zip(drawn).collect()
    }
}

fn mode_400() -> u32 {
    0o400
}

fn mode_400_in_words() -> String {
    "400".to_owned()
}

fn octal<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let text = String::deserialize(from)?;
    match u32::from_str_radix(&text, 8) {
        Ok(mode) if mode <= 0o777 && text.len() <= 4 => Ok(mode),
        Ok(_) | Err(_) => Err(serde::de::Error::custom(format!(
            "`{text}` is no mode: write \"400\" or the like"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn riddles() -> Riddles {
        toml::from_str(
            r#"names = ["alpha", "bravo", "charlie"]
pools = [["group_closed", "group_for_others"], ["group_closed", "stopped"], ["ubuntu", "debian", "key_open"]]"#,
        )
        .unwrap()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_no_fault_is_drawn_twice() {
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            let drawn = riddles().draw(seed);
            assert_eq!(drawn, riddles().draw(seed));
            assert_eq!(drawn.len(), 3);
            let faults: BTreeSet<Fault> = drawn.iter().map(|(_, fault)| *fault).collect();
            assert_eq!(faults.len(), 3, "{drawn:?}");
            seen.insert(
                drawn
                    .into_iter()
                    .map(|(_, fault)| fault)
                    .collect::<Vec<_>>(),
            );
        }
        // Three times three combinations, in six orders each; two of them are the same set.
        assert!(seen.len() > 45, "{}", seen.len());
    }

    #[test]
    fn every_fault_is_named_by_its_name_and_every_cause_by_a_letter() {
        for fault in Fault::ALL {
            let text = format!("names = [\"a\"]\npools = [[\"{}\"]]", fault.name());
            let riddles: Riddles = toml::from_str(&text).unwrap();
            assert_eq!(riddles.pools, [[*fault]]);
            assert_eq!(
                Cause::of(&fault.cause().letter().to_string()),
                Some(fault.cause())
            );
        }
        let letters: String = Cause::ALL.iter().map(|cause| cause.letter()).collect();
        assert_eq!(letters, "abcdefghi");
        assert_eq!(
            (Cause::of("j"), Cause::of("aa"), Cause::of("")),
            (None, None, None)
        );
    }

    #[test]
    fn a_start_is_read_and_a_mode_that_is_none_is_refused() {
        let start: Start = toml::from_str(
            r#"[[key_pairs]]
name = "guard"
file = "guard.pem"
mode = "644"
[[instances]]
name = "practice"
key_pair = "guard"
image = "ubuntu""#,
        )
        .unwrap();
        assert_eq!(start.key_pairs[0].mode, 0o644);
        assert_eq!(start.instances[0].image, StartImage::Ubuntu);
        assert!(!start.is_empty() && Start::default().is_empty());
        for mode in ["999", "rw", "", "07777"] {
            let text = format!("[[key_pairs]]\nname = \"a\"\nmode = \"{mode}\"");
            assert!(toml::from_str::<Start>(&text).is_err(), "{mode}");
        }
    }
}

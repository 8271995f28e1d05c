//! Checks: one typed predicate a file, and the one list of them.

mod asked;
mod cleaned_up;
mod copied;
mod elastic_ip;
mod host_key_known;
mod instance_launched;
mod instance_running;
mod key_file_apart;
mod key_file_private;
mod key_file_safe;
mod key_locked;
mod key_pair_deleted;
mod key_pair_exists;
mod key_pair_imported;
mod looked_around;
pub(crate) mod mistake_met;
mod nothing_left;
mod other_key_away;
mod permission_error_met;
mod ppk_saved;
mod private_key_saved;
mod public_address_found;
mod pushed_key_used;
pub(crate) mod riddle_solved;
mod signed_in;
mod signed_in_again;
mod ssh_alias;
mod ssh_allowed;
mod ssh_only_for_me;
#[cfg(test)]
#[path = "tests.rs"]
mod tests_of_the_course;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Need};
use crate::course::mistake::Mistake;
use crate::course::verdict::Verdict;

/// One expectation of a step, written `expect.key_pair_exists = {}` in `lesson.toml`. `groundschool dev reference` prints these
/// sentences.
///
/// "The key pair" is the one that the learner has made or was given; "the key file" is the file that holds its private half; "the
/// instance" is the one that was launched with it. Names are the learner's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expect {
    /// AWS has answered a call of this action since the lesson began. A call that was refused does not count; what the call said
    /// does not matter.
    Asked {
        /// AWS's name of it: `DescribeInstances` and so on.
        action: String,
        /// In another region than the lab's.
        #[serde(default)]
        elsewhere: bool,
        /// What the answer means: said to the learner when it came.
        #[serde(default)]
        saw: String,
        /// Another command of the AWS CLI that makes the same call, if the task names one.
        #[serde(default)]
        also: Option<String>,
    },
    /// The instance is gone or going, and the key pair is deleted.
    CleanedUp {},
    /// A file was copied to the instance, or from it, with scp, sftp or the like.
    Copied {
        /// To the instance.
        to: bool,
        /// With pscp, or another program of PuTTY's.
        #[serde(default)]
        with_putty: bool,
    },
    /// The instance has an Elastic IP address.
    ElasticIp {},
    /// A security group of the account admits the learner's address with /32 on port 22 and nobody else's. No instance need be there
    /// yet.
    GroupOnlyForMe {},
    /// ssh's list of known hosts has the instance's true host key.
    HostKeyKnown {},
    /// An instance was launched with the key pair, and is starting or running.
    InstanceLaunched {},
    /// The instance runs.
    InstanceRunning {},
    /// The key file is outside of every git repository and of the downloads.
    KeyFileApart {},
    /// The key file's mode is 400.
    KeyFilePrivate {},
    /// The key file's mode is one that ssh takes: nobody but the owner may read it.
    KeyFileSafe {},
    /// The key file's folder is closed to others.
    KeyFolderPrivate {},
    /// The key file has a passphrase.
    KeyLocked {},
    /// The instance's key pair is deleted in EC2.
    KeyPairDeleted {},
    /// A key pair is in the account.
    KeyPairExists {},
    /// A key pair was imported, and its private half is here.
    KeyPairImported {},
    /// A command was run on the instance.
    LookedAround {},
    /// A failure was met on purpose.
    MistakeMet {
        /// Which.
        mistake: Mistake,
        /// What it means: said to the learner when it was met.
        saw: String,
        /// Since the step before; else it may have been met at any time.
        #[serde(default)]
        again: bool,
    },
    /// The account is empty: no instance, key pair, group, address or the like is left.
    NothingLeft {},
    /// No file in the lab's folder itself holds another key than the launch's that was imported or has opened the instance: it was
    /// moved away, if only into a folder below.
    OtherKeyAway {},
    /// ssh refused a key file that others can read, or had no reason to.
    PermissionErrorMet {},
    /// The private half is in a file of PuTTY's form.
    PpkSaved {},
    /// The private half is in a file.
    PrivateKeySaved {},
    /// The instance's public address was looked up or used.
    PublicAddressFound {},
    /// EC2 Instance Connect let the learner in.
    PushedKeyUsed {},
    /// The fault of a broken instance of `[start.riddles]` is named with `lab answer`, or mended. The step's id is the instance's name.
    RiddleSolved {
        /// The instance's name.
        name: String,
    },
    /// A second key pair's file is one that nobody else can read.
    SecondKeySafe {},
    /// The learner has logged in to the instance with the key, as the right user.
    SignedIn {},
    /// The learner has logged in with the key since the step before.
    SignedInAgain {
        /// Not before the newest call of one of these actions: `AssociateAddress` and so on. Not on AWS.
        #[serde(default)]
        after: Vec<String>,
    },
    /// The learner has logged in since the step before, with another key than the one of the launch.
    SignedInWithAnotherKey {
        /// Not before the newest call of one of these actions: `DeleteKeyPair` and so on. Not on AWS.
        #[serde(default)]
        after: Vec<String>,
    },
    /// The learner has logged in with PuTTY.
    SignedInWithPutty {},
    /// An ssh configuration in the lab's folder, or the learner's own, names the instance.
    SshAlias {},
    /// A security group of the instance admits the learner's address on port 22. Needs the instance.
    SshAllowed {},
    /// The security groups of the instance admit the learner's address with /32 on port 22 and nobody else's. Needs the instance:
    /// `group_only_for_me` does not.
    SshOnlyForMe {
        /// And no other port is open to anybody.
        #[serde(default)]
        nothing_else: bool,
    },
}

impl Expect {
    /// What it cannot be judged without.
    pub fn needs(&self) -> &'static [Need] {
        match self {
            Self::CleanedUp {} => &[Need::Account, Need::Leftovers],
            Self::ElasticIp {}
            | Self::GroupOnlyForMe {}
            | Self::HostKeyKnown {}
            | Self::InstanceLaunched {}
            | Self::InstanceRunning {}
            | Self::KeyPairDeleted {}
            | Self::NothingLeft {}
            | Self::SshAllowed {}
            | Self::SshOnlyForMe { .. } => &[Need::Account],
            Self::KeyPairExists {} => &[Need::KeyPairs],
            Self::KeyFilePrivate {} | Self::PrivateKeySaved {} => &[Need::KeyPairs, Need::KeyFiles],
            Self::KeyFileApart {}
            | Self::KeyFileSafe {}
            | Self::KeyFolderPrivate {}
            | Self::KeyLocked {}
            | Self::KeyPairImported {}
            | Self::PpkSaved {}
            | Self::SecondKeySafe {} => &[Need::Account, Need::KeyFiles],
            Self::Asked { .. } => &[Need::Account, Need::Events, Need::ApiCalls],
            Self::SignedInAgain { after } | Self::SignedInWithAnotherKey { after }
                if !after.is_empty() =>
            {
                &[Need::Account, Need::Events, Need::ApiCalls]
            }
            Self::LookedAround {} => &[Need::Account, Need::Events, Need::RemoteCommands],
            // The address is also found by using it: no call of the learner's need be seen.
            Self::PublicAddressFound {}
            | Self::Copied { .. }
            | Self::PushedKeyUsed {}
            | Self::RiddleSolved { .. }
            | Self::SignedIn {}
            | Self::SignedInAgain { .. }
            | Self::SignedInWithAnotherKey { .. }
            | Self::SignedInWithPutty {} => &[Need::Account, Need::Events],
            Self::MistakeMet { .. } | Self::OtherKeyAway {} | Self::PermissionErrorMet {} => {
                &[Need::Account, Need::KeyFiles, Need::Events]
            }
            Self::SshAlias {} => &[Need::Account, Need::Aliases],
        }
    }

    /// Its name in `lesson.toml`.
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut names = value
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys);
        names.next().cloned().unwrap_or_default()
    }

    /// Judges the evidence; binds the learner's own names where it meets them.
    pub fn judge(&self, evidence: &Evidence, bindings: &mut Bindings) -> Verdict {
        // These two are about what there was.
        if *self != (Self::CleanedUp {}) && *self != (Self::NothingLeft {}) {
            bindings.settle(evidence);
        }
        let verdict = match self {
            Self::Asked {
                action,
                elsewhere,
                saw,
                also,
            } => asked::judge(action, *elsewhere, saw, also.as_deref(), evidence),
            Self::CleanedUp {} => cleaned_up::judge(evidence, bindings),
            Self::Copied { to, with_putty } => copied::judge(*to, *with_putty, evidence, bindings),
            Self::ElasticIp {} => elastic_ip::judge(evidence, bindings),
            Self::GroupOnlyForMe {} => ssh_only_for_me::group(evidence),
            Self::HostKeyKnown {} => host_key_known::judge(evidence, bindings),
            Self::InstanceLaunched {} => instance_launched::judge(evidence, bindings),
            Self::InstanceRunning {} => instance_running::judge(evidence, bindings),
            Self::KeyFileApart {} => key_file_apart::judge(false, evidence, bindings),
            Self::KeyFilePrivate {} => key_file_private::judge(evidence, bindings),
            Self::KeyFileSafe {} => key_file_safe::judge(evidence, bindings),
            Self::KeyFolderPrivate {} => key_file_apart::judge(true, evidence, bindings),
            Self::KeyLocked {} => key_locked::judge(evidence, bindings),
            Self::KeyPairDeleted {} => key_pair_deleted::judge(evidence, bindings),
            Self::KeyPairExists {} => key_pair_exists::judge(evidence, bindings),
            Self::KeyPairImported {} => key_pair_imported::judge(evidence),
            Self::LookedAround {} => looked_around::judge(evidence, bindings),
            Self::MistakeMet {
                mistake,
                saw,
                again,
            } => mistake_met::judge(*mistake, saw, *again, evidence, bindings),
            Self::NothingLeft {} => nothing_left::judge(evidence),
            Self::OtherKeyAway {} => other_key_away::judge(evidence, bindings),
            Self::PermissionErrorMet {} => permission_error_met::judge(evidence, bindings),
            Self::PpkSaved {} => ppk_saved::judge(evidence, bindings),
            Self::PrivateKeySaved {} => private_key_saved::judge(evidence, bindings),
            Self::PublicAddressFound {} => public_address_found::judge(evidence, bindings),
            Self::PushedKeyUsed {} => pushed_key_used::judge(evidence, bindings),
            Self::RiddleSolved { name } => riddle_solved::judge(name, evidence),
            Self::SecondKeySafe {} => key_file_safe::second(evidence, bindings),
            Self::SignedIn {} => signed_in::judge(evidence, bindings),
            Self::SignedInAgain { after } => signed_in_again::judge(after, evidence, bindings),
            Self::SignedInWithAnotherKey { after } => {
                signed_in_again::with_another_key(after, evidence, bindings)
            }
            Self::SignedInWithPutty {} => signed_in_again::with_putty(evidence, bindings),
            Self::SshAlias {} => ssh_alias::judge(evidence, bindings),
            Self::SshAllowed {} => ssh_allowed::judge(evidence, bindings),
            Self::SshOnlyForMe { nothing_else } => {
                ssh_only_for_me::judge(*nothing_else, evidence, bindings)
            }
        };
        verdict.unwrap_or_else(|could_not_tell| could_not_tell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::{KeyContent, Known, What};
    use crate::course::fixture::{
        ADDRESS, ID, Lab, OTHER_SHA, SHA, file, group, instance, key, rule,
    };
    use crate::course::mistake::Mistake;

    fn all() -> Vec<Expect> {
        let mistake_met = Expect::MistakeMet {
            mistake: Mistake::WrongUser,
            saw: "Met.".to_owned(),
            again: false,
        };
        let asked = |elsewhere| Expect::Asked {
            action: "DescribeInstances".to_owned(),
            elsewhere,
            saw: String::new(),
            also: None,
        };
        vec![
            asked(false),
            asked(true),
            Expect::CleanedUp {},
            Expect::Copied {
                to: true,
                with_putty: false,
            },
            Expect::Copied {
                to: false,
                with_putty: false,
            },
            Expect::ElasticIp {},
            Expect::GroupOnlyForMe {},
            Expect::HostKeyKnown {},
            Expect::InstanceLaunched {},
            Expect::InstanceRunning {},
            Expect::KeyFileApart {},
            Expect::KeyFilePrivate {},
            Expect::KeyFileSafe {},
            Expect::KeyFolderPrivate {},
            Expect::KeyLocked {},
            Expect::KeyPairExists {},
            Expect::KeyPairImported {},
            Expect::LookedAround {},
            mistake_met,
            Expect::PermissionErrorMet {},
            Expect::PpkSaved {},
            Expect::PrivateKeySaved {},
            Expect::PublicAddressFound {},
            Expect::PushedKeyUsed {},
            Expect::SecondKeySafe {},
            Expect::SignedIn {},
            Expect::SignedInAgain { after: vec![] },
            Expect::SignedInWithAnotherKey { after: vec![] },
            Expect::SignedInWithPutty {},
            Expect::SshAlias {},
            Expect::SshAllowed {},
            Expect::SshOnlyForMe {
                nothing_else: false,
            },
        ]
    }

    fn judged(expect: &Expect, lab: &Lab) -> Verdict {
        expect.judge(&lab.evidence(), &mut lab.bindings())
    }

    #[track_caller]
    fn passes(expect: &Expect, lab: &Lab) {
        let verdict = judged(expect, lab);
        assert!(verdict.is_passed(), "{verdict:?}");
    }

    #[track_caller]
    fn not_yet(expect: &Expect, lab: &Lab, mistake: Option<Mistake>) {
        let verdict = judged(expect, lab);
        assert!(matches!(verdict, Verdict::NotYet { .. }), "{verdict:?}");
        assert_eq!(
            verdict.mistake().map(|one| one.mistake),
            mistake,
            "{verdict:?}"
        );
    }

    #[test]
    fn nothing_passes_as_shipped() {
        for expect in all() {
            not_yet(&expect, &Lab::new(), None);
        }
    }

    #[test]
    fn what_is_not_known_is_never_the_learners_fault() {
        let lab = Lab::ready();
        for expect in all() {
            for need in expect.needs() {
                let mut evidence = lab.evidence();
                let why = || "AWS did not answer.".to_owned();
                match need {
                    Need::Account | Need::KeyPairs | Need::Leftovers => {
                        evidence.account = Known::Unknown(why());
                    }
                    Need::KeyFiles => evidence.key_files = Known::Unknown(why()),
                    Need::Events | Need::ApiCalls | Need::RemoteCommands => {
                        evidence.events = Known::Unknown(why());
                    }
                    Need::Aliases => evidence.aliases = Known::Unknown(why()),
                }
                let verdict = expect.judge(&evidence, &mut lab.bindings());
                assert_eq!(
                    verdict,
                    Verdict::CouldNotTell { why: why() },
                    "{expect:?} without {need:?}"
                );
            }
        }
    }

    #[test]
    fn facts_that_no_check_asked_for_are_our_bug_in_words() {
        let mut evidence = Lab::new().evidence();
        evidence.account = Known::NotGathered;
        let verdict = Expect::KeyPairExists {}.judge(&evidence, &mut Bindings::default());
        assert!(matches!(verdict, Verdict::CouldNotTell { why } if why.contains("our bug")));
    }

    #[test]
    fn any_name_and_any_folder_do() {
        let mut lab = Lab::new();
        lab.account.key_pairs.push(key("Zoë's key", SHA, 1_000));
        lab.files.push(file(
            "~/Downloads/my first key.pem",
            KeyContent::PrivateKey,
            0o644,
            Some(SHA),
        ));
        passes(&Expect::KeyPairExists {}, &lab);
        passes(&Expect::PrivateKeySaved {}, &lab);
        assert_eq!(
            lab.bindings().key_file.as_deref(),
            Some("~/Downloads/my first key.pem")
        );
    }

    #[test]
    fn a_fingerprint_is_enough_where_the_public_half_is_not_known() {
        let mut lab = Lab::with_key();
        lab.account.key_pairs[0].public_sha256 = None;
        lab.account.key_pairs[0].fingerprint = "AbC=".into();
        lab.files[0].ec2_fingerprints = vec!["AbC".into()];
        passes(&Expect::PrivateKeySaved {}, &lab);
    }

    #[test]
    fn extra_objects_never_block() {
        let mut lab = Lab::ready();
        lab.account.key_pairs.push(key("junk", OTHER_SHA, 9_000));
        lab.files.push(file(
            "junk.pem",
            KeyContent::PrivateKey,
            0o644,
            Some(OTHER_SHA),
        ));
        lab.files
            .push(file("empty.pem", KeyContent::Empty, 0o644, None));
        lab.account.instances.push(instance("i-0junk", None));
        for expect in [
            Expect::KeyPairExists {},
            Expect::PrivateKeySaved {},
            Expect::InstanceLaunched {},
            Expect::SshAllowed {},
            Expect::KeyFilePrivate {},
        ] {
            passes(&expect, &lab);
        }
        assert_eq!(lab.bindings().key_pair.unwrap().name, "mykey");
    }

    #[test]
    fn starting_over_binds_the_new_key_pair() {
        let mut lab = Lab::ready();
        let mut bindings = lab.bindings();
        lab.account.instances[0].state = "terminated".into();
        lab.account.key_pairs = vec![key("mykey", OTHER_SHA, 9_000)];
        lab.files.push(file(
            "again.pem",
            KeyContent::PrivateKey,
            0o644,
            Some(OTHER_SHA),
        ));
        let verdict = Expect::PrivateKeySaved {}.judge(&lab.evidence(), &mut bindings);
        assert!(verdict.is_passed(), "{verdict:?}");
        assert_eq!(bindings.key_file.as_deref(), Some("again.pem"));
        assert_eq!(bindings.instance, None);
    }

    #[test]
    fn a_key_that_is_not_saved_names_how_its_file_is_spoiled() {
        for (content, mistake) in [
            (KeyContent::Json, Mistake::KeyFileJson),
            (KeyContent::WholeAnswer, Mistake::KeyFileWholeAnswer),
            (KeyContent::Utf16, Mistake::KeyFileUtf16),
            (KeyContent::Truncated, Mistake::KeyFileTruncated),
            (KeyContent::Empty, Mistake::KeyFileEmpty),
            (KeyContent::Damaged, Mistake::KeyFileDamaged),
            (KeyContent::PublicKey, Mistake::PublicHalfGiven),
            (KeyContent::Unreadable, Mistake::KeyUnreadable),
        ] {
            let mut lab = Lab::with_key();
            lab.files = vec![file("mykey.pem", content, 0o644, None)];
            not_yet(&Expect::PrivateKeySaved {}, &lab, Some(mistake));
        }
    }

    #[test]
    fn a_key_for_putty_is_saved_too() {
        let mut lab = Lab::with_key();
        lab.files = vec![file("mykey.ppk", KeyContent::Ppk, 0o644, Some(SHA))];
        assert!(
            matches!(judged(&Expect::PrivateKeySaved {}, &lab), Verdict::Passed { saw } if saw.contains("PuTTY"))
        );
    }

    #[test]
    fn an_old_spoiled_file_is_not_blamed() {
        let mut lab = Lab::with_key();
        lab.account.key_pairs[0].created_at = 1_000_000;
        lab.files = vec![file("old.pem", KeyContent::Json, 0o644, None)];
        not_yet(&Expect::PrivateKeySaved {}, &lab, None);
    }

    #[test]
    fn an_overwritten_key_is_told_from_a_file_that_was_always_empty() {
        let mut lab = Lab::with_key();
        lab.files = vec![file("mykey.pem", KeyContent::Empty, 0o600, None)];
        lab.called(
            "CreateKeyPair",
            Some("mykey"),
            Some(("InvalidKeyPair.Duplicate", "The keypair already exists")),
        );
        not_yet(
            &Expect::PrivateKeySaved {},
            &lab,
            Some(Mistake::KeyOverwritten),
        );
    }

    #[test]
    fn who_has_deleted_the_pair_of_a_spoiled_key_reads_how_to_create_it_again() {
        let mut lab = Lab::with_key();
        lab.files = vec![file("mykey.pem", KeyContent::Json, 0o644, None)];
        let mut bindings = lab.bindings();
        let mut cure = |lab: &Lab| {
            let verdict = Expect::PrivateKeySaved {}.judge(&lab.evidence(), &mut bindings);
            let mistake = verdict.mistake().cloned().unwrap();
            (mistake.says, mistake.cure.unwrap())
        };
        let (says, command) = cure(&lab);
        assert!(says.contains("Delete the key pair"), "{says}");
        assert_eq!(command, "aws ec2 delete-key-pair --key-name mykey");
        lab.account.key_pairs.clear();
        let (says, command) = cure(&lab);
        assert!(
            says.contains("The key pair is deleted: now create"),
            "{says}"
        );
        assert!(
            command.starts_with("aws ec2 create-key-pair --key-name mykey ")
                && command.ends_with(" > mykey.pem"),
            "{command}"
        );
    }

    #[test]
    fn pending_counts_as_launched_and_stopped_does_not() {
        let mut lab = Lab::launched();
        lab.account.instances[0].state = "pending".into();
        passes(&Expect::InstanceLaunched {}, &lab);
        lab.account.instances[0].state = "stopped".into();
        not_yet(
            &Expect::InstanceLaunched {},
            &lab,
            Some(Mistake::InstanceStopped),
        );
        lab.account.instances[0].state = "terminated".into();
        not_yet(
            &Expect::InstanceLaunched {},
            &lab,
            Some(Mistake::InstanceTerminated),
        );
    }

    #[test]
    fn a_launch_without_the_key_pair_or_with_another_is_named() {
        let mut lab = Lab::launched();
        lab.account.instances[0].key_name = None;
        not_yet(
            &Expect::InstanceLaunched {},
            &lab,
            Some(Mistake::LaunchedWithoutKeyPair),
        );
        lab.account.instances[0].key_name = Some("other".into());
        not_yet(
            &Expect::InstanceLaunched {},
            &lab,
            Some(Mistake::LaunchedWithOtherKeyPair),
        );
        // The same name, but the pair was made anew since.
        lab.account.instances[0].key_name = Some("mykey".into());
        lab.account.key_pairs[0].created_at = 9_000;
        not_yet(
            &Expect::InstanceLaunched {},
            &lab,
            Some(Mistake::LaunchedWithOtherKeyPair),
        );
    }

    #[test]
    fn ssh_is_allowed_by_any_rule_that_covers_the_learner() {
        for (inbound, mistake) in [
            (rule("tcp", Some((22, 22)), "198.51.100.7/32"), None),
            (rule("tcp", Some((0, 65_535)), "198.51.100.0/24"), None),
            (rule("-1", None, "0.0.0.0/0"), None),
            (
                rule("udp", Some((22, 22)), "0.0.0.0/0"),
                Some(Mistake::GroupClosed),
            ),
            (
                rule("tcp", Some((80, 80)), "0.0.0.0/0"),
                Some(Mistake::GroupClosed),
            ),
            (
                rule("tcp", Some((22, 22)), "sg-0default"),
                Some(Mistake::GroupClosed),
            ),
            (
                rule("tcp", Some((22, 22)), "192.0.2.0/24"),
                Some(Mistake::GroupForOthers),
            ),
            (
                rule("tcp", Some((22, 22)), "::/0"),
                Some(Mistake::GroupForOthers),
            ),
        ] {
            let mut lab = Lab::launched();
            lab.account.security_groups[1] = group(std::slice::from_ref(&inbound));
            match mistake {
                None => passes(&Expect::SshAllowed {}, &lab),
                mistake => not_yet(&Expect::SshAllowed {}, &lab, mistake),
            }
        }
    }

    #[test]
    fn without_the_learners_address_only_a_rule_for_everybody_can_be_told() {
        let mut lab = Lab::launched();
        lab.account.my_address = None;
        passes(&Expect::SshAllowed {}, &lab);
        lab.account.security_groups[1] = group(&[rule("tcp", Some((22, 22)), "192.0.2.0/24")]);
        assert!(matches!(
            judged(&Expect::SshAllowed {}, &lab),
            Verdict::CouldNotTell { .. }
        ));
    }

    #[test]
    fn the_permission_error_is_met_by_a_login_without_a_key() {
        let mut lab = Lab::launched();
        not_yet(&Expect::PermissionErrorMet {}, &lab, None);
        lab.tried(1, Some("ec2-user"), &[]);
        passes(&Expect::PermissionErrorMet {}, &lab);
    }

    #[test]
    fn the_permission_error_of_an_ed25519_key_is_an_accepted_offer_without_proof() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ec2-user"), &[(SHA, true)]);
        passes(&Expect::PermissionErrorMet {}, &lab);
    }

    #[test]
    fn a_forgotten_i_is_not_the_permission_error_where_the_line_tells() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ec2-user"), &[])
            .typed("ssh ec2-user@203.0.113.25", 255);
        not_yet(&Expect::PermissionErrorMet {}, &lab, None);
    }

    #[test]
    fn nobody_is_stuck_at_the_permission_error() {
        passes(&Expect::PermissionErrorMet {}, &Lab::ready());
        // plink does not look at modes.
        let mut lab = Lab::launched();
        lab.logged_in(1);
        passes(&Expect::PermissionErrorMet {}, &lab);
    }

    #[test]
    fn only_400_is_what_the_guide_asks_for() {
        let mut lab = Lab::ready();
        passes(&Expect::KeyFilePrivate {}, &lab);
        for (mode, mistake) in [
            (0o600, Some(Mistake::Mode600)),
            (0o700, Some(Mistake::Mode600)),
            (0o000, Some(Mistake::KeyUnreadable)),
            (0o644, None),
            (0o440, None),
        ] {
            lab.files[0].mode = mode;
            not_yet(&Expect::KeyFilePrivate {}, &lab, mistake);
        }
    }

    #[test]
    fn a_safe_copy_elsewhere_is_enough_and_the_open_one_is_mentioned() {
        let mut lab = Lab::launched();
        lab.files.push(file(
            "~/.ssh/mykey.pem",
            KeyContent::PrivateKey,
            0o400,
            Some(SHA),
        ));
        let verdict = judged(&Expect::KeyFilePrivate {}, &lab);
        assert!(
            matches!(verdict, Verdict::Passed { saw } if saw.contains("A copy at mykey.pem can still"))
        );
    }

    #[test]
    fn a_key_lost_after_it_was_saved_is_named() {
        let mut lab = Lab::launched();
        let mut bindings = lab.bindings();
        lab.files = vec![file("mykey.pem", KeyContent::Empty, 0o644, None)];
        let verdict = Expect::KeyFilePrivate {}.judge(&lab.evidence(), &mut bindings);
        assert_eq!(
            verdict.mistake().map(|one| one.mistake),
            Some(Mistake::KeyFileEmpty)
        );
    }

    #[test]
    fn a_passphrase_does_not_lose_the_key() {
        let mut lab = Lab::ready();
        let mut bindings = lab.bindings();
        lab.files = vec![file("mykey.pem", KeyContent::PrivateKey, 0o400, None)];
        assert!(
            Expect::KeyFilePrivate {}
                .judge(&lab.evidence(), &mut bindings)
                .is_passed()
        );
    }

    #[test]
    fn the_address_is_found_by_asking_or_by_using_it() {
        let mut lab = Lab::ready();
        not_yet(&Expect::PublicAddressFound {}, &lab, None);
        lab.called(
            "DescribeInstances",
            None,
            Some(("UnauthorizedOperation", "no")),
        );
        not_yet(&Expect::PublicAddressFound {}, &lab, None);
        lab.called("DescribeInstances", None, None);
        passes(&Expect::PublicAddressFound {}, &lab);
        let mut lab = Lab::ready();
        lab.tried(1, None, &[]);
        assert!(
            matches!(judged(&Expect::PublicAddressFound {}, &lab), Verdict::Passed { saw } if saw.contains(ADDRESS))
        );
    }

    #[test]
    fn signing_in_takes_a_proven_key() {
        let mut lab = Lab::ready();
        lab.tried(1, Some("ec2-user"), &[(SHA, true)]);
        not_yet(&Expect::SignedIn {}, &lab, None);
        lab.logged_in(2);
        passes(&Expect::SignedIn {}, &lab);
    }

    #[test]
    fn leaving_is_not_looking_around() {
        let mut lab = Lab::ready();
        lab.logged_in(1);
        let ran = |line: &str| What::RemoteCommand {
            session: 1,
            instance: ID.into(),
            line: line.into(),
            status: 0,
        };
        lab.happened(ran("exit"));
        not_yet(&Expect::LookedAround {}, &lab, None);
        lab.happened(ran("whoami"));
        passes(&Expect::LookedAround {}, &lab);
    }

    #[test]
    fn where_it_is_known_what_was_there_before_nothing_else_may_stay() {
        use crate::course::evidence::Leftover;

        let mut lab = Lab::ready();
        let bindings = lab.bindings();
        let judge = |lab: &Lab| Expect::CleanedUp {}.judge(&lab.evidence(), &mut bindings.clone());
        lab.account.left_behind = Some(vec![Leftover {
            what: "Elastic IP 203.0.113.9".into(),
            cure: "aws ec2 release-address --allocation-id eipalloc-1".into(),
            costs: true,
        }]);
        assert!(
            matches!(judge(&lab), Verdict::NotYet { found, .. } if found.contains("Elastic IP 203.0.113.9"))
        );
        // The key pair was there before: it may stay.
        lab.account.left_behind = Some(vec![]);
        assert!(judge(&lab).is_passed());
    }

    #[test]
    fn a_session_that_nobody_sees_into_is_no_proof_and_no_fault() {
        let mut lab = Lab::ready();
        lab.logged_in(1);
        if let What::LoggedIn { watched, .. } = &mut lab.events.last_mut().unwrap().what {
            *watched = false;
        }
        assert!(
            matches!(judged(&Expect::LookedAround {}, &lab), Verdict::CouldNotTell { why } if why.contains("lab code"))
        );
    }

    #[test]
    fn cleaning_up_is_about_what_there_was() {
        let mut lab = Lab::ready();
        let bindings = lab.bindings();
        let judge = |lab: &Lab| Expect::CleanedUp {}.judge(&lab.evidence(), &mut bindings.clone());
        assert!(!judge(&lab).is_passed());
        lab.account.instances[0].state = "shutting-down".into();
        assert!(
            matches!(judge(&lab), Verdict::NotYet { found, .. } if !found.contains(ID) && found.contains("mykey"))
        );
        // A junk key pair that stays does no harm.
        lab.account.key_pairs = vec![key("junk", OTHER_SHA, 9_000)];
        assert!(
            matches!(judge(&lab), Verdict::Passed { saw } if saw.contains("Security group mine"))
        );
        // AWS forgets a terminated instance after a while.
        lab.account.instances.clear();
        assert!(judge(&lab).is_passed());
    }
}

//! Diagnosis: which mistake the learner's newest attempt looks like, from evidence on both sides.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, KeyContent, What};
use crate::course::explain::{self, client, file, launch, login, network};
use crate::course::hint;
use crate::course::mistake::Recognised;
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::words::shell_word;

/// Without a shell that reports its commands, an attempt stays fresh for two minutes.
const FRESH: i64 = 120_000;

/// The mistake of the newest attempt, if it was made with the learner's last command and looks like one. An attempt is a
/// connection, answered or not, or a call to the API that creates something or is refused.
pub fn diagnose(evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
    let mut recognised = newest(evidence, bindings)?;
    if let Some(cure) = &recognised.cure
        && let Some(program) = puttys_program(evidence)
    {
        recognised.cure = Some(with_putty(cure, &program, evidence, bindings));
    }
    Some(recognised)
}

/// The program of PuTTY's that was run last, if it was one.
fn puttys_program(evidence: &Evidence) -> Option<String> {
    let all = scene::known_events(evidence);
    let fresh = fresh(all, evidence.now);
    let typed = fresh.iter().rev().find_map(|event| {
        if let What::ShellCommand {
            line: Some(line), ..
        } = &event.what
        {
            hint::client(line)
        } else {
            None
        }
    });
    let first = fresh.first()?.number;
    let came = sessions(all)
        .into_iter()
        .rev()
        .find(|session| session.newest >= first);
    match typed {
        Some(typed) => ["plink", "pscp", "psftp"]
            .contains(&typed.as_str())
            .then_some(typed),
        None => came
            .is_some_and(|session| session.is_putty())
            .then(|| "plink".to_owned()),
    }
}

/// The command that signs in with ssh, for one who uses PuTTY: with the file of its form, if there is one.
fn with_putty(cure: &str, program: &str, evidence: &Evidence, bindings: &Bindings) -> String {
    let path = scene::key_path(bindings);
    let with_ssh = format!("ssh -i {} ", shell_word(&path));
    let Some(target) = cure.strip_prefix(&with_ssh) else {
        return cure.to_owned();
    };
    let files = scene::files_of_key(evidence, bindings);
    let Some(ppk) = files.iter().find(|file| file.content == KeyContent::Ppk) else {
        // PuTTY reads nothing else.
        return file::to_ppk(&path);
    };
    let path = shell_word(&ppk.path);
    match program {
        "pscp" => format!("pscp -i {path} FILE {target}:"),
        _ => format!("{program} -i {path} {target}"),
    }
}

fn newest(evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
    let all = scene::known_events(evidence);
    let fresh = fresh(all, evidence.now);
    let first = fresh.first()?.number;
    let newest_session = sessions(all)
        .into_iter()
        .rev()
        .max_by_key(|session| session.newest);
    let newest_other = fresh.iter().rev().find(|event| is_attempt(&event.what));
    let session = newest_session.filter(|session| {
        session.newest >= first && newest_other.is_none_or(|other| session.newest > other.number)
    });
    if let Some(session) = session {
        return login::explain(&session, evidence, bindings);
    }
    let Some(newest_other) = newest_other else {
        return without_attempt(fresh, evidence, bindings);
    };
    explain::alone(&newest_other.what, evidence, bindings)
}

/// Errors that are AWS's own: a lesson may script them, and nothing that follows from one is a mistake.
const AWSS_END: [&str; 8] = [
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "InsufficientInstanceCapacity",
    "InternalError",
    "InternalFailure",
    "ServerInternal",
    "Unavailable",
];

/// Errors that are a policy's, which the learner cannot change from here either.
const POLICYS: [&str; 2] = ["UnauthorizedOperation", "AccessDeniedException"];

/// What is said when the newest attempt met an error that is not the learner's: the file that it left empty is none either.
pub fn met_awss_end(evidence: &Evidence) -> Option<String> {
    let fresh = fresh(scene::known_events(evidence), evidence.now);
    let newest = fresh.iter().rev().find(|event| is_attempt(&event.what))?;
    let What::Api {
        error: Some((code, _)),
        ..
    } = &newest.what
    else {
        return None;
    };
    if AWSS_END.contains(&code.as_str()) {
        Some(format!(
            "AWS could not do it just now ({code}): that is nothing that you did. Send the same command again."
        ))
    } else if POLICYS.contains(&code.as_str()) {
        Some(format!(
            "AWS did not allow it ({code}): no policy lets you make that call, and no other way to type it changes that."
        ))
    } else {
        None
    }
}

/// An ssh that failed without a trace on the other side, such as `ssh ec2-user@None`: the instance had no address to give,
/// and its state says why.
fn without_attempt(
    fresh: &[Event],
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let failed = fresh.iter().rev().find_map(|event| {
        if let What::ShellCommand {
            line: Some(line),
            status: 255,
            ..
        } = &event.what
        {
            hint::names_client(line).then_some(line)
        } else {
            None
        }
    })?;
    let instance = scene::bound_instance(evidence, bindings)?;
    match instance.state.as_str() {
        "pending" => Some(network::pending(Some(instance), bindings)),
        "stopping" | "stopped" => Some(launch::stopped(instance)),
        "shutting-down" | "terminated" => Some(launch::terminated(instance)),
        "running" => Some(client::explain(failed, instance, evidence, bindings)),
        _ => None,
    }
}

/// Attempts other than sessions. Looking at the account is none, so it does not hide what went wrong before it.
fn is_attempt(what: &What) -> bool {
    match what {
        What::Unreachable { .. } => true,
        // Without a region it was a call that nobody believed: anybody can have sent it.
        What::Api {
            action,
            error,
            region,
            ..
        } => !region.is_empty() && (error.is_some() || !action.starts_with("Describe")),
        What::Connected { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::Refused { .. }
        | What::LoggedIn { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Disconnected { .. }
        | What::Answered { .. }
        | What::ShellCommand { .. } => false,
    }
}

/// The events since the last command but one: those of the last command, and of one that still runs.
fn fresh(events: &[Event], now: i64) -> &[Event] {
    let mut commands = events
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, event)| is_command(&event.what))
        .map(|(place, _)| place);
    let start = match (commands.next(), commands.next()) {
        (_, Some(previous)) => previous + 1,
        (Some(_), None) => 0,
        (None, None) => events
            .iter()
            .position(|event| event.at + FRESH >= now)
            .unwrap_or(events.len()),
    };
    events.get(start..).unwrap_or_default()
}

/// A command of the learner's, other than the lab's own word.
fn is_command(what: &What) -> bool {
    let What::ShellCommand { line, .. } = what else {
        return false;
    };
    let first = line
        .as_deref()
        .and_then(|line| line.split_whitespace().next());
    first != Some("lab")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::{KnownHost, Refusal, Silence};
    use crate::course::fixture::{ADDRESS, ID, Lab, OTHER_SHA, SHA, file, key};
    use crate::course::mistake::Mistake;

    fn found(lab: &Lab) -> Option<Mistake> {
        diagnose(&lab.evidence(), &lab.bindings()).map(|recognised| recognised.mistake)
    }

    const SSH: &str = "ssh -i mykey.pem ec2-user@203.0.113.25";

    #[test]
    fn silence_is_explained_by_its_reason() {
        for (why, mistake) in [
            (Silence::GroupClosed, Mistake::GroupClosed),
            (Silence::GroupForOthers, Mistake::GroupForOthers),
            (Silence::Pending, Mistake::InstancePending),
            (Silence::Refused, Mistake::InstancePending),
            (Silence::Stopped, Mistake::InstanceStopped),
            (Silence::Terminated, Mistake::InstanceTerminated),
            (Silence::OldAddress, Mistake::OldAddress),
            (Silence::PrivateAddress, Mistake::PrivateAddress),
            (Silence::NobodyThere, Mistake::UnknownAddress),
        ] {
            let mut lab = Lab::ready();
            lab.unanswered("203.0.113.9", 22, why).typed(SSH, 255);
            assert_eq!(found(&lab), Some(mistake), "{why:?}");
        }
    }

    #[test]
    fn another_port_is_told_from_a_closed_group() {
        let mut lab = Lab::ready();
        lab.unanswered(ADDRESS, 2222, Silence::GroupClosed);
        assert_eq!(found(&lab), Some(Mistake::WrongPort));
    }

    #[test]
    fn the_old_address_of_a_stopped_instance_is_about_the_stop() {
        let mut lab = Lab::ready();
        lab.account.instances[0].state = "stopped".into();
        lab.unanswered(ADDRESS, 22, Silence::OldAddress);
        assert_eq!(found(&lab), Some(Mistake::InstanceStopped));
    }

    #[test]
    fn an_ssh_to_no_address_is_explained_by_the_instances_state() {
        let mut lab = Lab::ready();
        lab.account.instances[0].state = "pending".into();
        lab.account.instances[0].public_address = None;
        lab.typed("ssh -i mykey.pem ec2-user@None", 255);
        assert_eq!(found(&lab), Some(Mistake::InstancePending));
        lab.typed("ls", 0);
        assert_eq!(found(&lab), None);
    }

    #[test]
    fn a_hang_up_before_the_user_is_the_host_key() {
        let mut lab = Lab::ready();
        lab.tried(1, None, &[]);
        assert_eq!(found(&lab), Some(Mistake::HostKeyRefused));
    }

    #[test]
    fn another_host_key_than_the_known_one_is_told_from_an_unknown_one() {
        for (key, mistake) in [
            ("SHA256:another", Mistake::HostKeyChanged),
            // ssh had the right one and hung up all the same: with another list of known hosts, say.
            ("SHA256:host", Mistake::HostKeyRefused),
        ] {
            let mut lab = Lab::ready();
            lab.known_hosts.push(KnownHost {
                host: ADDRESS.into(),
                key_sha256: key.into(),
            });
            lab.tried(1, None, &[]);
            assert_eq!(found(&lab), Some(mistake), "{key}");
        }
    }

    /// A connection that sshd has its own reason to refuse.
    fn refused(why: Refusal, user: Option<&str>, offers: &[(&str, bool)]) -> Lab {
        let mut lab = Lab::ready();
        lab.tried(1, user, offers);
        let end = lab.events.pop().unwrap().what;
        lab.happened(What::Refused { session: 1, why })
            .happened(end);
        lab
    }

    #[test]
    fn what_sshd_writes_into_its_log_is_told_from_a_wrong_user() {
        let right = (Some("ec2-user"), &[(SHA, false)][..]);
        let path = "/home/ec2-user/.ssh/authorized_keys".to_owned();
        let lab = refused(Refusal::BadModes { path }, right.0, right.1);
        assert_eq!(found(&lab), Some(Mistake::AuthorizedKeysOpen));
        let algorithm = "ssh-rsa".to_owned();
        let lab = refused(Refusal::Signature { algorithm }, right.0, right.1);
        assert_eq!(found(&lab), Some(Mistake::OldSignature));
        let client_takes = vec!["ssh-rsa".to_owned()];
        let lab = refused(Refusal::NoCommonHostKey { client_takes }, None, &[]);
        assert_eq!(found(&lab), Some(Mistake::OldHostKey));
        let mut lab = Lab::ready();
        lab.tried(1, right.0, right.1);
        assert_eq!(found(&lab), Some(Mistake::AuthorizedKeysWithout));
    }

    #[test]
    fn six_offers_in_vain_are_too_many_and_five_are_a_wrong_key() {
        for (count, mistake) in [(5, Mistake::WrongKey), (6, Mistake::TooManyKeys)] {
            let mut lab = Lab::ready();
            lab.tried(1, Some("ec2-user"), &vec![(OTHER_SHA, false); count]);
            assert_eq!(found(&lab), Some(mistake));
        }
        let mut lab = Lab::ready();
        lab.tried(1, Some("ubuntu"), &[(SHA, false); 6]);
        assert_eq!(found(&lab), Some(Mistake::WrongUser));
    }

    #[test]
    fn putty_is_told_about_the_form_of_the_file_and_never_about_its_mode() {
        for (content, wanted) in [
            (KeyContent::PrivateKey, Mistake::PemGivenToPutty),
            (KeyContent::Empty, Mistake::KeyFileEmpty),
        ] {
            let mut lab = Lab::launched();
            lab.files[0].content = content;
            lab.tried(1, Some("ec2-user"), &[]);
            if let What::Connected { client, .. } = &mut lab.events[0].what {
                *client = Some("SSH-2.0-PuTTY_Release_0.78".into());
            }
            lab.typed("plink -i mykey.pem ec2-user@203.0.113.25", 1);
            assert_eq!(found(&lab), Some(wanted));
        }
    }

    #[test]
    fn a_good_file_that_was_not_offered_is_locked_or_its_client_is_old() {
        let mut lab = Lab::ready();
        lab.tried(1, Some("ec2-user"), &[]).typed(SSH, 255);
        assert_eq!(found(&lab), Some(Mistake::OldSignature));
        let bindings = lab.bindings();
        lab.files[0].public_sha256 = None;
        lab.files[0].ec2_fingerprints.clear();
        let recognised = diagnose(&lab.evidence(), &bindings).unwrap();
        assert_eq!(recognised.mistake, Mistake::KeyLocked);
        lab.files.clear();
        let recognised = diagnose(&lab.evidence(), &bindings).unwrap();
        assert_eq!(recognised.mistake, Mistake::KeyLost);
    }

    #[test]
    fn what_stops_at_home_is_told_by_the_line_and_only_while_the_instance_is_up() {
        for (line, mistake) in [
            ("ssh -i mykey.pem", Mistake::CommandIncomplete),
            ("ssh -p 99999 ec2-user@203.0.113.25", Mistake::WrongPort),
            (
                "ssh -i mykey.pem http://203.0.113.25",
                Mistake::HostNotFound,
            ),
            (
                "sudo ssh -i mykey.pem ec2-user@203.0.113.25",
                Mistake::NeverLeft,
            ),
        ] {
            let mut lab = Lab::ready();
            lab.typed(line, 255);
            assert_eq!(found(&lab), Some(mistake), "{line}");
            // A command of the learner's own may fail as it likes.
            lab.typed(line, 1);
            assert_eq!(found(&lab), None, "{line}");
        }
    }

    #[test]
    fn a_learner_still_at_the_host_key_question_has_made_no_mistake() {
        let mut lab = Lab::ready();
        lab.tried(1, None, &[]);
        lab.events.pop();
        assert_eq!(found(&lab), None);
    }

    #[test]
    fn nc_and_ssh_keyscan_are_no_attempts_to_sign_in() {
        for client in [None, Some("SSH-2.0-OpenSSH-keyscan".to_owned())] {
            let mut lab = Lab::ready();
            let connected = What::Connected {
                session: 1,
                instance: ID.into(),
                address: ADDRESS.into(),
                client,
            };
            lab.happened(connected)
                .happened(What::Disconnected { session: 1 });
            assert_eq!(found(&lab), None);
        }
    }

    #[test]
    fn the_right_key_for_another_user_is_a_wrong_user_even_while_it_is_open() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ubuntu"), &[(SHA, false)]);
        assert_eq!(found(&lab), Some(Mistake::WrongUser));
    }

    #[test]
    fn root_is_root_with_the_right_key_and_with_another() {
        let mut lab = Lab::ready();
        lab.tried(1, Some("root"), &[(SHA, true)]);
        lab.events.pop();
        lab.happened(What::RootTurnedAway {
            session: 1,
            instance: ID.into(),
        });
        lab.typed("ssh -i mykey.pem root@203.0.113.25", 142);
        assert_eq!(found(&lab), Some(Mistake::RootLogin));
        let mut lab = Lab::ready();
        lab.tried(1, Some("root"), &[(OTHER_SHA, false)]);
        assert_eq!(found(&lab), Some(Mistake::RootLogin));
    }

    #[test]
    fn another_key_is_named_with_its_pair() {
        let mut lab = Lab::ready();
        lab.account.key_pairs.push(key("other", OTHER_SHA, 900));
        lab.tried(1, Some("ec2-user"), &[(OTHER_SHA, false)]);
        let recognised = diagnose(&lab.evidence(), &lab.bindings()).unwrap();
        assert_eq!(recognised.mistake, Mistake::WrongKey);
        assert!(
            recognised.says.contains("pair other"),
            "{}",
            recognised.says
        );
        assert_eq!(recognised.cure.as_deref(), Some(SSH));
    }

    #[test]
    fn a_key_for_an_instance_without_a_key_pair_cannot_be_right() {
        let mut lab = Lab::ready();
        lab.account.instances[0].key_name = None;
        lab.tried(1, Some("ec2-user"), &[(SHA, false)]);
        assert_eq!(found(&lab), Some(Mistake::LaunchedWithoutKeyPair));
    }

    #[test]
    fn no_offer_is_split_by_the_state_of_the_file() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ec2-user"), &[]);
        assert_eq!(found(&lab), Some(Mistake::KeyOpenToOthers));
        lab.files[0].mode = 0o400;
        assert_eq!(found(&lab), Some(Mistake::NoIdentity));
        // ssh does not look at the mode of a file that belongs to somebody else.
        lab.files[0].mode = 0o644;
        lab.files[0].mine = false;
        assert_eq!(found(&lab), Some(Mistake::NoIdentity));
    }

    #[test]
    fn no_offer_is_split_by_the_file_that_the_line_names() {
        for (content, mistake) in [
            (KeyContent::Ppk, Mistake::PpkGivenToSsh),
            (KeyContent::PublicKey, Mistake::PublicHalfGiven),
            (KeyContent::Json, Mistake::KeyFileJson),
            (KeyContent::WholeAnswer, Mistake::KeyFileWholeAnswer),
            (KeyContent::Utf16, Mistake::KeyFileUtf16),
            (KeyContent::Truncated, Mistake::KeyFileTruncated),
            (KeyContent::Empty, Mistake::KeyFileEmpty),
            (KeyContent::Damaged, Mistake::KeyFileDamaged),
            (KeyContent::Unreadable, Mistake::KeyUnreadable),
        ] {
            let mut lab = Lab::ready();
            lab.files.push(file("keys/x", content, 0o400, None));
            lab.tried(1, Some("ec2-user"), &[])
                .typed("ssh -i keys/x ec2-user@203.0.113.25", 255);
            assert_eq!(found(&lab), Some(mistake), "{content:?}");
        }
    }

    #[test]
    fn without_the_line_a_file_written_after_the_good_one_is_suspected() {
        let mut lab = Lab::ready();
        let mut ppk = file("x.ppk", KeyContent::Ppk, 0o400, None);
        ppk.modified_at = 9_000;
        lab.files.push(ppk);
        lab.tried(1, Some("ec2-user"), &[]);
        assert_eq!(found(&lab), Some(Mistake::PpkGivenToSsh));
    }

    #[test]
    fn a_public_half_is_offered_and_then_not_proven() {
        let mut lab = Lab::ready();
        lab.files
            .push(file("mykey.pub", KeyContent::PublicKey, 0o400, None));
        lab.tried(1, Some("ec2-user"), &[(SHA, true)]);
        lab.typed("ssh -i mykey.pub ec2-user@203.0.113.25", 255);
        assert_eq!(found(&lab), Some(Mistake::PublicHalfGiven));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told_from_a_missing_i() {
        let mut lab = Lab::ready();
        lab.tried(1, Some("ec2-user"), &[])
            .typed("ssh -i keys/mykey.pem ec2-user@203.0.113.25", 255);
        assert_eq!(found(&lab), Some(Mistake::KeyPathNotFound));
        lab.tried(2, Some("ec2-user"), &[])
            .typed("ssh ec2-user@203.0.113.25", 255);
        assert_eq!(found(&lab), Some(Mistake::NoIdentity));
    }

    #[test]
    fn a_line_is_read_from_the_folder_it_was_typed_in() {
        let mut lab = Lab::launched();
        lab.tried(1, Some("ec2-user"), &[]);
        lab.happened(What::ShellCommand {
            line: Some("ssh -i ../mykey.pem ec2-user@203.0.113.25".into()),
            status: 255,
            directory: "/lab/keys".into(),
        });
        assert_eq!(found(&lab), Some(Mistake::KeyOpenToOthers));
    }

    #[test]
    fn key_pair_names_are_explained() {
        let gone = Some(("InvalidKeyPair.NotFound", "The key pair 'x' does not exist"));
        for (asked, mistake) in [
            ("MyKey", Mistake::KeyPairNameNotFound),
            ("mykey.pem", Mistake::KeyPairNameWithPem),
            ("keys/mykey.pem", Mistake::KeyPairNameWithPem),
        ] {
            let mut lab = Lab::with_key();
            lab.called("RunInstances", Some(asked), gone);
            let recognised = diagnose(&lab.evidence(), &lab.bindings()).unwrap();
            assert_eq!(recognised.mistake, mistake, "{asked}");
            assert_eq!(recognised.cure.as_deref(), Some("--key-name mykey"));
        }
    }

    #[test]
    fn a_key_pair_of_another_region_is_told() {
        let mut lab = Lab::with_key();
        lab.called(
            "RunInstances",
            Some("mykey"),
            Some(("InvalidKeyPair.NotFound", "")),
        );
        if let What::Api { region, .. } = &mut lab.events[0].what {
            *region = "eu-north-1".into();
        }
        let recognised = diagnose(&lab.evidence(), &lab.bindings()).unwrap();
        assert!(
            recognised.says.contains("eu-north-1"),
            "{}",
            recognised.says
        );
    }

    #[test]
    fn what_a_fault_of_awss_leaves_behind_is_nobodys_mistake() {
        use crate::course::catalogue::lessons;
        use crate::course::judge::judge;
        use crate::course::progress::Progress;

        let lesson = lessons().unwrap().remove(0);
        let mut progress = Progress::new(&lesson.slug);
        while lesson.steps[progress.current(&lesson).unwrap()].id != "create-key-pair" {
            progress.skip(&lesson, 0);
        }
        let mistake = |lab: &Lab| {
            let judgement = judge(&lesson, &progress, &lab.evidence());
            judgement
                .current()
                .unwrap()
                .verdict
                .mistake()
                .map(|found| found.mistake)
        };
        let empty = |code: &str| {
            let mut lab = Lab::with_key();
            lab.called("CreateKeyPair", Some("mykey"), Some((code, "")));
            lab.files = vec![file("mykey.pem", KeyContent::Empty, 0o644, None)];
            lab
        };
        assert_eq!(
            mistake(&empty("InvalidParameterValue")),
            Some(Mistake::KeyFileEmpty)
        );
        for code in AWSS_END {
            assert_eq!(mistake(&empty(code)), None, "{code}");
        }
    }

    #[test]
    fn a_second_create_is_a_duplicate_or_the_end_of_the_only_copy() {
        let refused = Some(("InvalidKeyPair.Duplicate", "The keypair already exists"));
        let mut lab = Lab::with_key();
        lab.called("CreateKeyPair", Some("mykey"), refused);
        assert_eq!(found(&lab), Some(Mistake::KeyPairDuplicate));
        lab.files = vec![file("mykey.pem", KeyContent::Empty, 0o644, None)];
        assert_eq!(found(&lab), Some(Mistake::KeyOverwritten));
        lab.files.clear();
        assert_eq!(found(&lab), Some(Mistake::KeyPairDuplicate));
    }

    #[test]
    fn old_mistakes_do_not_haunt() {
        let mut lab = Lab::ready();
        lab.unanswered(ADDRESS, 22, Silence::GroupClosed)
            .typed(SSH, 255);
        assert_eq!(found(&lab), Some(Mistake::GroupClosed));
        // The lab's own word changes nothing, and looking at the account does not either.
        lab.typed("lab check", 0);
        assert_eq!(found(&lab), Some(Mistake::GroupClosed));
        lab.typed("ls", 0);
        assert_eq!(found(&lab), None);
    }

    #[test]
    fn without_a_reporting_shell_an_attempt_is_fresh_for_two_minutes() {
        let mut lab = Lab::ready();
        lab.unanswered(ADDRESS, 22, Silence::GroupClosed);
        let mut evidence = lab.evidence();
        assert!(diagnose(&evidence, &lab.bindings()).is_some());
        evidence.now += FRESH;
        assert_eq!(diagnose(&evidence, &lab.bindings()), None);
    }

    #[test]
    fn the_newest_attempt_alone_counts() {
        let mut lab = Lab::ready();
        lab.unanswered(ADDRESS, 22, Silence::GroupClosed)
            .tried(1, Some("ubuntu"), &[(SHA, false)]);
        assert_eq!(found(&lab), Some(Mistake::WrongUser));
        lab.logged_in(2);
        assert_eq!(found(&lab), None);
    }

    #[test]
    fn every_sentence_fits_four_lines_and_ends_no_id_with_a_full_stop() {
        let mut labs = Vec::new();
        for why in [
            Silence::GroupClosed,
            Silence::GroupForOthers,
            Silence::Pending,
            Silence::Refused,
            Silence::Stopped,
            Silence::Terminated,
            Silence::OldAddress,
            Silence::PrivateAddress,
            Silence::NobodyThere,
        ] {
            for port in [22, 2222] {
                let mut lab = Lab::ready();
                lab.unanswered(ADDRESS, port, why);
                labs.push(lab);
            }
        }
        for (user, offers) in [
            (None, vec![]),
            (Some("ec2-user"), vec![]),
            (Some("root"), vec![(OTHER_SHA, false)]),
            (Some("ubuntu"), vec![(SHA, false)]),
            (Some("ec2-user"), vec![(OTHER_SHA, false)]),
        ] {
            for mut lab in [Lab::ready(), Lab::launched()] {
                lab.tried(1, user, &offers);
                labs.push(lab);
            }
        }
        for content in [
            KeyContent::Ppk,
            KeyContent::PublicKey,
            KeyContent::Json,
            KeyContent::WholeAnswer,
            KeyContent::Utf16,
            KeyContent::Truncated,
            KeyContent::Empty,
            KeyContent::Damaged,
            KeyContent::Unreadable,
        ] {
            let mut lab = Lab::launched();
            lab.files = vec![file("testkeypair.pem", content, 0o400, None)];
            lab.tried(1, Some("ec2-user"), &[])
                .typed("ssh -i testkeypair.pem ec2-user@203.0.113.25", 255);
            labs.push(lab.clone());
            lab.called(
                "CreateKeyPair",
                Some("mykey"),
                Some(("InvalidKeyPair.Duplicate", "")),
            );
            labs.push(lab);
        }
        for lab in labs {
            let Some(recognised) = diagnose(&lab.evidence(), &lab.bindings()) else {
                panic!("nothing recognised in {:?}", lab.events);
            };
            let says = &recognised.says;
            assert!(
                says.is_ascii() && says.len() <= 280,
                "{} columns: {says}",
                says.len()
            );
            for id in [ID, ADDRESS, "mykey.pem", "testkeypair.pem", "sg-0mine"] {
                assert!(
                    !says.contains(&format!("{id}.\n")) && !says.contains(&format!("{id}. ")),
                    "{says}"
                );
                assert!(!says.ends_with(&format!("{id}.")), "{says}");
            }
        }
    }
}

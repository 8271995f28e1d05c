//! The checks of lessons two to ten, with literal evidence.

use crate::course::checks::Expect;
use crate::course::evidence::{
    Alias, ElasticAddress, KeyContent, Known, KnownHost, Riddle, Silence, What,
};
use crate::course::fixture::{ADDRESS, ID, Lab, OTHER_SHA, SHA, alias, file, group, key, rule};
use crate::course::mistake::Mistake;
use crate::course::start::Cause;
use crate::course::verdict::Verdict;

fn judged(expect: &Expect, lab: &Lab) -> Verdict {
    expect.judge(&lab.evidence(), &mut lab.bindings())
}

#[track_caller]
fn passes(expect: &Expect, lab: &Lab) {
    let verdict = judged(expect, lab);
    assert!(verdict.is_passed(), "{verdict:?}");
}

#[track_caller]
fn not_yet(expect: &Expect, lab: &Lab, found: &str, mistake: Option<Mistake>) {
    let verdict = judged(expect, lab);
    assert!(
        matches!(&verdict, Verdict::NotYet { found: says, .. } if says.contains(found)),
        "{verdict:?}"
    );
    assert_eq!(
        verdict.mistake().map(|one| one.mistake),
        mistake,
        "{verdict:?}"
    );
}

fn asked(action: &str, elsewhere: bool) -> Expect {
    Expect::Asked {
        action: action.to_owned(),
        elsewhere,
        saw: String::new(),
        also: None,
    }
}

#[test]
fn a_question_to_aws_counts_when_it_was_answered_and_in_the_region_that_is_meant() {
    let mut lab = Lab::ready();
    lab.called(
        "DescribeInstances",
        None,
        Some(("UnauthorizedOperation", "no")),
    );
    not_yet(&asked("DescribeInstances", false), &lab, "not asked", None);
    lab.called("DescribeInstances", None, None);
    passes(&asked("DescribeInstances", false), &lab);
    not_yet(&asked("DescribeInstances", true), &lab, "your own", None);
    lab.called("DescribeInstances", None, None);
    if let What::Api { region, .. } = &mut lab.events.last_mut().unwrap().what {
        *region = "eu-west-1".into();
    }
    passes(&asked("DescribeInstances", true), &lab);
    not_yet(&asked("GetConsoleOutput", false), &lab, "not asked", None);
}

#[test]
fn a_failure_is_met_in_whatever_way_it_comes() {
    let met = |mistake| Expect::MistakeMet {
        mistake,
        saw: "That is it.".to_owned(),
        again: false,
    };
    let mut lab = Lab::ready();
    not_yet(&met(Mistake::GroupClosed), &lab, "not happened", None);
    lab.unanswered(ADDRESS, 22, Silence::GroupClosed);
    passes(&met(Mistake::GroupClosed), &lab);
    not_yet(&met(Mistake::WrongUser), &lab, "not happened", None);
    lab.tried(1, Some("ubuntu"), &[(SHA, false)]);
    passes(&met(Mistake::WrongUser), &lab);
    let refused = Some(("InvalidKeyPair.Duplicate", "The keypair already exists"));
    lab.called("CreateKeyPair", Some("mykey"), refused);
    passes(&met(Mistake::KeyPairDuplicate), &lab);
}

#[test]
fn what_was_met_before_does_not_count_where_it_is_to_be_met_again() {
    let met = |again| Expect::MistakeMet {
        mistake: Mistake::WrongUser,
        saw: "That is it.".to_owned(),
        again,
    };
    let mut lab = Lab::ready();
    lab.tried(1, Some("ubuntu"), &[(SHA, false)]);
    let evidence = lab.evidence();
    let mut bindings = lab.bindings();
    assert!(met(true).judge(&evidence, &mut bindings).is_passed());
    bindings.since = 15_000;
    assert!(!met(true).judge(&evidence, &mut bindings).is_passed());
    assert!(met(false).judge(&evidence, &mut bindings).is_passed());
}

#[test]
fn a_second_key_that_was_overwritten_is_told_from_the_lessons_own() {
    let met = Expect::MistakeMet {
        mistake: Mistake::KeyOverwritten,
        saw: "Gone.".to_owned(),
        again: false,
    };
    let mut lab = Lab::ready();
    lab.account.key_pairs.push(key("spare", OTHER_SHA, 9_000));
    let refused = Some(("InvalidKeyPair.Duplicate", "The keypair already exists"));
    lab.called("CreateKeyPair", Some("spare"), refused);
    not_yet(&met, &lab, "not happened", None);
    let mut empty = file("spare.pem", KeyContent::Empty, 0o644, None);
    empty.modified_at = 9_500;
    lab.files.push(empty);
    passes(&met, &lab);
}

#[test]
fn a_key_in_a_repository_is_named_and_so_is_a_copy_that_stays_there() {
    let mut lab = Lab::ready();
    lab.files[0].in_repository = true;
    not_yet(
        &Expect::KeyFileApart {},
        &lab,
        "git",
        Some(Mistake::KeyInRepository),
    );
    let mut copy = file("keys/mykey.pem", KeyContent::PrivateKey, 0o400, Some(SHA));
    copy.folder_mode = 0o755;
    lab.files.push(copy);
    not_yet(
        &Expect::KeyFileApart {},
        &lab,
        "mykey.pem",
        Some(Mistake::KeyInRepository),
    );
    lab.files.remove(0);
    passes(&Expect::KeyFileApart {}, &lab);
    not_yet(
        &Expect::KeyFolderPrivate {},
        &lab,
        "755",
        Some(Mistake::KeyFolderOpen),
    );
    for mode in [0o700, 0o500] {
        lab.files[0].folder_mode = mode;
        passes(&Expect::KeyFolderPrivate {}, &lab);
    }
}

#[test]
fn a_mode_that_ssh_takes_is_enough_and_000_is_not() {
    let mut lab = Lab::ready();
    for mode in [0o400, 0o600, 0o700] {
        lab.files[0].mode = mode;
        passes(&Expect::KeyFileSafe {}, &lab);
    }
    for mode in [0o640, 0o604, 0o644] {
        lab.files[0].mode = mode;
        not_yet(&Expect::KeyFileSafe {}, &lab, "others", None);
    }
    let mut bindings = lab.bindings();
    lab.files[0].mode = 0;
    lab.files[0].content = KeyContent::Unreadable;
    let verdict = Expect::KeyFileSafe {}.judge(&lab.evidence(), &mut bindings);
    assert_eq!(
        verdict.mistake().map(|one| one.mistake),
        Some(Mistake::KeyUnreadable)
    );
}

#[test]
fn the_second_key_is_another_than_the_lessons_own() {
    let mut lab = Lab::ready();
    not_yet(&Expect::SecondKeySafe {}, &lab, "No file", None);
    lab.account.key_pairs.push(key("spare", OTHER_SHA, 9_000));
    lab.files.push(file(
        "spare.pem",
        KeyContent::PrivateKey,
        0o644,
        Some(OTHER_SHA),
    ));
    not_yet(&Expect::SecondKeySafe {}, &lab, "644", None);
    lab.files[1].mode = 0o600;
    passes(&Expect::SecondKeySafe {}, &lab);
}

#[test]
fn only_your_own_address_is_only_your_own_address() {
    let only = Expect::SshOnlyForMe {
        nothing_else: false,
    };
    let mut lab = Lab::ready();
    let mut set = |rules: &[(&str, u16)]| {
        let rules: Vec<_> = rules
            .iter()
            .map(|(source, port)| rule("tcp", Some((*port, *port)), source))
            .collect();
        lab.account.security_groups[1] = group(&rules);
        lab.clone()
    };
    passes(&only, &set(&[("198.51.100.7/32", 22)]));
    passes(&only, &set(&[("198.51.100.7/32", 22), ("0.0.0.0/0", 80)]));
    not_yet(&only, &set(&[]), "No rule", Some(Mistake::GroupClosed));
    not_yet(
        &only,
        &set(&[("198.51.100.7/32", 2222)]),
        "No rule",
        Some(Mistake::GroupClosed),
    );
    let all = set(&[("198.51.100.7/32", 22), ("0.0.0.0/0", 22)]);
    not_yet(&only, &all, "whole internet", Some(Mistake::GroupOpenToAll));
    let wide = set(&[("198.51.100.0/24", 22)]);
    // It does admit the learner: no mistake whose sentence says otherwise.
    not_yet(&only, &wide, "198.51.100.0/24", None);
    let others = set(&[("192.0.2.0/24", 22)]);
    not_yet(
        &only,
        &others,
        "192.0.2.0/24",
        Some(Mistake::GroupForOthers),
    );
    let two = set(&[("198.51.100.7/32", 22), ("192.0.2.10/32", 22)]);
    not_yet(&only, &two, "192.0.2.10/32 still", None);
}

#[test]
fn a_group_can_be_right_before_there_is_an_instance() {
    let only = Expect::GroupOnlyForMe {};
    let mut lab = Lab::ready();
    lab.account.instances.clear();
    lab.account.security_groups[1] = group(&[]);
    not_yet(&only, &lab, "No security group has a rule", None);
    lab.account.security_groups[1] = group(&[rule("tcp", Some((22, 22)), "0.0.0.0/0")]);
    not_yet(&only, &lab, "whole internet", Some(Mistake::GroupOpenToAll));
    lab.account.security_groups[1] = group(&[rule("tcp", Some((22, 22)), "192.0.2.10/32")]);
    not_yet(&only, &lab, "192.0.2.10", Some(Mistake::GroupForOthers));
    // Another group that is as it should be is what was asked for.
    let mut mine = group(&[rule("tcp", Some((22, 22)), "198.51.100.7/32")]);
    mine.id = "sg-0another".into();
    lab.account.security_groups.push(mine);
    passes(&only, &lab);
}

#[test]
fn a_host_key_is_known_when_it_is_the_instances() {
    let mut lab = Lab::ready();
    not_yet(&Expect::HostKeyKnown {}, &lab, "accepted no", None);
    let known = |key: &str| KnownHost {
        host: ADDRESS.into(),
        key_sha256: key.into(),
    };
    lab.known_hosts.push(known("SHA256:another"));
    not_yet(&Expect::HostKeyKnown {}, &lab, "another machine", None);
    lab.known_hosts.push(known("SHA256:host"));
    passes(&Expect::HostKeyKnown {}, &lab);
}

#[test]
fn signing_in_again_is_after_the_step_before() {
    let mut lab = Lab::ready();
    lab.logged_in(1);
    let evidence = lab.evidence();
    let mut bindings = lab.bindings();
    assert!(
        Expect::SignedInAgain { after: vec![] }
            .judge(&evidence, &mut bindings)
            .is_passed()
    );
    bindings.since = 15_000;
    assert!(
        !Expect::SignedInAgain { after: vec![] }
            .judge(&evidence, &mut bindings)
            .is_passed()
    );
    not_yet(
        &Expect::SignedInWithAnotherKey { after: vec![] },
        &lab,
        "other key",
        None,
    );
    if let What::LoggedIn { key_sha256, .. } = &mut lab.events.last_mut().unwrap().what {
        *key_sha256 = OTHER_SHA.into();
    }
    passes(&Expect::SignedInWithAnotherKey { after: vec![] }, &lab);
    not_yet(
        &Expect::SignedInAgain { after: vec![] },
        &lab,
        "since this step",
        None,
    );
}

#[test]
fn a_pushed_key_counts_only_after_it_was_pushed() {
    let mut lab = Lab::ready();
    lab.logged_in(1);
    if let What::LoggedIn { key_sha256, .. } = &mut lab.events.last_mut().unwrap().what {
        *key_sha256 = OTHER_SHA.into();
    }
    let login = lab.events.clone();
    not_yet(&Expect::PushedKeyUsed {}, &lab, "No key was pushed", None);
    lab.called("SendSSHPublicKey", None, None);
    not_yet(&Expect::PushedKeyUsed {}, &lab, "you have 60 seconds", None);
    let pushed = lab.events.last_mut().unwrap();
    pushed.at -= 60_000;
    not_yet(&Expect::PushedKeyUsed {}, &lab, "push it again", None);
    for event in login {
        lab.happened(event.what);
    }
    passes(&Expect::PushedKeyUsed {}, &lab);
}

#[test]
fn putty_is_known_by_its_own_words() {
    let mut lab = Lab::ready();
    lab.logged_in(1);
    not_yet(&Expect::SignedInWithPutty {}, &lab, "plink", None);
    if let What::Connected { client, .. } = &mut lab.events[0].what {
        *client = Some("SSH-2.0-PuTTY_Release_0.78".into());
    }
    passes(&Expect::SignedInWithPutty {}, &lab);
}

#[test]
fn a_file_goes_there_or_comes_back() {
    let mut lab = Lab::ready();
    let copied = |there| What::Copied {
        session: 1,
        instance: ID.into(),
        path: "note.txt".into(),
        there,
    };
    lab.happened(copied(true));
    let by_pscp = Expect::Copied {
        to: true,
        with_putty: true,
    };
    not_yet(&by_pscp, &lab, "not by pscp", None);
    let mut with_putty = lab.clone();
    with_putty.happened(What::Connected {
        session: 7,
        instance: ID.into(),
        address: ADDRESS.into(),
        client: Some("SSH-2.0-PuTTY_Release_0.78".into()),
    });
    with_putty.happened(What::Copied {
        session: 7,
        instance: ID.into(),
        path: "note.txt".into(),
        there: true,
    });
    passes(&by_pscp, &with_putty);
    passes(
        &Expect::Copied {
            to: true,
            with_putty: false,
        },
        &lab,
    );
    not_yet(
        &Expect::Copied {
            to: false,
            with_putty: false,
        },
        &lab,
        "fetched",
        None,
    );
    lab.happened(What::RemoteCommand {
        session: 1,
        instance: ID.into(),
        line: "scp -f note.txt".into(),
        status: 0,
    });
    passes(
        &Expect::Copied {
            to: false,
            with_putty: false,
        },
        &lab,
    );
}

#[test]
fn an_alias_says_what_it_lacks() {
    let mut lab = Lab::ready();
    let alias = alias();
    not_yet(&Expect::SshAlias {}, &lab, "No configuration", None);
    let with = |lab: &mut Lab, change: &dyn Fn(&mut Alias)| {
        let mut changed = alias.clone();
        change(&mut changed);
        lab.aliases = Known::Seen(vec![changed]);
    };
    for (change, lacks) in [
        (
            &(|one: &mut Alias| one.host = "lab".into()) as &dyn Fn(&mut Alias),
            "HostName is lab and not 203.0.113.25",
        ),
        (
            &|one: &mut Alias| one.host = "address".into(),
            "still the word ADDRESS: write 203.0.113.25 there",
        ),
        (&|one: &mut Alias| one.user = "me".into(), "User is me"),
        (
            &|one: &mut Alias| one.keys = vec!["~/.ssh/id_rsa".into()],
            "IdentityFile",
        ),
        (&|one: &mut Alias| one.only = false, "IdentitiesOnly"),
    ] {
        with(&mut lab, change);
        not_yet(&Expect::SshAlias {}, &lab, lacks, None);
    }
    with(&mut lab, &|_| {});
    passes(&Expect::SshAlias {}, &lab);
}

#[test]
fn an_elastic_ip_counts_when_the_instance_has_it_and_is_left_behind_when_not() {
    let mut lab = Lab::ready();
    not_yet(&Expect::ElasticIp {}, &lab, "No Elastic", None);
    lab.account.addresses.push(ElasticAddress {
        id: "eipalloc-0a".into(),
        address: "203.0.113.99".into(),
        instance: None,
    });
    not_yet(&Expect::ElasticIp {}, &lab, "no instance has it", None);
    lab.account.addresses[0].instance = Some(ID.into());
    passes(&Expect::ElasticIp {}, &lab);
    lab.account.instances[0].state = "terminated".into();
    lab.account.key_pairs.clear();
    lab.account.security_groups.truncate(1);
    not_yet(
        &Expect::NothingLeft {},
        &lab,
        "203.0.113.99 (eipalloc-0a) costs",
        None,
    );
    lab.account.addresses.clear();
    passes(&Expect::NothingLeft {}, &lab);
}

#[test]
fn an_imported_pair_counts_with_its_private_half() {
    let mut lab = Lab::ready();
    not_yet(&Expect::KeyPairImported {}, &lab, "No key pair", None);
    let mut private = lab.clone();
    let refused = Some((
        "InvalidKey.Format",
        "Key is not in valid OpenSSH public key format",
    ));
    private.called("ImportKeyPair", Some("new"), refused);
    not_yet(&Expect::KeyPairImported {}, &private, "No key pair", None);
    if let What::Api { parameters, .. } = &mut private.events.last_mut().unwrap().what {
        parameters.insert("PublicKeyMaterial".into(), "a private half".into());
    }
    not_yet(
        &Expect::KeyPairImported {},
        &private,
        "That was the private half",
        None,
    );
    let mut imported = key("new", OTHER_SHA, 9_000);
    imported.imported = true;
    lab.account.key_pairs.push(imported);
    not_yet(&Expect::KeyPairImported {}, &lab, "no file here", None);
    lab.files
        .push(file("new", KeyContent::PrivateKey, 0o600, Some(OTHER_SHA)));
    passes(&Expect::KeyPairImported {}, &lab);
    assert!(
        matches!(judged(&Expect::KeyPairImported {}, &lab), Verdict::Passed { saw } if saw.contains("never left"))
    );
    private.account.clone_from(&lab.account);
    private.files.clone_from(&lab.files);
    assert!(
        matches!(judged(&Expect::KeyPairImported {}, &private), Verdict::Passed { saw } if !saw.contains("never left"))
    );
    let mut other = lab.clone();
    other.account.key_pairs.truncate(1);
    other.called("DeleteKeyPair", Some("new"), None);
    not_yet(
        &Expect::KeyPairDeleted {},
        &other,
        "Your delete-key-pair named new",
        None,
    );
    // The pair of the instance is still the lesson's own.
    not_yet(&Expect::KeyPairDeleted {}, &lab, "mykey", None);
    let bindings = lab.bindings();
    lab.account.key_pairs.remove(0);
    let verdict = Expect::KeyPairDeleted {}.judge(&lab.evidence(), &mut bindings.clone());
    assert!(verdict.is_passed(), "{verdict:?}");
}

fn answered(choice: &str) -> What {
    What::Answered {
        step: "alpha".into(),
        question: 0,
        choice: choice.into(),
    }
}

#[track_caller]
fn riddle(lab: &Lab) -> Verdict {
    let mut evidence = lab.evidence();
    let riddle = Riddle {
        instance: ID.into(),
        cause: Cause::OtherUser,
    };
    evidence.riddles.insert("alpha".into(), riddle);
    let expect = Expect::RiddleSolved {
        name: "alpha".into(),
    };
    expect.judge(&evidence, &mut lab.bindings())
}

#[test]
fn a_riddle_is_not_to_be_guessed() {
    let mut lab = Lab::ready();
    let right = &Cause::OtherUser.letter().to_string();
    lab.happened(answered(right));
    assert!(matches!(riddle(&lab), Verdict::NotYet { found, .. } if found.contains("a guess")));
    lab.tried(1, Some("ec2-user"), &[(SHA, false)]);
    assert!(!riddle(&lab).is_passed(), "the look came after the answer");
    lab.happened(answered("a"));
    assert!(matches!(riddle(&lab), Verdict::NotYet { found, .. } if found.contains("Not a")));
    lab.happened(answered(right));
    assert!(
        matches!(riddle(&lab), Verdict::NotYet { found, .. } if found.contains("One look, one answer"))
    );
    lab.typed("ls -l bravo.pem", 0).happened(answered(right));
    assert!(!riddle(&lab).is_passed(), "another instance's file");
    let mut by_file = lab.clone();
    by_file
        .typed("tail -n 1 alpha.pem", 0)
        .happened(answered(right));
    assert!(riddle(&by_file).is_passed());
    lab.called("DescribeImages", None, None);
    lab.happened(answered(right));
    assert!(riddle(&lab).is_passed());
}

#[test]
fn a_riddle_that_is_mended_is_solved() {
    let mut lab = Lab::ready();
    assert!(!riddle(&lab).is_passed());
    lab.logged_in(1);
    // The fixture's group lets everybody in.
    assert!(
        matches!(riddle(&lab), Verdict::Passed { saw } if saw.contains("mended alpha") && saw.contains("/32 would do"))
    );
    lab.account.security_groups[1] = group(&[rule("tcp", Some((22, 22)), "198.51.100.7/32")]);
    assert!(matches!(riddle(&lab), Verdict::Passed { saw } if !saw.contains("/32 would do")));
}

/// The newest call went to another region.
fn elsewhere(lab: &mut Lab) {
    if let What::Api { region, .. } = &mut lab.events.last_mut().unwrap().what {
        *region = "eu-west-1".into();
    }
}

#[test]
fn what_was_done_in_another_region_is_said_to_be_there() {
    let says = "You did that in eu-west-1; this lesson is in us-east-1.";
    for (action, expect) in [
        ("DescribeInstances", asked("DescribeInstances", false)),
        ("ImportKeyPair", Expect::KeyPairImported {}),
        ("DeleteKeyPair", Expect::KeyPairDeleted {}),
        ("DeleteKeyPair", Expect::NothingLeft {}),
    ] {
        let mut lab = Lab::ready();
        lab.called(action, Some("mykey"), None);
        let verdict = judged(&expect, &lab);
        assert!(
            !matches!(&verdict, Verdict::NotYet { found, .. } if found.contains("eu-west-1")),
            "{verdict:?}"
        );
        elsewhere(&mut lab);
        not_yet(&expect, &lab, says, None);
    }
    let mut lab = Lab::ready();
    let refused = Some((
        "EC2InstanceNotFoundException",
        "The specified instance was not found.",
    ));
    lab.called("SendSSHPublicKey", None, refused);
    elsewhere(&mut lab);
    not_yet(&Expect::PushedKeyUsed {}, &lab, says, None);
}

#[test]
fn a_login_proves_a_change_only_after_it() {
    let after = |action: &str| vec![action.to_owned()];
    let again = Expect::SignedInAgain {
        after: after("AssociateAddress"),
    };
    let mut lab = Lab::ready();
    lab.logged_in(1);
    passes(&again, &lab);
    lab.called("AssociateAddress", None, None);
    not_yet(&again, &lab, "since your associate-address", None);
    lab.logged_in(2);
    passes(&again, &lab);
    let another = Expect::SignedInWithAnotherKey {
        after: after("DeleteKeyPair"),
    };
    if let What::LoggedIn { key_sha256, .. } = &mut lab.events.last_mut().unwrap().what {
        *key_sha256 = OTHER_SHA.into();
    }
    passes(&another, &lab);
    lab.called("DeleteKeyPair", Some("mykey"), None);
    not_yet(&another, &lab, "since your delete-key-pair", None);
}

#[test]
fn the_least_open_group_has_no_other_port() {
    let least = Expect::SshOnlyForMe { nothing_else: true };
    let mine = rule("tcp", Some((22, 22)), "198.51.100.7/32");
    let mut lab = Lab::ready();
    lab.account.security_groups[1] = group(std::slice::from_ref(&mine));
    passes(&least, &lab);
    for (more, says) in [
        (
            rule("tcp", Some((80, 80)), "0.0.0.0/0"),
            "Port 80 is open to the whole internet too",
        ),
        (
            rule("udp", Some((1, 9)), "192.0.2.0/24"),
            "udp 1 to 9 is open to 192.0.2.0/24 too",
        ),
    ] {
        lab.account.security_groups[1] = group(&[mine.clone(), more]);
        not_yet(&least, &lab, says, None);
        passes(
            &Expect::SshOnlyForMe {
                nothing_else: false,
            },
            &lab,
        );
    }
    lab.account.security_groups[1] = group(&[mine, rule("tcp", Some((80, 80)), "sg-0default")]);
    passes(&least, &lab);
}

#[test]
fn a_key_is_lost_when_it_is_not_at_hand() {
    let mut lab = Lab::ready();
    lab.files
        .push(file("new", KeyContent::PrivateKey, 0o600, Some(OTHER_SHA)));
    // Nothing has come in with it, and it is no pair: it is none of this step's business.
    passes(&Expect::OtherKeyAway {}, &lab);
    let mut imported = key("new", OTHER_SHA, 9_000);
    imported.imported = true;
    let mut by_import = lab.clone();
    by_import.account.key_pairs.push(imported);
    not_yet(
        &Expect::OtherKeyAway {},
        &by_import,
        "new is still here",
        None,
    );
    lab.logged_in(1);
    if let What::LoggedIn { key_sha256, .. } = &mut lab.events.last_mut().unwrap().what {
        *key_sha256 = OTHER_SHA.into();
    }
    not_yet(&Expect::OtherKeyAway {}, &lab, "new is still here", None);
    lab.files[1].path = "attic/new".into();
    passes(&Expect::OtherKeyAway {}, &lab);
}

#[test]
fn a_failure_is_met_as_the_right_user_where_it_is_not_about_the_user() {
    let met = Expect::MistakeMet {
        mistake: Mistake::WrongKey,
        saw: "That is it.".to_owned(),
        again: false,
    };
    let mut lab = Lab::ready();
    not_yet(
        &met,
        &lab,
        "not happened yet: a key, but not the instance's.",
        None,
    );
    lab.tried(1, Some("ubuntu"), &[(OTHER_SHA, false)]);
    not_yet(
        &met,
        &lab,
        "You came as ubuntu: meet this failure as ec2-user",
        None,
    );
    lab.tried(2, Some("ec2-user"), &[(OTHER_SHA, false)]);
    passes(&met, &lab);
}

#[test]
fn a_warning_that_could_not_come_is_explained() {
    let met = Expect::MistakeMet {
        mistake: Mistake::HostKeyChanged,
        saw: "That is it.".to_owned(),
        again: false,
    };
    let mut lab = Lab::ready();
    lab.account.addresses.push(ElasticAddress {
        id: "eipalloc-0a".into(),
        address: ADDRESS.into(),
        instance: Some(ID.into()),
    });
    lab.known_hosts.push(KnownHost {
        host: ADDRESS.into(),
        key_sha256: "SHA256:host".into(),
    });
    lab.logged_in(1);
    not_yet(&met, &lab, "Your ssh had no key for 203.0.113.25", None);
    // The old machine, before the new one is launched.
    let mut bindings = lab.bindings();
    bindings.since = 9_000;
    let verdict = met.judge(&lab.evidence(), &mut bindings);
    assert!(
        matches!(&verdict, Verdict::NotYet { found, .. } if found.contains("not happened")),
        "{verdict:?}"
    );
}

#[test]
fn a_ppk_of_another_key_is_named() {
    let mut lab = Lab::ready();
    not_yet(&Expect::PpkSaved {}, &lab, "No file here", None);
    lab.files
        .push(file("putty.ppk", KeyContent::Ppk, 0o400, Some(OTHER_SHA)));
    not_yet(
        &Expect::PpkSaved {},
        &lab,
        "putty.ppk is in PuTTY's form, and holds another key",
        None,
    );
    lab.files[1] = file("putty.ppk", KeyContent::Ppk, 0o400, Some(SHA));
    passes(&Expect::PpkSaved {}, &lab);
}

#[test]
fn every_mistake_has_words_for_one_who_is_to_meet_it() {
    for mistake in Mistake::ALL {
        let words = mistake.words();
        assert!(!words.ends_with('.') && words.len() > 8, "{words}");
        assert!(words.starts_with(|first: char| first.is_ascii_lowercase()));
    }
}

//! What is said of attempts that lessons six to ten lead to, with literal evidence.

use std::collections::BTreeMap;

use crate::course::diagnose::diagnose;
use crate::course::evidence::{ElasticAddress, KeyContent, Known, Silence, What};
use crate::course::fixture::{ID, Lab, OTHER_SHA, SHA, alias, file, instance, key};
use crate::course::mistake::{Mistake, Recognised};

#[track_caller]
fn said(lab: &Lab) -> Recognised {
    let recognised = diagnose(&lab.evidence(), &lab.bindings()).unwrap();
    assert!(
        recognised.says.len() <= 4 * 76,
        "{} letters: {}",
        recognised.says.len(),
        recognised.says
    );
    for line in recognised.cure.iter().flat_map(|cure| cure.lines()) {
        assert!(line.len() <= 72, "{line}");
    }
    recognised
}

/// An instance whose own key nobody has, and a key of the learner's in `mine`.
fn without_own_key() -> Lab {
    let mut lab = Lab::ready();
    lab.files = vec![file("mine", KeyContent::PrivateKey, 0o600, Some(OTHER_SHA))];
    lab
}

fn push(lab: &mut Lab, user: &str, sha: &str) {
    let parameters = [
        ("InstanceId", ID),
        ("InstanceOSUser", user),
        ("SSHPublicKey", sha),
    ];
    let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    lab.happened(What::Api {
        action: "SendSSHPublicKey".into(),
        region: "us-east-1".into(),
        parameters: parameters.map(text).into_iter().collect::<BTreeMap<_, _>>(),
        error: None,
    });
}

const SSH: &str = "ssh -i mine ec2-user@203.0.113.25";

#[test]
fn where_nobody_has_the_key_nobody_is_sent_to_look_for_it() {
    for (line, offers, mistake) in [
        (SSH, &[(OTHER_SHA, false)][..], Mistake::WrongKey),
        ("ssh ec2-user@203.0.113.25", &[], Mistake::NoIdentity),
        (
            "ssh -i mykey.pem ec2-user@203.0.113.25",
            &[],
            Mistake::KeyPathNotFound,
        ),
    ] {
        let mut lab = without_own_key();
        lab.tried(1, Some("ec2-user"), offers).typed(line, 255);
        let recognised = said(&lab);
        assert_eq!(recognised.mistake, mistake);
        let says = recognised.says;
        assert!(
            says.contains("Nobody has the private half of mykey"),
            "{says}"
        );
        assert!(!says.contains("Use the file"), "{says}");
        let cure = recognised.cure.unwrap();
        assert!(cure.starts_with("aws ec2-instance-connect send-ssh-public-key"));
        assert!(cure.ends_with("file://mine.pub"), "{cure}");
    }
}

#[test]
fn a_pushed_key_that_did_not_open_says_why() {
    let late = |lab: &mut Lab| {
        for event in &mut lab.events {
            event.at -= 60_000;
        }
    };
    let mine = &[(OTHER_SHA, false)][..];
    for (user, came, offers, is_late, mistake, says) in [
        (
            "ec2-user",
            "ec2-user",
            mine,
            true,
            Mistake::WrongKey,
            "60 seconds, and they are over",
        ),
        (
            "ubuntu",
            "ec2-user",
            mine,
            false,
            Mistake::WrongKey,
            "for ubuntu and came as ec2-user",
        ),
        (
            "ec2-user",
            "ubuntu",
            mine,
            false,
            Mistake::WrongUser,
            "for ec2-user and came as ubuntu",
        ),
        (
            "ec2-user",
            "ec2-user",
            &[("SHA256:third", false)],
            false,
            Mistake::WrongKey,
            "This is not the key that you pushed",
        ),
        (
            "ec2-user",
            "ec2-user",
            &[],
            false,
            Mistake::NoIdentity,
            "ssh offered none",
        ),
    ] {
        let mut lab = without_own_key();
        push(&mut lab, user, OTHER_SHA);
        if is_late {
            late(&mut lab);
        }
        lab.tried(1, Some(came), offers);
        lab.typed(
            if offers.is_empty() {
                "ssh ec2-user@203.0.113.25"
            } else {
                SSH
            },
            255,
        );
        let recognised = said(&lab);
        assert_eq!(recognised.mistake, mistake, "{}", recognised.says);
        assert!(recognised.says.contains(says), "{}", recognised.says);
        let pushes = is_late || user == "ubuntu";
        let cure = recognised.cure.unwrap();
        assert_eq!(
            cure.starts_with("aws ec2-instance-connect"),
            pushes,
            "{cure}"
        );
        assert!(pushes || cure == SSH, "{cure}");
    }
}

#[test]
fn an_imported_key_is_to_be_put_on_the_list() {
    let mut lab = Lab::ready();
    let mut imported = key("new", OTHER_SHA, 9_000);
    imported.imported = true;
    lab.account.key_pairs.push(imported);
    lab.files
        .push(file("new", KeyContent::PrivateKey, 0o600, Some(OTHER_SHA)));
    lab.tried(1, Some("ec2-user"), &[(OTHER_SHA, false)])
        .typed("ssh -i new ec2-user@203.0.113.25", 255);
    let recognised = said(&lab);
    assert_eq!(recognised.mistake, Mistake::WrongKey);
    assert!(
        recognised
            .says
            .starts_with("new is not on the instance's list yet")
    );
    assert_eq!(
        recognised.cure.unwrap(),
        "cat new.pub | ssh -i mykey.pem ec2-user@203.0.113.25 \\\n  'cat >> .ssh/authorized_keys'"
    );
    // It took the place of the old one: no reason to end the instance.
    lab.happened(What::RemoteCommand {
        session: 2,
        instance: ID.into(),
        line: "cat > .ssh/authorized_keys".into(),
        status: 0,
    });
    lab.tried(3, Some("ec2-user"), &[(SHA, false)])
        .typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
    let recognised = said(&lab);
    assert_eq!(recognised.mistake, Mistake::AuthorizedKeysWithout);
    assert!(
        recognised
            .says
            .ends_with("Try the other key that you have: new")
    );
    assert_eq!(
        recognised.cure.as_deref(),
        Some("ssh -i new ec2-user@203.0.113.25")
    );
    // Refused as well since: then nothing is left to try.
    lab.tried(4, Some("ec2-user"), &[(OTHER_SHA, false)]);
    lab.tried(5, Some("ec2-user"), &[(SHA, false)])
        .typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
    let cure = said(&lab).cure.unwrap();
    assert!(cure.starts_with("aws ec2 terminate-instances"), "{cure}");
}

#[test]
fn a_spoiled_file_is_about_the_pair_of_its_name_and_the_instance_that_waits_for_it() {
    let mut lab = Lab::ready();
    lab.account.key_pairs.push(key("echo", OTHER_SHA, 1_000));
    let mut echo = instance("i-0eeeeeeeeeeeeeee1", Some("echo"));
    echo.public_address = Some("203.0.113.99".into());
    lab.account.instances.push(echo);
    lab.files
        .push(file("echo.pem", KeyContent::Truncated, 0o400, None));
    lab.happened(What::Connected {
        session: 1,
        instance: "i-0eeeeeeeeeeeeeee1".into(),
        address: "203.0.113.99".into(),
        client: Some("SSH-2.0-OpenSSH_9.2p1".into()),
    });
    lab.happened(What::UserNamed {
        session: 1,
        user: "ec2-user".into(),
    });
    lab.happened(What::Disconnected { session: 1 })
        .typed("ssh -i echo.pem ec2-user@203.0.113.99", 255);
    let recognised = said(&lab);
    assert_eq!(recognised.mistake, Mistake::KeyFileTruncated);
    let says = recognised.says;
    assert!(says.contains("No new pair opens instance i-0eee"), "{says}");
    assert!(says.contains("lesson 9"), "{says}");
    let cure = recognised.cure.unwrap();
    assert!(cure.ends_with("delete-key-pair --key-name echo"), "{cure}");
}

#[test]
fn who_typed_a_program_of_puttys_reads_that_program() {
    let mut lab = Lab::ready();
    lab.files
        .push(file("mykey.ppk", KeyContent::Ppk, 0o400, Some(SHA)));
    for (line, cure) in [
        (
            "plink -i mykey.ppk ubuntu@203.0.113.25",
            "plink -i mykey.ppk ec2-user@203.0.113.25",
        ),
        (
            "pscp -i mykey.ppk note.txt ubuntu@203.0.113.25:",
            "pscp -i mykey.ppk FILE ec2-user@203.0.113.25:",
        ),
        (
            "ssh -i mykey.pem ubuntu@203.0.113.25",
            "ssh -i mykey.pem ec2-user@203.0.113.25",
        ),
    ] {
        lab.tried(1, Some("ubuntu"), &[(SHA, false)]).typed(line, 1);
        assert_eq!(said(&lab).cure.as_deref(), Some(cure));
    }
}

#[test]
fn a_short_name_without_its_configuration_is_told_where_it_stands() {
    let mut lab = Lab::ready();
    let alias = alias();
    lab.aliases = Known::Seen(vec![alias]);
    for line in ["ssh lab", "scp note.txt lab:"] {
        lab.typed(line, 255);
        let recognised = said(&lab);
        assert_eq!(recognised.mistake, Mistake::HostNotFound);
        assert!(recognised.says.contains("-F config"), "{line}");
        assert_eq!(recognised.cure.as_deref(), Some("ssh -F config lab"));
    }
    lab.typed("ssh elsewhere", 255);
    assert!(said(&lab).says.contains("a computer named elsewhere"));
}

#[test]
fn an_old_address_is_told_by_what_has_become_of_it() {
    let elastic = |instance: Option<&str>| ElasticAddress {
        id: "eipalloc-0a".into(),
        address: "203.0.113.77".into(),
        instance: instance.map(Into::into),
    };
    let mut lab = Lab::ready();
    lab.account.addresses.push(elastic(Some(ID)));
    lab.unanswered("203.0.113.9", 22, Silence::OldAddress)
        .typed("ssh lab", 255);
    let says = said(&lab).says;
    assert!(says.contains("has an Elastic IP now"), "{says}");
    assert!(!says.contains("stopped"), "{says}");

    // Another instance has come in its place.
    let mut new = instance("i-0bbbbbbbbbbbbbbb2", Some("mykey"));
    new.public_address = Some("203.0.113.30".into());
    lab.account.instances[0].state = "terminated".into();
    lab.account.instances.push(new);
    lab.account.addresses = vec![elastic(None)];
    lab.unanswered("203.0.113.9", 22, Silence::Terminated)
        .typed("ssh lab", 255);
    let recognised = said(&lab);
    assert_eq!(recognised.mistake, Mistake::InstanceTerminated);
    let says = recognised.says;
    assert!(
        says.contains("i-0bbbbbbbbbbbbbbb2, is at 203.0.113.30 now"),
        "{says}"
    );
    assert!(!says.contains("Launch"), "{says}");
    lab.unanswered("203.0.113.77", 22, Silence::Terminated)
        .typed("ssh lab", 255);
    let cure = said(&lab).cure.unwrap();
    assert!(cure.starts_with("aws ec2 associate-address"), "{cure}");
}

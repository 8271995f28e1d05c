//! What fails, with the client's own words.

use std::time::Duration;

use groundschool::course::evidence::What;
use groundschool::keys::{KeyType, PrivateKey};
use groundschool::lab::server::ssh::Settings;
use groundschool::lab::stage::{Admits, Listening, LoopbackStage, Place, Stage, StageError};
use groundschool::machine::Family;

use super::lab::Lab;

#[test]
fn a_wrong_user_is_denied_and_named() {
    let lab = Lab::open();
    let said = lab.ssh(&["-i", "key.pem", &lab.as_user("ubuntu"), "true"]);
    let line = format!(
        "ubuntu@{}: Permission denied (publickey,gssapi-with-mic).\n",
        lab.address
    );
    assert_eq!((said.stderr, said.status), (line, Some(255)));
    let key_sha256 = lab.key.public().sha256();
    assert_eq!(
        lab.events_until_ended(1)[1..],
        [
            What::UserNamed {
                session: 1,
                user: "ubuntu".into()
            },
            What::KeyOffered {
                session: 1,
                user: "ubuntu".into(),
                key_sha256,
                accepted: false
            },
            What::Disconnected { session: 1 },
        ]
    );
}

#[test]
fn a_wrong_key_is_denied_and_its_fingerprint_is_known() {
    let lab = Lab::new(Family::Ubuntu2404, KeyType::Ed25519, Settings::default());
    let key_sha256 = lab.stranger("other.pem");
    let said = lab.ssh(&["-i", "other.pem", &lab.as_user("ubuntu"), "true"]);
    let line = format!("ubuntu@{}: Permission denied (publickey).\n", lab.address);
    assert_eq!((said.stderr, said.status), (line, Some(255)));
    let offered = What::KeyOffered {
        session: 1,
        user: "ubuntu".into(),
        key_sha256,
        accepted: false,
    };
    assert!(lab.events_until_ended(1).contains(&offered));
}

#[test]
fn a_key_offered_is_not_a_key_proven() {
    let lab = Lab::open();
    // The public half is readable and the private half is not: the client offers it and cannot sign.
    lab.file("shut.pem", lab.key.pem(), 0o644);
    let said = lab.ssh(&["-i", "shut.pem", &lab.as_user("ec2-user"), "true"]);
    assert!(
        said.stderr
            .contains("WARNING: UNPROTECTED PRIVATE KEY FILE!"),
        "{}",
        said.stderr
    );
    assert_eq!(said.status, Some(255));
    let events = lab.events_until_ended(1);
    assert!(
        events
            .iter()
            .any(|what| matches!(what, What::KeyOffered { accepted: true, .. })),
        "{events:#?}"
    );
    assert!(
        !events
            .iter()
            .any(|what| matches!(what, What::LoggedIn { .. })),
        "{events:#?}"
    );
}

#[test]
fn a_sha1_signature_is_refused() {
    let lab = Lab::new(Family::Al2023, KeyType::Rsa, Settings::default());
    let said = lab.login(&["-o", "PubkeyAcceptedAlgorithms=ssh-rsa", "true"]);
    assert_eq!(said.status, Some(255));
    assert!(said.stderr.contains("Permission denied"), "{}", said.stderr);
    assert_eq!(
        lab.login(&["-o", "PubkeyAcceptedAlgorithms=rsa-sha2-256", "true"])
            .status,
        Some(0)
    );
}

#[test]
fn root_with_the_right_key_reads_a_sentence_and_leaves_with_142() {
    let settings = Settings {
        root_wait: Duration::from_millis(300),
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let said = lab.ssh(&["-i", "key.pem", &lab.as_user("root"), "whoami"]);
    assert_eq!(
        said.stdout,
        "Please login as the user \"ec2-user\" rather than the user \"root\".\n\n"
    );
    assert_eq!(said.status, Some(142));
    assert!(said.took >= Duration::from_millis(300), "{:?}", said.took);
    let events = lab.events_until_ended(1);
    let turned_away = What::RootTurnedAway {
        session: 1,
        instance: "i-0123456789abcdef0".into(),
    };
    assert!(events.contains(&turned_away), "{events:#?}");
    assert!(
        !events
            .iter()
            .any(|what| matches!(what, What::LoggedIn { .. })),
        "{events:#?}"
    );

    let said = lab.ssh(&[
        "-o",
        "LogLevel=INFO",
        "-tt",
        "-i",
        "key.pem",
        &lab.as_user("root"),
    ]);
    assert_eq!((said.stdout.lines().count(), said.status), (2, Some(142)));
    assert!(
        said.stderr
            .ends_with(&format!("Connection to {} closed.\n", lab.address)),
        "{}",
        said.stderr
    );
}

#[test]
fn root_with_a_wrong_key_is_only_denied() {
    let lab = Lab::open();
    lab.stranger("other.pem");
    let said = lab.ssh(&["-i", "other.pem", &lab.as_user("root"), "true"]);
    assert_eq!(said.status, Some(255));
    assert!(said.stderr.contains("Permission denied"), "{}", said.stderr);
}

#[test]
fn an_unknown_host_key_that_is_refused_names_no_user() {
    let lab = Lab::open();
    let said = lab.login(&["-o", "StrictHostKeyChecking=yes", "true"]);
    assert_eq!(said.status, Some(255));
    assert!(
        said.stderr.ends_with("Host key verification failed.\n"),
        "{}",
        said.stderr
    );
    let events = lab.events_until_ended(1);
    assert!(
        matches!(
            events[..],
            [What::Connected { .. }, What::Disconnected { .. }]
        ),
        "{events:#?}"
    );
}

#[test]
fn after_six_wrong_keys_the_right_one_comes_too_late() {
    let lab = Lab::open();
    let names: Vec<String> = (1..=6).map(|n| format!("wrong{n}")).collect();
    let mut args: Vec<&str> = vec!["-o", "LogLevel=INFO"];
    for name in &names {
        lab.stranger(name);
        args.extend(["-i", name]);
    }
    let host = lab.as_user("ec2-user");
    let port = lab.stage.port();
    let said = lab.ssh(&[args.as_slice(), &["-i", "key.pem", &host, "true"]].concat());
    assert_eq!(said.status, Some(255));
    let wanted = format!(
        "Received disconnect from {0} port {port}:2: Too many authentication failures\nDisconnected from {0} port {port}\n",
        lab.address
    );
    assert!(said.stderr.ends_with(&wanted), "{}", said.stderr);

    // With five it works.
    let said = lab.ssh(&[&args[..12], &["-i", "key.pem", &host, "true"]].concat());
    assert_eq!(said.status, Some(0), "{}", said.stderr);
}

/// sshd 9.2 ends the connection in place of its sixth refusal, so that this is the client's text also without a seventh key.
#[test]
fn after_exactly_six_wrong_keys_there_are_too_many_failures() {
    let lab = Lab::open();
    let names: Vec<String> = (1..=6).map(|n| format!("wrong{n}")).collect();
    let mut args: Vec<&str> = vec!["-o", "LogLevel=INFO"];
    for name in &names {
        lab.stranger(name);
        args.extend(["-i", name]);
    }
    let host = lab.as_user("ec2-user");
    let port = lab.stage.port();
    let said = lab.ssh(&[args.as_slice(), &[&host, "true"]].concat());
    let wanted = format!(
        "Received disconnect from {0} port {port}:2: Too many authentication failures\nDisconnected from {0} port {port}\n",
        lab.address
    );
    assert!(said.stderr.ends_with(&wanted), "{said:?}");
    assert_eq!(said.status, Some(255));
    let events = lab.events_until_ended(1);
    let refused = events.iter().filter(|what| {
        matches!(
            what,
            What::KeyOffered {
                accepted: false,
                ..
            }
        )
    });
    assert_eq!(refused.count(), 6, "{events:#?}");
    assert!(
        !events
            .iter()
            .any(|what| matches!(what, What::LoggedIn { .. }))
    );
}

/// A key without a public half beside it (RSA from EC2) is not asked about but proven at once: russh refuses before it ends
/// the connection, and a client with no seventh key gives up in the words of too few.
#[test]
fn six_wrong_keys_of_which_the_last_is_signed_at_once_are_only_denied() {
    let lab = Lab::open();
    let names: Vec<String> = (1..=5).map(|n| format!("wrong{n}")).collect();
    let mut args: Vec<&str> = Vec::new();
    for name in &names {
        lab.stranger(name);
        args.extend(["-i", name]);
    }
    let rsa = PrivateKey::generate(KeyType::Rsa, &mut rand::rng()).unwrap();
    lab.file("rsa.pem", rsa.pem(), 0o400);
    let host = lab.as_user("ec2-user");
    let said = lab.ssh(&[args.as_slice(), &["-i", "rsa.pem", &host, "true"]].concat());
    let refusal = format!("{host}: Permission denied (publickey,gssapi-with-mic).\n");
    assert_eq!((said.stderr, said.status), (refusal, Some(255)));
}

#[test]
fn a_dropped_address_is_a_timeout_and_an_unlistened_one_a_refusal() {
    let mut lab = Lab::open();
    let port = lab.stage.port();
    for _ in 0..2 {
        lab.listen(Listening::Dropped);
        let said = lab.login(&["-o", "ConnectTimeout=1", "true"]);
        let line = format!(
            "ssh: connect to host {} port {port}: Connection timed out\n",
            lab.address
        );
        assert_eq!((said.stderr, said.status), (line, Some(255)));
        assert!(
            (0.9..2.5).contains(&said.took.as_secs_f64()),
            "{:?}",
            said.took
        );

        lab.listen(Listening::Refused);
        let said = lab.login(&["-o", "ConnectTimeout=1", "true"]);
        let line = format!(
            "ssh: connect to host {} port {port}: Connection refused\n",
            lab.address
        );
        assert_eq!((said.stderr, said.status), (line, Some(255)));

        lab.listen(Listening::Open);
        assert_eq!(lab.login(&["true"]).status, Some(0));
    }
}

#[test]
fn a_session_lives_on_when_its_address_begins_to_drop_or_vanishes() {
    let mut lab = Lab::open();
    let mut ssh = lab.client(&["-T", "-i", "key.pem", &lab.as_user("ec2-user")]);
    let mut child = ssh
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::inherit())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut say = |word: &str| {
        use std::io::{BufRead, Write};
        writeln!(input, "echo {word}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), word);
    };
    say("open");
    lab.listen(Listening::Dropped);
    say("dropped");
    lab.stage.apply(&[]).unwrap();
    say("vanished");
    // The instance goes down: so does the connection.
    lab.server
        .hang_up(|target| target.instance == "i-0123456789abcdef0");
    assert_eq!(child.wait().unwrap().code(), Some(255));
}

#[test]
fn a_terminated_instance_takes_its_sessions_along() {
    let lab = Lab::open();
    let mut ssh = lab.client(&[
        "-T",
        "-i",
        "key.pem",
        &lab.as_user("ec2-user"),
        "echo up; cat",
    ]);
    let mut child = ssh
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    assert_eq!(line, "up\n");
    lab.terminate();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"anyone?\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(255));
}

#[test]
fn a_busy_port_is_named() {
    let lab = Lab::open();
    let mut other = LoopbackStage::new(
        std::sync::Arc::clone(&lab.server),
        lab.stage.port(),
        "198.51.100.7".parse().unwrap(),
        lab.runtime.handle().clone(),
    )
    .unwrap();
    for listening in [Listening::Open, Listening::Dropped] {
        let place = Place {
            address: lab.address.parse().unwrap(),
            target: lab.target.clone(),
            listening,
            admits: Admits::default(),
        };
        let error = other.apply(&[place]).unwrap_err();
        assert!(matches!(error, StageError::Busy(_)), "{error:?}");
        let words = format!(
            "port {} of {} is in use by another program",
            lab.stage.port(),
            lab.address
        );
        assert_eq!(error.to_string(), words);
    }
}

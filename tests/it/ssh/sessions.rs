//! What works: commands, shells, status, signals, forwarding refused politely.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use groundschool::course::evidence::What;
use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::machine::Family;

use super::lab::Lab;

#[test]
fn a_command_runs_and_its_status_is_the_clients() {
    let lab = Lab::open();
    let said = lab.login(&["true"]);
    assert_eq!(
        (said.status, said.stdout.as_str(), said.stderr.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(lab.login(&["exit 7"]).status, Some(7));
    let said = lab.login(&["no-such-command"]);
    assert_eq!(said.status, Some(127));
    assert!(said.stderr.contains("command not found"), "{}", said.stderr);
}

#[test]
fn whoami_is_the_login_user_on_standard_output() {
    let lab = Lab::open();
    let said = lab.login(&["whoami"]);
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str(), said.status),
        ("ec2-user\n", "", Some(0))
    );
}

#[test]
fn a_login_leaves_its_trace_in_order() {
    let lab = Lab::open();
    assert_eq!(lab.login(&["whoami"]).status, Some(0));
    let key_sha256 = lab.key.public().sha256();
    let instance = || "i-0123456789abcdef0".to_owned();
    let events = lab.events_until_ended(1);
    let Some(What::Connected {
        session: 1,
        client: Some(client),
        ..
    }) = events.first()
    else {
        panic!("{events:#?}")
    };
    assert!(client.starts_with("SSH-2.0-OpenSSH_"), "{client}");
    let user = || "ec2-user".to_owned();
    assert_eq!(
        events[1..],
        [
            What::UserNamed {
                session: 1,
                user: user()
            },
            What::KeyOffered {
                session: 1,
                user: user(),
                key_sha256: key_sha256.clone(),
                accepted: true
            },
            What::LoggedIn {
                session: 1,
                instance: instance(),
                user: user(),
                key_sha256
            },
            What::RemoteCommand {
                session: 1,
                instance: instance(),
                line: "whoami".into(),
                status: 0
            },
            What::Disconnected { session: 1 },
        ]
    );
}

#[test]
fn an_rsa_key_opens_every_family() {
    for (family, user) in [
        (Family::Al2, "ec2-user"),
        (Family::Ubuntu2404, "ubuntu"),
        (Family::Debian12, "admin"),
        (Family::Rhel9, "ec2-user"),
    ] {
        let lab = Lab::new(family, KeyType::Rsa, Settings::default());
        let said = lab.ssh(&["-i", "key.pem", &lab.as_user(user), "whoami"]);
        assert_eq!(
            (said.stdout.trim_end(), said.status),
            (user, Some(0)),
            "{family}: {}",
            said.stderr
        );
    }
}

#[test]
fn a_shell_with_a_terminal_says_logout_and_the_client_says_closed() {
    let lab = Lab::open();
    let said = lab.ssh_with(
        &[
            "-o",
            "LogLevel=INFO",
            "-tt",
            "-i",
            "key.pem",
            &lab.as_user("ec2-user"),
        ],
        b"whoami\nexit 3\n",
    );
    assert_eq!(said.status, Some(3), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("\r\nec2-user\r\n"), "{}", said.stdout);
    assert!(
        said.stdout.contains("[ec2-user@ip-172-31-5-9 ~]$ "),
        "{}",
        said.stdout
    );
    assert!(said.stdout.ends_with("logout\r\n"), "{}", said.stdout);
    assert!(
        said.stderr
            .ends_with(&format!("Connection to {} closed.\n", lab.address)),
        "{}",
        said.stderr
    );
}

#[test]
fn a_shell_without_a_terminal_reads_commands_from_standard_input() {
    let lab = Lab::open();
    let said = lab.ssh_with(
        &["-T", "-i", "key.pem", &lab.as_user("ec2-user")],
        b"whoami\nfalse\n",
    );
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("ec2-user\n", Some(1)),
        "{}",
        said.stderr
    );
}

#[test]
fn sleeping_takes_its_time_and_ctrl_c_ends_it() {
    let lab = Lab::open();
    let said = lab.login(&["sleep 1; echo awake"]);
    assert_eq!((said.stdout.as_str(), said.status), ("awake\n", Some(0)));
    assert!(
        (1.0..3.0).contains(&said.took.as_secs_f64()),
        "{:?}",
        said.took
    );

    let mut ssh = lab.client(&["-tt", "-i", "key.pem", &lab.as_user("ec2-user")]);
    let mut child = ssh
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut read_up_to = |end: &str| {
        let mut seen = Vec::new();
        while !seen.ends_with(end.as_bytes()) {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            seen.push(byte[0]);
        }
    };
    // The line is run in one go, so that Ctrl-C comes while it sleeps.
    input.write_all(b"echo before; sleep 60\n").unwrap();
    read_up_to("\r\nbefore\r\n");
    input.write_all(b"\x03").unwrap();
    read_up_to("$ ");
    input.write_all(b"exit 5\n").unwrap();
    read_up_to("logout\r\n");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn much_output_reaches_a_slow_reader_whole() {
    let lab = Lab::open();
    // More than all windows and buffers between the two take.
    let said = lab.login(&[
        "x=0123456789; for i in 1 2 3 4 5; do x=$x$x$x$x; done; echo $x; echo $x; echo end",
    ]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert!(said.stdout.ends_with("\nend\n"));
    assert_eq!(said.stdout.len(), 2 * (10 * 1024 + 1) + 4);
}

#[test]
fn a_file_goes_in_and_comes_out_by_standard_input_and_output() {
    let lab = Lab::open();
    let text = "a line of some length, again and again\n".repeat(1_000);
    let host = lab.as_user("ec2-user");
    let said = lab.ssh_with(&["-i", "key.pem", &host, "cat > big"], text.as_bytes());
    assert_eq!((said.stderr.as_str(), said.status), ("", Some(0)));
    let said = lab.login(&["cat big"]);
    assert_eq!(said.status, Some(0));
    assert!(
        said.stdout == text,
        "{} of {} bytes came back",
        said.stdout.len(),
        text.len()
    );
}

#[test]
fn forwarding_is_refused_and_the_session_lives() {
    let lab = Lab::open();
    let said = lab.login(&[
        "-o",
        "LogLevel=INFO",
        "-A",
        "-X",
        "-R",
        "0:127.0.0.1:9",
        "whoami",
    ]);
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("ec2-user\n", Some(0)),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("Warning: remote port forwarding failed for listen port 0"),
        "{}",
        said.stderr
    );

    let said = lab.ssh(&[
        "-o",
        "LogLevel=INFO",
        "-i",
        "key.pem",
        "-W",
        "10.0.0.1:80",
        &lab.as_user("ec2-user"),
    ]);
    assert!(
        said.stderr.contains("administratively prohibited"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_eleventh_session_on_one_connection_is_refused() {
    let lab = Lab::open();
    let host = lab.as_user("ec2-user");
    let mut master = lab.client(&["-i", "key.pem", "-M", "-S", "control", "-N", &host]);
    let mut master = master
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while !lab.folder.path().join("control").exists() {
        assert!(
            began.elapsed() < super::lab::PATIENCE,
            "the master does not come up"
        );
        std::thread::yield_now();
    }
    let mut sleepers: Vec<_> = (0..10)
        .map(|_| {
            let mut ssh = lab.client(&["-S", "control", &host, "echo up; sleep 60"]);
            let mut child = ssh
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.as_mut().unwrap())
                .read_line(&mut line)
                .unwrap();
            assert_eq!(line, "up\n");
            child
        })
        .collect();
    let said = lab.ssh(&["-o", "ControlMaster=no", "-S", "control", &host, "whoami"]);
    // The client then makes a connection of its own, without the key.
    assert!(
        said.stderr.contains("Session open refused by peer"),
        "{}",
        said.stderr
    );
    assert_eq!(said.status, Some(255));
    master.kill().unwrap();
    master.wait().unwrap();
    for sleeper in &mut sleepers {
        sleeper.wait().unwrap();
    }
}

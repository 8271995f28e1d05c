//! What works: commands, shells, status, signals, forwarding refused politely.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::Duration;

use groundschool::course::evidence::What;
use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::machine::Family;

use super::lab::{Lab, Talk};
use crate::terminal::Terminal;

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
                watched: true,
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

#[test]
fn only_the_language_comes_in_from_the_clients_environment() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    let line = "echo $LANG-$LC_TIME-$FOO-$TERM";
    let set = "SetEnv=LANG=de_DE.UTF-8 LC_TIME=nb_NO.UTF-8 FOO=bar";
    let said = lab.ssh(&["-o", set, "-i", "key.pem", &user, line]);
    assert_eq!(said.stdout, "de_DE.UTF-8-nb_NO.UTF-8--\n");
    // With a terminal its kind comes along (`TERM` is xterm here).
    let said = lab.ssh(&["-tt", "-i", "key.pem", &user, "echo $LANG-$TERM"]);
    assert_eq!(said.stdout, "C.UTF-8-xterm\r\n");
}

#[test]
fn a_pipe_on_the_machine_and_the_clients_own_work_together() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    let said = lab.ssh_with(
        &[
            "-i",
            "key.pem",
            &user,
            "tr a-z A-Z | sort; echo oops >&2; exit 3",
        ],
        b"b\na\n",
    );
    let heard = (said.stdout.as_str(), said.stderr.as_str(), said.status);
    assert_eq!(heard, ("A\nB\n", "oops\n", Some(3)));
    // `-n` gives it nothing to read.
    assert_eq!(lab.login(&["-n", "cat; echo end"]).stdout, "end\n");
}

#[test]
fn a_command_that_is_killed_leaves_no_status_but_a_signal() {
    let lab = Lab::open();
    let said = lab.login(&["-v", "-o", "LogLevel=DEBUG1", "kill -9 $$; echo never"]);
    assert_eq!((said.stdout.as_str(), said.status), ("", Some(255)));
    assert!(
        said.stderr.contains("rtype exit-signal reply 0"),
        "{}",
        said.stderr
    );
}

/// `ssh` at a terminal of its own, 80x24.
fn in_a_terminal(lab: &Lab) -> Terminal {
    let ssh = lab.client(&["-i", "key.pem", &lab.as_user("ec2-user")]);
    let arguments: Vec<_> = ssh.get_args().map(ToOwned::to_owned).collect();
    let variables = [("TERM", "xterm"), ("PATH", "/usr/bin:/bin")];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    Terminal::start(
        "/usr/bin/ssh".as_ref(),
        &arguments,
        &variables,
        lab.folder.path(),
    )
}

#[test]
fn a_terminal_follows_the_size_of_the_clients() {
    let lab = Lab::open();
    let mut terminal = in_a_terminal(&lab);
    terminal.wait("$ ");
    let size = |terminal: &mut Terminal| {
        terminal.press("echo =$COLUMNS=$LINES=\r");
        terminal.wait("\n=");
        terminal.wait("=\r")
    };
    assert_eq!(size(&mut terminal), "80=24");
    terminal.resize(60);
    super::lab::until("the machine knows the size", || {
        size(&mut terminal) == "60=24"
    });
    terminal.press("exit\r");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(0));
}

#[test]
fn tilde_dot_leaves_and_tilde_question_mark_helps() {
    let lab = Lab::open();
    let mut terminal = in_a_terminal(&lab);
    terminal.wait("$ ");
    terminal.press("\r~?");
    terminal.wait("Supported escape sequences:\r\n");
    terminal.press("\r~.");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(255));
}

#[test]
fn keepalives_are_answered_both_ways() {
    let settings = Settings {
        client_alive: Some(Duration::from_millis(300)),
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let options = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"];
    // Long enough for either side to give the other up, if one did not answer.
    let said = lab.login(&[&options[..], &["sleep 4; echo still here"]].concat());
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("still here\n", Some(0))
    );
}

#[test]
fn a_client_that_is_stopped_is_given_up() {
    let settings = Settings {
        client_alive: Some(Duration::from_millis(200)),
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let mut shell = Talk::new(&lab, &["-T"]);
    shell.say("echo up\n");
    shell.read_up_to("up\n");
    let pid = shell.child.id().to_string();
    let stop = std::process::Command::new("kill")
        .args(["-STOP", &pid])
        .status();
    assert!(stop.unwrap().success());
    lab.events_until_ended(1);
}

#[test]
fn a_session_whose_reader_is_busy_does_not_hold_up_another_on_the_same_connection() {
    let lab = Lab::open();
    let host = lab.as_user("ec2-user");
    let _master = Talk::with(lab.client(&["-i", "key.pem", "-M", "-S", "control", "-N", &host]));
    super::lab::until("the master is up", || {
        lab.folder.path().join("control").exists()
    });
    // More than the window and the pipe take; nobody reads it.
    let flood = "x=0123456789; for i in 1 2 3 4 5 6; do x=$x$x$x$x; done; for i in 1 2 3 4 5 6 7 8 9; do echo $x; done; for i in 1 2 3 4 5 6 7 8 9; do echo $x; done";
    let mut busy = Vec::new();
    for _ in 0..4 {
        let mut one = Talk::with(lab.client(&[
            "-S",
            "control",
            &host,
            &format!("echo up; {flood}; {flood}; {flood}"),
        ]));
        one.read_up_to("up\n");
        busy.push(one);
    }
    let said = lab.ssh(&["-S", "control", &host, "whoami"]);
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("ec2-user\n", Some(0)),
        "{said:?}"
    );
}

#[test]
fn a_shell_in_the_background_and_one_without_a_command_work() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    let args = ["-f", "-i", "key.pem", &user, "sleep 0.2; touch made"];
    assert_eq!(lab.ssh(&args).status, Some(0));
    super::lab::until("the command has run", || {
        lab.login(&["test -e made"]).status == Some(0)
    });
    // `-N` starts nothing; it ends with the client.
    let quiet = Talk::new(&lab, &["-N"]);
    super::lab::until("it is logged in", || lab.server.connections() == (0, 1));
    drop(quiet);
    super::lab::until("it is gone", || lab.server.connections() == (0, 0));
}

#[test]
fn a_large_file_waits_for_a_command_that_reads_late_and_arrives_whole() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    // No line feeds at all, and more than the machine's buffer.
    let zeros = vec![0; 1_500_000];
    let said = lab.ssh_with(&["-i", "key.pem", &user, "sleep 1; cat > late"], &zeros);
    assert_eq!((said.stderr.as_str(), said.status), ("", Some(0)));
    assert_eq!(lab.login(&["wc -c < late"]).stdout.trim(), "1500000");
}

//! The shims with the real ssh, scp and plink: exact words, exact status, and nothing of the learner's touched.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::desk::Lab;

/// Runs a command line in the lab's environment, as its shell would.
fn run(lab: &Lab, line: &str) -> Output {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", line])
        .env_clear()
        .envs(lab.variables.iter().map(|(name, value)| (name, value)));
    command
        .current_dir(lab.workspace.layout().work())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_silent_address_is_opensshs_own_line_and_status() {
    let lab = Lab::open(&[]);
    for (line, shown) in [
        (
            "ssh ec2-user@203.0.113.99",
            "ssh: connect to host 203.0.113.99 port 22: Connection timed out\r\n",
        ),
        (
            "ssh -i k.pem -p 2222 203.0.113.99",
            "ssh: connect to host 203.0.113.99 port 2222: Connection timed out\r\n",
        ),
        (
            "ssh ec2-user@172.31.5.6",
            "ssh: connect to host 172.31.5.6 port 22: Connection timed out\r\n",
        ),
        (
            "ssh -p 23 ec2-user@203.0.113.25",
            "ssh: connect to host 203.0.113.25 port 23: Connection refused\r\n",
        ),
        (
            "ssh -o Port=23 ssh://203.0.113.25",
            "ssh: connect to host 203.0.113.25 port 23: Connection refused\r\n",
        ),
        (
            "ssh ec2-203-0-113-9.compute-1.amazonaws.com",
            "ssh: connect to host ec2-203-0-113-9.compute-1.amazonaws.com port 22: Connection timed out\r\n",
        ),
        ("ssh -q 203.0.113.99", ""),
    ] {
        let output = run(&lab, line);
        assert_eq!(said(&output), shown, "{line}");
        assert_eq!(output.status.code(), Some(255), "{line}");
    }
}

#[test]
fn the_words_are_those_of_the_real_ssh() {
    let lab = Lab::open(&[]);
    // A port where nobody listens, asked by the real program, then the shim's words for the same.
    let real = run(&lab, "ssh -T -p 1 127.0.0.1");
    assert_eq!(
        said(&real),
        "ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n"
    );
    assert_eq!(real.status.code(), Some(255));
}

#[test]
fn connect_timeout_is_honoured_and_aliases_are_followed() {
    let lab = Lab::open(&[]);
    std::fs::write(
        lab.workspace.layout().work().join("my config"),
        "Host web1\n  HostName 203.0.113.99\n  Port 2200\n  ConnectTimeout 1\n",
    )
    .unwrap();
    let variables = lab.variables.clone();
    let mut lab = lab;
    lab.variables
        .retain(|(name, _)| name != "GROUNDSCHOOL_PACE");
    let began = Instant::now();
    let output = run(&lab, "ssh -F 'my config' web1");
    assert_eq!(
        said(&output),
        "ssh: connect to host 203.0.113.99 port 2200: Connection timed out\r\n"
    );
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(5),
        "{took:?}"
    );
    lab.variables = variables;
    let missing = run(&lab, "ssh -F missing 203.0.113.99");
    assert_eq!(
        said(&missing),
        "Can't open user config file missing: No such file or directory\r\n"
    );
}

#[test]
fn an_open_port_is_a_connection_that_ssh_carries() {
    let lab = Lab::open(&[]);
    for line in [
        "ssh -v ec2-user@203.0.113.25",
        "ssh -v -o HostName=203.0.113.25 web1",
        "scp -v x 203.0.113.25:",
    ] {
        std::fs::write(lab.workspace.layout().work().join("x"), "").unwrap();
        let output = run(&lab, line);
        let said = said(&output);
        assert!(
            said.contains("remote software version first four: SSH-"),
            "{line}: {said}"
        );
        assert_eq!(output.status.code(), Some(255), "{line}: {said}");
    }
    assert_eq!(
        lab.desk.dialled.lock().unwrap().first(),
        Some(&("203.0.113.25".to_owned(), 22))
    );
}

#[test]
fn scp_and_sftp_meet_the_same_silence() {
    let lab = Lab::open(&[]);
    std::fs::write(lab.workspace.layout().work().join("x"), "").unwrap();
    for line in ["scp x ec2-user@203.0.113.99:", "sftp ec2-user@203.0.113.99"] {
        let output = run(&lab, line);
        let shown = said(&output);
        assert!(
            shown
                .starts_with("ssh: connect to host 203.0.113.99 port 22: Connection timed out\r\n"),
            "{line}: {shown}"
        );
        assert_eq!(output.status.code(), Some(255), "{line}");
    }
}

#[test]
fn plink_says_it_in_its_own_words_and_is_carried_too() {
    let lab = Lab::open(&[]);
    let output = run(&lab, "plink -batch ec2-user@203.0.113.99");
    assert_eq!(
        (said(&output).as_str(), output.status.code()),
        ("FATAL ERROR: Connection timed out\n", Some(1))
    );
    let output = run(&lab, "plink -batch -P 23 ec2-user@203.0.113.25");
    assert_eq!(
        (said(&output).as_str(), output.status.code()),
        ("FATAL ERROR: Connection refused\n", Some(1))
    );
    let real = run(&lab, "plink -batch -P 1 ec2-user@127.0.0.1");
    assert_eq!(
        (said(&real).as_str(), real.status.code()),
        ("FATAL ERROR: Connection refused\n", Some(1)),
        "the real words"
    );
    let output = run(&lab, "plink -v -batch ec2-user@203.0.113.25");
    assert!(
        said(&output).contains("first four: SSH-"),
        "{}",
        said(&output)
    );
}

#[test]
fn calls_that_connect_to_nobody_pass_untouched() {
    let lab = Lab::open(&[]);
    assert!(said(&run(&lab, "ssh -V")).starts_with("OpenSSH_"));
    assert!(String::from_utf8_lossy(&run(&lab, "ssh -Q key").stdout).contains("ssh-ed25519"));
    assert!(
        String::from_utf8_lossy(&run(&lab, "ssh -G 203.0.113.99").stdout)
            .contains("hostname 203.0.113.99")
    );
    assert!(lab.desk.dialled.lock().unwrap().is_empty());
}

#[test]
fn ssh_keygen_looks_into_the_labs_known_hosts() {
    let lab = Lab::open(&[]);
    let known = lab.workspace.layout().known_hosts();
    let line = "203.0.113.25 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3s2gq5kD7Gb0m1kZ7Y3dUe4r7HqXr3c1m1pQ0F4d2a\n";
    std::fs::write(&known, line).unwrap();
    let found = run(&lab, "ssh-keygen -F 203.0.113.25");
    assert!(
        String::from_utf8_lossy(&found.stdout).contains("found: line 1"),
        "{found:?}"
    );
    let removed = run(&lab, "ssh-keygen -R 203.0.113.25");
    assert_eq!(removed.status.code(), Some(0), "{removed:?}");
    assert_eq!(std::fs::read_to_string(&known).unwrap(), "");
}

#[test]
fn the_learners_keys_config_and_known_hosts_are_not_used() {
    let lab = Lab::open(&[("SSH_AUTH_SOCK", "/nowhere")]);
    let output = run(&lab, "ssh -v ec2-user@203.0.113.25");
    let said = said(&output);
    // ssh takes the home folder from the passwd entry, not from HOME.
    for theirs in ["/.ssh/config", "/.ssh/known_hosts", "/.ssh/id_"] {
        assert!(!said.contains(theirs), "{said}");
    }
    let settings = {
        let layout = lab.workspace.layout();
        let config = layout.shell().join("lab_config");
        run(
            &lab,
            &format!(
                "/usr/bin/ssh -G -F '{}' ec2-user@203.0.113.25",
                config.display()
            ),
        )
    };
    let settings = String::from_utf8_lossy(&settings.stdout).into_owned();
    assert!(
        settings.contains("identityagent SSH_AUTH_SOCK\n")
            && settings.contains("identityfile none\n"),
        "{settings}"
    );
    assert!(settings.contains("proxyusefdpass yes\n"), "{settings}");
}

#[test]
fn without_an_engine_the_trouble_is_called_the_labs_own() {
    let mut lab = Lab::open(&[]);
    lab.control = None;
    let output = run(&lab, "ssh ec2-user@203.0.113.25");
    assert!(
        said(&output).starts_with("lab: no lab is open in "),
        "{}",
        said(&output)
    );
    assert_eq!(output.status.code(), Some(255));
    let output = run(&lab, "lab hint");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn garbage_on_the_control_port_neither_stops_nor_slows_the_lab() {
    let lab = Lab::open(&[]);
    let port = lab.control.as_ref().unwrap().port();
    let mut held = Vec::new();
    for number in 0..200 {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let bytes: &[u8] = if number % 2 == 0 {
            b"GET / HTTP/1.1\r\n\r\n"
        } else {
            b"half"
        };
        std::io::Write::write_all(&mut stream, bytes).ok();
        held.push(stream);
    }
    let began = Instant::now();
    assert!(said(&run(&lab, "ssh -p 23 203.0.113.25")).contains("refused"));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_lab_whose_path_is_too_long_for_a_socket_works_by_its_port() {
    let dir = tempfile::tempdir().unwrap();
    let long: PathBuf = dir.path().join("x".repeat(120));
    let workspace = groundschool::lab::workspace::Workspace::open(&long, None).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let run = workspace.layout().run();
    let desk = std::sync::Arc::new(crate::desk::Table::default());
    let control = runtime
        .block_on(groundschool::lab::server::control::serve(&run, desk))
        .unwrap();
    assert!(!run.join("control.sock").exists());
    let client = groundschool::lab::server::control::client::Client::dial(&run, None).unwrap();
    let reach = client.reach("203.0.113.25", 22).unwrap();
    assert_eq!(reach, groundschool::lab::server::control::Reach::Open);
    drop(control);
}

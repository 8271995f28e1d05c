//! Forwarding: `-L`, `-W` and `-J` come out inside the machine; `-R`, `-A` and `-X` are refused.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::lab::stage::Stage;
use groundschool::machine::Family;

use super::lab::{Lab, Talk};

const SERVING: &str = "python3 -m http.server 8000";

/// A port of this computer that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// An `ssh -N -L …`, ended when dropped.
struct Tunnel(Child);

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn tunnel(lab: &Lab, forward: &str, port: u16) -> Tunnel {
    let user = lab.as_user("ec2-user");
    let mut ssh = lab.client(&["-i", "key.pem", "-N", "-L", forward, &user]);
    let quiet = ssh
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let tunnel = Tunnel(quiet.spawn().unwrap());
    super::lab::until("the tunnel is open", || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    tunnel
}

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_local_forward_shows_a_web_server_that_runs_on_the_machine() {
    let lab = Lab::open();
    let mut shell = Talk::new(&lab, &["-tt"]);
    shell.read_up_to("$ ");
    shell.say("mkdir site; echo 'hello from the instance' > site/index.html; cd site\n");
    shell.read_up_to("site]$ ");
    shell.say(&format!("{SERVING}\n"));
    shell.read_up_to("Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...\r\n");

    let port = free_port();
    let open = tunnel(&lab, &format!("{port}:localhost:8000"), port);
    let page = get(port, "/");
    assert!(page.starts_with("HTTP/1.0 200 OK\r\n"), "{page}");
    assert!(
        page.ends_with("\r\n\r\nhello from the instance\n"),
        "{page}"
    );
    shell.read_up_to("] \"GET / HTTP/1.1\" 200 -\r\n");
    assert!(get(port, "/../../etc/passwd").starts_with("HTTP/1.0 404 File not found\r\n"));
    shell.read_up_to("] \"GET /../../etc/passwd HTTP/1.1\" 404 -\r\n");

    // The server ends with Ctrl-C, and the tunnel then has nothing behind it.
    shell.say("\x03");
    shell.read_up_to("^C\r\n\r\nKeyboard interrupt received, exiting.\r\n");
    assert_eq!(get_or_reset(port), "");
    drop(open);
    shell.say("exit\n");
    assert_eq!(shell.end(), Some(0));
}

#[test]
fn a_server_in_the_background_stays_until_it_is_killed() {
    let lab = Lab::open();
    let said = lab.login(&[&format!("echo 1 > one; {SERVING} &")]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    let user = lab.as_user("ec2-user");
    let said = lab.ssh_with(
        &["-i", "key.pem", "-W", "localhost:8000", &user],
        b"GET /one HTTP/1.0\r\n\r\n",
    );
    assert!(said.stdout.ends_with("\r\n\r\n1\n"), "{said:?}");
    assert_eq!(lab.login(&["curl -s localhost:8000/one"]).stdout, "1\n");
    assert_eq!(lab.login(&["kill %1"]).status, Some(0));
    let said = lab.login(&["curl -s localhost:8000/one"]);
    assert_eq!(said.status, Some(7), "{said:?}");
}

/// The client's words for what sshd 9.2 answered on Debian 12, each with the machine's reason.
#[test]
fn what_a_forward_cannot_reach_is_said_as_sshd_says_it() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    for (place, words) in [
        ("localhost:9", "connect failed: Connection refused"),
        ("172.31.5.9:9", "connect failed: Connection refused"),
        ("192.0.2.1:80", "connect failed: Network is unreachable"),
        (
            "no-such-host.invalid:80",
            "connect failed: Name or service not known",
        ),
    ] {
        let said = lab.ssh(&[
            "-o",
            "LogLevel=INFO",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-i",
            "key.pem",
            "-W",
            place,
            &user,
        ]);
        let wanted = format!("channel 0: open failed: {words}\nstdio forwarding failed\n");
        assert!(said.stderr.ends_with(&wanted), "{place}: {said:?}");
        assert_eq!(said.status, Some(255));
    }
    // The text that a learner reads under `ssh -L`.
    let port = free_port();
    let mut ssh = lab.client(&[
        "-o",
        "LogLevel=INFO",
        "-i",
        "key.pem",
        "-L",
        &format!("{port}:localhost:9"),
        &user,
        "echo up; cat",
    ]);
    let mut child = ssh
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut up = [0; 3];
    child.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
    assert_eq!(get_or_reset(port), "");
    drop(child.stdin.take());
    let said = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).replace('\r', "");
    assert!(
        said.contains(": open failed: connect failed: Connection refused\n"),
        "{said}"
    );
}

/// What comes from a port behind which nobody listens: nothing, or a reset.
fn get_or_reset(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut text = String::new();
    write!(stream, "GET / HTTP/1.1\r\n\r\n").ok();
    stream.read_to_string(&mut text).ok();
    text
}

#[test]
fn the_metadata_service_is_reached_through_a_forward_too() {
    let lab = Lab::open();
    let port = free_port();
    let _open = tunnel(&lab, &format!("{port}:169.254.169.254:80"), port);
    assert!(get(port, "/latest/meta-data/").starts_with("HTTP/1.1 401 Unauthorized\r\n"));
}

#[test]
fn a_machine_is_its_own_jump_host() {
    let lab = Lab::open();
    let jump = format!(
        "ProxyCommand=ssh -F none -p {} -i key.pem -o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR -W %h:22 {}",
        lab.stage.port(),
        lab.as_user("ec2-user")
    );
    let said = lab.ssh(&[
        "-o",
        &jump,
        "-i",
        "key.pem",
        "ec2-user@localhost",
        "echo $SSH_CLIENT",
    ]);
    assert!(said.stdout.starts_with("127.0.0.1 "), "{said:?}");
    assert_eq!(said.status, Some(0), "{said:?}");
}

#[test]
fn remote_agent_and_x11_forwarding_are_refused_and_the_session_lives() {
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
        "{said:?}"
    );
    assert!(
        said.stderr
            .contains("Warning: remote port forwarding failed for listen port 0\n"),
        "{said:?}"
    );
}

#[test]
fn root_behind_its_forced_command_may_forward_nothing() {
    let settings = Settings {
        root_wait: std::time::Duration::ZERO,
        ..Settings::default()
    };
    let lab = Lab::new(Family::Ubuntu2404, KeyType::Ed25519, settings);
    let said = lab.ssh(&[
        "-o",
        "LogLevel=INFO",
        "-i",
        "key.pem",
        "-W",
        "localhost:22",
        &lab.as_user("root"),
    ]);
    let wanted = "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n";
    assert!(said.stderr.ends_with(wanted), "{said:?}");
}

#[test]
fn more_forwarded_connections_than_allowed_are_refused_and_the_rest_lives() {
    let settings = Settings {
        forwards: 2,
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    assert_eq!(lab.login(&[&format!("{SERVING} &")]).status, Some(0));
    let port = free_port();
    let _open = tunnel(&lab, &format!("{port}:localhost:8000"), port);
    // The connection that showed that the tunnel is open may still be there.
    let idle: Vec<TcpStream> = (0..4)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    let closed = idle
        .iter()
        .filter(|stream| {
            let mut stream: &TcpStream = stream;
            let patience = std::time::Duration::from_millis(500);
            stream.set_read_timeout(Some(patience)).unwrap();
            let heard = stream.read(&mut [0]);
            heard.map_or_else(
                |error| error.kind() == ErrorKind::ConnectionReset,
                |count| count == 0,
            )
        })
        .count();
    assert!(closed >= 2, "{closed}");
    drop(idle);
    super::lab::until("a place is free again", || {
        get_or_reset(port).contains("200 OK")
    });
}

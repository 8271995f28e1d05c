//! What a hostile or broken client does, and that a login still works.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::machine::Family;

use super::lab::{Lab, PATIENCE};

/// Reads until the server closes.
fn to_the_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(n) => all.extend_from_slice(&part[..n]),
            // Unread bytes of ours make the close a reset.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the server neither speaks nor closes: {error}"),
        }
    }
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let lab = Lab::open();
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    for garbage in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        &noise,
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\0\0\0\0",
        b"\0",
    ] {
        let mut stream = lab.connect();
        // The server may close while we are still writing.
        drop(stream.write_all(garbage));
        drop(stream.shutdown(Shutdown::Write));
        let heard = to_the_end(&stream);
        assert!(heard.is_empty() || heard.starts_with(b"SSH-2.0-OpenSSH_8.7\r\n"));
    }
    assert_eq!(lab.login(&["true"]).status, Some(0));
}

#[test]
fn half_open_connections_are_closed_when_their_time_is_over() {
    let settings = Settings {
        login_grace: Duration::from_millis(500),
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let silent = lab.connect();
    let mut spoken = lab.connect();
    spoken.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
    let mut half_a_line = lab.connect();
    half_a_line.write_all(b"SSH-2.0-").unwrap();
    let began = Instant::now();
    for stream in [&silent, &spoken, &half_a_line] {
        assert!(to_the_end(stream).starts_with(b"SSH-2.0-OpenSSH_8.7\r\n"));
    }
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());

    // Who has logged in stays longer than that.
    let said = lab.login(&["sleep 1; echo still here"]);
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("still here\n", Some(0))
    );
}

#[test]
fn a_login_works_beside_two_hundred_half_open_connections() {
    let lab = Lab::open();
    let idle: Vec<TcpStream> = (0..200).map(|_| lab.connect()).collect();
    let said = lab.login(&["true"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert!(said.took < Duration::from_secs(3), "{:?}", said.took);
    drop(idle);
}

#[test]
fn beyond_the_limit_the_oldest_half_open_connection_goes() {
    let settings = Settings {
        half_open: 10,
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let idle: Vec<TcpStream> = (0..40).map(|_| lab.connect()).collect();
    let said = lab.login(&["true"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    for stream in &idle[..30] {
        to_the_end(stream);
    }
    assert!(
        lab.server.connections().0 <= 10,
        "{:?}",
        lab.server.connections()
    );
}

//! What a hostile or broken client does, and that a login still works.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::machine::Family;

use super::lab::{Lab, PATIENCE, Talk};
use super::light::log_in;

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

#[test]
fn two_thousand_half_open_connections_keep_nobody_out() {
    let lab = Lab::open();
    let idle: Vec<TcpStream> = (0..2000).map(|_| lab.connect()).collect();
    let said = lab.login(&["true"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(
        lab.server.connections().1 <= 257,
        "{:?}",
        lab.server.connections()
    );
    drop(idle);
}

#[test]
fn a_key_exchange_that_stops_half_way_ends_with_its_time() {
    let settings = Settings {
        login_grace: Duration::from_millis(500),
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    // A packet that says it is longer than what comes, and one of the longest that is allowed.
    for head in [&[0, 0, 3, 0xfc, 4, 20][..], &[0, 3, 0xff, 0xfc, 4, 20]] {
        let mut stream = lab.connect();
        stream.write_all(b"SSH-2.0-x\r\n").unwrap();
        stream.write_all(head).unwrap();
        stream.write_all(&[0; 500]).unwrap();
        to_the_end(&stream);
    }
    assert_eq!(lab.login(&["true"]).status, Some(0));
}

#[test]
fn endless_variables_are_refused_and_cost_nothing() {
    let lab = Lab::open();
    lab.runtime.block_on(async {
        let handle = log_in(&lab, russh::client::Config::default()).await;
        let mut channel = handle.channel_open_session().await.unwrap();
        for number in 0..3000 {
            let name = format!("LC_{}", "A".repeat(number % 50));
            channel
                .set_env(false, name, "x".repeat(4000))
                .await
                .unwrap();
        }
        channel.exec(true, "env | wc -c").await.unwrap();
        let mut said = String::new();
        while let Some(message) = channel.wait().await {
            if let russh::ChannelMsg::Data { data } = message {
                said.push_str(&String::from_utf8_lossy(&data));
            }
        }
        let bytes: usize = said.trim().parse().unwrap();
        assert!(bytes < 600_000, "{bytes}");
    });
}

#[test]
fn endless_input_to_a_command_that_does_not_read_closes_its_channel_only() {
    let lab = Lab::open();
    let user = lab.as_user("ec2-user");
    let flood = vec![b'x'; 12 * 1024 * 1024];
    let said = lab.ssh_with(&["-i", "key.pem", &user, "sleep 100"], &flood);
    assert_eq!(said.status, Some(255), "{said:?}");
    assert_eq!(lab.login(&["true"]).status, Some(0));
}

#[test]
fn all_channels_together_keep_no_more_than_the_server_may() {
    let settings = Settings {
        memory: 1024 * 1024,
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let user = lab.as_user("ec2-user");
    let flood = vec![b'x'; 3 * 1024 * 1024];
    // Alone it would be allowed three megabytes.
    let said = lab.ssh_with(&["-i", "key.pem", &user, "sleep 100"], &flood);
    assert_eq!(said.status, Some(255), "{said:?}");
    assert_eq!(lab.login(&["echo well"]).stdout, "well\n");
}

#[test]
fn a_machine_has_so_many_sessions_over_all_connections() {
    let settings = Settings {
        machine_sessions: 2,
        ..Settings::default()
    };
    let lab = Lab::new(Family::Al2023, KeyType::Ed25519, settings);
    let mut first = Talk::new(&lab, &["-T"]);
    let mut second = Talk::new(&lab, &["-T"]);
    for one in [&mut first, &mut second] {
        one.say("echo up\n");
        one.read_up_to("up\n");
    }
    let said = lab.login(&["-o", "LogLevel=INFO", "true"]);
    assert!(
        said.stderr
            .ends_with("channel 0: open failed: connect failed: open failed\n"),
        "{said:?}"
    );
    drop(first);
    super::lab::until("a place is free", || lab.login(&["true"]).status == Some(0));
}

#[test]
fn output_that_nobody_reads_waits_and_the_server_goes_on() {
    let lab = Lab::open();
    lab.runtime.block_on(async {
        let config = russh::client::Config {
            window_size: 1,
            ..Default::default()
        };
        let handle = log_in(&lab, config).await;
        let mut channels = Vec::new();
        for _ in 0..10 {
            let channel = handle.channel_open_session().await.unwrap();
            channel
                .exec(
                    true,
                    "x=0123456789; for i in 1 2 3 4 5 6 7 8; do x=$x$x$x$x; echo $x; done",
                )
                .await
                .unwrap();
            channels.push(channel);
        }
        let said = lab.login(&["echo well"]);
        assert_eq!(said.stdout, "well\n", "{said:?}");
    });
}

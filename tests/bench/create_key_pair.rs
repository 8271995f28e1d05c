//! CreateKeyPair with real RSA keys: one at a time, and thirty at once.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use groundschool::keys::file::inspect;

use crate::numbers::{Times, ms, print_aim};
use crate::served::{Answer, Served};
use crate::start::wait_until_idle;

const ROUNDS: usize = 5;
const AT_ONCE: usize = 30;

pub fn run() {
    let mut keys = BTreeSet::new();
    let mut alone = Times::default();
    let server = Served::start();
    wait_until_idle(&server);
    let mut client = server.connect();
    for n in 0..100 {
        let answer = alone
            .time(|| client.ec2("CreateKeyPair", &format!("KeyName=alone-{n}")))
            .expect("an answer");
        check(&answer, &mut keys);
    }
    alone.print("CreateKeyPair RSA, one at a time, pool full");
    print_aim(
        "1 ms median, 5 ms p99",
        alone.median() < Duration::from_millis(1) && alone.p99() <= Duration::from_millis(5),
    );

    let mut together = Times::default();
    for round in 0..ROUNDS {
        wait_until_idle(&server);
        let (whole, answers) = at_once(&server, round);
        together.add(whole);
        for answer in &answers {
            check(answer, &mut keys);
        }
    }
    together.print("thirty at once, until the last answer");
    print_aim("25 ms", together.median() <= Duration::from_millis(25));
    println!("{:<44} {}", "distinct keys, each read back", keys.len());

    cold(&mut keys);
}

/// A client that creates keys from the very first moment, while the pool is still empty.
fn cold(keys: &mut BTreeSet<String>) {
    let mut times = Times::default();
    let server = Served::start();
    let begin = Instant::now();
    let mut client = server.connect();
    for n in 0..30 {
        let answer = times
            .time(|| client.ec2("CreateKeyPair", &format!("KeyName=cold-{n}")))
            .expect("an answer");
        check(&answer, keys);
    }
    times.print("one at a time right after the start");
    println!("{:<44} {}", "  the thirty of them", ms(begin.elapsed()));
}

/// Thirty connections, each sends at the same moment: from that moment until the last answer.
fn at_once(server: &Served, round: usize) -> (Duration, Vec<Answer>) {
    let barrier = Barrier::new(AT_ONCE + 1);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..AT_ONCE)
            .map(|n| {
                let (mut client, barrier) = (server.connect(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let answer = client
                        .ec2("CreateKeyPair", &format!("KeyName=round-{round}-{n}"))
                        .expect("an answer");
                    (Instant::now(), answer)
                })
            })
            .collect();
        barrier.wait();
        let begin = Instant::now();
        let done: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().expect("a client ends well"))
            .collect();
        let last = done.iter().map(|(at, _)| *at).max().unwrap_or(begin);
        (
            last.duration_since(begin),
            done.into_iter().map(|(_, answer)| answer).collect(),
        )
    })
}

/// The key is real, new, and the one whose fingerprint was answered.
fn check(answer: &Answer, keys: &mut BTreeSet<String>) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let pem = answer.first("keyMaterial").to_owned();
    let key = inspect(pem.as_bytes())
        .private
        .unwrap_or_else(|| panic!("not a key that OpenSSH loads: {pem}"));
    assert_eq!(key.created_fingerprint(), answer.first("keyFingerprint"));
    assert!(keys.insert(pem), "a key was handed out twice");
}

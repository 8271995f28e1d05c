//! Many clients at once, and an account that grows: rates with 8 clients, a class of 300, one object among 10,000.
//!
//! The server's processor time, from /proc, is the steadier number: clients and server share this machine's processors.

use std::time::{Duration, Instant};

use groundschool::cloud::api::Request;
use groundschool::cloud::api::signature::{AccessKey, Signature};

use crate::describe::fill;
use crate::login::IMAGE;
use crate::numbers::{Times, print_aim};
use crate::served::{Client, Served, ec2};
use crate::start::{processor_time, wait_until_idle};

/// How long each rate is measured.
const WHILE: Duration = Duration::from_secs(3);
/// A class.
const CLASS: u32 = 300;
/// Commands of each of them, one a second.
const COMMANDS: u32 = 5;

pub fn run() {
    verification();
    let server = Served::start();
    fill(&mut server.connect());
    wait_until_idle(&server);
    for (action, aims) in [
        ("DescribeKeyPairs", [(1, 8_000.0), (8, 25_000.0)]),
        ("DescribeInstances", [(1, 2_000.0), (8, 5_000.0)]),
    ] {
        for (clients, aim) in aims {
            rate(&server, action, clients, aim);
        }
    }
    class(&server);
    drop(server);
    growth();
}

/// What believing a caller costs a lab, for each request.
fn verification() {
    const REQUESTS: u32 = 2_000;
    // Signed by botocore; the time and the key are those of src/cloud/api/signature/tests.rs.
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIA0LABAAAAAAAAAAAA/20261124/us-east-1/ec2/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date, \
        Signature=444576d2b046f7cccdc119c4fce14a68bac70609b955de8e73f6f58fa7fa4a86";
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let headers = [
        ("host", "127.0.0.1:4566"),
        ("content-type", form),
        ("x-amz-date", "20261124T100000Z"),
        ("authorization", authorization),
    ];
    let request = Request {
        method: "POST",
        path: "/",
        body: b"Action=DescribeRegions&Version=2016-11-15",
        authorization: Some(authorization),
        headers: &headers,
        ..Request::default()
    };
    let key = AccessKey {
        id: "AKIA0LABAAAAAAAAAAAA".to_owned(),
        secret: "secret/of+the/lab/0123456789012345678901".to_owned(),
    };
    let now = "2026-11-24T10:00:00Z".parse().expect("a time");
    let begin = Instant::now();
    for _ in 0..REQUESTS {
        let signature = Signature::of(&request).expect("it is signed");
        assert_eq!(signature.verify(&request, &key, now), Ok(()));
    }
    let each = micros(begin.elapsed(), REQUESTS);
    println!("{:<44} {each:.1} us", "a signature verified");
    print_aim("30 us", each < 30.0);
}

/// Answers a second to so many keep-alive clients.
fn rate(server: &Served, action: &str, clients: usize, aim: f64) {
    let request = ec2(action, "");
    let (before, begin) = (processor_time(server), Instant::now());
    let answers: u32 = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = server.connect();
                    let mut answers = 0;
                    while begin.elapsed() < WHILE {
                        client.exchange(&request).expect("an answer");
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        let answers = clients.into_iter().map(std::thread::ScopedJoinHandle::join);
        answers.map(|answers| answers.expect("a client")).sum()
    });
    let rate = f64::from(answers) / begin.elapsed().as_secs_f64();
    let name = format!("{action}, 100, {clients} clients");
    println!(
        "{name:<44} {rate:.0}/s   server's processor time {:.1} us each",
        micros(processor_time(server).saturating_sub(before), answers)
    );
    print_aim(&format!("{aim}/s"), rate >= aim);
}

/// Each of many connects, asks once and goes, once a second, as a class does that types commands.
fn class(server: &Served) {
    let request = ec2("DescribeInstances", "MaxResults=5");
    let begin = Instant::now();
    let mut all = Times::default();
    std::thread::scope(|scope| {
        let learners: Vec<_> = (0..CLASS)
            .map(|number| {
                let request = &request;
                scope.spawn(move || {
                    let mut times = Vec::new();
                    for command in 0..COMMANDS {
                        let at = Duration::from_secs(command.into())
                            + Duration::from_secs(1) * number / CLASS;
                        std::thread::sleep(at.saturating_sub(begin.elapsed()));
                        let start = Instant::now();
                        let mut client = server.connect();
                        client.exchange(request).expect("an answer");
                        times.push(start.elapsed());
                    }
                    times
                })
            })
            .collect();
        for learner in learners {
            for time in learner.join().expect("a learner") {
                all.add(time);
            }
        }
    });
    all.print("a class of 300, one command a second each");
    print_aim("p99 under 3 ms", all.p99() < Duration::from_millis(3));
}

/// What one object costs among many.
fn growth() {
    let mut first: Option<[f64; 3]> = None;
    for size in [100, 1_000, 10_000] {
        let server = Served::start();
        let mut client = server.connect();
        create_key(&mut client, 0);
        let mut id = String::new();
        for _ in 0..size / 100 {
            id = launch(&mut client);
        }
        wait_until_idle(&server);
        let instances_alone = server.kilobytes("status", "VmRSS");
        for n in 1..size.min(5_000) {
            create_key(&mut client, n);
        }
        wait_until_idle(&server);
        let costs = [
            cost(
                &server,
                &ec2("DescribeInstances", &format!("InstanceId.1={id}")),
            ),
            cost(&server, &ec2("DescribeKeyPairs", "KeyName.1=key-00050")),
            cost(
                &server,
                &ec2("DescribeInstanceStatus", &format!("InstanceId.1={id}")),
            ),
        ];
        println!(
            "{:<44} instance {:.1} us   key pair {:.1} us   status {:.1} us   RSS {} kB, with the instances alone {instances_alone} kB",
            format!("one by its name among {size}"),
            costs[0],
            costs[1],
            costs[2],
            server.kilobytes("status", "VmRSS"),
        );
        if let Some(first) = first {
            let same = costs
                .iter()
                .zip(first)
                .all(|(now, then)| *now <= then * 1.1);
            print_aim("as much as among 100, within a tenth", same);
        }
        if size == 10_000 {
            print_aim("60 MB with 10,000 instances", instances_alone < 60_000);
        }
        first.get_or_insert(costs);
    }
}

fn create_key(client: &mut Client, n: u32) {
    let form = format!("KeyName=key-{n:05}&KeyType=ed25519");
    let answer = client.ec2("CreateKeyPair", &form).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A hundred instances; the id of one.
fn launch(client: &mut Client) -> String {
    let form = format!(
        "ImageId={IMAGE}&MinCount=100&MaxCount=100&InstanceType=t3.micro&KeyName=key-00000"
    );
    let answer = client.ec2("RunInstances", &form).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.first("instanceId").to_owned()
}

/// The server's processor time for one such request, in microseconds.
fn cost(server: &Served, request: &[u8]) -> f64 {
    const REQUESTS: u32 = 20_000;
    let mut client = server.connect();
    let before = processor_time(server);
    for _ in 0..REQUESTS {
        client.exchange(request).expect("an answer");
    }
    micros(processor_time(server).saturating_sub(before), REQUESTS)
}

fn micros(time: Duration, each: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(each)
}

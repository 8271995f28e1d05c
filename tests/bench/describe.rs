//! Describe calls a second, one keep-alive client, beside a bare HTTP server that answers the same bytes.

use std::time::Instant;

use crate::bare_http;
use crate::login::IMAGE;
use crate::numbers::{Times, median, print_aim, print_ratio};
use crate::served::{Client, Served, ec2};
use crate::start::wait_until_idle;

const ROUNDS: usize = 15;
const REQUESTS: usize = 400;

pub fn run() {
    let server = Served::start();
    let mut client = server.connect();
    fill(&mut client);
    wait_until_idle(&server);
    side_by_side(&mut client, "DescribeRegions", "regionName", 17, 0.0);
    side_by_side(&mut client, "DescribeKeyPairs", "keyName", 100, 8_200.0);
    side_by_side(&mut client, "DescribeInstances", "instanceId", 100, 2_000.0);
}

/// A hundred key pairs and a hundred instances.
pub fn fill(client: &mut Client) {
    for n in 0..100 {
        let answer = client
            .ec2(
                "CreateKeyPair",
                &format!("KeyName=key-{n:03}&KeyType=ed25519"),
            )
            .expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    for _ in 0..10 {
        let form = format!(
            "ImageId={IMAGE}&MinCount=10&MaxCount=10&InstanceType=t3.micro&KeyName=key-001"
        );
        let answer = client.ec2("RunInstances", &form).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// Measures both in turns; `element` must stand in the answer so many times.
fn side_by_side(client: &mut Client, action: &str, element: &str, count: usize, aim: f64) {
    let request = ec2(action, "");
    let answer = client.send(&request).expect("an answer");
    assert!(
        answer.all(element).count() == count,
        "{action} does not answer {count} times {element}: {}",
        answer.body
    );
    let mut bare =
        Client::connect(bare_http::start(&answer.body)).expect("the bare server accepts");
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_rates.push(round(client, &request, &mut ours));
        their_rates.push(round(&mut bare, &request, &mut theirs));
    }
    ours.print(&format!("{action}, {count}, {} bytes", answer.body.len()));
    theirs.print("  the same bytes from a bare server");
    print_ratio("  ratio of medians", &ours, &theirs);
    let (our_rate, their_rate) = (median(our_rates), median(their_rates));
    println!(
        "{:<44} {our_rate:.0}/s   bare {their_rate:.0}/s",
        "  rate, median of the rounds"
    );
    if aim > 0.0 {
        print_aim(&format!("{aim}/s"), our_rate >= aim);
    }
}

/// Requests a second in one round.
fn round(client: &mut Client, request: &[u8], times: &mut Times) -> f64 {
    let begin = Instant::now();
    for _ in 0..REQUESTS {
        times.time(|| client.exchange(request).expect("an answer"));
    }
    REQUESTS as f64 / begin.elapsed().as_secs_f64()
}

//! From the start of the process to its first correct answer, and memory when nothing happens.

use std::time::{Duration, Instant};

use crate::numbers::{Times, ms, print_aim};
use crate::served::{Client, Served, ec2};

const TURNS: usize = 30;

pub fn run() {
    let request = ec2("DescribeRegions", "");
    let (mut ready, mut first) = (Times::default(), Times::default());
    for _ in 0..TURNS {
        let begin = Instant::now();
        let server = Served::start();
        ready.add(begin.elapsed());
        let answer = server.connect().send(&request).expect("an answer");
        first.add(begin.elapsed());
        assert!(
            answer.status == 200 && answer.first("regionName") == "ap-northeast-1",
            "{answer:?}"
        );
    }
    ready.print("process start to the ready line");
    first.print("process start to the first correct answer");
    print_aim(
        "10 ms to the first answer",
        first.median() <= Duration::from_millis(10),
    );

    let server = Served::start();
    show_memory(&server, "memory right after the start");
    let begin = Instant::now();
    wait_until_idle(&server);
    let filled = begin.elapsed();
    show_memory(&server, "memory when idle, keys made ahead");
    let rss = server.kilobytes("status", "VmRSS");
    println!("{:<44} {}", "until the keys are made ahead", ms(filled));
    print_aim("12 MB when idle", rss <= 12_000);
    let mut client: Client = server.connect();
    for _ in 0..2_000 {
        client.exchange(&request).expect("an answer");
    }
    show_memory(&server, "memory after 2,000 requests");
}

fn show_memory(server: &Served, when: &str) {
    let (rss, anon) = (
        server.kilobytes("status", "VmRSS"),
        server.kilobytes("status", "RssAnon"),
    );
    let pss = server.kilobytes("smaps_rollup", "Pss");
    println!("{when:<44} RSS {rss} kB   PSS {pss} kB   of it anonymous {anon} kB");
}

/// Waits until the process uses no processor time for a while: the keys are made.
pub fn wait_until_idle(server: &Served) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut before = processor_time(server);
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let now = processor_time(server);
        if now == before {
            return;
        }
        assert!(Instant::now() < deadline, "the server is never idle");
        before = now;
    }
}

/// The processor time that the process has used so far, its threads' included: a hundredth of a second exactly.
pub fn processor_time(server: &Served) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).expect("it lives");
    let after_name = stat.rsplit(')').next().unwrap_or_default().to_owned();
    let fields: Vec<i64> = after_name
        .split(' ')
        .filter_map(|field| field.parse().ok())
        .collect();
    // After the state, which is a letter: utime and stime are the 11th and 12th numbers (proc(5), fields 14 and 15), in
    // ticks, of which Linux has a hundred a second.
    let of = |place: usize| fields.get(place).copied().unwrap_or_default();
    Duration::from_millis(u64::try_from(of(10) + of(11)).unwrap_or_default() * 10)
}

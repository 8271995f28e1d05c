//! A class's hand-ins: graded with the real program, each from its evidence, and exported.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use groundschool::classroom::hand_in::HandIn;
use groundschool::classroom::ledger::{Fact, Ledger};

use crate::desk::program;
use crate::numbers::{Times, print_aim};

const CLASS: usize = 300;
/// Of a lab on 28 November 2026, the first lesson by its solution.
const ONE: &[u8] = include_bytes!("../../fixtures/classroom/hand-in.json");

/// The same lesson in a lab of its own: what only one lab has is written anew, and the chain with it.
fn of_lab(one: &HandIn, number: usize) -> HandIn {
    let mut hand_in = one.clone();
    let part = &mut hand_in.lessons[0];
    let mut ledger: Option<Ledger> = None;
    for entry in part.ledger.entries() {
        let text = serde_json::to_string(&entry.fact).expect("it is JSON");
        // Fingerprints and ids end in letters and digits: the number goes in front of them.
        let text = text
            .replace("SHA256:", &format!("SHA256:{number:03}"))
            .replace("\"i-0", &format!("\"i-{number:03}"));
        let mut fact: Fact = serde_json::from_str(&text).expect("it is still one");
        if let Fact::Began(began) = &mut fact {
            began.lab = format!("{number:016x}");
            ledger = Some(Ledger::begin(part.ledger.lesson(), entry.at, began.clone()));
        } else if let Some(ledger) = &mut ledger {
            ledger.add(entry.at, fact);
        }
    }
    part.ledger = ledger.expect("it began");
    hand_in.learner.name = Some(format!("Student {number}"));
    hand_in.learner.id = Some(format!("s-{number}"));
    hand_in
}

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = HandIn::read(ONE).expect("a hand-in");
    let hand_ins = folder.path().join("hand-ins");
    std::fs::create_dir(&hand_ins).expect("a folder");
    let mut roster = "Student,ID,SIS User ID,SIS Login ID,Section,SSH\n".to_owned();
    let mut bytes = 0;
    for number in 0..CLASS {
        let text = of_lab(&one, number).to_json();
        bytes += text.len();
        std::fs::write(hand_ins.join(format!("{number}.json")), text).expect("it is written");
        let _ = writeln!(
            roster,
            "Student {number},{},s-{number},,Mon,",
            9_000 + number
        );
    }
    std::fs::write(folder.path().join("roster.csv"), &roster).expect("it is written");
    println!("{CLASS} hand-ins of {} bytes", bytes / CLASS);
    let mut worst = Duration::ZERO;
    for words in [
        &["--format", "text"][..],
        &["--format", "json"],
        &["--format", "csv", "--roster", "roster.csv"],
        &["--format", "canvas", "--roster", "roster.csv"],
        &[
            "--fill",
            "roster.csv",
            "--column",
            "SSH",
            "--out",
            "filled.csv",
        ],
    ] {
        let mut times = Times::default();
        for _ in 0..5 {
            let printed = times.time(|| grade(folder.path(), words));
            assert!(
                !printed.contains("[not yet]") && !printed.contains("not graded]"),
                "{printed}"
            );
        }
        times.print(&format!("grade {CLASS} {}", words.join(" ")));
        worst = worst.max(times.p99());
    }
    let filled = std::fs::read_to_string(folder.path().join("filled.csv")).expect("it is there");
    let points: Vec<&str> = filled
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit(',').next())
        .collect();
    assert!(
        points.len() == CLASS
            && points
                .iter()
                .all(|one| one.parse::<u32>().is_ok_and(|one| one > 0))
    );
    print_aim(
        "300 hand-ins graded and exported in 5 s",
        worst < Duration::from_secs(5),
    );
}

fn grade(folder: &Path, words: &[&str]) -> String {
    let output = Command::new(program())
        .current_dir(folder)
        .args(["grade", "hand-ins"])
        .args(words)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        !said.contains("[look]") && !said.contains("[no row]"),
        "{said}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

//! The README's table is the catalogue, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use groundschool::course::mistake::Mistake;

use super::all;
use super::lab::Stage;

const HEADING: &str = "## Failures you can meet here\n";

/// Those of the twenty that no entry stands for, and why.
const NOT_HERE: &[(u8, &str)] = &[
    (
        17,
        "The warning about post-quantum key exchange: the simulated machines offer mlkem768x25519, so that no client shows it; \
         OpenSSH before 10.1 never does. Amazon Linux 2023 offers none, so expect it on AWS.",
    ),
    (
        19,
        "`sudo ssh`: sudo starts the ssh of the computer, outside the lab, and where the lab has a network of its own sudo \
         does not work at all.",
    ),
    (
        20,
        "An ED25519 key pair for Windows: there is no Windows image here, and AWS's wording is unverified.",
    ),
];

/// As the README has it.
fn table() -> String {
    let mut table = "| # | what you did | the client's first words | the coach's name for it |\n|---|---|---|---|\n".to_owned();
    let mut entries = all();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let first = entry.first_line.replace('|', "\\|");
        let first = if first.is_empty() {
            "none".to_owned()
        } else {
            format!("`{}`", first.trim())
        };
        let only = if entry.stages.contains(&Stage::Shim) {
            ""
        } else {
            " (netns)"
        };
        let name = entry
            .mistake
            .map_or_else(|| "none: it works".to_owned(), |name| format!("`{name}`"));
        let _ = writeln!(
            table,
            "| {} | {}{only} | {first} | {name} |",
            entry.number, entry.met_by
        );
    }
    let _ = writeln!(table, "\nNot here:\n");
    for (number, why) in NOT_HERE {
        let _ = writeln!(table, "- {number}: {why}");
    }
    table
}

#[test]
fn the_readmes_table_of_failures_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let section = readme.split(HEADING).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let table = table();
    assert!(
        section.contains(&table),
        "below {HEADING:?} the README must have\n{table}"
    );
}

#[test]
fn each_of_the_twenty_failures_has_an_entry_or_a_reason() {
    let met: BTreeSet<u8> = all().iter().map(|entry| entry.number).collect();
    for number in 1..=20 {
        let reason = NOT_HERE.iter().any(|(other, _)| *other == number);
        assert!(met.contains(&number) != reason, "{number}");
    }
}

#[test]
fn each_entry_is_told_from_the_others_and_shows_its_first_line() {
    let mut seen = BTreeSet::new();
    for entry in all() {
        assert!(seen.insert(entry.met_by), "{} twice", entry.met_by);
        // Addresses and names in the README's line stand for what is filled in.
        let words = |text: &str| {
            let words = text
                .split(|c: char| !c.is_ascii_alphabetic())
                .filter(|word| word.len() > 3);
            words.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let first = words(entry.first_line);
        let all = entry
            .clients
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned()
            + entry.prints
            + entry.asks();
        let all = all.replace("{peer}", "203.0.113.25 port 22");
        // Without a name server it is `Temporary failure in name resolution`.
        let all = all.replace("{slip}", "ec2-203-0-113-25.compute-1.amazonaws.co");
        let all = all.replace("{unresolved}", "Name or service not known");
        let missing: Vec<_> = first.difference(&words(&all)).cloned().collect();
        assert!(
            missing.is_empty() || missing == ["stud"],
            "{}: {missing:?}",
            entry.met_by
        );
    }
}

/// Nothing fails by these, so there is no failure to list: they are habits, and a lesson's own script makes each.
const HABITS: [&str; 3] = ["key_in_repository", "key_folder_open", "group_open_to_all"];

/// A mistake that no test has met with a real client may be a sentence that no learner ever sees.
#[test]
fn every_mistake_is_met_by_an_entry() {
    let mut met: BTreeSet<&str> = all().iter().filter_map(|entry| entry.mistake).collect();
    let lessons = groundschool::course::catalogue::lessons().unwrap();
    for habit in HABITS {
        assert!(met.insert(habit), "{habit} has an entry");
        let mut scripts = lessons.iter().flat_map(|lesson| &lesson.mistakes);
        assert!(
            scripts.any(|script| script.mistake.name() == habit),
            "{habit}"
        );
    }
    let missing: Vec<&str> = Mistake::ALL
        .iter()
        .map(|mistake| mistake.name())
        .filter(|name| !met.contains(name))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    for name in met {
        assert!(Mistake::from_name(name).is_some(), "{name}");
    }
}

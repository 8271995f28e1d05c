//! What a learner sees, from the first screen to the last, as one snapshot: ids, addresses and dates by reference.

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;

use crate::learner::{Learner, steps};
use crate::readme::only_these_tools;
use crate::terminal::Terminal;

#[test]
fn the_lesson_as_its_solution_meets_it() {
    let tools = only_these_tools();
    let out = Command::new("bash")
        .arg("-c")
        .arg(format!(
            "{} demo --pace instant 2>&1",
            env!("CARGO_BIN_EXE_groundschool")
        ))
        .env("PATH", tools.path())
        .output()
        .unwrap();
    let mut settings = insta::Settings::clone_current();
    for (pattern, name) in [
        (r"\b(i|sg|sgr|key|r|vpc|subnet)-0[0-9a-f]{16}\b", "$1-ID"),
        (r"203\.0\.113\.\d+", "PUBLIC"),
        (r"ip-172-31-\d+-\d+", "ip-PRIVATE"),
        (
            r"(?m)^-rw-r--r-- 1 .* testkeypair\.pem$",
            "-rw-r--r-- 1 ... testkeypair.pem",
        ),
        // How a sentence is wrapped depends on the length of an address.
        (r"\n\| ([a-z0-9(`])", " $1"),
    ] {
        settings.add_filter(pattern, name);
    }
    settings.bind(|| insta::assert_snapshot!(String::from_utf8_lossy(&out.stdout)));
}

/// What the coach says in lesson 1 from the first screen to the last: every word of the lab, a mistake and a wrong turn of each kind,
/// the solution. Lines as they came, each command's own.
fn heard((mut terminal, opened): (Terminal, String), learner: &Learner) -> Vec<String> {
    let mut said = vec![opened];
    for word in [
        "lab",
        "lab hint",
        "lab hint",
        "lab hint",
        "lab check",
        "lab why",
        "lab about",
        "lab help",
        "lab nothing",
    ] {
        said.push(terminal.line(word));
    }
    let spoiled = "aws ec2 create-key-pair --key-name testkeypair > testkeypair.pem";
    said.push(terminal.line_until(spoiled, "[not yet]"));
    said.push(terminal.line("rm testkeypair.pem; lab reset yes"));
    for (step, script) in steps() {
        std::fs::write(learner.work().join(format!("{step}.sh")), script).unwrap();
        said.push(terminal.line(&format!(". ./{step}.sh")));
        said.push(terminal.line("lab check"));
        said.push(terminal.line("lab"));
    }
    said.push(terminal.line("lab why"));
    said.push(terminal.line("lab steps"));
    said
}

/// The coach's words: without what colours them, without the margin, ids and addresses by kind. How lines are broken depends on
/// the length of an address.
fn words(said: &[String]) -> Vec<String> {
    let colours = Regex::new(r"\x1b\[[0-9;]*m").unwrap();
    let ids =
        Regex::new(r"\b(i|sg|key)-0[0-9a-f]{16}\b|\b203\.0\.113\.\d+|\b172\.31\.\d+\.\d+").unwrap();
    let links = Regex::new(r"http://127\.0\.0\.1:\S+").unwrap();
    let mut words = Vec::new();
    for line in said.iter().flat_map(|text| text.lines()) {
        let plain = colours.replace_all(line, "");
        if let Some(text) = plain.trim_end().strip_prefix('|') {
            let text = links.replace_all(text, "LINK");
            let text = ids.replace_all(&text, "ID");
            words.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn who_listens_to_a_screen_reader_hears_every_word_that_others_see_in_colour() {
    let (seeing, listening) = (Learner::new(), Learner::new());
    let coloured = heard(seeing.first_screen_in_colour(), &seeing);
    let plain = heard(listening.first_screen(), &listening);

    assert!(coloured.iter().any(|text| text.contains("\u{1b}[36m|")));
    // The first screen, and what the lab's words are answered before anything is done.
    assert_eq!(words(&coloured[..10]), words(&plain[..10]));
    // On a busy computer a verdict may come a prompt later and meet a newer one: the order may differ, no word may be missing.
    let all: BTreeSet<_> = words(&plain).into_iter().collect();
    let seen: BTreeSet<_> = words(&coloured).into_iter().collect();
    assert!(seen.len() > 400, "{}", seen.len());
    let missing: Vec<_> = seen.difference(&all).collect();
    assert!(missing.is_empty(), "{missing:?}");

    // Append only: the coach's lines move no cursor and write nothing over.
    for line in plain.iter().flat_map(|text| text.lines()) {
        if line.starts_with('|') {
            let text = line.trim_end_matches('\r');
            assert!(!text.contains(['\u{1b}', '\r', '\u{8}']), "{line:?}");
        }
    }
}

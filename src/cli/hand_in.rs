//! `groundschool hand-in`: writes one small file with what the learner has done, and says in words what is in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::classroom::class::{Asks, Class};
use crate::classroom::hand_in::{self, HandIn, Part, Taken};
use crate::classroom::learner::{Learner, clean};
use crate::classroom::ledger::Ledger;
use crate::cli::arguments;
use crate::cli::class_file;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::course::lesson::{Lesson, World};
use crate::lab::files::{read_given, write_for_others};
use crate::lab::journal::now;
use crate::lab::records::{self, RecordsError};
use crate::lab::workspace::Layout;

/// Says what will be in the file, and writes it.
pub fn run(options: &arguments::HandIn) -> Result<ExitCode, CliError> {
    let layout = layout(options)?;
    if !layout.private().is_dir() {
        let text = format!("there is no lab in {}", layout.root().display());
        return Err(CliError::surroundings(text)
            .hint("`groundschool learn` makes one; --lab DIR names another folder, --class FILE a class's"));
    }
    let joined = records::joined(&layout).map_err(damaged)?;
    let class = joined.as_ref().map(|joined| &joined.class);
    let lessons = lessons(options, class)?;
    let mut parts: Vec<(Lesson, Part)> = Vec::new();
    for lesson in lessons {
        match records::part(&layout, &lesson.slug).map_err(damaged)? {
            Some(part) => parts.push((lesson, part)),
            None if options.lessons.is_empty() => {}
            None => {
                let text = format!("you have not begun the lesson {}", lesson.slug);
                return Err(
                    CliError::usage(text).hint("`groundschool lessons` shows where you stand")
                );
            }
        }
    }
    if parts.is_empty() {
        return Err(CliError::surroundings("there is nothing to hand in yet")
            .because(format!("no lesson was begun in {}", layout.root().display()))
            .hint("`groundschool learn` begins one; --lab DIR names another folder, --class FILE a class's"));
    }
    let learner = learner(options, class)?;
    let out = out(options, class, &parts)?;
    anstream::eprint!("{}", contents(&out, &learner, class, &parts));
    let hand_in = HandIn {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now(),
        learner,
        class: joined.as_ref().map(Taken::new),
        lessons: parts.into_iter().map(|(_, part)| part).collect(),
    };
    let text = hand_in.to_json();
    if text.len() > hand_in::LARGEST {
        return Err(
            CliError::surroundings("the file would be too large to be graded")
                .because(format!("it would have {} bytes", text.len()))
                .hint("hand in one lesson at a time: groundschool hand-in 1"),
        );
    }
    let failed = |error: std::io::Error| {
        CliError::surroundings(format!("{} cannot be written", out.display()))
            .because(error)
            .hint("name another place with --out FILE")
    };
    let path = std::path::absolute(&out).map_err(failed)?;
    write_for_others(&path, text.as_bytes()).map_err(failed)?;
    anstream::println!("{}", out.display());
    if lab_options::inside().is_some() {
        // The shell's folder is not where the learner keeps their files.
        anstream::eprintln!("It is here: {}", path.display());
    }
    match class.and_then(|class| class.hand_in_to.as_deref()) {
        Some(place) => anstream::eprintln!("Written. Hand this file in to: {place}"),
        None => anstream::eprintln!("Written. Give this file to your teacher."),
    }
    Ok(ExitCode::SUCCESS)
}

/// The lab that is meant: in a lab's own shell it is that one, unless another is named.
fn layout(options: &arguments::HandIn) -> Result<Layout, CliError> {
    let inside = lab_options::inside();
    let root = match (&options.place.lab, &options.class, inside) {
        (None, None, Some(inside)) => inside,
        (None, Some(file), inside) => {
            if let Some(inside) = inside
                && !file.exists()
                && let Ok(Some(joined)) = records::joined(&Layout::new(inside))
            {
                let what = format!("there is no {} in this folder", file.display());
                let title = joined.class.title;
                return Err(CliError::usage(what)
                    .because(format!(
                        "you are in the lab's own shell, and the lab knows its class, {title}"
                    ))
                    .hint("here it is without --class: groundschool hand-in"));
            }
            let class = class_file::class(file)?;
            let layout = Layout::of_class(&class.id).map_err(lab_options::workspace_error)?;
            layout.root().to_owned()
        }
        (Some(_), ..) | (None, None, None) => lab_options::root(&options.place)?,
    };
    Ok(Layout::new(std::path::absolute(&root).unwrap_or(root)))
}

/// The lessons that are meant.
fn lessons(options: &arguments::HandIn, class: Option<&Class>) -> Result<Vec<Lesson>, CliError> {
    if !options.lessons.is_empty() {
        let named = options.lessons.iter();
        return named
            .map(|wanted| lab_options::lesson(Some(wanted), None))
            .collect();
    }
    let mut course = lab_options::course()?;
    if let Some(class) = class {
        course.retain(|lesson| class.lessons.contains(&lesson.slug));
    }
    Ok(course)
}

/// What the class asks for, and what was given besides.
fn learner(options: &arguments::HandIn, class: Option<&Class>) -> Result<Learner, CliError> {
    let asks = |what| class.is_some_and(|class| class.asks.contains(&what));
    // An empty name is none.
    let asked =
        |given: &Option<String>, what, question, option| match given.as_deref().and_then(clean) {
            Some(given) => Ok(Some(given)),
            None if asks(what) => ask(question, option).map(Some),
            None => Ok(None),
        };
    let learner = Learner {
        name: asked(&options.name, Asks::Name, "Your name", "--name")?,
        id: asked(
            &options.id,
            Asks::Id,
            "Your student number or login",
            "--id",
        )?,
        email: asked(
            &options.email,
            Asks::Email,
            "Your e-mail address",
            "--email",
        )?,
    };
    let ids = [&learner.id, &learner.email];
    if let Some(class) = class
        && ids.iter().any(|id| id.is_some())
        && !class.has_member(ids.into_iter().flatten().map(String::as_str))
    {
        let typed: Vec<&str> = ids.into_iter().flatten().map(String::as_str).collect();
        anstream::eprintln!(
            "[note] {} is not on the list of the class: look for a slip. If it is right, hand in all the same.",
            typed.join(", ")
        );
    }
    Ok(learner)
}

/// Asks in the terminal until something is typed.
fn ask(question: &str, option: &str) -> Result<String, CliError> {
    let missing = || {
        CliError::usage(format!("the class asks: {question}"))
            .hint(format!("give it with {option}, or run this in a terminal"))
    };
    if !std::io::stdin().is_terminal() {
        return Err(missing());
    }
    let mut lines = std::io::stdin().lock();
    for _ in 0..3 {
        anstream::eprint!("{question}: ");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        if !matches!(lines.read_line(&mut line), Ok(1..)) {
            break;
        }
        if let Some(answer) = clean(&line) {
            return Ok(answer);
        }
    }
    Err(missing())
}

/// The file to write: named for the lab, so that no two learners' files have one name. One that is there is replaced only if it
/// is an earlier hand-in of the same lab.
fn out(
    options: &arguments::HandIn,
    class: Option<&Class>,
    parts: &[(Lesson, Part)],
) -> Result<PathBuf, CliError> {
    let ledgers = parts.iter().map(|(_, part)| &part.ledger);
    let labs: BTreeSet<&str> = ledgers
        .filter_map(|ledger| ledger.began())
        .map(|(_, began)| began.lab.as_str())
        .collect();
    let lab = labs.iter().copied().collect::<Vec<_>>().join("-");
    let name = match (class, parts) {
        (Some(class), _) => format!("hand-in-{}-{lab}.json", class.id),
        (None, [(lesson, _)]) => format!("hand-in-{}-{lab}.json", lesson.slug),
        (None, _) => format!("hand-in-{lab}.json"),
    };
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| Path::new(&name).to_owned());
    if out.exists() {
        let there = read_given(&out, hand_in::LARGEST)
            .ok()
            .and_then(|bytes| HandIn::read(&bytes).ok());
        let file = out.display();
        let elsewhere = "move that file away, or name another one with --out FILE";
        match there {
            None => {
                let text = format!("{file} is there already, and is no hand-in");
                return Err(CliError::usage(text).hint("name another file with --out FILE"));
            }
            Some(there) if there.labs() != labs => {
                let whose = there.learner.words();
                let whose = whose.map_or_else(String::new, |whose| format!(", of {whose}"));
                let text =
                    format!("{file} is there already, and is a hand-in of another lab{whose}");
                return Err(CliError::usage(text).hint(elsewhere));
            }
            Some(_) => {}
        }
    }
    Ok(out)
}

/// What will be in the file.
fn contents(
    out: &Path,
    learner: &Learner,
    class: Option<&Class>,
    parts: &[(Lesson, Part)],
) -> String {
    let mut text = format!(
        "This is what {} will hold (it is text: you can read it):\n",
        out.display()
    );
    let who = learner.words();
    let who = who.map_or_else(
        || "no name of yours".to_owned(),
        |who| format!("who you are: {who}"),
    );
    let _ = writeln!(text, "- {who}");
    if let Some(class) = class {
        let _ = writeln!(text, "- the class: {}", class.title);
    }
    for (lesson, Part { claim, .. }) in parts {
        let passed = claim.steps.values().filter(|step| !step.skipped).count();
        let hints: u32 = claim.hints.values().copied().fold(0, u32::saturating_add);
        let mistakes: u32 = claim
            .mistakes
            .values()
            .copied()
            .fold(0, u32::saturating_add);
        let _ = writeln!(
            text,
            "- {}: {passed} of {} steps passed, and when\n  hints: {hints}, mistakes: {mistakes}",
            lesson.title,
            lesson.steps.len()
        );
    }
    text.push_str(
        "- what was seen as each step passed: your key pairs by name and fingerprint,\n\
         \x20 your instances, addresses, security groups and their rules, your key files\n\
         \x20 by name and mode, calls to the account, and logins\n",
    );
    if parts.iter().any(|(_, part)| is_of_aws(&part.ledger)) {
        text.push_str(
            "- this was done on your own AWS account: so these are that account's, also\n\
             \x20 what is there besides the lesson's, and the address you came from is yours\n",
        );
    }
    text.push_str(
        "Not in it: private keys, command lines of your shell, what you filter by (but\n\
         ids and names that are in your account), the names of your folders outside of\n\
         the lab, any other file.\n",
    );
    text
}

/// Whether the lesson was taken on the learner's own AWS account.
fn is_of_aws(ledger: &Ledger) -> bool {
    ledger
        .began()
        .is_some_and(|(_, began)| began.world == World::Aws)
}

fn damaged(error: RecordsError) -> CliError {
    CliError::surroundings("what the lab has kept cannot be used")
        .because(error)
        .hint("the file is as it was; `groundschool reset` forgets it and starts again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::ledger::Began;

    #[test]
    fn a_hand_in_from_aws_is_told_from_one_of_the_simulator() {
        for (world, is_of) in [(World::Aws, true), (World::Simulator, false)] {
            let began = Began {
                lab: "0123456789abcdef".to_owned(),
                attempt: 1,
                world,
                class: None,
                variant: String::new(),
                program: String::new(),
            };
            assert_eq!(is_of_aws(&Ledger::begin("lesson", 0, began)), is_of);
        }
    }
}

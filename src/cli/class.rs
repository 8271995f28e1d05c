//! `groundschool class new`: writes a class file.

use std::process::ExitCode;

use crate::classroom::class::{Asks, Class, FORMAT, LARGEST, Mode, mark};
use crate::classroom::roster::Roster;
use crate::cli::arguments::{Ask, ClassNew};
use crate::cli::class_file;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::course::words::shell_word;
use crate::lab::files::write_for_others;
use crate::lab::records::random_id;

/// Writes it, and says what to do with it.
pub fn new(options: &ClassNew) -> Result<ExitCode, CliError> {
    let out = &options.out;
    if out.exists() {
        return Err(
            CliError::usage(format!("{} is there already", out.display()))
                .because("each class file is another class, even with the same lessons")
                .hint("name another file with --out, or move that one away"),
        );
    }
    let mut lessons: Vec<String> = Vec::new();
    for wanted in &options.lessons {
        let slug = lab_options::lesson(Some(wanted), None)?.slug;
        if !lessons.contains(&slug) {
            lessons.push(slug);
        }
    }
    let id = random_id();
    let roster = options
        .roster
        .as_deref()
        .map(class_file::roster)
        .transpose()?;
    let members = roster.iter().flat_map(Roster::ids);
    let mut members: Vec<String> = members.map(|member| mark(&id, member)).collect();
    // Their order would say who stands where in the roster.
    members.sort();
    members.dedup();
    let asks = if options.anonymous {
        Vec::new()
    } else if !options.ask.is_empty() {
        options.ask.iter().map(|ask| Asks::from(*ask)).collect()
    } else {
        asks_of(roster.as_ref())
    };
    let class = Class {
        format: FORMAT,
        id,
        title: options.title.clone(),
        lessons,
        mode: if options.exam {
            Mode::Exam
        } else {
            Mode::Practice
        },
        seed: options.seed.clone().unwrap_or_else(random_id),
        time_limit_minutes: options.time_limit,
        hand_in_to: options.hand_in_to.clone(),
        asks,
        members,
    };
    let text = class.to_toml();
    if text.len() > LARGEST {
        let what = format!(
            "{} would be too large for a class file: {} bytes, and {LARGEST} are the most",
            out.display(),
            text.len()
        );
        let why = format!(
            "it has a mark for each of the {} ids, logins and addresses in the roster",
            class.members.len()
        );
        return Err(CliError::usage(what).because(why).hint(
            "give a roster with one column of ids, split it into classes, or leave out --roster",
        ));
    }
    let failed = |error| {
        CliError::surroundings(format!("{} cannot be written", out.display())).because(error)
    };
    let path = std::path::absolute(out).map_err(failed)?;
    write_for_others(&path, text.as_bytes()).map_err(failed)?;
    anstream::println!("{}", out.display());
    let file = shell_word(&out.display().to_string());
    anstream::eprintln!(
        "Give this file to your learners: they need no network.\n\
         They type:        groundschool learn --class {file}\n\
         and at the end:   groundschool hand-in --class {file}\n\
         You then type:    groundschool grade FOLDER --class {file}"
    );
    if let Some(roster) = &roster {
        anstream::eprintln!(
            "{} people are in the roster. The file holds no names: only marks by which a slip in an id is noticed.",
            roster.people.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What by default a class with this roster asks for: what the roster knows people by.
fn asks_of(roster: Option<&Roster>) -> Vec<Asks> {
    let people = || roster.into_iter().flat_map(|roster| &roster.people);
    if people().any(|one| !(one.id.is_empty() && one.login.is_empty())) {
        vec![Asks::Name, Asks::Id]
    } else if people().any(|one| !one.email.is_empty()) {
        vec![Asks::Name, Asks::Email]
    } else {
        vec![Asks::Name]
    }
}

impl From<Ask> for Asks {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Name => Self::Name,
            Ask::Id => Self::Id,
            Ask::Email => Self::Email,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::table::Table;

    #[test]
    fn a_class_asks_for_what_its_roster_knows_people_by() {
        let of = |text: &str| {
            let table = Table::read(text.into()).unwrap();
            asks_of(Some(&Roster::of(&table, None)))
        };
        assert_eq!(of("Name,Student ID\nAda,7\n"), [Asks::Name, Asks::Id]);
        assert_eq!(
            of("Name,Email\nAda,ada@example.org\n"),
            [Asks::Name, Asks::Email]
        );
        assert_eq!(of("Name\nAda\n"), [Asks::Name]);
        assert_eq!(asks_of(None), [Asks::Name]);
    }
}

//! `groundschool dev check`: proves every lesson in fresh labs, with the real ssh.
//!
//! As shipped no step passes; the solution passes every step; each mistake is recognised as itself; all of it on every stage that
//! works here. The stand-in plays the part of `aws`: it speaks to the same endpoint, and a proof of two hundred labs is a matter of
//! seconds. All faults are listed in one run, with file and line.

mod on_aws;
mod progress;
mod proof;
mod reading;
mod seen;
mod stages;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::arguments::{StageChoice, WorldChoice};
use crate::cli::dev_check::progress::Progress;
use crate::cli::dev_check::proof::{Claim, Unproved, prove};
use crate::cli::dev_check::seen::Seen;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::course::catalogue;
use crate::course::lesson::{Lesson, World};
use crate::course::shape;
use crate::course::start::Riddles;
use crate::lab::key_pool::KeyPool;
use crate::lab::lesson_folder::{self, FolderError};
use crate::lab::stage::Choice;

/// Labs that are open at once.
const AT_ONCE: usize = 12;

/// Seeds that are looked at for the draws to prove.
const SEEDS: u64 = 200;

/// Seeds whose draws have every fault of every pool in one of them or another; one seed where nothing is drawn.
fn draws(riddles: Option<&Riddles>) -> Vec<u64> {
    let Some(riddles) = riddles else {
        return vec![0];
    };
    let mut met = BTreeSet::new();
    let brings_news = |seed: &u64| {
        let faults = riddles.draw(*seed).into_iter().map(|(_, fault)| fault);
        let before = met.len();
        met.extend(faults);
        met.len() > before
    };
    (0..SEEDS).filter(brings_news).collect()
}

/// Proves, prints every fault, and ends with the count.
pub fn run(
    only: Option<&str>,
    course: Option<&Path>,
    stage: Option<StageChoice>,
    on: WorldChoice,
) -> Result<ExitCode, CliError> {
    lab_options::require_ssh()?;
    let world = World::from(on);
    let (lessons, mut faults) = meant(only, course, world)?;
    let (stages, mut left_out) = match world {
        World::Simulator => stages::asked_for(stage)?,
        // The addresses must be there for the real ssh and for ssh-keyscan.
        World::Aws => (vec![Choice::Netns], Vec::new()),
    };
    if only.is_some_and(lesson_folder::is_path) {
        left_out.extend(lessons.iter().filter_map(of_a_shipped_name));
    }
    let claims = claims(&lessons, &mut left_out);
    let sum = counted(&claims);
    faults.extend(unproved(claims, &stages, world));
    for fault in &faults {
        // What was printed stands below a fault.
        let end = if fault.contains('\n') { "\n" } else { "" };
        anstream::println!("{fault}{end}");
    }
    for line in left_out {
        anstream::println!("{line}");
    }
    let faulty = of(faults.len(), "fault");
    if sum.is_empty() {
        anstream::println!("\n{faulty}; nothing is proved before they are mended");
    } else {
        let stages = stages::named(&stages);
        anstream::println!(
            "{}, {sum} ({stages}); {faulty}",
            of(lessons.len(), "lesson")
        );
    }
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}

/// A remark on somebody's own lesson that `learn` would not take.
fn of_a_shipped_name(lesson: &Lesson) -> Option<String> {
    let is_shipped = catalogue::folders()
        .iter()
        .any(|(slug, _)| *slug == lesson.slug);
    is_shipped.then(|| {
        format!(
            "{} is the name of a lesson of the course: `learn` takes a folder of your own only under another name",
            lesson.slug
        )
    })
}

fn of(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// The lessons that are meant and can be proved in this world; and what is wrong with those that are meant, a line each.
fn meant(
    only: Option<&str>,
    course: Option<&Path>,
    world: World,
) -> Result<(Vec<Lesson>, Vec<String>), CliError> {
    let (mut lessons, mut faults) = (Vec::new(), Vec::new());
    let mut elsewhere = Vec::new();
    for (name, read) in candidates(only, course)? {
        let is_meant = only.is_none_or(|only| lesson_folder::is_path(only) || name.contains(only));
        if !is_meant {
            continue;
        }
        match read {
            Ok(lesson) => {
                faults.extend(lesson.remarks.iter().map(ToString::to_string));
                let read = reading::faults(&lesson);
                let is_whole = read.is_empty();
                faults.extend(read);
                if lesson.worlds.contains(&world) && is_whole {
                    lessons.push(lesson);
                } else {
                    elsewhere.push(lesson.slug);
                }
            }
            Err(FolderError::Lesson(error)) => {
                faults.extend(error.faults.iter().map(ToString::to_string));
            }
            Err(error) => {
                return Err(CliError::usage(error.to_string())
                    .hint("groundschool dev new lesson NAME makes a folder that explains itself"));
            }
        }
    }
    if !lessons.is_empty() || !faults.is_empty() {
        return Ok((lessons, faults));
    }
    let name = world.name();
    Err(match only {
        Some(only) if elsewhere.is_empty() => {
            let error = CliError::usage(format!("no lesson's name contains {only}"));
            if Path::new(only).is_dir() {
                error.hint(format!("a lesson in a folder of yours is named by its path: ./{only}"))
            } else {
                error.hint("groundschool lessons shows their names")
            }
        }
        Some(_) | None => CliError::usage(format!(
            "no lesson there can be taken on {name}: {}",
            elsewhere.join(", ")
        ))
        .hint(format!(
            "a lesson says where it can be taken: worlds = [\"simulator\", \"{name}\"] in its lesson.toml"
        )),
    })
}

/// A lesson, and something to prove of it.
type Task<'a> = (&'a Lesson, Claim);

/// Everything to prove; those that wait for a real minute go first, so that the others are proved meanwhile. A lesson that needs a
/// program that is missing is left out, with a line.
fn claims<'a>(lessons: &'a [Lesson], left_out: &mut Vec<String>) -> VecDeque<Task<'a>> {
    let mut claims = Vec::new();
    for lesson in lessons {
        let mut programs = lesson.programs.iter();
        if let Some(name) = programs.find(|name| lab_options::program(name).is_none()) {
            left_out.push(format!(
                "{} is not proved here: the program {name} is missing",
                lesson.slug
            ));
            continue;
        }
        claims.push((lesson, Claim::AsShipped));
        let draws = draws(lesson.start.riddles.as_ref()).into_iter();
        claims.extend(draws.map(|seed| (lesson, Claim::Solution(seed))));
        let mistakes = lesson.mistakes.iter().cloned();
        claims.extend(mistakes.map(|script| (lesson, Claim::Mistake(script))));
    }
    let waits = |claim: &Claim| matches!(claim, Claim::Mistake(script) if script.real_pace);
    claims.sort_by_key(|(_, claim)| !waits(claim));
    claims.into()
}

/// How many claims of which kind; empty when there are none.
fn counted(claims: &VecDeque<Task<'_>>) -> String {
    let (mut shipped, mut solutions, mut mistakes) = (0, 0, 0);
    for (_, claim) in claims {
        match claim {
            Claim::AsShipped => shipped += 1,
            Claim::Solution(_) => solutions += 1,
            Claim::Mistake(_) => mistakes += 1,
        }
    }
    if claims.is_empty() {
        return String::new();
    }
    format!(
        "{}: {}, {}, {}",
        of(claims.len(), "claim"),
        of(shipped, "unsolved start"),
        of(solutions, "solution"),
        of(mistakes, "mistake")
    )
}

/// Proves all of them, several at once; says what does not hold.
fn unproved(claims: VecDeque<Task<'_>>, stages: &[Choice], world: World) -> Vec<String> {
    let keys = Arc::new(KeyPool::new(AT_ONCE, 2));
    let progress = Progress::of(claims.len());
    let claims = Mutex::new(claims);
    let seen: Mutex<BTreeMap<&str, Seen<'_>>> = Mutex::default();
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                // The lock must not be held while a claim is proved, as it is for the whole of a `while let` that takes it.
                let next = || {
                    let mut claims = claims.lock().unwrap_or_else(PoisonError::into_inner);
                    claims.pop_front()
                };
                while let Some((lesson, claim)) = next() {
                    let mut unmet = BTreeSet::new();
                    let proof = stages.iter().try_for_each(|stage| {
                        prove(lesson, &claim, &keys, *stage, world, &mut unmet).map_err(|fault| {
                            Unproved {
                                says: stages::on(*stage, &fault.says),
                                ..fault
                            }
                        })
                    });
                    progress.proved();
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    let seen = seen.entry(&lesson.slug).or_insert_with(|| Seen::of(lesson));
                    seen.add(&claim, unmet, proof);
                }
            });
        }
    });
    progress.end();
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.into_values()
        .flat_map(|seen| seen.faults(world))
        .collect()
}

/// A lesson's name, and what reading it came to.
type Candidate = (String, Result<Lesson, FolderError>);

/// The lesson at a path, those of a folder, or those that are shipped.
fn candidates(only: Option<&str>, course: Option<&Path>) -> Result<Vec<Candidate>, CliError> {
    let at = |path: &Path| (lesson_folder::name_of(path), lesson_folder::read(path));
    if let Some(path) = only.filter(|only| lesson_folder::is_path(only)) {
        return Ok(vec![at(Path::new(path))]);
    }
    if let Some(folder) = course {
        let paths = lesson_folder::course(folder);
        let paths = paths.map_err(|error| CliError::usage(error.to_string()))?;
        return Ok(paths.iter().map(|path| at(path)).collect());
    }
    let shipped = catalogue::folders().into_iter();
    Ok(shipped
        .map(|(slug, files)| {
            let read = shape::read(slug, &files).map_err(FolderError::from);
            (slug.to_owned(), read)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_that_are_proved_have_every_fault_of_every_pool() {
        for lesson in catalogue::lessons().unwrap() {
            let Some(riddles) = &lesson.start.riddles else {
                continue;
            };
            let drawn: BTreeSet<_> = draws(Some(riddles))
                .into_iter()
                .flat_map(|seed| riddles.draw(seed))
                .map(|(_, fault)| fault)
                .collect();
            let all: BTreeSet<_> = riddles.pools.iter().flatten().copied().collect();
            assert_eq!(drawn, all, "{}: more draws are wanted", lesson.slug);
        }
    }

    #[test]
    fn hardly_two_learners_have_the_same_riddles() {
        let lessons = catalogue::lessons().unwrap();
        for riddles in lessons
            .iter()
            .filter_map(|lesson| lesson.start.riddles.as_ref())
        {
            let draws: BTreeSet<_> = (0..1000).map(|seed| riddles.draw(seed)).collect();
            assert!(draws.len() > 900, "{} of 1000", draws.len());
        }
    }
}

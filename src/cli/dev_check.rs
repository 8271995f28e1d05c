//! `groundschool dev check`: proves every lesson in fresh labs, with the real ssh.
//!
//! As shipped no step passes; the solution passes every step; each mistake is recognised as itself. The stand-in plays the
//! part of `aws`: it speaks to the same endpoint, and a proof of thirty labs is a matter of seconds. All faults are listed
//! in one run, with file and line.

mod on_aws;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::arguments::{StageChoice, WorldChoice};
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::cloud::Pace;
use crate::course::catalogue;
use crate::course::lesson::{Lesson, MistakeScript, World};
use crate::course::shape;
use crate::course::verdict::{Verdict, Word};
use crate::lab::engine::{Engine, Options};
use crate::lab::key_pool::KeyPool;
use crate::lab::play::{Audience, Place, mistake, play, solution};
use crate::lab::stage::Choice;
use crate::lab::voice::Voice;

/// Labs that are open at once.
const AT_ONCE: usize = 4;

/// One thing to prove.
enum Claim {
    AsShipped,
    Solution,
    Mistake(MistakeScript),
}

/// Proves, prints every fault, and ends with the count.
pub fn run(only: Option<&str>, stage: StageChoice, on: WorldChoice) -> Result<ExitCode, CliError> {
    lab_options::require_ssh()?;
    let (stage, world) = match on {
        WorldChoice::Simulator => (Choice::from(stage), World::Simulator),
        // The addresses must be there for the real ssh and for ssh-keyscan.
        WorldChoice::Aws => (Choice::Netns, World::Aws),
    };
    let mut faults = Vec::new();
    let mut lessons = Vec::new();
    for (slug, files) in catalogue::folders() {
        if only.is_some_and(|only| !slug.contains(only)) {
            continue;
        }
        match shape::read(slug, &files) {
            Ok(lesson) => {
                faults.extend(unmet(&lesson));
                if lesson.worlds.contains(&world) {
                    lessons.push(lesson);
                }
            }
            Err(error) => faults.push(error.to_string()),
        }
    }
    if lessons.is_empty() && faults.is_empty() {
        return Err(CliError::usage(format!(
            "no lesson's name contains {}",
            only.unwrap_or_default()
        )));
    }
    let mut claims = VecDeque::new();
    for lesson in &lessons {
        claims.push_back((lesson, Claim::AsShipped));
        claims.push_back((lesson, Claim::Solution));
        claims.extend(
            lesson
                .mistakes
                .iter()
                .map(|script| (lesson, Claim::Mistake(script.clone()))),
        );
    }
    let proved = claims.len();
    let keys = Arc::new(KeyPool::new(AT_ONCE, 2));
    let (claims, found) = (Mutex::new(claims), Mutex::new(faults));
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while let Some((lesson, claim)) = claims
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front()
                {
                    if let Err(fault) = prove(lesson, &claim, &keys, stage, world) {
                        found
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(fault);
                    }
                }
            });
        }
    });
    let mut faults = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    faults.sort();
    for fault in &faults {
        anstream::println!("{fault}\n");
    }
    anstream::println!(
        "{} lessons, {proved} claims, {} faults",
        lessons.len(),
        faults.len()
    );
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}

/// Steps that cannot be graded in one of the lesson's worlds.
fn unmet(lesson: &Lesson) -> Vec<String> {
    let unmet = lesson.unmet_needs().into_iter();
    let faults = unmet.map(|(step, world, need)| {
        format!(
            "lessons/{}/lesson.toml:1: step `{step}` cannot be graded in the world `{}`: nobody there can tell {need:?}; leave \
             that world out of `worlds`, or the check",
            lesson.slug,
            world.name()
        )
    });
    faults.collect()
}

fn prove(
    lesson: &Lesson,
    claim: &Claim,
    keys: &Arc<KeyPool>,
    stage: Choice,
    world: World,
) -> Result<(), String> {
    let folder = tempfile::tempdir()
        .map_err(|error| format!("a folder for a lab cannot be made: {error}"))?;
    let real = matches!(claim, Claim::Mistake(script) if script.real_pace);
    let engine = Engine::open(Options {
        root: folder.path().join("lab"),
        home: None,
        lesson: lesson.clone(),
        pace: if real { Pace::Real } else { Pace::Instant },
        voice: Voice::new(false),
        keys: Arc::clone(keys),
        stand_in: true,
        stage,
    })
    .map_err(|error| format!("a lab cannot be opened: {error}"))?;
    if world == World::Aws {
        return on_aws::prove(lesson, claim, &engine, folder.path());
    }
    let place_of = Place::from(&engine);
    let place = |file: &str| format!("lessons/{}/{file}:1:", lesson.slug);
    match claim {
        Claim::AsShipped => {
            let passed: Vec<String> = engine
                .coach()
                .grade()
                .steps
                .into_iter()
                .filter(|step| step.verdict == Word::Passed)
                .map(|step| step.id)
                .collect();
            if passed.is_empty() {
                Ok(())
            } else {
                Err(format!(
                    "{} passed before anything was done: {}",
                    place("lesson.toml"),
                    passed.join(", ")
                ))
            }
        }
        Claim::Solution => {
            let played = played(&place_of, &solution(&place_of, lesson, None, false))?;
            let report = engine.coach().grade();
            let failed: Vec<String> = report
                .steps
                .iter()
                .filter(|step| step.verdict != Word::Passed)
                .map(|step| format!("  {}: {}", step.id, step.found))
                .collect();
            if failed.is_empty() {
                Ok(())
            } else {
                Err(format!(
                    "{} does not pass\n{}\n{played}",
                    place("solution.sh"),
                    failed.join("\n")
                ))
            }
        }
        Claim::Mistake(script) => {
            let played = played(&place_of, &mistake(&place_of, lesson, script))?;
            let judgement = engine.coach().look();
            let name = script.mistake.name();
            let file = place(&format!("mistakes/{name}.sh"));
            let Some(current) = judgement.current() else {
                return Err(format!("{file} every step is passed\n{played}"));
            };
            let met = match &current.verdict {
                Verdict::NotYet {
                    mistake: Some(recognised),
                    ..
                } => recognised.mistake.name().to_owned(),
                other @ (Verdict::NotYet { .. }
                | Verdict::Passed { .. }
                | Verdict::CouldNotTell { .. }) => {
                    format!("nothing ({other:?})")
                }
            };
            if met == name {
                Ok(())
            } else {
                Err(format!(
                    "{file} not recognised at step {}: {met}\n{played}",
                    current.id
                ))
            }
        }
    }
}

/// What was printed, indented.
fn played(place: &Place<'_>, script: &str) -> Result<String, String> {
    let played = play(place, script, Audience::Nobody)
        .map_err(|error| format!("bash cannot be started: {error}"))?;
    let lines: Vec<String> = played
        .printed
        .lines()
        .map(|line| format!("  | {line}"))
        .collect();
    Ok(lines.join("\n"))
}

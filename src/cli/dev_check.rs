//! `groundschool dev check`: proves every lesson in fresh labs, with the real ssh.
//!
//! As shipped no step passes; the solution passes every step; each mistake is recognised as itself; all of it on every stage that
//! works here. The stand-in plays the part of `aws`: it speaks to the same endpoint, and a proof of two hundred labs is a matter of
//! seconds. All faults are listed in one run, with file and line.

mod on_aws;
mod stages;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::classroom::export;
use crate::classroom::hand_in::HandIn;
use crate::classroom::learner::Learner;
use crate::classroom::regrade::regrade;
use crate::classroom::sheet::Sheet;
use crate::cli::arguments::{StageChoice, WorldChoice};
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::cloud::Pace;
use crate::course::catalogue;
use crate::course::judge::Report;
use crate::course::lesson::{Lesson, MistakeScript, World};
use crate::course::shape;
use crate::course::start::Riddles;
use crate::course::verdict::{Verdict, Word};
use crate::lab::engine::{Engine, Options};
use crate::lab::journal::now;
use crate::lab::key_pool::KeyPool;
use crate::lab::lesson_folder::{self, FolderError};
use crate::lab::play::{Audience, Place, mistake, play, solution};
use crate::lab::stage::Choice;
use crate::lab::voice::Voice;

/// Labs that are open at once.
const AT_ONCE: usize = 6;

/// One thing to prove.
enum Claim {
    AsShipped,
    /// With this seed, where something is drawn.
    Solution(u64),
    Mistake(MistakeScript),
}

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
    let mut faults = Vec::new();
    let mut lessons = Vec::new();
    for (name, read) in candidates(only, course)? {
        let is_meant = only.is_none_or(|only| lesson_folder::is_path(only) || name.contains(only));
        if !is_meant {
            continue;
        }
        match read {
            Ok(lesson) => {
                faults.extend(lesson.remarks.iter().map(ToString::to_string));
                faults.extend(unmet(&lesson));
                if lesson.worlds.contains(&world) {
                    lessons.push(lesson);
                }
            }
            Err(FolderError::Lesson(error)) => faults.push(error.to_string()),
            Err(error) => {
                return Err(CliError::usage(error.to_string())
                    .hint("groundschool dev new lesson NAME makes a folder that explains itself"));
            }
        }
    }
    if lessons.is_empty() && faults.is_empty() {
        let text = match only {
            Some(only) if !lesson_folder::is_path(only) => {
                format!("no lesson's name contains {only}")
            }
            Some(_) | None => format!("nothing there is for the world {}", world.name()),
        };
        return Err(CliError::usage(text));
    }
    let mut claims = VecDeque::new();
    let (stages, mut left_out) = match world {
        World::Simulator => stages::asked_for(stage)?,
        // The addresses must be there for the real ssh and for ssh-keyscan.
        World::Aws => (vec![Choice::Netns], Vec::new()),
    };
    for lesson in &lessons {
        let missing = lesson
            .programs
            .iter()
            .find(|name| lab_options::program(name).is_none());
        if let Some(name) = missing {
            left_out.push(format!(
                "{} is not proved here: the program {name} is missing",
                lesson.slug
            ));
            continue;
        }
        claims.push_back((lesson, Claim::AsShipped));
        let draws = draws(lesson.start.riddles.as_ref());
        claims.extend(
            draws
                .into_iter()
                .map(|seed| (lesson, Claim::Solution(seed))),
        );
        claims.extend(
            lesson
                .mistakes
                .iter()
                .map(|script| (lesson, Claim::Mistake(script.clone()))),
        );
    }
    // Those that wait for a real minute go first, so that the others are proved meanwhile.
    let waits = |claim: &Claim| matches!(claim, Claim::Mistake(script) if script.real_pace);
    claims
        .make_contiguous()
        .sort_by_key(|(_, claim)| !waits(claim));
    let proved = claims.len();
    let keys = Arc::new(KeyPool::new(AT_ONCE, 2));
    let (claims, found) = (Mutex::new(claims), Mutex::new(faults));
    let seen: Mutex<BTreeMap<String, Seen>> = Mutex::default();
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
                        prove(lesson, &claim, &keys, *stage, world, &mut unmet)
                            .map_err(|fault| stages::on(*stage, &fault))
                    });
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    let seen = seen.entry(lesson.slug.clone()).or_default();
                    seen.unmet.extend(unmet);
                    if let Err(fault) = proof {
                        seen.is_faulty = true;
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
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    match world {
        World::Simulator => faults.extend(lessons.iter().flat_map(|lesson| {
            let seen = seen.get(&lesson.slug);
            seen.map(|seen| never_failed(lesson, seen))
                .unwrap_or_default()
        })),
        // What is seen there has less to fail by; the simulator has shown it.
        World::Aws => {}
    }
    faults.sort();
    for fault in &faults {
        anstream::println!("{fault}\n");
    }
    for line in left_out {
        anstream::println!("{line}");
    }
    let of = |number: usize, noun: &str| match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    };
    let sum = [
        of(lessons.len(), "lesson"),
        of(proved, "claim"),
        of(faults.len(), "fault"),
    ];
    anstream::println!("{} ({})", sum.join(", "), stages::named(&stages));
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
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

/// What the proofs of a lesson have seen of its checks.
#[derive(Default)]
struct Seen {
    /// Checks that were not met while their step was the current one: the step, and the check's place.
    unmet: BTreeSet<(String, usize)>,
    /// Something is not proved, so that steps may not have been reached.
    is_faulty: bool,
}

/// Checks that nobody was ever held up by, in the solution and after each mistake; and marks that are wrong about it.
fn never_failed(lesson: &Lesson, seen: &Seen) -> Vec<String> {
    if seen.is_faulty {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for step in &lesson.steps {
        for (place, check) in step.checks.iter().enumerate() {
            let failed = seen.unmet.contains(&(step.id.clone(), place));
            let why = match (failed, step.still.contains(&place)) {
                (true, false) | (false, true) => continue,
                (false, false) => format!(
                    "no wrong case can fail it: it was met whenever somebody was at this step, in the solution and after each \
                     mistake. Leave it out; or add mistakes/NAME.sh with `# at: {}` in which it is not met; or write \
                     `still = true` below its expect if it guards what an earlier step has reached",
                    step.id
                ),
                (true, true) => "it says `still = true`, and was not met at this step: take the mark away, or see that the step \
                                 begins with it met"
                    .to_owned(),
            };
            faults.push(format!(
                "lessons/{}/lesson.toml:1: step `{}`, check {} ({}): {why}",
                lesson.slug,
                step.id,
                place + 1,
                check.name()
            ));
        }
    }
    faults
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
    unmet: &mut BTreeSet<(String, usize)>,
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
        seed: Some(if let Claim::Solution(seed) = claim {
            *seed
        } else {
            0
        }),
    })
    .map_err(|error| format!("a lab cannot be opened: {error}"))?;
    if world == World::Aws {
        return on_aws::prove(lesson, claim, &engine, folder.path());
    }
    engine.coach().note_unmet();
    let proof = in_the_simulator(lesson, claim, &engine);
    unmet.extend(engine.coach().unmet());
    proof
}

fn in_the_simulator(lesson: &Lesson, claim: &Claim, engine: &Engine) -> Result<(), String> {
    let place_of = Place::from(engine);
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
        Claim::Solution(_) => {
            let played = played(&place_of, &solution(&place_of, lesson, None, false))?;
            let failed = not_passed(&engine.coach().grade());
            if failed.is_empty() {
                graded_again(engine).map_err(|why| {
                    format!(
                        "{} would be handed in with less: {why}",
                        place("solution.sh")
                    )
                })
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

/// A line for each step that is not passed.
fn not_passed(report: &Report) -> Vec<String> {
    report
        .steps
        .iter()
        .filter(|step| step.verdict != Word::Passed)
        .map(|step| format!("  {}: {}", step.id, step.found))
        .collect()
}

/// A teacher's `grade` must see from the evidence that is kept what the coach has seen.
fn graded_again(engine: &Engine) -> Result<(), String> {
    let part = engine.coach().part().ok_or("no evidence is kept")?;
    let hand_in = HandIn {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now(),
        learner: Learner::default(),
        class: None,
        lessons: vec![part],
    };
    let read = HandIn::read(hand_in.to_json().as_bytes()).map_err(|why| why.to_string())?;
    let lesson = std::slice::from_ref(engine.coach().lesson());
    let sheet = Sheet::new(
        vec![regrade("solution", &read, lesson, None, now())],
        vec![],
    );
    let findings = sheet
        .graded
        .iter()
        .any(|graded| !graded.findings.is_empty());
    if sheet.is_passed() && !findings {
        Ok(())
    } else {
        Err(export::text(&sheet))
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

//! The proof of one claim, in a lab of its own.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use crate::classroom::export;
use crate::classroom::hand_in::HandIn;
use crate::classroom::learner::Learner;
use crate::classroom::regrade::regrade;
use crate::classroom::sheet::Sheet;
use crate::cli::dev_check::on_aws;
use crate::cloud::Pace;
use crate::course::judge::Report;
use crate::course::lesson::{Lesson, MistakeScript, World};
use crate::course::verdict::{Verdict, Word};
use crate::lab::engine::{Engine, Options};
use crate::lab::journal::now;
use crate::lab::key_pool::KeyPool;
use crate::lab::play::{Audience, Place, mistake, play, solution};
use crate::lab::stage::Choice;
use crate::lab::voice::Voice;

/// Of what a script has printed so many lines are shown, the last.
const LINES: usize = 30;

/// One thing to prove.
pub(super) enum Claim {
    /// No step passes before anything is done.
    AsShipped,
    /// The solution passes every step. With this seed, where something is drawn.
    Solution(u64),
    /// The mistake is recognised as itself.
    Mistake(MistakeScript),
}

/// What a claim came to that does not hold.
#[derive(Debug)]
pub(super) struct Unproved {
    /// For the author: file, line, what is wrong, and what was printed.
    pub says: String,
    /// The solution comes no further than this step: its place from 0.
    pub stuck: Option<usize>,
}

impl From<String> for Unproved {
    fn from(says: String) -> Self {
        Self { says, stuck: None }
    }
}

/// Proves it. What was seen not to be met on the way is added to `unmet`: the step, and the check's place.
pub(super) fn prove(
    lesson: &Lesson,
    claim: &Claim,
    keys: &Arc<KeyPool>,
    stage: Choice,
    world: World,
    unmet: &mut BTreeSet<(String, usize)>,
) -> Result<(), Unproved> {
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

fn in_the_simulator(lesson: &Lesson, claim: &Claim, engine: &Engine) -> Result<(), Unproved> {
    let place_of = Place::from(engine);
    let place = |file: &str| format!("{}/{file}:1:", lesson.folder);
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
                let says = format!(
                    "{} passed before anything was done: {}",
                    place("lesson.toml"),
                    passed.join(", ")
                );
                Err(says.into())
            }
        }
        Claim::Solution(_) => {
            let played = played(&place_of, &solution(&place_of, lesson, None, false))?;
            let report = engine.coach().grade();
            if report.is_passed() {
                return graded_again(engine).map_err(|why| {
                    format!(
                        "{} would be handed in with less: {why}",
                        place("solution.sh")
                    )
                    .into()
                });
            }
            Err(unsolved("", lesson, &report, &played))
        }
        Claim::Mistake(script) => {
            let played = played(&place_of, &mistake(&place_of, lesson, script))?;
            let judgement = engine.coach().look();
            let name = script.mistake.name();
            let file = place(&format!("mistakes/{name}.sh"));
            let Some(current) = judgement.current() else {
                let says = format!("{file} every step is passed after it\n{}", played.text);
                return Err(says.into());
            };
            if current.verdict.mistake().map(|met| met.mistake) == Some(script.mistake) {
                return Ok(());
            }
            let says = format!(
                "{file} at step `{}` {}\n{}",
                current.id,
                instead(&current.verdict),
                played.text
            );
            Err(says.into())
        }
    }
}

/// What was recognised in place of a mistake, in words.
pub(super) fn instead(verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotYet {
            mistake: Some(recognised),
            ..
        } => format!("it is taken for `{}`", recognised.mistake.name()),
        Verdict::NotYet {
            wanted,
            found,
            mistake: None,
        } => format!("no mistake is recognised. The coach says: {found} Awaited: {wanted}"),
        Verdict::CouldNotTell { why } => format!("the coach cannot tell: {why}"),
        Verdict::Passed { saw } => format!("the step is passed: {saw}"),
    }
}

/// A solution that does not pass: which steps, why, and whether its script came to its end.
/// `on` names the world, if it is not the usual one.
pub(super) fn unsolved(on: &str, lesson: &Lesson, report: &Report, played: &Played) -> Unproved {
    let stuck = report
        .steps
        .iter()
        .position(|step| step.verdict != Word::Passed);
    let step = stuck.and_then(|at| lesson.steps.get(at));
    let line = step
        .and_then(|step| lesson.solution.iter().find(|part| part.step == step.id))
        .map_or(1, |part| part.line);
    let mut says = format!("{}/solution.sh:{line}:{on} does not pass", lesson.folder);
    for step in &report.steps {
        if step.verdict != Word::Passed {
            let _ = write!(says, "\n  {}: {}", step.id, step.found);
        }
    }
    let asks = step.and_then(|step| step.questions.first());
    if let Some(question) = asks {
        let _ = write!(
            says,
            "\n  A question is answered in the solution too: `lab answer {}`",
            question.answer
        );
    }
    if played.status != 0 {
        let _ = write!(
            says,
            "\n  solution.sh ended at a command that failed, with status {}: what stands below it was not run",
            played.status
        );
    }
    let _ = write!(says, "\n{}", played.text);
    Unproved { says, stuck }
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

/// What a script came to.
pub(super) struct Played {
    /// bash's exit status.
    pub status: i32,
    /// What was printed, indented.
    pub text: String,
}

/// Plays a script; nobody sees what it prints.
pub(super) fn played(place: &Place<'_>, script: &str) -> Result<Played, String> {
    let played = play(place, script, Audience::Nobody)
        .map_err(|error| format!("bash cannot be started: {error}"))?;
    let lines: Vec<&str> = played.printed.lines().collect();
    let earlier = lines.len().saturating_sub(LINES);
    let mut text = String::new();
    if earlier > 0 {
        let _ = writeln!(text, "  | (... {earlier} lines before these)");
    }
    for line in lines.iter().skip(earlier) {
        let _ = writeln!(text, "  | {line}");
    }
    Ok(Played {
        status: played.status,
        text: text.trim_end().to_owned(),
    })
}

//! `groundschool demo`: plays a lesson's solution in a lab of its own, step by step, and grades it.

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::arguments::Demo;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options::{self, AwsCli};
use crate::lab::engine::{Engine, Options};
use crate::lab::key_pool::KeyPool;
use crate::lab::play::{Audience, Place, play, solution};
use crate::lab::workspace::Layout;

/// Plays; success only when every step passed.
pub fn run(options: &Demo) -> Result<ExitCode, CliError> {
    lab_options::require_ssh()?;
    let (lesson, _) = lab_options::lesson_of(&options.course, options.lesson.as_deref(), None)?;
    let folder = tempfile::tempdir().map_err(|error| {
        CliError::surroundings("a folder for the demo cannot be made").because(error)
    })?;
    let root = folder.path().join("lab");
    crate::lab::quiet::quiet_panics(Some(Layout::new(root.clone()).panics()));
    let engine = Engine::open(Options {
        root,
        home: None,
        lesson,
        pace: options.running.pace.into(),
        voice: lab_options::voice(false),
        keys: Arc::new(KeyPool::new(1, 1)),
        stand_in: AwsCli::find().needs_stand_in(),
        stage: options.running.stage.into(),
        seed: None,
    })
    .map_err(lab_options::engine_error)?;
    let lesson = engine.coach().lesson();
    anstream::println!(
        "{}: the solution, played in a lab of its own.",
        lesson.title
    );
    let played = play(
        &Place::from(&engine),
        &solution(&Place::from(&engine), lesson, None, true),
        Audience::Terminal,
    )
    .map_err(|error| CliError::surroundings("bash cannot be started").because(error))?;
    let report = engine.coach().grade();
    if report.is_passed() {
        anstream::println!("\nEvery step passed.");
        return Ok(ExitCode::SUCCESS);
    }
    anstream::println!(
        "\nNot every step passed (bash ended with {}):",
        played.status
    );
    for step in report.steps {
        anstream::println!("  {}: {}", step.id, step.found);
    }
    Ok(Exit::NotYet.into())
}

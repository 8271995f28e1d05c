//! `groundschool replay`: what was done in the lab, as text, without secrets; changes nothing.

use std::process::ExitCode;

use crate::cli::arguments::Place;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::course::replay::replay;
use crate::lab::journal::Journal;
use crate::lab::records;
use crate::lab::workspace::Layout;

/// Prints the session.
pub fn run(place: &Place) -> Result<ExitCode, CliError> {
    let root = lab_options::here(place)?;
    let layout = Layout::new(root.clone());
    let exam = records::joined(&layout).ok().flatten();
    if exam.is_some_and(|joined| !joined.class.has_hints()) {
        return Err(CliError::usage("this lab is an exam's: replay is off")
            .because("it shows what the other side saw"));
    }
    let path = layout.journal();
    if !path.is_file() {
        return Err(lab_options::no_lab(&root));
    }
    let journal =
        Journal::look(&path).map_err(|error| CliError::surroundings(error.to_string()))?;
    let text = replay(&journal.since(0), |at| {
        jiff::Timestamp::from_millisecond(at).map_or_else(
            |_| "--:--:--".to_owned(),
            |at| at.strftime("%H:%M:%S").to_string(),
        )
    });
    anstream::print!("{text}");
    Ok(ExitCode::SUCCESS)
}

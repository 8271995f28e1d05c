//! `groundschool grade`: grades the lab as it is now, whether it is open or not, and changes nothing.

use std::process::ExitCode;

use crate::cli::arguments::{Format, Grade};
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::course::verdict::Word;
use crate::lab::engine;
use crate::lab::workspace::Layout;

/// Prints the report; success when every step is passed.
pub fn run(options: &Grade) -> Result<ExitCode, CliError> {
    let root = lab_options::root(&options.place)?;
    let lesson = lab_options::lesson(None, Some(&Layout::new(root.clone())))?;
    let coach = engine::look(&root, lab_options::home(), lesson).map_err(lab_options::engine_error)?;
    let coach = coach.ok_or_else(|| {
        CliError::surroundings(format!("there is no lab in {}", root.display()))
            .hint("`groundschool learn` makes one; --lab DIR names another folder")
    })?;
    let report = coach.grade();
    match options.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&report)
                .map_err(|error| CliError::bug("the report cannot be written").because(error))?;
            anstream::println!("{json}");
        }
        Format::Text => {
            anstream::println!("{}", coach.lesson().title);
            for step in &report.steps {
                let word = match step.verdict {
                    Word::Passed => "passed",
                    Word::NotYet => "not yet",
                    Word::CouldNotTell => "could not tell",
                };
                anstream::println!("[{word}] {}: {}", step.id, step.found);
            }
        }
    }
    Ok(if report.is_passed() { ExitCode::SUCCESS } else { Exit::NotYet.into() })
}

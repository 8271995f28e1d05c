//! `groundschool grade`: grades the lab as it is now, whether it is open or not, and changes nothing; or the files that
//! learners handed in.

use std::process::ExitCode;

use crate::classroom::export;
use crate::classroom::learner::Learner;
use crate::classroom::regrade::{Graded, of_report};
use crate::classroom::sheet::Sheet;
use crate::cli::arguments::{Format, Grade};
use crate::cli::error::CliError;
use crate::cli::{grade_files, lab_options};
use crate::course::judge::Report;
use crate::course::verdict::Word;
use crate::lab::coach::Coach;
use crate::lab::engine;
use crate::lab::journal::timestamp;
use crate::lab::workspace::Layout;

/// Prints the report; success when every step is passed (of the form for Classroom 50: when it is written).
pub fn run(options: &Grade) -> Result<ExitCode, CliError> {
    if options.schema {
        return grade_files::deliver(options, &export::schema());
    }
    if !options.files.is_empty() {
        return grade_files::run(options);
    }
    let root = lab_options::root(&options.place)?;
    let lesson = lab_options::lesson(None, Some(&Layout::new(root.clone())))?;
    let coach =
        engine::look(&root, lab_options::home(), lesson).map_err(lab_options::engine_error)?;
    let coach = coach.ok_or_else(|| lab_options::no_lab(&root))?;
    let report = coach.grade();
    grade_files::deliver(options, &written(options.format, &coach, &report)?)?;
    Ok(grade_files::exit(options.format, report.is_passed()))
}

fn written(format: Format, coach: &Coach, report: &Report) -> Result<String, CliError> {
    let sheet = || Sheet::new(vec![graded(coach, report)], Vec::new());
    Ok(match format {
        Format::Json => {
            let json = serde_json::to_string_pretty(report)
                .map_err(|error| CliError::bug("the report cannot be written").because(error))?;
            json + "\n"
        }
        Format::Text => {
            let mut text = format!("{}\n", coach.lesson().title);
            for step in &report.steps {
                let word = match step.verdict {
                    Word::Passed => "passed",
                    Word::NotYet => "not yet",
                    Word::CouldNotTell => "could not tell",
                };
                text = format!("{text}[{word}] {}: {}\n", step.id, step.found);
            }
            text
        }
        Format::Junit => export::junit(&sheet()),
        Format::Csv => export::csv(&export::People::of(&sheet(), None)),
        Format::Gradescope => export::gradescope(&graded(coach, report)),
        Format::Classroom50 => export::classroom50(
            &graded(coach, report),
            &grade_files::submission(),
            timestamp(),
        ),
        Format::Check50 => export::check50(&graded(coach, report)),
        Format::Canvas | Format::Moodle | Format::Brightspace => {
            return Err(CliError::usage("a lab has no name to put into such a table")
                .hint("grade the files that learners handed in: groundschool grade FILE... --format ..."));
        }
    })
}

/// The lab's grade in the form of a hand-in's.
fn graded(coach: &Coach, report: &Report) -> Graded {
    let ledger = coach.ledger();
    let lesson = of_report(coach.lesson(), &coach.progress(), ledger.as_ref(), report);
    Graded {
        file: "lab".to_owned(),
        learner: Learner::default(),
        class: None,
        made_at: timestamp(),
        points: lesson.points,
        of: lesson.of,
        lessons: vec![lesson],
        findings: Vec::new(),
        marks: std::collections::BTreeSet::new(),
    }
}

//! `groundschool grade FILE...`: grades what learners handed in, and writes what a learning management system reads.

#![expect(
    clippy::disallowed_methods,
    reason = "lists folders, and reads what Classroom 50 says in the environment"
)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::classroom::export::{self, People, Submission};
use crate::classroom::fill::{FillError, fill};
use crate::classroom::hand_in::{HandIn, LARGEST, Refusal};
use crate::classroom::regrade::{Graded, belongs, regrade};
use crate::classroom::roster::{Person, Roster};
use crate::classroom::sheet::{NotGraded, Sheet};
use crate::cli::arguments::{Format, Grade};
use crate::cli::class_file;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::lab::files::write_atomically;
use crate::lab::journal::{now, timestamp};

/// How deep folders are looked into: learning management systems make one for each learner.
const DEPTH: usize = 3;
/// The most files in one grading.
const FILES: usize = 20_000;
/// What a grade is called where nobody said.
const TITLE: &str = "Ground School";
/// How many names are listed before the rest is only counted.
const LISTED: usize = 40;

/// Grades; success when every file is graded and everything is passed.
pub fn run(options: &Grade) -> Result<ExitCode, CliError> {
    let course = lab_options::course()?;
    let class = options
        .class
        .as_deref()
        .map(class_file::class)
        .transpose()?;
    let roster = options
        .roster
        .as_deref()
        .map(class_file::roster)
        .transpose()?;
    let mut graded = Vec::new();
    let mut not_graded = Vec::new();
    for path in files(&options.files)? {
        let file = path.display().to_string();
        let hand_in = read(&path).and_then(|hand_in| match &class {
            Some(class) => belongs(&hand_in, class).map(|()| hand_in),
            None => Ok(hand_in),
        });
        match hand_in {
            Ok(hand_in) => graded.push(regrade(&file, &hand_in, &course, class.as_ref(), now())),
            Err(why) => not_graded.push(NotGraded { file, why }),
        }
    }
    let sheet = Sheet::new(graded, not_graded);
    if let Some(file) = &options.fill {
        fill_in(options, file, &sheet)?;
    } else {
        let text = written(options, &sheet, roster.as_ref())?;
        deliver(options, &text)?;
    }
    if options.format != Format::Text || options.fill.is_some() {
        aside(&sheet);
    }
    anstream::eprintln!(
        "Evidence, hashes and fingerprints deter copying and editing; they prove nothing:\n\
         who has the program can make a file that it takes for good."
    );
    Ok(if sheet.is_passed() {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}

/// The files that are meant: folders stand for the `.json` files in them.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = BTreeSet::new();
    let mut order = Vec::new();
    for path in named {
        let mut inside = Vec::new();
        if path.is_dir() {
            look_into(path, DEPTH, &mut inside).map_err(|error| {
                CliError::surroundings(format!("the folder {} cannot be read", path.display()))
                    .because(error)
            })?;
            if inside.is_empty() {
                let text = format!("there is no .json file in {}", path.display());
                return Err(CliError::surroundings(text)
                    .hint("a hand-in is a .json file; unpack a .zip first"));
            }
            inside.sort();
        } else {
            inside.push(path.clone());
        }
        order.extend(inside.into_iter().filter(|path| found.insert(path.clone())));
    }
    if order.len() > FILES {
        return Err(CliError::usage(format!(
            "{} files are too many at once",
            order.len()
        )));
    }
    Ok(order)
}

fn look_into(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            look_into(&path, depth - 1, found)?;
        } else if kind.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            found.push(path);
        }
        if found.len() > FILES {
            break;
        }
    }
    Ok(())
}

/// What was handed in, or why it has no grade.
fn read(path: &Path) -> Result<HandIn, String> {
    let bytes = class_file::read(path, LARGEST).map_err(|error| error.to_string())?;
    if bytes.len() > LARGEST {
        let length = std::fs::metadata(path).map_or(bytes.len() as u64, |about| about.len());
        return Err(Refusal::Huge { bytes: length }.to_string());
    }
    HandIn::read(&bytes).map_err(|why| why.to_string())
}

/// The sheet in the form that was asked for.
fn written(options: &Grade, sheet: &Sheet, roster: Option<&Roster>) -> Result<String, CliError> {
    let title = options.column.as_deref().unwrap_or(TITLE);
    let people = People::of(sheet, roster);
    let text = match options.format {
        Format::Text => export::text(sheet),
        Format::Json => export::json(sheet),
        Format::Junit => export::junit(sheet),
        Format::Csv => export::csv(&people),
        Format::Canvas => {
            if export::is_reserved(title) {
                let text = format!("Canvas takes a column named \"{title}\" for something else");
                return Err(CliError::usage(text).hint("choose another --column"));
            }
            export::canvas(&people, title)
        }
        Format::Moodle => export::moodle(&people, title),
        Format::Brightspace => export::brightspace(&people, title),
        Format::Gradescope => export::gradescope(only(sheet)?),
        Format::Classroom50 => export::classroom50(only(sheet)?, &submission(), timestamp()),
        Format::Check50 => export::check50(only(sheet)?),
    };
    if matches!(options.format, Format::Moodle | Format::Brightspace) {
        let most = sheet
            .graded
            .iter()
            .map(|graded| graded.of)
            .max()
            .unwrap_or(0);
        anstream::eprintln!("[note] The item \"{title}\" must be worth {most} points there.");
    }
    if roster.is_some() {
        unmatched(&people.strangers, &people.absent);
    }
    Ok(text)
}

/// The only hand-in, for forms that are about one.
fn only(sheet: &Sheet) -> Result<&Graded, CliError> {
    match (sheet.graded.as_slice(), sheet.not_graded.as_slice()) {
        ([graded], []) => Ok(graded),
        ([], [file]) => {
            Err(CliError::surroundings(format!("{} has no grade", file.file)).because(&file.why))
        }
        _ => Err(
            CliError::usage("this form is about one hand-in, and there are more")
                .hint("grade one file at a time"),
        ),
    }
}

/// What Classroom 50 tells its autograder.
pub fn submission() -> Submission {
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    Submission {
        classroom: said("CLASSROOM"),
        assignment: said("ASSIGNMENT"),
        owner: said("OWNER"),
        tag: said("SUBMISSION_TAG"),
        commit: said("COMMIT_URL"),
        release: said("RELEASE_URL"),
        review: said("REVIEW_URL"),
    }
}

/// Prints, or writes where `--out` says.
pub fn deliver(options: &Grade, text: &str) -> Result<ExitCode, CliError> {
    let is_table = matches!(
        options.format,
        Format::Csv | Format::Canvas | Format::Moodle | Format::Brightspace
    );
    let mark = if options.bom && is_table {
        "\u{feff}"
    } else {
        ""
    };
    let text = format!("{mark}{text}");
    if let Some(path) = &options.out {
        write(path, text.as_bytes())?;
    } else {
        // As it is: what a program reads must not lose its control characters.
        let mut out = std::io::stdout().lock();
        let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        printed.map_err(|error| {
            CliError::surroundings("the report cannot be printed").because(error)
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |error| {
        CliError::surroundings(format!("{} cannot be written", path.display())).because(error)
    };
    let path = std::path::absolute(path).map_err(failed)?;
    write_atomically(&path, bytes).map_err(failed)
}

/// Writes the points into the file's column.
fn fill_in(options: &Grade, file: &Path, sheet: &Sheet) -> Result<(), CliError> {
    let column = options.column.as_deref().unwrap_or_default();
    let table = class_file::table(file)?;
    let filled = fill(&table, column, &sheet.counting()).map_err(|error| match error {
        FillError::NoColumn { .. } | FillError::Several(_) => {
            CliError::usage(format!("{} cannot be filled in", file.display())).because(error)
        }
        FillError::Short { .. } => {
            CliError::surroundings(format!("{} cannot be filled in", file.display())).because(error)
        }
    })?;
    let out = options.out.as_deref().unwrap_or(file);
    write(out, &filled.bytes)?;
    anstream::eprintln!(
        "{} cells of the column \"{column}\" are written in {}; every other byte is as it was.",
        filled.cells,
        out.display()
    );
    let absent: Vec<String> = filled.absent.iter().map(Person::words).collect();
    unmatched(&filled.strangers, &absent);
    Ok(())
}

/// Who is on one side only.
fn unmatched(strangers: &[(String, &'static str)], absent: &[String]) {
    let told = |line: &str| anstream::eprintln!("{}", export::line(line));
    for (file, why) in strangers.iter().take(LISTED) {
        told(&format!("[no row] {file}: {why}"));
    }
    for person in absent.iter().take(LISTED) {
        told(&format!("[no hand-in] {person}"));
    }
    let more = strangers.len().saturating_sub(LISTED) + absent.len().saturating_sub(LISTED);
    if more > 0 {
        told(&format!("and {more} more"));
    }
}

/// What a teacher must hear also when a program reads the report.
fn aside(sheet: &Sheet) {
    for file in &sheet.not_graded {
        anstream::eprintln!(
            "{}",
            export::line(&format!("[not graded] {}: {}", file.file, file.why))
        );
    }
    for graded in &sheet.graded {
        for finding in &graded.findings {
            let text = format!("[look] {}: {}", graded.file, finding.says);
            anstream::eprintln!("{}", export::line(&text));
        }
    }
}

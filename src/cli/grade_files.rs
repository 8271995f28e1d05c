//! `groundschool grade FILE...`: grades what learners handed in, and writes what a learning management system reads.

#![expect(
    clippy::disallowed_methods,
    reason = "lists folders, and reads what Classroom 50 says in the environment"
)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::classroom::export::{self, Needs, People, Submission};
use crate::classroom::fill::{FillError, Replaced, fill};
use crate::classroom::hand_in::{HandIn, LARGEST, Refusal};
use crate::classroom::regrade::{Graded, belongs, regrade};
use crate::classroom::roster::{Person, Roster};
use crate::classroom::sheet::{NotGraded, Sheet};
use crate::cli::arguments::{Format, Grade};
use crate::cli::class_file;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::lab::files::{Unread, read_given, write_for_others};
use crate::lab::journal::{now, timestamp};

/// How deep folders are looked into: learning management systems make one for each learner.
const DEPTH: usize = 3;
/// The most files in one grading.
const FILES: usize = 20_000;
/// What a grade is called where nobody said.
const TITLE: &str = "Ground School";
/// How many names are listed before the rest is only counted.
const LISTED: usize = 40;
/// How many grades that were there and are replaced are listed.
const REPLACED: usize = 10;

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
    say(
        "Evidence, hashes and fingerprints deter copying and editing; they prove nothing:\n\
         who has the program can make a file that it takes for good.",
    );
    Ok(exit(options.format, sheet.is_passed()))
}

/// The exit code of a report. Classroom 50 reads the result from the report, and takes any other code than 0 for trouble with
/// the computer it ran on.
pub fn exit(format: Format, is_passed: bool) -> ExitCode {
    if is_passed || format == Format::Classroom50 {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    }
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
        } else if !kind.is_dir()
            && path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            // Also a link, or a pipe: it is named when it is read.
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
    let bytes = read_given(path, LARGEST).map_err(|why| match why {
        Unread::Huge { bytes } => Refusal::Huge { bytes }.to_string(),
        Unread::NoFile(_) | Unread::System(_) => why.to_string(),
    })?;
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
        say(&format!(
            "[note] The item \"{title}\" must be worth {most} points there."
        ));
    }
    let mut without_row = people.left_out(needs(options.format));
    if roster.is_some() {
        without_row.splice(0..0, people.strangers);
        unmatched(&without_row, &people.absent);
    } else {
        unmatched(&without_row, &[]);
    }
    Ok(text)
}

/// What the form must know of a person.
fn needs(format: Format) -> Needs {
    match format {
        Format::Canvas => Needs::NameOrId,
        Format::Brightspace => Needs::IdOrLogin,
        Format::Moodle => Needs::IdOrAddress,
        Format::Text
        | Format::Json
        | Format::Junit
        | Format::Csv
        | Format::Gradescope
        | Format::Classroom50
        | Format::Check50 => Needs::Nothing,
    }
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
        match printed {
            // Who reads has had enough, as `head` has.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            printed => printed.map_err(|error| {
                CliError::surroundings("the report cannot be printed").because(error)
            })?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |error| {
        CliError::surroundings(format!("{} cannot be written", path.display())).because(error)
    };
    let path = std::path::absolute(path).map_err(failed)?;
    write_for_others(&path, bytes).map_err(failed)
}

/// Writes the points into the file's column.
fn fill_in(options: &Grade, file: &Path, sheet: &Sheet) -> Result<(), CliError> {
    let column = options.column.as_deref().unwrap_or_default();
    let table = class_file::table(file)?;
    let filled = fill(&table, column, &sheet.counting()).map_err(|error| match error {
        FillError::NoColumn { .. }
        | FillError::Several(_)
        | FillError::OfPeople(_)
        | FillError::OfSystem(_) => {
            CliError::usage(format!("{} cannot be filled in", file.display())).because(error)
        }
        FillError::Short { .. } => {
            CliError::surroundings(format!("{} cannot be filled in", file.display())).because(error)
        }
    })?;
    let out = options.out.as_deref().unwrap_or(file);
    write(out, &filled.bytes)?;
    say(&format!(
        "{} of the column \"{column}\" written in {}; every other byte is as it was.",
        match filled.cells {
            1 => "1 cell".to_owned(),
            cells => format!("{cells} cells"),
        },
        out.display()
    ));
    if let Some((there, here)) = &filled.worth {
        say(&format!(
            "[look] The column \"{column}\" is worth {there} points there, and the hand-ins {here}. Points are written as they\n\
             are, not converted: let it be worth {here} there."
        ));
    }
    for Replaced { person, old, new } in filled.replaced.iter().take(REPLACED) {
        say(&export::line(&format!(
            "[replaced] {person}: {old} is now {new}"
        )));
    }
    let more = filled.replaced.len().saturating_sub(REPLACED);
    if more > 0 {
        say(&format!("[replaced] and {more} more"));
    }
    let absent: Vec<String> = filled.absent.iter().map(Person::words).collect();
    unmatched(&filled.strangers, &absent);
    Ok(())
}

/// A line of talk. Nobody may be listening any more, as behind `2>&1 | head`: that is no reason to end.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Who is on one side only.
fn unmatched(strangers: &[(String, &'static str)], absent: &[String]) {
    let told = |line: &str| say(&export::line(line));
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
        say(&export::line(&format!(
            "[not graded] {}: {}",
            file.file, file.why
        )));
    }
    let looks = export::Looks::at(sheet);
    for graded in &sheet.graded {
        for look in looks.lines(graded) {
            let text = format!("[look] {}: {look}", graded.file);
            say(&export::line(&text));
        }
    }
}

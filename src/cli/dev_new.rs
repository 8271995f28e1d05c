//! `groundschool dev new`: makes a lesson's folder that says what is still to be written, and files to translate one.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::error::CliError;
use crate::course::locale::Locale;
use crate::course::translation::{first_line, template};
use crate::lab::lesson_folder;

/// The files of a new lesson.
const FILES: [(&str, &str); 4] = [
    (
        "lesson.toml",
        include_str!("../../fixtures/new-lesson/lesson.toml"),
    ),
    (
        "first-step.md",
        include_str!("../../fixtures/new-lesson/first-step.md"),
    ),
    ("done.md", include_str!("../../fixtures/new-lesson/done.md")),
    (
        "solution.sh",
        include_str!("../../fixtures/new-lesson/solution.sh"),
    ),
];

/// Makes the folder; one that is there is left as it is.
pub fn run(folder: &Path) -> Result<ExitCode, CliError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| {
            let is_there = error.kind() == std::io::ErrorKind::AlreadyExists;
            let failed = CliError::surroundings(format!("{path} cannot be made"));
            if is_there {
                failed.because("something of that name is there already")
            } else {
                failed.because(error)
            }
        }
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if !lesson_folder::is_name(&name) {
        return Err(CliError::usage(format!("{name} cannot be a lesson's name"))
            .hint("use letters from a to z, digits and -, for example: groundschool dev new lesson my-lesson"));
    }
    std::fs::create_dir(folder).map_err(failed(folder))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.replace("./NAME", &shown(folder)).as_bytes()))
            .map_err(failed(&path))?;
    }
    let shown = shown(folder);
    anstream::println!("{shown} is there. What is still to be written is marked <write: ...>");
    anstream::println!(
        "    groundschool dev check {shown}    lists it, and proves the lesson when it is all there"
    );
    anstream::println!("    groundschool learn {shown}        takes it");
    Ok(ExitCode::SUCCESS)
}

/// Makes a file for each text of the lesson that has none in this language yet.
pub fn translation(folder: &Path, locale: &Locale) -> Result<ExitCode, CliError> {
    let lesson = lesson_folder::read(folder).map_err(|error| {
        CliError::usage(error.to_string()).hint("a lesson is translated when it is without faults")
    })?;
    let text = |original: &str| format!("{}\n{original}", first_line(original));
    let mut files = vec![
        (format!("lesson.{locale}.toml"), template(&lesson)),
        (format!("done.{locale}.md"), text(&lesson.done)),
    ];
    let steps = lesson.steps.iter();
    files.extend(steps.map(|step| (format!("{}.{locale}.md", step.id), text(&step.text))));
    let mut made = 0;
    for (name, text) in files {
        let path = folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => {
                anstream::println!("{}", path.display());
                made += 1;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let text = format!("{} cannot be made", path.display());
                return Err(CliError::surroundings(text).because(error));
            }
        }
    }
    let shown = shown(folder);
    anstream::println!(
        "{made} files are to be translated: what stands in them is the original. Leave their first\n\
         lines as they are. groundschool dev check {shown} says what is missing."
    );
    Ok(ExitCode::SUCCESS)
}

/// As it must be typed so that it is a path and not a name.
fn shown(folder: &Path) -> String {
    let text = folder.display().to_string();
    if text.contains('/') {
        text
    } else {
        format!("./{text}")
    }
}

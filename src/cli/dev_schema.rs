//! `groundschool dev schema`: prints the JSON schema of `lesson.toml`, for editors.

use std::process::ExitCode;

use crate::course::shape::schema;

/// Prints it.
pub fn run() -> ExitCode {
    anstream::println!("{:#}", schema::lesson());
    ExitCode::SUCCESS
}

//! Files that a teacher or a learner gives: read up to a size, with words for what cannot be read.

use std::path::Path;

use crate::classroom::class::{Class, ClassError, LARGEST};
use crate::classroom::export::line;
use crate::classroom::roster::Roster;
use crate::classroom::table::{self, Table, TableError};
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::lab::files::{Unread, read_given};

/// How many lines that could be one person are listed.
const DOUBLES: usize = 10;

/// The class in this file.
pub fn class(path: &Path) -> Result<Class, CliError> {
    let failed = || format!("the class file {} cannot be used", path.display());
    let bytes = read_given(path, LARGEST).map_err(|why| {
        let failed = CliError::surroundings(failed());
        match why {
            Unread::Huge { bytes } => failed.because(ClassError::Huge { bytes }),
            Unread::NoFile(_) | Unread::System(_) => failed.because(why),
        }
    })?;
    Class::read(&bytes, &lab_options::course()?).map_err(|error| {
        CliError::surroundings(failed())
            .because(error)
            .hint("a teacher makes one with `groundschool class new`")
    })
}

/// The table in this file.
pub fn table(path: &Path) -> Result<Table, CliError> {
    let failed = || format!("the table {} cannot be used", path.display());
    let bytes = read_given(path, table::LARGEST).map_err(|why| {
        let failed = CliError::surroundings(failed());
        match why {
            Unread::Huge { .. } => failed.because(TableError::Huge),
            Unread::NoFile(_) | Unread::System(_) => failed.because(why),
        }
    })?;
    Table::read(bytes).map_err(|error| CliError::surroundings(failed()).because(error))
}

/// The people in this file.
pub fn roster(path: &Path) -> Result<Roster, CliError> {
    let roster = Roster::read(&table(path)?).map_err(|why| {
        CliError::surroundings(format!("the roster {} cannot be used", path.display()))
            .because(why)
            .hint("export the people of the class from your learning management system as CSV")
    })?;
    let doubles = roster.doubles();
    for double in doubles.iter().take(DOUBLES) {
        let text = format!(
            "[look] {}: {double}: a hand-in that says so is nobody's",
            path.display()
        );
        anstream::eprintln!("{}", line(&text));
    }
    if doubles.len() > DOUBLES {
        anstream::eprintln!("[look] and {} more", doubles.len() - DOUBLES);
    }
    Ok(roster)
}

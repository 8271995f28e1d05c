//! Files that a teacher or a learner gives: read up to a size, with words for what cannot be read.

#![expect(clippy::disallowed_methods, reason = "opens the files that were named")]

use std::io::Read;
use std::path::Path;

use crate::classroom::class::{Class, LARGEST};
use crate::classroom::roster::Roster;
use crate::classroom::table::{self, Table};
use crate::cli::error::CliError;
use crate::cli::lab_options;

/// At most so many bytes of a file, and one more if it is longer. Only of a real file: a pipe or a device may never end.
pub fn read(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        let text = "this is no file";
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, text));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The class in this file.
pub fn class(path: &Path) -> Result<Class, CliError> {
    let failed = || format!("the class file {} cannot be used", path.display());
    let bytes =
        read(path, LARGEST).map_err(|error| CliError::surroundings(failed()).because(error))?;
    Class::read(&bytes, &lab_options::course()?).map_err(|error| {
        CliError::surroundings(failed())
            .because(error)
            .hint("a teacher makes one with `groundschool class new`")
    })
}

/// The table in this file.
pub fn table(path: &Path) -> Result<Table, CliError> {
    let failed = || format!("the table {} cannot be used", path.display());
    let bytes = read(path, table::LARGEST)
        .map_err(|error| CliError::surroundings(failed()).because(error))?;
    Table::read(bytes).map_err(|error| CliError::surroundings(failed()).because(error))
}

/// The people in this file.
pub fn roster(path: &Path) -> Result<Roster, CliError> {
    let roster = Roster::of(&table(path)?, None);
    if roster.people.is_empty() {
        let text = format!("the table {} names nobody", path.display());
        return Err(CliError::surroundings(text)
            .hint("export the people of the class from your learning management system as CSV"));
    }
    Ok(roster)
}

//! Shape: what is wrong with a lesson's folder, all of it, with file and line.

use std::fmt;

use crate::course::lesson::{Files, Lesson};

/// One fault of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// `lessons/<slug>/lesson.toml` and so on.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, for the author.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.says),
            line => write!(f, "{}:{line}: {}", self.file, self.says),
        }
    }
}

/// A lesson that cannot be used, with every fault that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lesson {slug} cannot be used:\n{}", .faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LessonError {
    /// The lesson's folder.
    pub slug: String,
    /// At least one.
    pub faults: Vec<Fault>,
}

/// Reads a lesson's folder; every fault is listed.
///
/// # Errors
/// [`LessonError`] when anything is missing, misspelt, or of a newer format.
pub fn read(slug: &str, files: &Files) -> Result<Lesson, LessonError> {
    let _ = files;
    Err(LessonError {
        slug: slug.to_owned(),
        faults: Vec::new(),
    })
}

//! A lesson that lies in a folder of somebody's own. Its texts are read; nothing in it is run but by `dev check`.

#![expect(clippy::disallowed_methods, reason = "reads a folder")]

use std::io;
use std::path::{Path, PathBuf};

use crate::course::lesson::{Files, Lesson};
use crate::course::shape::{self, Fault, LessonError};

/// Files that a lesson may have, and bytes of each.
const MOST_FILES: usize = 400;
const LONGEST: u64 = 256 * 1024;

/// The folder is no lesson that can be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It, or a file in it, cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// There is no `lesson.toml`.
    #[error("{0} is no lesson: it has no lesson.toml")]
    NoLesson(PathBuf),
    /// A lesson is named for its folder, and its progress is kept under that name.
    #[error("{0} cannot be a lesson's name: use letters from a to z, digits and - for the folder")]
    Name(String),
    /// More, or longer, files than a lesson has.
    #[error("{0} is too much for a lesson: at most {MOST_FILES} files of {LONGEST} bytes")]
    TooMuch(PathBuf),
    /// What is in it is not right yet.
    #[error(transparent)]
    Lesson(#[from] LessonError),
}

/// Whether somebody means a folder and not a name: `./mine`, `/home/me/mine`, `..`.
pub fn is_path(wanted: &str) -> bool {
    wanted.contains('/') || wanted == "." || wanted == ".."
}

/// Whether a folder of this name can be a lesson: progress is kept under it.
pub fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// Reads the lesson in a folder; faults name the files by the folder's path.
pub fn read(folder: &Path) -> Result<Lesson, FolderError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |why| FolderError::Unreadable { path, why }
    };
    let whole = folder.canonicalize().map_err(unreadable(folder))?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    if !is_name(&name) {
        return Err(FolderError::Name(name.into_owned()));
    }
    if !whole.join("lesson.toml").is_file() {
        return Err(FolderError::NoLesson(folder.to_owned()));
    }
    let mut files = Files::new();
    collect(&whole, "", &mut files)?;
    let shipped = format!("lessons/{name}");
    let here = |fault: &mut Fault| {
        if let Some(rest) = fault.file.strip_prefix(&shipped) {
            fault.file = format!("{}{rest}", folder.display());
        }
    };
    match shape::read(&name, &files) {
        Ok(mut lesson) => {
            lesson.remarks.iter_mut().for_each(here);
            Ok(lesson)
        }
        Err(mut error) => {
            error.faults.iter_mut().for_each(here);
            Err(error.into())
        }
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), FolderError> {
    let unreadable = |path: &Path, why| FolderError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let entries = std::fs::read_dir(folder).map_err(|why| unreadable(folder, why))?;
    for entry in entries {
        let entry = entry.map_err(|why| unreadable(folder, why))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // An editor's own files and a repository's are no part of the lesson.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let about = std::fs::metadata(&path).map_err(|why| unreadable(&path, why))?;
        if about.is_dir() {
            if prefix.is_empty() {
                collect(&path, &format!("{name}/"), files)?;
            }
            continue;
        }
        if about.len() > LONGEST || files.len() >= MOST_FILES {
            return Err(FolderError::TooMuch(path));
        }
        let text = std::fs::read_to_string(&path).map_err(|why| unreadable(&path, why))?;
        files.insert(format!("{prefix}{name}"), text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lesson_is_named_with_its_path() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("mine");
        let said = |folder: &Path| read(folder).unwrap_err().to_string();
        assert!(said(&folder).contains("mine cannot be read: No such file"));
        std::fs::create_dir(&folder).unwrap();
        assert!(said(&folder).ends_with("mine is no lesson: it has no lesson.toml"));
        std::fs::write(folder.join("lesson.toml"), "format = 1\n").unwrap();
        std::fs::write(folder.join("more.md"), [0xff]).unwrap();
        assert!(said(&folder).contains("more.md cannot be read"));
        std::fs::write(folder.join("more.md"), "x").unwrap();
        let error = said(&folder);
        assert!(
            error.contains(&format!("{}/lesson.toml:", folder.display())),
            "{error}"
        );
        let other = place.path().join("Meine Lektion");
        std::fs::rename(&folder, &other).unwrap();
        assert!(said(&other).starts_with("Meine Lektion cannot be"));
    }

    #[test]
    fn a_path_is_told_from_a_name() {
        for path in ["./mine", "/x", "a/b", ".", ".."] {
            assert!(is_path(path), "{path}");
        }
        for name in ["1", "key-pair-and-ssh", "01-key-pair-and-ssh"] {
            assert!(!is_path(name), "{name}");
        }
    }
}

//! A lesson that lies in a folder or a zip of somebody's own, and folders of such. Its texts are read; nothing in it is run but by
//! `dev check`.

#![expect(clippy::disallowed_methods, reason = "reads a folder")]

use std::io;
use std::path::{Path, PathBuf};

use crate::course::lesson::{Files, Lesson};
use crate::course::shape::{self, Fault, LessonError};
use crate::lab::lesson_zip::{self, ZipError, is_zip};

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
    /// There is no lesson in a folder of lessons.
    #[error("{0} has no lessons in it: each is a folder with a lesson.toml, or a .zip of one")]
    NoLessons(PathBuf),
    /// A folder and a zip of it, side by side: progress would be kept under one name.
    #[error("two lessons there are called {0}: keep the folder or the .zip")]
    TwoOfOneName(String),
    /// It is a zip that is no lesson.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// What is in it is not right yet.
    #[error(transparent)]
    Lesson(#[from] LessonError),
}

/// Whether somebody means a folder or a zip and not a name: `./mine`, `/home/me/mine`, `..`, `mine.zip`.
pub fn is_path(wanted: &str) -> bool {
    wanted.contains('/') || wanted == "." || wanted == ".." || is_zip(Path::new(wanted))
}

/// The name of the lesson at a path: the folder's, or the zip's without its ending.
pub fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Whether a folder of this name can be a lesson: progress is kept under it.
pub fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// What lies in a folder of lessons, in the order of their names: folders with a `lesson.toml`, and zips.
pub fn course(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let unreadable = |why| FolderError::Unreadable {
        path: folder.to_owned(),
        why,
    };
    let mut lessons = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_lesson = path.join("lesson.toml").is_file() || (is_zip(&path) && path.is_file());
        if is_lesson && !is_hidden {
            lessons.push(path);
        }
    }
    lessons.sort();
    if lessons.is_empty() {
        return Err(FolderError::NoLessons(folder.to_owned()));
    }
    let names: Vec<String> = lessons.iter().map(|path| name_of(path)).collect();
    let twice = (1..)
        .zip(&names)
        .find(|(next, name)| names.iter().skip(*next).any(|other| other == *name));
    if let Some((_, name)) = twice {
        return Err(FolderError::TwoOfOneName(name.clone()));
    }
    Ok(lessons)
}

/// Reads the lesson in a folder or a zip; faults name the files by that path.
pub fn read(folder: &Path) -> Result<Lesson, FolderError> {
    if is_zip(folder) && !folder.is_dir() {
        let (name, files) = lesson_zip::read(folder)?;
        if !files.contains_key("lesson.toml") {
            return Err(FolderError::NoLesson(folder.to_owned()));
        }
        return shaped(&name, &files, folder);
    }
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |why| FolderError::Unreadable { path, why }
    };
    let whole = folder.canonicalize().map_err(unreadable(folder))?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    if !whole.join("lesson.toml").is_file() {
        return Err(FolderError::NoLesson(folder.to_owned()));
    }
    let mut files = Files::new();
    collect(&whole, "", &mut files)?;
    shaped(&name, &files, folder)
}

fn shaped(name: &str, files: &Files, folder: &Path) -> Result<Lesson, FolderError> {
    if !is_name(name) {
        return Err(FolderError::Name(name.to_owned()));
    }
    let shipped = format!("lessons/{name}");
    let here = |fault: &mut Fault| {
        if let Some(rest) = fault.file.strip_prefix(&shipped) {
            fault.file = format!("{}{rest}", folder.display());
        }
    };
    match shape::read(name, files) {
        Ok(mut lesson) => {
            lesson.remarks.iter_mut().for_each(here);
            lesson.folder = folder.display().to_string();
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
        std::fs::remove_file(folder.join("more.md")).unwrap();
        let other = place.path().join("Meine Lektion");
        std::fs::rename(&folder, &other).unwrap();
        assert!(said(&other).starts_with("Meine Lektion cannot be"));
    }

    #[test]
    fn a_folder_of_lessons_is_read_in_the_order_of_the_names() {
        let place = tempfile::tempdir().unwrap();
        let said = course(place.path()).unwrap_err().to_string();
        assert!(said.contains("has no lessons in it"), "{said}");
        for name in ["02-b", "01-a", "notes", ".git"] {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        for file in [
            "02-b/lesson.toml",
            "01-a/lesson.toml",
            ".git/lesson.toml",
            "03-c.zip",
            "README.md",
        ] {
            std::fs::write(place.path().join(file), "").unwrap();
        }
        let found = course(place.path()).unwrap();
        let names = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["01-a", "02-b", "03-c.zip"]);
    }

    #[test]
    fn a_path_is_told_from_a_name() {
        for path in ["./mine", "/x", "a/b", ".", "..", "mine.zip", "MINE.ZIP"] {
            assert!(is_path(path), "{path}");
        }
        for name in ["1", "key-pair-and-ssh", "01-key-pair-and-ssh"] {
            assert!(!is_path(name), "{name}");
        }
    }
}

//! What several commands need before they open a lab: its folder, the learner's home, the lesson, the voice.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the environment and looks for programs"
)]

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::cli::arguments::{Course, Place};
use crate::cli::error::{CliError, Exit};
use crate::cli::own_network;
use crate::course::catalogue;
use crate::course::lesson::Lesson;
use crate::course::locale::Locale;
use crate::course::translation::translated;
use crate::course::words::shell_word;
use crate::lab::engine::EngineError;
use crate::lab::files::read_if_there;
use crate::lab::lesson_folder::{self, name_of};
use crate::lab::shell::environment;
use crate::lab::stage::ChoiceError;
use crate::lab::voice::Voice;
use crate::lab::workspace::aws_version::AwsVersion;
use crate::lab::workspace::{Layout, WorkspaceError};

/// The lab's folder.
pub fn root(place: &Place) -> Result<PathBuf, CliError> {
    match &place.lab {
        Some(root) => Ok(root.clone()),
        None => Layout::usual()
            .map(|layout| layout.root().to_owned())
            .map_err(workspace_error),
    }
}

/// The lab in whose shell this runs, if it runs in one. A lab on AWS belongs to the lab in whose folder it is.
pub fn inside() -> Option<PathBuf> {
    let root = std::env::var_os(environment::LAB).map(PathBuf::from)?;
    let of = root
        .parent()
        .filter(|_| Layout::new(root.clone()).is_on_aws());
    Some(of.map_or_else(|| root.clone(), Path::to_owned))
}

/// The folder of the lab that is meant by somebody who may sit in one: without `--lab` it is that one.
pub fn here(place: &Place) -> Result<PathBuf, CliError> {
    let inside = std::env::var_os(environment::LAB).map(PathBuf::from);
    match (&place.lab, inside) {
        (None, Some(root)) => Ok(root),
        (Some(_), _) | (None, None) => root(place),
    }
}

/// Nobody has opened a lab there yet.
pub fn no_lab(root: &Path) -> CliError {
    CliError::surroundings(format!("there is no lab in {}", root.display()))
        .hint("`groundschool learn` makes one; --lab DIR names another folder")
}

/// The learner's home.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from)
}

/// The lesson as the learner reads it: in the language that was asked for, else in that of the environment.
pub fn in_language(lesson: Lesson, course: &Course) -> Lesson {
    let locale = course.locale.clone().or_else(|| {
        let mut names = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let value = names.find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()))?;
        Locale::of_environment(&value)
    });
    match locale {
        Some(locale) => translated(lesson, &locale),
        None => lesson,
    }
}

/// Every lesson that is shipped.
pub fn course() -> Result<Vec<Lesson>, CliError> {
    catalogue::lessons()
        .map_err(|error| CliError::bug("a lesson that is shipped is broken").because(error))
}

/// The lessons of this course: those of a folder, or those that are shipped.
pub fn lessons(course: &Course) -> Result<Vec<Lesson>, CliError> {
    match &course.course {
        Some(folder) => paths(folder)?.iter().map(|path| own_lesson(path)).collect(),
        None => self::course(),
    }
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    lesson_folder::course(folder).map_err(|error| {
        CliError::usage(error.to_string())
            .hint("groundschool dev new lesson DIR/NAME makes a lesson's folder")
    })
}

/// The lesson that is meant among those of a folder, and where it lies.
fn of_a_folder(
    folder: &Path,
    wanted: Option<&str>,
    last: Option<&str>,
) -> Result<(Lesson, PathBuf), CliError> {
    let paths = paths(folder)?;
    let place = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = match wanted {
        // Names need no number: a number is then the place, as `groundschool lessons` shows it.
        Some(wanted) => {
            let place = wanted
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            let named = paths.iter().find(|path| is_meant(&name_of(path), wanted));
            named.or_else(|| paths.get(place?))
        }
        None => paths
            .iter()
            .find(|path| last.is_some_and(|last| place(path) == Path::new(last)))
            .or(paths.first()),
    };
    let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
    let path = found.ok_or_else(|| {
        let wanted = wanted.unwrap_or_default();
        CliError::usage(format!(
            "there is no lesson {wanted} in {}",
            folder.display()
        ))
        .hint(format!("the lessons are: {}", names.join(", ")))
    })?;
    Ok((own_lesson(path)?, place(path)))
}

/// A lesson of this course, and what the lab's folder is to remember of it: its name, or where it lies.
pub fn lesson_of(
    course: &Course,
    wanted: Option<&str>,
    layout: Option<&Layout>,
) -> Result<(Lesson, String), CliError> {
    if let Some(folder) = course.course.as_deref()
        && !wanted.is_some_and(lesson_folder::is_path)
    {
        let (lesson, path) = of_a_folder(folder, wanted, layout.and_then(last).as_deref())?;
        let note = path.into_os_string().into_string();
        let note = note.unwrap_or_else(|_| lesson.slug.clone());
        return Ok((in_language(lesson, course), note));
    }
    let lesson = lesson(wanted, layout)?;
    let note = match wanted {
        // Where it was opened last stays where it is.
        None => layout
            .and_then(last)
            .filter(|last| lesson_folder::is_path(last)),
        Some(wanted) => Some(wanted)
            .filter(|wanted| lesson_folder::is_path(wanted))
            .and_then(|path| std::path::absolute(path).ok())
            .and_then(|path| path.into_os_string().into_string().ok()),
    };
    let note = note.unwrap_or_else(|| lesson.slug.clone());
    Ok((in_language(lesson, course), note))
}

/// What the lab's folder remembers of the lesson that was open last.
fn last(layout: &Layout) -> Option<String> {
    let bytes = read_if_there(&layout.lesson()).ok().flatten()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The lesson that is meant: by number, by name, or the one that was open last in the lab, or the first.
pub fn lesson(wanted: Option<&str>, layout: Option<&Layout>) -> Result<Lesson, CliError> {
    if let Some(folder) = wanted.filter(|wanted| lesson_folder::is_path(wanted)) {
        return own_lesson(Path::new(folder));
    }
    let course = course()?;
    let last = layout.and_then(last);
    if let (None, Some(folder)) = (
        wanted,
        last.as_deref().filter(|last| lesson_folder::is_path(last)),
    ) {
        return own_lesson(Path::new(folder));
    }
    let names: Vec<String> = course.iter().map(|lesson| lesson.slug.clone()).collect();
    let found = match (wanted, last) {
        (Some(wanted), _) => course
            .into_iter()
            .find(|lesson| is_meant(&lesson.slug, wanted)),
        (None, Some(last)) => course
            .iter()
            .find(|lesson| lesson.slug == last)
            .or_else(|| course.first())
            .cloned(),
        (None, None) => course.into_iter().next(),
    };
    found.ok_or_else(|| {
        CliError::usage(format!("there is no lesson {}", wanted.unwrap_or_default()))
            .hint(format!("the lessons are: {}", names.join(", ")))
    })
}

/// A lesson in a folder or a zip that is not shipped.
fn own_lesson(folder: &Path) -> Result<Lesson, CliError> {
    let lesson = lesson_folder::read(folder).map_err(|error| {
        CliError::usage(error.to_string()).hint(format!(
            "groundschool dev check {} says this too; `groundschool lessons` shows the course",
            shell_word(&folder.display().to_string())
        ))
    })?;
    if course()?.iter().any(|shipped| shipped.slug == lesson.slug) {
        return Err(CliError::usage(format!(
            "{} is the name of a lesson of the course",
            lesson.slug
        ))
        .hint("progress is kept under the name: give the folder another one"));
    }
    Ok(lesson)
}

/// `1`, `01`, `key-pair-and-ssh` and the whole name all mean `01-key-pair-and-ssh`.
fn is_meant(slug: &str, wanted: &str) -> bool {
    let (number, name) = slug.split_once('-').unwrap_or((slug, ""));
    let same_number =
        matches!((number.parse::<u32>(), wanted.parse::<u32>()), (Ok(a), Ok(b)) if a == b);
    slug == wanted || name == wanted || same_number
}

/// How the lesson speaks on this terminal.
pub fn voice(plain: bool) -> Voice {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    Voice::new(
        !plain
            && !dumb
            && !set("NO_COLOR")
            && !set("ACCESSIBLE")
            && std::io::stdout().is_terminal(),
    )
}

/// The AWS CLI on the PATH.
pub enum AwsCli {
    /// One that heeds `AWS_ENDPOINT_URL`.
    Good(PathBuf, AwsVersion),
    /// One that does not, or that does not say its version.
    Unfit(PathBuf),
    /// None.
    Missing,
}

impl AwsCli {
    /// Looks for it, and asks its version (about a second of Python).
    pub fn find() -> Self {
        let Some(path) = program("aws") else {
            return Self::Missing;
        };
        match AwsVersion::ask(&path) {
            Some(version) if version.heeds_endpoint_url() => Self::Good(path, version),
            _ => Self::Unfit(path),
        }
    }

    /// Whether the lab lends its own.
    pub fn needs_stand_in(&self) -> bool {
        !matches!(self, Self::Good(..))
    }
}

/// Where a program is on the PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// An OpenSSH client, or a clear word on what is missing.
pub fn require_ssh() -> Result<(), CliError> {
    for name in ["ssh", "ssh-keygen"] {
        if program(name).is_none() {
            return Err(CliError::surroundings(format!("the program {name} is missing"))
                .because("the lab uses your own OpenSSH client")
                .hint("install it: `sudo apt install openssh-client`, `sudo dnf install openssh-clients`, or your system's way"));
        }
    }
    Ok(())
}

/// A lab that cannot be opened, in words.
pub fn engine_error(error: EngineError) -> CliError {
    match error {
        EngineError::Workspace(error) => workspace_error(error),
        EngineError::Progress { .. }
        | EngineError::Records(_)
        | EngineError::Store(_)
        | EngineError::Journal(_)
        | EngineError::Begin(_) => {
            CliError::surroundings("the lab's saved state cannot be used")
                .because(error)
                .hint("the file is as it was; `groundschool reset` forgets it and starts again, and your\n        key files stay")
        }
        EngineError::Stage(ChoiceError::Netns(why)) => {
            CliError::surroundings("the lab cannot have a network of its own here")
                .because(why)
                .hint(format!(
                    "without --stage the lab works too, by other means{}",
                    own_network::cure()
                ))
        }
        EngineError::Fault(why) => CliError::surroundings("the lesson cannot be used").because(why),
        EngineError::Stage(ChoiceError::Shim(_))
        | EngineError::Endpoint(_)
        | EngineError::Control(_)
        | EngineError::System { .. } => {
            CliError::surroundings("the lab cannot be opened").because(error)
        }
    }
}

/// A folder that cannot be used, in words.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub fn workspace_error(error: WorkspaceError) -> CliError {
    let busy = matches!(error, WorkspaceError::Busy { .. });
    let hint = if busy {
        "leave it there first (type `exit`), or use another folder with --lab DIR"
    } else {
        "another folder can be used with --lab DIR"
    };
    CliError {
        what: "the lab's folder cannot be used".to_owned(),
        why: Some(error.to_string()),
        hint: Some(hint.to_owned()),
        exit: Exit::Surroundings,
    }
}

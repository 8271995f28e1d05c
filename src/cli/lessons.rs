//! `groundschool lessons`: the course, and where the learner stands.

use std::process::ExitCode;

use crate::cli::arguments::Lessons;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::course::progress::Progress;
use crate::lab::files::read_if_there;
use crate::lab::workspace::Layout;

/// Prints a line a lesson.
pub fn run(options: &Lessons) -> Result<ExitCode, CliError> {
    let layout = Layout::new(lab_options::root(&options.place)?);
    for lesson in lab_options::lessons(&options.course)? {
        let kept = read_if_there(&layout.progress(&lesson.slug)).ok().flatten();
        let standing = match kept.map(|bytes| Progress::from_json(&String::from_utf8_lossy(&bytes)))
        {
            None => "not begun".to_owned(),
            Some(Err(error)) => error.to_string(),
            Some(Ok(progress)) if progress.is_complete(&lesson) => {
                format!("passed, {} points", progress.points())
            }
            Some(Ok(progress)) => {
                let done = lesson
                    .steps
                    .iter()
                    .filter(|step| progress.has_passed(&step.id))
                    .count();
                format!("{done} of {} steps done", lesson.steps.len())
            }
        };
        let lesson = lab_options::in_language(lesson, &options.course);
        anstream::println!("{}  {}  [{standing}]", lesson.slug, lesson.title);
    }
    Ok(ExitCode::SUCCESS)
}

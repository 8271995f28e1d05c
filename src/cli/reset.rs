//! `groundschool reset`: forgets the lab's account, its machines and the progress. Key files stay.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use crate::cli::arguments::Reset;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::lab::shelf;
use crate::lab::workspace::Workspace;

/// Asks, and sets the lab's state aside.
pub fn run(options: &Reset) -> Result<ExitCode, CliError> {
    let root = lab_options::root(&options.place)?;
    if !root.join(".groundschool").is_dir() {
        anstream::eprintln!("There is no lab in {}: nothing to reset.", root.display());
        return Ok(ExitCode::SUCCESS);
    }
    // Taking the lock first: a lab that is open would write its state again.
    let workspace = Workspace::open(&root, None).map_err(lab_options::workspace_error)?;
    let layout = workspace.layout();
    let lesson = lab_options::lesson(options.lesson.as_deref(), Some(layout))?;
    if !options.yes && !agreed(&lesson.title)? {
        return Err(CliError::usage("nothing was reset"));
    }
    let failed =
        |error: std::io::Error| CliError::surroundings("the lab cannot be reset").because(error);
    shelf::forget(layout, &lesson.slug).map_err(failed)?;
    for file in [
        layout.known_hosts(),
        // Written anew when the lab opens, with the lab's own key.
        layout.aws_credentials(),
        layout.progress(&lesson.slug),
    ] {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    anstream::eprintln!(
        "Done: the account is empty and the lesson starts again. Your files in {} stay.",
        layout.work().display()
    );
    Ok(ExitCode::SUCCESS)
}

fn agreed(title: &str) -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(
            CliError::usage("reset asks before it forgets, and this is no terminal")
                .hint("add --yes"),
        );
    }
    anstream::eprint!(
        "Forget the lab's account, its instances and your progress in \"{title}\"? Type yes: "
    );
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    Ok(answer.trim() == "yes")
}

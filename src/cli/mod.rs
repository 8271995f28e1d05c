//! The command line: one file per command.

mod account;
pub mod arguments;
pub mod aws;
mod class;
mod class_file;
mod completions;
mod demo;
mod dev_check;
mod dev_new;
mod dev_reference;
mod dev_schema;
mod doctor;
mod enter;
pub mod error;
mod grade;
mod grade_files;
mod hand_in;
mod lab_options;
mod learn;
mod lessons;
mod on_aws;
mod own_network;
mod replay;
mod reset;
mod serve;
mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::arguments::{Arguments, ClassCommand, Command, Dev, New};
use crate::cli::error::CliError;

/// Runs the command that the process was started with; the exit code is for `main` to return.
pub fn main() -> ExitCode {
    if let Some(code) = crate::lab::multicall::dispatch() {
        return code;
    }
    let mut words = std::env::args_os();
    let name = words.next();
    if name
        .as_deref()
        .is_some_and(|name| Path::new(name).file_name() == Some("aws".as_ref()))
    {
        return aws::main(words);
    }
    let arguments =
        match Arguments::try_parse_from(name.into_iter().chain(words).collect::<Vec<OsString>>()) {
            Ok(arguments) => arguments,
            Err(error) => {
                let _ = error.print();
                return u8::try_from(error.exit_code()).map_or(ExitCode::from(2), ExitCode::from);
            }
        };
    // In a lab the hook is silent, so that this is where a panic becomes words.
    let done = std::panic::catch_unwind(|| run(&arguments)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(CliError::bug("a mistake of ours ended this program")
            .because(text)
            .hint("a lab's folder has more about it in .groundschool/panics.log"))
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            anstream::eprint!("{}", error.lines());
            error.exit.into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    match &arguments.command {
        None => learn::run(&arguments.learn),
        Some(Command::Learn(options)) => learn::run(options),
        Some(Command::Watch(options)) => watch::run(options),
        Some(Command::Lessons(options)) => lessons::run(options),
        Some(Command::Demo(options)) => demo::run(options),
        Some(Command::Enter(place)) => enter::run(place),
        Some(Command::Replay(place)) => replay::run(place),
        Some(Command::HandIn(options)) => hand_in::run(options),
        Some(Command::Grade(options)) => grade::run(options),
        Some(Command::Class(ClassCommand::New(options))) => class::new(options),
        Some(Command::Serve(options)) => serve::run(options),
        Some(Command::Doctor(place)) => doctor::run(place),
        Some(Command::Reset(options)) => reset::run(options),
        Some(Command::Aws(command)) => account::run(command),
        Some(Command::Dev(Dev::Check {
            lesson,
            course,
            stage,
            on,
        })) => dev_check::run(lesson.as_deref(), course.as_deref(), *stage, *on),
        Some(Command::Dev(Dev::New(New::Lesson { folder }))) => dev_new::run(folder),
        Some(Command::Dev(Dev::New(New::Translation { folder, locale }))) => {
            dev_new::translation(folder, locale)
        }
        Some(Command::Dev(Dev::Reference)) => Ok(dev_reference::run()),
        Some(Command::Dev(Dev::Schema)) => Ok(dev_schema::run()),
        Some(Command::Completions { shell }) => Ok(completions::run(*shell)),
    }
}

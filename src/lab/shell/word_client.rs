//! `lab`: the one word that the lab adds to the learner's shell.

#![expect(
    clippy::disallowed_methods,
    reason = "asks for the working directory and whether colour is welcome"
)]

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::lab::server::control::client::Client;

/// A check may have to ask a real AWS account.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands the words to the engine, prints its answer to standard output and returns its status; 3 when no lab is open.
pub fn run(run: &Path, words: &[String]) -> ExitCode {
    let out = std::io::stdout();
    let columns = if out.is_terminal() {
        rustix::termios::tcgetwinsize(&out).map_or(80, |size| size.ws_col)
    } else {
        0
    };
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let directory = std::env::current_dir().unwrap_or_default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = Client::dial(run, Some(PATIENCE)).and_then(|client| {
        client.word(
            &directory.to_string_lossy(),
            columns,
            out.is_terminal() && !plain,
            &words,
        )
    });
    match answer {
        Ok(answer) => {
            // A closed pipe (`lab | head -1`) is the reader's wish.
            drop(out.lock().write_all(answer.text.as_bytes()));
            ExitCode::from(answer.status)
        }
        Err(why) => {
            drop(writeln!(
                std::io::stderr(),
                "lab: {why}\nhint: leave this shell and start groundschool again; your work is kept"
            ));
            ExitCode::from(3)
        }
    }
}

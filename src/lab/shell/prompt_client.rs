//! `groundschool-prompt`: the hook's client, for the shells that have no socket of their own.
//!
//! It does its work before anything else of this program is set up, says nothing when there are no news, and always ends
//! well: the prompt must not suffer from it.

use std::process::ExitCode;
use std::time::Duration;

use crate::lab::server::control::client::Client;
use crate::lab::workspace::Layout;

/// Usually the answer is there after one or two milliseconds. It is shorter than bash's and zsh's own wait because nothing here
/// remembers that the engine did not answer the last time.
const PATIENCE: Duration = Duration::from_millis(40);
/// The same in a lab on AWS, where a look takes some seconds.
const PATIENCE_ON_AWS: Duration = Duration::from_millis(6_500);
/// Bytes of a command that are told.
const LONGEST_COMMAND: usize = 4000;

/// Tells the engine of a prompt: SHELL PID STATUS COLUMNS DIRECTORY (none | text COMMAND | history ENTRY), and writes what it
/// answers to standard error, because an sh takes standard output for its prompt.
pub fn run(layout: &Layout, words: &[String]) -> ExitCode {
    let patience = if layout.is_on_aws() {
        PATIENCE_ON_AWS
    } else {
        PATIENCE
    };
    let mut fields = vec!["prompt"];
    fields.extend(words.iter().map(String::as_str));
    let mut entry = None;
    match fields.get(6..).unwrap_or_default() {
        ["text", _] => {}
        ["history", _] => entry = fields.pop(),
        ["none", ..] => fields.truncate(7),
        [..] => return ExitCode::SUCCESS,
    }
    if let Some(last) = fields.last_mut()
        && last.len() > LONGEST_COMMAND
    {
        *last = last
            .get(..last.floor_char_boundary(LONGEST_COMMAND))
            .unwrap_or_default();
    }
    // Trouble here is the engine's: it is gone, or slow and will tell at the next prompt.
    if let Ok(mut client) = Client::dial(&layout.run(), Some(patience))
        && let Ok(news) = client.prompt(&fields, entry)
    {
        drop(std::io::Write::write_all(
            &mut std::io::stderr(),
            news.as_bytes(),
        ));
    }
    ExitCode::SUCCESS
}

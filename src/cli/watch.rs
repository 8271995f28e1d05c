//! `groundschool watch`: the coach in a second terminal. All the words come from the lab's engine; this end carries them.

#![expect(
    clippy::disallowed_methods,
    reason = "asks which lab this terminal is in, and waits for one"
)]

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use crate::cli::arguments::Watch;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::course::words::shell_word;
use crate::lab::server::control::client::{Client, NoEngine};
use crate::lab::voice::Voice;
use crate::lab::workspace::Layout;

/// How often is looked for a lab that is waited for.
const LOOK: Duration = Duration::from_millis(300);

/// Watches until the lab ends or the learner leaves.
pub fn run(options: &Watch) -> Result<ExitCode, CliError> {
    let root = lab_options::here(&options.place)?;
    let root = std::path::absolute(&root).unwrap_or(root);
    let layout = Layout::new(root);
    let voice = lab_options::voice(options.plain);
    let mut client = connect(&layout, options, voice)?;
    client
        .watch(voice.has_colour())
        .map_err(|why| not_open(&layout, options).because(why))?;
    follow(client, voice)
        .map_err(|error| CliError::surroundings("the lab cannot be followed").because(error))
}

fn connect(layout: &Layout, options: &Watch, voice: Voice) -> Result<Client, CliError> {
    let mut told = false;
    loop {
        match Client::dial(&layout.run(), None) {
            Ok(client) => return Ok(client),
            Err(NoEngine::NotThere { .. }) if options.wait => {}
            Err(_) => return Err(not_open(layout, options)),
        }
        if !told {
            let text = format!(
                "No lab is open in {} yet: waiting. Open it in another terminal:\n    {}",
                layout.root().display(),
                learn(options)
            );
            print(&voice.say(&text));
            told = true;
        }
        std::thread::sleep(LOOK);
    }
}

fn not_open(layout: &Layout, options: &Watch) -> CliError {
    CliError::surroundings(format!("no lab is open in {}", layout.root().display()))
        .because("the coach speaks from the lab's own program, which does not run")
        .hint(format!(
            "type `{}` in another terminal, then this again; or add --wait",
            learn(options)
        ))
}

/// What opens the lab that is meant.
fn learn(options: &Watch) -> String {
    match &options.place.lab {
        Some(root) => {
            let root = shell_word(&root.display().to_string());
            format!("groundschool --lab {root}")
        }
        None => "groundschool".to_owned(),
    }
}

/// Carries what the coach says to the terminal, and what is typed to the coach. Sleeps in between.
fn follow(mut client: Client, voice: Voice) -> std::io::Result<ExitCode> {
    let keyboard = std::io::stdin();
    let mut listens = true;
    let mut chunk = [0; 4096];
    loop {
        let mut sources = vec![PollFd::new(&client, PollFlags::IN)];
        if listens {
            sources.push(PollFd::new(&keyboard, PollFlags::IN));
        }
        match poll(&mut sources, None) {
            Ok(_) => {}
            // A terminal that is resized, a program that was stopped and goes on.
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = sources
            .iter()
            .map(|source| !source.revents().is_empty())
            .collect();
        drop(sources);
        if ready.first() == Some(&true) {
            let count = client.read(&mut chunk).unwrap_or(0);
            if count == 0 {
                print(&voice.say("The lab has closed. It is kept: `groundschool` opens it again."));
                return Ok(ExitCode::SUCCESS);
            }
            if !print_bytes(chunk.get(..count).unwrap_or_default()) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        if ready.get(1) == Some(&true) {
            // A terminal gives one line at a time.
            let count = rustix::io::read(&keyboard, &mut chunk).unwrap_or(0);
            let typed = String::from_utf8_lossy(chunk.get(..count).unwrap_or_default());
            let leaves = typed.lines().any(is_goodbye);
            if leaves || count == 0 && keyboard.is_terminal() {
                print(&voice.say("You left the coach. The lab is still open."));
                return Ok(ExitCode::SUCCESS);
            }
            listens = count > 0;
            if listens && client.write_all(typed.as_bytes()).is_err() {
                // The lab ends: the next read says so.
                listens = false;
            }
        }
    }
}

fn is_goodbye(line: &str) -> bool {
    matches!(line.trim(), "quit" | "q" | "exit" | "bye")
}

fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// False when nobody reads any more.
fn print_bytes(bytes: &[u8]) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).is_ok()
}

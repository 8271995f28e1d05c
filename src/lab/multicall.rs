//! The names under which this program does something else: the shims, the `lab` word and the hook's helpers.
//!
//! They are links to this program in the lab's folder. Looked at before anything else starts: a prompt waits for some of them.

#![expect(
    clippy::disallowed_methods,
    reason = "makes links, reads the command line and which lab this is"
)]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::lab::shell::{environment, prompt_client, spawn, word_client};
use crate::lab::stage::shim;
use crate::lab::workspace::Layout;
use crate::lab::world::aws::wrapper;

/// The hook's client.
pub const PROMPT: &str = "groundschool-prompt";
/// What carries an SSH connection to the engine.
pub const CONNECT: &str = "groundschool-connect";
/// What becomes the lab's shell.
pub const CHILD: &str = "groundschool-child";
/// What takes the terminal back.
pub const FOREGROUND: &str = "groundschool-foreground";
/// What keeps a lab's network.
pub const KEEPER: &str = "groundschool-keeper";
/// What becomes another program in a session of its own.
pub const APART: &str = "groundschool-apart";
/// What ssh runs once a login on AWS has succeeded.
pub const SAW: &str = "groundschool-saw";
/// The learner's word.
pub const WORD: &str = "lab";

const HELPERS: [&str; 5] = [PROMPT, CONNECT, CHILD, FOREGROUND, SAW];

/// Makes the links that every lab needs to `program` (this program's own file): the `lab` word, and the helpers, which are
/// not on the PATH.
pub fn link(layout: &Layout, program: &Path) -> io::Result<()> {
    link_as(program, &layout.bin().join(WORD))?;
    for helper in HELPERS {
        link_as(program, &layout.shell().join(helper))?;
    }
    Ok(())
}

/// Makes, or renews, one link.
pub fn link_as(program: &Path, link: &Path) -> io::Result<()> {
    if std::fs::read_link(link).is_ok_and(|target| target == program) {
        return Ok(());
    }
    if let Some(folder) = link.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::remove_file(link) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        Ok(()) | Err(_) => {}
    }
    std::os::unix::fs::symlink(program, link)
}

/// Does what this process's name asks for; `None` when it is an ordinary start of the program. Call it first in `main`.
pub fn dispatch() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let name = PathBuf::from(words.next()?);
    let name = name.file_name()?.to_str()?;
    if name == "groundschool" {
        return None;
    }
    let words: Vec<OsString> = words.collect();
    let texts = || {
        words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    match name {
        #[cfg(target_os = "linux")]
        KEEPER => return Some(crate::lab::stage::netns::keeper::run()),
        CHILD => return Some(spawn::become_shell(&words)),
        FOREGROUND => return Some(spawn::set_foreground(&texts())),
        APART => return Some(spawn::become_apart(&words)),
        SAW => return Some(wrapper::saw(&texts())),
        _ => {}
    }
    let ours = [PROMPT, CONNECT, WORD].contains(&name) || shim::NAMES.contains(&name);
    let layout = std::env::var_os(environment::LAB)
        .filter(|_| ours)
        .map(|lab| Layout::new(PathBuf::from(lab)))?;
    crate::lab::quiet::quiet_panics(Some(layout.panics()));
    let work = || match name {
        PROMPT => prompt_client::run(&layout, &texts()),
        WORD => word_client::run(&layout.run(), &texts()),
        CONNECT => shim::connect(&layout, &texts()),
        "ssh" if layout.is_on_aws() => wrapper::run(&layout, &words),
        _ => shim::run(&layout, name, &words),
    };
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    Some(done.unwrap_or_else(|_| {
        // A prompt comes anyway: nothing is to be said there.
        if name != PROMPT {
            anstream::eprintln!(
                "lab: {name}: a mistake of ours; see {}",
                layout.panics().display()
            );
        }
        ExitCode::from(70)
    }))
}

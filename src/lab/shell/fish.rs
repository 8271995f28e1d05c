//! fish: a file of ours, run after the learner's config.fish, that listens to fish's own events.

use std::io;
use std::path::Path;

use super::{Hook, Start, quote};
use crate::lab::multicall;

pub(super) fn install(hook: &Hook<'_>, program: &Path) -> io::Result<Start> {
    let exports = hook
        .asserted()
        .map(|(name, value)| format!("set -gx {} {}\n", name.display(), quote::fish(value)))
        .collect::<Vec<_>>()
        .concat();
    let file = hook.write(
        "hook.fish",
        include_str!("hooks/hook.fish"),
        &[
            ("OURS", hook.ours().join(" ")),
            ("EXPORTS", exports),
            ("BIN", quote::fish(hook.layout.bin())),
            ("CLIENT", quote::fish(hook.file(multicall::PROMPT))),
        ],
    )?;
    let command = format!("source {}", quote::fish(file));
    Ok(Start {
        program: program.to_owned(),
        arguments: vec!["--init-command".into(), command.into(), "-i".into()],
        variables: Vec::new(),
    })
}

//! bash: an rc file of ours that runs the learner's first, then puts the hook before their PROMPT_COMMAND.

use std::io;
use std::path::Path;

use super::{Hook, Start, quote};
use crate::lab::multicall;
use crate::lab::server::control::PORT_FILE;

pub(super) fn install(hook: &Hook<'_>, program: &Path) -> io::Result<Start> {
    let exports = hook
        .asserted()
        .map(|(name, value)| format!("export {}={}\n", name.display(), quote::posix(value)))
        .collect::<Vec<_>>()
        .concat();
    let rc = hook.write(
        "bashrc",
        include_str!("hooks/bashrc"),
        &[
            ("WAIT", hook.wait().to_owned()),
            ("SHORT", hook.short_wait().to_owned()),
            ("OURS", hook.ours().join(" ")),
            ("EXPORTS", exports),
            ("BIN", quote::posix(hook.layout.bin())),
            ("HISTORY", quote::posix(hook.file("bash_history"))),
            ("PORT_FILE", quote::posix(hook.layout.run().join(PORT_FILE))),
            ("CLIENT", quote::posix(hook.file(multicall::PROMPT))),
        ],
    )?;
    Ok(Start {
        program: program.to_owned(),
        arguments: vec!["--rcfile".into(), rc.into(), "-i".into()],
        variables: Vec::new(),
    })
}

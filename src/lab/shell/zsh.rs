//! zsh: a ZDOTDIR of ours whose files put the learner's back before they run the learner's files.

use std::io;
use std::path::Path;

use super::{Hook, Start, quote};
use crate::lab::multicall;
use crate::lab::server::control::SOCKET;
use crate::lab::server::control::client::fits_a_socket;

pub(super) fn install(hook: &Hook<'_>, program: &Path) -> io::Result<Start> {
    let folder = hook.file("zsh");
    let exports = hook
        .asserted()
        .map(|(name, value)| format!("export {}={}\n", name.display(), quote::posix(value)))
        .collect::<Vec<_>>()
        .concat();
    let socket = hook.layout.run().join(SOCKET);
    // Without a socket of its own the hook falls back to the client, which knows the port.
    let socket = if fits_a_socket(&socket) {
        socket
    } else {
        "".into()
    };
    hook.write(
        "zsh/.zshenv",
        include_str!("hooks/zshenv"),
        &[("ZDOTDIR", quote::posix(&folder))],
    )?;
    hook.write(
        "zsh/.zshrc",
        include_str!("hooks/zshrc"),
        &[
            ("WAIT", hook.wait().to_owned()),
            ("SHORT", hook.short_wait().to_owned()),
            ("OURS", hook.ours().join(" ")),
            ("EXPORTS", exports),
            ("BIN", quote::posix(hook.layout.bin())),
            ("HISTORY", quote::posix(hook.file("zsh_history"))),
            ("SOCKET", quote::posix(socket)),
            ("CLIENT", quote::posix(hook.file(multicall::PROMPT))),
        ],
    )?;
    let mut variables = vec![("ZDOTDIR".into(), folder.into())];
    if let Some(theirs) = hook.variable("ZDOTDIR") {
        variables.push(("GROUNDSCHOOL_ZDOTDIR".into(), theirs.into()));
    }
    Ok(Start {
        program: program.to_owned(),
        arguments: vec!["-i".into()],
        variables,
    })
}

//! A plain sh: an ENV file of ours, and the client in the prompt itself.

use std::io;
use std::path::Path;

use super::{Hook, Start, quote};
use crate::lab::multicall;

pub(super) fn install(hook: &Hook<'_>, program: &Path) -> io::Result<Start> {
    let exports = hook
        .asserted()
        .map(|(name, value)| {
            format!(
                "{name}={}\nexport {name}\n",
                quote::posix(value),
                name = name.display()
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let rc = hook.write(
        "shrc",
        include_str!("hooks/shrc"),
        &[
            ("OURS", hook.ours().join(" ")),
            ("EXPORTS", exports),
            ("BIN", quote::posix(hook.layout.bin())),
            ("CLIENT", quote::posix(hook.file(multicall::PROMPT))),
        ],
    )?;
    let mut variables = vec![("ENV".into(), rc.into())];
    if let Some(theirs) = hook.variable("ENV") {
        variables.push(("GROUNDSCHOOL_ENV".into(), theirs.into()));
    }
    Ok(Start {
        program: program.to_owned(),
        arguments: vec!["-i".into()],
        variables,
    })
}

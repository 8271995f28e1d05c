//! Why a client failed without a trace on the other side: it stopped on the learner's own computer.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Alias, Evidence, Instance, Known};
use crate::course::explain::recognised;
use crate::course::hint::{self, Asked};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::words::shell_word;

/// The sentence for a line that failed while the instance was up and nothing arrived there.
pub(crate) fn explain(
    line: &str,
    instance: &Instance,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Recognised {
    if let Some(alias) = alias_left_out(line, evidence) {
        let (name, file) = (&alias.name, shell_word(&alias.file));
        return recognised(
            Mistake::HostNotFound,
            format!(
                "Nothing reached your instance: {name} stands in {file}, and your client was not told to read that file. Add \
                 -F {file} behind the program's name."
            ),
            format!("ssh -F {file} {name}"),
        );
    }
    let command = Some(scene::ssh_command(bindings, Some(instance)));
    let address = scene::address(Some(instance));
    match hint::asked(line) {
        Asked::Nothing => recognised(
            Mistake::CommandIncomplete,
            "Nothing reached your instance: the command names no computer, so ssh only showed how it is used. It wants \
             the key file after -i, and then the user and the address.",
            command,
        ),
        Asked::Port(port) => recognised(
            Mistake::WrongPort,
            format!(
                "Nothing reached your instance: there is no port {port} and your client stopped at that. An instance \
                 listens for ssh on port 22, which is what ssh uses when you name no port."
            ),
            command,
        ),
        Asked::Host(host) if !is_of(instance, &host) => recognised(
            Mistake::HostNotFound,
            format!(
                "Nothing reached your instance: your client looked for a computer named {host} and found none. Write \
                 the instance's public address there, {address}, after the user and an @."
            ),
            command,
        ),
        Asked::Host(_) | Asked::Unknown => recognised(
            Mistake::NeverLeft,
            format!(
                "Nothing reached your instance, which is up at {address} the whole time: your client stopped on your \
                 own computer. Its message names the option, the file or the network that stopped it."
            ),
            command,
        ),
    }
}

/// The short name that the line uses, of a configuration that the client does not read by itself.
fn alias_left_out<'e>(line: &str, evidence: &'e Evidence) -> Option<&'e Alias> {
    let Known::Seen(aliases) = &evidence.aliases else {
        return None;
    };
    aliases.iter().find(|alias| {
        !alias.file.starts_with("~/.ssh/") && hint::names_without_config(line, &alias.name)
    })
}

fn is_of(instance: &Instance, host: &str) -> bool {
    [&instance.public_address, &instance.public_name]
        .into_iter()
        .flatten()
        .any(|known| known == host)
}

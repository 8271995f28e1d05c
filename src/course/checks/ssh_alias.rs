//! An ssh configuration has a short name for the instance.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Alias, Evidence, Instance, Known};
use crate::course::hint;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let aliases = match &evidence.aliases {
        Known::Seen(aliases) => aliases,
        Known::Unknown(why) => return Err(Verdict::CouldNotTell { why: why.clone() }),
        Known::NotGathered => {
            return Err(Verdict::CouldNotTell {
                why: "Ground School did not look at your ssh configuration. That is our bug, not yours."
                    .to_owned(),
            });
        }
    };
    let wanted =
        "An ssh configuration with a short name for your instance: its address, user and key.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair.",
        ));
    };
    let mut missing = Vec::new();
    for alias in aliases {
        let lacks = lacks(alias, instance, evidence, bindings);
        if lacks.is_empty() {
            return Ok(Verdict::passed(format!(
                "{} in {} stands for the user, the address and the key: one word instead of four things.",
                alias.name, alias.file
            )));
        }
        missing.push(format!(
            "{} in {}: {}.",
            alias.name,
            alias.file,
            lacks.join(", ")
        ));
    }
    Ok(if missing.is_empty() {
        Verdict::not_yet(
            wanted,
            "No configuration with a Host line was found in the lab folder.",
        )
    } else {
        Verdict::not_yet(wanted, missing.join(" "))
    })
}

/// What the name does not say, or says wrongly.
fn lacks(
    alias: &Alias,
    instance: &Instance,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Vec<String> {
    if alias.host.is_empty() {
        return vec!["ssh cannot read the file, and says why when you use it".to_owned()];
    }
    let mut lacks = Vec::new();
    let names = [&instance.public_address, &instance.public_name];
    if !names.into_iter().flatten().any(|name| *name == alias.host) {
        let address = scene::address(Some(instance));
        lacks.push(if alias.host.eq_ignore_ascii_case("address") {
            format!("HostName is still the word ADDRESS: write {address} there")
        } else {
            format!("HostName is {} and not {address}", alias.host)
        });
    }
    let user = scene::login_user(Some(instance));
    if alias.user != user {
        lacks.push(format!("User is {} and not {user}", alias.user));
    }
    let lab = evidence.places.as_ref().map_or("", |places| &places.lab);
    let key = alias.keys.iter().any(|key| {
        let found = hint::find_file(
            key,
            lab,
            evidence.places.as_ref(),
            scene::known_files(evidence),
        );
        matches!(found, Ok(Some(file)) if Some(&file.path) == bindings.key_file.as_ref())
    });
    if !key {
        lacks.push(format!("IdentityFile is not {}", scene::key_path(bindings)));
    }
    if !alias.only {
        lacks.push("IdentitiesOnly yes is missing".to_owned());
    }
    lacks
}

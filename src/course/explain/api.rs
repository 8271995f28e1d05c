//! What a refused API call looks like.

use std::collections::BTreeMap;

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::{file, recognised};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::words::shell_word;

/// One refused call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused<'a> {
    /// `RunInstances` and so on.
    pub(crate) action: &'a str,
    /// Where it went.
    pub(crate) region: &'a str,
    /// Its parameters.
    pub(crate) parameters: &'a BTreeMap<String, String>,
    /// AWS's error code.
    pub(crate) code: &'a str,
    /// AWS's message.
    pub(crate) message: &'a str,
}

/// The mistake behind a refused call, if it is one that the course knows.
pub(crate) fn explain(
    call: Refused<'_>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    match call.code {
        "InvalidKeyPair.Duplicate" => Some(duplicate(call, evidence, bindings)),
        "InvalidKeyPair.NotFound" => Some(not_found(call, evidence)),
        _ => None,
    }
}

fn duplicate(call: Refused<'_>, evidence: &Evidence, bindings: &Bindings) -> Recognised {
    // It may be about another pair than the lesson's own.
    let named = call.parameters.get("KeyName");
    let listed = scene::known_account(evidence)
        .iter()
        .flat_map(|account| &account.key_pairs)
        .find(|pair| Some(&pair.name) == named);
    let bound = bindings.key_pair.as_ref().map(|pair| &pair.id);
    let other = listed.filter(|pair| Some(&pair.id) != bound);
    let of_other = other.map(|pair| Bindings {
        key_pair: Some(pair.into()),
        ..Bindings::default()
    });
    let bindings = of_other.as_ref().unwrap_or(bindings);
    let saved = scene::files_of_key(evidence, bindings);
    if saved.is_empty()
        && let Some(failed) = file::failed_attempt(evidence, bindings)
        && let Some(recognised) = file::spoiled(failed, evidence, bindings)
    {
        return recognised;
    }
    let name = call
        .parameters
        .get("KeyName")
        .map_or("of that name", String::as_str);
    let (hint, cure) = match saved.first() {
        Some(file) => (format!("You have its private half in {} and can use that.", file.path), None),
        None => (
            "AWS shows a private half only once. If you did not keep it, delete the pair and create it again."
                .to_owned(),
            Some(format!("aws ec2 delete-key-pair --key-name {}", shell_word(name))),
        ),
    };
    recognised(
        Mistake::KeyPairDuplicate,
        format!("Key pair {name} is in your account already, so no second one was made. {hint}"),
        cure,
    )
}

fn not_found(call: Refused<'_>, evidence: &Evidence) -> Recognised {
    let asked = call
        .parameters
        .get("KeyName")
        .or_else(|| call.parameters.get("KeyName.1"))
        .map(String::as_str)
        .or_else(|| call.message.split('\'').nth(1))
        .unwrap_or("of that name");
    let account = scene::known_account(evidence);
    let names: Vec<&str> = account
        .iter()
        .flat_map(|account| &account.key_pairs)
        .map(|key| key.name.as_str())
        .collect();
    let use_it = |name: &str| Some(format!("--key-name {}", shell_word(name)));
    let file_name = asked.rsplit('/').next().unwrap_or(asked);
    let stem = file_name
        .strip_suffix(".pem")
        .or_else(|| file_name.strip_suffix(".ppk"));
    if let Some(stem) = stem {
        return recognised(
            Mistake::KeyPairNameWithPem,
            format!(
                "'{asked}' is a file's name. A key pair has a name of its own in AWS, without the ending: {} was \
                 asked for a pair that does not exist.",
                call.action
            ),
            use_it(stem),
        );
    }
    let home = account.map_or("", |account| account.region.as_str());
    if home != call.region && names.contains(&asked) {
        return recognised(
            Mistake::KeyPairNameNotFound,
            format!(
                "Key pair '{asked}' is in region {home} but this command went to {} and key pairs live in one region \
                 only. Leave --region out, or name {home}",
                call.region
            ),
            None,
        );
    }
    let have = if names.is_empty() {
        "There is no key pair in your account yet: create one first.".to_owned()
    } else {
        format!("Your key pairs: {}", names.join(", "))
    };
    let near = names.iter().find(|name| name.eq_ignore_ascii_case(asked));
    let case = if near.is_some() {
        " Capital letters count."
    } else {
        ""
    };
    recognised(
        Mistake::KeyPairNameNotFound,
        format!("There is no key pair named '{asked}' here.{case} {have}"),
        near.or(names.first()).and_then(|name| use_it(name)),
    )
}

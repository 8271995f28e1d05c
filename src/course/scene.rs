//! The scene: what the evidence shows of the things that the lesson is about.

use crate::course::bindings::{Bindings, BoundKeyPair};
use crate::course::evidence::{
    Account, Event, Evidence, Instance, KeyContent, KeyFile, Known, What,
};
use crate::course::verdict::Verdict;
use crate::course::words::shell_word;

/// AWS rounds a launch time down to the second, so an instance may seem that much older than its key pair.
const ROUNDING: i64 = 1_000;

/// The facts, or the verdict that they could not be learned.
fn seen<'a, T>(known: &'a Known<T>, what: &str) -> Result<&'a T, Verdict> {
    match known {
        Known::Seen(facts) => Ok(facts),
        Known::Unknown(why) => Err(Verdict::CouldNotTell { why: why.clone() }),
        Known::NotGathered => Err(Verdict::CouldNotTell {
            why: format!("Ground School did not look at {what}. That is our bug, not yours."),
        }),
    }
}

/// The account.
pub(crate) fn account(evidence: &Evidence) -> Result<&Account, Verdict> {
    seen(&evidence.account, "your account")
}

/// The key files.
pub(crate) fn key_files(evidence: &Evidence) -> Result<&[KeyFile], Verdict> {
    seen(&evidence.key_files, "your key files").map(Vec::as_slice)
}

/// The events.
pub(crate) fn events(evidence: &Evidence) -> Result<&[Event], Verdict> {
    seen(&evidence.events, "what happened").map(Vec::as_slice)
}

/// The account if it is known.
pub(crate) fn known_account(evidence: &Evidence) -> Option<&Account> {
    account(evidence).ok()
}

/// The key files if they are known, else none.
pub(crate) fn known_files(evidence: &Evidence) -> &[KeyFile] {
    key_files(evidence).unwrap_or_default()
}

/// The events if they are known, else none.
pub(crate) fn known_events(evidence: &Evidence) -> &[Event] {
    events(evidence).unwrap_or_default()
}

/// Whether the file holds the private half of the key pair.
pub(crate) fn holds(file: &KeyFile, key: &BoundKeyPair) -> bool {
    let same_public = file.public_sha256.is_some() && file.public_sha256 == key.public_sha256;
    same_public
        || file
            .ec2_fingerprints
            .iter()
            .any(|print| same_print(print, &key.fingerprint))
}

/// EC2 prints ED25519 fingerprints with a `=` at the end and some tools without.
fn same_print(one: &str, other: &str) -> bool {
    one.trim_end_matches('=') == other.trim_end_matches('=')
}

/// The files that hold the bound key pair's private half. A key locked with a passphrase shows nothing of itself and is
/// believed at the path where the key was.
pub(crate) fn files_of_key<'a>(evidence: &'a Evidence, bindings: &Bindings) -> Vec<&'a KeyFile> {
    let Some(key) = &bindings.key_pair else {
        return Vec::new();
    };
    let locked = |file: &KeyFile| {
        file.content == KeyContent::PrivateKey
            && file.public_sha256.is_none()
            && file.ec2_fingerprints.is_empty()
            && bindings.key_file.as_ref() == Some(&file.path)
    };
    known_files(evidence)
        .iter()
        .filter(|file| holds(file, key) || locked(file))
        .collect()
}

/// The file that commands should name.
pub(crate) fn key_path(bindings: &Bindings) -> String {
    match (&bindings.key_file, &bindings.key_pair) {
        (Some(path), _) => path.clone(),
        (None, Some(key)) => format!("{}.pem", key.name),
        (None, None) => "testkeypair.pem".to_owned(),
    }
}

/// The key pair's name that commands should use.
pub(crate) fn key_name(bindings: &Bindings) -> &str {
    bindings
        .key_pair
        .as_ref()
        .map_or("testkeypair", |key| &key.name)
}

/// The instance of that id.
pub(crate) fn instance<'a>(evidence: &'a Evidence, id: &str) -> Option<&'a Instance> {
    known_account(evidence)?
        .instances
        .iter()
        .find(|one| one.id == id)
}

/// Said of what was done in another region than the lesson's, if the newest call of one of these actions went there.
pub(crate) fn done_elsewhere(evidence: &Evidence, actions: &[&str]) -> Option<String> {
    let home = &known_account(evidence)?.region;
    let newest = known_events(evidence).iter().rev().find_map(|event| {
        if let What::Api { action, region, .. } = &event.what {
            (actions.contains(&action.as_str()) && !region.is_empty()).then_some(region)
        } else {
            None
        }
    })?;
    (newest != home).then(|| format!("You did that in {newest}; this lesson is in {home}."))
}

/// The bound instance.
pub(crate) fn bound_instance<'a>(
    evidence: &'a Evidence,
    bindings: &Bindings,
) -> Option<&'a Instance> {
    instance(evidence, bindings.instance.as_deref()?)
}

/// Whether the instance was launched with this very key pair, not with an earlier one of the same name.
pub(crate) fn launched_with(instance: &Instance, key: &BoundKeyPair) -> bool {
    instance.key_name.as_deref() == Some(&key.name)
        && instance.launched_at + ROUNDING >= key.created_at
}

/// Whether the instance is up or on its way up.
pub(crate) fn is_alive(instance: &Instance) -> bool {
    matches!(instance.state.as_str(), "pending" | "running")
}

/// Whether the instance is gone or on its way out.
pub(crate) fn is_gone(instance: &Instance) -> bool {
    matches!(instance.state.as_str(), "shutting-down" | "terminated")
}

/// The user to sign in as.
pub(crate) fn login_user(instance: Option<&Instance>) -> &str {
    instance
        .and_then(|one| one.login_user.as_deref())
        .unwrap_or("ec2-user")
}

/// The address to sign in at, or a word that stands for it.
pub(crate) fn address(instance: Option<&Instance>) -> &str {
    instance
        .and_then(|one| one.public_address.as_deref())
        .unwrap_or("PUBLIC-ADDRESS")
}

/// The whole command that signs in to the instance.
pub(crate) fn ssh_command(bindings: &Bindings, instance: Option<&Instance>) -> String {
    ssh_with(&key_path(bindings), instance)
}

/// The same with this key file.
pub(crate) fn ssh_with(path: &str, instance: Option<&Instance>) -> String {
    format!(
        "ssh -i {} {}@{}",
        shell_word(path),
        login_user(instance),
        address(instance)
    )
}

/// Whether somebody logged in to the instance, or with the bound key to whatever instance.
pub(crate) fn logins<'a>(
    evidence: &'a Evidence,
    bindings: &'a Bindings,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let sha = bindings
        .key_pair
        .as_ref()
        .and_then(|key| key.public_sha256.as_deref());
    known_events(evidence).iter().filter_map(move |event| {
        if let What::LoggedIn {
            instance,
            user,
            key_sha256,
            ..
        } = &event.what
        {
            let ours = match sha {
                Some(sha) => sha == key_sha256,
                None => bindings.instance.as_ref() == Some(instance),
            };
            ours.then_some((instance.as_str(), user.as_str()))
        } else {
            None
        }
    })
}

//! A key file that ssh takes: nobody else may do anything with it.

use crate::course::bindings::{Bindings, BoundKeyPair};
use crate::course::evidence::{Evidence, KeyContent, KeyFile};
use crate::course::explain::file;
use crate::course::scene;
use crate::course::verdict::Verdict;
use crate::course::words::{for_others, permissions};

/// The lesson's own key, mode 400 or 600.
pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let path = scene::key_path(bindings);
    let wanted = format!("{path} can be read by you, and nobody else may do anything with it.");
    let files = scene::files_of_key(evidence, bindings);
    let here = |file: &&KeyFile| file.path == path;
    let unreadable = scene::known_files(evidence)
        .iter()
        .filter(here)
        .find(|file| file.content == KeyContent::Unreadable);
    let Some(file) = files.iter().copied().find(here).or(unreadable) else {
        return Ok(Verdict::not_yet(
            wanted,
            "No file with your private key was found in the lab folder.",
        ));
    };
    let mode = permissions(file.mode);
    if for_others(file.mode) != 0 {
        return Ok(Verdict::not_yet(
            wanted,
            format!("Its mode is {mode}: others on this computer may read it."),
        ));
    }
    if file.mode & 0o400 == 0 {
        return Ok(Verdict::not_yet(
            wanted,
            format!("Its mode is {mode}: you may not read it yourself."),
        )
        .or_mistake(Some(file::unreadable(file))));
    }
    Ok(Verdict::passed(format!(
        "{path} has mode {mode}: nothing for the group, nothing for others. That is all that ssh asks for."
    )))
}

/// Another key pair than the lesson's own, whose file was never open.
pub(super) fn second(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let files = scene::key_files(evidence)?;
    let wanted = "A second key pair, its private half in a file that nobody else can read.";
    let others = account.key_pairs.iter().filter(|pair| {
        bindings
            .key_pair
            .as_ref()
            .is_none_or(|bound| bound.id != pair.id)
    });
    let mut open = None;
    for pair in others {
        let bound = BoundKeyPair::from(pair);
        let held = files
            .iter()
            .find(|file| file.content == KeyContent::PrivateKey && scene::holds(file, &bound));
        let Some(file) = held else { continue };
        if for_others(file.mode) == 0 {
            return Ok(Verdict::passed(format!(
                "{} holds the key of {} and has mode {}.",
                file.path,
                pair.name,
                permissions(file.mode)
            )));
        }
        open = Some(file);
    }
    Ok(match open {
        Some(file) => Verdict::not_yet(
            wanted,
            format!(
                "{} has mode {}. A > leaves the mode of a file that is there as it was: remove the file first.",
                file.path,
                permissions(file.mode)
            ),
        ),
        None => Verdict::not_yet(wanted, "No file here holds the key of a second pair."),
    })
}

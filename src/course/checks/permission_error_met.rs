//! The learner met ssh's refusal of a key file that others can read, or had no reason to.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::{file, login};
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::verdict::Verdict;
use crate::course::words::{for_others, permissions};

/// Nobody is held up here: who made the key private before, or uses a client that does not look at modes, passes with a
/// note.
pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let events = scene::events(evidence)?;
    let path = scene::key_path(bindings);
    let files = scene::files_of_key(evidence, bindings);
    let met = sessions(events).iter().any(|session| {
        login::explain(session, evidence, bindings)
            .is_some_and(|recognised| recognised.mistake == Mistake::KeyOpenToOthers)
    });
    if met {
        return Ok(Verdict::passed(format!(
            "ssh would not use {path} while others may read it. The instance was offered no key, hence the second \
             message, Permission denied."
        )));
    }
    if scene::logins(evidence, bindings).next().is_some() {
        return Ok(Verdict::passed(
            "You are signed in already: your client had nothing to say against the key file's mode.",
        ));
    }
    let private = files.iter().find(|file| for_others(file.mode) == 0);
    if let Some(private) = private {
        return Ok(Verdict::passed(format!(
            "{} has mode {}: only you can read it, so ssh has nothing to complain about. With 644, as the file comes \
             at first, it refuses the key: UNPROTECTED PRIVATE KEY FILE.",
            private.path,
            permissions(private.mode)
        )));
    }
    let wanted = "You try to sign in once while the key file can still be read by others.";
    let spoiled = file::failed_attempt(evidence, bindings).filter(|_| files.is_empty());
    if let Some(spoiled) = spoiled {
        let found = format!("{} does not hold your private key.", spoiled.path);
        let mistake = file::spoiled(spoiled, evidence, bindings);
        return Ok(Verdict::not_yet(wanted, found).or_mistake(mistake));
    }
    let mode = files.first().map_or_else(
        || "The file with your private key was not found.".to_owned(),
        |file| format!("The mode of {} is {}.", file.path, permissions(file.mode)),
    );
    Ok(Verdict::not_yet(
        wanted,
        format!("No attempt with that file has reached the instance yet. {mode}"),
    ))
}

//! The key file is locked with a passphrase.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::file;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let path = scene::key_path(bindings);
    let wanted = format!("{path} is locked with a passphrase.");
    let files = scene::files_of_key(evidence, bindings);
    Ok(match files.iter().find(|one| one.path == path) {
        Some(one) if file::is_locked(one) => Verdict::passed(format!(
            "{path} is locked: whoever copies the file has nothing without the passphrase."
        )),
        Some(_) => Verdict::not_yet(wanted, "Whoever has the file can use it as it is."),
        None => Verdict::not_yet(
            wanted,
            "No file with your private key was found in the lab folder.",
        ),
    })
}

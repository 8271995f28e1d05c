//! The private half is in a file of PuTTY's form.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, KeyContent};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let name = scene::key_name(bindings);
    let files = scene::files_of_key(evidence, bindings);
    if let Some(file) = files.iter().find(|file| file.content == KeyContent::Ppk) {
        return Ok(Verdict::passed(format!(
            "{} holds the private half of {name} in PuTTY's form. It is the same key in another suit.",
            file.path
        )));
    }
    let mut all = scene::known_files(evidence).iter();
    let found = all.find(|file| file.content == KeyContent::Ppk).map_or_else(
        || "No file here holds it in PuTTY's form.".to_owned(),
        |other| {
            format!(
                "{} is in PuTTY's form, and holds another key, which no instance knows: load {} and save that.",
                other.path,
                scene::key_path(bindings)
            )
        },
    );
    Ok(Verdict::not_yet(
        format!("A .ppk file with the private half of {name} in it."),
        found,
    ))
}

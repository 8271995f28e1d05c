//! The private half is in a file, wherever the learner keeps it.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, KeyContent};
use crate::course::explain::file;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let Some(key) = &bindings.key_pair else {
        return Ok(Verdict::not_yet(
            "A file with the private half of your key pair.",
            "There is no key pair yet.",
        ));
    };
    let wanted = format!(
        "A file with the private half of key pair {} in it.",
        key.name
    );
    let files = scene::files_of_key(evidence, bindings);
    let ours = files
        .iter()
        .find(|file| Some(&file.path) == bindings.key_file.as_ref());
    if let Some(file) = ours {
        let format = if file.content == KeyContent::Ppk {
            " It is in PuTTY's format: right for PuTTY and plink, but ssh needs a .pem file."
        } else {
            ""
        };
        return Ok(Verdict::passed(format!(
            "{} holds the private half of {} and it is the only copy: AWS keeps none.{format}",
            file.path, key.name
        )));
    }
    let Some(failed) = file::failed_attempt(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            format!(
                "No file here holds it. AWS shows it only once: if it is lost, delete key pair {} and create it \
                 again, with > and a file's name behind the command.",
                key.name
            ),
        ));
    };
    let found = format!(
        "{} was written, but ssh cannot use what is in it.",
        failed.path
    );
    Ok(Verdict::not_yet(wanted, found).or_mistake(file::spoiled(failed, evidence, bindings)))
}

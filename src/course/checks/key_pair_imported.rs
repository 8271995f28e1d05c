//! A key pair that the learner made was imported: AWS never had its private half.

use crate::course::bindings::BoundKeyPair;
use crate::course::evidence::{Evidence, KeyContent};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let files = scene::key_files(evidence)?;
    let wanted = "A key pair of your own making is imported into your account, and its private half is in a file here.";
    let mut without = None;
    for pair in account.key_pairs.iter().filter(|pair| pair.imported) {
        let bound = BoundKeyPair::from(pair);
        let held = files
            .iter()
            .find(|file| file.content == KeyContent::PrivateKey && scene::holds(file, &bound));
        if let Some(file) = held {
            return Ok(Verdict::passed(format!(
                "Key pair {} is imported. Its private half was made here, in {} and has never left this computer.",
                pair.name, file.path
            )));
        }
        without = Some(pair);
    }
    Ok(match without {
        Some(pair) => Verdict::not_yet(
            wanted,
            format!(
                "Key pair {} is imported, but no file here holds its private half.",
                pair.name
            ),
        ),
        None => Verdict::not_yet(wanted, "No key pair in your account was imported yet."),
    })
}

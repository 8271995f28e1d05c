//! A key pair that the learner made was imported: AWS never had its private half.

use crate::course::bindings::BoundKeyPair;
use crate::course::evidence::{A_PRIVATE_HALF, Evidence, KeyContent, What};
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
            let travelled = if private_half_sent(evidence) {
                "A private half was sent to AWS before, and refused: if it was this one, make a new pair for real work."
            } else {
                "It has never left this computer."
            };
            return Ok(Verdict::passed(format!(
                "Key pair {} is imported. Its private half was made here, in {}. {travelled}",
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
        None if newest_import_was_private(evidence) => Verdict::not_yet(
            wanted,
            "That was the private half: AWS refused it. Only the public half goes: fileb://new.pub, or what your file is named.",
        ),
        None => {
            let elsewhere = scene::done_elsewhere(evidence, &["ImportKeyPair"])
                .map_or_else(String::new, |says| format!(" {says}"));
            Verdict::not_yet(
                wanted,
                format!("No key pair in your account was imported yet.{elsewhere}"),
            )
        }
    })
}

/// What each import has sent, oldest first: whether that was a private half. The journal keeps no key, and says this of it.
fn imports(evidence: &Evidence) -> impl DoubleEndedIterator<Item = bool> {
    scene::known_events(evidence).iter().filter_map(|event| {
        if let What::Api {
            action, parameters, ..
        } = &event.what
        {
            let sent = parameters.get("PublicKeyMaterial").map(String::as_str);
            (action == "ImportKeyPair").then_some(sent == Some(A_PRIVATE_HALF))
        } else {
            None
        }
    })
}

fn private_half_sent(evidence: &Evidence) -> bool {
    imports(evidence).any(|private| private)
}

fn newest_import_was_private(evidence: &Evidence) -> bool {
    imports(evidence).next_back() == Some(true)
}

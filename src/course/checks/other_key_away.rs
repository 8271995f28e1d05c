//! Another key than the launch's was moved out of the lab's folder: nothing at hand opens the instance.

use crate::course::bindings::{Bindings, BoundKeyPair};
use crate::course::evidence::{Evidence, KeyContent, KeyFile, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let files = scene::key_files(evidence)?;
    let events = scene::events(evidence)?;
    let own = bindings.key_pair.as_ref();
    let came = |sha: &str| {
        events.iter().any(|event| {
            matches!(&event.what, What::LoggedIn { instance, key_sha256, .. }
                if key_sha256 == sha && Some(instance) == bindings.instance.as_ref())
        })
    };
    let imported = |file: &KeyFile| {
        let mut pairs = account.key_pairs.iter().filter(|pair| pair.imported);
        pairs.any(|pair| scene::holds(file, &BoundKeyPair::from(pair)))
    };
    // A file in the folder itself: its path is its name.
    let at_hand = files.iter().find(|file| {
        matches!(file.content, KeyContent::PrivateKey | KeyContent::Ppk)
            && !file.path.contains('/')
            && !own.is_some_and(|own| scene::holds(file, own))
            && (imported(file) || file.public_sha256.as_deref().is_some_and(came))
    });
    Ok(match at_hand {
        Some(file) => Verdict::not_yet(
            "The key that opens the instance is out of the lab's folder, as if it was lost.",
            format!("{} is still here: move it away first.", file.path),
        ),
        None => Verdict::passed("The key that opens the instance is away."),
    })
}

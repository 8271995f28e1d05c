//! Bindings: what the learner's own names stand for in this lesson.

use serde::{Deserialize, Serialize};

use crate::course::evidence::{Account, Evidence, Instance, KeyContent, KeyPair};
use crate::course::scene;
use crate::course::words::for_others;

/// What the lesson is about for this learner. Found in the evidence, never demanded; kept with the progress so that it
/// is still known when the key pair and the instance are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// The key pair.
    pub key_pair: Option<BoundKeyPair>,
    /// The file with its private half, as [`crate::course::evidence::KeyFile::path`].
    pub key_file: Option<String>,
    /// The instance's id.
    pub instance: Option<String>,
    /// While a step is judged: when the one before it was passed, Unix milliseconds. Kept nowhere.
    #[serde(skip)]
    pub since: i64,
}

/// A key pair, remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundKeyPair {
    /// `KeyName`.
    pub name: String,
    /// `KeyPairId`.
    pub id: String,
    /// `KeyFingerprint`.
    pub fingerprint: String,
    /// The public half's `SHA256:…`, where it was known.
    pub public_sha256: Option<String>,
    /// `CreateTime`, Unix milliseconds.
    pub created_at: i64,
}

impl Bindings {
    /// Finds anew what the lesson is about: the key pair whose private half the learner has and whose instance lives,
    /// else the one met before, else the newest. What is not found is remembered as it was. Called by every check but
    /// the one about cleaning up, which is about what there was.
    pub fn settle(&mut self, evidence: &Evidence) {
        let Some(account) = scene::known_account(evidence) else {
            return;
        };
        let listed = account.key_pairs.iter().map(BoundKeyPair::from);
        let remembered = self.key_pair.clone().into_iter();
        // The remembered one comes last: if it is still listed, the listed facts are the fresher ones.
        let best = listed.chain(remembered).rev().max_by_key(|key| {
            let has_file = scene::known_files(evidence)
                .iter()
                .any(|file| scene::holds(file, key));
            let lives = |one: &Instance| scene::launched_with(one, key) && scene::is_alive(one);
            (
                has_file,
                account.instances.iter().any(lives),
                account.key_pairs.iter().any(|listed| listed.id == key.id),
                self.key_pair
                    .as_ref()
                    .is_some_and(|bound| bound.id == key.id),
                key.created_at,
            )
        });
        if best.as_ref().map(|key| &key.id) != self.key_pair.as_ref().map(|key| &key.id) {
            self.key_file = None;
            self.instance = None;
        }
        self.key_pair = best;
        self.settle_file(evidence);
        self.settle_instance(evidence, account);
    }

    /// The file: the safest copy, then the one met before.
    fn settle_file(&mut self, evidence: &Evidence) {
        let files = scene::files_of_key(evidence, self);
        let best = files.iter().max_by_key(|file| {
            (
                file.content == KeyContent::PrivateKey,
                file.mode & 0o777 == 0o400,
                for_others(file.mode) == 0,
                self.key_file.as_ref() == Some(&file.path),
                file.modified_at,
            )
        });
        if let Some(file) = best {
            self.key_file = Some(file.path.clone());
        }
    }

    /// The instance: alive, then signed in to, then the one met before, then the newest.
    fn settle_instance(&mut self, evidence: &Evidence, account: &Account) {
        let Some(key) = &self.key_pair else { return };
        let used: Vec<&str> = scene::logins(evidence, self)
            .map(|(instance, _)| instance)
            .collect();
        let ours = account
            .instances
            .iter()
            .filter(|one| scene::launched_with(one, key));
        let best = ours.max_by_key(|one| {
            (
                scene::is_alive(one),
                !scene::is_gone(one),
                used.contains(&one.id.as_str()),
                self.instance.as_ref() == Some(&one.id),
                one.launched_at,
            )
        });
        if let Some(instance) = best {
            self.instance = Some(instance.id.clone());
        }
    }
}

impl From<&KeyPair> for BoundKeyPair {
    fn from(key: &KeyPair) -> Self {
        Self {
            name: key.name.clone(),
            id: key.id.clone(),
            fingerprint: key.fingerprint.clone(),
            public_sha256: key.public_sha256.clone(),
            created_at: key.created_at,
        }
    }
}

//! Key pairs of one Region: the public half and its fingerprint. The private half is never kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cloud::api::error::ApiError;
use crate::cloud::resources::tag::Tags;
use crate::keys::PublicKey;

/// One key pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// `key-0…`.
    pub id: String,
    /// `KeyName`.
    pub name: String,
    /// The public half.
    pub public_key: PublicKey,
    /// `KeyFingerprint`, exactly as AWS prints it: it depends on where the key was made.
    pub fingerprint: String,
    /// `CreateTime`.
    pub created_at: Timestamp,
    /// Came with ImportKeyPair: AWS never had the private half.
    pub imported: bool,
    /// Tags.
    pub tags: Tags,
}

/// The key pairs of one Region, by name. Written as a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyPairs {
    by_name: BTreeMap<String, Arc<KeyPair>>,
    names: HashMap<String, String>,
}

impl KeyPairs {
    /// The most that a Region holds (`facts/ec2-api.md` section 4.2).
    pub const LIMIT: usize = 5000;

    /// The key pair of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<KeyPair>> {
        self.by_name.get(name)
    }

    /// The key pair with that id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<KeyPair>> {
        self.by_name.get(self.names.get(id)?)
    }

    /// The key pair of that name, or AWS's refusal.
    pub fn require(&self, name: &str) -> Result<&Arc<KeyPair>, ApiError> {
        self.get(name)
            .ok_or_else(|| ApiError::no_such_key_pair(name))
    }

    /// Refuses a name that is taken, and a key pair beyond the quota.
    pub fn check_room_for(&self, name: &str) -> Result<(), ApiError> {
        if self.get(name).is_some() {
            return Err(ApiError::new(
                "InvalidKeyPair.Duplicate",
                "The keypair already exists",
            ));
        }
        if self.len() >= Self::LIMIT {
            // Quoted in a benchmark's tests of AWS's quotas.
            let text = format!("Maximum of {} keypairs reached.", Self::LIMIT);
            return Err(ApiError::new("KeyPairLimitExceeded", text));
        }
        Ok(())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<KeyPair>> {
        self.by_name.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Adds one; one of the same name is replaced.
    pub fn insert(&mut self, pair: KeyPair) {
        self.remove(&pair.name);
        self.names.insert(pair.id.clone(), pair.name.clone());
        self.by_name.insert(pair.name.clone(), Arc::new(pair));
    }

    /// Takes out the one of that name.
    pub fn remove(&mut self, name: &str) -> Option<Arc<KeyPair>> {
        let pair = self.by_name.remove(name)?;
        self.names.remove(&pair.id);
        Some(pair)
    }

    /// The tags of the key pair with that id.
    pub fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let pair = self.by_name.get_mut(self.names.get(id)?)?;
        Some(&mut Arc::make_mut(pair).tags)
    }
}

/// Up to 255 ASCII characters without spaces at either end (`facts/ec2-api.md` section 4.2). Of the texts, only the form
/// of the one about ASCII is known.
pub fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::missing_parameter("KeyName"));
    }
    if !name.is_ascii() {
        let text = format!(
            "Value ({name}) for parameter KeyName is invalid. Character sets beyond ASCII are not supported."
        );
        return Err(ApiError::invalid_value(text));
    }
    if name.len() > 255 {
        return Err(ApiError::too_long("KeyName", 255));
    }
    if name.trim() != name {
        let text = format!(
            "Value ({name}) for parameter KeyName is invalid. Leading and trailing spaces are not allowed."
        );
        return Err(ApiError::invalid_value(text));
    }
    Ok(())
}

impl ApiError {
    /// `InvalidKeyPair.NotFound`.
    pub fn no_such_key_pair(name: &str) -> Self {
        let text = format!("The key pair '{name}' does not exist");
        Self::new("InvalidKeyPair.NotFound", text)
    }

    /// `InvalidKey.Format`, whatever is wrong with the material.
    pub fn not_a_public_key() -> Self {
        let text = "Key is not in valid OpenSSH public key format";
        Self::new("InvalidKey.Format", text)
    }
}

impl Serialize for KeyPairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.by_name.values().map(|pair| &**pair))
    }
}

impl<'de> Deserialize<'de> for KeyPairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        for pair in Vec::<KeyPair>::deserialize(deserializer)? {
            all.insert(pair);
        }
        Ok(all)
    }
}

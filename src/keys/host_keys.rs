//! All host keys of one machine, kept as the seed that they are made from and made when somebody looks at them.
//!
//! Ten thousand instances of which nobody sees a host key cost 32 bytes each for them, and no time at their launch.

use std::ops::Deref;
use std::sync::OnceLock;

use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::host_key::{HostKey, HostKeyType};

/// ED25519 and ECDSA, as Amazon Linux 2023 has them; the RSA host keys of other systems are not simulated.
const TYPES: [HostKeyType; 2] = [HostKeyType::EcdsaP256, HostKeyType::Ed25519];

/// The host keys of one machine. Used as a list of them, it makes them: well under a millisecond, once.
#[derive(Debug, Clone)]
pub struct HostKeys {
    /// None for keys that were written by a version which had no seeds.
    seed: Option<[u8; 32]>,
    made: OnceLock<Box<[HostKey]>>,
}

impl HostKeys {
    /// New keys, which are not made yet.
    pub fn new(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed)
    }

    /// The keys of that seed: always the same.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            seed: Some(seed),
            made: OnceLock::new(),
        }
    }
}

impl Deref for HostKeys {
    type Target = [HostKey];

    fn deref(&self) -> &[HostKey] {
        self.made.get_or_init(|| {
            let mut rng = StdRng::from_seed(self.seed.unwrap_or_default());
            let keys = TYPES
                .into_iter()
                .map(|key_type| HostKey::generate(key_type, &mut rng));
            // A key that was just made is always one that can be written down.
            keys.filter_map(Result::ok).collect()
        })
    }
}

impl<'a> IntoIterator for &'a HostKeys {
    type Item = &'a HostKey;
    type IntoIter = std::slice::Iter<'a, HostKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for HostKeys {
    fn eq(&self, other: &Self) -> bool {
        match (self.seed, other.seed) {
            (Some(one), Some(two)) => one == two,
            _ => **self == **other,
        }
    }
}

impl Eq for HostKeys {}

impl Serialize for HostKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.seed {
            Some(seed) => serializer.serialize_str(&hex::encode(seed)),
            None => self.deref().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for HostKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "a seed of 64 hex digits, or a list of private keys"
        )]
        enum Written {
            Seed(String),
            Keys(Vec<HostKey>),
        }
        match Written::deserialize(deserializer)? {
            Written::Seed(text) => {
                let mut seed = [0; 32];
                hex::decode_to_slice(text, &mut seed).map_err(serde::de::Error::custom)?;
                Ok(Self::from_seed(seed))
            }
            Written::Keys(keys) => Ok(Self {
                seed: None,
                made: OnceLock::from(keys.into_boxed_slice()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprints(keys: &HostKeys) -> Vec<String> {
        keys.iter().map(HostKey::sha256).collect()
    }

    /// Learners have these keys in their `known_hosts`: a new version of a library must not make others of the same seed.
    #[test]
    fn a_seed_makes_the_same_keys_for_ever() {
        let keys = HostKeys::from_seed([7; 32]);
        assert_eq!(
            fingerprints(&keys),
            [
                "SHA256:KFXBYIR5xt/MANXlppQ8WNAUTAfAWLwULd7K9vxPNn8",
                "SHA256:E3Z6PeHLjHb+2hCEX/751qOVUVFEiIqaG0xzXsk6KAY"
            ]
        );
        let kinds: Vec<_> = keys.iter().map(HostKey::key_type).collect();
        assert_eq!(kinds, TYPES);
    }

    #[test]
    fn they_survive_being_stored_whether_they_are_made_or_not() {
        let keys = HostKeys::new(&mut StdRng::seed_from_u64(1));
        let text = serde_json::to_string(&keys).unwrap();
        assert_eq!(text.len(), 66, "a seed: {text}");
        let again: HostKeys = serde_json::from_str(&text).unwrap();
        assert_eq!(again, keys);
        assert_eq!(fingerprints(&again), fingerprints(&keys));
        assert_eq!(serde_json::to_string(&keys).unwrap(), text);
    }

    #[test]
    fn keys_that_were_written_without_a_seed_stay_as_they_are() {
        let keys = HostKeys::new(&mut StdRng::seed_from_u64(1));
        let text = serde_json::to_string(&*keys).unwrap();
        let again: HostKeys = serde_json::from_str(&text).unwrap();
        assert_eq!(fingerprints(&again), fingerprints(&keys));
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn two_machines_have_two_pairs_of_keys() {
        let mut rng = StdRng::seed_from_u64(1);
        let (one, two) = (HostKeys::new(&mut rng), HostKeys::new(&mut rng));
        assert_ne!(one, two);
        assert_ne!(fingerprints(&one), fingerprints(&two));
    }
}

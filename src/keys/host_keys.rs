//! All host keys of one machine, kept as the seed that they are made from and made when somebody looks at them.
//!
//! Ten thousand instances of which nobody sees a host key cost 32 bytes each for them, and no time at their launch.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::host_key::{HostKey, HostKeyType};
use super::key_type::KeyType;
use super::private_key::PrivateKey;

/// What stands behind the seed of a machine that has an RSA key too.
const WITH_RSA: &str = "+rsa";

/// The host keys of one machine: ECDSA, ED25519, and RSA if it has one. Used as a list of them, it makes them, once for all its
/// copies: well under a millisecond, and with RSA some 50.
#[derive(Debug, Clone)]
pub struct HostKeys {
    /// None for keys that were written by a version which had no seeds.
    seed: Option<[u8; 32]>,
    has_rsa: bool,
    made: Arc<OnceLock<Box<[HostKey]>>>,
}

impl HostKeys {
    /// New keys, which are not made yet.
    pub fn new(has_rsa: bool, rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed, has_rsa)
    }

    /// The keys of that seed: always the same.
    pub fn from_seed(seed: [u8; 32], has_rsa: bool) -> Self {
        Self {
            seed: Some(seed),
            has_rsa,
            made: Arc::default(),
        }
    }

    /// Whether the first look at them takes long.
    pub fn take_long(&self) -> bool {
        self.has_rsa && self.made.get().is_none()
    }
}

impl Deref for HostKeys {
    type Target = [HostKey];

    fn deref(&self) -> &[HostKey] {
        self.made.get_or_init(|| {
            let mut rng = StdRng::from_seed(self.seed.unwrap_or_default());
            let mut keys = Vec::with_capacity(3);
            // A key that was just made is always one that can be written down.
            for key_type in [HostKeyType::EcdsaP256, HostKeyType::Ed25519] {
                keys.extend(HostKey::generate(key_type, &mut rng));
            }
            if self.has_rsa {
                let rsa = PrivateKey::generate(KeyType::Rsa, &mut rng).ok();
                keys.extend(rsa.and_then(|key| HostKey::from_rsa(&key).ok()));
            }
            keys.into_boxed_slice()
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
            (Some(one), Some(two)) => (one, self.has_rsa) == (two, other.has_rsa),
            _ => **self == **other,
        }
    }
}

impl Eq for HostKeys {}

impl Serialize for HostKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.seed {
            Some(seed) => {
                let rsa = if self.has_rsa { WITH_RSA } else { "" };
                serializer.serialize_str(&(hex::encode(seed) + rsa))
            }
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
                let hex = text.strip_suffix(WITH_RSA);
                hex::decode_to_slice(hex.unwrap_or(&text), &mut seed)
                    .map_err(serde::de::Error::custom)?;
                Ok(Self::from_seed(seed, hex.is_some()))
            }
            Written::Keys(keys) => Ok(Self {
                seed: None,
                has_rsa: false,
                made: Arc::new(OnceLock::from(keys.into_boxed_slice())),
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
        let keys = HostKeys::from_seed([7; 32], true);
        assert_eq!(
            fingerprints(&keys),
            [
                "SHA256:KFXBYIR5xt/MANXlppQ8WNAUTAfAWLwULd7K9vxPNn8",
                "SHA256:E3Z6PeHLjHb+2hCEX/751qOVUVFEiIqaG0xzXsk6KAY",
                "SHA256:ZjlIUNisMjZyJLFugJbupXfTK/jfpey8Mmam+aTEe20"
            ]
        );
        let kinds: Vec<_> = keys.iter().map(HostKey::key_type).collect();
        let all = [
            HostKeyType::EcdsaP256,
            HostKeyType::Ed25519,
            HostKeyType::Rsa,
        ];
        assert_eq!(kinds, all);
        let without = HostKeys::from_seed([7; 32], false);
        assert_eq!(fingerprints(&without), fingerprints(&keys)[..2]);
    }

    #[test]
    fn they_survive_being_stored_whether_they_are_made_or_not() {
        for (has_rsa, length) in [(false, 66), (true, 70)] {
            let keys = HostKeys::new(has_rsa, &mut StdRng::seed_from_u64(1));
            let text = serde_json::to_string(&keys).unwrap();
            assert_eq!(text.len(), length, "a seed: {text}");
            let again: HostKeys = serde_json::from_str(&text).unwrap();
            assert_eq!(again, keys);
            assert_eq!(again.take_long(), has_rsa);
            assert_eq!(fingerprints(&again), fingerprints(&keys));
            assert!(!again.take_long() && !again.clone().take_long());
            assert_eq!(serde_json::to_string(&keys).unwrap(), text);
        }
    }

    #[test]
    fn keys_that_were_written_without_a_seed_stay_as_they_are() {
        let keys = HostKeys::new(false, &mut StdRng::seed_from_u64(1));
        let text = serde_json::to_string(&*keys).unwrap();
        let again: HostKeys = serde_json::from_str(&text).unwrap();
        assert_eq!(fingerprints(&again), fingerprints(&keys));
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn two_machines_have_two_pairs_of_keys() {
        let mut rng = StdRng::seed_from_u64(1);
        let (one, two) = (
            HostKeys::new(false, &mut rng),
            HostKeys::new(false, &mut rng),
        );
        assert_ne!(one, two);
        assert_ne!(fingerprints(&one), fingerprints(&two));
    }
}

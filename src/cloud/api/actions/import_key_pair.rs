//! `ImportKeyPair`: the public half of a key that the caller made.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::{Blob, request};
use crate::cloud::resources::key_pair::{KeyPair, check_name};
use crate::cloud::resources::tag::{TagItem, TagSpecification, Tags};
use crate::keys::PublicKey;

request! {
    /// The request.
    pub struct ImportKeyPair {
        /// Tags for the key pair.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
        /// A name, unique in the Region.
        key_name: String = "KeyName",
        /// The file with the public key.
        public_key_material: Blob = "PublicKeyMaterial",
    }
}

answer! {
    /// The answer.
    pub struct ImportKeyPairAnswer {
        key_name: String = "keyName",
        key_pair_id: String = "keyPairId",
        key_fingerprint: String = "keyFingerprint",
        tags: Option<Vec<TagItem>> = "tagSet",
    }
}

/// The longest material, in characters (`facts/ec2-api.md` section 4.2).
const LONGEST: usize = 2048;

impl Operation for ImportKeyPair {
    const NAME: &'static str = "ImportKeyPair";
    type Answer = ImportKeyPairAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<ImportKeyPairAnswer, ApiError> {
        check_name(&self.key_name)?;
        let tags = Tags::specified(&self.tag_specifications, "key-pair", &["key-pair"])?;
        let material = &self.public_key_material.0;
        if material.is_empty() {
            return Err(ApiError::missing_parameter("PublicKeyMaterial"));
        }
        if material.len() > LONGEST {
            return Err(ApiError::too_long("PublicKeyMaterial", LONGEST));
        }
        call.region.key_pairs.check_room_for(&self.key_name)?;
        // AWS gives one text for every reason, a private key or an ECDSA key included.
        let public_key =
            PublicKey::from_material(material).map_err(|_| ApiError::not_a_public_key())?;
        let pair = KeyPair {
            id: call.env.id("key"),
            name: self.key_name,
            fingerprint: public_key.imported_fingerprint().to_owned(),
            public_key,
            created_at: call.env.now,
            imported: true,
            tags,
        };
        let answer = ImportKeyPairAnswer {
            key_name: pair.name.clone(),
            key_pair_id: pair.id.clone(),
            key_fingerprint: pair.fingerprint.clone(),
            tags: pair.tags.items_if_any(),
        };
        call.region.key_pairs.insert(pair);
        Ok(answer)
    }
}

//! `CreateKeyPair`: a key made here, whose private half leaves with the answer and is not kept.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::key_pair::{KeyPair, check_name};
use crate::cloud::resources::tag::{TagItem, TagSpecification, Tags};
use crate::keys::{KeyType, PrivateKey};

request! {
    /// The request.
    pub struct CreateKeyPair {
        /// A name, unique in the Region.
        key_name: String = "KeyName",
        /// `rsa` (the default) or `ed25519`.
        key_type: Option<String> = "KeyType",
        /// Tags for the key pair.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
        /// `pem` (the default) or `ppk`.
        key_format: Option<String> = "KeyFormat",
    }
}

answer! {
    /// The answer: the only place where the private key ever stands.
    pub struct CreateKeyPairAnswer {
        key_name: String = "keyName",
        key_pair_id: String = "keyPairId",
        key_fingerprint: String = "keyFingerprint",
        key_material: String = "keyMaterial",
        tags: Option<Vec<TagItem>> = "tagSet",
    }
}

enum Format {
    Pem,
    Ppk,
}

impl Format {
    /// The CLI passes what was typed through, so that capitals are taken too.
    fn parse(text: &str) -> Result<Self, ApiError> {
        match text.to_ascii_lowercase().as_str() {
            "pem" => Ok(Self::Pem),
            "ppk" => Ok(Self::Ppk),
            _ => Err(ApiError::invalid_choice("KeyFormat", text)),
        }
    }
}

impl Operation for CreateKeyPair {
    const NAME: &'static str = "CreateKeyPair";
    type Answer = CreateKeyPairAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<CreateKeyPairAnswer, ApiError> {
        check_name(&self.key_name)?;
        let key_type = match &self.key_type {
            None => KeyType::Rsa,
            Some(text) => text
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| ApiError::invalid_choice("KeyType", text))?,
        };
        let format = self
            .key_format
            .as_deref()
            .map_or(Ok(Format::Pem), Format::parse)?;
        let tags = Tags::specified(&self.tag_specifications, "key-pair", &["key-pair"])?;
        call.region.key_pairs.check_room_for(&self.key_name)?;
        let private = match key_type {
            KeyType::Rsa => call.env.rsa.next_rsa(),
            KeyType::Ed25519 => PrivateKey::generate(key_type, call.env.rng)
                .map_err(|error| ApiError::internal(error.to_string()))?,
        };
        let pair = KeyPair {
            id: call.env.id("key"),
            name: self.key_name,
            public_key: private.public().clone(),
            fingerprint: private.created_fingerprint().to_owned(),
            created_at: call.env.now,
            imported: false,
            tags,
        };
        let answer = CreateKeyPairAnswer {
            key_name: pair.name.clone(),
            key_pair_id: pair.id.clone(),
            key_fingerprint: pair.fingerprint.clone(),
            key_material: match format {
                Format::Pem => private.pem().to_owned(),
                Format::Ppk => private.ppk(&pair.name),
            },
            tags: pair.tags.items_if_any(),
        };
        call.region.key_pairs.insert(pair);
        Ok(answer)
    }
}

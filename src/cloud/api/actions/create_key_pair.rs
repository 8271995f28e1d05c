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
        let (key_type, format, tags) = self.check(call)?;
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

    /// Without taking a key that was made ahead.
    fn rehearse(self, call: &mut Call<'_, '_>) -> Result<(), ApiError> {
        self.check(call).map(drop)
    }
}

impl CreateKeyPair {
    /// Refuses everything that is to be refused.
    fn check(&self, call: &Call<'_, '_>) -> Result<(KeyType, Format, Tags), ApiError> {
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
        Ok((key_type, format, tags))
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn an_ed25519_key_comes_in_openssh_form_with_its_padded_fingerprint() {
        let reply = done(Client::new().ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        let fingerprint = first(&reply, "keyFingerprint");
        assert_eq!((fingerprint.len(), fingerprint.ends_with('=')), (44, true));
        let key = first(&reply, "keyMaterial");
        assert!(
            key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"),
            "{key}"
        );
        assert!(
            key.ends_with("-----END OPENSSH PRIVATE KEY-----\n"),
            "{key}"
        );
    }

    #[test]
    fn an_rsa_key_comes_in_pem_form_without_a_last_newline() {
        let reply = done(Client::new().ec2("CreateKeyPair", "KeyName=a&KeyType=RSA"));
        assert_eq!(first(&reply, "keyFingerprint").len(), 59);
        let key = first(&reply, "keyMaterial");
        assert!(
            key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"),
            "{key}"
        );
        assert!(key.ends_with("-----END RSA PRIVATE KEY-----"), "{key}");
    }

    #[test]
    fn the_answer_has_the_members_of_the_api_reference_in_their_order() {
        let form = "KeyName=my+key&KeyType=ed25519&KeyFormat=ppk&TagSpecification.1.ResourceType=key-pair\
                    &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
        insta::with_settings!({filters => vec![
            (r"(?s)<keyMaterial>(PuTTY-User-Key-File-2: ssh-ed25519\n).*</keyMaterial>", "<keyMaterial>$1[..]</keyMaterial>"),
            (r"<keyFingerprint>[^<]*", "<keyFingerprint>[fingerprint]"),
        ]}, {
            insta::assert_snapshot!(transcript(&Client::new().ec2("CreateKeyPair", form)));
        });
    }

    #[test]
    fn the_private_key_is_not_kept() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        done(client.ec2("CreateKeyPair", "KeyName=b"));
        let kept = serde_json::to_string(&client.account).unwrap();
        assert!(!kept.contains("PRIVATE"), "{kept}");
        let loaded: crate::cloud::Account = serde_json::from_str(&kept).unwrap();
        assert_eq!(loaded, client.account);
    }

    #[test]
    fn a_name_is_taken_once_in_a_region_and_again_in_another() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        assert_eq!(
            refusal(&client.ec2("CreateKeyPair", "KeyName=a")),
            "400 InvalidKeyPair.Duplicate: The keypair already exists"
        );
        client.region = "eu-north-1";
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
    }

    #[test]
    fn bad_names_types_and_formats_are_refused() {
        let mut client = Client::new();
        let mut refused = |form: &str| refusal(&client.ec2("CreateKeyPair", form));
        let missing = "400 MissingParameter: The request must contain the parameter KeyName";
        assert_eq!(refused(""), missing);
        assert_eq!(refused("KeyName="), missing);
        assert_eq!(
            refused(&format!("KeyName={}", "k".repeat(256))),
            "400 InvalidParameterValue: Value for parameter KeyName is invalid. Length exceeds maximum of 255."
        );
        assert_eq!(
            refused("KeyName=%C3%A4"),
            "400 InvalidParameterValue: Value (\u{e4}) for parameter KeyName is invalid. \
             Character sets beyond ASCII are not supported."
        );
        assert!(refused("KeyName=+a").starts_with("400 InvalidParameterValue: "));
        assert_eq!(
            refused("KeyName=a&KeyType=dsa"),
            "400 InvalidParameterValue: Invalid value 'dsa' for KeyType."
        );
        assert_eq!(
            refused("KeyName=a&KeyFormat=der"),
            "400 InvalidParameterValue: Invalid value 'der' for KeyFormat."
        );
        let tags = "KeyName=a&TagSpecification.1.ResourceType=key-pair";
        assert_eq!(
            refused(tags),
            "400 InvalidParameterValue: Tag specification must have at least one tag"
        );
        assert_eq!(
            refused(&format!(
                "{tags}&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.2.Key=a"
            )),
            "400 InvalidParameterValue: Duplicate tag key 'a' specified"
        );
        assert!(client.account.regions["us-east-1"].key_pairs.is_empty());
    }
}

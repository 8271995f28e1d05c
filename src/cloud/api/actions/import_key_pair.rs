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
        // AWS gives one text for every reason, a private key or an ECDSA key included.
        let public_key =
            PublicKey::from_material(material).map_err(|_| ApiError::not_a_public_key())?;
        call.region.key_pairs.check_room_for(&self.key_name)?;
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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    use base64::Engine;

    use super::*;
    use crate::cloud::api::testing::first;

    // Recorded from real AWS (facts, section 4.1).
    const RECORDED: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2";

    fn form(name: &str, material: &str) -> String {
        let packed = base64::engine::general_purpose::STANDARD.encode(material);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("KeyName", name);
        form.append_pair("PublicKeyMaterial", &packed).finish()
    }

    #[test]
    fn an_imported_key_has_the_fingerprint_that_aws_recorded() {
        let mut client = Client::new();
        let reply = done(client.ec2(
            "ImportKeyPair",
            &form("mk", &format!("{RECORDED} me@host\n")),
        ));
        insta::assert_snapshot!(transcript(&reply));
        let reply = client.ec2("DescribeKeyPairs", "IncludePublicKey=true");
        assert_eq!(first(&reply, "publicKey"), format!("{RECORDED} mk"));
    }

    #[test]
    fn an_imported_rsa_key_has_the_md5_of_its_public_der() {
        let rsa = include_str!("../../../../fixtures/keys/rsa.pub");
        let reply = done(Client::new().ec2("ImportKeyPair", &form("mk", rsa)));
        assert_eq!(first(&reply, "keyFingerprint").len(), 47);
    }

    #[test]
    fn whatever_is_no_public_key_gets_the_one_sentence() {
        let ecdsa = include_str!("../../../../fixtures/keys/ecdsa.pub");
        let private = include_str!("../../../../fixtures/keys/rsa.pem");
        for bad in ["hello", ecdsa, private] {
            assert_eq!(
                refusal(&Client::new().ec2("ImportKeyPair", &form("mk", bad))),
                "400 InvalidKey.Format: Key is not in valid OpenSSH public key format"
            );
        }
    }

    #[test]
    fn the_journal_knows_a_private_half_and_keeps_nothing_of_it() {
        let private = include_str!("../../../../fixtures/keys/rsa.pem");
        for (material, kept) in [
            (private, Some("a private half")),
            ("hello", None),
            (
                RECORDED,
                Some("SHA256:4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw"),
            ),
        ] {
            let seen = Client::new()
                .ec2("ImportKeyPair", &form("mk", material))
                .seen;
            let parameters = seen.unwrap().parameters;
            let found = parameters.get("PublicKeyMaterial").map(String::as_str);
            assert_eq!(found, kept);
        }
    }

    #[test]
    fn long_material_and_a_taken_name_are_refused() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2("ImportKeyPair", &form("mk", &"x".repeat(LONGEST + 1)))),
            "400 InvalidParameterValue: Value for parameter PublicKeyMaterial is invalid. \
             Length exceeds maximum of 2048."
        );
        done(client.ec2("ImportKeyPair", &form("mk", RECORDED)));
        assert_eq!(
            refusal(&client.ec2("ImportKeyPair", &form("mk", RECORDED))),
            "400 InvalidKeyPair.Duplicate: The keypair already exists"
        );
    }

    #[test]
    fn a_dry_run_reads_the_key_and_does_not_ask_whether_the_name_is_taken() {
        let mut client = Client::new();
        done(client.ec2("ImportKeyPair", &form("mk", RECORDED)));
        let mut dry = |material| {
            let form = format!("DryRun=true&{}", form("mk", material));
            refusal(&client.ec2("ImportKeyPair", &form))
        };
        assert!(dry(RECORDED).starts_with("412 DryRunOperation: "));
        assert!(dry("hello").starts_with("400 InvalidKey.Format: "));
    }
}

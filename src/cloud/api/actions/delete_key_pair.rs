//! `DeleteKeyPair`: a key pair that is not there is deleted all the same, and instances keep their keys.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DeleteKeyPair {
        /// Name.
        key_name: Option<String> = "KeyName",
        /// Or id.
        key_pair_id: Option<String> = "KeyPairId",
    }
}

answer! {
    /// The answer.
    pub struct DeleteKeyPairAnswer {
        return_: bool = "return",
        /// Left out when there was no such key pair.
        key_pair_id: Option<String> = "keyPairId",
    }
}

impl Operation for DeleteKeyPair {
    const NAME: &'static str = "DeleteKeyPair";
    type Answer = DeleteKeyPairAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DeleteKeyPairAnswer, ApiError> {
        let pairs = &mut call.region.key_pairs;
        let name = match (self.key_name, self.key_pair_id) {
            (Some(name), None) => Some(name).filter(|name| pairs.get(name).is_some()),
            (None, Some(id)) => pairs.by_id(&id).map(|pair| pair.name.clone()),
            (None, None) => return Err(ApiError::missing_parameter("KeyName")),
            // The text is unverified.
            (Some(_), Some(_)) => {
                let text = "The parameter KeyName cannot be used with the parameter KeyPairId";
                return Err(ApiError::invalid_combination(text));
            }
        };
        let gone = name.and_then(|name| pairs.remove(&name));
        Ok(DeleteKeyPairAnswer {
            return_: true,
            key_pair_id: gone.map(|pair| pair.id.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn a_key_pair_that_is_not_there_is_deleted_all_the_same() {
        insta::assert_snapshot!(transcript(&Client::new().ec2("DeleteKeyPair", "KeyName=a")));
    }

    #[test]
    fn a_key_pair_is_deleted_by_name_or_id() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        insta::assert_snapshot!(transcript(&client.ec2("DeleteKeyPair", "KeyName=a")));
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        let id = client.account.regions["us-east-1"]
            .key_pairs
            .get("a")
            .unwrap()
            .id
            .clone();
        done(client.ec2("DeleteKeyPair", &format!("KeyPairId={id}")));
        assert!(client.account.regions["us-east-1"].key_pairs.is_empty());
    }

    #[test]
    fn neither_name_nor_id_is_a_missing_parameter() {
        assert_eq!(
            refusal(&Client::new().ec2("DeleteKeyPair", "")),
            "400 MissingParameter: The request must contain the parameter KeyName"
        );
    }

    #[test]
    fn instances_keep_the_key_of_a_deleted_pair() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=a&KeyType=ed25519"));
        let id = client.launch("KeyName=a&");
        done(client.ec2("DeleteKeyPair", "KeyName=a"));
        let instance = client.instance(&id);
        assert_eq!(instance.key_name.as_deref(), Some("a"));
        assert!(instance.public_key.is_some());
    }
}

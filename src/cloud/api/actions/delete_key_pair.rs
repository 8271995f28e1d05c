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

//! `GetCallerIdentity` of STS: who is calling. In a lab it is always the user `learner`.

use sha2::{Digest, Sha256};

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct GetCallerIdentity {}
}

answer! {
    /// The answer.
    pub struct GetCallerIdentityAnswer {
        arn: String = "Arn",
        user_id: String = "UserId",
        account: String = "Account",
    }
}

impl Operation for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    const SERVICE: Service = Service::Sts;
    const CHANGES: bool = false;
    type Answer = GetCallerIdentityAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<GetCallerIdentityAnswer, ApiError> {
        Ok(GetCallerIdentityAnswer {
            arn: format!("arn:aws:iam::{}:user/learner", call.account_id),
            user_id: user_id(&call.caller.access_key_id),
            account: call.account_id.to_owned(),
        })
    }
}

/// The unique id of the user to whom a key belongs: `AIDA` and 17 letters and digits, always the same for a key.
fn user_id(access_key_id: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(access_key_id.as_bytes());
    let letters = digest
        .iter()
        .take(17)
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter));
    "AIDA".chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{refusal, transcript};

    #[test]
    fn the_learner_in_the_account_that_is_called() {
        let reply = Client::new().send("sts", None, "Action=GetCallerIdentity&Version=2011-06-15");
        assert_eq!(reply.content_type, "text/xml");
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn a_user_id_looks_like_awss_and_belongs_to_one_key() {
        let id = super::user_id("AKIDEXAMPLE");
        assert_eq!(id.len(), 21);
        assert!(
            id.chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        );
        assert_ne!(id, super::user_id("AKIDOTHER"));
    }

    #[test]
    fn refusals_come_in_the_form_of_sts() {
        let body = "Action=GetCallerIdentity&Version=2011-06-15&Foo=1";
        let reply = Client::new().send("sts", None, body);
        let start = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                     <Type>Sender</Type><Code>GroundSchool.NotSimulated</Code>";
        assert!(reply.body.starts_with(start), "{}", reply.body);
        assert_eq!(first(&reply, "Type"), "Sender");
        let ec2s = Client::new().send("sts", None, "Action=DescribeVpcs&Version=2011-06-15");
        assert!(
            refusal(&ec2s).starts_with("400 InvalidAction: "),
            "{}",
            ec2s.body
        );
    }
}

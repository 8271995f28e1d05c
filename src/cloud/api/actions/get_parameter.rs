//! `GetParameter` of Systems Manager: the public parameters that name images.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::parameter_item::{ParameterItem, parameter};
use crate::cloud::api::answer::answer;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct GetParameter {
        /// Path.
        name: String = "Name",
        /// Of no effect: none is secret.
        with_decryption: Option<bool> = "WithDecryption",
    }
}

answer! {
    /// The answer.
    pub struct GetParameterAnswer { parameter: ParameterItem = "Parameter" }
}

impl Operation for GetParameter {
    const NAME: &'static str = "GetParameter";
    const SERVICE: Service = Service::Ssm;
    const CHANGES: bool = false;
    type Answer = GetParameterAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<GetParameterAnswer, ApiError> {
        // Real AWS gives no message with this one (facts, section 10).
        let parameter = parameter(call.region, &self.name)
            .ok_or_else(|| ApiError::new("ParameterNotFound", ""))?;
        Ok(GetParameterAnswer { parameter })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::done;

    #[test]
    fn a_public_parameter_names_an_image() {
        let body =
            r#"{"Name":"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"}"#;
        let reply = done(Client::new().send("ssm", Some("AmazonSSM.GetParameter"), body));
        insta::assert_snapshot!(reply.body);
    }

    #[test]
    fn an_unknown_parameter_is_not_found_without_a_word() {
        let reply = Client::new().send("ssm", Some("AmazonSSM.GetParameter"), r#"{"Name":"/x"}"#);
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body, r#"{"__type":"ParameterNotFound","message":""}"#);
    }
}

//! `GetParameters` of Systems Manager: unknown names are listed, not refused.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::parameter_item::{ParameterItem, parameter};
use crate::cloud::api::answer::answer;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct GetParameters {
        /// Paths.
        names: Vec<String> = "Names",
        /// Of no effect: none is secret.
        with_decryption: Option<bool> = "WithDecryption",
    }
}

answer! {
    /// The answer.
    pub struct GetParametersAnswer {
        parameters: Vec<ParameterItem> = "Parameters",
        invalid_parameters: Vec<String> = "InvalidParameters",
    }
}

impl Operation for GetParameters {
    const NAME: &'static str = "GetParameters";
    const SERVICE: Service = Service::Ssm;
    const CHANGES: bool = false;
    type Answer = GetParametersAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<GetParametersAnswer, ApiError> {
        let (mut parameters, mut invalid_parameters) = (Vec::new(), Vec::new());
        for name in self.names {
            match parameter(call.region, &name) {
                Some(found) => parameters.push(found),
                None => invalid_parameters.push(name),
            }
        }
        Ok(GetParametersAnswer {
            parameters,
            invalid_parameters,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::done;

    #[test]
    fn unknown_names_are_listed_beside_the_found_ones() {
        let body = r#"{"Names":["/aws/service/debian/release/12/latest/amd64","/x"]}"#;
        let reply = done(Client::new().send("ssm", Some("AmazonSSM.GetParameters"), body));
        insta::assert_snapshot!(reply.body);
    }
}

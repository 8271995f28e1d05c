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

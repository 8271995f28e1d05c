//! `GetParametersByPath` of Systems Manager, ten at a time unless told otherwise.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::parameter_item::{ParameterItem, parameters};
use crate::cloud::api::answer::answer;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::page::paginate;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct GetParametersByPath {
        /// Path, with or without a slash at its end.
        path: String = "Path",
        /// Also those further down.
        recursive: Option<bool> = "Recursive",
        /// Of no effect: none is secret.
        with_decryption: Option<bool> = "WithDecryption",
        /// 1 to 10.
        max_results: Option<i64> = "MaxResults",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
    }
}

answer! {
    /// The answer.
    pub struct GetParametersByPathAnswer {
        parameters: Vec<ParameterItem> = "Parameters",
        next_token: Option<String> = "NextToken",
    }
}

impl Operation for GetParametersByPath {
    const NAME: &'static str = "GetParametersByPath";
    const SERVICE: Service = Service::Ssm;
    const CHANGES: bool = false;
    type Answer = GetParametersByPathAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<GetParametersByPathAnswer, ApiError> {
        if !self.path.starts_with('/') {
            // The text is unverified.
            let text = "The parameter path must begin with a forward slash \"/\".";
            return Err(ApiError::new("ValidationException", text));
        }
        let under = format!("{}/", self.path.trim_end_matches('/'));
        let recursive = self.recursive == Some(true);
        let found = parameters(call.region).filter(|parameter| {
            parameter
                .name
                .strip_prefix(&under)
                .is_some_and(|rest| recursive || !rest.contains('/'))
        });
        let (parameters, next_token) = paginate(
            found,
            |parameter| parameter.name.clone(),
            Some(self.max_results.unwrap_or(10)),
            self.next_token.as_deref(),
            1..=10,
        )?;
        Ok(GetParametersByPathAnswer {
            parameters,
            next_token,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::done;

    fn send(body: &str) -> serde_json::Value {
        let reply = done(Client::new().send("ssm", Some("AmazonSSM.GetParametersByPath"), body));
        serde_json::from_str(&reply.body).unwrap()
    }

    #[test]
    fn a_path_lists_what_is_directly_below_it() {
        let found = send(r#"{"Path":"/aws/service/ami-amazon-linux-latest"}"#);
        assert_eq!(found["Parameters"].as_array().unwrap().len(), 6);
        assert!(found.get("NextToken").is_none());
        assert_eq!(
            send(r#"{"Path":"/aws/service"}"#)["Parameters"],
            serde_json::json!([])
        );
    }

    #[test]
    fn a_path_without_its_first_slash_is_refused() {
        let body = r#"{"Path":"aws/service"}"#;
        let reply = Client::new().send("ssm", Some("AmazonSSM.GetParametersByPath"), body);
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("ValidationException"), "{}", reply.body);
    }

    #[test]
    fn pages_follow_one_another() {
        let page = send(r#"{"Path":"/aws/service","Recursive":true,"MaxResults":10}"#);
        let token = page["NextToken"].as_str().unwrap();
        let body = format!(r#"{{"Path":"/aws/service","Recursive":true,"NextToken":"{token}"}}"#);
        let rest = send(&body);
        assert_ne!(rest["Parameters"][0], page["Parameters"][0]);
    }
}

//! Asks the account, as the AWS CLI would: an action's name and its parameters go through the API's own door and rules.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::fault::Kind;
use crate::console::form::Form;
use crate::console::session::Scope;
use crate::lab::server::script::Script;
use crate::lab::simulation::Simulation;

/// One call: an action's name and its parameters, by their names on the wire.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    action: &'static str,
    parameters: Vec<(String, String)>,
}

impl Ask {
    /// A call of this action, without parameters.
    pub(super) fn new(action: &'static str) -> Self {
        Self {
            action,
            parameters: Vec::new(),
        }
    }

    /// With this parameter.
    #[must_use]
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// With this field of a form, under the same name, unless it is empty.
    #[must_use]
    pub(super) fn field(self, form: &Form, name: &str) -> Self {
        match form.get(name) {
            "" => self,
            value => self.with(name, value),
        }
    }

    /// With the tags of a form (see `parts::tags`) for what is made.
    #[must_use]
    pub(super) fn tags(mut self, form: &Form, resource_type: &str) -> Self {
        let rows = crate::console::parts::tags::rows(form);
        let given: Vec<_> = rows
            .iter()
            .filter(|(key, value)| !key.is_empty() || !value.is_empty())
            .collect();
        if given.is_empty() {
            return self;
        }
        self = self.with("TagSpecification.1.ResourceType", resource_type);
        for (number, (key, value)) in given.into_iter().enumerate() {
            let path = format!("TagSpecification.1.Tag.{}", number + 1);
            self = self
                .with(format!("{path}.Key"), key)
                .with(format!("{path}.Value"), value);
        }
        self
    }

    fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .finish()
    }
}

/// Does it. May wait, for the disk or for an RSA key: not to be called where nothing may wait.
pub(super) fn ask<T: DeserializeOwned>(
    simulation: &Simulation,
    script: &Script,
    scope: &Scope,
    ask: &Ask,
) -> Result<T, ApiError> {
    let caller = Caller {
        access_key_id: scope.account.clone(),
        region: scope.region.clone(),
        service: Service::Ec2,
    };
    let fault = script.meet_at(ask.action);
    if let Some(Kind::Slow(by)) = fault.as_ref().map(|fault| fault.kind) {
        wait(by);
    }
    let answer = simulation.ask(caller, ask.action, ask.body().as_bytes(), fault.as_ref())?;
    serde_json::from_value(answer).map_err(|error| {
        ApiError::internal(format!(
            "The page does not understand {}: {error}",
            ask.action
        ))
    })
}

/// A scripted fault's wait, or one between two tries; the page's handlers run on threads that may wait.
pub(super) fn wait(by: Duration) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.block_on(tokio::time::sleep(by));
    }
}

/// An answer of which nothing is read.
#[derive(Debug, Deserialize)]
pub(super) struct Done {}

/// One tag, as answers have it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    /// Its key.
    pub(super) key: String,
    /// Its value.
    pub(super) value: String,
}

/// The value of the tag `Name`; empty without one.
pub(super) fn name_of(tags: &[Tag]) -> &str {
    let name = tags.iter().find(|tag| tag.key == "Name");
    name.map_or("", |tag| tag.value.as_str())
}

/// A time in an answer.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
pub(super) struct Moment(f64);

impl Moment {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds since 1970 fit an i64"
    )]
    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0 as i64).unwrap_or_default()
    }

    /// For a `datetime` attribute.
    pub(super) fn machine(self) -> String {
        self.timestamp().to_string()
    }

    /// To read: `2026-11-28 14:05 UTC`.
    pub(super) fn words(self) -> String {
        self.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_names_of_the_wire_and_empty_fields_are_left_out() {
        let form = Form::of_pairs(
            b"KeyName=a%26b&KeyType=&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v\
              &TagSpecification.1.Tag.2.Key=&TagSpecification.1.Tag.2.Value=",
        )
        .unwrap();
        let ask = Ask::new("CreateKeyPair")
            .field(&form, "KeyName")
            .field(&form, "KeyType")
            .tags(&form, "key-pair");
        assert_eq!(
            ask.body(),
            "KeyName=a%26b&TagSpecification.1.ResourceType=key-pair&TagSpecification.1.Tag.1.Key=k\
             &TagSpecification.1.Tag.1.Value=v"
        );
    }

    #[test]
    fn times_are_read_in_one_zone() {
        assert_eq!(Moment(1_653_688_276.0).words(), "2022-05-27 21:51 UTC");
        assert_eq!(Moment(1_653_688_276.0).machine(), "2022-05-27T21:51:16Z");
    }
}

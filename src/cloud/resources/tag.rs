//! Tags: what any resource may carry, and how they come in with a request.
//!
//! At most 50 a resource, keys of 1 to 128 and values of up to 256 characters, keys must not start with `aws:`
//! (`facts/ec2-api.md` section 8).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::api::answer::{Element, answer};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::api::shape::Shape;
use crate::cloud::api::xml::{Name, Xml, name};

/// The tags of one resource, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

request! {
    /// A tag as it comes in. DeleteTags tells a missing value from an empty one.
    pub struct TagParameter {
        /// Key.
        key: String = "Key",
        /// Value.
        value: Option<String> = "Value",
    }
}

request! {
    /// `TagSpecification.N`: tags for what the call makes.
    pub struct TagSpecification {
        /// `key-pair`, `instance`, `security-group` and so on.
        resource_type: String = "ResourceType",
        /// The tags.
        tags: Vec<TagParameter> = "Tag",
    }
}

answer! {
    /// A tag as it goes out.
    pub struct TagItem { key: String = "key", value: String = "value" }
}

/// Written without copying, `<tagSet/>` when there are none.
impl Element for Tags {
    const SHAPE: Shape = <Vec<TagItem> as Element>::SHAPE;
    fn write(&self, xml: &mut Xml, name: Name) {
        if self.is_empty() {
            xml.empty(name);
            return;
        }
        xml.open(name);
        for (key, value) in self.iter() {
            xml.open(name!("item"))
                .leaf(name!("key"), key)
                .leaf(name!("value"), value)
                .close(name!("item"));
        }
        xml.close(name);
    }
    fn json(&self) -> Option<serde_json::Value> {
        self.items().json()
    }
}

impl Tags {
    /// The most tags that a resource may have.
    pub const LIMIT: usize = 50;

    /// The tags that a request gives to the resources of this type that it makes. Every specification must be for one of
    /// the types in `allowed`.
    pub fn specified(
        specifications: &[TagSpecification],
        resource_type: &str,
        allowed: &[&str],
    ) -> Result<Self, ApiError> {
        let mut tags = Self::default();
        for specification in specifications {
            let named = specification.resource_type.as_str();
            if !allowed.contains(&named) {
                let text =
                    format!("'{named}' is not a valid taggable resource type for this operation.");
                return Err(ApiError::invalid_value(text));
            }
            if specification.tags.is_empty() {
                let text = "Tag specification must have at least one tag";
                return Err(ApiError::invalid_value(text));
            }
            if named == resource_type {
                for tag in &specification.tags {
                    if tags.get(&tag.key).is_some() {
                        let text = format!("Duplicate tag key '{}' specified", tag.key);
                        return Err(ApiError::invalid_value(text));
                    }
                    tags.set(&tag.key, tag.value.as_deref().unwrap_or_default())?;
                }
            }
        }
        Ok(tags)
    }

    /// Sets one tag; the same key is overwritten. The texts of the length errors are unverified.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ApiError> {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(ApiError::invalid_value(
                "Tag key must be between 1 and 128 characters long",
            ));
        }
        if value.chars().count() > 256 {
            return Err(ApiError::invalid_value(
                "Tag value exceeds the maximum length of 256 characters",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            let text =
                format!("Tag keys starting with 'aws:' are reserved for internal use ({key})");
            return Err(ApiError::invalid_value(text));
        }
        if !self.0.contains_key(key) && self.0.len() >= Self::LIMIT {
            let text = format!("More than {} tags specified", Self::LIMIT);
            return Err(ApiError::new("TagLimitExceeded", text));
        }
        self.0.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// Removes a tag: by key alone, or only when it has this value.
    pub fn remove(&mut self, key: &str, value: Option<&str>) {
        if value.is_none_or(|value| self.0.get(key).is_some_and(|has| has == value)) {
            self.0.remove(key);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value at a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// As an answer lists them: `<tagSet/>` when there are none.
    pub fn items(&self) -> Vec<TagItem> {
        self.iter()
            .map(|(key, value)| TagItem {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect()
    }

    /// As most answers of one resource list them: left out when there are none.
    pub fn items_if_any(&self) -> Option<Vec<TagItem>> {
        (!self.is_empty()).then(|| self.items())
    }

    /// Itself, or nothing when there are none: most answers of one resource leave it out then.
    pub fn if_any(&self) -> Option<&Self> {
        (!self.is_empty()).then_some(self)
    }

    /// Their values under the filters `tag:KEY`, `tag-key` and `tag-value`; none for any other filter.
    pub fn filter_values(&self, filter: &str) -> Option<Vec<Cow<'_, str>>> {
        match filter {
            "tag-key" => Some(self.0.keys().map(Cow::from).collect()),
            "tag-value" => Some(self.0.values().map(Cow::from).collect()),
            _ => filter
                .strip_prefix("tag:")
                .map(|key| self.get(key).map(Cow::from).into_iter().collect()),
        }
    }
}

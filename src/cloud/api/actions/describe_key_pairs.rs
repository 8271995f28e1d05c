//! `DescribeKeyPairs`. AWS does not page this one.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::{answer, viewed};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::params::request;
use crate::cloud::resources::key_pair::KeyPair;
use crate::cloud::resources::tag::Tags;

request! {
    /// The request.
    pub struct DescribeKeyPairs {
        /// Names; all when there are neither names nor ids.
        key_names: Vec<String> = "KeyName",
        /// Ids.
        key_pair_ids: Vec<String> = "KeyPairId",
        /// Also the public keys.
        include_public_key: Option<bool> = "IncludePublicKey",
        /// `key-pair-id`, `fingerprint`, `key-name`, `tag-key`, `tag:KEY`.
        filters: Vec<Filter> = "Filter",
    }
}

answer! {
    /// The answer.
    pub struct DescribeKeyPairsAnswer { key_pairs: Vec<Item> = "keySet" }
}

/// One key pair, with or without its public key.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pair: Arc<KeyPair>,
    with_public_key: bool,
}

answer! {
    /// One key pair as it is written.
    struct ItemView<'a> {
        key_pair_id: &'a str = "keyPairId",
        key_fingerprint: &'a str = "keyFingerprint",
        key_name: &'a str = "keyName",
        key_type: &'a str = "keyType",
        tags: &'a Tags = "tagSet",
        public_key: Option<String> = "publicKey",
        create_time: Timestamp = "createTime",
    }
}

viewed!(Item as ItemView);

impl Item {
    fn view(&self) -> ItemView<'_> {
        let pair = &*self.pair;
        ItemView {
            key_pair_id: &pair.id,
            key_fingerprint: &pair.fingerprint,
            key_name: &pair.name,
            key_type: pair.public_key.key_type().as_str(),
            tags: &pair.tags,
            // The comment is the key pair's name, also when another one was imported (facts, section 4.3).
            public_key: self
                .with_public_key
                .then(|| pair.public_key.openssh(&pair.name)),
            create_time: pair.created_at,
        }
    }
}

const FILTERS: &[&str] = &[
    "fingerprint",
    "key-name",
    "key-pair-id",
    "tag:",
    "tag-key",
    "tag-value",
];

impl Operation for DescribeKeyPairs {
    const NAME: &'static str = "DescribeKeyPairs";
    const CHANGES: bool = false;
    type Answer = DescribeKeyPairsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeKeyPairsAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let pairs = &call.region.key_pairs;
        if self.key_names.iter().any(|name| name.trim().is_empty()) {
            let text = "Invalid value '' for keyPairNames. It should not be blank";
            return Err(ApiError::invalid_value(text));
        }
        let mut chosen = Vec::new();
        for name in &self.key_names {
            chosen.push(pairs.require(name)?);
        }
        for id in &self.key_pair_ids {
            chosen.push(
                pairs
                    .by_id(id)
                    .ok_or_else(|| ApiError::no_such_key_pair(id))?,
            );
        }
        if self.key_names.is_empty() && self.key_pair_ids.is_empty() {
            chosen.extend(pairs.iter());
        } else {
            chosen.sort_by(|a, b| a.name.cmp(&b.name));
            chosen.dedup_by(|a, b| a.id == b.id);
        }
        let with_public_key = self.include_public_key == Some(true);
        let key_pairs = chosen
            .into_iter()
            .filter(|pair| filters.fit(|filter| values(pair, filter)))
            .map(|pair| Item {
                pair: Arc::clone(pair),
                with_public_key,
            })
            .collect();
        Ok(DescribeKeyPairsAnswer { key_pairs })
    }
}

/// A key pair's values under a filter's name.
fn values<'a>(pair: &'a KeyPair, filter: &str) -> Vec<Cow<'a, str>> {
    match filter {
        "fingerprint" => vec![pair.fingerprint.as_str().into()],
        "key-name" => vec![pair.name.as_str().into()],
        "key-pair-id" => vec![pair.id.as_str().into()],
        tag => pair.tags.filter_values(tag).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn client() -> Client {
        let mut client = Client::new();
        for name in ["b", "a"] {
            done(client.ec2("CreateKeyPair", &format!("KeyName={name}&KeyType=ed25519")));
        }
        client
    }

    #[test]
    fn the_list_is_sent_with_empty_tags_and_without_public_keys() {
        insta::with_settings!({filters => vec![(r"<keyFingerprint>[^<]*", "<keyFingerprint>[fingerprint]")]}, {
            insta::assert_snapshot!(transcript(&client().ec2("DescribeKeyPairs", "KeyName.1=b&KeyName.2=a")));
        });
    }

    #[test]
    fn no_key_pairs_are_an_empty_element() {
        assert!(
            Client::new()
                .ec2("DescribeKeyPairs", "")
                .body
                .contains("<keySet/>")
        );
    }

    #[test]
    fn filters_choose_by_wildcard() {
        let reply = client().ec2(
            "DescribeKeyPairs",
            "Filter.1.Name=key-name&Filter.1.Value.1=a*",
        );
        assert_eq!(reply.body.matches("<keyName>").count(), 1);
    }

    #[test]
    fn an_unknown_name_refuses_the_whole_call() {
        assert_eq!(
            refusal(&client().ec2("DescribeKeyPairs", "KeyName.1=a&KeyName.2=c")),
            "400 InvalidKeyPair.NotFound: The key pair 'c' does not exist"
        );
        assert_eq!(
            refusal(&client().ec2("DescribeKeyPairs", "KeyName.1=")),
            "400 InvalidParameterValue: Invalid value '' for keyPairNames. It should not be blank"
        );
    }
}

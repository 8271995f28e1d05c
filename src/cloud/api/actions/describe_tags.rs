//! `DescribeTags`: the tags of everything in the region, one by one.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DescribeTags {
        /// `key`, `value`, `resource-id`, `resource-type`, `tag:KEY`.
        filters: Vec<Filter> = "Filter",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
    }
}

answer! {
    /// The answer.
    pub struct DescribeTagsAnswer {
        tags: Vec<TagDescription> = "tagSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One tag of one resource.
    pub struct TagDescription {
        resource_id: String = "resourceId",
        resource_type: &'static str = "resourceType",
        key: String = "key",
        value: String = "value",
    }
}

impl Operation for DescribeTags {
    const NAME: &'static str = "DescribeTags";
    const CHANGES: bool = false;
    type Answer = DescribeTagsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeTagsAnswer, ApiError> {
        let known = ["key", "value", "resource-id", "resource-type", "tag:"];
        let filters = Filters::check(self.filters, &known)?;
        let mut meant: Vec<_> = call
            .region
            .tagged()
            .flat_map(|tagged| {
                let tags = tagged.tags.iter();
                tags.map(move |(key, value)| (tagged.id, key, value, tagged.resource_type))
            })
            .filter(|(id, key, value, resource_type)| {
                filters.fit(|filter| match filter {
                    "key" => Some(Cow::from(*key)),
                    "value" => Some(Cow::from(*value)),
                    "resource-id" => Some(Cow::from(*id)),
                    "resource-type" => Some(Cow::from(*resource_type)),
                    _ => (filter.strip_prefix("tag:") == Some(key)).then(|| Cow::from(*value)),
                })
            })
            .collect();
        meant.sort_unstable();
        let (page, next_token) = paginate(
            meant,
            // No id contains a space, so that the order of these texts is that of (id, key).
            |(id, key, _, _)| format!("{id} {key}"),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let tags = page
            .into_iter()
            .map(|(id, key, value, resource_type)| TagDescription {
                resource_id: id.to_owned(),
                resource_type,
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        Ok(DescribeTagsAnswer { tags, next_token })
    }
}

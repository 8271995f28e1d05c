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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    /// A client with six tags on the VPC and one on the default group.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        let group = first(&client.ec2("DescribeSecurityGroups", ""), "groupId");
        for key in ["a", "b", "c", "d", "e", "f"] {
            let form = format!("ResourceId.1={vpc}&Tag.1.Key={key}&Tag.1.Value=of the vpc");
            done(client.ec2("CreateTags", &form));
        }
        let form = format!("ResourceId.1={group}&Tag.1.Key=a&Tag.1.Value=of the group");
        done(client.ec2("CreateTags", &form));
        (client, group)
    }

    #[test]
    fn the_tags_of_one_resource_as_the_aws_cli_asks_for_them() {
        let (mut client, group) = client();
        let form = format!("Filter.1.Name=resource-id&Filter.1.Value.1={group}");
        insta::assert_snapshot!(transcript(&client.ec2("DescribeTags", &form)));
    }

    #[test]
    fn each_filter_looks_at_its_own_part_of_a_tag() {
        let (mut client, _) = client();
        for (name, value, count) in [
            ("key", "a", 2),
            ("value", "*vpc", 6),
            ("resource-type", "security-group", 1),
            ("tag:a", "*", 2),
            ("tag:a", "of the group", 1),
        ] {
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1={value}");
            let reply = done(client.ec2("DescribeTags", &form));
            assert_eq!(reply.body.matches("<key>").count(), count, "{name}={value}");
        }
        assert_eq!(
            refusal(&client.ec2("DescribeTags", "Filter.1.Name=tag-key&Filter.1.Value.1=a")),
            "400 InvalidParameterValue: The filter 'tag-key' is invalid"
        );
    }

    #[test]
    fn the_next_page_goes_on_after_the_last_tag_even_when_that_is_gone() {
        let (mut client, _) = client();
        let page = done(client.ec2("DescribeTags", "MaxResults=5"));
        assert_eq!(page.body.matches("<key>").count(), 5);
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        done(client.ec2("DeleteTags", &format!("ResourceId.1={vpc}&Tag.1.Key=d")));
        let token = first(&page, "nextToken")
            .replace('=', "%3D")
            .replace('+', "%2B");
        let rest = done(client.ec2("DescribeTags", &format!("NextToken={token}")));
        assert_eq!(rest.body.matches("<key>").count(), 2, "{}", rest.body);
        assert_eq!(first(&rest, "key"), "e");
    }
}

//! `CreateTags`: sets tags on any number of resources, on all of them or on none.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::tag::{TagParameter, Tags};

request! {
    /// The request.
    pub struct CreateTags {
        /// Ids of resources of any kind.
        resources: Vec<String> = "ResourceId",
        /// The tags; the same key is overwritten.
        tags: Vec<TagParameter> = "Tag",
    }
}

answer! {
    /// The answer to a change of tags.
    pub struct TagsChanged { return_: bool = "return" }
}

impl Operation for CreateTags {
    const NAME: &'static str = "CreateTags";
    type Answer = TagsChanged;

    fn run(self, call: &mut Call<'_, '_>) -> Result<TagsChanged, ApiError> {
        if self.tags.is_empty() {
            // The text is unverified: it follows `resourceIdSet`.
            return Err(ApiError::missing_parameter("tagSet"));
        }
        change_tags(call, &self.resources, |tags| {
            self.tags
                .iter()
                .try_for_each(|tag| tags.set(&tag.key, tag.value.as_deref().unwrap_or_default()))
        })
    }
}

/// Changes the tags of all these resources, or of none when one is unknown or refuses.
pub(super) fn change_tags(
    call: &mut Call<'_, '_>,
    ids: &[String],
    change: impl Fn(&mut Tags) -> Result<(), ApiError>,
) -> Result<TagsChanged, ApiError> {
    if ids.is_empty() {
        return Err(ApiError::missing_parameter("resourceIdSet"));
    }
    let region = &mut *call.region;
    let mut changed = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(tags) = region.tags_of_mut(id) else {
            return Err(ApiError::nothing_to_tag(id, &region.name));
        };
        let mut copy = tags.clone();
        change(&mut copy)?;
        changed.push(copy);
    }
    for (id, new) in ids.iter().zip(changed) {
        if let Some(tags) = region.tags_of_mut(id) {
            *tags = new;
        }
    }
    Ok(TagsChanged { return_: true })
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn several_resources_at_once_as_the_aws_cli_sends_it() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        let group = first(&client.ec2("DescribeSecurityGroups", ""), "groupId");
        let form = format!(
            "ResourceId.1={vpc}&ResourceId.2={group}&Tag.1.Key=Name&Tag.1.Value=web&Tag.2.Key=empty&Tag.2.Value="
        );
        insta::assert_snapshot!(transcript(&client.ec2("CreateTags", &form)));
        insta::assert_snapshot!(
            "both_are_tagged",
            transcript(&client.ec2("DescribeTags", ""))
        );
        let form = "Filter.1.Name=tag:Name&Filter.1.Value.1=w*";
        let found = done(client.ec2("DescribeSecurityGroups", form));
        assert_eq!(first(&found, "groupId"), group);
    }

    #[test]
    fn an_unknown_resource_leaves_all_of_them_untagged() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        for (id, refused) in [
            (
                "sg-0123456789abcdef0",
                "InvalidGroup.NotFound: The security group 'sg-0123456789abcdef0' does not exist",
            ),
            (
                "i-0123456789abcdef0",
                "InvalidInstanceID.NotFound: The instance ID 'i-0123456789abcdef0' does not exist",
            ),
            (
                "subnet-0123456789abcdef0",
                "InvalidSubnetID.NotFound: The subnet ID 'subnet-0123456789abcdef0' does not exist",
            ),
            (
                "vpc-0123456789abcdef0",
                "InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist",
            ),
            (
                "ami-0123456789abcdef0",
                "InvalidAMIID.NotFound: The image id '[ami-0123456789abcdef0]' does not exist",
            ),
            ("ami-blah", "InvalidID: The ID 'ami-blah' is not valid"),
            ("i-1", "InvalidID: The ID 'i-1' is not valid"),
            ("x", "InvalidID: The ID 'x' is not valid"),
        ] {
            let form = format!("ResourceId.1={vpc}&ResourceId.2={id}&Tag.1.Key=a&Tag.1.Value=b");
            assert_eq!(
                refusal(&client.ec2("CreateTags", &form)),
                format!("400 {refused}")
            );
        }
        let tags = done(client.ec2("DescribeTags", ""));
        assert!(tags.body.contains("<tagSet/>"), "{}", tags.body);
    }

    #[test]
    fn an_image_that_is_there_is_not_said_to_be_missing() {
        let mut client = Client::new();
        let image = first(&client.ec2("DescribeImages", "Owner.1=amazon"), "imageId");
        let form = format!("ResourceId.1={image}&Tag.1.Key=a&Tag.1.Value=b");
        assert_eq!(
            refusal(&client.ec2("CreateTags", &form)),
            format!(
                "400 GroundSchool.NotSimulated: Ground School does not simulate tags of images, and '{image}' is one"
            )
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2("CreateTags", "Tag.1.Key=a&Tag.1.Value=b")),
            "400 MissingParameter: The request must contain the parameter resourceIdSet"
        );
        assert_eq!(
            refusal(&client.ec2("CreateTags", "ResourceId.1=sg-1")),
            "400 MissingParameter: The request must contain the parameter tagSet"
        );
    }

    #[test]
    fn the_51st_tag_is_refused_and_takes_the_whole_call_with_it() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        let tags: Vec<String> = (1..=51)
            .map(|n| format!("&Tag.{n}.Key=k{n}&Tag.{n}.Value="))
            .collect();
        let form = format!("ResourceId.1={vpc}{}", tags.concat());
        assert!(refusal(&client.ec2("CreateTags", &form)).starts_with("400 TagLimitExceeded: "));
        assert!(
            done(client.ec2("DescribeTags", ""))
                .body
                .contains("<tagSet/>")
        );
    }
}

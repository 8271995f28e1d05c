//! `DeleteTags`: removes tags from any number of resources.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::create_tags::{TagsChanged, change_tags};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::tag::{TagParameter, Tags};

request! {
    /// The request.
    pub struct DeleteTags {
        /// Ids of resources of any kind.
        resources: Vec<String> = "ResourceId",
        /// A key alone goes with any value; with a value, an empty one too, only when it is that value. Without any tag
        /// here all of the resource's own go.
        tags: Vec<TagParameter> = "Tag",
    }
}

impl Operation for DeleteTags {
    const NAME: &'static str = "DeleteTags";
    type Answer = TagsChanged;

    fn run(self, call: &mut Call<'_, '_>) -> Result<TagsChanged, ApiError> {
        change_tags(call, &self.resources, |tags| {
            if self.tags.is_empty() {
                *tags = Tags::default();
            }
            for tag in &self.tags {
                tags.remove(&tag.key, tag.value.as_deref());
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, transcript};

    /// A client whose VPC has the tags a=1 and b= (empty), and the VPC's id.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        let form = format!("ResourceId.1={vpc}&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=");
        done(client.ec2("CreateTags", &form));
        (client, vpc)
    }

    /// The keys that are left after deleting what the form says.
    fn left(tags: &str) -> Vec<String> {
        let (mut client, vpc) = client();
        done(client.ec2("DeleteTags", &format!("ResourceId.1={vpc}{tags}")));
        let tags = done(client.ec2("DescribeTags", ""));
        let keys = tags.body.split("<key>").skip(1);
        keys.map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_answer_is_true() {
        let (mut client, vpc) = client();
        let reply = client.ec2("DeleteTags", &format!("ResourceId.1={vpc}&Tag.1.Key=a"));
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn a_key_goes_with_any_value_unless_a_value_is_given() {
        assert_eq!(left("&Tag.1.Key=a"), ["b"]);
        assert_eq!(left("&Tag.1.Key=a&Tag.1.Value=1"), ["b"]);
        assert_eq!(left("&Tag.1.Key=a&Tag.1.Value=2"), ["a", "b"]);
        assert_eq!(left("&Tag.1.Key=a&Tag.1.Value="), ["a", "b"]);
        assert_eq!(left("&Tag.1.Key=b&Tag.1.Value="), ["a"]);
    }

    #[test]
    fn without_any_tag_all_of_them_go() {
        assert_eq!(left(""), Vec::<String>::new());
    }
}

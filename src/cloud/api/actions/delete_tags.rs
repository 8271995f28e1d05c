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

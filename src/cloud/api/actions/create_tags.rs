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
        let tags = region
            .tags_of_mut(id)
            .ok_or_else(|| ApiError::nothing_to_tag(id))?;
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

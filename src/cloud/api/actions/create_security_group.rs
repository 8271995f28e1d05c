//! `CreateSecurityGroup`: a new group in the default VPC.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{SecurityGroup, check_description, check_name};
use crate::cloud::resources::tag::{TagItem, TagSpecification, Tags};

request! {
    /// The request.
    pub struct CreateSecurityGroup {
        /// What the group is for; it never changes.
        description: String = "GroupDescription",
        /// The group's name, unique in its VPC.
        group_name: String = "GroupName",
        /// The VPC; the default VPC when left out.
        vpc_id: Option<String> = "VpcId",
        /// Tags for the new group.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
    }
}

answer! {
    /// The answer.
    pub struct CreateSecurityGroupAnswer {
        return_: bool = "return",
        group_id: String = "groupId",
        tags: Option<Vec<TagItem>> = "tagSet",
        security_group_arn: String = "securityGroupArn",
    }
}

impl Operation for CreateSecurityGroup {
    const NAME: &'static str = "CreateSecurityGroup";
    type Answer = CreateSecurityGroupAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<CreateSecurityGroupAnswer, ApiError> {
        check_name(&self.group_name)?;
        check_description(&self.description)?;
        let own_kind = "security-group";
        let tags = Tags::specified(&self.tag_specifications, own_kind, &[own_kind])?;
        let vpc_id = &call.region.network.vpc.id;
        if let Some(unknown) = self.vpc_id.as_ref().filter(|id| *id != vpc_id) {
            return Err(ApiError::no_such_vpc(unknown));
        }
        if call
            .region
            .security_groups
            .named(&self.group_name)
            .is_some()
        {
            return Err(ApiError::group_exists(&self.group_name, vpc_id));
        }
        if call.region.security_groups.iter().count() >= SecurityGroup::PER_REGION {
            return Err(ApiError::too_many_groups());
        }
        let group = SecurityGroup::new(&self.group_name, &self.description, vpc_id, tags, call.env);
        let answer = CreateSecurityGroupAnswer {
            return_: true,
            group_id: group.id.clone(),
            tags: group.tags.items_if_any(),
            security_group_arn: group.arn(call.account_id, &call.region.name),
        };
        call.region.security_groups.insert(group);
        Ok(answer)
    }
}

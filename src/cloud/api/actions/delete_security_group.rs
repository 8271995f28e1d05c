//! `DeleteSecurityGroup`: refused for the default group and for one that something depends on.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DeleteSecurityGroup {
        /// The group's id.
        group_id: Option<String> = "GroupId",
        /// Or its name, in the default VPC.
        group_name: Option<String> = "GroupName",
    }
}

answer! {
    /// The answer.
    pub struct DeleteSecurityGroupAnswer { return_: bool = "return", group_id: String = "groupId" }
}

impl Operation for DeleteSecurityGroup {
    const NAME: &'static str = "DeleteSecurityGroup";
    type Answer = DeleteSecurityGroupAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DeleteSecurityGroupAnswer, ApiError> {
        let region = &mut *call.region;
        let group = region.security_groups.select(
            self.group_id.as_deref(),
            self.group_name.as_deref(),
            &region.network.vpc.id,
        )?;
        if group.is_default() {
            return Err(ApiError::default_group_stays(&group.id));
        }
        let group_id = group.id.clone();
        if region.group_in_use(&group_id) || region.security_groups.is_referred_to(&group_id) {
            return Err(ApiError::group_in_use(&group_id));
        }
        region.security_groups.remove(&group_id);
        Ok(DeleteSecurityGroupAnswer {
            return_: true,
            group_id,
        })
    }
}

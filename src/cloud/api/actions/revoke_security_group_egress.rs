//! `RevokeSecurityGroupEgress`: takes outbound rules away. The form of a single rule does not exist here (API reference: not supported).

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_changes::{RevokeAnswer, group_id, revoke};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};

request! {
    /// The request.
    pub struct RevokeSecurityGroupEgress {
        /// The group's id.
        group_id: String = "GroupId",
        /// The rules.
        ip_permissions: Vec<IpPermission> = "IpPermissions",
        /// Ids of rules.
        security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
    }
}

impl Operation for RevokeSecurityGroupEgress {
    const NAME: &'static str = "RevokeSecurityGroupEgress";
    type Answer = RevokeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<RevokeAnswer, ApiError> {
        let group_id = group_id(Some(&self.group_id), None, call)?;
        revoke(
            call,
            &group_id,
            Direction::Egress,
            &self.ip_permissions,
            None,
            &self.security_group_rule_ids,
        )
    }
}

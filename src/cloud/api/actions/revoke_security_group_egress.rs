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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn the_rule_that_every_new_group_has_can_be_taken_away() {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let group = first(&made, "groupId");
        let form = format!(
            "GroupId={group}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
        );
        insta::assert_snapshot!(transcript(&client.ec2("RevokeSecurityGroupEgress", &form)));
        let left = done(client.ec2("DescribeSecurityGroups", &format!("GroupId.1={group}")));
        assert!(
            left.body.contains("<ipPermissionsEgress/>"),
            "{}",
            left.body
        );
        assert_eq!(
            refusal(&client.ec2("RevokeSecurityGroupEgress", &form)),
            "400 InvalidPermission.NotFound: The specified rule does not exist in this security group."
        );
    }
}

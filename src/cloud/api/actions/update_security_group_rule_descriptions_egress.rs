//! `UpdateSecurityGroupRuleDescriptionsEgress`: other notes at outbound rules.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_descriptions::{DescriptionsAnswer, RuleDescription, update};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};

request! {
    /// The request.
    pub struct UpdateSecurityGroupRuleDescriptionsEgress {
        /// The group's id.
        group_id: Option<String> = "GroupId",
        /// Or its name, in the default VPC.
        group_name: Option<String> = "GroupName",
        /// The rules, with their new descriptions.
        ip_permissions: Vec<IpPermission> = "IpPermissions",
        /// The rules by their ids, with their new descriptions.
        security_group_rule_descriptions: Vec<RuleDescription> = "SecurityGroupRuleDescription",
    }
}

impl Operation for UpdateSecurityGroupRuleDescriptionsEgress {
    const NAME: &'static str = "UpdateSecurityGroupRuleDescriptionsEgress";
    type Answer = DescriptionsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescriptionsAnswer, ApiError> {
        update(
            call,
            (self.group_id.as_deref(), self.group_name.as_deref()),
            Direction::Egress,
            &self.ip_permissions,
            self.security_group_rule_descriptions,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal};

    #[test]
    fn only_outbound_rules_are_meant() {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let group = first(&made, "groupId");
        let form = format!(
            "GroupId={group}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0\
             &IpPermissions.1.IpRanges.1.Description=everything"
        );
        assert_eq!(
            refusal(&client.ec2("UpdateSecurityGroupRuleDescriptionsIngress", &form)),
            "400 InvalidPermission.NotFound: The specified rule does not exist in this security group."
        );
        done(client.ec2("UpdateSecurityGroupRuleDescriptionsEgress", &form));
        let one = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
        let reply = done(client.ec2("DescribeSecurityGroupRules", &one));
        assert_eq!(first(&reply, "description"), "everything");
    }
}

//! `UpdateSecurityGroupRuleDescriptionsIngress`: other notes at inbound rules.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_descriptions::{DescriptionsAnswer, RuleDescription, update};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};

request! {
    /// The request.
    pub struct UpdateSecurityGroupRuleDescriptionsIngress {
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

impl Operation for UpdateSecurityGroupRuleDescriptionsIngress {
    const NAME: &'static str = "UpdateSecurityGroupRuleDescriptionsIngress";
    type Answer = DescriptionsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescriptionsAnswer, ApiError> {
        update(
            call,
            (self.group_id.as_deref(), self.group_name.as_deref()),
            Direction::Ingress,
            &self.ip_permissions,
            self.security_group_rule_descriptions,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    const SSH: &str = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22\
                       &IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32";

    fn client() -> (Client, String, String) {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let group = first(&made, "groupId");
        let form = format!("GroupId={group}&{SSH}");
        let rules = done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        (client, group, first(&rules, "securityGroupRuleId"))
    }

    fn description(client: &mut Client, rule: &str) -> String {
        let form = format!("SecurityGroupRuleId.1={rule}");
        first(
            &done(client.ec2("DescribeSecurityGroupRules", &form)),
            "description",
        )
    }

    #[test]
    fn a_rule_is_described_by_what_it_lets_in_and_by_its_id() {
        let (mut client, group, rule) = client();
        let action = "UpdateSecurityGroupRuleDescriptionsIngress";
        let form = format!("GroupName=g&{SSH}&IpPermissions.1.IpRanges.1.Description=home");
        insta::assert_snapshot!(transcript(&client.ec2(action, &form)));
        assert_eq!(description(&mut client, &rule), "home");
        let by_id =
            format!("GroupId={group}&SecurityGroupRuleDescription.1.SecurityGroupRuleId={rule}");
        let form = format!("{by_id}&SecurityGroupRuleDescription.1.Description=office");
        done(client.ec2(action, &form));
        assert_eq!(description(&mut client, &rule), "office");
        done(client.ec2(action, &by_id));
        assert_eq!(description(&mut client, &rule), "");
    }

    #[test]
    fn rules_that_are_not_there_and_bad_descriptions_are_refused() {
        let (mut client, group, rule) = client();
        let action = "UpdateSecurityGroupRuleDescriptionsIngress";
        let mut refused =
            |form: &str| refusal(&client.ec2(action, &format!("GroupId={group}&{form}")));
        assert_eq!(
            refused(&SSH.replace("22", "23")),
            "400 InvalidPermission.NotFound: The specified rule does not exist in this security group."
        );
        assert_eq!(
            refused("SecurityGroupRuleDescription.1.SecurityGroupRuleId=sgr-0123456789abcdef0"),
            "400 InvalidSecurityGroupRuleId.NotFound: The security group rule ID 'sgr-0123456789abcdef0' does not exist"
        );
        assert!(
            refused(&format!(
                "SecurityGroupRuleDescription.1.SecurityGroupRuleId={rule}\
                 &SecurityGroupRuleDescription.1.Description=it's"
            ))
            .starts_with("400 InvalidParameterValue: Invalid rule description. ")
        );
        assert!(refused("DryRun=false").starts_with("400 MissingParameter: Either "));
    }
}

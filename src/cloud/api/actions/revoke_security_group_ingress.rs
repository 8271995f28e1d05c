//! `RevokeSecurityGroupIngress`: takes inbound rules away.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_changes::{FlatRule, RevokeAnswer, group_id, revoke};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};

request! {
    /// The request.
    pub struct RevokeSecurityGroupIngress {
        /// The group's id.
        group_id: Option<String> = "GroupId",
        /// Or its name, in the default VPC.
        group_name: Option<String> = "GroupName",
        /// The rules.
        ip_permissions: Vec<IpPermission> = "IpPermissions",
        /// Of a single rule: an IPv4 range.
        cidr_ip: Option<String> = "CidrIp",
        /// Of a single rule: the first port, or the ICMP type.
        from_port: Option<i64> = "FromPort",
        /// Of a single rule: the protocol.
        ip_protocol: Option<String> = "IpProtocol",
        /// Of a single rule: the last port, or the ICMP code.
        to_port: Option<i64> = "ToPort",
        /// The name of a group in the default VPC whose members are meant, with all of TCP, UDP and ICMP.
        source_security_group_name: Option<String> = "SourceSecurityGroupName",
        /// The owner of that group.
        source_security_group_owner_id: Option<String> = "SourceSecurityGroupOwnerId",
        /// Ids of rules.
        security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
    }
}

impl Operation for RevokeSecurityGroupIngress {
    const NAME: &'static str = "RevokeSecurityGroupIngress";
    type Answer = RevokeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<RevokeAnswer, ApiError> {
        let group_id = group_id(self.group_id.as_deref(), self.group_name.as_deref(), call)?;
        let flat = FlatRule {
            protocol: self.ip_protocol,
            from_port: self.from_port,
            to_port: self.to_port,
            cidr: self.cidr_ip,
            source_group_name: self.source_security_group_name,
            source_group_owner: self.source_security_group_owner_id,
        };
        revoke(
            call,
            &group_id,
            Direction::Ingress,
            &self.ip_permissions,
            Some(flat),
            &self.security_group_rule_ids,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    const SSH: &str = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
                       &IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32";

    /// A client with a group that lets one address in on port 22, the group's id and the rule's.
    fn client() -> (Client, String, String) {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let id = first(&made, "groupId");
        let form = format!("GroupId={id}&{SSH}&IpPermissions.1.IpRanges.1.Description=home");
        let rule = done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        let rule_id = first(&rule, "securityGroupRuleId");
        (client, id, rule_id)
    }

    #[test]
    fn a_rule_goes_by_its_id() {
        let (mut client, group, rule) = client();
        let form = format!("GroupId={group}&SecurityGroupRuleId.1={rule}");
        insta::assert_snapshot!(transcript(&client.ec2("RevokeSecurityGroupIngress", &form)));
        assert_eq!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &form)),
            format!(
                "400 InvalidSecurityGroupRuleId.NotFound: The security group rule ID '{rule}' does not exist"
            )
        );
    }

    #[test]
    fn a_rule_goes_by_what_it_lets_in_whatever_its_description() {
        let (mut client, group, rule) = client();
        let form = format!("GroupId={group}&{SSH}");
        let reply = done(client.ec2("RevokeSecurityGroupIngress", &form));
        assert_eq!(first(&reply, "securityGroupRuleId"), rule);
        assert_eq!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &form)),
            "400 InvalidPermission.NotFound: The specified rule does not exist in this security group."
        );
    }

    #[test]
    fn one_rule_that_is_not_there_keeps_the_others() {
        let (mut client, group, rule) = client();
        let form = format!("GroupId={group}&{SSH}&IpPermissions.1.IpRanges.2.CidrIp=9.9.9.9/32");
        assert!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &form))
                .contains("InvalidPermission.NotFound")
        );
        let form = format!("SecurityGroupRuleId.1={rule}");
        done(client.ec2("DescribeSecurityGroupRules", &form));
    }

    #[test]
    fn a_call_that_names_no_rule_is_refused() {
        let (mut client, group, rule) = client();
        assert_eq!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &format!("GroupId={group}"))),
            "400 MissingParameter: Either 'ipPermissions' or 'securityGroupRuleIds' should be provided."
        );
        let form = format!("GroupId={group}&SecurityGroupRuleId.1={rule}&{SSH}");
        assert!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &form))
                .starts_with("400 InvalidParameterCombination: ")
        );
        let form = format!("GroupId={group}&SecurityGroupRuleId.1=sg-1");
        assert_eq!(
            refusal(&client.ec2("RevokeSecurityGroupIngress", &form)),
            r#"400 InvalidSecurityGroupRuleId.Malformed: Invalid id: "sg-1" (expecting "sgr-...")"#
        );
    }
}

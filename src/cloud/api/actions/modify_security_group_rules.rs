//! `ModifySecurityGroupRules`: rules keep their ids and tags and let other traffic through.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{NewRule, Peer, SecurityGroups, Traffic};

request! {
    /// The request.
    pub struct ModifySecurityGroupRules {
        /// The group.
        group_id: String = "GroupId",
        /// The rules and what each becomes.
        security_group_rules: Vec<RuleUpdate> = "SecurityGroupRule",
    }
}

request! {
    /// One rule and what it becomes.
    pub struct RuleUpdate {
        /// Its id.
        security_group_rule_id: String = "SecurityGroupRuleId",
        /// All of the rule as it is to be.
        security_group_rule: Option<RuleRequest> = "SecurityGroupRule",
    }
}

request! {
    /// A rule: protocol and ports, one peer, and a note, which goes away when it is left out.
    pub struct RuleRequest {
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        ip_protocol: Option<String> = "IpProtocol",
        /// First port, or ICMP type.
        from_port: Option<i64> = "FromPort",
        /// Last port, or ICMP code.
        to_port: Option<i64> = "ToPort",
        /// An IPv4 range.
        cidr_ipv4: Option<String> = "CidrIpv4",
        /// An IPv6 range.
        cidr_ipv6: Option<String> = "CidrIpv6",
        /// A security group.
        referenced_group_id: Option<String> = "ReferencedGroupId",
        /// A note.
        description: Option<String> = "Description",
    }
}

answer! {
    /// The answer.
    pub struct ModifySecurityGroupRulesAnswer { return_: bool = "return" }
}

impl Operation for ModifySecurityGroupRules {
    const NAME: &'static str = "ModifySecurityGroupRules";
    type Answer = ModifySecurityGroupRulesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<ModifySecurityGroupRulesAnswer, ApiError> {
        let groups = &mut call.region.security_groups;
        groups.require(&self.group_id)?;
        if self.security_group_rules.is_empty() {
            return Err(ApiError::missing_parameter("SecurityGroupRules"));
        }
        let mut changes = Vec::new();
        for update in self.security_group_rules {
            let rule = update
                .security_group_rule
                .ok_or_else(|| ApiError::missing_parameter("SecurityGroupRule"))?;
            changes.push((update.security_group_rule_id, rule.parse(groups)?));
        }
        groups
            .get_mut(&self.group_id)
            .ok_or_else(|| ApiError::no_such_group(&self.group_id))?
            .modify(&changes)?;
        Ok(ModifySecurityGroupRulesAnswer { return_: true })
    }
}

impl RuleRequest {
    fn parse(self, groups: &SecurityGroups) -> Result<NewRule, ApiError> {
        let protocol = self
            .ip_protocol
            .as_deref()
            .ok_or_else(|| ApiError::missing_parameter("ipProtocol"))?;
        let traffic = Traffic::parse(protocol, self.from_port, self.to_port)?;
        let peer = match (self.cidr_ipv4, self.cidr_ipv6, self.referenced_group_id) {
            (Some(range), None, None) => Peer::ipv4(&range)?,
            (None, Some(range), None) => Peer::ipv6(&range)?,
            (None, None, Some(id)) => Peer::Group(groups.require(&id)?.id.clone()),
            // That there must be one is AWS's documentation's; both texts are unverified.
            (None, None, None) => {
                let names = "CidrIpv4, CidrIpv6, PrefixListId or ReferencedGroupId";
                return Err(ApiError::missing_parameter(names));
            }
            _ => {
                return Err(ApiError::invalid_combination(
                    "Only one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId may be specified",
                ));
            }
        };
        NewRule::parse(traffic, peer, self.description.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    /// A client with a group of two rules, for ports 22 and 80; the group and the first rule.
    fn client() -> (Client, String, String) {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let group = first(&made, "groupId");
        let form = format!(
            "GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22\
             &IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32\
             &IpPermissions.1.IpRanges.1.Description=home&IpPermissions.2.IpProtocol=tcp\
             &IpPermissions.2.FromPort=80&IpPermissions.2.ToPort=80\
             &IpPermissions.2.IpRanges.1.CidrIp=0.0.0.0/0"
        );
        let rules = done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        let rule = first(&rules, "securityGroupRuleId");
        (client, group, rule)
    }

    fn form(group: &str, rule: &str, members: &str) -> String {
        let members: Vec<String> = members
            .split('&')
            .map(|member| format!("&SecurityGroupRule.1.SecurityGroupRule.{member}"))
            .collect();
        format!(
            "GroupId={group}&SecurityGroupRule.1.SecurityGroupRuleId={rule}{}",
            members.concat()
        )
    }

    #[test]
    fn a_rule_keeps_its_id_and_lets_another_range_in() {
        let (mut client, group, rule) = client();
        let change = form(
            &group,
            &rule,
            "IpProtocol=tcp&FromPort=22&ToPort=22&CidrIpv4=198.51.100.7/24",
        );
        insta::assert_snapshot!(transcript(&client.ec2("ModifySecurityGroupRules", &change)));
        let one = format!("SecurityGroupRuleId.1={rule}");
        let reply = done(client.ec2("DescribeSecurityGroupRules", &one));
        assert_eq!(first(&reply, "cidrIpv4"), "198.51.100.0/24");
        assert!(!reply.body.contains("<description>"), "{}", reply.body);
    }

    #[test]
    fn a_rule_may_stay_as_it_is_but_not_become_another_one() {
        let (mut client, group, rule) = client();
        let same = "IpProtocol=tcp&FromPort=22&ToPort=22&CidrIpv4=1.2.3.4/32&Description=office";
        done(client.ec2("ModifySecurityGroupRules", &form(&group, &rule, same)));
        let other = "IpProtocol=tcp&FromPort=80&ToPort=80&CidrIpv4=0.0.0.0/0";
        assert_eq!(
            refusal(&client.ec2("ModifySecurityGroupRules", &form(&group, &rule, other))),
            r#"400 InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists"#
        );
        let reply = done(client.ec2(
            "DescribeSecurityGroupRules",
            &format!("SecurityGroupRuleId.1={rule}"),
        ));
        assert_eq!(first(&reply, "description"), "office");
    }

    #[test]
    fn what_cannot_be_modified_is_refused() {
        let (mut client, group, rule) = client();
        let mut refused = |rule: &str, members: &str| {
            refusal(&client.ec2("ModifySecurityGroupRules", &form(&group, rule, members)))
        };
        let all = "IpProtocol=tcp&FromPort=22&ToPort=22";
        assert_eq!(
            refused(&rule, &format!("{all}&CidrIpv4=/32")),
            "400 InvalidParameterValue: CIDR block /32 is malformed"
        );
        assert_eq!(
            refused(
                "sgr-0123456789abcdef0",
                &format!("{all}&CidrIpv4=1.2.3.4/32")
            ),
            "400 InvalidSecurityGroupRuleId.NotFound: The security group rule ID 'sgr-0123456789abcdef0' does not exist"
        );
        assert!(refused(&rule, all).starts_with("400 MissingParameter: "));
        assert!(
            refused(&rule, &format!("{all}&CidrIpv4=1.2.3.4/32&CidrIpv6=::/0"))
                .starts_with("400 InvalidParameterCombination: ")
        );
        assert!(
            refused(&rule, &format!("{all}&CidrIpv6=::/0"))
                .starts_with("400 InvalidParameterValue: ")
        );
        assert_eq!(
            refusal(&client.ec2(
                "ModifySecurityGroupRules",
                &form("sg-0b3b", &rule, &format!("{all}&CidrIpv4=1.2.3.4/32"))
            )),
            r#"400 InvalidGroupId.Malformed: Invalid id: "sg-0b3b""#
        );
    }
}

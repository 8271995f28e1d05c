//! `AuthorizeSecurityGroupIngress`: new inbound rules.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_changes::{AuthorizeAnswer, FlatRule, authorize, group_id};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};
use crate::cloud::resources::tag::TagSpecification;

request! {
    /// The request.
    pub struct AuthorizeSecurityGroupIngress {
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
        /// Tags for the new rules.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
    }
}

impl Operation for AuthorizeSecurityGroupIngress {
    const NAME: &'static str = "AuthorizeSecurityGroupIngress";
    type Answer = AuthorizeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<AuthorizeAnswer, ApiError> {
        let group_id = group_id(self.group_id.as_deref(), self.group_name.as_deref(), call)?;
        let flat = FlatRule {
            protocol: self.ip_protocol,
            from_port: self.from_port,
            to_port: self.to_port,
            cidr: self.cidr_ip,
            source_group_name: self.source_security_group_name,
            source_group_owner: self.source_security_group_owner_id,
        };
        authorize(
            call,
            &group_id,
            Direction::Ingress,
            &self.ip_permissions,
            Some(flat),
            &self.tag_specifications,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    /// A client with a group named `g`, and the group's id.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let id = first(&made, "groupId");
        (client, id)
    }

    /// The refusal of one permission, written without its `IpPermissions.1.`.
    fn refused(permission: &str) -> String {
        let (mut client, id) = client();
        let members: Vec<String> = permission
            .split('&')
            .map(|member| format!("IpPermissions.1.{member}"))
            .collect();
        let form = format!("GroupId={id}&{}", members.join("&"));
        let reply = client.ec2("AuthorizeSecurityGroupIngress", &form);
        let rules = client.ec2(
            "DescribeSecurityGroupRules",
            &format!("Filter.1.Name=group-id&Filter.1.Value.1={id}"),
        );
        assert_eq!(
            rules.body.matches("<securityGroupRuleId>").count(),
            1,
            "nothing was added"
        );
        refusal(&reply)
    }

    #[test]
    fn one_port_for_one_address_as_the_aws_cli_sends_it() {
        let (mut client, id) = client();
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32"
        );
        insta::assert_snapshot!(transcript(
            &client.ec2("AuthorizeSecurityGroupIngress", &form)
        ));
    }

    #[test]
    fn a_source_group_by_name_and_id_as_the_aws_cli_sends_it() {
        let (mut client, _) = client();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=h"));
        let form = format!(
            "GroupName=g&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.Groups.1.GroupId={}",
            first(&made, "groupId")
        );
        insta::assert_snapshot!(transcript(
            &client.ec2("AuthorizeSecurityGroupIngress", &form)
        ));
    }

    #[test]
    fn several_ranges_are_several_rules_with_the_same_tags() {
        let (mut client, id) = client();
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32&IpPermissions.1.IpRanges.1.Description=x\
             &IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0&TagSpecification.1.ResourceType=security-group-rule\
             &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
        );
        insta::assert_snapshot!(transcript(
            &client.ec2("AuthorizeSecurityGroupIngress", &form)
        ));
    }

    #[test]
    fn all_protocols_have_no_ports_and_answer_with_minus_one() {
        let (mut client, id) = client();
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
        );
        let reply = done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        assert!(reply.body.contains(
            "<ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
             <cidrIpv4>0.0.0.0/0</cidrIpv4><tagSet/>"
        ));
        assert_eq!(
            refusal(&client.ec2("AuthorizeSecurityGroupIngress", &form)),
            r#"400 InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists"#
        );
    }

    #[test]
    fn the_form_of_a_single_rule_is_understood() {
        let (mut client, id) = client();
        let form =
            format!("GroupId={id}&IpProtocol=TCP&FromPort=22&ToPort=22&CidrIp=100.68.0.18/18");
        let reply = done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        assert_eq!(first(&reply, "ipProtocol"), "tcp");
        assert_eq!(first(&reply, "cidrIpv4"), "100.68.0.0/18");
        assert_eq!(
            refusal(&client.ec2(
                "AuthorizeSecurityGroupIngress",
                &format!("GroupId={id}&IpProtocol=tcp&FromPort=1&ToPort=1")
            )),
            "400 MissingParameter: The request must contain the parameter cidrIp"
        );
    }

    #[test]
    fn a_named_source_group_stands_for_all_of_tcp_udp_and_icmp() {
        let (mut client, _) = client();
        let form =
            "GroupName=g&SourceSecurityGroupName=default&SourceSecurityGroupOwnerId=123456789012";
        let reply = done(client.ec2("AuthorizeSecurityGroupIngress", form));
        for text in [
            "tcp</ipProtocol><fromPort>0<",
            "udp</ipProtocol><fromPort>0<",
            "icmp</ipProtocol><fromPort>-1<",
        ] {
            assert!(reply.body.contains(text), "{text}: {}", reply.body);
        }
    }

    #[test]
    fn the_same_rule_in_another_spelling_is_a_duplicate() {
        let (mut client, id) = client();
        let rule = |protocol: &str, cidr: &str| {
            format!(
                "GroupId={id}&IpPermissions.1.IpProtocol={protocol}&IpPermissions.1.FromPort=22\
                 &IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp={cidr}"
            )
        };
        done(client.ec2("AuthorizeSecurityGroupIngress", &rule("tcp", "10.1.0.0/16")));
        for (protocol, cidr) in [("6", "10.1.0.0/16"), ("Tcp", "10.1.2.3/16")] {
            assert_eq!(
                refusal(&client.ec2("AuthorizeSecurityGroupIngress", &rule(protocol, cidr))),
                "400 InvalidPermission.Duplicate: the specified rule \
                 \"peer: 10.1.0.0/16, TCP, from port: 22, to port: 22, ALLOW\" already exists"
            );
        }
    }

    #[test]
    fn a_rule_twice_in_one_call_adds_neither() {
        assert_eq!(
            refused("IpProtocol=-1&IpRanges.1.CidrIp=1.1.1.1/32&IpRanges.2.CidrIp=1.1.1.1/32"),
            "400 InvalidParameterValue: The same permission must not appear multiple times"
        );
    }

    #[test]
    fn ports_that_cannot_be_are_refused() {
        let text = "400 InvalidParameterValue: Invalid value for portRange. Must specify both from and to \
                    ports with TCP/UDP.";
        assert_eq!(refused("IpProtocol=tcp&IpRanges.1.CidrIp=0.0.0.0/0"), text);
        assert_eq!(
            refused("IpProtocol=udp&FromPort=1&IpRanges.1.CidrIp=0.0.0.0/0"),
            text
        );
        assert_eq!(
            refused("IpProtocol=tcp&FromPort=-1&ToPort=-1&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: TCP/UDP (from) port (-1) out of range"
        );
        assert_eq!(
            refused("IpProtocol=tcp&FromPort=22&ToPort=65536&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: TCP/UDP (to) port (65536) out of range"
        );
        assert_eq!(
            refused("IpProtocol=tcp&FromPort=80&ToPort=22&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: Invalid TCP/UDP port range (80:22)"
        );
        assert_eq!(
            refused("IpProtocol=icmp&FromPort=0&ToPort=65535&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: ICMP code (65535) out of range"
        );
    }

    #[test]
    fn protocols_and_ranges_that_cannot_be_are_refused() {
        assert_eq!(
            refused("IpProtocol=all&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: Invalid value 'all' for IP protocol. Unknown protocol."
        );
        assert_eq!(
            refused("IpProtocol=256&IpRanges.1.CidrIp=0.0.0.0/0"),
            "400 InvalidParameterValue: Invalid value '256' for IP protocol. Unknown protocol."
        );
        for cidr in ["1.2.3.4", "1.2.3.4/33", "anywhere", "::/0"] {
            assert_eq!(
                refused(&format!("IpProtocol=-1&IpRanges.1.CidrIp={cidr}")),
                format!("400 InvalidParameterValue: CIDR block {cidr} is malformed")
            );
        }
        assert_eq!(
            refused("IpProtocol=-1&Ipv6Ranges.1.CidrIpv6=0.0.0.0/0"),
            "400 InvalidParameterValue: CIDR block 0.0.0.0/0 is malformed"
        );
        assert_eq!(
            refused("IpProtocol=-1&IpRanges.1.CidrIp=0.0.0.0/0&IpRanges.1.Description=it's"),
            "400 InvalidParameterValue: Invalid rule description. Valid descriptions are strings less than 256 \
             characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&amp;;{}!$*"
        );
    }

    #[test]
    fn groups_that_are_not_there_are_refused() {
        assert_eq!(
            refused("IpProtocol=-1&Groups.1.GroupId=sg-0123456789abcdef0"),
            "400 InvalidGroup.NotFound: The security group 'sg-0123456789abcdef0' does not exist"
        );
        let (mut client, id) = client();
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId={id}&IpPermissions.1.Groups.1.UserId=999999999999"
        );
        assert_eq!(
            refusal(&client.ec2("AuthorizeSecurityGroupIngress", &form)),
            format!("400 InvalidGroup.NotFound: The security group '{id}' does not exist")
        );
    }

    #[test]
    fn what_is_not_simulated_is_refused_by_name() {
        assert_eq!(
            refused("IpProtocol=-1&PrefixListIds.1.PrefixListId=pl-1"),
            "400 GroundSchool.NotSimulated: Ground School does not simulate the parameter \
             'IpPermissions.1.PrefixListIds.1.PrefixListId' of AuthorizeSecurityGroupIngress. Leave it out and try again"
        );
    }

    #[test]
    fn a_call_without_rules_or_with_both_forms_is_refused() {
        let (mut client, id) = client();
        assert_eq!(
            refusal(&client.ec2("AuthorizeSecurityGroupIngress", &format!("GroupId={id}"))),
            "400 MissingParameter: The request must contain the parameter ipPermissions"
        );
        let form = format!(
            "GroupId={id}&CidrIp=0.0.0.0/0&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
        );
        assert!(
            refusal(&client.ec2("AuthorizeSecurityGroupIngress", &form))
                .starts_with("400 InvalidParameterCombination: ")
        );
        assert!(refused("IpProtocol=-1").starts_with("400 MissingParameter: "));
    }

    #[test]
    fn the_61st_inbound_rule_is_one_too_many_and_outbound_rules_do_not_count() {
        let (mut client, id) = client();
        let rule = |n: u32| {
            format!(
                "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={n}\
                 &IpPermissions.1.ToPort={n}&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
            )
        };
        for n in 1..=60 {
            done(client.ec2("AuthorizeSecurityGroupIngress", &rule(n)));
        }
        assert_eq!(
            refusal(&client.ec2("AuthorizeSecurityGroupIngress", &rule(61))),
            "400 RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached."
        );
        done(client.ec2("AuthorizeSecurityGroupEgress", &rule(61)));
    }

    #[test]
    fn a_dry_run_is_refused_where_the_rule_is_there_already_or_has_no_room() {
        let mut client = Client::new();
        let group = first(
            &done(client.ec2("CreateSecurityGroup", "GroupName=dry&GroupDescription=d")),
            "groupId",
        );
        let rule = |port: u16| {
            format!(
                "GroupId={group}&IpProtocol=tcp&FromPort={port}&ToPort={port}&CidrIp=10.0.0.0/8"
            )
        };
        for port in 1..=60 {
            done(client.ec2("AuthorizeSecurityGroupIngress", &rule(port)));
        }
        for (port, code) in [
            (1, "400 InvalidPermission.Duplicate: "),
            (61, "400 RulesPerSecurityGroupLimitExceeded: "),
        ] {
            let form = format!("DryRun=true&{}", rule(port));
            let reply = client.ec2("AuthorizeSecurityGroupIngress", &form);
            assert!(refusal(&reply).starts_with(code), "{}", reply.body);
        }
    }
}

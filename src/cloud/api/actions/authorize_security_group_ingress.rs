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

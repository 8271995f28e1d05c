//! `AuthorizeSecurityGroupEgress`: new outbound rules. The form of a single rule does not exist here (API reference: not supported).

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::rule_changes::{AuthorizeAnswer, authorize, group_id};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{Direction, IpPermission};
use crate::cloud::resources::tag::TagSpecification;

request! {
    /// The request.
    pub struct AuthorizeSecurityGroupEgress {
        /// The group's id.
        group_id: String = "GroupId",
        /// The rules.
        ip_permissions: Vec<IpPermission> = "IpPermissions",
        /// Tags for the new rules.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
    }
}

impl Operation for AuthorizeSecurityGroupEgress {
    const NAME: &'static str = "AuthorizeSecurityGroupEgress";
    type Answer = AuthorizeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<AuthorizeAnswer, ApiError> {
        let group_id = group_id(Some(&self.group_id), None, call)?;
        authorize(
            call,
            &group_id,
            Direction::Egress,
            &self.ip_permissions,
            None,
            &self.tag_specifications,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn an_outbound_rule_says_so() {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let form = format!(
            "GroupId={}&IpPermissions.1.IpProtocol=icmp&IpPermissions.1.FromPort=-1\
             &IpPermissions.1.ToPort=-1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
            first(&made, "groupId")
        );
        insta::assert_snapshot!(transcript(
            &client.ec2("AuthorizeSecurityGroupEgress", &form)
        ));
        assert_eq!(
            refusal(&client.ec2("AuthorizeSecurityGroupEgress", &form)),
            "400 InvalidPermission.Duplicate: the specified rule \
             \"peer: 10.0.0.0/8, ICMP, type: ALL, code: ALL, ALLOW\" already exists"
        );
    }

    #[test]
    fn the_group_must_be_given_by_id() {
        assert_eq!(
            refusal(&Client::new().ec2("AuthorizeSecurityGroupEgress", "GroupName=g")),
            "400 MissingParameter: The request must contain the parameter GroupId"
        );
    }
}

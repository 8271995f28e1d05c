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

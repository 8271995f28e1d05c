//! What the two actions share that update the descriptions of rules.

use crate::cloud::api::Call;
use crate::cloud::api::actions::rule_changes::group_id;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{
    Direction, IpPermission, checked_description, rules_wanted,
};

request! {
    /// The description of one rule; it goes away when it is left out.
    pub struct RuleDescription {
        /// The rule.
        security_group_rule_id: Option<String> = "SecurityGroupRuleId",
        /// A note.
        description: Option<String> = "Description",
    }
}

answer! {
    /// The answer.
    pub struct DescriptionsAnswer { return_: bool = "return" }
}

/// Gives rules other descriptions, all or none: found by what they let through, or by their ids.
pub(super) fn update(
    call: &mut Call<'_, '_>,
    group: (Option<&str>, Option<&str>),
    direction: Direction,
    permissions: &[IpPermission],
    descriptions: Vec<RuleDescription>,
) -> Result<DescriptionsAnswer, ApiError> {
    let group_id = group_id(group.0, group.1, call)?;
    let region = &mut *call.region;
    let wanted = match (permissions, descriptions.as_slice()) {
        // Both texts are unverified; the first follows that of revoking.
        ([], []) => {
            return Err(ApiError::new(
                "MissingParameter",
                "Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided.",
            ));
        }
        ([_, ..], [_, ..]) => {
            return Err(ApiError::invalid_combination(
                "The parameter securityGroupRuleDescriptions cannot be used with the parameter ipPermissions",
            ));
        }
        (permissions, _) => rules_wanted(
            permissions,
            &region.security_groups,
            call.account_id,
            &region.network.vpc.id,
        )?,
    };
    let mut by_id = Vec::new();
    for one in descriptions {
        let id = one
            .security_group_rule_id
            .ok_or_else(|| ApiError::missing_parameter("SecurityGroupRuleId"))?;
        by_id.push((id, checked_description(one.description.as_deref())?));
    }
    region
        .security_groups
        .get_mut(&group_id)
        .ok_or_else(|| ApiError::no_such_group(&group_id))?
        .describe_rules(direction, &wanted, &by_id)?;
    Ok(DescriptionsAnswer { return_: true })
}

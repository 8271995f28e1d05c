//! Security groups: which traffic they let in and out, and where each is found.

mod admission;
mod group;
mod groups;
mod permission;
mod refusal;
mod rule;
mod rule_item;
mod traffic;

pub use admission::Admission;
pub use group::SecurityGroup;
pub use groups::SecurityGroups;
pub use permission::{IpPermission, IpRange, PermissionItem, permission_items, rules_wanted};
pub use rule::{Direction, NewRule, Peer, Rule, checked_description};
pub use rule_item::{RevokedRuleItem, RuleItem};
pub use traffic::{Icmp, PortRange, Traffic};

use crate::cloud::api::error::ApiError;

/// The characters of names and descriptions, besides letters and digits.
const PUNCTUATION: &str = " ._-:/()#,@[]+=&;{}!$*";

/// Whether AWS takes the text as a name or description: fewer than 256 of its characters.
fn is_plain(text: &str) -> bool {
    text.len() < 256
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c))
}

/// Refuses names that AWS refuses for a new group.
pub fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::missing_parameter("GroupName"));
    }
    if !name.is_ascii() {
        return Err(ApiError::beyond_ascii("GroupName", name));
    }
    if name.starts_with("sg-") {
        return Err(ApiError::name_like_an_id(name));
    }
    if name == SecurityGroups::DEFAULT {
        return Err(ApiError::reserved_name(name));
    }
    if !is_plain(name) {
        return Err(ApiError::bad_group_name());
    }
    Ok(())
}

/// Refuses descriptions that AWS refuses for a new group.
pub fn check_description(description: &str) -> Result<(), ApiError> {
    if description.is_empty() {
        return Err(ApiError::missing_parameter("GroupDescription"));
    }
    if !description.is_ascii() {
        return Err(ApiError::beyond_ascii("GroupDescription", description));
    }
    if !is_plain(description) {
        return Err(ApiError::bad_group_description());
    }
    Ok(())
}

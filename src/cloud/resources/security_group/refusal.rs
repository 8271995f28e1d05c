//! AWS's refusals about security groups, one constructor a code or text (`facts/ec2-api.md` section 6).

use crate::cloud::api::error::ApiError;
use crate::cloud::resources::security_group::NewRule;

/// Two spaces after the colon, as AWS writes it.
const CHARACTERS: &str = "strings less than 256 characters from the following set:  \
                          a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

impl ApiError {
    /// `InvalidGroup.NotFound`, by id.
    pub fn no_such_group(id: &str) -> Self {
        let text = format!("The security group '{id}' does not exist");
        Self::new("InvalidGroup.NotFound", text)
    }

    /// `InvalidGroup.NotFound`, by name.
    pub fn no_group_named(name: &str, vpc_id: &str) -> Self {
        let text = format!("The security group '{name}' does not exist in default VPC '{vpc_id}'");
        Self::new("InvalidGroup.NotFound", text)
    }

    /// `InvalidGroup.Duplicate`.
    pub fn group_exists(name: &str, vpc_id: &str) -> Self {
        let text = format!("The security group '{name}' already exists for VPC '{vpc_id}'");
        Self::new("InvalidGroup.Duplicate", text)
    }

    /// `InvalidGroupId.Malformed`, as the filter `group-id` of DescribeSecurityGroupRules words it.
    pub fn malformed_group_in_filter(id: &str) -> Self {
        let text = format!("The security group ID '{id}' is malformed");
        Self::new("InvalidGroupId.Malformed", text)
    }

    /// `DependencyViolation`.
    pub fn group_in_use(id: &str) -> Self {
        let text = format!("resource {id} has a dependent object");
        Self::new("DependencyViolation", text)
    }

    /// `CannotDelete`.
    pub fn default_group_stays(id: &str) -> Self {
        let text =
            format!(r#"the specified group: "{id}" name: "default" cannot be deleted by a user"#);
        Self::new("CannotDelete", text)
    }

    /// A name such as `sg-web`. Quoted with and without a full stop.
    pub fn name_like_an_id(name: &str) -> Self {
        Self::invalid_value(format!(
            "Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        ))
    }

    /// The name `default`.
    pub fn reserved_name(name: &str) -> Self {
        Self::invalid_value(format!("Cannot use reserved security group name: {name}"))
    }

    /// A name with other characters or too long. The text is unverified: it is the description's with another noun.
    pub fn bad_group_name() -> Self {
        Self::invalid_value(format!(
            "Invalid security group name. Valid names are {CHARACTERS}"
        ))
    }

    /// A description with other characters or too long.
    pub fn bad_group_description() -> Self {
        Self::invalid_value(format!(
            "Invalid security group description. Valid descriptions are {CHARACTERS}"
        ))
    }

    /// The description of a rule with other characters or too long.
    pub fn bad_rule_description() -> Self {
        Self::invalid_value(format!(
            "Invalid rule description. Valid descriptions are {CHARACTERS}"
        ))
    }

    /// A value with characters beyond ASCII.
    pub fn beyond_ascii(parameter: &str, value: &str) -> Self {
        Self::invalid_value(format!(
            "Value ({value}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
        ))
    }

    /// `InvalidPermission.Duplicate`: the rule is there already.
    pub fn permission_exists(rule: &NewRule) -> Self {
        let text = format!(
            r#"the specified rule "peer: {}, {}, ALLOW" already exists"#,
            rule.peer,
            rule.traffic.in_words()
        );
        Self::new("InvalidPermission.Duplicate", text)
    }

    /// The same rule twice in one call.
    pub fn permission_given_twice() -> Self {
        Self::invalid_value("The same permission must not appear multiple times")
    }

    /// `InvalidPermission.NotFound`.
    pub fn no_such_permission() -> Self {
        let text = "The specified rule does not exist in this security group.";
        Self::new("InvalidPermission.NotFound", text)
    }

    /// `InvalidSecurityGroupRuleId.NotFound`.
    pub fn no_such_rule(id: &str) -> Self {
        let text = format!("The security group rule ID '{id}' does not exist");
        Self::new("InvalidSecurityGroupRuleId.NotFound", text)
    }

    /// A rule for a range that is to be for a group, and so on (API reference; the text is unverified).
    pub fn other_rule_type(id: &str) -> Self {
        Self::invalid_value(format!(
            "The type of the security group rule '{id}' cannot be modified"
        ))
    }

    /// `RulesPerSecurityGroupLimitExceeded`.
    pub fn too_many_rules() -> Self {
        let text = "The maximum number of rules per security group has been reached.";
        Self::new("RulesPerSecurityGroupLimitExceeded", text)
    }

    /// `SecurityGroupLimitExceeded`. The text is unverified.
    pub fn too_many_groups() -> Self {
        let text = "The maximum number of security groups for this region has been reached.";
        Self::new("SecurityGroupLimitExceeded", text)
    }

    /// A range that is none.
    pub fn malformed_cidr(text: &str) -> Self {
        Self::invalid_value(format!("CIDR block {text} is malformed"))
    }

    /// TCP or UDP without both ports.
    pub fn ports_missing() -> Self {
        Self::invalid_value(
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        )
    }

    /// A port beyond 0 to 65535; `which` is `from` or `to` (the latter is unverified).
    pub fn port_out_of_range(which: &str, port: i64) -> Self {
        Self::invalid_value(format!("TCP/UDP ({which}) port ({port}) out of range"))
    }

    /// The first port after the last one. The text is unverified.
    pub fn ports_reversed(from: i64, to: i64) -> Self {
        Self::invalid_value(format!("Invalid TCP/UDP port range ({from}:{to})"))
    }

    /// An ICMP type or code beyond -1 to 255; `which` is `type` (unverified) or `code`.
    pub fn icmp_out_of_range(which: &str, number: i64) -> Self {
        Self::invalid_value(format!("ICMP {which} ({number}) out of range"))
    }

    /// A protocol that is neither a known name nor a number.
    pub fn unknown_protocol(name: &str) -> Self {
        Self::invalid_value(format!(
            "Invalid value '{name}' for IP protocol. Unknown protocol."
        ))
    }
}

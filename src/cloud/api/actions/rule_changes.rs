//! What the four actions that authorize and revoke rules share: which rules a request means, and their answers.

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::resources::security_group::{
    Direction, Icmp, IpPermission, IpRange, NewRule, Peer, PortRange, RevokedRuleItem, Rule,
    RuleItem, Traffic, rules_wanted,
};
use crate::cloud::resources::tag::{TagSpecification, Tags};

answer! {
    /// The answer to an authorization.
    pub struct AuthorizeAnswer {
        return_: bool = "return",
        security_group_rules: Vec<RuleItem> = "securityGroupRuleSet",
    }
}

answer! {
    /// The answer to a revocation.
    pub struct RevokeAnswer {
        return_: bool = "return",
        revoked_security_group_rules: Vec<RevokedRuleItem> = "revokedSecurityGroupRuleSet",
    }
}

/// The older form of one rule, without lists. It exists for inbound rules only.
pub(super) struct FlatRule {
    pub(super) protocol: Option<String>,
    pub(super) from_port: Option<i64>,
    pub(super) to_port: Option<i64>,
    pub(super) cidr: Option<String>,
    pub(super) source_group_name: Option<String>,
    pub(super) source_group_owner: Option<String>,
}

impl FlatRule {
    fn is_given(&self) -> bool {
        self.is_range_given()
            || self.source_group_name.is_some()
            || self.source_group_owner.is_some()
    }

    fn is_range_given(&self) -> bool {
        self.protocol.is_some()
            || self.from_port.is_some()
            || self.to_port.is_some()
            || self.cidr.is_some()
    }

    /// A named source group stands for all of TCP, UDP and ICMP, and goes with none of the other parameters (API
    /// reference; the texts are unverified).
    fn rules(self, region: &Region, account: &str) -> Result<Vec<NewRule>, ApiError> {
        let vpc_id = &region.network.vpc.id;
        let groups = &region.security_groups;
        if let Some(name) = &self.source_group_name {
            if self.is_range_given() {
                return Err(ApiError::invalid_combination(
                    "The parameter sourceSecurityGroupName cannot be used with the parameters \
                     ipProtocol, fromPort, toPort and cidrIp",
                ));
            }
            let group = groups.require_named(name, vpc_id)?;
            if self
                .source_group_owner
                .is_some_and(|owner| owner != account)
            {
                return Err(ApiError::no_group_named(name, vpc_id));
            }
            let ports = PortRange {
                from: 0,
                to: u16::MAX,
            };
            let icmp = Icmp {
                kind: None,
                code: None,
            };
            let all = [
                Traffic::Tcp(ports),
                Traffic::Udp(ports),
                Traffic::Icmp(icmp),
            ];
            return all
                .into_iter()
                .map(|traffic| NewRule::parse(traffic, Peer::Group(group.id.clone()), None))
                .collect();
        }
        if self.source_group_owner.is_some() {
            return Err(ApiError::missing_parameter("sourceSecurityGroupName"));
        }
        let cidr_ip = self
            .cidr
            .ok_or_else(|| ApiError::missing_parameter("cidrIp"))?;
        let permission = IpPermission {
            ip_protocol: self.protocol,
            from_port: self.from_port,
            to_port: self.to_port,
            user_id_group_pairs: Vec::new(),
            ip_ranges: vec![IpRange {
                cidr_ip,
                description: None,
            }],
            ipv6_ranges: Vec::new(),
        };
        rules_wanted(&[permission], groups, account, vpc_id)
    }
}

/// The rules that a request means, in either form; none when it brings neither.
fn meant(
    permissions: &[IpPermission],
    flat: Option<FlatRule>,
    call: &Call<'_, '_>,
) -> Result<Option<Vec<NewRule>>, ApiError> {
    let region = &*call.region;
    match flat.filter(FlatRule::is_given) {
        None if permissions.is_empty() => Ok(None),
        None => rules_wanted(
            permissions,
            &region.security_groups,
            call.account_id,
            &region.network.vpc.id,
        )
        .map(Some),
        Some(flat) if permissions.is_empty() => flat.rules(region, call.account_id).map(Some),
        // The text is unverified.
        Some(_) => Err(ApiError::invalid_combination(
            "The parameter ipPermissions cannot be used with the parameters of a single rule",
        )),
    }
}

/// Which group a request is about.
pub(super) fn group_id(
    id: Option<&str>,
    name: Option<&str>,
    call: &Call<'_, '_>,
) -> Result<String, ApiError> {
    let region = &*call.region;
    let group = region
        .security_groups
        .select(id, name, &region.network.vpc.id)?;
    Ok(group.id.clone())
}

/// Adds rules to a group, all or none.
pub(super) fn authorize(
    call: &mut Call<'_, '_>,
    group_id: &str,
    direction: Direction,
    permissions: &[IpPermission],
    flat: Option<FlatRule>,
    tag_specifications: &[TagSpecification],
) -> Result<AuthorizeAnswer, ApiError> {
    let own_kind = "security-group-rule";
    let tags = Tags::specified(tag_specifications, own_kind, &[own_kind])?;
    let wanted = meant(permissions, flat, call)?
        .ok_or_else(|| ApiError::missing_parameter("ipPermissions"))?;
    let group = call
        .region
        .security_groups
        .get_mut(group_id)
        .ok_or_else(|| ApiError::no_such_group(group_id))?;
    let made = group.authorize(direction, wanted, &tags, call.env)?;
    let item = |rule: &Rule| rule.item(group_id, direction, call.account_id, &call.region.name);
    Ok(AuthorizeAnswer {
        return_: true,
        security_group_rules: made.iter().map(item).collect(),
    })
}

/// Takes rules away from a group, all or none: by their ids, or by what they let through.
pub(super) fn revoke(
    call: &mut Call<'_, '_>,
    group_id: &str,
    direction: Direction,
    permissions: &[IpPermission],
    flat: Option<FlatRule>,
    rule_ids: &[String],
) -> Result<RevokeAnswer, ApiError> {
    let unwanted = meant(permissions, flat, call)?;
    let group = call
        .region
        .security_groups
        .get_mut(group_id)
        .ok_or_else(|| ApiError::no_such_group(group_id))?;
    let gone = match (unwanted, rule_ids) {
        (None, []) => {
            return Err(ApiError::new(
                "MissingParameter",
                "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.",
            ));
        }
        (None, ids) => group.revoke_ids(direction, ids)?,
        (Some(unwanted), []) => group.revoke(direction, &unwanted)?,
        // The text is unverified.
        (Some(_), _) => {
            return Err(ApiError::invalid_combination(
                "The parameter securityGroupRuleIds cannot be used with the parameter ipPermissions",
            ));
        }
    };
    Ok(RevokeAnswer {
        return_: true,
        revoked_security_group_rules: gone
            .iter()
            .map(|rule| rule.revoked(group_id, direction))
            .collect(),
    })
}

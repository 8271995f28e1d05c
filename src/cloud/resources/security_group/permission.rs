//! `IpPermission`: the form in which requests bring rules and DescribeSecurityGroups merges them.

use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{NewRule, Peer, Rule, SecurityGroups, Traffic};

request! {
    /// `IpPermissions.N`: protocol and ports, and everybody they are for.
    pub struct IpPermission {
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        ip_protocol: Option<String> = "IpProtocol",
        /// First port, or ICMP type.
        from_port: Option<i64> = "FromPort",
        /// Last port, or ICMP code.
        to_port: Option<i64> = "ToPort",
        /// Security groups.
        user_id_group_pairs: Vec<GroupParameter> = "Groups",
        /// IPv4 ranges.
        ip_ranges: Vec<IpRange> = "IpRanges",
        /// IPv6 ranges.
        ipv6_ranges: Vec<Ipv6Range> = "Ipv6Ranges",
    }
}

request! {
    /// One IPv4 range.
    pub struct IpRange {
        /// `1.2.3.4/32`.
        cidr_ip: String = "CidrIp",
        /// A note.
        description: Option<String> = "Description",
    }
}

request! {
    /// One IPv6 range.
    pub struct Ipv6Range {
        /// `2001:db8::/32`.
        cidr_ipv6: String = "CidrIpv6",
        /// A note.
        description: Option<String> = "Description",
    }
}

request! {
    /// One security group whose members are meant.
    pub struct GroupParameter {
        /// Its id.
        group_id: Option<String> = "GroupId",
        /// Its name, in the default VPC.
        group_name: Option<String> = "GroupName",
        /// Its owner; only the account itself has groups here.
        user_id: Option<String> = "UserId",
        /// A note.
        description: Option<String> = "Description",
    }
}

/// The rules that permissions stand for, one a range or group, in the order in which they were given.
pub fn rules_wanted(
    permissions: &[IpPermission],
    groups: &SecurityGroups,
    account: &str,
    vpc_id: &str,
) -> Result<Vec<NewRule>, ApiError> {
    let mut wanted = Vec::new();
    for permission in permissions {
        let protocol = permission
            .ip_protocol
            .as_deref()
            .ok_or_else(|| ApiError::missing_parameter("ipProtocol"))?;
        let traffic = Traffic::parse(protocol, permission.from_port, permission.to_port)?;
        let before = wanted.len();
        for group in &permission.user_id_group_pairs {
            let (id, name) = (group.group_id.as_deref(), group.group_name.as_deref());
            // Describe answers give both, and such a pair may be sent back as it came.
            let found = groups.select(id, name.filter(|_| id.is_none()), vpc_id)?;
            if group.user_id.as_deref().is_some_and(|user| user != account) {
                return Err(ApiError::no_such_group(&found.id));
            }
            let peer = Peer::Group(found.id.clone());
            wanted.push(NewRule::parse(traffic, peer, group.description.as_deref())?);
        }
        for range in &permission.ip_ranges {
            let peer = Peer::ipv4(&range.cidr_ip)?;
            wanted.push(NewRule::parse(traffic, peer, range.description.as_deref())?);
        }
        for range in &permission.ipv6_ranges {
            let peer = Peer::ipv6(&range.cidr_ipv6)?;
            wanted.push(NewRule::parse(traffic, peer, range.description.as_deref())?);
        }
        if wanted.len() == before {
            // A permission for nobody: the code and text are unverified.
            return Err(ApiError::missing_parameter(
                "groups, ipRanges, ipv6Ranges or prefixListIds",
            ));
        }
    }
    Ok(wanted)
}

answer! {
    /// Rules with the same protocol and ports, merged. All four lists are always there; ports are left out where the
    /// protocol has none.
    pub struct PermissionItem {
        ip_protocol: String = "ipProtocol",
        from_port: Option<i64> = "fromPort",
        to_port: Option<i64> = "toPort",
        user_id_group_pairs: Vec<GroupItem> = "groups",
        ip_ranges: Vec<IpRangeItem> = "ipRanges",
        ipv6_ranges: Vec<Ipv6RangeItem> = "ipv6Ranges",
        prefix_list_ids: Vec<String> = "prefixListIds",
    }
}

answer! {
    /// A group whose members are meant.
    pub struct GroupItem {
        user_id: String = "userId",
        group_id: String = "groupId",
        description: Option<String> = "description",
    }
}

answer! {
    /// An IPv4 range.
    pub struct IpRangeItem {
        cidr_ip: String = "cidrIp",
        description: Option<String> = "description",
    }
}

answer! {
    /// An IPv6 range.
    pub struct Ipv6RangeItem {
        cidr_ipv6: String = "cidrIpv6",
        description: Option<String> = "description",
    }
}

/// Rules as DescribeSecurityGroups lists them: those with the same protocol and ports are one permission, in the order
/// in which each first appears.
pub fn permission_items(rules: &[Rule], account: &str) -> Vec<PermissionItem> {
    let mut merged: Vec<(Traffic, PermissionItem)> = Vec::new();
    for rule in rules {
        let known = merged
            .iter()
            .position(|(traffic, _)| *traffic == rule.traffic);
        let index = known.unwrap_or_else(|| {
            merged.push((rule.traffic, nobody(rule.traffic)));
            merged.len() - 1
        });
        if let Some((_, item)) = merged.get_mut(index) {
            let description = rule.description.clone();
            match &rule.peer {
                Peer::Ipv4(range) => item.ip_ranges.push(IpRangeItem {
                    cidr_ip: range.to_string(),
                    description,
                }),
                Peer::Ipv6(range) => item.ipv6_ranges.push(Ipv6RangeItem {
                    cidr_ipv6: range.to_string(),
                    description,
                }),
                Peer::Group(group_id) => item.user_id_group_pairs.push(GroupItem {
                    user_id: account.to_owned(),
                    group_id: group_id.clone(),
                    description,
                }),
            }
        }
    }
    merged.into_iter().map(|(_, item)| item).collect()
}

fn nobody(traffic: Traffic) -> PermissionItem {
    let ports = traffic.ports();
    PermissionItem {
        ip_protocol: traffic.protocol(),
        from_port: ports.map(|(from, _)| from),
        to_port: ports.map(|(_, to)| to),
        user_id_group_pairs: Vec::new(),
        ip_ranges: Vec::new(),
        ipv6_ranges: Vec::new(),
        prefix_list_ids: Vec::new(),
    }
}

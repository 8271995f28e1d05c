//! `DescribeSecurityGroups`: groups with their rules merged into permissions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{
    Direction, Peer, PermissionItem, SecurityGroup, permission_items,
};
use crate::cloud::resources::tag::TagItem;

request! {
    /// The request.
    pub struct DescribeSecurityGroups {
        /// Ids of groups.
        group_ids: Vec<String> = "GroupId",
        /// Names of groups in the default VPC.
        group_names: Vec<String> = "GroupName",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
        /// `group-name`, `ip-permission.from-port`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
    }
}

answer! {
    /// The answer.
    pub struct DescribeSecurityGroupsAnswer {
        security_groups: Vec<SecurityGroupItem> = "securityGroupInfo",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One group.
    pub struct SecurityGroupItem {
        owner_id: String = "ownerId",
        group_id: String = "groupId",
        group_name: String = "groupName",
        description: String = "groupDescription",
        vpc_id: String = "vpcId",
        ip_permissions: Vec<PermissionItem> = "ipPermissions",
        ip_permissions_egress: Vec<PermissionItem> = "ipPermissionsEgress",
        tags: Option<Vec<TagItem>> = "tagSet",
        security_group_arn: String = "securityGroupArn",
    }
}

const FILTERS: &[&str] = &[
    "description",
    "egress.ip-permission.cidr",
    "egress.ip-permission.from-port",
    "egress.ip-permission.group-id",
    "egress.ip-permission.group-name",
    "egress.ip-permission.ipv6-cidr",
    "egress.ip-permission.prefix-list-id",
    "egress.ip-permission.protocol",
    "egress.ip-permission.to-port",
    "egress.ip-permission.user-id",
    "group-id",
    "group-name",
    "ip-permission.cidr",
    "ip-permission.from-port",
    "ip-permission.group-id",
    "ip-permission.group-name",
    "ip-permission.ipv6-cidr",
    "ip-permission.prefix-list-id",
    "ip-permission.protocol",
    "ip-permission.to-port",
    "ip-permission.user-id",
    "owner-id",
    "tag:",
    "tag-key",
    "tag-value",
    "vpc-id",
];

impl Operation for DescribeSecurityGroups {
    const NAME: &'static str = "DescribeSecurityGroups";
    const CHANGES: bool = false;
    type Answer = DescribeSecurityGroupsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeSecurityGroupsAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let region = &*call.region;
        let groups = &region.security_groups;
        let mut named = BTreeMap::new();
        for id in &self.group_ids {
            let group = groups.require(id)?;
            named.insert(group.id.as_str(), group);
        }
        for name in &self.group_names {
            let group = groups.require_named(name, &region.network.vpc.id)?;
            named.insert(group.id.as_str(), group);
        }
        let all = self.group_ids.is_empty() && self.group_names.is_empty();
        let meant = named
            .into_values()
            .chain(all.then(|| groups.iter()).into_iter().flatten())
            .filter(|group| {
                filters.fit(|filter| {
                    values(group, filter, call.account_id, |id| {
                        groups.get(id).map(|group| group.name.as_str())
                    })
                })
            });
        let (page, next_token) = paginate(
            meant,
            |group| group.id.as_str(),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let security_groups = page
            .into_iter()
            .map(|group| item(group, call.account_id, &region.name))
            .collect();
        Ok(DescribeSecurityGroupsAnswer {
            security_groups,
            next_token,
        })
    }
}

fn item(group: &SecurityGroup, account: &str, region: &str) -> SecurityGroupItem {
    SecurityGroupItem {
        owner_id: account.to_owned(),
        group_id: group.id.clone(),
        group_name: group.name.clone(),
        description: group.description.clone(),
        vpc_id: group.vpc_id.clone(),
        ip_permissions: permission_items(&group.ingress, account),
        ip_permissions_egress: permission_items(&group.egress, account),
        tags: group.tags.items_if_any(),
        security_group_arn: group.arn(account, region),
    }
}

/// A group's values under a filter's name. `name_of` knows the names of groups that rules refer to.
fn values<'a>(
    group: &'a SecurityGroup,
    filter: &str,
    account: &'a str,
    name_of: impl Fn(&str) -> Option<&'a str>,
) -> Vec<Cow<'a, str>> {
    let one = |text: &'a str| vec![Cow::from(text)];
    match filter {
        "description" => one(&group.description),
        "group-id" => one(&group.id),
        "group-name" => one(&group.name),
        "owner-id" => one(account),
        "vpc-id" => one(&group.vpc_id),
        _ => {
            if let Some(values) = group.tags.filter_values(filter) {
                return values;
            }
            let (direction, field) = match filter.strip_prefix("egress.") {
                Some(field) => (Direction::Egress, field),
                None => (Direction::Ingress, filter),
            };
            let mut values = Vec::new();
            for rule in group.rules(direction) {
                let ports = rule.traffic.ports();
                let value: Option<Cow<'a, str>> = match (field, &rule.peer) {
                    ("ip-permission.protocol", _) => Some(rule.traffic.protocol().into()),
                    ("ip-permission.from-port", _) => {
                        ports.map(|(from, _)| from.to_string().into())
                    }
                    ("ip-permission.to-port", _) => ports.map(|(_, to)| to.to_string().into()),
                    ("ip-permission.cidr", Peer::Ipv4(range)) => Some(range.to_string().into()),
                    ("ip-permission.ipv6-cidr", Peer::Ipv6(range)) => {
                        Some(range.to_string().into())
                    }
                    ("ip-permission.group-id", Peer::Group(id)) => Some(id.as_str().into()),
                    ("ip-permission.group-name", Peer::Group(id)) => name_of(id).map(Cow::from),
                    ("ip-permission.user-id", Peer::Group(_)) => Some(account.into()),
                    (_, Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::Group(_)) => None,
                };
                values.extend(value);
            }
            values
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    /// A client with a group `web` that has a rule of each kind, and the group's id.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let made = done(client.ec2(
            "CreateSecurityGroup",
            "GroupDescription=for the web&GroupName=web",
        ));
        let id = first(&made, "groupId");
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32&IpPermissions.1.IpRanges.1.Description=home\
             &IpPermissions.1.Ipv6Ranges.1.CidrIpv6=2001:db8::/32&IpPermissions.2.IpProtocol=tcp\
             &IpPermissions.2.FromPort=80&IpPermissions.2.ToPort=90&IpPermissions.2.IpRanges.1.CidrIp=0.0.0.0/0"
        );
        done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        let form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.Groups.1.GroupId={id}&IpPermissions.1.IpRanges.1.CidrIp=5.6.7.8/32"
        );
        done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        (client, id)
    }

    #[test]
    fn rules_with_the_same_protocol_and_ports_are_one_permission() {
        let (mut client, id) = client();
        insta::assert_snapshot!(transcript(
            &client.ec2("DescribeSecurityGroups", &format!("GroupId.1={id}"))
        ));
    }

    #[test]
    fn the_default_group_lets_in_its_own_members() {
        let reply = Client::new().ec2("DescribeSecurityGroups", "GroupName.1=default");
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn filters_look_at_the_group_and_at_its_rules() {
        let (mut client, id) = client();
        for (name, value) in [
            ("group-name", "w*"),
            ("description", "for the web"),
            ("group-id", id.as_str()),
            ("ip-permission.from-port", "22"),
            ("ip-permission.to-port", "90"),
            ("ip-permission.protocol", "tcp"),
            ("ip-permission.cidr", "5.6.7.8/32"),
            ("ip-permission.ipv6-cidr", "2001:db8::/32"),
            ("ip-permission.group-id", id.as_str()),
            ("ip-permission.group-name", "web"),
        ] {
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1={value}");
            let reply = done(client.ec2("DescribeSecurityGroups", &form));
            assert_eq!(
                reply.body.matches("<groupName>").count(),
                1,
                "{name}: {}",
                reply.body
            );
            assert_eq!(first(&reply, "groupName"), "web", "{name}");
        }
        for (name, value, count) in [
            ("egress.ip-permission.cidr", "0.0.0.0/0", 2),
            ("egress.ip-permission.from-port", "22", 0),
            ("owner-id", "123456789012", 2),
            ("ip-permission.prefix-list-id", "*", 0),
            ("tag-key", "*", 0),
        ] {
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1={value}");
            let reply = done(client.ec2("DescribeSecurityGroups", &form));
            assert_eq!(
                reply.body.matches("<groupName>").count(),
                count,
                "{name}: {}",
                reply.body
            );
        }
        assert_eq!(
            refusal(&client.ec2(
                "DescribeSecurityGroups",
                "Filter.1.Name=name&Filter.1.Value.1=web"
            )),
            "400 InvalidParameterValue: The filter 'name' is invalid"
        );
    }

    #[test]
    fn ids_and_names_that_are_not_there_are_refused() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        assert_eq!(
            refusal(&client.ec2("DescribeSecurityGroups", "GroupId.1=sg-0123456789abcdef0")),
            "400 InvalidGroup.NotFound: The security group 'sg-0123456789abcdef0' does not exist"
        );
        assert_eq!(
            refusal(&client.ec2("DescribeSecurityGroups", "GroupName.1=g")),
            format!(
                "400 InvalidGroup.NotFound: The security group 'g' does not exist in default VPC '{vpc}'"
            )
        );
        assert_eq!(
            refusal(&client.ec2("DescribeSecurityGroups", "GroupId.1=sg-0224e66eafc2asdfs")),
            r#"400 InvalidGroupId.Malformed: Invalid id: "sg-0224e66eafc2asdfs""#
        );
    }

    #[test]
    fn an_account_read_back_is_the_same_account() {
        let (client, _) = client();
        let text = serde_json::to_string(&client.account).unwrap();
        let back: crate::cloud::Account = serde_json::from_str(&text).unwrap();
        assert_eq!(back, client.account);
    }
}

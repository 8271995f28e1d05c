//! `DescribeSecurityGroupRules`: rules one by one, with the ids by which they can be revoked.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::id::well_formed;
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::RuleItem;

request! {
    /// The request.
    pub struct DescribeSecurityGroupRules {
        /// `group-id`, `security-group-rule-id`, `tag:KEY`.
        filters: Vec<Filter> = "Filter",
        /// Ids of rules.
        security_group_rule_ids: Vec<String> = "SecurityGroupRuleId",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
    }
}

answer! {
    /// The answer.
    pub struct DescribeSecurityGroupRulesAnswer {
        security_group_rules: Vec<RuleItem> = "securityGroupRuleSet",
        next_token: Option<String> = "nextToken",
    }
}

impl Operation for DescribeSecurityGroupRules {
    const NAME: &'static str = "DescribeSecurityGroupRules";
    const CHANGES: bool = false;
    type Answer = DescribeSecurityGroupRulesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeSecurityGroupRulesAnswer, ApiError> {
        for filter in self
            .filters
            .iter()
            .filter(|filter| filter.name == "group-id")
        {
            for id in &filter.values {
                well_formed(id, "sg", "InvalidGroupId.Malformed")
                    .map_err(|_| ApiError::malformed_group_in_filter(id))?;
            }
        }
        let known = ["group-id", "security-group-rule-id", "tag:", "tag-key"];
        let filters = Filters::check(self.filters, &known)?;
        let groups = &call.region.security_groups;
        for id in &self.security_group_rule_ids {
            well_formed(id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
        }
        let mut rules: Vec<_> = groups
            .iter()
            .flat_map(|group| {
                let rules = group.all_rules();
                rules.map(move |(direction, rule)| (&group.id, direction, rule))
            })
            .collect();
        if let Some(unknown) = self
            .security_group_rule_ids
            .iter()
            .find(|id| !rules.iter().any(|(_, _, rule)| rule.id == **id))
        {
            return Err(ApiError::no_such_rule(unknown));
        }
        rules.sort_unstable_by(|(_, _, a), (_, _, b)| a.id.cmp(&b.id));
        let wanted = &self.security_group_rule_ids;
        let meant = rules.into_iter().filter(|(group_id, _, rule)| {
            (wanted.is_empty() || wanted.contains(&rule.id))
                && filters.fit(|filter| match filter {
                    "group-id" => vec![Cow::from(group_id.as_str())],
                    "security-group-rule-id" => vec![Cow::from(rule.id.as_str())],
                    _ => rule.tags.filter_values(filter).unwrap_or_default(),
                })
        });
        let (page, next_token) = paginate(
            meant,
            |(_, _, rule)| rule.id.as_str(),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let security_group_rules = page
            .into_iter()
            .map(|(group_id, direction, rule)| {
                rule.item(group_id, direction, call.account_id, &call.region.name)
            })
            .collect();
        Ok(DescribeSecurityGroupRulesAnswer {
            security_group_rules,
            next_token,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn a_fresh_group_lists_exactly_its_outbound_rule() {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let form = format!(
            "Filter.1.Name=group-id&Filter.1.Value.1={}",
            first(&made, "groupId")
        );
        insta::assert_snapshot!(transcript(&client.ec2("DescribeSecurityGroupRules", &form)));
    }

    #[test]
    fn an_unknown_group_has_no_rules_and_a_malformed_one_is_an_error() {
        let mut client = Client::new();
        let form = "Filter.1.Name=group-id&Filter.1.Value.1=sg-0123456789abcdef0";
        let reply = done(client.ec2("DescribeSecurityGroupRules", form));
        assert!(
            reply.body.contains("<securityGroupRuleSet/>"),
            "{}",
            reply.body
        );
        assert_eq!(
            refusal(&client.ec2(
                "DescribeSecurityGroupRules",
                "Filter.1.Name=group-id&Filter.1.Value.1=foobar"
            )),
            "400 InvalidGroupId.Malformed: The security group ID 'foobar' is malformed"
        );
    }

    #[test]
    fn unknown_and_malformed_rule_ids_are_refused() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2(
                "DescribeSecurityGroupRules",
                "SecurityGroupRuleId.1=sgr-0123456789abcdef0"
            )),
            "400 InvalidSecurityGroupRuleId.NotFound: The security group rule ID 'sgr-0123456789abcdef0' does not exist"
        );
        assert_eq!(
            refusal(&client.ec2("DescribeSecurityGroupRules", "SecurityGroupRuleId.1=sgr-zz")),
            r#"400 InvalidSecurityGroupRuleId.Malformed: Invalid id: "sgr-zz""#
        );
    }

    #[test]
    fn rules_come_in_pages() {
        let mut client = Client::new();
        for name in ["a", "b", "c", "d"] {
            done(client.ec2(
                "CreateSecurityGroup",
                &format!("GroupDescription=d&GroupName={name}"),
            ));
        }
        let page = done(client.ec2("DescribeSecurityGroupRules", "MaxResults=5"));
        assert_eq!(page.body.matches("<securityGroupRuleId>").count(), 5);
        let token = first(&page, "nextToken")
            .replace('=', "%3D")
            .replace('+', "%2B");
        let rest = done(client.ec2(
            "DescribeSecurityGroupRules",
            &format!("MaxResults=5&NextToken={token}"),
        ));
        assert_eq!(rest.body.matches("<securityGroupRuleId>").count(), 1);
    }
}

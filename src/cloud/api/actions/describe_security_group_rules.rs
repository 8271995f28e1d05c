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

//! Security groups: the list. What is done with one has a file each.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod details;
pub(super) mod editor;
pub(super) mod kind;
pub(super) mod row;
pub(super) mod rule;
pub(super) mod save;

use maud::{Markup, html};
use serde::Deserialize;

use crate::cloud::api::error::ApiError;
use crate::console::account::{Ask, Tag, name_of};
use crate::console::form::Form;
use crate::console::parts::state::nothing;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// The list's path.
pub(super) const LIST: &str = "/security-groups";

/// What the pages read of `DescribeSecurityGroups`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    security_groups: Vec<Group>,
    #[serde(default)]
    next_token: Option<String>,
}

/// A security group.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Group {
    pub(super) group_id: String,
    pub(super) group_name: String,
    description: String,
    vpc_id: String,
    owner_id: String,
    ip_permissions: Vec<Permission>,
    ip_permissions_egress: Vec<Permission>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// What one permission lets through: a rule for each range and group in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Permission {
    ip_ranges: Vec<serde::de::IgnoredAny>,
    ipv6_ranges: Vec<serde::de::IgnoredAny>,
    user_id_group_pairs: Vec<serde::de::IgnoredAny>,
}

impl Group {
    fn path(&self) -> String {
        format!("{LIST}/{}", self.group_id)
    }

    /// `sg-0… - launch-wizard-1`, as AWS's console titles it.
    fn title(&self) -> String {
        format!("{} - {}", self.group_id, self.group_name)
    }
}

/// How many rules they are; the console counts "permission entries".
fn entries(permissions: &[Permission]) -> String {
    let rules = permissions
        .iter()
        .map(|one| one.ip_ranges.len() + one.ipv6_ranges.len() + one.user_id_group_pairs.len());
    match rules.sum() {
        1_usize => "1 permission entry".to_owned(),
        several => format!("{several} permission entries"),
    }
}

/// All groups, by name.
pub(super) fn all(visit: &Visit) -> Result<Vec<Group>, ApiError> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let mut ask = Ask::new("DescribeSecurityGroups");
        if let Some(token) = token {
            ask = ask.with("NextToken", token);
        }
        let page: Answer = visit.ask(&ask)?;
        all.extend(page.security_groups);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    all.sort_by(|a, b| a.group_name.cmp(&b.group_name));
    Ok(all)
}

/// The group that the path names.
fn one(visit: &Visit) -> Result<Group, Refusal> {
    let ask = Ask::new("DescribeSecurityGroups").with("GroupId.1", visit.param("id"));
    let answer: Answer = visit.ask(&ask).map_err(|error| {
        if error.code.starts_with("InvalidGroup") {
            Refusal::NotFound(format!("{}.", error.message))
        } else {
            Refusal::Api(error)
        }
    })?;
    let found = answer.security_groups.into_iter().next();
    found.ok_or_else(|| Refusal::NotFound("There is no such security group.".to_owned()))
}

/// Shows the list.
pub(super) fn list(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let groups = all(visit)?;
    let rows = groups.iter().map(|group| Row {
        id: group.group_id.clone(),
        says: format!(
            "Security group {}: {} inbound",
            group.group_name,
            entries(&group.ip_permissions)
        ),
        cells: vec![
            name(group),
            html! { a href=(group.path()) { code { (group.group_id) } } },
            html! { (group.group_name) },
            html! { code { (group.vpc_id) } },
            html! { (group.description) },
            html! { (entries(&group.ip_permissions)) },
            html! { (entries(&group.ip_permissions_egress)) },
        ],
    });
    let list = Table {
        id: "security-groups",
        caption: "Security groups",
        columns: &[
            "Name",
            "Security group ID",
            "Security group name",
            "VPC ID",
            "Description",
            "Inbound rules count",
            "Outbound rules count",
        ],
        rows: rows.collect(),
        empty: html! { p { "There are no security groups in " (visit.scope.region) "." } },
    };
    let body = html! {
        (parts::crumbs(&[], "Security groups"))
        div.headline {
            h1 { "Security groups" }
            div.buttons { a.button.primary id="create" href={ (LIST) "/create" } { "Create security group" } }
        }
        (table(&list))
    };
    Ok(Page::new("Security groups", LIST, body).into())
}

fn name(group: &Group) -> Markup {
    match name_of(&group.tags) {
        "" => nothing("Without a name"),
        name => html! { (name) },
    }
}

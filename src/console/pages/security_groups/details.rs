//! One security group, with its inbound or its outbound rules.

use maud::{Markup, html};

use super::kind::Kind;
use super::rule::{self, Direction, Rule};
use super::{Group, LIST, entries, one};
use crate::console::account::Tag;
use crate::console::form::Form;
use crate::console::pages::tags as manage;
use crate::console::parts::state::nothing;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::tabs::{facts, tabs};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// With its inbound rules.
pub(in crate::console) fn inbound(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    show(visit, Direction::Inbound)
}

/// With its outbound rules.
pub(in crate::console) fn outbound(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    show(visit, Direction::Outbound)
}

fn show(visit: &Visit, direction: Direction) -> Result<Outcome, Refusal> {
    let group = one(visit)?;
    let rules = rule::of_group(visit, &group.group_id)?;
    let path = group.path();
    let views = [
        (Direction::Inbound.title(), path.clone()),
        (Direction::Outbound.title(), format!("{path}/outbound")),
    ];
    let edit = format!("Edit {} rules", direction.word());
    let body = html! {
        (parts::crumbs(&[("Security groups", LIST)], &group.group_id))
        div.headline {
            h1 { (group.title()) }
            div.buttons {
                a.button id="manage-tags" href={ (manage::PATH) "/" (group.group_id) } { "Manage tags" }
                a.button id="delete" href={ (path) "/delete" } { "Delete security group" }
            }
        }
        (facts("details", "Details", &details(&group)))
        (tabs("Rules of the group", &views, &visit.path))
        div.headline.under-tabs {
            div.buttons { a.button.primary id="edit" href={ (path) "/edit-" (direction.word()) } { (edit) } }
        }
        (rules_table(direction, &rules))
    };
    Ok(Page::new(format!("Security group {}", group.title()), LIST, body).into())
}

fn details(group: &Group) -> Vec<(&'static str, Markup)> {
    vec![
        ("Security group name", html! { (group.group_name) }),
        (
            "Security group ID",
            parts::copyable("group-id", &group.group_id, "the security group ID"),
        ),
        ("Description", html! { (group.description) }),
        ("Tags", tag_list(&group.tags)),
        ("VPC ID", html! { code { (group.vpc_id) } }),
        ("Owner", html! { (group.owner_id) }),
        (
            "Inbound rules count",
            html! { (entries(&group.ip_permissions)) },
        ),
        (
            "Outbound rules count",
            html! { (entries(&group.ip_permissions_egress)) },
        ),
    ]
}

fn tag_list(tags: &[Tag]) -> Markup {
    if tags.is_empty() {
        return nothing("None");
    }
    html! {
        ul.tags { @for tag in tags { li { (tag.key) @if !tag.value.is_empty() { "=" (tag.value) } } } }
    }
}

fn rules_table(direction: Direction, all: &[Rule]) -> Markup {
    let of_it = all.iter().filter(|rule| rule.direction() == direction);
    let rows = of_it.map(|rule| Row {
        id: rule.id().to_owned(),
        says: format!("Rule {}", rule.in_words()),
        cells: vec![
            html! { code { (rule.id()) } },
            html! { (Kind::of(rule).label) },
            html! { (rule.protocol()) },
            html! { (rule.port_range()) },
            rule.peer_with_warning(),
            match rule.description() {
                Some(text) => html! { (text) },
                None => nothing("None"),
            },
        ],
    });
    table(&Table {
        id: "rules",
        caption: direction.title(),
        columns: &[
            "Security group rule ID",
            "Type",
            "Protocol",
            "Port range",
            direction.peer_title(),
            "Description",
        ],
        rows: rows.collect(),
        empty: html! { p { (direction.nothing_passes()) } },
    })
}

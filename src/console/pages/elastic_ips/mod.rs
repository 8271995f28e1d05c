//! Elastic IPs: the list. What is done with one has a file each.

pub(super) mod allocate;
pub(super) mod associate;
pub(super) mod give_up;

use maud::html;
use serde::Deserialize;

use crate::cloud::api::error::ApiError;
use crate::console::account::{Ask, Tag, name_of};
use crate::console::form::Form;
use crate::console::pages::instances;
use crate::console::parts::state::nothing;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// The list's path.
const LIST: &str = "/elastic-ips";

/// What the pages read of `DescribeAddresses`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    addresses: Vec<Address>,
}

/// An Elastic IP address.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    public_ip: String,
    allocation_id: String,
    #[serde(default)]
    instance_id: Option<String>,
    #[serde(default)]
    association_id: Option<String>,
    #[serde(default)]
    private_ip_address: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

impl Address {
    fn path(&self, end: &str) -> String {
        format!("{LIST}/{}/{end}", self.allocation_id)
    }
}

fn all(visit: &Visit) -> Result<Vec<Address>, ApiError> {
    let answer: Answer = visit.ask(&Ask::new("DescribeAddresses"))?;
    Ok(answer.addresses)
}

/// The address that the path names.
fn one(visit: &Visit) -> Result<Address, Refusal> {
    let ask = Ask::new("DescribeAddresses").with("AllocationId.1", visit.param("id"));
    let answer: Answer = visit.ask(&ask).map_err(|error| {
        if error.code == "InvalidAllocationID.NotFound" {
            Refusal::NotFound(format!("{}.", error.message))
        } else {
            Refusal::Api(error)
        }
    })?;
    let found = answer.addresses.into_iter().next();
    found.ok_or_else(|| Refusal::NotFound("There is no such Elastic IP address.".to_owned()))
}

/// Shows the list.
pub(super) fn list(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let addresses = all(visit)?;
    let rows = addresses.iter().map(|address| Row {
        id: address.allocation_id.clone(),
        says: match &address.instance_id {
            Some(id) => format!("Elastic IP {} with instance {id}", address.public_ip),
            None => format!("Elastic IP {} without an instance", address.public_ip),
        },
        cells: vec![
            match name_of(&address.tags) {
                "" => nothing("Without a name"),
                name => html! { (name) },
            },
            html! { span.nowrap { (address.public_ip) } },
            html! { code { (address.allocation_id) } },
            match &address.instance_id {
                Some(id) => instances::link(id),
                None => nothing("None"),
            },
            match &address.private_ip_address {
                Some(private) => html! { span.nowrap { (private) } },
                None => nothing("None"),
            },
            actions(address),
        ],
    });
    let list = Table {
        id: "elastic-ips",
        caption: "Elastic IP addresses",
        columns: &[
            "Name",
            "Allocated IPv4 address",
            "Allocation ID",
            "Associated instance ID",
            "Private IP address",
            "Actions",
        ],
        rows: rows.collect(),
        empty: html! {
            p { "There are no Elastic IP addresses in " (visit.scope.region) " yet." }
            p { "An Elastic IP is a public address that stays yours: an instance keeps it when it is stopped and started." }
        },
    };
    let body = html! {
        (parts::crumbs(&[], "Elastic IP addresses"))
        div.headline {
            h1 { "Elastic IP addresses" }
            div.buttons { a.button.primary id="allocate" href={ (LIST) "/allocate" } { "Allocate Elastic IP address" } }
        }
        (table(&list))
    };
    Ok(Page::new("Elastic IP addresses", LIST, body).into())
}

fn actions(address: &Address) -> maud::Markup {
    let ip = &address.public_ip;
    let link = |end: &str, label: &str| {
        html! {
            li { a id={ (end) "-" (address.allocation_id) } href=(address.path(end)) { (label) span.unseen { " " (ip) } } }
        }
    };
    html! {
        ul.plain {
            (link("associate", "Associate"))
            @if address.association_id.is_some() { (link("disassociate", "Disassociate")) }
            (link("release", "Release"))
        }
    }
}

//! The first page: what the account has in this region, and whose account it is.

use maud::html;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::console::Whose;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::is_there;
use crate::console::parts::copyable;
use crate::console::visit::{Outcome, Page, Refusal, Visit};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPairs {
    key_pairs: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instances {
    reservations: Vec<Reservation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reservation {
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    state: State,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Groups {
    security_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    owner_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Addresses {
    addresses: Vec<IgnoredAny>,
}

/// Shows it.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let pairs: KeyPairs = visit.ask(&Ask::new("DescribeKeyPairs"))?;
    let instances: Instances = visit.ask(&Ask::new("DescribeInstances"))?;
    let groups: Groups = visit.ask(&Ask::new("DescribeSecurityGroups"))?;
    let addresses: Addresses = visit.ask(&Ask::new("DescribeAddresses"))?;
    let all = || instances.reservations.iter().flat_map(|one| &one.instances);
    let running = all().filter(|one| one.state.name == "running").count();
    // Every account has a default group in each region.
    let owner = groups.security_groups.first();
    let owner = owner.map_or("", |group| group.owner_id.as_str());
    let figures = [
        ("Instances (running)", "/instances", running),
        ("Instances (all)", "/instances", all().count()),
        ("Key pairs", "/key-pairs", pairs.key_pairs.len()),
        (
            "Security groups",
            "/security-groups",
            groups.security_groups.len(),
        ),
        ("Elastic IPs", "/elastic-ips", addresses.addresses.len()),
    ];
    let region = &visit.scope.region;
    let key = &visit.scope.account;
    let body = html! {
        div.headline {
            h1 { "EC2 dashboard" }
            div.buttons {
                a.button id="create-key-pair" href="/key-pairs/create" { "Create key pair" }
                @if is_there("/instances/launch") {
                    a.button.primary id="launch" href="/instances/launch" { "Launch instance" }
                }
            }
        }
        section.card id="resources" data-live aria-labelledby="resources-title" {
            h2 id="resources-title" { "Resources in " (region) }
            ul.figures {
                @for (label, path, number) in figures {
                    li {
                        @if is_there(path) { a href=(path) { (label) } } @else { span { (label) } }
                        " " strong { (number) }
                    }
                }
            }
        }
        section.card {
            h2 { "This account" }
            dl {
                dt { "Account ID" } dd { code { (owner) } }
                dt { "Region" } dd { (region) ". What you make in one region is not seen in another." }
                dt { "Your address" } dd { (copyable("my-address", &visit.my_address().to_string(), "your address")) " This is how an instance sees you: \"My IP\"." }
                @if visit.house.settings.whose == Whose::Anybodys {
                    dt { "Access key id" } dd { code { (key) } " The AWS CLI acts on the same account with AWS_ACCESS_KEY_ID=" (key) "; any secret will do." }
                }
            }
        }
    };
    Ok(Page::new("Dashboard", "/", body).into())
}

//! The first page: what the account has in this region.

use maud::html;
use serde::Deserialize;

use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::visit::{Outcome, Page, Refusal, Visit};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPairs {
    key_pairs: Vec<serde::de::IgnoredAny>,
}

/// Shows it.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let pairs: KeyPairs = visit.ask(&Ask::new("DescribeKeyPairs"))?;
    let body = html! {
        h1 { "EC2 dashboard" }
        section.card id="resources" data-live aria-labelledby="resources-title" {
            h2 id="resources-title" { "Resources" }
            p { "In " (visit.scope.region) ":" }
            ul.figures {
                li { a href="/key-pairs" { "Key pairs" } " " strong { (pairs.key_pairs.len()) } }
            }
        }
    };
    Ok(Page::new("Dashboard", "/", body).into())
}

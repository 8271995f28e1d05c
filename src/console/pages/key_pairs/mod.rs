//! Key pairs: the list. Their making, importing and deleting have a file each.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod import;

use maud::html;
use serde::Deserialize;

use crate::cloud::api::error::ApiError;
use crate::console::account::{Ask, Moment, Tag};
use crate::console::form::Form;
use crate::console::pages::tags;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// The list's path.
pub(super) const LIST: &str = "/key-pairs";

/// What the pages read of `DescribeKeyPairs`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    key_pairs: Vec<KeyPair>,
}

/// A key pair.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyPair {
    pub(super) key_pair_id: String,
    pub(super) key_name: String,
    pub(super) key_type: String,
    pub(super) key_fingerprint: String,
    pub(super) create_time: Moment,
    pub(super) tags: Vec<Tag>,
}

/// All key pairs, by name.
pub(super) fn all(visit: &Visit) -> Result<Vec<KeyPair>, ApiError> {
    let answer: Answer = visit.ask(&Ask::new("DescribeKeyPairs"))?;
    Ok(answer.key_pairs)
}

/// The key pair of that id.
fn one(visit: &Visit, id: &str) -> Result<KeyPair, Refusal> {
    let ask = Ask::new("DescribeKeyPairs").with("KeyPairId.1", id);
    let answer: Answer = visit.ask(&ask).map_err(|error| {
        if error.code == "InvalidKeyPair.NotFound" {
            Refusal::NotFound(format!("{}.", error.message))
        } else {
            Refusal::Api(error)
        }
    })?;
    let found = answer.key_pairs.into_iter().next();
    found.ok_or_else(|| Refusal::NotFound("There is no such key pair.".to_owned()))
}

/// As AWS's console writes it.
fn type_name(key_type: &str) -> &str {
    match key_type {
        "rsa" => "RSA",
        "ed25519" => "ED25519",
        other => other,
    }
}

/// Shows the list.
pub(super) fn list(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let pairs = all(visit)?;
    let rows = pairs.iter().map(|pair| Row {
        id: pair.key_pair_id.clone(),
        says: format!("Key pair {}", pair.key_name),
        cells: vec![
            html! {
                (pair.key_name)
                @if !pair.tags.is_empty() {
                    ul.tags aria-label="Tags" { @for tag in &pair.tags { li { (tag.key) @if !tag.value.is_empty() { "=" (tag.value) } } } }
                }
            },
            html! { (type_name(&pair.key_type)) },
            parts::time(pair.create_time),
            html! { code { (pair.key_fingerprint) } },
            html! { code { (pair.key_pair_id) } },
            html! {
                a id={ "delete-" (pair.key_pair_id) } href={ (LIST) "/delete/" (pair.key_pair_id) } {
                    "Delete" span.unseen { " key pair " (pair.key_name) }
                }
                " "
                a id={ "tags-" (pair.key_pair_id) } href={ (tags::PATH) "/" (pair.key_pair_id) } {
                    "Tags" span.unseen { " of key pair " (pair.key_name) }
                }
            },
        ],
    });
    let list = Table {
        id: "key-pairs",
        caption: "Key pairs",
        columns: &["Name", "Type", "Created", "Fingerprint", "ID", "Actions"],
        rows: rows.collect(),
        empty: html! {
            p { "There are no key pairs in " (visit.scope.region) " yet." }
            p { "A key pair is two halves of one key: AWS keeps the public half, you keep the private half in a file." }
        },
    };
    let body = html! {
        (parts::crumbs(&[], "Key pairs"))
        div.headline {
            h1 { "Key pairs" }
            div.buttons {
                a.button id="import" href={ (LIST) "/import" } { "Import key pair" }
                a.button.primary id="create" href={ (LIST) "/create" } { "Create key pair" }
            }
        }
        (table(&list))
    };
    Ok(Page::new("Key pairs", LIST, body).into())
}

//! Delete key pair: not before `Delete` was typed.

use maud::html;

use super::{LIST, one};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Field};
use crate::console::parts::notice::{Notice, caution};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The word, and the field it is typed into.
const WORD: &str = "Delete";
const CONFIRM: &str = "confirm";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let pair = one(visit, visit.param("id"))?;
    let confirm = Field {
        name: CONFIRM,
        label: "To confirm, type Delete",
        required: true,
        ..Field::default()
    };
    let fields = html! {
        div.card { (field::text(visit, &confirm)) }
        (parts::danger_buttons("Delete key pair", LIST))
    };
    let body = html! {
        (parts::crumbs(&[("Key pairs", LIST)], "Delete key pair"))
        h1 { "Delete key pair " (pair.key_name) "?" }
        (caution(&html! {
            "AWS's copy of the public half goes, for good. Instances that were launched with it keep theirs: whoever has the private key can still sign in there."
        }))
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new(format!("Delete key pair {}", pair.key_name), LIST, body).into())
}

/// Deletes it.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let pair = one(visit, visit.param("id"))?;
    if !form.get(CONFIRM).trim().eq_ignore_ascii_case(WORD) {
        let text = format!("Type {WORD} to delete this key pair");
        let error = ApiError::new("GroundSchool.NotConfirmed", text);
        return Err(Refusal::Field(CONFIRM, error));
    }
    visit.tell(&Ask::new("DeleteKeyPair").with("KeyPairId", &pair.key_pair_id))?;
    let text = format!("Key pair {} was deleted.", pair.key_name);
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

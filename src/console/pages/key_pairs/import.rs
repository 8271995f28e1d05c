//! Import key pair: the public half of a key that the learner made.

use base64::Engine;
use maud::html;

use super::LIST;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Field};
use crate::console::parts::notice::Notice;
use crate::console::parts::{self, tags};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

const PATH: &str = "/key-pairs/import";
/// The file, beside the field that it can be pasted into.
const FILE: &str = "file";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let name = Field {
        name: "KeyName",
        label: "Name",
        hint: "Up to 255 ASCII characters, without a space at either end.",
        required: true,
        ..Field::default()
    };
    let file = Field {
        name: FILE,
        label: "Public key file",
        hint: "It ends in .pub.",
        ..Field::default()
    };
    let text = Field {
        name: "PublicKeyMaterial",
        label: "Or paste the public key",
        hint: "It starts with ssh-rsa or ssh-ed25519.",
        ..Field::default()
    };
    let fields = html! {
        div.card {
            (field::text(visit, &name))
            (field::file(visit, &file))
            (field::lines(visit, &text, 5))
            (tags::editor(visit))
        }
        (parts::buttons("Import key pair", LIST))
    };
    let body = html! {
        (parts::crumbs(&[("Key pairs", LIST)], "Import key pair"))
        h1 { "Import key pair" }
        p.lead { "You have made a key yourself, with " code { "ssh-keygen" } ": give AWS its public half. The private half stays with you." }
        (parts::form(visit, PATH, &fields))
    };
    Ok(Page::new("Import key pair", LIST, body).into())
}

/// Imports it.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    tags::one_more(form)?;
    let material = form
        .file(FILE)
        .unwrap_or_else(|| form.get("PublicKeyMaterial").as_bytes());
    let mut ask = Ask::new("ImportKeyPair").field(form, "KeyName");
    if !material.is_empty() {
        let packed = base64::engine::general_purpose::STANDARD.encode(material);
        ask = ask.with("PublicKeyMaterial", packed);
    }
    visit.tell(&ask.tags(form, "key-pair"))?;
    let text = format!("Key pair {} was imported.", form.get("KeyName"));
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

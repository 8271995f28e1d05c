//! Create key pair: the private half is downloaded at once, and never again.

use maud::html;
use serde::Deserialize;

use super::{LIST, one, type_name};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Choice, Field};
use crate::console::parts::notice::caution;
use crate::console::parts::{self, tags};
use crate::console::session::Download;
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

const PATH: &str = "/key-pairs/create";

const TYPES: &[Choice<'_>] = &[
    Choice {
        value: "rsa",
        label: "RSA",
        hint: "2048 bits. Every SSH client takes it.",
    },
    Choice {
        value: "ed25519",
        label: "ED25519",
        hint: "Shorter and newer. Not for Windows instances.",
    },
];

const FORMATS: &[Choice<'_>] = &[
    Choice {
        value: "pem",
        label: ".pem",
        hint: "For use with OpenSSH: Linux, macOS, Windows 10 and later.",
    },
    Choice {
        value: "ppk",
        label: ".ppk",
        hint: "For use with PuTTY.",
    },
];

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let name = Field {
        name: "KeyName",
        label: "Name",
        hint: "Up to 255 ASCII characters, without a space at either end. Without .pem: that is the file's ending.",
        required: true,
        ..Field::default()
    };
    let key_type = Field {
        name: "KeyType",
        label: "Key pair type",
        value: "rsa",
        ..Field::default()
    };
    let format = Field {
        name: "KeyFormat",
        label: "Private key file format",
        value: "pem",
        ..Field::default()
    };
    let fields = html! {
        div.card {
            (field::text(visit, &name))
            (field::radios(visit, &key_type, TYPES))
            (field::radios(visit, &format, FORMATS))
            (tags::editor(visit))
        }
        (parts::buttons("Create key pair", LIST))
    };
    let body = html! {
        (parts::crumbs(&[("Key pairs", LIST)], "Create key pair"))
        h1 { "Create key pair" }
        p.lead { "A key pair proves who you are when you connect to an instance. AWS keeps the public half; the private half is yours alone." }
        (caution(&html! {
            "The file with the private half is downloaded when you create the key pair. There is no second download: keep the file, and keep it private."
        }))
        (parts::form(visit, PATH, &fields))
    };
    Ok(Page::new("Create key pair", LIST, body).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    key_pair_id: String,
    key_name: String,
    key_material: String,
}

/// Creates it. The private half waits for the browser, which comes for it with the next page.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    tags::one_more(form)?;
    let ask = Ask::new("CreateKeyPair")
        .field(form, "KeyName")
        .field(form, "KeyType")
        .field(form, "KeyFormat")
        .tags(form, "key-pair");
    let created: Created = visit.ask(&ask)?;
    let ending = if form.get("KeyFormat") == "ppk" {
        "ppk"
    } else {
        "pem"
    };
    let key = visit.keep_download(Download {
        name: format!("{}.{ending}", created.key_name),
        bytes: created.key_material.into_bytes(),
    });
    Ok(Go::to(format!("{LIST}/created/{}/{key}", created.key_pair_id)).into())
}

/// Says that it is made and where its file is.
pub(in crate::console) fn created(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let pair = one(visit, visit.param("id"))?;
    let key = visit.param("key");
    let waits = visit.session.download_waits(key);
    let download = format!("{LIST}/download/{key}");
    let body = html! {
        (parts::crumbs(&[("Key pairs", LIST)], &pair.key_name))
        div.notice.done role="status" id="notice" {
            p { strong { "Done. " } "Key pair " strong { (pair.key_name) } " is in your account." }
        }
        h1 { "Your private key" }
        @if waits {
            p { "Your browser downloads the file now. If it does not: " a id="download" href=(download) { "download it" } ", within a minute." }
        } @else {
            p { "The file was downloaded, or a minute has passed." }
        }
        (caution(&html! {
            "This was the only download: AWS does not keep your private key, and neither does this page. If the file is lost, create another key pair."
        }))
        section.card {
            h2 { "Next" }
            ol {
                li { "Put the file into a folder where you find it again." }
                li { "A browser saves files so that others may read them. Let only you read it: " code { "chmod 400" } " and the file's name. ssh refuses it until then." }
                li { "Choose this key pair when you launch an instance." }
            }
        }
        section.card {
            h2 { "In your account" }
            dl {
                dt { "Name" } dd { (pair.key_name) }
                dt { "Type" } dd { (type_name(&pair.key_type)) }
                dt { "Fingerprint" } dd { code { (pair.key_fingerprint) } }
                dt { "ID" } dd { code { (pair.key_pair_id) } }
            }
        }
        p { a.button.primary id="back" href=(LIST) { "To the key pairs" } }
    };
    let page = Page::new(format!("Key pair {}", pair.key_name), LIST, body);
    Ok(if waits { page.fetching(download) } else { page }.into())
}

/// Gives the private half, once.
pub(in crate::console) fn download(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let file = visit.session.take_download(visit.param("key"));
    file.map(Outcome::File).ok_or_else(|| {
        let text = "This file was downloaded already, or nobody came for it within a minute. A private key is given once: if the file is \
                    lost, create another key pair.";
        Refusal::NotFound(text.to_owned())
    })
}

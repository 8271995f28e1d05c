//! Allocate Elastic IP address.

use maud::html;
use serde::Deserialize;

use super::LIST;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Choice, Field};
use crate::console::parts::notice::{Notice, caution};
use crate::console::parts::{self, tags};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    // AWS's page has other pools too, for those who brought them.
    let pool = Field {
        name: "Domain",
        label: "Public IPv4 address pool",
        value: "vpc",
        ..Field::default()
    };
    let amazons = Choice {
        value: "vpc",
        label: "Amazon's pool of IPv4 addresses",
        hint: "Up to five addresses in a region.",
    };
    let fields = html! {
        div.card {
            (field::radios(visit, &pool, &[amazons]))
            p { "Network border group: " (visit.scope.region) }
            (tags::editor(visit))
        }
        (parts::buttons("Allocate", LIST))
    };
    let body = html! {
        (parts::crumbs(&[("Elastic IP addresses", LIST)], "Allocate Elastic IP address"))
        h1 { "Allocate Elastic IP address" }
        p.lead { "The address stays in your account until you release it, whether an instance has it or not." }
        (caution(&html! { "On AWS a public IPv4 address costs money by the hour, also while no instance has it. Here it costs nothing." }))
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new("Allocate Elastic IP address", LIST, body).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Allocated {
    public_ip: String,
}

/// Allocates one.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    tags::one_more(form)?;
    let ask = Ask::new("AllocateAddress")
        .with("Domain", "vpc")
        .tags(form, "elastic-ip");
    let made: Allocated = visit.ask(&ask)?;
    let text = format!(
        "Elastic IP address {} was allocated. Associate it with an instance to use it.",
        made.public_ip
    );
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

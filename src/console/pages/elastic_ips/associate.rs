//! Associate Elastic IP address: an instance gets it in place of the address that it has.

use maud::html;

use super::{LIST, one};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::instances;
use crate::console::parts::field::{self, Choice, Field};
use crate::console::parts::notice::{Notice, caution};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

const INSTANCE: &str = "InstanceId";
const AGAIN: &str = "AllowReassociation";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    let all = instances::all(visit)?;
    let usable = all.iter().filter(|one| one.can_have_an_address());
    let labels: Vec<(String, String)> = usable
        .map(|one| (one.instance_id.clone(), one.called()))
        .collect();
    let mut choices = vec![Choice {
        value: "",
        label: "Choose an instance",
        hint: "",
    }];
    choices.extend(labels.iter().map(|(id, label)| Choice {
        value: id,
        label,
        hint: "",
    }));
    let instance = Field {
        name: INSTANCE,
        label: "Instance",
        hint: "Running or stopped ones can have it.",
        required: true,
        ..Field::default()
    };
    let again = Field {
        name: AGAIN,
        label: "Allow this Elastic IP address to be reassociated",
        hint: "It then leaves the instance that has it now.",
        value: "true",
        ..Field::default()
    };
    let fields = html! {
        div.card {
            (field::select(visit, &instance, &choices))
            (field::tick(visit, &again, false))
        }
        (parts::buttons("Associate", LIST))
    };
    let title = "Associate Elastic IP address";
    let body = html! {
        (parts::crumbs(&[("Elastic IP addresses", LIST)], title))
        h1 { (title) " " span.nowrap { (address.public_ip) } }
        @if let Some(id) = &address.instance_id { p.lead { "Instance " (instances::link(id)) " has it now." } }
        (caution(&html! { "The public address that the instance has now goes back to AWS, for good. Commands with the old address no longer reach it." }))
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new(title, LIST, body).into())
}

/// Associates it.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    let again = if form.has(AGAIN) { "true" } else { "false" };
    let ask = Ask::new("AssociateAddress")
        .with("AllocationId", &address.allocation_id)
        .with(AGAIN, again)
        .field(form, INSTANCE);
    visit.tell(&ask).map_err(|error| {
        if error.code == "Resource.AlreadyAssociated" {
            Refusal::Field(AGAIN, error)
        } else {
            Refusal::Field(INSTANCE, error)
        }
    })?;
    let text = format!(
        "Elastic IP address {} is now that of instance {}.",
        address.public_ip,
        form.get(INSTANCE)
    );
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

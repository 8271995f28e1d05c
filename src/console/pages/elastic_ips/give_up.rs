//! Disassociate and release: an address leaves its instance, or the account.

use maud::{Markup, html};

use super::{Address, LIST, one};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::instances;
use crate::console::parts::notice::{Notice, caution, remark};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// Asks whether it is meant.
pub(in crate::console) fn show_disassociate(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    let about = html! {
        @match &address.instance_id {
            Some(id) => {
                p.lead { "Instance " (instances::link(id)) " has it now." }
                (caution(&html! { "The instance gets another public address from AWS. This one stays in your account, and costs money on AWS until you release it." }))
            },
            None => (remark(&html! { "No instance has it." })),
        }
    };
    let buttons = parts::buttons("Disassociate", LIST);
    Ok(page(
        visit,
        &address,
        "Disassociate Elastic IP address",
        &about,
        &buttons,
    ))
}

/// Takes it from its instance.
pub(in crate::console) fn disassociate(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    let mut ask = Ask::new("DisassociateAddress");
    if let Some(id) = &address.association_id {
        ask = ask.with("AssociationId", id);
    }
    visit.tell(&ask)?;
    let text = format!(
        "Elastic IP address {} was disassociated. It is still in your account.",
        address.public_ip
    );
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

/// Asks whether it is meant.
pub(in crate::console) fn show_release(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    let about = html! {
        @if let Some(id) = &address.instance_id { p.lead { "Instance " (instances::link(id)) " has it now, and gets another public address." } }
        (caution(&html! { "The address goes back to AWS. Somebody else may get it, and you will not get it back." }))
    };
    let buttons = parts::danger_buttons("Release", LIST);
    Ok(page(
        visit,
        &address,
        "Release Elastic IP address",
        &about,
        &buttons,
    ))
}

/// Gives it back.
pub(in crate::console) fn release(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let address = one(visit)?;
    visit.tell(&Ask::new("ReleaseAddress").with("AllocationId", &address.allocation_id))?;
    let text = format!("Elastic IP address {} was released.", address.public_ip);
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

fn page(
    visit: &Visit,
    address: &Address,
    title: &str,
    about: &Markup,
    buttons: &Markup,
) -> Outcome {
    let body = html! {
        (parts::crumbs(&[("Elastic IP addresses", LIST)], title))
        h1 { (title) " " span.nowrap { (address.public_ip) } "?" }
        (about)
        (parts::form(visit, &visit.path, buttons))
    };
    Page::new(title, LIST, body).into()
}

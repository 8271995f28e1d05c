//! Delete security group: AWS refuses it while something uses the group.

use maud::html;

use super::{LIST, one};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::notice::{Notice, caution};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let group = one(visit)?;
    let path = group.path();
    let fields = html! { (parts::danger_buttons("Delete", &path)) };
    let body = html! {
        (parts::crumbs(&[("Security groups", LIST), (group.group_id.as_str(), path.as_str())], "Delete security group"))
        h1 { "Delete security group " (group.title()) "?" }
        (caution(&html! { "Its rules go with it, for good. A group that an instance or another group's rule uses cannot be deleted, nor can the group default." }))
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new("Delete security group", LIST, body).into())
}

/// Deletes it.
pub(in crate::console) fn take(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let group = one(visit)?;
    visit.tell(&Ask::new("DeleteSecurityGroup").with("GroupId", &group.group_id))?;
    let text = format!("Security group {} was deleted.", group.title());
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

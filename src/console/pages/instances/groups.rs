//! Change security groups: an instance gets others, at any time.

use maud::html;

use super::{LIST, one};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::security_groups;
use crate::console::parts::boxes::{Boxed, boxes};
use crate::console::parts::field::Field;
use crate::console::parts::notice::Notice;
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The boxes; the API counts them from 1.
const GROUPS: &str = "GroupId";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let id = &instance.instance_id;
    let path = instance.path();
    let all = security_groups::all(visit)?;
    let choices: Vec<Boxed<'_>> = all
        .iter()
        .map(|group| Boxed {
            value: &group.group_id,
            label: &group.group_name,
            hint: &group.group_id,
            ticked: instance
                .security_groups
                .iter()
                .any(|has| has.group_id == group.group_id),
        })
        .collect();
    let field = Field {
        name: GROUPS,
        label: "Associated security groups",
        hint: "Their rules count together: what one of them lets in comes in. Up to five.",
        ..Field::default()
    };
    let fields = html! {
        div.card { (boxes(visit, &field, &choices)) }
        (parts::buttons("Save", &format!("{path}/security")))
    };
    let body = html! {
        (parts::crumbs(&[("Instances", LIST), (id.as_str(), path.as_str())], "Change security groups"))
        h1 { "Change security groups" }
        p.lead { "The security groups of instance " code { (id) } @if !instance.name().is_empty() { " (" (instance.name()) ")" } ". A change takes effect at once." }
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new("Change security groups", LIST, body).into())
}

/// Changes them.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let mut ask = Ask::new("ModifyInstanceAttribute").with("InstanceId", &instance.instance_id);
    let mut some = false;
    for (place, id) in form.all(GROUPS).enumerate() {
        ask = ask.with(format!("{GROUPS}.{}", place + 1), id);
        some = true;
    }
    if !some {
        // A call without groups would change nothing and say so in words about attributes.
        let error = ApiError::missing_parameter(GROUPS);
        return Err(Refusal::Field(GROUPS, error));
    }
    visit
        .tell(&ask)
        .map_err(|error| Refusal::Field(GROUPS, error))?;
    let text = format!("The security groups of {} were changed.", instance.called());
    let path = format!("{}/security", instance.path());
    Ok(Go::to(path).saying(Notice::done(text)).into())
}

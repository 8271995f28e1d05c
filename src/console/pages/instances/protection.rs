//! Change termination protection: a protected instance is not terminated by mistake.

use maud::html;
use serde::Deserialize;

use super::{LIST, one};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Field};
use crate::console::parts::notice::Notice;
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The box, named as the API names it.
const PROTECTED: &str = "DisableApiTermination";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    disable_api_termination: Attribute,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    value: bool,
}

/// Whether it is protected.
pub(super) fn is_protected(visit: &Visit, id: &str) -> Result<bool, ApiError> {
    let ask = Ask::new("DescribeInstanceAttribute")
        .with("InstanceId", id)
        .with("Attribute", "disableApiTermination");
    let answer: Answer = visit.ask(&ask)?;
    Ok(answer.disable_api_termination.value)
}

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let id = &instance.instance_id;
    let path = instance.path();
    let protection = Field {
        name: PROTECTED,
        label: "Enable termination protection",
        hint: "A call that terminates the instance is refused until you take the protection away.",
        value: "true",
        ..Field::default()
    };
    let fields = html! {
        div.card { (field::tick(visit, &protection, is_protected(visit, id)?)) }
        (parts::buttons("Save", &path))
    };
    let title = "Change termination protection";
    let body = html! {
        (parts::crumbs(&[("Instances", LIST), (id.as_str(), path.as_str())], title))
        h1 { (title) }
        p.lead { "Of instance " code { (id) } @if !instance.name().is_empty() { " (" (instance.name()) ")" } "." }
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new(title, LIST, body).into())
}

/// Changes it.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let is_on = form.has(PROTECTED);
    let ask = Ask::new("ModifyInstanceAttribute")
        .with("InstanceId", &instance.instance_id)
        .with(
            format!("{PROTECTED}.Value"),
            if is_on { "true" } else { "false" },
        );
    visit
        .tell(&ask)
        .map_err(|error| Refusal::Field(PROTECTED, error))?;
    let word = if is_on { "on" } else { "off" };
    let text = format!("Termination protection of {} is {word}.", instance.called());
    Ok(Go::to(instance.path()).saying(Notice::done(text)).into())
}

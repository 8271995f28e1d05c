//! Instances: the list, and what is done with the chosen ones.

use maud::{Markup, html};

use super::state::Change;
use super::{Checks, Instance, LIST, State, all, checks, group_links, or_nothing};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::notice::Notice;
use crate::console::parts::state::nothing;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The name of the buttons.
const DO: &str = "do";
/// The name of the boxes before the instances.
const CHOSEN: &str = "InstanceId";

/// What the buttons do, in the order of AWS's menus.
const BUTTONS: &[(&str, &str)] = &[
    ("connect", "Connect"),
    ("start", "Start instance"),
    ("stop", "Stop instance"),
    ("reboot", "Reboot instance"),
    ("terminate", "Terminate (delete) instance"),
];

/// Shows the list.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instances = all(visit)?;
    let checks = checks(visit, None)?;
    let rows = instances
        .iter()
        .map(|instance| row(visit, instance, checks.get(&instance.instance_id)));
    let list = Table {
        id: "instances",
        caption: "Instances",
        columns: &[
            "Name",
            "Instance ID",
            "Instance state",
            "Instance type",
            "Status check",
            "Public IPv4 address",
            "Key name",
            "Security group name",
        ],
        rows: rows.collect(),
        empty: html! {
            p { "There are no instances in " (visit.scope.region) " yet." }
            p { "An instance is a computer that you rent. Create a key pair before you launch one: it is chosen at launch, and cannot be added later." }
        },
    };
    let fields = html! {
        div.toolbar id="state-buttons" data-live role="group" aria-label="With the chosen instances" {
            @if !instances.is_empty() {
                @for (value, label) in BUTTONS {
                    button.button.danger[*value == "terminate"] id={ "do-" (value) } type="submit" name=(DO) value=(value) { (label) }
                }
            }
        }
        (table(&list))
    };
    let body = html! {
        (parts::crumbs(&[], "Instances"))
        div.headline {
            h1 { "Instances" }
            div.buttons { a.button.primary id="launch" href={ (LIST) "/launch" } { "Launch instances" } }
        }
        (parts::form(visit, LIST, &fields))
    };
    Ok(Page::new("Instances", LIST, body).into())
}

fn row(visit: &Visit, instance: &Instance, checks: Option<&Checks>) -> Row {
    let id = &instance.instance_id;
    let ticked = match &visit.tried {
        Some(tried) => tried.form.all(CHOSEN).any(|one| one == id),
        None => false,
    };
    let check = checks.map(|checks| checks.word()).unwrap_or_default();
    let says = format!(
        "Instance {}: {} {check}",
        instance.called(),
        instance.state.name.word()
    );
    Row {
        id: id.clone(),
        says: says.trim_end().to_owned(),
        cells: vec![
            html! {
                span.choose {
                    input id={ "choose-" (id) } type="checkbox" name=(CHOSEN) value=(id) checked[ticked] aria-label={ "Choose " (instance.called()) };
                    @if instance.name().is_empty() { (nothing("Without a name")) } @else { span { (instance.name()) } }
                }
            },
            html! { a href=(instance.path()) { code { (id) } } },
            instance.state.name.show(),
            html! { (instance.instance_type) },
            checks.map_or_else(|| nothing("None"), |checks| checks.show()),
            address(instance),
            or_nothing(instance.key_name.as_deref()),
            group_links(&instance.security_groups),
        ],
    }
}

fn address(instance: &Instance) -> Markup {
    html! {
        @match &instance.public_ip_address {
            Some(address) => span { span.nowrap { (address) } @if instance.has_elastic_ip() { " " span.note { "(Elastic IP)" } } },
            None => (nothing("None")),
        }
    }
}

/// Does what the button says; what cannot be taken back is asked for first.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let ids: Vec<&str> = form.all(CHOSEN).collect();
    if ids.is_empty() {
        // The API's own sentence for a call without ids.
        return Err(ApiError::invalid_combination("No instances specified").into());
    }
    match (form.get(DO), ids.as_slice()) {
        ("connect", [id]) => {
            // Also proves the id, which becomes part of a path.
            let found = super::named(visit, [*id])?;
            let path = found.first().map(Instance::path).unwrap_or_default();
            Ok(Go::to(format!("{path}/connect")).into())
        }
        ("connect", _) => {
            let text = "Choose one instance to connect to";
            Err(ApiError::new("GroundSchool.TooMany", text).into())
        }
        ("start", ids) => start(visit, ids),
        (word, ids) => {
            let change = Change::named(word)?;
            super::named(visit, ids.iter().copied())?;
            Ok(Go::to(change.path(&ids.join(","))).into())
        }
    }
}

/// Starts them; AWS asks nobody whether it is meant.
pub(super) fn start(visit: &Visit, ids: &[&str]) -> Result<Outcome, Refusal> {
    let mut ask = Ask::new("StartInstances");
    for (place, id) in ids.iter().enumerate() {
        ask = ask.with(format!("InstanceId.{}", place + 1), *id);
    }
    visit.tell(&ask)?;
    let text = format!("Starting {}.", ids.join(", "));
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

/// What can be done with an instance in that state, on its own page.
pub(super) fn buttons_for(state: State) -> &'static [(&'static str, &'static str)] {
    let (before_terminate, all) = (BUTTONS, BUTTONS.len());
    match state {
        // All but "start".
        State::Pending | State::Running => before_terminate.get(2..all).unwrap_or_default(),
        State::Stopping | State::Stopped => &[
            ("start", "Start instance"),
            ("terminate", "Terminate (delete) instance"),
        ],
        State::ShuttingDown | State::Terminated => &[],
    }
}

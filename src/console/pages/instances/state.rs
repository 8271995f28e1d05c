//! Stop, reboot and terminate: what each does is said before it is done.

use maud::{Markup, html};

use super::{Instance, LIST, list, named};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::notice::{Notice, caution};
use crate::console::parts::{self};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// Something that is asked for before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Stop,
    Reboot,
    Terminate,
}

impl Change {
    /// By its word in a path or on a button.
    pub(super) fn named(word: &str) -> Result<Self, Refusal> {
        match word {
            "stop" => Ok(Self::Stop),
            "reboot" => Ok(Self::Reboot),
            "terminate" => Ok(Self::Terminate),
            _ => Err(Refusal::NotFound(
                "Instances can be started, stopped, rebooted and terminated.".to_owned(),
            )),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Reboot => "reboot",
            Self::Terminate => "terminate",
        }
    }

    /// Where it is asked for.
    pub(super) fn path(self, ids: &str) -> String {
        format!("{LIST}/change/{}/{ids}", self.word())
    }

    fn action(self) -> &'static str {
        match self {
            Self::Stop => "StopInstances",
            Self::Reboot => "RebootInstances",
            Self::Terminate => "TerminateInstances",
        }
    }

    fn title(self, several: bool) -> &'static str {
        match (self, several) {
            (Self::Stop, false) => "Stop instance",
            (Self::Stop, true) => "Stop instances",
            (Self::Reboot, false) => "Reboot instance",
            (Self::Reboot, true) => "Reboot instances",
            (Self::Terminate, false) => "Terminate (delete) instance",
            (Self::Terminate, true) => "Terminate (delete) instances",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Stop => "Stop",
            Self::Reboot => "Reboot",
            Self::Terminate => "Terminate (delete)",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Stop => "Stopping",
            Self::Reboot => "Rebooting",
            Self::Terminate => "Terminating",
        }
    }

    /// What comes of it.
    fn meaning(self) -> Markup {
        match self {
            Self::Stop => html! {
                "The public IPv4 address goes back to AWS, and a start brings another one: only an Elastic IP stays. The disk, the private address and the host keys stay."
            },
            Self::Reboot => html! {
                "Whoever is signed in is signed out. The addresses and the disk stay."
            },
            Self::Terminate => html! {
                "This cannot be undone: the instance and its root volume are deleted. A terminated instance stays in the list for a while. An Elastic IP stays in your account, and costs money on AWS until you release it."
            },
        }
    }
}

/// Asks whether it is meant.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let change = Change::named(visit.param("change"))?;
    let instances = named(visit, visit.param("ids").split(','))?;
    let several = instances.len() > 1;
    let title = change.title(several);
    let fields = html! {
        section.card {
            h2 { @if several { "These instances" } @else { "This instance" } }
            ul {
                @for instance in &instances {
                    li { code { (instance.instance_id) } @if !instance.name().is_empty() { " (" (instance.name()) ")" } ": " (instance.state.name.word()) }
                }
            }
        }
        @match change {
            Change::Terminate => (parts::danger_buttons(change.button(), LIST)),
            Change::Stop | Change::Reboot => (parts::buttons(change.button(), LIST)),
        }
    };
    let body = html! {
        (parts::crumbs(&[("Instances", LIST)], title))
        h1 { (title) "?" }
        (caution(&change.meaning()))
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new(title, LIST, body).into())
}

/// Does it.
pub(in crate::console) fn take(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let change = Change::named(visit.param("change"))?;
    let instances = named(visit, visit.param("ids").split(','))?;
    let mut ask = Ask::new(change.action());
    for (place, instance) in instances.iter().enumerate() {
        ask = ask.with(format!("InstanceId.{}", place + 1), &instance.instance_id);
    }
    visit.tell(&ask)?;
    let called: Vec<String> = instances.iter().map(Instance::called).collect();
    let text = format!("{} {}.", change.done(), called.join(", "));
    Ok(Go::to(LIST).saying(Notice::done(text)).into())
}

/// The buttons on the page of one instance: they are posted to that page.
pub(in crate::console) fn take_one(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let id = visit.param("id");
    match form.get("do") {
        "start" => list::start(visit, &[id]),
        "" => Err(ApiError::invalid_combination("No instances specified").into()),
        word => {
            let change = Change::named(word)?;
            named(visit, [id])?;
            Ok(Go::to(change.path(id)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_found_again_by_its_word() {
        for change in [Change::Stop, Change::Reboot, Change::Terminate] {
            assert_eq!(Change::named(change.word()).unwrap(), change);
        }
        assert!(Change::named("hibernate").is_err());
        assert_eq!(
            Change::Stop.path("i-1,i-2"),
            "/instances/change/stop/i-1,i-2"
        );
    }
}

//! After a launch: what was launched, how far it is, and what comes next.

use maud::html;

use super::{LIST, State, asked, copied_or_nothing};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// Shows it.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let ask = Ask::new("DescribeInstances")
        .with("Filter.1.Name", "reservation-id")
        .with("Filter.1.Value.1", visit.param("reservation"));
    let instances = asked(visit, &ask)?;
    let body = html! {
        (parts::crumbs(&[("Instances", LIST), ("Launch an instance", super::launch::PATH)], "Launched"))
        h1 { "Success" }
        div id="launched" data-live {
            @if instances.is_empty() {
                p { "The instance is not seen yet. Load this page again in a moment." }
            }
            @for instance in &instances {
                @let id = &instance.instance_id;
                @let runs = instance.state.name == State::Running;
                section.card aria-labelledby={ "title-" (id) } {
                    h2 id={ "title-" (id) } { "Instance " a href=(instance.path()) { (id) } @if !instance.name().is_empty() { " (" (instance.name()) ")" } }
                    dl {
                        dt { "Instance state" }
                        dd { span id={ "state-" (id) } data-says={ "Instance " (instance.called()) ": " (instance.state.name.word()) } { (instance.state.name.show()) } }
                        dt { "Public IPv4 address" }
                        dd { (copied_or_nothing(&format!("address-{id}"), instance.public_ip_address.as_deref(), "the public address")) }
                        dt { "Key pair" }
                        dd { (super::or_nothing(instance.key_name.as_deref())) }
                        dt { "Security groups" }
                        dd { (super::group_links(&instance.security_groups)) }
                    }
                    p {
                        @if runs { "It runs. Next: sign in to it." }
                        @else { "It gets its public address as soon as it runs. This page shows it then; without JavaScript, load it again." }
                    }
                    p { a.button.primary id={ "connect-" (id) } href={ (instance.path()) "/connect" } { "Connect to instance" span.unseen { " " (id) } } }
                }
            }
        }
        p { a.button id="back" href=(LIST) { "View all instances" } }
    };
    Ok(Page::new("Launched", LIST, body).into())
}

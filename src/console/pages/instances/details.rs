//! One instance: its summary, which stands above each of its tabs, and the first tab, Details.

use maud::{Markup, html};

use super::{
    Checks, Instance, LIST, checks, copied_or_nothing, group_links, list, one, or_nothing,
    protection,
};
use crate::cloud::api::error::ApiError;
use crate::console::form::Form;
use crate::console::parts::tabs::{facts, tabs};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// The tabs, in AWS's order, and the ends of their paths. AWS's "Status and alarms" and "Monitoring" are not here: status
/// checks are under Details.
const TABS: &[(&str, &str)] = &[
    ("Details", ""),
    ("Security", "/security"),
    ("Networking", "/networking"),
    ("Storage", "/storage"),
    ("Tags", "/tags"),
];

/// Shows the summary and the details.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let checks = checks(visit, Some(&instance.instance_id))?;
    let checks = checks.get(&instance.instance_id).copied();
    let content = html! {
        (facts("details", "Instance details", &details(visit, &instance)?))
        @if let Some(checks) = checks { (facts("checks", "Status checks", &check_facts(checks))) }
    };
    Ok(page(visit, &instance, &content))
}

/// A page about the instance: its summary, the tabs, and under them what the tab shows.
pub(super) fn page(visit: &Visit, instance: &Instance, content: &Markup) -> Outcome {
    let id = &instance.instance_id;
    let title = match instance.name() {
        "" => format!("Instance {id}"),
        name => format!("Instance {id} ({name})"),
    };
    let all: Vec<(&str, String)> = TABS
        .iter()
        .map(|(label, end)| (*label, format!("{}{end}", instance.path())))
        .collect();
    let body = html! {
        (parts::crumbs(&[("Instances", LIST)], id))
        div.headline {
            h1 { "Instance summary for " span.nowrap { (id) } @if !instance.name().is_empty() { " (" (instance.name()) ")" } }
            (connect_button(instance))
        }
        (buttons(visit, instance))
        (facts("summary", "Summary", &summary(instance)))
        (tabs("Views of the instance", &all, &visit.path))
        (content)
    };
    Page::new(title, LIST, body).into()
}

fn connect_button(instance: &Instance) -> Markup {
    html! {
        div.buttons id="connect-button" data-live {
            @if !instance.state.name.is_over() {
                a.button.primary id="connect" href={ (instance.path()) "/connect" } { "Connect" }
            }
        }
    }
}

/// What can be done with it now.
fn buttons(visit: &Visit, instance: &Instance) -> Markup {
    let fields = html! {
        div.toolbar id="state-buttons" data-live role="group" aria-label="Actions" {
            @for (value, label) in list::buttons_for(instance.state.name) {
                button.button.danger[*value == "terminate"] id={ "do-" (value) } type="submit" name="do" value=(value) { (label) }
            }
            a.button id="log" href={ (instance.path()) "/log" } { "Get system log" }
            @if !instance.state.name.is_over() {
                a.button id="change-groups" href={ (instance.path()) "/groups" } { "Change security groups" }
                a.button id="change-protection" href={ (instance.path()) "/protection" } { "Change termination protection" }
            }
        }
    };
    parts::form(visit, &instance.path(), &fields)
}

fn summary(instance: &Instance) -> Vec<(&'static str, Markup)> {
    let public = instance.public_ip_address.as_deref();
    let mut all = vec![
        (
            "Instance ID",
            parts::copyable("instance-id", &instance.instance_id, "the instance ID"),
        ),
        (
            "Public IPv4 address",
            copied_or_nothing("public-address", public, "the public address"),
        ),
        (
            "Private IPv4 address",
            or_nothing(instance.private_ip_address.as_deref()),
        ),
        (
            "Instance state",
            html! { span id="state" data-says={ "Instance " (instance.called()) ": " (instance.state.name.word()) } { (instance.state.name.show()) } },
        ),
        (
            "Public DNS",
            copied_or_nothing("public-name", instance.public_name(), "the public DNS name"),
        ),
        ("Instance type", html! { (instance.instance_type) }),
        ("Key pair", or_nothing(instance.key_name.as_deref())),
        ("Security groups", group_links(&instance.security_groups)),
    ];
    if instance.has_elastic_ip() {
        all.push((
            "Elastic IP address",
            html! { a href="/elastic-ips" { (or_nothing(public)) } },
        ));
    }
    all
}

fn details(visit: &Visit, instance: &Instance) -> Result<Vec<(&'static str, Markup)>, ApiError> {
    let image = instance.image(visit);
    let reason = instance.state_reason.as_ref();
    let mut all = vec![
        ("AMI ID", html! { code { (instance.image_id) } }),
        (
            "AMI name",
            or_nothing(image.map(|image| image.name.as_str())),
        ),
        (
            "Operating system",
            or_nothing(image.map(|image| image.family.title())),
        ),
        (
            "User name of the image",
            html! { @match image { Some(image) => code { (image.family.login_user()) }, None => "Ask who provides the image" } },
        ),
        (
            "Key pair assigned at launch",
            or_nothing(instance.key_name.as_deref()),
        ),
        ("Launch time", parts::time(instance.launch_time)),
        ("Platform details", html! { (instance.platform_details) }),
        ("Architecture", html! { (instance.architecture) }),
        ("IMDSv2", html! { (instance.metadata_options.http_tokens) }),
    ];
    if !instance.state.name.is_over() {
        let is_on = protection::is_protected(visit, &instance.instance_id)?;
        let word = if is_on { "Enabled" } else { "Disabled" };
        all.push(("Termination protection", html! { (word) }));
    }
    if let Some(reason) = reason {
        all.push(("State transition message", html! { (reason.message) }));
    }
    if !instance.state_transition_reason.is_empty() {
        all.push((
            "State transition reason",
            html! { (instance.state_transition_reason) },
        ));
    }
    Ok(all)
}

fn check_facts(checks: Checks) -> Vec<(&'static str, Markup)> {
    vec![
        ("All together", checks.show()),
        ("System status check", checks.system.show()),
        ("Instance status check", checks.instance.show()),
        ("Attached EBS status check", checks.volumes().show()),
    ]
}

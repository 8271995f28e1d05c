//! Instances: what their pages read of them. Each page has a file of its own.

pub(super) mod connect;
pub(super) mod details;
pub(super) mod groups;
pub(super) mod launch;
pub(super) mod launched;
pub(super) mod list;
pub(super) mod log;
pub(super) mod order;
pub(super) mod protection;
pub(super) mod state;
pub(super) mod tabs;

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use crate::cloud::api::error::ApiError;
use crate::cloud::resources::image::{Image, shelf};
use crate::console::account::{Ask, Moment, Tag, name_of};
use crate::console::parts;
use crate::console::parts::state::{Mood, nothing, state};
use crate::console::visit::{Refusal, Visit};

/// The list's path.
pub(super) const LIST: &str = "/instances";

/// What the pages read of `DescribeInstances`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    reservations: Vec<Reservation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reservation {
    instances: Vec<Instance>,
}

/// An instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::console) struct Instance {
    pub(super) instance_id: String,
    image_id: String,
    instance_type: String,
    #[serde(default)]
    key_name: Option<String>,
    state: StateItem,
    #[serde(default)]
    state_transition_reason: String,
    #[serde(default)]
    state_reason: Option<StateReason>,
    public_dns_name: String,
    private_dns_name: String,
    #[serde(default)]
    public_ip_address: Option<String>,
    #[serde(default)]
    private_ip_address: Option<String>,
    launch_time: Moment,
    placement: Placement,
    #[serde(default)]
    vpc_id: Option<String>,
    #[serde(default)]
    subnet_id: Option<String>,
    security_groups: Vec<Group>,
    architecture: String,
    platform_details: String,
    root_device_name: String,
    block_device_mappings: Vec<Device>,
    network_interfaces: Vec<Interface>,
    metadata_options: Metadata,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StateItem {
    name: State,
}

/// The states of an instance, as the API names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StateReason {
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Placement {
    availability_zone: String,
}

/// A security group of an instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    group_id: String,
    group_name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Device {
    device_name: String,
    ebs: Ebs,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ebs {
    volume_id: String,
    status: String,
    attach_time: Moment,
    delete_on_termination: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Interface {
    network_interface_id: String,
    subnet_id: String,
    status: String,
    mac_address: String,
    private_ip_address: String,
    #[serde(default)]
    association: Option<Association>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    public_ip: String,
    ip_owner_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    http_tokens: String,
}

/// All instances, the youngest last, as the API lists them.
pub(in crate::console) fn all(visit: &Visit) -> Result<Vec<Instance>, ApiError> {
    asked(visit, &Ask::new("DescribeInstances"))
}

/// Those that the question is about.
fn asked(visit: &Visit, ask: &Ask) -> Result<Vec<Instance>, ApiError> {
    let answer: Answer = visit.ask(ask)?;
    let reservations = answer.reservations.into_iter();
    Ok(reservations.flat_map(|one| one.instances).collect())
}

/// Those with these ids.
fn named<'a>(
    visit: &Visit,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Instance>, Refusal> {
    let mut ask = Ask::new("DescribeInstances");
    for (place, id) in ids.into_iter().enumerate() {
        ask = ask.with(format!("InstanceId.{}", place + 1), id);
    }
    asked(visit, &ask).map_err(|error| {
        if error.code.starts_with("InvalidInstanceID.") {
            Refusal::NotFound(format!("{}.", error.message))
        } else {
            Refusal::Api(error)
        }
    })
}

/// The instance that the path names.
fn one(visit: &Visit) -> Result<Instance, Refusal> {
    let found = named(visit, [visit.param("id")])?.into_iter().next();
    found.ok_or_else(|| Refusal::NotFound("There is no such instance.".to_owned()))
}

impl State {
    /// As AWS's console writes it.
    fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::ShuttingDown => "Shutting-down",
            Self::Terminated => "Terminated",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    fn show(self) -> Markup {
        let mood = match self {
            Self::Running => Mood::Good,
            Self::Pending | Self::Stopping | Self::ShuttingDown => Mood::Busy,
            Self::Stopped => Mood::Off,
            Self::Terminated => Mood::Bad,
        };
        state(mood, self.word())
    }

    /// Whether it is gone, or on its way out.
    fn is_over(self) -> bool {
        match self {
            Self::ShuttingDown | Self::Terminated => true,
            Self::Pending | Self::Running | Self::Stopping | Self::Stopped => false,
        }
    }
}

impl Instance {
    /// Its tag `Name`; empty without one.
    fn name(&self) -> &str {
        name_of(&self.tags)
    }

    /// What it is called in a sentence: `i-0… (web)`.
    pub(super) fn called(&self) -> String {
        match self.name() {
            "" => self.instance_id.clone(),
            name => format!("{} ({name})", self.instance_id),
        }
    }

    /// Its own page.
    fn path(&self) -> String {
        format!("{LIST}/{}", self.instance_id)
    }

    /// The public DNS name; none while it has no public address.
    fn public_name(&self) -> Option<&str> {
        Some(self.public_dns_name.as_str()).filter(|name| !name.is_empty())
    }

    /// Whether its public address is the account's own.
    fn has_elastic_ip(&self) -> bool {
        let mut owners = self.network_interfaces.iter();
        owners.any(|one| {
            one.association
                .as_ref()
                .is_some_and(|association| association.ip_owner_id != "amazon")
        })
    }

    /// The image that it was launched from; none if the catalogue has it no longer.
    fn image(&self, visit: &Visit) -> Option<&'static Image> {
        shelf(&visit.scope.region).get(&self.image_id)
    }

    /// Whether an Elastic IP can be given to it: anything else the API refuses.
    pub(super) fn can_have_an_address(&self) -> bool {
        match self.state.name {
            State::Running | State::Stopping | State::Stopped => true,
            State::Pending | State::ShuttingDown | State::Terminated => false,
        }
    }
}

/// A link to an instance's own page.
pub(super) fn link(id: &str) -> Markup {
    html! { a href={ (LIST) "/" (id) } { code { (id) } } }
}

/// Links to the groups, by their names.
fn group_links(groups: &[Group]) -> Markup {
    html! {
        @if groups.is_empty() { (nothing("None")) }
        ul.plain {
            @for group in groups {
                li { a href={ "/security-groups/" (group.group_id) } { (group.group_name) } }
            }
        }
    }
}

/// Text, or a dash.
fn or_nothing(text: Option<&str>) -> Markup {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => html! { (text) },
        None => nothing("None"),
    }
}

/// Text to be copied, or a dash.
fn copied_or_nothing(id: &str, text: Option<&str>, what: &str) -> Markup {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => parts::copyable(id, text, what),
        None => nothing("None"),
    }
}

/// What the pages read of `DescribeInstanceStatus`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatusAnswer {
    instance_statuses: Vec<Status>,
}

/// The status checks of one instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    instance_id: String,
    system_status: CheckItem,
    instance_status: CheckItem,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CheckItem {
    status: Check,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Check {
    Ok,
    Initializing,
    Impaired,
    InsufficientData,
    NotApplicable,
}

impl Check {
    /// In the words of the page of one instance.
    fn show(self) -> Markup {
        match self {
            Self::Ok => state(Mood::Good, "Passed"),
            Self::Initializing => state(Mood::Busy, "Initializing"),
            Self::Impaired => state(Mood::Bad, "Failed"),
            Self::InsufficientData => state(Mood::Busy, "Insufficient data"),
            Self::NotApplicable => nothing("No checks: it does not run"),
        }
    }
}

/// Everything that is checked of an instance. The third check, of the attached volumes, is not in the API's answer here:
/// volumes of the simulator always pass it once the instance does.
#[derive(Debug, Clone, Copy)]
struct Checks {
    system: Check,
    instance: Check,
}

impl Checks {
    fn volumes(self) -> Check {
        self.instance
    }

    /// In the words of the list, which counts three of them in 2026.
    fn word(self) -> &'static str {
        match (self.system, self.instance) {
            (Check::Ok, Check::Ok) => "3/3 checks passed",
            (Check::NotApplicable, _) | (_, Check::NotApplicable) => "",
            (Check::Initializing | Check::InsufficientData, _)
            | (_, Check::Initializing | Check::InsufficientData) => "Initializing",
            (Check::Impaired, Check::Impaired) => "1/3 checks passed",
            (Check::Impaired, Check::Ok) | (Check::Ok, Check::Impaired) => "2/3 checks passed",
        }
    }

    fn show(self) -> Markup {
        match self.word() {
            "" => nothing("No checks: it does not run"),
            word if word.starts_with('3') => state(Mood::Good, word),
            word if word.starts_with(char::is_numeric) => state(Mood::Bad, word),
            word => state(Mood::Busy, word),
        }
    }
}

/// The checks of every instance, or of the one with that id.
fn checks(visit: &Visit, id: Option<&str>) -> Result<BTreeMap<String, Checks>, ApiError> {
    let mut ask = Ask::new("DescribeInstanceStatus").with("IncludeAllInstances", "true");
    if let Some(id) = id {
        ask = ask.with("InstanceId.1", id);
    }
    let answer: StatusAnswer = visit.ask(&ask)?;
    let all = answer.instance_statuses.into_iter();
    Ok(all
        .map(|one| {
            let checks = Checks {
                system: one.system_status.status,
                instance: one.instance_status.status,
            };
            (one.instance_id, checks)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_and_without_what_can_be_missing() {
        let text = r#"{"Reservations":[{"Instances":[{
            "InstanceId":"i-0123","ImageId":"ami-1","InstanceType":"t3.micro","State":{"Code":32,"Name":"shutting-down"},
            "PublicDnsName":"","PrivateDnsName":"","LaunchTime":1653688276.0,"Placement":{"AvailabilityZone":"us-east-1a"},
            "SecurityGroups":[],"Architecture":"x86_64","PlatformDetails":"Linux/UNIX","RootDeviceName":"/dev/xvda",
            "BlockDeviceMappings":[],"NetworkInterfaces":[],"MetadataOptions":{"HttpTokens":"required"}}]}]}"#;
        let answer: Answer = serde_json::from_str(text).unwrap();
        let instance = &answer.reservations[0].instances[0];
        assert_eq!(instance.state.name, State::ShuttingDown);
        assert!(instance.state.name.is_over());
        assert_eq!(instance.called(), "i-0123");
        assert!(!instance.has_elastic_ip());
        assert_eq!(instance.public_name(), None);
    }

    #[test]
    fn status_checks_are_counted_as_awss_console_counts_them() {
        let word = |system, instance| Checks { system, instance }.word();
        assert_eq!(word(Check::Ok, Check::Ok), "3/3 checks passed");
        assert_eq!(word(Check::Ok, Check::Initializing), "Initializing");
        assert_eq!(word(Check::Ok, Check::Impaired), "2/3 checks passed");
        assert_eq!(word(Check::NotApplicable, Check::NotApplicable), "");
    }
}

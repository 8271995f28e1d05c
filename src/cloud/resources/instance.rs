//! One instance: what was asked for at launch, what it has, and its life cycle as functions of the time.
//!
//! States and their changes: `facts/ec2-api.md` sections 5.1 to 5.3.

use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cloud::env::Pace;
use crate::cloud::resources::boot::{Boot, Said};
use crate::cloud::resources::image::{Architecture, Family};
use crate::cloud::resources::instance_type;
use crate::cloud::resources::tag::Tags;
use crate::cloud::text::Text;
use crate::keys::{HostKeys, PublicKey};

/// An instance's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Launched or started, not up yet.
    Pending,
    /// Up.
    Running,
    /// On the way to terminated.
    ShuttingDown,
    /// Gone for good, and shown for an hour.
    Terminated,
    /// On the way to stopped.
    Stopping,
    /// Off, and can be started.
    Stopped,
}

impl State {
    /// `InstanceState.Code`.
    pub fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// `InstanceState.Name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// What meets a connection to port 22 that the security groups let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SshPhase {
    /// Nothing answers: it is not up yet.
    Pending,
    /// The machine is up and refuses: its SSH server has not started.
    Booting,
    /// The SSH server answers.
    Up,
    /// Nothing answers: it is stopping or stopped.
    Stopped,
    /// Nothing answers: it is shutting down or terminated.
    Terminated,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are AWS's own switches of an instance"
)]
pub struct Instance {
    /// Rises by one an instance of the Region: the order of launches.
    pub number: u64,
    /// `i-0…`.
    pub id: String,
    /// `r-0…`: one for each RunInstances call.
    pub reservation_id: Text,
    /// Its place in that call, from 0.
    pub launch_index: i64,
    /// The call's idempotency token.
    pub client_token: Option<Text>,
    /// `ami-0…`.
    pub image_id: Text,
    /// Operating system.
    pub family: Family,
    /// Architecture.
    pub architecture: Architecture,
    /// `RootDeviceName`.
    pub root_device: Text,
    /// `BootMode` of its image.
    pub boot_mode: Option<Text>,
    /// `PlatformDetails` of its image.
    pub platform_details: Text,
    /// `UsageOperation` of its image.
    pub usage_operation: Text,
    /// `t3.micro` and so on.
    pub instance_type: Text,
    /// State as of the last [`advance`](super::fleet::Instances::advance).
    pub state: State,
    /// When the next change of state happens by itself.
    pub due: Option<Timestamp>,
    /// Who ended the last run and when, while it is stopping, stopped, shutting down or terminated.
    pub ended: Option<Ended>,
    /// First launch.
    pub created_at: Timestamp,
    /// `LaunchTime`: the last launch or start.
    pub launched_at: Timestamp,
    /// Since when its operating system runs, later than now while it reboots; none in every state but `running`.
    pub running_since: Option<Timestamp>,
    /// The last two boots, oldest first: console output lags behind.
    pub boots: Vec<Boot>,
    /// `KeyName` as chosen at launch; never changes.
    pub key_name: Option<Text>,
    /// The public key that was put on it at first boot, kept also when the key pair is deleted.
    pub public_key: Option<PublicKey>,
    /// Its SSH host keys. They survive stop and start.
    pub host_keys: HostKeys,
    /// Its network interface; none once terminated.
    pub interface: Option<Interface>,
    /// `Placement.AvailabilityZone`.
    pub availability_zone: Text,
    /// Whether it gets a public address when it runs.
    pub wants_public_address: bool,
    /// Its public address, while it runs.
    pub public_address: Option<PublicAddress>,
    /// The address that it will have once it runs.
    pub next_address: Option<PublicAddress>,
    /// Public addresses that it had before, oldest first.
    pub earlier_addresses: Vec<Ipv4Addr>,
    /// Its volumes, the root volume first; none once terminated.
    pub volumes: Vec<Volume>,
    /// User data, base64.
    pub user_data: Option<String>,
    /// Detailed monitoring.
    pub monitoring: bool,
    /// Metadata service.
    pub metadata: MetadataOptions,
    /// Termination protection.
    pub disable_api_termination: bool,
    /// Stop protection.
    pub disable_api_stop: bool,
    /// What `shutdown` inside does.
    pub shutdown_behavior: ShutdownBehavior,
    /// `EbsOptimized`.
    pub ebs_optimized: bool,
    /// Keys that EC2 Instance Connect has pushed, also some that are no longer valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushed_keys: Vec<PushedKey>,
    /// Tags.
    pub tags: Tags,
}

/// A public key that EC2 Instance Connect has pushed for one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedKey {
    /// The user who may come in with it.
    pub user: String,
    /// Type and base64, without a comment.
    pub key: String,
    /// Until when.
    pub until: Timestamp,
}

/// Who ended an instance's last run, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Who.
    pub by: EndedBy,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Who ended an instance's last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// StopInstances or TerminateInstances.
    User,
    /// `shutdown` inside the instance.
    Instance,
}

/// A public address and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicAddress {
    /// `PublicIpAddress`.
    pub address: Ipv4Addr,
    /// `PublicDnsName`.
    pub name: String,
    /// Set when it is an Elastic IP, which outlives a stop and goes back to the account, not to AWS's pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elastic: Option<Elastic>,
}

/// An Elastic IP as the instance that has it refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elastic {
    /// `eipalloc-0…`.
    pub allocation_id: String,
    /// `eipassoc-0…`.
    pub association_id: String,
}

impl PublicAddress {
    /// The address with its name in a Region.
    pub fn new(address: Ipv4Addr, region: &str) -> Self {
        let [a, b, c, d] = address.octets();
        let domain = match region {
            "us-east-1" => "compute-1.amazonaws.com".to_owned(),
            _ => format!("{region}.compute.amazonaws.com"),
        };
        Self {
            address,
            name: format!("ec2-{a}-{b}-{c}-{d}.{domain}"),
            elastic: None,
        }
    }
}

/// `ip-10-24-34-0.ec2.internal` and so on.
pub fn private_dns_name(address: Ipv4Addr, region: &str) -> String {
    let [a, b, c, d] = address.octets();
    match region {
        "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
        _ => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
    }
}

/// The network interface of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// `eni-0…`.
    pub id: String,
    /// `eni-attach-0…`.
    pub attachment_id: String,
    /// Hardware address.
    pub mac_address: String,
    /// Description.
    pub description: String,
    /// `subnet-0…`.
    pub subnet_id: Text,
    /// `vpc-0…`.
    pub vpc_id: Text,
    /// Private address.
    pub private_address: Ipv4Addr,
    /// Private name.
    pub private_name: String,
    /// Security groups.
    pub groups: Vec<Group>,
    /// Whether it goes away with the instance.
    pub delete_on_termination: bool,
    /// `SourceDestCheck`.
    #[serde(default = "yes")]
    pub source_dest_check: bool,
    /// Tags.
    pub tags: Tags,
}

fn yes() -> bool {
    true
}

/// A security group as an instance refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// `sg-0…`.
    pub id: Text,
    /// Its name, which never changes.
    pub name: Text,
}

/// A volume of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// `vol-0…`.
    pub id: String,
    /// `/dev/xvda` and so on.
    pub device: String,
    /// Size, GiB.
    pub size: i64,
    /// `gp3` and so on.
    pub volume_type: String,
    /// Encrypted.
    pub encrypted: bool,
    /// Whether it goes away with the instance.
    pub delete_on_termination: bool,
    /// Tags.
    pub tags: Tags,
}

/// Options of the instance metadata service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's own switches")]
pub struct MetadataOptions {
    /// `HttpTokens` is `required`: version 2 only.
    pub tokens_required: bool,
    /// `HttpPutResponseHopLimit`.
    pub hop_limit: i64,
    /// `HttpEndpoint` is `enabled`.
    pub endpoint_enabled: bool,
    /// `HttpProtocolIpv6` is `enabled`.
    pub ipv6_enabled: bool,
    /// `InstanceMetadataTags` is `enabled`.
    pub tags_enabled: bool,
}

/// What `shutdown` inside an instance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShutdownBehavior {
    /// Stops it.
    Stop,
    /// Terminates it.
    Terminate,
}

/// What an instance gave back in a change of state.
#[derive(Debug, Default)]
pub(super) struct Freed {
    /// Public addresses.
    pub(super) public: Vec<Ipv4Addr>,
    /// The allocation id of its Elastic IP.
    pub(super) elastic: Option<String>,
    /// The interface with its private address.
    pub(super) interface: Option<Interface>,
    /// The volumes that stay.
    pub(super) volumes: Vec<Volume>,
}

/// A time after another; the last there is when it is past the end of time.
pub(in crate::cloud) fn later(at: Timestamp, by: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Instance {
    /// What meets a connection to port 22 that the security groups let through. Right also between two calls of
    /// `advance`: a change of state that was due counts as done.
    pub fn ssh_phase(&self, now: Timestamp, pace: Pace) -> SshPhase {
        let up_since = match self.state {
            State::Pending => self.due.filter(|due| *due <= now),
            State::Running => self.running_since,
            State::Stopping | State::Stopped => return SshPhase::Stopped,
            State::ShuttingDown | State::Terminated => return SshPhase::Terminated,
        };
        match up_since {
            None => SshPhase::Pending,
            // It reboots: its network is down.
            Some(since) if now < since => SshPhase::Pending,
            Some(since) if now < later(since, pace.sshd()) => SshPhase::Booting,
            Some(_) => SshPhase::Up,
        }
    }

    /// When the phase changes by itself while the state stays; none when it will not.
    pub fn next_ssh_phase(&self, now: Timestamp, pace: Pace) -> Option<Timestamp> {
        let since = self.running_since?;
        [since, later(since, pace.sshd())]
            .into_iter()
            .find(|change| *change > now)
    }

    /// Whether whoever connects meets the same at both: what a stage does not look at may differ.
    pub(super) fn is_met_as(&self, other: &Self) -> bool {
        let seen = |one: &Self| (one.state, one.running_since, one.private_address());
        seen(self) == seen(other)
            && self.public_address == other.public_address
            && self.next_address == other.next_address
            && self.earlier_addresses == other.earlier_addresses
            && self.group_ids().eq(other.group_ids())
    }

    /// Whether the status checks have passed.
    pub fn checks_passed(&self, now: Timestamp, pace: Pace) -> bool {
        self.running_since
            .is_some_and(|since| now >= later(since, pace.status_checks()))
    }

    /// The boot whose console output has been posted by now.
    pub fn posted_boot(&self, now: Timestamp, pace: Pace) -> Option<&Boot> {
        // The text of a run that has ended is posted at its end.
        let ended = self.running_since.is_none() && self.state != State::Pending;
        self.boots
            .iter()
            .rev()
            .enumerate()
            .find(|(age, boot)| *age > 0 || ended || now >= later(boot.at, pace.console_output()))
            .map(|(_, boot)| boot)
    }

    /// Whether its last boot has user data to look at and has not been run inside the machine.
    pub fn has_boot_to_run(&self) -> bool {
        self.user_data.is_some() && self.boots.last().is_some_and(|boot| boot.said.is_none())
    }

    /// `CurrentInstanceBootMode`.
    pub fn current_boot_mode(&self) -> &'static str {
        match self.boot_mode {
            Some(_) => "uefi",
            None => "legacy-bios",
        }
    }

    /// Its private address, while it has one.
    pub fn private_address(&self) -> Option<Ipv4Addr> {
        self.interface
            .as_ref()
            .map(|interface| interface.private_address)
    }

    /// The keys of EC2 Instance Connect that are valid now.
    pub fn keys_pushed_at(&self, now: Timestamp) -> impl Iterator<Item = &PushedKey> {
        self.pushed_keys.iter().filter(move |key| now < key.until)
    }

    /// How many virtual processors its type has.
    pub fn vcpus(&self) -> i64 {
        instance_type::find(&self.instance_type).map_or(0, |kind| kind.vcpus)
    }

    /// Whether its virtual processors count against the quota: AWS counts running instances.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.state, State::Pending | State::Running)
    }

    /// Ids of its security groups.
    pub fn group_ids(&self) -> impl Iterator<Item = &str> {
        self.interface
            .iter()
            .flat_map(|interface| &interface.groups)
            .map(|group| group.id.as_str())
    }

    /// Sets a stopped instance going again. The caller has checked the state.
    pub(super) fn start(&mut self, now: Timestamp, pace: Pace, address: Option<PublicAddress>) {
        self.state = State::Pending;
        self.due = Some(later(now, pace.boot()));
        self.launched_at = now;
        self.ended = None;
        self.next_address = address;
    }

    /// Begins to stop. The caller has checked the state.
    pub(super) fn stop(&mut self, now: Timestamp, pace: Pace, by: EndedBy) {
        self.state = State::Stopping;
        self.due = Some(later(now, pace.stop()));
        self.running_since = None;
        self.ended = Some(Ended { by, at: now });
    }

    /// Begins to shut down for good, from any state; nothing when it has begun already.
    pub(super) fn terminate(&mut self, now: Timestamp, pace: Pace, by: EndedBy) {
        if matches!(self.state, State::ShuttingDown | State::Terminated) {
            return;
        }
        self.state = State::ShuttingDown;
        self.due = Some(later(now, pace.terminate()));
        self.running_since = None;
        self.ended = Some(Ended { by, at: now });
    }

    /// Restarts the operating system; addresses and state stay.
    pub(super) fn reboot(&mut self, now: Timestamp, pace: Pace) {
        let up = later(now, pace.reboot());
        self.running_since = Some(up);
        self.boot(up);
    }

    /// The change of state that was due: tells what it no longer has.
    pub(super) fn step(&mut self, at: Timestamp, shown: std::time::Duration) -> Freed {
        self.due = None;
        match self.state {
            State::Pending => {
                self.state = State::Running;
                self.running_since = Some(at);
                // An Elastic IP that it has already stays.
                if let Some(next) = self.next_address.take() {
                    self.public_address = Some(next);
                }
                self.boot(at);
                Freed::default()
            }
            State::Stopping => {
                self.state = State::Stopped;
                Freed {
                    public: self.release(),
                    ..Freed::default()
                }
            }
            State::ShuttingDown => {
                self.state = State::Terminated;
                self.due = Some(later(at, shown));
                let mut volumes = std::mem::take(&mut self.volumes);
                volumes.retain(|volume| !volume.delete_on_termination);
                Freed {
                    public: self.release(),
                    elastic: self.release_elastic(),
                    interface: self.interface.take(),
                    volumes,
                }
            }
            State::Running | State::Stopped | State::Terminated => Freed::default(),
        }
    }

    fn boot(&mut self, at: Timestamp) {
        let first = self.boots.is_empty();
        if self.boots.len() > 1 {
            self.boots.remove(0);
        }
        // Most instances boot once.
        self.boots.reserve_exact(1);
        self.boots.push(Boot::new(at, first));
    }

    /// Keeps what the machine said in its last boot.
    pub(super) fn booted(&mut self, said: Said) {
        if let Some(boot) = self.boots.last_mut() {
            boot.said = Some(said);
        }
    }

    fn release(&mut self) -> Vec<Ipv4Addr> {
        let own = self
            .public_address
            .take_if(|public| public.elastic.is_none());
        let had = own.map(|public| public.address);
        self.earlier_addresses.extend(had);
        let unused = self.next_address.take().map(|public| public.address);
        had.into_iter().chain(unused).collect()
    }

    fn release_elastic(&mut self) -> Option<String> {
        let had = self.public_address.take()?;
        self.earlier_addresses.push(had.address);
        had.elastic.map(|elastic| elastic.allocation_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::Client;

    fn after(client: &Client, milliseconds: i64) -> Timestamp {
        client.now + SignedDuration::from_millis(milliseconds)
    }

    #[test]
    fn ssh_is_silent_then_refused_then_up_then_silent_again() {
        let mut client = Client::new();
        let id = client.launch("");
        let instance = client.instance(&id);
        let phase = |at| instance.ssh_phase(after(&client, at), Pace::Fast);
        assert_eq!(phase(1_499), SshPhase::Pending);
        assert_eq!(phase(1_500), SshPhase::Booting);
        assert_eq!(phase(2_000), SshPhase::Up);
        client.pass(3);
        client.ec2("StopInstances", &format!("InstanceId.1={id}"));
        let instance = client.instance(&id);
        assert_eq!(
            instance.ssh_phase(client.now, Pace::Fast),
            SshPhase::Stopped
        );
        client.ec2("TerminateInstances", &format!("InstanceId.1={id}"));
        let instance = client.instance(&id);
        assert_eq!(
            instance.ssh_phase(client.now, Pace::Fast),
            SshPhase::Terminated
        );
    }

    #[test]
    fn a_reboot_is_silent_then_refused_then_up_and_keeps_the_host_keys() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(3);
        client.ec2("RebootInstances", &format!("InstanceId.1={id}"));
        let instance = client.instance(&id);
        let phase = |at, pace| instance.ssh_phase(after(&client, at), pace);
        assert_eq!(phase(0, Pace::Fast), SshPhase::Pending);
        assert_eq!(phase(500, Pace::Fast), SshPhase::Booting);
        assert_eq!(phase(1_000, Pace::Fast), SshPhase::Up);
        assert_eq!(phase(500, Pace::Instant), SshPhase::Up);
        let next = |at: i64| instance.next_ssh_phase(after(&client, at), Pace::Fast);
        assert_eq!(next(0), Some(after(&client, 500)));
        assert_eq!(next(500), Some(after(&client, 1_000)));
        assert_eq!(next(1_000), None);
        assert_eq!(instance.boots.len(), 2);
        assert_eq!(instance.host_keys.len(), 2);
    }

    #[test]
    fn host_keys_survive_stop_and_start() {
        let mut client = Client::new();
        let id = client.launch("");
        let keys = client.instance(&id).host_keys.clone();
        assert_eq!(keys.len(), 2);
        client.pass(2);
        client.ec2("StopInstances", &format!("InstanceId.1={id}"));
        client.pass(2);
        client.ec2("StartInstances", &format!("InstanceId.1={id}"));
        client.pass(2);
        client.ec2("DescribeInstances", "");
        assert_eq!(client.instance(&id).state, State::Running);
        assert_eq!(client.instance(&id).host_keys, keys);
    }

    #[test]
    fn shutdown_inside_does_what_was_chosen_at_launch() {
        let mut client = Client::new();
        let stops = client.launch("");
        let ends = client.launch("InstanceInitiatedShutdownBehavior=terminate&");
        client.pass(2);
        client.ec2("DescribeInstances", "");
        let now = client.now;
        let region = client.account.regions.get_mut("us-east-1").unwrap();
        for id in [&stops, &ends] {
            region.instances.shut_down_from_inside(id, now, Pace::Fast);
        }
        client.pass(2);
        let reply = client.ec2("DescribeInstances", "");
        assert!(
            reply
                .body
                .contains("<code>Client.InstanceInitiatedShutdown</code>")
        );
        assert_eq!(client.instance(&stops).state, State::Stopped);
        assert_eq!(client.instance(&ends).state, State::Terminated);
    }
}

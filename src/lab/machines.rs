//! The simulation as its network sees it: who answers at an address, and the machine behind it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rand::RngExt;

use crate::cloud::Region;
use crate::cloud::resources::instance::{
    Instance, PublicAddress, SshPhase, State, private_dns_name,
};
use crate::cloud::resources::security_group::{Admission, Traffic};
use crate::course::evidence::{Silence, What};
use crate::keys::HostKey;
use crate::lab::journal::{now, timestamp};
use crate::lab::key_pool::InHand;
use crate::lab::server::ssh::{Host, Target};
use crate::lab::simulation::{self, Simulation};
use crate::lab::stage::{Admits, Listening, Place};
use crate::machine::{Identity, Machine, Power};

/// The port of SSH, and the only one on which a machine listens.
pub const SSH: u16 = 22;

/// How many addresses that were given back stay silent. Others are refused at once by this computer itself, because
/// without privileges each silent one costs 40 ms to set up.
const FORMER: usize = 8;

/// What a connection attempt meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A machine that listens.
    Open(Target),
    /// A machine that is there and does not listen: refused at once.
    Refused(Target),
    /// Nothing: the packets are dropped.
    Silent {
        /// Why.
        why: Silence,
        /// The instance that it is about, if there is one.
        instance: Option<String>,
    },
}

impl Simulation {
    /// What somebody at `from` meets who connects to this address or public DNS name. Changes and records nothing.
    pub fn reach(&self, host: &str, port: u16, from: IpAddr) -> Reach {
        self.tick();
        let nobody = Reach::Silent {
            why: Silence::NobodyThere,
            instance: None,
        };
        let Some(address) = address_of(host) else {
            return nobody;
        };
        let state = self.lock();
        let mut former = None;
        for (key, account) in &state.accounts {
            for region in account.regions.values() {
                if let Some(instance) = region.instances.with_public_address(address) {
                    let target = Target {
                        account: key.clone(),
                        region: region.name.clone(),
                        instance: instance.id.clone(),
                        address: host.to_owned(),
                    };
                    return self.reach_instance(region, instance, target, port, from);
                }
            }
        }
        for account in state.accounts.values() {
            for region in account.regions.values() {
                for instance in region.instances.iter() {
                    if let Some(why) = why_not(instance, address) {
                        former = Some(Reach::Silent {
                            why,
                            instance: Some(instance.id.clone()),
                        });
                    }
                }
            }
        }
        former.unwrap_or(nobody)
    }

    fn reach_instance(
        &self,
        region: &Region,
        instance: &Instance,
        target: Target,
        port: u16,
        from: IpAddr,
    ) -> Reach {
        let silent = |why| Reach::Silent {
            why,
            instance: Some(instance.id.clone()),
        };
        let groups: Vec<String> = instance.group_ids().map(str::to_owned).collect();
        match region.security_groups.admits(&groups, port, from) {
            Admission::Closed => return silent(Silence::GroupClosed),
            Admission::ForOthers => return silent(Silence::GroupForOthers),
            Admission::Open => {}
        }
        match instance.ssh_phase(timestamp(), self.settings.pace) {
            SshPhase::Pending => silent(Silence::Pending),
            SshPhase::Stopped => silent(Silence::Stopped),
            SshPhase::Terminated => silent(Silence::Terminated),
            SshPhase::Up if port == SSH => Reach::Open(target),
            SshPhase::Booting | SshPhase::Up => Reach::Refused(target),
        }
    }

    /// Every public address with what a stage must know of it, for a learner at `from`: those that instances have now, then
    /// the ones that were given back last, where nobody answers.
    pub fn places(&self, from: IpAddr) -> Vec<Place> {
        let state = self.lock();
        let now = timestamp();
        let mut places = Vec::new();
        let mut former = Vec::new();
        for (key, account) in &state.accounts {
            for region in account.regions.values() {
                let target = |instance: &Instance, address: Ipv4Addr| Target {
                    account: key.clone(),
                    region: region.name.clone(),
                    instance: instance.id.clone(),
                    address: address.to_string(),
                };
                // Thousands of instances are in few combinations of groups.
                let mut doors = HashMap::new();
                for instance in region.instances.iter() {
                    if let Some(address) = instance.earlier_addresses.last() {
                        let ended = instance.ended;
                        let since = ended.map_or(instance.launched_at, |ended| ended.at);
                        former.push((since, *address, target, instance));
                    }
                    let Some(public) = &instance.public_address else {
                        continue;
                    };
                    let groups: Vec<&str> = instance.group_ids().collect();
                    let (is_open, admits) = doors
                        .entry(groups)
                        .or_insert_with_key(|groups| door(region, groups, from));
                    let is_up = instance.state == State::Running;
                    places.push(Place {
                        address: public.address,
                        target: target(instance, public.address),
                        admits: if is_up {
                            admits.clone()
                        } else {
                            Admits::default()
                        },
                        listening: match instance.ssh_phase(now, self.settings.pace) {
                            SshPhase::Up if *is_open => Listening::Open,
                            SshPhase::Booting if *is_open => Listening::Refused,
                            SshPhase::Up
                            | SshPhase::Booting
                            | SshPhase::Pending
                            | SshPhase::Stopped
                            | SshPhase::Terminated => Listening::Dropped,
                        },
                    });
                }
            }
        }
        let taken: BTreeSet<Ipv4Addr> = places.iter().map(|place| place.address).collect();
        former.retain(|(_, address, ..)| !taken.contains(address));
        former.sort_by_key(|(since, address, ..)| Reverse((*since, *address)));
        former.dedup_by_key(|(_, address, ..)| *address);
        former.truncate(FORMER);
        let silent = former
            .into_iter()
            .filter(|(_, address, _, instance)| why_not(instance, *address).is_some())
            .map(|(_, address, target, instance)| Place {
                address,
                target: target(instance, address),
                admits: Admits::default(),
                listening: Listening::Dropped,
            });
        places.extend(silent);
        places
    }

    /// The DNS names of every instance that is shown: of each address that it has or had, and its private one.
    pub fn names(&self) -> Vec<(Ipv4Addr, String)> {
        let state = self.lock();
        let mut names = Vec::new();
        for account in state.accounts.values() {
            for region in account.regions.values() {
                for instance in region.instances.iter() {
                    let now = instance.public_address.iter().map(|public| public.address);
                    let had = instance.earlier_addresses.iter().copied();
                    names.extend(now.chain(had).map(|address| {
                        let public = PublicAddress::new(address, &region.name);
                        (address, public.name)
                    }));
                    names.extend(
                        instance
                            .private_address()
                            .map(|address| (address, private_dns_name(address, &region.name))),
                    );
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// What somebody at `from` meets who connects, written down where nobody answers.
    pub fn attempt(&self, host: &str, port: u16, from: IpAddr) -> Reach {
        let reach = self.reach(host, port, from);
        match &reach {
            Reach::Open(_) => {}
            Reach::Refused(target) => {
                let instance = Some(target.instance.clone());
                self.record_silence(host, port, Silence::Refused, instance);
            }
            Reach::Silent { why, instance } => {
                self.record_silence(host, port, *why, instance.clone());
            }
        }
        reach
    }

    /// Runs the boots that the machines of these accounts have not run: those with user data, which must have had its effect
    /// when the console output is read, though nobody has signed in. Answers what is to be kept.
    pub(super) fn boot_machines(state: &mut simulation::State) -> Vec<Target> {
        let simulation::State {
            accounts, machines, ..
        } = state;
        let mut booted = Vec::new();
        for (key, account) in accounts {
            for region in account.regions.values_mut() {
                let instances: Vec<_> = region.instances.to_boot().map(Arc::clone).collect();
                for instance in instances {
                    let identity = identity(&account.id, region, &instance);
                    let first = instance.boots.last().is_some_and(|boot| boot.first);
                    let of_account = machines.entry(key.clone()).or_default();
                    let said = match of_account.get_mut(&instance.id) {
                        Some(machine) if !first => machine.boot(&identity, false),
                        // A first boot starts from the image, also when it is done again because its end was not kept.
                        Some(_) | None => {
                            let (machine, said) = Machine::launch(&identity);
                            of_account.insert(instance.id.clone(), machine);
                            said
                        }
                    };
                    region.instances.booted(&instance.id, said);
                    booted.push(Target {
                        account: key.clone(),
                        region: region.name.clone(),
                        instance: instance.id.clone(),
                        address: String::new(),
                    });
                }
            }
        }
        booted
    }

    /// Whether the instance is one that holds its connections: it runs, was not restarted just now, and the address that
    /// they were made to is still its own (an Elastic IP may have moved on).
    pub fn is_running(&self, target: &Target) -> bool {
        let state = self.lock();
        !state.restarted.contains(&target.instance)
            && find(&state.accounts, target).is_some_and(|(_, _, instance)| {
                instance.state == State::Running && is_at(instance, &target.address)
            })
    }

    /// When an SSH server starts or a network comes back, though no state changes: the stage is to be told then.
    pub(super) fn next_phase(&self, state: &simulation::State) -> Option<jiff::Timestamp> {
        let (now, pace) = (timestamp(), self.settings.pace);
        let regions = state
            .accounts
            .values()
            .flat_map(|account| account.regions.values());
        regions
            .filter_map(|region| region.instances.next_ssh_phase(now, pace))
            .min()
    }

    /// The instance does what was asked for inside it.
    fn follow(&self, target: &Target, power: Power) {
        let pace = self.settings.pace;
        {
            let mut state = self.lock();
            let mut rsa = InHand::none(&self.settings.keys);
            self.act(&mut state, &target.account, &mut rsa, |account, env| {
                let region = account.regions.get_mut(&target.region);
                if let Some(region) = region {
                    let instances = &mut region.instances;
                    match power {
                        Power::Off => {
                            instances.shut_down_from_inside(&target.instance, env.now, pace);
                        }
                        Power::Reboot => instances.reboot(&target.instance, env.now, pace),
                    }
                }
            });
            // A disk that is full now is met again, and told, at the learner's next change.
            let _ = self.keep(&mut state);
        }
        self.tell_stage();
    }

    /// Works in a machine that there is; whether it has something to keep then, and what was asked of its power.
    fn in_machine(
        &self,
        target: &Target,
        work: &mut dyn FnMut(&mut Machine, &Identity, i64),
    ) -> Option<(bool, Option<Power>)> {
        let mut state = self.lock();
        let simulation::State {
            accounts,
            machines,
            rng,
            ..
        } = &mut *state;
        let (account, region, instance) = find(accounts, target)?;
        if instance.state == State::Terminated {
            return None;
        }
        let identity = identity(&account.id, region, instance);
        let machine = machines
            .entry(target.account.clone())
            .or_default()
            .entry(target.instance.clone())
            .or_insert_with(|| Machine::first_boot(&identity));
        machine.stir(rng.random());
        work(machine, &identity, now());
        let power = machine.take_power();
        Some((self.is_unkept(&state, target), power))
    }

    /// Writes down that somebody met silence.
    pub fn record_silence(&self, host: &str, port: u16, why: Silence, instance: Option<String>) {
        self.journal.add(What::Unreachable {
            address: host.to_owned(),
            port,
            instance,
            why,
        });
    }
}

/// Whether an instance in these groups lets `from` in to its SSH port, and what else reaches it.
fn door(region: &Region, groups: &[&str], from: IpAddr) -> (bool, Admits) {
    let groups: Vec<String> = groups.iter().map(|&id| id.to_owned()).collect();
    let ssh = region.security_groups.admits(&groups, SSH, from);
    let mut admits = Admits::default();
    for traffic in region.security_groups.admitted(&groups, from) {
        match traffic {
            Traffic::All => {
                admits.tcp.push(0..=u16::MAX);
                admits.ping = true;
            }
            Traffic::Tcp(ports) => admits.tcp.push(ports.from..=ports.to),
            // An echo's type is 8.
            Traffic::Icmp(icmp) => admits.ping |= icmp.kind.is_none_or(|kind| kind == 8),
            Traffic::Udp(_) | Traffic::Icmpv6(_) | Traffic::Other(_) => {}
        }
    }
    (ssh == Admission::Open, admits)
}

/// The address in `203.0.113.25` or in `ec2-203-0-113-25.compute-1.amazonaws.com`.
fn address_of(host: &str) -> Option<Ipv4Addr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let name = host.split('.').next()?;
    name.strip_prefix("ec2-")
        .or_else(|| name.strip_prefix("ip-"))?
        .replace('-', ".")
        .parse()
        .ok()
}

/// Whether an instance has the address that is written here.
fn is_at(instance: &Instance, host: &str) -> bool {
    let public = instance.public_address.as_ref();
    address_of(host).is_none_or(|address| {
        public.is_some_and(|public| public.address == address)
            || instance.private_address() == Some(address)
    })
}

/// Why an instance that does not have this address now is still the one that is meant.
fn why_not(instance: &Instance, address: Ipv4Addr) -> Option<Silence> {
    if instance.private_address() == Some(address) {
        return Some(Silence::PrivateAddress);
    }
    if instance
        .next_address
        .as_ref()
        .is_some_and(|next| next.address == address)
    {
        return Some(Silence::Pending);
    }
    if !instance.earlier_addresses.contains(&address) {
        return None;
    }
    Some(match instance.state {
        State::Pending | State::Running => Silence::OldAddress,
        State::Stopping | State::Stopped => Silence::Stopped,
        State::ShuttingDown | State::Terminated => Silence::Terminated,
    })
}

impl Host for Simulation {
    fn host_keys(&self, target: &Target) -> Vec<HostKey> {
        let keys = {
            let state = self.lock();
            find(&state.accounts, target).map(|(_, _, instance)| instance.host_keys.clone())
        };
        // Making them may take 50 ms, in which nobody else waits.
        keys.map(|keys| keys.to_vec()).unwrap_or_default()
    }

    fn with_machine(
        &self,
        target: &Target,
        work: &mut dyn FnMut(&mut Machine, &Identity, i64),
    ) -> bool {
        let unkept = self.with_machine_for_now(target, work);
        if unkept == Some(true) {
            self.keep_machine(target);
        }
        unkept.is_some()
    }

    fn with_machine_for_now(
        &self,
        target: &Target,
        work: &mut dyn FnMut(&mut Machine, &Identity, i64),
    ) -> Option<bool> {
        let (unkept, power) = self.in_machine(target, work)?;
        let Some(power) = power else {
            return Some(unkept);
        };
        self.keep_machine(target);
        self.follow(target, power);
        Some(false)
    }

    fn keep(&self, target: &Target) {
        self.keep_machine(target);
    }

    fn record(&self, what: What) {
        self.journal.add(what);
    }

    fn next_session(&self) -> u64 {
        self.next_session_number()
    }
}

type Accounts = std::collections::BTreeMap<String, crate::cloud::Account>;

fn find<'a>(
    accounts: &'a Accounts,
    target: &Target,
) -> Option<(&'a crate::cloud::Account, &'a Region, &'a Instance)> {
    let account = accounts.get(&target.account)?;
    let region = account.regions.get(&target.region)?;
    let instance = region.instances.get(&target.instance)?;
    Some((account, region, instance))
}

/// What the machine knows of itself, from the account.
fn identity(account: &str, region: &Region, instance: &Instance) -> Identity {
    let interface = instance.interface.as_ref();
    let private_address = instance.private_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
    let key_name = instance.key_name.as_ref().map(ToString::to_string);
    Identity {
        instance_id: instance.id.clone(),
        family: instance.family,
        region: region.name.clone(),
        availability_zone: instance.availability_zone.to_string(),
        instance_type: instance.instance_type.to_string(),
        image_id: instance.image_id.to_string(),
        private_address,
        public_address: instance
            .public_address
            .as_ref()
            .map(|public| public.address),
        private_name: private_dns_name(private_address, &region.name),
        host_name: private_dns_name(private_address, &region.name),
        host_keys: instance
            .host_keys
            .iter()
            .map(|key| key.openssh("").trim_end().to_owned())
            .collect(),
        user_data: instance.user_data.clone(),
        metadata_enabled: instance.metadata.endpoint_enabled,
        metadata_needs_token: instance.metadata.tokens_required,
        public_name: instance
            .public_address
            .as_ref()
            .map(|public| public.name.clone()),
        public_key: instance
            .public_key
            .as_ref()
            .map(|key| key.openssh(key_name.as_deref().unwrap_or_default())),
        key_name,
        security_groups: interface
            .iter()
            .flat_map(|interface| &interface.groups)
            .map(|group| group.name.to_string())
            .collect(),
        booted_at: instance
            .running_since
            .unwrap_or(instance.launched_at)
            .as_millisecond(),
        account_id: account.to_owned(),
        mac: interface
            .map(|interface| interface.mac_address.clone())
            .unwrap_or_default(),
        reservation_id: instance.reservation_id.to_string(),
        ami_launch_index: u32::try_from(instance.launch_index).unwrap_or(0),
        pushed_keys: instance
            .keys_pushed_at(timestamp())
            .map(|pushed| (pushed.user.clone(), pushed.key.clone()))
            .collect(),
    }
}

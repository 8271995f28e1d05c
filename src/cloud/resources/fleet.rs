//! The instances of one Region, in the order of their launches, with their due changes of state.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cloud::changes::InstanceChanges;
use crate::cloud::env::{AddressPool, Pace};
use crate::cloud::resources::address::Addresses;
use crate::cloud::resources::boot::Said;
use crate::cloud::resources::instance::{
    EndedBy, Instance, PublicAddress, ShutdownBehavior, State, later,
};
use crate::cloud::resources::left::Left;
use crate::cloud::resources::network::Network;
use crate::cloud::resources::tag::Tags;
use crate::cloud::tracked::{Tracked, TrackedMap};

/// The instances of one Region. What is only an index is not written, but made again when an account is loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Instances {
    next: Tracked<u64>,
    launches: TrackedMap<String, Launch>,
    all: TrackedMap<u64, Instance>,
    // Instance, volume and interface ids.
    numbers: HashMap<Short, u64>,
    private: HashMap<Ipv4Addr, u64>,
    public: HashMap<Ipv4Addr, u64>,
    // Those that are terminated, by the time at which they are forgotten.
    terminated: BTreeSet<(Timestamp, u64)>,
    // Those that run, by the time since when they do.
    running: BTreeSet<(Timestamp, u64)>,
    due: BTreeSet<(Timestamp, u64)>,
    vcpus: i64,
    // Those whose boot has not been run inside the machine.
    to_boot: BTreeSet<u64>,
    // Ids of those that were restarted and whose connections are to be ended.
    restarted: BTreeSet<String>,
    // Those that nobody sees yet, during a call.
    hidden: BTreeSet<u64>,
}

/// How many terminated instances are always shown for as long as AWS shows one, up to an hour. More than these leave sooner, so
/// that what runs for days does not fill the memory with them.
const MOST_TERMINATED: usize = 1_000;
/// How long each of them is shown, however many there are: whoever waits for it to be terminated sees that.
const SHOWN_FOR_CERTAIN: Duration = Duration::from_secs(60);

/// A launch that can be asked for again with its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// A digest of the request's parameters.
    pub request: String,
    /// The number of its first instance.
    pub first: u64,
    /// The number of its last instance.
    pub last: u64,
}

impl Instances {
    /// The instance with that id.
    pub fn get(&self, id: &str) -> Option<&Arc<Instance>> {
        let instance = self.all.get(self.numbers.get(&short(id)?)?)?;
        (instance.id == id && !self.hidden.contains(&instance.number)).then_some(instance)
    }

    /// Lets nobody see the one of that number, or lets it be seen again.
    pub(in crate::cloud) fn hide(&mut self, number: u64, hidden: bool) {
        if hidden {
            self.hidden.insert(number);
        } else {
            self.hidden.remove(&number);
        }
    }

    /// Those that were made since the last settling.
    pub fn launched_now(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.all.added().filter_map(|number| self.all.get(number))
    }

    /// Numbers of those that were made since the last settling.
    pub(in crate::cloud) fn added(&self) -> impl Iterator<Item = u64> {
        self.all.added().copied()
    }

    /// The instance of that number.
    pub(in crate::cloud) fn numbered(&self, number: u64) -> Option<&Arc<Instance>> {
        self.all.get(&number)
    }

    /// All of them, oldest launch first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Instance>> {
        let all = self.all.values();
        all.filter(|instance| !self.hidden.contains(&instance.number))
    }

    /// Those that were launched after the one of that number, oldest first.
    pub fn after(&self, number: u64) -> impl Iterator<Item = &Arc<Instance>> {
        self.all
            .range((Bound::Excluded(number), Bound::Unbounded))
            .filter(|(number, _)| !self.hidden.contains(number))
            .map(|(_, instance)| instance)
    }

    /// The instances of one launch that are still shown.
    pub fn of_launch(&self, launch: &Launch) -> impl Iterator<Item = &Arc<Instance>> {
        self.all
            .range(launch.first..=launch.last)
            .map(|(_, instance)| instance)
    }

    /// How many are shown, terminated ones included.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Virtual processors of running instances, those that are on their way up included.
    pub fn vcpus(&self) -> i64 {
        self.vcpus
    }

    /// The launch that was made with a token.
    pub fn launch(&self, token: &str) -> Option<&Launch> {
        self.launches.get(token).map(|launch| &**launch)
    }

    /// The number that the next instance gets.
    pub fn next_number(&self) -> u64 {
        *self.next
    }

    /// The instance that has that private address.
    pub fn with_private_address(&self, address: Ipv4Addr) -> Option<&Arc<Instance>> {
        self.all.get(self.private.get(&address)?)
    }

    /// These instances once each, oldest launch first; all of them when there are none.
    pub fn these_or_all<'a>(
        &'a self,
        mut these: Vec<&'a Arc<Instance>>,
    ) -> Box<dyn Iterator<Item = &'a Arc<Instance>> + 'a> {
        if these.is_empty() {
            return Box::new(self.iter());
        }
        these.sort_unstable_by_key(|instance| instance.number);
        these.dedup_by_key(|instance| instance.number);
        Box::new(these.into_iter())
    }

    /// The instance that has the network interface of that id.
    pub fn with_interface(&self, id: &str) -> Option<&Arc<Instance>> {
        let instance = self.all.get(self.numbers.get(&short(id)?)?)?;
        let has = instance.interface.as_ref().is_some_and(|one| one.id == id);
        has.then_some(instance)
    }

    /// The instance that has the volume of that id.
    pub fn with_volume(&self, id: &str) -> Option<&Arc<Instance>> {
        let instance = self.all.get(self.numbers.get(&short(id)?)?)?;
        let has = instance.volumes.iter().any(|volume| volume.id == id);
        has.then_some(instance)
    }

    /// The instance that has that public address now.
    pub fn with_public_address(&self, address: Ipv4Addr) -> Option<&Arc<Instance>> {
        self.all.get(self.public.get(&address)?)
    }

    /// When an SSH server starts or a network comes back, though no state changes.
    pub fn next_ssh_phase(&self, now: Timestamp, pace: Pace) -> Option<Timestamp> {
        let starting = pace.sshd().try_into().unwrap_or(SignedDuration::ZERO);
        let since = now.checked_sub(starting).unwrap_or(Timestamp::MIN);
        let next = |after| {
            let range = (Bound::Excluded((after, u64::MAX)), Bound::Unbounded);
            let (_, number) = self.running.range(range).next()?;
            self.all.get(number)?.next_ssh_phase(now, pace)
        };
        // The one whose server starts first, and the one whose network comes back first.
        next(since).into_iter().chain(next(now)).min()
    }

    /// Whether an instance's interface is in that security group.
    pub fn use_group(&self, group_id: &str) -> bool {
        let all = self.all.values();
        all.into_iter()
            .any(|instance| instance.group_ids().any(|id| id == group_id))
    }

    /// Every public address that an instance has or will have when it runs: what a loaded account takes out of the pool.
    pub fn addresses_in_use(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.iter().flat_map(|instance| {
            instance
                .public_address
                .iter()
                .chain(&instance.next_address)
                .map(|public| public.address)
        })
    }

    /// Adds the instances of one launch.
    pub fn launched(&mut self, instances: Vec<Instance>, token: Option<(String, String)>) {
        let (first, last) = match (instances.first(), instances.last()) {
            (Some(first), Some(last)) => (first.number, last.number),
            _ => return,
        };
        if let Some((token, request)) = token {
            let launch = Launch {
                request,
                first,
                last,
            };
            self.launches.insert(token, Arc::new(launch));
        }
        for instance in instances {
            self.insert(instance);
        }
    }

    /// When the next change is due; none while nothing is.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does everything that was due by `now`; true when something changed.
    pub fn advance(
        &mut self,
        now: Timestamp,
        addresses: &mut AddressPool,
        network: &mut Network,
        elastic: &mut Addresses,
        left: &mut Tracked<Left>,
    ) -> bool {
        let mut changed = false;
        while let Some((at, number)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.pop_first();
            changed = true;
            let Some(mut shared) = self.take(number) else {
                continue;
            };
            if shared.state == State::Terminated {
                self.forget_launch(&shared);
                continue;
            }
            let shown = Pace::default().terminated_shown();
            let freed = Arc::make_mut(&mut shared).step(at, shown);
            for address in freed.public {
                addresses.give_back(address);
            }
            if let Some(allocation_id) = freed.elastic {
                elastic.freed(&allocation_id);
            }
            match freed.interface {
                Some(interface) if !interface.delete_on_termination => {
                    left.keep_interface(interface, &shared);
                }
                Some(interface) => {
                    if let Some(subnet) = network.subnet_mut(&interface.subnet_id) {
                        subnet.give_back(interface.private_address);
                    }
                }
                None => {}
            }
            for volume in freed.volumes {
                left.keep_volume(volume, &shared);
            }
            self.put(shared);
        }
        self.forget_some_terminated(now);
        changed
    }

    /// Forgets the terminated instances that have been shown longest, where there are many.
    fn forget_some_terminated(&mut self, now: Timestamp) {
        let left = Pace::default()
            .terminated_shown()
            .saturating_sub(SHOWN_FOR_CERTAIN);
        let until = later(now, left);
        while self.terminated.len() > MOST_TERMINATED {
            let oldest = self.terminated.first().filter(|(due, _)| *due <= until);
            let Some(gone) = oldest.copied().and_then(|(_, number)| self.take(number)) else {
                return;
            };
            self.forget_launch(&gone);
        }
    }

    /// Those that have booted and whose user data the machine has not looked at yet.
    pub fn to_boot(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.to_boot
            .iter()
            .filter_map(|number| self.all.get(number))
    }

    /// Keeps what a machine said in its last boot.
    pub fn booted(&mut self, id: &str, said: Said) {
        self.change(id, |instance| instance.booted(said));
    }

    /// Starts a stopped instance. The caller has checked the state.
    pub fn start(&mut self, id: &str, now: Timestamp, pace: Pace, address: Option<PublicAddress>) {
        self.change(id, |instance| instance.start(now, pace, address));
    }

    /// Stops a running instance. The caller has checked the state.
    pub fn stop(&mut self, id: &str, now: Timestamp, pace: Pace) {
        self.change(id, |instance| instance.stop(now, pace, EndedBy::User));
    }

    /// Terminates an instance.
    pub fn terminate(&mut self, id: &str, now: Timestamp, pace: Pace) {
        self.change(id, |instance| instance.terminate(now, pace, EndedBy::User));
    }

    /// Restarts the operating system of a running instance; nothing in any other state.
    pub fn reboot(&mut self, id: &str, now: Timestamp, pace: Pace) {
        let mut restarts = false;
        self.change(id, |instance| {
            restarts = instance.state == State::Running;
            if restarts {
                instance.reboot(now, pace);
            }
        });
        if restarts {
            self.restarted.insert(id.to_owned());
        }
    }

    /// Those that were restarted since the last call: their connections end though their state stays.
    pub fn take_restarted(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.restarted)
    }

    /// What `shutdown` inside a running instance does; nothing in any other state.
    pub fn shut_down_from_inside(&mut self, id: &str, now: Timestamp, pace: Pace) {
        self.change(id, |instance| {
            match (instance.state, instance.shutdown_behavior) {
                (State::Running, ShutdownBehavior::Stop) => {
                    instance.stop(now, pace, EndedBy::Instance);
                }
                (State::Running, ShutdownBehavior::Terminate) => {
                    instance.terminate(now, pace, EndedBy::Instance);
                }
                (
                    State::Pending
                    | State::ShuttingDown
                    | State::Terminated
                    | State::Stopping
                    | State::Stopped,
                    _,
                ) => {}
            }
        });
    }

    /// The tags of an instance, or of a volume or interface that an instance has.
    pub fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let instance = self.all.get_mut(self.numbers.get(&short(id)?)?)?;
        if instance.id == id {
            return Some(&mut instance.tags);
        }
        let volume = instance.volumes.iter_mut().find(|volume| volume.id == id);
        if let Some(volume) = volume {
            return Some(&mut volume.tags);
        }
        let interface = instance.interface.as_mut()?;
        (interface.id == id).then_some(&mut interface.tags)
    }

    /// Ids with their resource type and tags: instances, volumes and interfaces.
    pub fn tagged(&self) -> impl Iterator<Item = (&str, &'static str, &Tags)> {
        self.iter().flat_map(|instance| {
            let volumes = instance
                .volumes
                .iter()
                .map(|volume| (volume.id.as_str(), "volume", &volume.tags));
            let interfaces = instance
                .interface
                .iter()
                .map(|interface| (interface.id.as_str(), "network-interface", &interface.tags));
            std::iter::once((instance.id.as_str(), "instance", &instance.tags))
                .chain(volumes)
                .chain(interfaces)
        })
    }

    /// Changes an instance, and the indexes with it; nothing when there is none of that id.
    pub(in crate::cloud) fn change(&mut self, id: &str, change: impl FnOnce(&mut Instance)) {
        let number = self.get(id).map(|instance| instance.number);
        if let Some(mut shared) = number.and_then(|number| self.take(number)) {
            change(Arc::make_mut(&mut shared));
            self.put(shared);
        }
    }

    /// Forgets the launch of an instance that is no longer shown, if it was the last one of that launch.
    fn forget_launch(&mut self, gone: &Instance) {
        let Some(token) = &gone.client_token else {
            return;
        };
        let others = self
            .launches
            .get(token.as_str())
            .is_some_and(|launch| self.of_launch(launch).next().is_some());
        if !others {
            self.launches.remove(&token.to_string());
        }
    }

    fn insert(&mut self, instance: Instance) {
        *self.next = (*self.next).max(instance.number.saturating_add(1));
        self.put(Arc::new(instance));
    }

    /// Whether something changed since the last [`settle`](Self::settle) that whoever connects can notice.
    pub(in crate::cloud) fn changes_connections(&self) -> bool {
        self.all.pairs().any(|pair| match pair {
            (Some(before), Some(now)) => !before.is_met_as(now),
            (None, None) => false,
            (None, Some(_)) | (Some(_), None) => true,
        }) || !self.restarted.is_empty()
    }

    /// What changed since the last [`settle`](Self::settle).
    pub(in crate::cloud) fn changes(&self) -> InstanceChanges<'_> {
        InstanceChanges {
            next: *self.next,
            launches: self
                .launches
                .touched()
                .map(|(token, launch)| {
                    let launch = launch.map(|launch| Cow::Borrowed(&**launch));
                    (Cow::Borrowed(token.as_str()), launch)
                })
                .collect(),
            instances: self
                .all
                .touched()
                .map(|(number, instance)| {
                    let instance = instance.map(|instance| Cow::Borrowed(&**instance));
                    (*number, instance)
                })
                .collect(),
        }
    }

    /// Makes these changes, which were written after what is here.
    pub(in crate::cloud) fn apply(&mut self, changes: InstanceChanges<'_>) {
        *self.next = (*self.next).max(changes.next);
        for (token, launch) in changes.launches {
            let token = token.into_owned();
            match launch {
                Some(launch) => self.launches.insert(token, Arc::new(launch.into_owned())),
                None => self.launches.remove(&token),
            };
        }
        for (number, instance) in changes.instances {
            self.take(number);
            if let Some(instance) = instance {
                self.put(Arc::new(instance.into_owned()));
            }
        }
    }

    /// What is there now is what the next change starts from.
    pub(in crate::cloud) fn settle(&mut self) {
        self.next.settle();
        self.launches.settle();
        self.all.settle();
    }

    /// Makes everything as it was at the last [`settle`](Self::settle).
    pub(in crate::cloud) fn undo(&mut self) {
        self.next.undo();
        self.launches.undo();
        for (number, before) in self.all.take_before() {
            self.take(number);
            if let Some(instance) = before {
                self.put(instance);
            }
        }
        self.all.settle();
    }

    /// Takes an instance out of the map and of every index.
    fn take(&mut self, number: u64) -> Option<Arc<Instance>> {
        let instance = self.all.remove(&number)?;
        for id in ids(&instance).filter_map(short) {
            self.numbers.remove(&id);
        }
        if let Some(public) = &instance.public_address {
            forget(&mut self.public, public.address, number);
        }
        if let Some(since) = instance.running_since {
            self.running.remove(&(since, number));
        }
        if let Some(address) = instance.private_address() {
            forget(&mut self.private, address, number);
        }
        if let Some(due) = instance.due {
            self.due.remove(&(due, number));
            self.terminated.remove(&(due, number));
        }
        self.to_boot.remove(&number);
        if instance.is_counted() {
            self.vcpus -= instance.vcpus();
        }
        Some(instance)
    }

    /// Puts an instance into the map and into every index.
    fn put(&mut self, instance: Arc<Instance>) {
        let number = instance.number;
        for id in ids(&instance).filter_map(short) {
            self.numbers.insert(id, number);
        }
        if let Some(public) = &instance.public_address {
            self.public.insert(public.address, number);
        }
        if let Some(since) = instance.running_since {
            self.running.insert((since, number));
        }
        if let Some(address) = instance.private_address() {
            self.private.insert(address, number);
        }
        if let Some(due) = instance.due {
            self.due.insert((due, number));
            if instance.state == State::Terminated {
                self.terminated.insert((due, number));
            }
        }
        if instance.has_boot_to_run() {
            self.to_boot.insert(number);
        }
        if instance.is_counted() {
            self.vcpus += instance.vcpus();
        }
        self.all.insert(number, instance);
    }
}

/// Another instance may have the address already.
fn forget(numbers: &mut HashMap<Ipv4Addr, u64>, address: Ipv4Addr, number: u64) {
    if numbers.get(&address) == Some(&number) {
        numbers.remove(&address);
    }
}

/// An id in few bytes: its first letter and its number. Whoever finds an instance by it compares the id itself.
type Short = (u32, u64);

/// None when it is not one that AWS could have made.
fn short(id: &str) -> Option<Short> {
    let (kind, number) = id.split_once('-')?;
    // The last 16 digits, and what stands before them with the letter.
    let (high, low) = number.split_at_checked(number.len().saturating_sub(16))?;
    let high = u32::from_str_radix(&format!("0{high}"), 16).ok()?;
    let low = u64::from_str_radix(low, 16).ok()?;
    let kind = u32::from(*kind.as_bytes().first()?);
    Some((kind | high.checked_mul(256)?, low))
}

fn ids(instance: &Instance) -> impl Iterator<Item = &str> {
    let volumes = instance.volumes.iter().map(|volume| volume.id.as_str());
    let interface = instance
        .interface
        .iter()
        .map(|interface| interface.id.as_str());
    std::iter::once(instance.id.as_str())
        .chain(volumes)
        .chain(interface)
}

#[derive(Serialize)]
struct Written<'a> {
    next: u64,
    launches: BTreeMap<&'a str, &'a Launch>,
    instances: Vec<&'a Instance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    next: u64,
    launches: BTreeMap<String, Launch>,
    instances: Vec<Instance>,
}

impl Serialize for Instances {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            next: *self.next,
            launches: self
                .launches
                .range(..)
                .map(|(token, launch)| (token.as_str(), &**launch))
                .collect(),
            instances: self.iter().map(|instance| &**instance).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Instances {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let mut all = Self {
            next: Tracked::new(read.next),
            ..Self::default()
        };
        for (token, launch) in read.launches {
            all.launches.insert(token, Arc::new(launch));
        }
        for instance in read.instances {
            all.insert(instance);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, LAUNCH};
    use crate::cloud::api::transcript::done;

    #[test]
    fn of_many_terminated_instances_the_oldest_leave_after_a_minute() {
        let mut client = Client::new();
        let launch = LAUNCH.replace("MaxCount=1&MinCount=1", "MaxCount=250&MinCount=250&NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.AssociatePublicIpAddress=false");
        let shown = |client: &mut Client, seconds| {
            client.pass(seconds);
            done(client.ec2("DescribeVpcs", ""));
            client.account.regions["us-east-1"].instances.len()
        };
        for _ in 0..5 {
            let ids: Vec<_> = {
                let reply = done(client.ec2("RunInstances", &launch));
                let ids = reply.body.split("<instanceId>").skip(1);
                ids.map(|rest| rest[..19].to_owned()).collect()
            };
            shown(&mut client, 2);
            for ids in ids.chunks(125) {
                let form: Vec<_> = (1..)
                    .zip(ids)
                    .map(|(number, id)| format!("InstanceId.{number}={id}"))
                    .collect();
                done(client.ec2("TerminateInstances", &form.join("&")));
            }
            shown(&mut client, 2);
        }
        assert_eq!(shown(&mut client, 40), 1250, "each is shown for a minute");
        client.launch("");
        assert_eq!(shown(&mut client, 30), 1001, "the thousand and the new one");
        assert_eq!(shown(&mut client, 3600), 1, "and those for the hour");
    }
}

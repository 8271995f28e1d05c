//! A running simulation: accounts, machines, the address pool and the journal behind one lock, and what the servers ask of it.
//!
//! Nothing here listens: `lab::server` and `lab::stage` do. After every change of an account its state is on the disk before
//! the answer is sent (in a lab; `serve` keeps nothing).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use ipnet::Ipv4Net;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::cloud::account::Quotas;
use crate::cloud::api::caller::Caller;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::fault::Fault;
use crate::cloud::api::signature::AccessKey;
use crate::cloud::api::{self, Asked, Made, Reply, Seen};
use crate::cloud::env::{AddressPool, RsaSource};
use crate::cloud::seed::{Seed, SeedError};
use crate::cloud::{Account, Env, Pace};
use crate::course::evidence::What;
use crate::lab::journal::Journal;
use crate::lab::key_pool::{InHand, KeyPool};
use crate::lab::server::reception::Backend;
use crate::lab::server::ssh::Target;
use crate::lab::stage::CatchUp;
use crate::lab::store::{Accounts, Store, StoreError, addresses_in_use};
use crate::machine::Machine;

/// How a simulation is set up.
pub struct Settings {
    /// How long AWS's changes of state take.
    pub pace: Pace,
    /// Who has an account.
    pub tenancy: Tenancy,
    /// Where public addresses are from.
    pub addresses: Ipv4Net,
    /// How long nobody sees what was just made; zero where everything is seen at once.
    pub eventually: Duration,
    /// RSA keys made ahead; several simulations may share them.
    pub keys: Arc<KeyPool>,
    /// Where accounts and machines are kept; nowhere for `serve`.
    pub folder: Option<PathBuf>,
}

/// Whose account a request acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenancy {
    /// One account, whatever key signs: a lab.
    One {
        /// Its id, twelve digits.
        account: String,
        /// The key that signs; without one any signature is believed (a look at what is on the disk, tests).
        key: Option<AccessKey>,
    },
    /// Each access key id has an account of its own, and no secret is known: `serve`.
    PerAccessKey,
}

impl Tenancy {
    fn key(&self) -> Option<&AccessKey> {
        match self {
            Self::One { key, .. } => key.as_ref(),
            Self::PerAccessKey => None,
        }
    }
}

/// A running simulation.
pub struct Simulation {
    pub(super) state: Mutex<State>,
    pub(super) settings: Settings,
    pub(super) journal: Journal,
    store: Option<Store>,
    /// Held while a machine is written, so that an older state never replaces a newer one. Taken before the state's lock.
    writing: Mutex<()>,
    /// What could not be kept and is still to be told.
    trouble: Mutex<Option<String>>,
    sessions: AtomicU64,
    /// How often something has changed.
    changes: AtomicU64,
    /// Called after a change, before the answer is sent: the stage's listeners follow the account.
    changed: Mutex<Option<OnChange>>,
    /// Called before the journal is read to judge.
    read: OnceLock<CatchUp>,
}

/// Called with the simulation after each change.
pub type OnChange = Arc<dyn Fn(&Simulation) + Send + Sync>;

/// What the lock guards.
pub(super) struct State {
    pub(super) accounts: BTreeMap<String, Account>,
    /// By account and instance.
    pub(super) machines: HashMap<String, HashMap<String, Machine>>,
    /// Machines as they are on the disk, by instance; empty where nothing is kept. Copies share what is the same.
    kept: HashMap<String, Machine>,
    /// Nothing is due before this: time need not be looked at.
    idle_until: jiff::Timestamp,
    /// Keys of accounts that may have changed since they were kept.
    touched: BTreeSet<String>,
    /// The stage has not been told of the last change yet.
    stage_is_behind: bool,
    /// When the stage is to be told that a machine answers now, though no state changes.
    next_phase: jiff::Timestamp,
    /// Instances that were restarted and whose connections have not been ended yet.
    pub(super) restarted: BTreeSet<String>,
    addresses: AddressPool,
    pub(super) rng: StdRng,
}

/// The key of a lab's one account.
const LABS_KEY: &str = "";

impl State {
    fn machine(&self, target: &Target) -> Option<&Machine> {
        self.machines.get(&target.account)?.get(&target.instance)
    }

    /// Lets time pass and calls `work` with the surroundings of one call.
    fn with_env<R>(
        &mut self,
        now: jiff::Timestamp,
        pace: Pace,
        rsa: &mut dyn RsaSource,
        key: &str,
        new_account: impl FnOnce(&mut StdRng) -> Account,
        work: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> R {
        // Whatever is done may make something due.
        self.idle_until = jiff::Timestamp::MIN;
        if !self.touched.contains(key) {
            self.touched.insert(key.to_owned());
        }
        let rng = &mut self.rng;
        let account = self
            .accounts
            .entry(key.to_owned())
            .or_insert_with(|| new_account(rng));
        let mut env = Env {
            now,
            pace,
            rng,
            addresses: &mut self.addresses,
            rsa,
        };
        work(account, &mut env)
    }

    /// Makes the accounts as they were when they were kept last.
    fn undo(&mut self) {
        self.accounts.retain(|_, account| account.undo());
        self.addresses.set_in_use(addresses_in_use(&self.accounts));
        self.touched.clear();
    }
}

impl Simulation {
    /// Starts from what is kept in the folder, or empty.
    pub fn start(settings: Settings, journal: Journal) -> Result<Self, StoreError> {
        let simulation = Self::load(settings, journal)?;
        simulation.forget_ended(&mut simulation.lock());
        Ok(simulation)
    }

    fn load(settings: Settings, journal: Journal) -> Result<Self, StoreError> {
        let store = settings.folder.clone().map(Store::new);
        Self::load_from(store, settings, journal)
    }

    fn load_from(
        store: Option<Store>,
        settings: Settings,
        journal: Journal,
    ) -> Result<Self, StoreError> {
        let stored = match &store {
            Some(store) => store.accounts().load()?,
            None => None,
        };
        let Accounts {
            accounts,
            addresses,
        } = stored.unwrap_or_else(|| Accounts::none(settings.addresses));
        let machines = match &store {
            Some(store) => store.machines()?,
            None => HashMap::new(),
        };
        let sessions = AtomicU64::new(journal.last_session());
        let state = State {
            accounts,
            kept: machines.clone(),
            machines: HashMap::from([(LABS_KEY.to_owned(), machines)]),
            idle_until: jiff::Timestamp::MIN,
            touched: BTreeSet::new(),
            stage_is_behind: true,
            next_phase: jiff::Timestamp::MIN,
            restarted: BTreeSet::new(),
            addresses,
            rng: StdRng::from_rng(&mut rand::rng()),
        };
        Ok(Self {
            state: Mutex::new(state),
            journal,
            store,
            writing: Mutex::default(),
            trouble: Mutex::default(),
            sessions,
            changes: AtomicU64::new(0),
            changed: Mutex::default(),
            read: OnceLock::new(),
            settings,
        })
    }

    /// What is kept in the folder, which another process may have open: what happens here is kept nowhere.
    pub fn look(settings: Settings, journal: Journal) -> Result<Self, StoreError> {
        let mut simulation = Self::load(settings, journal)?;
        simulation.store = None;
        Ok(simulation)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Sets what is called after every change.
    pub fn on_change(&self, call: OnChange) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
    }

    /// Sets what is called before the journal is read to judge: it has what the stage saw by then written down. Only the first
    /// counts.
    pub fn on_read(&self, call: CatchUp) {
        drop(self.read.set(call));
    }

    /// Returns when the journal has everything that the stage has seen.
    pub fn catch_up(&self) {
        if let Some(call) = self.read.get() {
            call();
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_session_number(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether something is due by now. Quick.
    pub fn is_due(&self) -> bool {
        let state = self.lock();
        state.idle_until.min(state.next_phase) <= crate::lab::journal::timestamp()
    }

    /// Lets everything happen that is due by now, and tells the stage when something did.
    pub fn tick(&self) {
        let now = crate::lab::journal::timestamp();
        let (changed, booted) = {
            let mut state = self.lock();
            if now < state.idle_until.min(state.next_phase) {
                return;
            }
            let answers = state.next_phase <= now;
            let State {
                accounts,
                addresses,
                touched,
                ..
            } = &mut *state;
            let mut changed = false;
            let mut next = jiff::Timestamp::MAX;
            for (key, account) in accounts {
                if account.advance(now, addresses) {
                    changed = true;
                    touched.insert(key.clone());
                }
                next = next.min(account.next_due().unwrap_or(next));
            }
            state.idle_until = next;
            let booted = Self::boot_machines(&mut state);
            changed |= !booted.is_empty();
            if changed {
                self.forget_ended(&mut state);
                // A disk that is full now is met again, and told, at the learner's next change.
                let _ = self.keep(&mut state);
            }
            (changed || answers, booted)
        };
        for target in &booted {
            self.keep_machine(target);
        }
        if changed {
            self.tell_stage();
        }
    }

    /// Forgets the machines of instances that are terminated or no longer shown.
    fn forget_ended(&self, state: &mut State) {
        let keys: Vec<String> = state.machines.keys().cloned().collect();
        for key in keys {
            self.forget_ended_of(state, &key);
        }
    }

    fn forget_ended_of(&self, state: &mut State, key: &str) {
        let Some(machines) = state.machines.get_mut(key) else {
            return;
        };
        let account = state.accounts.get(key);
        machines.retain(|instance, _| {
            let stays = account.is_some_and(|account| account.has_machine(instance));
            if !stays {
                state.kept.remove(instance);
                if let Some(store) = &self.store {
                    store.forget_machine(instance);
                }
            }
            stays
        });
        if machines.is_empty() {
            state.machines.remove(key);
        }
    }

    /// The id of the lab's one account; empty where each key has its own.
    pub fn account_id(&self) -> &str {
        match &self.settings.tenancy {
            Tenancy::One { account, .. } => account,
            Tenancy::PerAccessKey => "",
        }
    }

    /// Forgets every account and every machine.
    pub fn reset(&self) -> std::io::Result<()> {
        {
            let mut state = self.lock();
            state.accounts.clear();
            state.addresses = AddressPool::new(self.settings.addresses);
            state.stage_is_behind = true;
            self.forget_ended(&mut state);
            if let Some(store) = &self.store {
                store
                    .accounts()
                    .save_whole(&state.accounts, &state.addresses)?;
            }
        }
        self.journal.clear();
        self.tell_stage();
        Ok(())
    }

    /// Makes in a lab's account what a lesson begins with.
    pub fn begin<R>(
        &self,
        make: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> std::io::Result<R> {
        let made = {
            let mut state = self.lock();
            let mut rsa = InHand::none(&self.settings.keys);
            let made = self.act(&mut state, LABS_KEY, &mut rsa, make);
            self.keep(&mut state)?;
            made
        };
        self.tick();
        self.tell_stage();
        Ok(made)
    }

    /// Forgets every account and every machine, and makes those of the seed, with no request in between.
    pub fn start_over(&self, seed: &Seed) -> Result<(), SeedError> {
        {
            let mut state = self.lock();
            state.accounts.clear();
            state.addresses = AddressPool::new(self.settings.addresses);
            for key in seed.keys() {
                let mut rsa = InHand::none(&self.settings.keys);
                self.act(&mut state, key, &mut rsa, |account, env| {
                    seed.plant(key, account, env)
                })?;
            }
            self.forget_ended(&mut state);
            // Nothing is kept where there are seeds, so that this refuses nothing.
            let _ = self.keep(&mut state);
        }
        self.journal.clear();
        self.tick();
        self.tell_stage();
        Ok(())
    }

    /// Every account as [`state::of`](crate::cloud::state::of) shows it, by access key id.
    pub fn accounts(&self) -> Vec<serde_json::Value> {
        self.tick();
        let mut state = self.lock();
        let keys: Vec<String> = state.accounts.keys().cloned().collect();
        let shown = keys.iter().map(|key| {
            let mut rsa = InHand::none(&self.settings.keys);
            self.act(&mut state, key, &mut rsa, |account, env| {
                crate::cloud::state::of(key, account, env)
            })
        });
        shown.collect()
    }

    /// Rises with every change of an account.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Calls what is called after a change: at the start there is what was kept.
    pub fn tell_stage(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        let told = {
            let mut state = self.lock();
            state.stage_is_behind = false;
            state.next_phase = self.next_phase(&state).unwrap_or(jiff::Timestamp::MAX);
            let state = &mut *state;
            for region in state
                .accounts
                .values_mut()
                .flat_map(|one| one.regions.values_mut())
            {
                state
                    .restarted
                    .append(&mut region.instances.take_restarted());
            }
            state.restarted.clone()
        };
        let call = self
            .changed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(call) = call {
            call(self);
        }
        self.lock()
            .restarted
            .retain(|instance| !told.contains(instance));
    }

    /// Tells the stage only when its listeners may have to change: a key pair more is nothing to it.
    fn tell_stage_of_change(&self) {
        if self.lock().stage_is_behind {
            self.tell_stage();
        } else {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Keeps what changed, in a lab.
    pub(super) fn keep(&self, state: &mut State) -> std::io::Result<()> {
        let State {
            accounts, touched, ..
        } = state;
        let connections = touched
            .iter()
            .filter_map(|key| accounts.get(key))
            .any(Account::changes_connections);
        state.stage_is_behind |= connections;
        if matches!(self.settings.tenancy, Tenancy::One { .. }) {
            make_host_keys(touched.iter().filter_map(|key| accounts.get(key)));
        }
        if let Some(store) = &self.store {
            store.accounts().save(&state.accounts, &state.addresses)?;
        }
        for key in std::mem::take(&mut state.touched) {
            if let Some(account) = state.accounts.get_mut(&key) {
                account.settle();
            }
        }
        Ok(())
    }

    /// Whether the machine has changes that are to be written. Quick, and never true where nothing is kept.
    pub(super) fn is_unkept(&self, state: &State, target: &Target) -> bool {
        self.store.is_some()
            && state.machine(target).is_some_and(|machine| {
                let kept = state.kept.get(&target.instance);
                kept.is_none_or(|kept| !machine.is_as_in(kept))
            })
    }

    /// Writes the machine as it is now, unless another thread has. The state is not locked meanwhile.
    pub(super) fn keep_machine(&self, target: &Target) {
        let Some(store) = &self.store else { return };
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = {
            let state = self.lock();
            let machine = state.machine(target);
            let Some(machine) = machine.filter(|_| self.is_unkept(&state, target)) else {
                return;
            };
            machine.clone()
        };
        if let Err(error) = store.save_machine(&target.instance, &machine) {
            let instance = &target.instance;
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!(
                "What you did on {instance} could not be saved ({error}). It is tried again at the next change there."
            ));
            return;
        }
        let mut state = self.lock();
        if state.machine(target).is_some() {
            state.kept.insert(target.instance.clone(), machine);
        } else {
            // It was terminated meanwhile.
            store.forget_machine(&target.instance);
        }
    }

    /// Something of ours that went wrong, for the learner to be told at the next prompt.
    pub fn tell_trouble(&self, text: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// What could not be kept, said once.
    pub fn take_trouble(&self) -> Option<String> {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn account_key<'a>(&self, caller: &'a Caller) -> &'a str {
        match self.settings.tenancy {
            Tenancy::One { .. } => LABS_KEY,
            Tenancy::PerAccessKey => &caller.access_key_id,
        }
    }

    /// Works on the one account of a lab, as a request would: `key` is empty there.
    pub(super) fn with_account<R>(
        &self,
        key: &str,
        work: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> R {
        self.act(
            &mut self.lock(),
            key,
            &mut InHand::none(&self.settings.keys),
            work,
        )
    }

    pub(super) fn act<R>(
        &self,
        state: &mut State,
        key: &str,
        rsa: &mut dyn RsaSource,
        work: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> R {
        let now = crate::lab::journal::timestamp();
        let tenancy = &self.settings.tenancy;
        state.with_env(
            now,
            self.settings.pace,
            rsa,
            key,
            |rng| match tenancy {
                Tenancy::One { account, .. } => {
                    let mut account = Account::new(account);
                    account.quotas = Quotas::LEARNERS;
                    account
                }
                Tenancy::PerAccessKey => Account::new(fresh_account_id(rng)),
            },
            work,
        )
    }
}

impl Drop for Simulation {
    /// What changed in the last moment, and nobody has called [`Host::keep`](crate::lab::server::ssh::Host::keep) for.
    fn drop(&mut self) {
        let targets: Vec<Target> = {
            let state = self.lock();
            let machines = state.machines.iter();
            let all = machines.flat_map(|(account, machines)| {
                machines.keys().map(|instance| Target {
                    account: account.clone(),
                    region: String::new(),
                    instance: instance.clone(),
                    address: String::new(),
                })
            });
            all.collect()
        };
        for target in &targets {
            self.keep_machine(target);
        }
    }
}

/// Begins to make the host keys of new instances that take long: in a lab somebody looks at them soon.
fn make_host_keys<'a>(accounts: impl Iterator<Item = &'a Account>) {
    let regions = accounts.flat_map(|account| account.regions.values());
    let keys: Vec<_> = regions
        .flat_map(|region| region.instances.launched_now())
        .filter(|instance| instance.host_keys.take_long())
        .map(|instance| instance.host_keys.clone())
        .collect();
    if !keys.is_empty() {
        std::thread::spawn(move || {
            crate::lab::limits::give_way();
            for keys in keys {
                let _ = keys.first();
            }
        });
    }
}

/// Twelve digits, the first not 0.
fn fresh_account_id(rng: &mut StdRng) -> String {
    use rand::RngExt;
    rng.random_range(100_000_000_000_u64..1_000_000_000_000)
        .to_string()
}

impl Simulation {
    /// Answers a request whose caller has the account of that key. It is refused when the change cannot be kept.
    fn attend(
        &self,
        asked: Asked,
        key: &str,
        fault: Option<&Fault>,
        now: jiff::Timestamp,
    ) -> std::io::Result<Made> {
        let due = self.lock().accounts.get(key).and_then(Account::next_due);
        if due.is_some_and(|due| due <= now) {
            // What a boot did is there for the request that looks at it.
            self.tick();
        }
        // Whoever waits for a key to be made holds nobody up.
        let mut rsa = if asked.wants_rsa() {
            InHand::one(&self.settings.keys)
        } else {
            InHand::none(&self.settings.keys)
        };
        let mut state = self.lock();
        let is_change = asked.changes();
        let made = self.act(&mut state, key, &mut rsa, |account, env| {
            account.unseen.time = self.settings.eventually;
            api::answer(asked, fault, account, env)
        });
        // What only time changed will be changed again if it is lost, so that a full disk does not refuse a look.
        if made.changed
            && let Err(error) = self.keep(&mut state)
            && is_change
        {
            // What could not be kept did not happen: the answer and the account agree with the disk.
            state.undo();
            return Err(error);
        }
        if made.changed {
            self.forget_ended_of(&mut state, key);
        }
        Ok(made)
    }

    /// Does what a page of this program asks for in a caller's name, as if the AWS CLI had: the same rules, faults, journal and disk.
    /// The answer has the names that the AWS CLI prints.
    pub fn ask(
        &self,
        caller: Caller,
        action: &str,
        form: &[u8],
        fault: Option<&Fault>,
    ) -> Result<serde_json::Value, ApiError> {
        let key = self.account_key(&caller).to_owned();
        let asked = Asked::on_a_page(caller, action, form);
        let made = self
            .attend(asked, &key, fault, crate::lab::journal::timestamp())
            .map_err(|why| ApiError::not_kept(&why.to_string()))?;
        let changed = made.changed;
        let (answer, seen) = made.value();
        self.write_down(seen);
        if changed {
            self.tell_stage_of_change();
        }
        answer
    }

    /// The access key ids that have an account here; in a lab the one of an empty name.
    pub fn account_keys(&self) -> Vec<String> {
        self.lock().accounts.keys().cloned().collect()
    }

    fn write_down(&self, seen: Option<Seen>) {
        if let Some(seen) = seen {
            self.journal.add(What::Api {
                action: seen.action,
                region: seen.region,
                parameters: seen.parameters,
                error: seen.error,
            });
        }
    }
}

impl Backend for Simulation {
    fn handle(&self, request: &api::Request<'_>, fault: Option<&Fault>) -> Reply {
        let now = crate::lab::journal::timestamp();
        let asked = Asked::of(request, self.settings.tenancy.key(), now);
        let Some(key) = asked
            .caller()
            .map(|caller| self.account_key(caller).to_owned())
        else {
            let id = crate::cloud::env::request_id(&mut self.lock().rng);
            let mut reply = api::turn_away(asked, &id);
            self.write_down(reply.seen.take());
            return reply;
        };
        let made = match self.attend(asked, &key, fault, now) {
            Ok(made) => made,
            Err(why) => return api::not_kept(request, &why.to_string()),
        };
        // Writing hundreds of kilobytes of XML needs no lock.
        let mut reply = made.write();
        self.write_down(reply.seen.take());
        if reply.changed {
            self.tell_stage_of_change();
        }
        reply
    }

    /// A new RSA key takes 50 ms and more when no ready one is left.
    fn may_wait(&self, request: &api::Request<'_>) -> bool {
        let name = b"CreateKeyPair";
        request.body.windows(name.len()).any(|part| part == name)
    }

    fn failed(&self, reply: &mut Reply) {
        self.write_down(reply.seen.take());
    }
}

/// Where `serve` takes public addresses from: 127.64.0.0/10, all of it this computer's own loopback on Linux.
pub const LOOPBACK_ADDRESSES: Ipv4Net =
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 64, 0, 0), 10);

/// Where a lab takes public addresses from: RFC 5737's TEST-NET-3, so that a command typed outside the lab reaches no stranger.
pub const LAB_ADDRESSES: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(203, 0, 113, 0), 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::server::ssh::Host;

    fn simulation(folder: Option<PathBuf>, tenancy: Tenancy) -> Simulation {
        let settings = Settings {
            pace: Pace::Instant,
            tenancy,
            addresses: LAB_ADDRESSES,
            eventually: Duration::ZERO,
            keys: Arc::new(KeyPool::new(1, 1)),
            folder,
        };
        Simulation::start(settings, Journal::in_memory()).unwrap()
    }

    fn one() -> Tenancy {
        Tenancy::One {
            account: "123456789012".to_owned(),
            key: None,
        }
    }

    fn call(simulation: &Simulation, action: &str) -> String {
        let reply = answer(simulation, action);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    fn answer(simulation: &Simulation, action: &str) -> Reply {
        let body = format!("Action={action}&Version=2016-11-15");
        let request = api::Request {
            query: "",
            body: body.as_bytes(),
            authorization: Some(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/ec2/aws4_request, \
                 SignedHeaders=host, Signature=00",
            ),
            ..api::Request::default()
        };
        simulation.handle(&request, None)
    }

    #[test]
    fn a_look_needs_no_disk_and_a_change_that_finds_none_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("private");
        std::fs::create_dir(&place).unwrap();
        let simulation = simulation(Some(place.clone()), one());
        call(&simulation, "DescribeVpcs");
        let accounts = place.join("accounts.json");
        assert!(
            accounts.exists(),
            "the first look made a VPC, which must stay the same"
        );
        std::fs::remove_file(&accounts).unwrap();
        call(&simulation, "DescribeInstances");
        assert!(!accounts.exists(), "a look writes nothing");
        std::fs::remove_dir_all(&place).unwrap();
        let refused = answer(&simulation, "CreateKeyPair&KeyName=a&KeyType=ed25519");
        assert_eq!(refused.status, 507, "{}", refused.body);
        assert!(call(&simulation, "DescribeKeyPairs").contains("<keySet/>"));
    }

    /// A running instance, with its machine.
    fn launch(simulation: &Simulation) -> Target {
        let answer = call(
            simulation,
            "RunInstances&InstanceType=t3.micro&MinCount=1&MaxCount=1&ImageId=resolve:ssm:\
             /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        );
        let (_, id) = answer.split_once("<instanceId>").unwrap();
        let (id, _) = id.split_once('<').unwrap();
        let account = simulation.lock().accounts.keys().next().unwrap().clone();
        let target = Target {
            account,
            region: "us-east-1".to_owned(),
            instance: id.to_owned(),
            address: String::new(),
        };
        assert!(simulation.with_machine(&target, &mut |_, _, _| {}));
        target
    }

    fn terminate(simulation: &Simulation, target: &Target) {
        let id = &target.instance;
        call(simulation, &format!("TerminateInstances&InstanceId.1={id}"));
        simulation.tick();
        call(simulation, "DescribeInstances");
    }

    #[test]
    fn a_terminated_instances_machine_is_forgotten_in_serve_too() {
        let simulation = simulation(None, Tenancy::PerAccessKey);
        let (gone, stays) = (launch(&simulation), launch(&simulation));
        assert!(simulation.lock().kept.is_empty(), "serve keeps nothing");
        terminate(&simulation, &gone);
        let of_the_account = simulation.lock().machines[&gone.account].clone();
        assert_eq!(of_the_account.keys().collect::<Vec<_>>(), [&stays.instance]);
        assert!(!simulation.with_machine(&gone, &mut |_, _, _| {}));
        terminate(&simulation, &stays);
        assert!(simulation.lock().machines.is_empty());
    }

    #[test]
    fn a_machine_is_written_when_it_changed_and_its_file_goes_with_it() {
        use std::os::unix::fs::MetadataExt;

        let folder = tempfile::tempdir().unwrap();
        let lab = simulation(Some(folder.path().to_owned()), one());
        let target = launch(&lab);
        let file = folder
            .path()
            .join(format!("machines/{}.json", target.instance));
        // A file that is replaced is another one.
        let written = || file.metadata().unwrap().ino();
        let first = written();
        assert!(lab.with_machine(&target, &mut |_, _, _| {}));
        assert_eq!(written(), first);
        let log_in = |machine: &mut Machine, id: &crate::machine::Identity, now| {
            let size = crate::machine::Size {
                columns: 80,
                rows: 24,
            };
            let from = [127, 0, 0, 1].into();
            let mut session =
                crate::machine::Session::login(machine, id, "ec2-user", from, now, Some(size));
            let _ = session.start_shell(machine, id, now);
        };
        assert!(lab.with_machine(&target, &mut |machine, id, now| log_in(machine, id, now)));
        assert_ne!(written(), first, "a login is remembered");
        drop(lab);

        let lab = simulation(Some(folder.path().to_owned()), one());
        let second = written();
        assert!(lab.with_machine(&target, &mut |_, _, _| {}));
        assert_eq!(written(), second, "what was read is what is on the disk");
        terminate(&lab, &target);
        assert!(!file.exists());
    }

    /// A file of a megabyte that is no text, as an upload brings it.
    fn upload(lab: &Simulation, target: &Target, path: &str) {
        use crate::machine::files::{Answer, Files, How, Request};

        let how = How {
            write: true,
            create: true,
            ..How::default()
        };
        let path = path.to_owned();
        let open = Request::Open {
            path,
            how,
            mode: None,
        };
        let done = lab.with_machine_for_now(target, &mut |machine, _, now| {
            let mut files = Files::login(machine, "ec2-user");
            let Ok(Answer::Handle(handle)) = files.answer(machine, now, open.clone()) else {
                panic!("it cannot be opened")
            };
            let write = Request::Write {
                handle,
                offset: 0,
                data: vec![0xff; 1 << 20],
            };
            assert_eq!(files.answer(machine, now, write), Ok(Answer::Done));
        });
        assert_eq!(done, Some(true));
    }

    #[test]
    fn a_large_file_is_written_once_and_comes_back_whole() {
        use std::os::unix::fs::MetadataExt;

        let folder = tempfile::tempdir().unwrap();
        let lab = simulation(Some(folder.path().to_owned()), one());
        let target = launch(&lab);
        let file = folder
            .path()
            .join(format!("machines/{}.json", target.instance));
        let contents = folder
            .path()
            .join(format!("machines/{}.files", target.instance));
        let numbers = || {
            let entries = contents.read_dir().unwrap().map(|entry| entry.unwrap());
            let mut all: Vec<_> = entries
                .map(|entry| (entry.file_name(), entry.metadata().unwrap().ino()))
                .collect();
            all.sort();
            all
        };
        upload(&lab, &target, "one");
        assert!(!contents.exists(), "it is written later");
        lab.keep_machine(&target);
        assert!(
            file.metadata().unwrap().len() < 10_000,
            "the content is elsewhere"
        );
        let first = numbers();
        assert_eq!(first.len(), 1);
        upload(&lab, &target, "two");
        lab.keep_machine(&target);
        let both = numbers();
        assert_eq!((both.len(), both.first()), (2, first.first()));
        let whole = |lab: &Simulation| serde_json::to_string(lab.lock().machine(&target).unwrap());
        let before = whole(&lab).unwrap();
        drop(lab);

        let lab = simulation(Some(folder.path().to_owned()), one());
        assert!(whole(&lab).unwrap() == before, "the disk is another");
        upload(&lab, &target, "three");
        drop(lab);
        let three = numbers();
        assert_eq!(
            (three.len(), three.get(..2)),
            (3, both.get(..)),
            "the end keeps what is not kept"
        );

        let lab = simulation(Some(folder.path().to_owned()), one());
        terminate(&lab, &target);
        assert!(!contents.exists() && !file.exists());
    }

    #[test]
    fn who_waits_for_an_rsa_key_keeps_nobody_else_waiting() {
        use std::sync::mpsc;
        let simulation = Arc::new(simulation(None, Tenancy::PerAccessKey));
        call(&simulation, "DescribeVpcs");
        let no_keys = simulation.settings.keys.hold();
        let (starts, started) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let other = Arc::clone(&simulation);
        std::thread::spawn(move || {
            starts.send(()).unwrap();
            ends.send(answer(&other, "CreateKeyPair&KeyName=a").status)
        });
        started.recv().unwrap();
        // On a thread of its own: a call that hangs is told by the deadline.
        let (looks, looked) = mpsc::channel();
        let other = Arc::clone(&simulation);
        std::thread::spawn(move || {
            for _ in 0..300 {
                call(&other, "DescribeKeyPairs");
            }
            looks.send(())
        });
        assert!(looked.recv_timeout(Duration::from_secs(10)).is_ok());
        assert!(ended.try_recv().is_err(), "there was no key to be had");
        drop(no_keys);
        assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(200));
    }

    #[test]
    fn time_is_looked_at_only_when_something_is_due() {
        let simulation = simulation(None, one());
        simulation.tick();
        assert!(!simulation.is_due(), "an empty account waits for nothing");
        launch(&simulation);
        assert!(simulation.is_due(), "after a call it is looked at once");
        simulation.tick();
        simulation.tick();
        assert!(!simulation.is_due());
    }
}

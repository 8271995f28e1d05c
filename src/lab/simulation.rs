//! A running simulation: accounts, machines, the address pool and the journal behind one lock, and what the servers ask of it.
//!
//! Nothing here listens: `lab::server` and `lab::stage` do. After every change of an account its state is on the disk before
//! the answer is sent (in a lab; `serve` keeps nothing).

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::Ipv4Net;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::cloud::api::caller::Caller;
use crate::cloud::api::{self, Reply};
use crate::cloud::env::AddressPool;
use crate::cloud::{Account, Env, Pace};
use crate::course::evidence::What;
use crate::lab::journal::Journal;
use crate::lab::key_pool::KeyPool;
use crate::lab::server::ec2::Backend;
use crate::lab::store::{Store, StoreError, Stored};
use crate::machine::Machine;

/// How a simulation is set up.
pub struct Settings {
    /// How long AWS's changes of state take.
    pub pace: Pace,
    /// Who has an account.
    pub tenancy: Tenancy,
    /// Where public addresses are from.
    pub addresses: Ipv4Net,
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
    },
    /// Each access key id has an account of its own: `serve`.
    PerAccessKey,
}

/// A running simulation.
pub struct Simulation {
    pub(super) state: Mutex<State>,
    pub(super) settings: Settings,
    pub(super) journal: Journal,
    store: Option<Store>,
    sessions: AtomicU64,
    /// Called after a change, before the answer is sent: the stage's listeners follow the account.
    changed: Mutex<Option<Arc<dyn Fn(&Simulation) + Send + Sync>>>,
}

/// What the lock guards.
pub(super) struct State {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) machines: HashMap<String, Machine>,
    addresses: AddressPool,
    rng: StdRng,
}

impl State {
    /// Lets time pass and calls `work` with the surroundings of one call.
    fn with_env<R>(
        &mut self,
        now: jiff::Timestamp,
        pace: Pace,
        keys: &KeyPool,
        key: &str,
        account_id: impl FnOnce(&mut StdRng) -> String,
        work: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> R {
        let mut source = keys;
        let rng = &mut self.rng;
        let account = self.accounts.entry(key.to_owned()).or_insert_with(|| Account::new(account_id(rng)));
        let mut env = Env { now, pace, rng, addresses: &mut self.addresses, rsa: &mut source };
        work(account, &mut env)
    }
}

impl Simulation {
    /// Starts from what is kept in the folder, or empty.
    pub fn start(settings: Settings, journal: Journal) -> Result<Self, StoreError> {
        let store = settings.folder.as_ref().map(|folder| Store::new(folder.clone()));
        let stored = match &store {
            Some(store) => store.load()?,
            None => None,
        };
        let (accounts, addresses) = match stored {
            Some(stored) => (stored.accounts, stored.addresses),
            None => (BTreeMap::new(), AddressPool::new(settings.addresses)),
        };
        let machines = match &store {
            Some(store) => store.machines()?,
            None => HashMap::new(),
        };
        let sessions = AtomicU64::new(journal.last_session());
        let state = State { accounts, machines, addresses, rng: StdRng::from_rng(&mut rand::rng()) };
        Ok(Self {
            state: Mutex::new(state),
            journal,
            store,
            sessions,
            changed: Mutex::default(),
            settings,
        })
    }

    /// What is kept in the folder, which another process may have open: what happens here is kept nowhere.
    pub fn look(settings: Settings, journal: Journal) -> Result<Self, StoreError> {
        let mut simulation = Self::start(settings, journal)?;
        simulation.store = None;
        Ok(simulation)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// RSA keys that are ready now.
    pub fn ready_keys(&self) -> usize {
        self.settings.keys.ready()
    }

    /// Sets what is called after every change.
    pub fn on_change(&self, call: Arc<dyn Fn(&Self) + Send + Sync>) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_session_number(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Lets everything happen that is due by now, and tells the stage when something did.
    pub fn tick(&self) {
        let now = crate::lab::journal::timestamp();
        let changed = {
            let mut state = self.lock();
            let State { accounts, addresses, .. } = &mut *state;
            let mut changed = false;
            for account in accounts.values_mut() {
                changed |= account.advance(now, addresses);
            }
            if changed {
                // A disk that is full now is met again, and told, at the learner's next change.
                let _ = self.keep(&state);
            }
            changed
        };
        if changed {
            self.tell_stage();
        }
    }

    /// The id of the lab's one account; empty where each key has its own.
    pub fn account_id(&self) -> &str {
        match &self.settings.tenancy {
            Tenancy::One { account } => account,
            Tenancy::PerAccessKey => "",
        }
    }

    /// Forgets every account and every machine.
    pub fn reset(&self) -> std::io::Result<()> {
        {
            let mut state = self.lock();
            state.accounts.clear();
            state.addresses = AddressPool::new(self.settings.addresses);
            for (instance, _) in state.machines.drain() {
                if let Some(store) = &self.store {
                    store.forget_machine(&instance);
                }
            }
            self.keep(&state)?;
        }
        self.tell_stage();
        Ok(())
    }

    fn tell_stage(&self) {
        let call = self.changed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(call) = call {
            call(self);
        }
    }

    fn keep(&self, state: &State) -> std::io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        store.save(&Stored::of(&state.accounts, &state.addresses))
    }

    pub(super) fn keep_machine(&self, instance: &str, machine: &Machine) {
        if let Some(store) = &self.store {
            let _ = store.save_machine(instance, machine);
        }
    }

    fn account_key<'a>(&self, caller: &'a Caller) -> &'a str {
        match self.settings.tenancy {
            Tenancy::One { .. } => "",
            Tenancy::PerAccessKey => &caller.access_key_id,
        }
    }

    /// Works on the one account of a lab, as a request would: `key` is empty there.
    pub(super) fn with_account<R>(
        &self,
        key: &str,
        work: impl FnOnce(&mut Account, &mut Env<'_>) -> R,
    ) -> R {
        let now = crate::lab::journal::timestamp();
        let mut state = self.lock();
        let tenancy = &self.settings.tenancy;
        state.with_env(
            now,
            self.settings.pace,
            &self.settings.keys,
            key,
            |rng| match tenancy {
                Tenancy::One { account } => account.clone(),
                Tenancy::PerAccessKey => fresh_account_id(rng),
            },
            work,
        )
    }
}

/// Twelve digits, the first not 0.
fn fresh_account_id(rng: &mut StdRng) -> String {
    use rand::RngExt;
    rng.random_range(100_000_000_000_u64..1_000_000_000_000).to_string()
}

impl Backend for Simulation {
    fn handle(&self, request: &api::Request<'_>) -> Reply {
        let key = Caller::of(request).map(|caller| self.account_key(&caller).to_owned()).unwrap_or_default();
        let before = self.store.as_ref().map(|_| self.lock().accounts.get(&key).cloned());
        let mut reply = self.with_account(&key, |account, env| api::handle(request, account, env));
        if reply.changed
            && let Err(error) = self.keep(&self.lock())
        {
            // What could not be kept did not happen: the answer and the account agree with the disk.
            if let Some(Some(before)) = before {
                self.lock().accounts.insert(key, before);
            }
            return api::not_kept(request, &error.to_string());
        }
        if let Some(seen) = reply.seen.take() {
            self.journal.add(What::Api {
                action: seen.action,
                region: seen.region,
                parameters: seen.parameters,
                error: seen.error,
            });
        }
        if reply.changed {
            self.tell_stage();
        }
        reply
    }
}

/// Where `serve` takes public addresses from: 127.64.0.0/10, all of it this computer's own loopback on Linux.
pub const LOOPBACK_ADDRESSES: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 64, 0, 0), 10);

/// Where a lab takes public addresses from: RFC 5737's TEST-NET-3, so that a command typed outside the lab reaches no stranger.
pub const LAB_ADDRESSES: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(203, 0, 113, 0), 24);

//! The learner's own AWS account as a world: looked at with their own `aws`, by a list of calls that change nothing.
//!
//! One grading makes each kind of call once at most, and only those that the current step needs. An answer stays good until
//! something may have changed: a command that is not known to be local, a failed ssh, `lab check`. What AWS throttles is asked
//! again only after a pause that doubles. Whatever cannot be learned is *could not tell*, with the cure ([`failure`]).
//!
//! What happens at the instances is told by the client's side: [`wrapper`] stands in for `ssh` and reports, [`deduce`] reads the
//! report beside the account.

#![expect(clippy::disallowed_methods, reason = "answers have an age")]

pub mod answer;
pub mod attempt;
pub mod before;
pub mod call;
pub mod cli;
pub mod code;
pub mod deduce;
pub mod failure;
pub mod leftovers;
pub mod memory;
pub mod page;
pub mod preflight;
pub mod record;
pub mod typed;
pub mod wrapper;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::answer::{Image, Launched};
use self::attempt::{Attempt, Met};
use self::before::{Before, Now};
use self::call::Call;
use self::cli::Cli;
use self::deduce::{Deduced, Scene};
use self::failure::Failure;
use self::memory::Memory;
use crate::course::evidence::{Account, Event, KeyFile, Known, KnownHost, Need, Places, What};
use crate::course::lesson::World as Kind;
use crate::lab::journal::{Journal, now};
use crate::lab::world::World;

/// An answer is asked for anew after this time when a command is typed: something may have been clicked in the console.
const OLD: Duration = Duration::from_secs(60);
/// A call that failed is not made again before this, whoever asks.
const PAUSE: Duration = Duration::from_secs(2);
/// The first and the longest pause after throttling.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// How the world is set up.
pub struct Settings {
    /// How `aws` is run.
    pub cli: Cli,
    /// The region that the learner's commands act on, as the preflight found it.
    pub region: String,
    /// The learner's public address, where it is known.
    pub my_address: Option<String>,
    /// What was there before, by file; none where nobody has looked yet.
    pub before: Option<Before>,
    /// What was seen of instances before they changed.
    pub memory: Option<PathBuf>,
}

/// The account.
pub struct Aws {
    settings: Settings,
    journal: Arc<Journal>,
    state: Mutex<State>,
    /// Held during a look, so that two who ask at once make one.
    looking: Mutex<()>,
}

#[derive(Default)]
struct State {
    answers: BTreeMap<&'static str, Asked>,
    /// What was asked for before is not believed any more.
    stale_since: Option<Instant>,
    /// Nothing is asked before this, and how long the last pause was.
    throttled: Option<(Instant, Duration)>,
    images: BTreeMap<String, Image>,
    memory: Memory,
    known: BTreeMap<String, Vec<String>>,
    undecided: Option<Undecided>,
    /// The last line named this other region.
    other_region: Option<String>,
}

#[derive(Clone)]
struct Asked {
    at: Instant,
    answer: Result<Arc<Value>, Failure>,
}

/// What went wrong cannot be told; said until the next command but one ends.
struct Undecided {
    why: String,
    /// The prompt that follows the ssh has come.
    has_ended: bool,
}

impl Aws {
    /// The world. `journal` has what is seen of the learner's commands and connections.
    pub fn new(settings: Settings, journal: Arc<Journal>) -> Self {
        let memory = settings.memory.as_deref().map(Memory::read);
        Self {
            state: Mutex::new(State {
                memory: memory.unwrap_or_default(),
                ..State::default()
            }),
            settings,
            journal,
            looking: Mutex::default(),
        }
    }

    /// The journal.
    pub fn journal_of_lab(&self) -> &Journal {
        &self.journal
    }

    /// How it runs `aws`.
    pub fn cli(&self) -> &Cli {
        &self.settings.cli
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// The learner's address, where it is known.
    pub fn my_address(&self) -> Option<&str> {
        self.settings.my_address.as_deref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may have changed: the next look asks anew.
    pub fn forget(&self) {
        self.state().stale_since = Some(Instant::now());
    }

    /// A command of the learner's has ended.
    pub fn heard(&self, line: Option<&str>, status: i32) {
        let changes = typed::may_change_the_account(line);
        {
            let mut state = self.state();
            let is_old = |asked: &Asked| asked.at.elapsed() > OLD;
            if changes || state.answers.values().any(is_old) {
                state.stale_since = Some(Instant::now());
            }
            match &mut state.undecided {
                Some(undecided) if !undecided.has_ended => undecided.has_ended = true,
                Some(_) | None => state.undecided = None,
            }
            let region = line.and_then(typed::region);
            state.other_region = region.filter(|region| *region != self.settings.region);
        }
        let Some(line) = line else { return };
        if status != 0
            && changes
            && let Ok(account) = self.look(&BTreeSet::from([Need::KeyPairs]))
            && let Some(what) = typed::refused(line, status, &account)
        {
            self.journal.add(what);
        }
    }

    /// An ssh of the learner's has ended: writes down what it came to.
    pub fn met(&self, attempt: &Attempt, files: &[KeyFile], places: &Places) {
        if !attempt.signed_in() {
            // What explains a failure must be fresh.
            self.forget();
        }
        let everything = BTreeSet::from([Need::Account]);
        let account = match self.look(&everything) {
            Ok(account) => account,
            Err(failure) => {
                self.cannot_tell(failure.words());
                return;
            }
        };
        let session = self.journal.last_session() + 1;
        let Deduced { events, undecided } = deduce::deduce(
            attempt,
            Scene {
                account: &account,
                files,
                places,
                now: now(),
                session,
            },
        );
        {
            let mut state = self.state();
            state
                .known
                .insert(attempt.host.clone(), attempt.known.clone());
            let instance = events.iter().find_map(|what| {
                if let What::Connected { instance, .. } = what {
                    Some(instance.clone())
                } else {
                    None
                }
            });
            if let (Some(instance), Some(Met::Open(keys))) = (instance, &attempt.met) {
                let keys = keys.iter().map(|(_, key)| key.clone()).collect();
                state.memory.saw_host_keys(&instance, keys);
                self.keep(&state.memory);
            }
            state.undecided = None;
        }
        for what in events {
            self.journal.add(what);
        }
        if let Some(why) = undecided {
            self.cannot_tell(why);
        }
    }

    fn cannot_tell(&self, why: String) {
        self.state().undecided = Some(Undecided {
            why,
            has_ended: false,
        });
    }

    /// Whether this is the address of a running instance, so that a connection may be tried there.
    pub fn may_be_tried(&self, host: &str) -> bool {
        let account = self.look(&BTreeSet::from([Need::Account]));
        account.is_ok_and(|account| {
            account.instances.iter().any(|one| {
                let names = [one.public_address.as_deref(), one.public_name.as_deref()];
                one.state == "running" && names.contains(&Some(host))
            })
        })
    }

    /// A proof of a login that was made on the instance itself: writes it down if it is one.
    pub fn proven(&self, code: &str, answer: &str, files: &[KeyFile]) -> Result<bool, Failure> {
        let account = self.look(&BTreeSet::from([Need::Account]))?;
        let session = self.journal.last_session() + 1;
        let Some(events) = code::proven(code, answer, &account, files, session) else {
            return Ok(false);
        };
        for what in events {
            self.journal.add(what);
        }
        Ok(true)
    }

    /// What is there now and was not before; an error when that cannot be told.
    pub fn leftovers(&self) -> Result<Vec<crate::course::evidence::Leftover>, Failure> {
        let wanted = BTreeSet::from([Need::Account, Need::Leftovers]);
        Ok(self.look(&wanted)?.left_behind.unwrap_or_default())
    }

    fn keep(&self, memory: &Memory) {
        if let Some(path) = &self.settings.memory {
            // Without it an old address is not known as one after the lab was closed.
            let _ = memory.write(path);
        }
    }

    /// The answers to these calls: those that are still good, and the others all at once.
    fn ask(&self, calls: &[Call]) -> Vec<Result<Arc<Value>, Failure>> {
        let _one_at_a_time = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let (missing, look) = {
            let state = self.state();
            let missing: Vec<&Call> = calls.iter().filter(|call| !state.is_good(call)).collect();
            let pauses = state
                .throttled
                .is_some_and(|(until, _)| Instant::now() < until);
            if pauses && !missing.is_empty() {
                return calls.iter().map(|_| Err(Failure::Throttled)).collect();
            }
            if missing.is_empty() {
                (missing, 0)
            } else {
                (missing, self.settings.cli.record.new_look())
            }
        };
        let began = Instant::now();
        let asked: Vec<(&'static str, Result<Value, Failure>)> = std::thread::scope(|threads| {
            let running: Vec<_> = missing
                .iter()
                .map(|call| {
                    (
                        call.kind(),
                        threads.spawn(|| self.settings.cli.ask(call, look)),
                    )
                })
                .collect();
            let ended = running.into_iter().map(|(kind, thread)| {
                let panicked = |_| {
                    Err(Failure::Other(
                        "a mistake of ours ended the call".to_owned(),
                    ))
                };
                (kind, thread.join().unwrap_or_else(panicked))
            });
            ended.collect()
        });
        let mut state = self.state();
        let throttled = asked
            .iter()
            .any(|(_, answer)| matches!(answer, Err(failure) if failure.is_throttling()));
        if throttled {
            let pause = state
                .throttled
                .map_or(BACK_OFF.0, |(_, last)| (last * 2).min(BACK_OFF.1));
            state.throttled = Some((Instant::now() + pause, pause));
        } else if !asked.is_empty() {
            state.throttled = None;
        }
        for (kind, answer) in asked {
            let answer = answer.map(Arc::new);
            state.answers.insert(kind, Asked { at: began, answer });
        }
        calls
            .iter()
            .map(|call| match state.answers.get(call.kind()) {
                Some(asked) => asked.answer.clone(),
                None => Err(Failure::Other("no answer was kept".to_owned())),
            })
            .collect()
    }

    /// The account, as much of it as is wanted.
    fn look(&self, wanted: &BTreeSet<Need>) -> Result<Account, Failure> {
        let mut calls = vec![Call::DescribeKeyPairs];
        let whole = wanted.contains(&Need::Account);
        let leftovers = wanted.contains(&Need::Leftovers);
        if whole || leftovers {
            calls.extend([Call::DescribeInstances, Call::DescribeSecurityGroups]);
        }
        if leftovers {
            calls.extend([Call::DescribeAddresses, Call::DescribeVolumes]);
        }
        let mut answers = self.ask(&calls).into_iter();
        let mut next = || {
            answers
                .next()
                .unwrap_or_else(|| Err(Failure::Other("no answer".to_owned())))
        };
        let mut account = Account {
            region: self.settings.region.clone(),
            my_address: self.settings.my_address.clone(),
            key_pairs: answer::key_pairs(&*next()?)?,
            instances: Vec::new(),
            security_groups: Vec::new(),
            addresses: vec![],
            left_behind: None,
        };
        if whole || leftovers {
            let launched = answer::instances(&*next()?)?;
            account.security_groups = answer::security_groups(&*next()?)?;
            account.instances = self.with_what_is_known(launched)?;
        }
        if leftovers {
            let addresses = answer::addresses(&*next()?)?;
            let volumes = answer::volumes(&*next()?)?;
            let now = Now {
                account: &account,
                addresses: &addresses,
                volumes: &volumes,
            };
            let before = self.settings.before.as_ref();
            account.left_behind = Some(
                before
                    .map(|before| before.leftovers(now))
                    .unwrap_or_default(),
            );
        }
        Ok(account)
    }

    /// What is there now, remembered as what was there before.
    pub fn as_it_is(&self) -> Result<Before, Failure> {
        let account = self.look(&BTreeSet::from([Need::Account, Need::Leftovers]))?;
        let both = self.ask(&[Call::DescribeAddresses, Call::DescribeVolumes]);
        let [addresses, volumes] =
            <[_; 2]>::try_from(both).map_err(|_| Failure::Other("no answer".to_owned()))?;
        Ok(Before::of(Now {
            account: &account,
            addresses: &answer::addresses(&*addresses?)?,
            volumes: &answer::volumes(&*volumes?)?,
        }))
    }

    /// Adds to the instances what is remembered of them, and what their images say.
    fn with_what_is_known(
        &self,
        launched: Vec<Launched>,
    ) -> Result<Vec<crate::course::evidence::Instance>, Failure> {
        let unknown: Vec<String> = {
            let state = self.state();
            let images: BTreeSet<&String> = launched
                .iter()
                .filter_map(|one| one.image.as_ref())
                .collect();
            images
                .into_iter()
                .filter(|image| !state.images.contains_key(*image))
                .cloned()
                .collect()
        };
        if !unknown.is_empty() {
            self.state()
                .answers
                .remove(Call::DescribeImages(Vec::new()).kind());
            let answer = self.ask(&[Call::DescribeImages(unknown.clone())]).pop();
            let found = match answer {
                Some(Ok(answer)) => answer::images(&answer)?,
                // An image of somebody else's may be gone, or hidden: the lesson goes on without its name.
                Some(Err(Failure::Denied { .. } | Failure::Other(_))) | None => Vec::new(),
                Some(Err(failure)) => return Err(failure),
            };
            let mut state = self.state();
            for id in unknown {
                let image = found.iter().find(|one| one.id == id).cloned();
                state.images.insert(id, image.unwrap_or_default());
            }
        }
        let mut state = self.state();
        let state = &mut *state;
        let mut changed = false;
        let mut instances = Vec::with_capacity(launched.len());
        for Launched {
            mut instance,
            image,
        } in launched
        {
            if let Some(image) = image.and_then(|id| state.images.get(&id)) {
                instance.login_user.clone_from(&image.login_user);
                instance.image.clone_from(&image.title);
            }
            changed |= state.memory.saw(&instance);
            state.memory.tell(&mut instance);
            instances.push(instance);
        }
        if changed {
            self.keep(&state.memory);
        }
        Ok(instances)
    }
}

impl State {
    /// Whether the answer to this call is still believed. A failure is not asked for again at once, and after a while it is.
    fn is_good(&self, call: &Call) -> bool {
        let Some(asked) = self.answers.get(call.kind()) else {
            return false;
        };
        let is_fresh = self.stale_since.is_none_or(|since| asked.at >= since);
        match &asked.answer {
            Ok(_) => is_fresh,
            Err(_) => asked.at.elapsed() < PAUSE || (is_fresh && asked.at.elapsed() < OLD),
        }
    }
}

impl World for Aws {
    fn kind(&self) -> Kind {
        Kind::Aws
    }

    fn account(&self, wanted: &BTreeSet<Need>) -> Known<Account> {
        let other = self.state().other_region.clone();
        if let Some(other) = other {
            return Known::Unknown(format!(
                "Your last command went to region {other} and this lesson looks at {} only. Leave --region out, or start \
                 again with the other region set.",
                self.settings.region
            ));
        }
        match self.look(wanted) {
            Ok(account) => Known::Seen(account),
            Err(failure) => Known::Unknown(failure.words()),
        }
    }

    fn journal(&self, since: u64) -> Known<Vec<Event>> {
        match &self.state().undecided {
            Some(undecided) => Known::Unknown(undecided.why.clone()),
            None => Known::Seen(self.journal.since(since)),
        }
    }

    fn known_hosts(&self) -> Option<Vec<KnownHost>> {
        let state = self.state();
        let all = state.known.iter().flat_map(|(host, keys)| {
            keys.iter().map(|key| KnownHost {
                host: host.clone(),
                key_sha256: key.clone(),
            })
        });
        Some(all.collect())
    }
}

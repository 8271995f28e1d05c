//! The coach: gather evidence for the current step, judge, record, speak.
//!
//! It answers after each command of the learner's shell and to the word `lab`. It speaks in at most [`LINES`] lines: what
//! was seen, what is awaited, and how to go on. The tools' own output is never altered.
//!
//! A `groundschool watch` is told the same in the same words, and besides what comes about while no prompt is there to tell
//! it: [`Coach::beside`].

mod ear;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::course::asides::for_world;
use crate::course::evidence::{
    Account, Evidence, KeyFile, Known, KnownHost, Need, Places, Silence, What,
};
use crate::course::judge::{Judgement, Report, judge, needs, report};
use crate::course::lesson::Lesson;
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;
use crate::course::verdict::Word;
use crate::lab::files::write_atomically;
use crate::lab::journal::now;
use crate::lab::server::control::News;
use crate::lab::voice::Voice;
use crate::lab::workspace::Workspace;
use crate::lab::world::World;

use self::ear::Told;

pub use self::ear::Ear;
pub use self::words::LINES;

/// How long a verdict must stand before it is said unasked, in milliseconds: a command at work (`aws … > file` empties the
/// file, and fills it a second later) is not a mistake.
const SETTLED: i64 = 2_000;
/// The same for what takes a client longer: a silent address is met when ssh has given up, after 7 s, and an empty key file
/// may be a slow `aws` that has just started.
const SETTLED_LATE: i64 = 8_000;
/// How long a connection must be over, in milliseconds, before it is judged without the shell: the prompt that follows knows
/// the command line.
const ENDED: i64 = 1_000;
/// Watches at once.
const MOST_WATCHES: usize = 16;

/// One lesson being taken.
pub struct Coach {
    lesson: Lesson,
    world: Arc<dyn World>,
    workspace: Arc<Workspace>,
    home: String,
    /// Where progress is kept; none for a look that changes nothing.
    keep: Option<PathBuf>,
    state: Mutex<State>,
    /// Held while progress is written, so that an older one never replaces a newer.
    writing: Mutex<()>,
}

struct State {
    progress: Progress,
    /// The shell, first, and the watches.
    ears: BTreeMap<Ear, Told>,
    next_ear: u32,
    /// Commands that the shell has told of.
    commands: u64,
    /// Progress has changed since it was last written.
    unsaved: bool,
    /// The last try to write it failed.
    failing: bool,
    /// That, to be said once.
    trouble: Option<String>,
}

/// The newest connection, or call that was refused.
#[derive(Debug, Clone, Copy, Default)]
struct Attempt {
    number: u64,
    at: i64,
    /// The client that made it is still waiting for an answer, for some seconds.
    is_silence: bool,
}

impl Coach {
    /// A coach for a lesson, from where the learner stands. `voice` is for the lab's shell.
    pub fn new(
        lesson: Lesson,
        progress: Progress,
        world: Arc<dyn World>,
        workspace: Arc<Workspace>,
        voice: Voice,
        home: &Path,
        keep: Option<PathBuf>,
    ) -> Self {
        let home = home.display().to_string();
        let state = Mutex::new(State {
            progress,
            ears: BTreeMap::from([(Ear::SHELL, Told::new(voice, 0))]),
            next_ear: 1,
            commands: 0,
            unsaved: false,
            failing: false,
            trouble: None,
        });
        Self {
            lesson,
            world,
            workspace,
            home,
            keep,
            state,
            writing: Mutex::new(()),
        }
    }

    /// The lesson.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The place of the step that the learner is at; none when all are done.
    pub fn current_step(&self) -> Option<usize> {
        words::current(&self.lesson, &self.state().progress).map(|(number, _)| number)
    }

    /// A copy of the progress.
    pub fn progress(&self) -> Progress {
        self.state().progress.clone()
    }

    /// The key files as they are now.
    pub fn key_files(&self) -> Vec<KeyFile> {
        self.workspace.key_files()
    }

    /// Gathers, judges and records; what came of it.
    pub fn look(&self) -> Judgement {
        let judgement = self.look_with(&mut self.state());
        self.save();
        judgement
    }

    /// The grade as of now.
    pub fn grade(&self) -> Report {
        let mut state = self.state();
        let judgement = self.look_with(&mut state);
        let report = report(&self.lesson, &state.progress, &judgement);
        drop(state);
        self.save();
        report
    }

    /// One more listener; none when there are too many.
    pub fn attend(&self, voice: Voice) -> Option<Ear> {
        let mut state = self.state();
        if state.ears.len() > MOST_WATCHES {
            return None;
        }
        let ear = Ear(state.next_ear);
        state.next_ear += 1;
        let told = Told::new(voice, state.commands);
        state.ears.insert(ear, told);
        Some(ear)
    }

    /// A listener that has left.
    pub fn leave(&self, ear: Ear) {
        self.state().ears.remove(&ear);
    }

    /// Commands that the shell has told of, and steps behind the learner: while both are the same, no other listener's words
    /// have changed anything.
    pub fn turns(&self) -> (u64, usize) {
        let state = self.state();
        (state.commands, state.progress.steps.len())
    }

    /// What to say in the shell after a command. `typed` is false when the learner only pressed Enter.
    pub fn after_command(&self, typed: bool) -> News {
        let mut state = self.state();
        if typed {
            state.commands += 1;
        }
        let judgement = self.look_with(&mut state);
        let mut lasting = trouble(&mut state);
        let news = self.news(&mut state, Ear::SHELL, &judgement, typed);
        lasting.push_str(words::shortened(&news.lasting, &news.standing));
        let voice = voice(&state, Ear::SHELL);
        News {
            lasting: voice.say(&lasting),
            standing: voice.say(&news.standing),
            matters: news.matters,
        }
    }

    /// What to say to a watch, if anything, and whether something is waiting to be said: then ask again soon.
    ///
    /// After a command of the shell it is what the shell is told. Between commands, while a program runs or in a shell that
    /// tells nothing: what is passed at once, a mistake when it has stood for a while.
    pub fn beside(&self, ear: Ear) -> (String, bool) {
        let mut state = self.state();
        let (evidence, judgement) = self.judged(&state.progress);
        let attempt = newest_attempt(&evidence);
        let commands = state.commands;
        let typed = {
            let Some(told) = state.ears.get_mut(&ear) else {
                return (String::new(), false);
            };
            std::mem::replace(&mut told.commands, commands) != commands
        };
        if typed {
            self.record(&mut state, &judgement, evidence.now);
            let news = self.news(&mut state, ear, &judgement, true);
            if let Some(told) = state.ears.get_mut(&ear) {
                told.answered = attempt.number;
            }
            let lasting = words::shortened(&news.lasting, &news.standing);
            let text = format!("{lasting}{}", news.standing);
            return (voice(&state, ear).say(&text), false);
        }
        if just_ended(&evidence) {
            return (String::new(), true);
        }
        // Only what is passed is sure; the rest may be a command at work.
        let passed = Judgement {
            steps: judgement.newly_passed().cloned().collect(),
            bindings: judgement.bindings.clone(),
            wants: BTreeSet::new(),
        };
        if !passed.steps.is_empty() {
            self.record(&mut state, &passed, evidence.now);
        }
        let (text, waits) = self.unasked(&mut state, ear, &judgement, attempt, evidence.now);
        (voice(&state, ear).say(&text), waits)
    }

    fn unasked(
        &self,
        state: &mut State,
        ear: Ear,
        judgement: &Judgement,
        attempt: Attempt,
        now: i64,
    ) -> (String, bool) {
        let State { progress, ears, .. } = &mut *state;
        let Some(told) = ears.get_mut(&ear) else {
            return (String::new(), false);
        };
        let mut text = std::mem::take(&mut told.unheard);
        let moved = !text.is_empty();
        if moved {
            text.push_str(&words::next(&self.lesson, progress, self.world.kind()));
            told.said = None;
        }
        let Some(current) = judgement.current() else {
            return (text, false);
        };
        let again = attempt.number > told.answered;
        if told.has_said(current) && !again {
            return (text, false);
        }
        let mistake = current.verdict.mistake().map(|found| found.mistake);
        if mistake.is_none() && current.verdict.word() == Word::NotYet {
            // Nothing went wrong: what is awaited was said.
            told.say(current);
            told.answered = attempt.number;
            return (text, false);
        }
        let patience = if mistake == Some(Mistake::KeyFileEmpty) {
            SETTLED_LATE
        } else {
            SETTLED
        };
        let mut ripe = told.since(current, now) + patience;
        if attempt.is_silence {
            ripe = ripe.max(attempt.at + SETTLED_LATE);
        }
        if now < ripe || moved {
            return (text, true);
        }
        let repeated = told.has_said(current);
        told.say(current);
        told.answered = attempt.number;
        told.unasked = true;
        let text = words::verdict(&self.lesson, progress, current, repeated);
        self.record(state, judgement, now);
        (text, false)
    }

    /// The first screen of the lesson, or the task again: where the learner is, and the text of the step.
    pub fn task(&self, ear: Ear) -> String {
        let mut state = self.state();
        let _ = self.look_with(&mut state);
        let voice = voice(&state, ear);
        let State { progress, ears, .. } = &mut *state;
        let mut text = String::new();
        if let Some(told) = ears.get_mut(&ear) {
            text = voice.say(&std::mem::take(&mut told.unheard));
            told.said = None;
        }
        let Some((number, step)) = words::current(&self.lesson, progress) else {
            return text + &voice.say(&words::farewell(&self.lesson, progress, self.world.kind()));
        };
        text += &voice.say(&format!(
            "{} - step {} of {}",
            self.lesson.title,
            number + 1,
            self.lesson.steps.len()
        ));
        text + &voice.markdown(&for_world(&step.text, self.world.kind()))
    }

    /// The next hint.
    pub fn hint(&self, ear: Ear) -> String {
        let mut state = self.state();
        let text = match state.progress.hint(&self.lesson) {
            Some((level, of, hint)) if hint.starts_with("    ") => {
                // A command stands on lines of its own, to be copied.
                format!("hint {level} of {of}:\n{}", hint.trim_end())
            }
            Some((level, of, hint)) => format!("hint {level} of {of}: {hint}"),
            None => "There is no hint here: every step is done.".to_owned(),
        };
        state.unsaved = true;
        voice(&state, ear).say(&(trouble(&mut state) + &text))
    }

    /// A check by request: the whole verdict, however often it was said.
    pub fn check(&self, ear: Ear) -> String {
        let mut state = self.state();
        if let Some(told) = state.ears.get_mut(&ear) {
            told.said = None;
        }
        let judgement = self.look_with(&mut state);
        let news = self.news(&mut state, ear, &judgement, true);
        let text = if news.is_empty() {
            words::farewell(&self.lesson, &state.progress, self.world.kind())
        } else {
            news.text()
        };
        voice(&state, ear).say(&(trouble(&mut state) + &text))
    }

    /// Goes on without the current step. The other listeners will hear of it.
    pub fn skip(&self, ear: Ear) -> String {
        let mut state = self.state();
        let Some(skipped) = state.progress.skip(&self.lesson, now()) else {
            return voice(&state, ear).say("There is nothing to skip: every step is done.");
        };
        state.unsaved = true;
        let line = format!("[skipped] {skipped}: no points, and you can still do it later.");
        tell_others(&mut state, ear, &line);
        let mut text = trouble(&mut state);
        let _ = writeln!(text, "{line}");
        text.push_str(&words::next(
            &self.lesson,
            &state.progress,
            self.world.kind(),
        ));
        voice(&state, ear).say(&text)
    }

    /// Where the learner stands, step by step.
    pub fn standing(&self, ear: Ear) -> String {
        let state = self.state();
        voice(&state, ear).say(&words::standing(&self.lesson, &state.progress))
    }

    /// Writes the progress if it has changed. The disk may take longer than a prompt can wait, so whoever answers a prompt
    /// calls this after the answer; what failed is said with the next one.
    pub fn save(&self) {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.keep else { return };
        let progress = {
            let mut state = self.state();
            if !std::mem::take(&mut state.unsaved) {
                return;
            }
            state.progress.to_json()
        };
        let written = write_atomically(path, progress.as_bytes());
        let mut state = self.state();
        // What could not be written is tried again with the next answer.
        let failed_before = std::mem::replace(&mut state.failing, written.is_err());
        if let Err(error) = written {
            state.unsaved = true;
            if !failed_before {
                state.trouble = Some(format!(
                    "Your progress could not be saved in {} ({error}). It is tried again after each command.",
                    path.display()
                ));
            }
        }
    }

    /// Says something that is no verdict.
    pub fn say(&self, ear: Ear, text: &str) -> String {
        voice(&self.state(), ear).say(text)
    }

    /// Forgets the progress; the hosts that were met stay known.
    pub fn forget_progress(&self) {
        let mut state = self.state();
        state.progress = Progress::new(&self.lesson.slug);
        state.unsaved = true;
    }

    /// Forgets the progress, and shows the first step.
    pub fn start_again(&self, ear: Ear) -> String {
        {
            let mut state = self.state();
            state.progress = Progress::new(&self.lesson.slug);
            for told in state.ears.values_mut() {
                told.unheard.clear();
            }
            tell_others(&mut state, ear, "[reset] The lesson starts again.");
            state.unsaved = true;
        }
        self.workspace.forget_hosts();
        self.task(ear)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_with(&self, state: &mut State) -> Judgement {
        let (evidence, judgement) = self.judged(&state.progress);
        self.record(state, &judgement, evidence.now);
        judgement
    }

    /// Gathers what the current step needs, and more only when that passes.
    fn judged(&self, progress: &Progress) -> (Evidence, Judgement) {
        let mut wanted = needs(&self.lesson, progress);
        loop {
            let evidence = self.gather(&wanted);
            let judgement = judge(&self.lesson, progress, &evidence);
            if judgement.wants.is_empty() {
                return (evidence, judgement);
            }
            // Each turn wants what was not wanted before, and there are few needs.
            wanted.extend(&judgement.wants);
        }
    }

    fn record(&self, state: &mut State, judgement: &Judgement, now: i64) {
        for passed in judgement.newly_passed() {
            for told in state.ears.values_mut() {
                told.passed(passed);
            }
        }
        state.unsaved |= state.progress.record(&self.lesson, judgement, now);
    }

    /// The only place where evidence is read from the world and the disk.
    fn gather(&self, needs: &BTreeSet<Need>) -> Evidence {
        const OF_THE_ACCOUNT: [Need; 3] = [Need::Account, Need::KeyPairs, Need::Leftovers];
        let account = if OF_THE_ACCOUNT.iter().any(|need| needs.contains(need)) {
            self.world.account(needs)
        } else {
            Known::NotGathered
        };
        Evidence {
            now: now(),
            known_hosts: match self.world.known_hosts() {
                Some(theirs) => theirs,
                None => self.known_hosts(&account),
            },
            gathered: Some(needs.clone()),
            account,
            key_files: if needs.contains(&Need::KeyFiles) {
                Known::Seen(self.workspace.key_files())
            } else {
                Known::NotGathered
            },
            places: Some(Places {
                lab: self.workspace.layout().work().display().to_string(),
                home: self.home.clone(),
            }),
            events: if needs.contains(&Need::Events) {
                self.world.journal(0)
            } else {
                Known::NotGathered
            },
        }
    }

    /// What ssh knows of the instances' addresses and names.
    fn known_hosts(&self, account: &Known<Account>) -> Vec<KnownHost> {
        let Known::Seen(account) = account else {
            return Vec::new();
        };
        let hosts = account.instances.iter().flat_map(|instance| {
            let both = [&instance.public_address, &instance.public_name];
            both.into_iter().flatten().cloned()
        });
        self.workspace.known_hosts(&hosts.collect::<Vec<_>>())
    }

    /// What is new to this listener, after it was recorded; without their voice.
    fn news(&self, state: &mut State, ear: Ear, judgement: &Judgement, typed: bool) -> News {
        let State { progress, ears, .. } = state;
        let Some(told) = ears.get_mut(&ear) else {
            return News::default();
        };
        let mut news = News {
            lasting: std::mem::take(&mut told.unheard),
            ..News::default()
        };
        let moved = !news.lasting.is_empty();
        let Some(current) = judgement.current() else {
            if moved {
                news.standing = words::farewell(&self.lesson, progress, self.world.kind());
                news.matters = true;
            }
            return news;
        };
        let repeated = told.has_said(current);
        if std::mem::take(&mut told.unasked) && repeated && !moved {
            // The command that has ended is the one that was answered while it ran.
            return news;
        }
        // Only a command is answered, or a change that came by itself: not the first prompt, and not Enter alone.
        let stands_still = told.said.is_none() || repeated;
        if !moved && !typed && stands_still {
            return news;
        }
        told.say(current);
        let mistake = current.verdict.mistake();
        news.matters = moved || mistake.is_some();
        news.standing = match mistake {
            // The same command that made the key also spoiled its file: that cannot wait for the next one.
            Some(recognised) if moved && recognised.mistake.is_in_the_file() => {
                words::explain(recognised)
            }
            Some(_) | None if moved => words::next(&self.lesson, progress, self.world.kind()),
            Some(_) | None => words::verdict(&self.lesson, progress, current, repeated),
        };
        news
    }
}

fn voice(state: &State, ear: Ear) -> Voice {
    let told = state.ears.get(&ear).or(state.ears.get(&Ear::SHELL));
    told.map_or(Voice::new(false), |told| told.voice)
}

/// One listener's word has changed where the learner stands: the others will hear of it.
fn tell_others(state: &mut State, ear: Ear, line: &str) {
    for (other, told) in &mut state.ears {
        if *other != ear {
            told.news(line);
        }
    }
}

/// What went wrong with the lab itself, with a line of its own, once.
fn trouble(state: &mut State) -> String {
    state
        .trouble
        .take()
        .map(|trouble| format!("[our trouble] {trouble}\n"))
        .unwrap_or_default()
}

fn just_ended(evidence: &Evidence) -> bool {
    let Known::Seen(events) = &evidence.events else {
        return false;
    };
    let recent = events
        .iter()
        .rev()
        .take_while(|event| event.at + ENDED > evidence.now);
    recent
        .take_while(|event| !matches!(event.what, What::ShellCommand { .. }))
        .any(|event| {
            matches!(
                event.what,
                What::Disconnected { .. } | What::Unreachable { .. }
            )
        })
}

fn newest_attempt(evidence: &Evidence) -> Attempt {
    let Known::Seen(events) = &evidence.events else {
        return Attempt::default();
    };
    let newest = events.iter().rev().find_map(|event| {
        let is_silence = match &event.what {
            What::Unreachable { why, .. } => *why != Silence::Refused,
            What::Connected { .. } | What::Api { error: Some(_), .. } => false,
            What::Api { error: None, .. }
            | What::Disconnected { .. }
            | What::UserNamed { .. }
            | What::KeyOffered { .. }
            | What::LoggedIn { .. }
            | What::Refused { .. }
            | What::RootTurnedAway { .. }
            | What::RemoteCommand { .. }
            | What::ShellCommand { .. } => return None,
        };
        Some(Attempt {
            number: event.number,
            at: event.at,
            is_silence,
        })
    });
    newest.unwrap_or_default()
}

//! The coach: gather evidence for the current step, judge, record, speak.
//!
//! It answers after each command of the learner's shell and to the word `lab`. It speaks in at most [`LINES`] lines: what
//! was seen, what is awaited, and how to go on. The tools' own output is never altered.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::course::evidence::{Account, Evidence, Known, KnownHost, Need, Places};
use crate::course::judge::{Judgement, Report, judge, needs, report};
use crate::course::lesson::Lesson;
use crate::course::mistake::Recognised;
use crate::course::progress::Progress;
use crate::course::verdict::Verdict;
use crate::lab::files::write_atomically;
use crate::lab::journal::now;
use crate::lab::voice::Voice;
use crate::lab::workspace::Workspace;
use crate::lab::world::World;

/// The most lines after one command.
pub const LINES: usize = 6;

/// One lesson being taken.
pub struct Coach {
    lesson: Lesson,
    world: Arc<dyn World>,
    workspace: Arc<Workspace>,
    voice: Voice,
    home: String,
    /// Where progress is kept; none for a look that changes nothing.
    keep: Option<PathBuf>,
    state: Mutex<State>,
    /// Held while progress is written, so that an older one never replaces a newer.
    writing: Mutex<()>,
}

struct State {
    progress: Progress,
    /// What was said last about the current step: not said again in full while nothing changes.
    said: Option<(String, Verdict)>,
    /// Progress has changed since it was last written.
    unsaved: bool,
    /// The last try to write it failed.
    failing: bool,
    /// That, to be said once.
    trouble: Option<String>,
}

impl Coach {
    /// A coach for a lesson, from where the learner stands.
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
            said: None,
            unsaved: false,
            failing: false,
            trouble: None,
        });
        Self {
            lesson,
            world,
            workspace,
            voice,
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

    /// A copy of the progress.
    pub fn progress(&self) -> Progress {
        self.state().progress.clone()
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

    /// What to say after a command. `typed` is false when the learner only pressed Enter.
    pub fn after_command(&self, typed: bool) -> String {
        let mut state = self.state();
        let before = state.progress.is_complete(&self.lesson);
        let judgement = self.look_with(&mut state);
        let mut text = trouble(&mut state);
        if !before {
            text.push_str(&shortened(&self.news(&mut state, &judgement, typed)));
        }
        if text.is_empty() {
            text
        } else {
            self.voice.say(&text)
        }
    }

    /// The first screen of the lesson, or the task again: where the learner is, and the text of the step.
    pub fn task(&self) -> String {
        let mut state = self.state();
        let _ = self.look_with(&mut state);
        let Some((number, step)) = self.current(&state.progress) else {
            return self.voice.say(&self.farewell(&state.progress));
        };
        state.said = None;
        let head = format!(
            "{} - step {} of {}",
            self.lesson.title,
            number + 1,
            self.lesson.steps.len()
        );
        let mut text = self.voice.say(&head);
        text.push_str(&self.voice.markdown(&step.text));
        text
    }

    /// The next hint.
    pub fn hint(&self) -> String {
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
        self.voice.say(&(trouble(&mut state) + &text))
    }

    /// A check by request: the whole verdict, however often it was said.
    pub fn check(&self) -> String {
        let mut state = self.state();
        state.said = None;
        let judgement = self.look_with(&mut state);
        let text = self.news(&mut state, &judgement, true);
        let text = if text.is_empty() {
            self.farewell(&state.progress)
        } else {
            text
        };
        self.voice.say(&(trouble(&mut state) + &text))
    }

    /// Goes on without the current step.
    pub fn skip(&self) -> String {
        let mut state = self.state();
        let Some(skipped) = state.progress.skip(&self.lesson, now()) else {
            return self
                .voice
                .say("There is nothing to skip: every step is done.");
        };
        state.unsaved = true;
        let mut text = trouble(&mut state);
        let _ = writeln!(
            text,
            "[skipped] {skipped}: no points, and you can still do it later."
        );
        text.push_str(&self.next(&state.progress));
        self.voice.say(&text)
    }

    /// Where the learner stands, step by step.
    pub fn standing(&self) -> String {
        let state = self.state();
        let mut text = format!("{}\n", self.lesson.title);
        for step in &self.lesson.steps {
            let word = match state.progress.steps.get(&step.id) {
                Some(done) if done.skipped => "skipped",
                Some(_) => "done",
                None => "to do",
            };
            let _ = writeln!(text, "[{word}] {}", step.goal);
        }
        let _ = write!(
            text,
            "{} of {} points",
            state.progress.points(),
            self.lesson.points()
        );
        self.voice.say(&text)
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
    pub fn say(&self, text: &str) -> String {
        self.voice.say(text)
    }

    /// Forgets the progress, and shows the first step.
    pub fn start_again(&self) -> String {
        {
            let mut state = self.state();
            state.progress = Progress::new(&self.lesson.slug);
            state.said = None;
            state.unsaved = true;
        }
        self.workspace.forget_hosts();
        self.task()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_with(&self, state: &mut State) -> Judgement {
        let evidence = self.gather(&needs(&self.lesson, &state.progress));
        let judgement = judge(&self.lesson, &state.progress, &evidence);
        let news = state
            .progress
            .record(&self.lesson, &judgement, evidence.now);
        state.unsaved |= news;
        judgement
    }

    /// The only place where evidence is read from the world and the disk.
    fn gather(&self, needs: &BTreeSet<Need>) -> Evidence {
        let account = if needs.contains(&Need::Account) {
            self.world.account()
        } else {
            Known::NotGathered
        };
        Evidence {
            now: now(),
            known_hosts: self.known_hosts(&account),
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

    fn current<'a>(
        &'a self,
        progress: &Progress,
    ) -> Option<(usize, &'a crate::course::lesson::Step)> {
        let number = progress.current(&self.lesson)?;
        self.lesson.steps.get(number).map(|step| (number, step))
    }

    fn news(&self, state: &mut State, judgement: &Judgement, typed: bool) -> String {
        let mut text = String::new();
        let mut moved = false;
        for passed in judgement.newly_passed() {
            moved = true;
            if let Verdict::Passed { saw } = &passed.verdict {
                let _ = writeln!(text, "[done] {saw}");
            }
        }
        let Some(current) = judgement.current() else {
            text.push_str(&self.farewell(&state.progress));
            return text;
        };
        if moved {
            state.said = Some((current.id.clone(), current.verdict.clone()));
            match current.verdict.mistake() {
                // The same command that made the key also spoiled its file: that cannot wait for the next one.
                Some(recognised) if recognised.mistake.is_in_the_file() => {
                    explain(&mut text, recognised);
                }
                Some(_) | None => text.push_str(&self.next(&state.progress)),
            }
            return text;
        }
        let repeated = state
            .said
            .as_ref()
            .is_some_and(|(id, said)| (id, said) == (&current.id, &current.verdict));
        // Only a command is answered, or a change that came by itself: not the first prompt, and not Enter alone.
        let stands_still = state.said.is_none() || repeated;
        if !typed && stands_still {
            return text;
        }
        state.said = Some((current.id.clone(), current.verdict.clone()));
        match &current.verdict {
            Verdict::Passed { .. } => {}
            Verdict::NotYet {
                wanted,
                found,
                mistake,
            } => match mistake {
                Some(recognised) => explain(&mut text, recognised),
                None if repeated => {
                    // The goal is worded as what to do, and is short.
                    let todo = self
                        .current(&state.progress)
                        .map_or(wanted.as_str(), |(_, step)| step.goal.as_str());
                    let _ = writeln!(text, "[not yet] {todo}");
                }
                None => {
                    let _ = writeln!(text, "[not yet] {found}");
                    let _ = writeln!(text, "Awaited: {wanted}");
                    text.push_str("`lab` shows the task, `lab hint` helps.\n");
                }
            },
            Verdict::CouldNotTell { why } => {
                let _ = writeln!(
                    text,
                    "[could not tell] {why} Type `lab check` to look again."
                );
            }
        }
        text
    }

    fn next(&self, progress: &Progress) -> String {
        match self.current(progress) {
            Some((number, step)) => format!(
                "Next, step {} of {}: {}\nType `lab` to read how, `lab hint` for help.",
                number + 1,
                self.lesson.steps.len(),
                step.goal
            ),
            None => self.farewell(progress),
        }
    }

    fn farewell(&self, progress: &Progress) -> String {
        let skipped: Vec<&str> = self
            .lesson
            .steps
            .iter()
            .filter(|step| !progress.has_passed(&step.id))
            .map(|step| step.id.as_str())
            .collect();
        let points = format!("{} of {} points", progress.points(), self.lesson.points());
        if skipped.is_empty() {
            format!(
                "[passed] {}: every step is done, {points}.\nYou have done this with the real ssh and the real files: \
                 on AWS it is the same.\nType `exit` to leave, or go on exploring.",
                self.lesson.title
            )
        } else {
            format!(
                "You are at the end, with {points}. Skipped and still open: {}.\nDo them now if you like, or type `exit`.",
                skipped.join(", ")
            )
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

/// A mistake's sentence, and the command that cures it on lines of its own.
fn explain(text: &mut String, recognised: &Recognised) {
    let _ = writeln!(text, "[not yet] {}", recognised.says);
    for line in recognised.cure.iter().flat_map(|cure| cure.lines()) {
        let _ = writeln!(text, "    {line}");
    }
}

/// Keeps what is said after one command to a few lines: each sentence that is dropped can be read with `lab`.
fn shortened(text: &str) -> String {
    let wrapped = |text: &str| {
        text.lines()
            .map(|line| line.len().div_ceil(crate::lab::voice::WIDTH).max(1))
            .sum::<usize>()
    };
    let mut kept: Vec<&str> = text.lines().collect();
    while kept.len() > 2 && wrapped(&kept.join("\n")) > LINES {
        // The oldest passed step is the one that is missed least.
        kept.remove(0);
    }
    kept.join("\n")
}

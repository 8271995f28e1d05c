//! The coach: gather evidence for the current step, judge, record, speak.
//!
//! It answers after each command of the learner's shell and to the word `lab`. It speaks in at most [`LINES`] lines: what
//! was seen, what is awaited, and how to go on. The tools' own output is never altered.
//!
//! A `groundschool watch` is told the same in the same words, and besides what comes about while no prompt is there to tell
//! it: [`Coach::beside`].

mod arrival;
mod class_way;
mod ear;
mod outset;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::classroom::hand_in::Part;
use crate::classroom::ledger::Ledger;
use crate::course::answers;
use crate::course::asides::for_world;
use crate::course::evidence::{
    Account, Evidence, KeyFile, Known, KnownHost, Need, Places, Silence, What,
};
use crate::course::judge::{Judgement, Report, StepVerdict, judge, needs, report, unmet};
use crate::course::lesson::{Lesson, Step};
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;
use crate::course::start::Begun;
use crate::course::verdict::{Verdict, Word};
use crate::course::way;
use crate::lab::files::write_atomically;
use crate::lab::journal::{Journal, now};
use crate::lab::records::{self, Before, Records};
use crate::lab::server::control::News;
use crate::lab::voice::Voice;
use crate::lab::workspace::Workspace;
use crate::lab::world::World;

use self::arrival::Arrival;
use self::ear::Told;
use self::outset::Outset;

pub use self::class_way::{Named, first_open};
pub use self::ear::Ear;
pub use self::words::LINES;
use self::words::Outlook;

/// How long a verdict must stand before it is said unasked, in milliseconds: a command at work (`aws … > file` empties the
/// file, and fills it a second later) is not a mistake.
const SETTLED: i64 = 2_000;
/// The same for what takes a client longer: a silent address is met when ssh has given up, after 7 s, and an empty key file
/// may be a slow `aws` that has just started.
const SETTLED_LATE: i64 = 8_000;
/// How long a connection must be over, in milliseconds, before it is judged without the shell: the prompt that follows knows
/// the command line.
const ENDED: i64 = 1_000;
/// Commands in vain after which help is offered, and again after as many more.
const PATIENCE: u32 = 3;
/// What an exam keeps to itself.
pub const EXAM: &str = "This is an exam: hints are off. `lab hint` and `lab why` say nothing, and no mistake is explained.";
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
    /// What was made when the lesson began.
    begun: Mutex<Begun>,
    state: Mutex<State>,
    /// How the learner named the lab when they opened it.
    named: Mutex<Named>,
    /// Held while progress is written, so that an older one never replaces a newer.
    writing: Mutex<()>,
}

/// Where the learner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The lesson's title.
    pub title: String,
    /// The current step; none when all are behind the learner.
    pub current: Option<Current>,
    /// What the learner can do now, in Markdown, once every step is passed.
    pub closing: Option<String>,
    /// Each step: `done`, `skipped` or `to do`, and its goal.
    pub steps: Vec<(&'static str, String)>,
    /// Points that were earned, and all there are.
    pub points: (u32, u32),
    /// The language of the lesson's texts; none for that of the originals.
    pub language: Option<String>,
}

/// The step that the learner is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its place among the steps.
    pub number: usize,
    /// Its text in Markdown, with the question that is open.
    pub text: String,
    /// The letters of that question's answers.
    pub answers: String,
}

/// Why the coach speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// A command has ended.
    Typed,
    /// Enter alone, or a look of the coach's own.
    Idle,
    /// The learner has asked for everything.
    Asked,
}

struct State {
    progress: Progress,
    /// What a hand-in will need; none for a look that changes nothing.
    records: Option<Records>,
    /// The shell, first, and the watches.
    ears: BTreeMap<Ear, Told>,
    next_ear: u32,
    /// Since when the learner is at their step.
    arrival: Arrival,
    /// What that step began with.
    outset: Outset,
    /// Commands that the shell has told of.
    commands: u64,
    /// Progress has changed since it was last written.
    unsaved: bool,
    /// The last try to write it failed.
    failing: bool,
    /// That, to be said once.
    trouble: Option<String>,
    /// Checks that were seen unmet while their step was the current one, by step and place; none when nobody wants to know.
    unmet: Option<BTreeSet<(String, usize)>>,
}

impl Occasion {
    fn of(typed: bool) -> Self {
        if typed { Self::Typed } else { Self::Idle }
    }
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
            records: None,
            ears: BTreeMap::from([(Ear::SHELL, Told::new(voice, 0))]),
            next_ear: 1,
            arrival: Arrival::default(),
            outset: Outset::default(),
            commands: 0,
            unsaved: false,
            failing: false,
            trouble: None,
            unmet: None,
        });
        Self {
            lesson,
            world,
            workspace,
            home,
            keep,
            begun: Mutex::default(),
            named: Mutex::default(),
            state,
            writing: Mutex::new(()),
        }
    }

    /// With what was made when the lesson began.
    #[must_use]
    pub fn begun(self, begun: Begun) -> Self {
        Self {
            begun: Mutex::new(begun),
            ..self
        }
    }

    /// The same coach, who keeps what a hand-in will need and obeys the lab's class.
    #[must_use]
    pub fn with_records(self, records: Records) -> Self {
        self.state().records = Some(records);
        self
    }

    /// The lesson's part of a hand-in, as of now.
    pub fn part(&self) -> Option<Part> {
        let state = self.state();
        let records = state.records.as_ref()?;
        Some(records.part(&state.progress))
    }

    /// How the learner named the lab when they opened it: commands that lead back to it are said so.
    pub fn was_named(&self, named: Named) {
        *self.named.lock().unwrap_or_else(PoisonError::into_inner) = named;
    }

    /// The class's lesson that comes next, besides this one; none without a class, or when all others are passed.
    pub fn next_in_class(&self) -> Option<Lesson> {
        let state = self.state();
        let class = state.records.as_ref()?.class()?;
        class_way::next(class, &self.lesson, self.workspace.layout())
    }

    /// Where the class hands in, in words.
    pub fn hand_in_to(&self) -> Option<String> {
        let state = self.state();
        state.records.as_ref()?.class()?.hand_in_to.clone()
    }

    /// The lesson's last page: in a class with the class's next lesson, else as it stands in the lesson.
    fn last_page(&self, state: &State) -> String {
        let page = for_world(&self.lesson.done, self.world.kind());
        let Some(class) = state.records.as_ref().and_then(Records::class) else {
            return page;
        };
        let next = class_way::next(class, &self.lesson, self.workspace.layout());
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let after = class_way::after(class, next.as_ref(), &named);
        format!("{}\n{after}", class_way::without_the_course(&page))
    }

    /// Where the lesson happens, and whether in a class.
    fn outlook(&self, state: &State) -> Outlook {
        let class = state.records.as_ref().and_then(Records::class);
        Outlook {
            world: self.world.kind(),
            in_class: class.is_some(),
        }
    }

    /// The lesson's ledger as it is on the disk, for a look that changes nothing.
    pub fn ledger(&self) -> Option<Ledger> {
        let part = records::part(self.workspace.layout(), &self.lesson.slug);
        part.ok().flatten().map(|part| part.ledger)
    }

    /// What the class has to say at the beginning: its mode, and how much time is left.
    pub fn class_words(&self) -> Option<String> {
        let state = self.state();
        let records = state.records.as_ref()?;
        let class = records.class()?;
        let mut words = format!("Class: {}.", class.title);
        if !class.has_hints() {
            words = format!("{words} {EXAM}");
        }
        if let Some(left) = records.time_left(now()) {
            words = format!("{words}\n{left}");
        }
        Some(words)
    }

    /// Whether hints and explanations are off.
    pub fn is_exam(&self) -> bool {
        is_exam(&self.state())
    }

    /// The lesson.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The place of the step that the learner is at; none when all are done.
    pub fn current_step(&self) -> Option<usize> {
        words::current(&self.lesson, &self.state().progress).map(|(number, _)| number)
    }

    /// Where the learner is, for a page that shows it.
    pub fn place(&self) -> Place {
        let state = self.state();
        let progress = &state.progress;
        let evidence = self.gather(&needs(&self.lesson, progress));
        let current = words::current(&self.lesson, progress).map(|(number, step)| Current {
            number,
            text: format!("{}{}", self.text(step), words::asked(step, &evidence)),
            answers: words::letters(step, &evidence)
                .map(|(_, letters)| letters)
                .unwrap_or_default(),
        });
        let is_complete = progress.is_complete(&self.lesson);
        Place {
            title: self.lesson.title.clone(),
            current,
            closing: is_complete.then(|| self.last_page(&state)),
            steps: words::steps(&self.lesson, progress)
                .map(|(word, goal)| (word, goal.to_owned()))
                .collect(),
            points: (progress.points(), self.lesson.points()),
            language: self.lesson.language.as_ref().map(ToString::to_string),
        }
    }

    /// A copy of the progress.
    pub fn progress(&self) -> Progress {
        self.state().progress.clone()
    }

    /// The key files as they are now.
    pub fn key_files(&self) -> Vec<KeyFile> {
        self.workspace.key_files()
    }

    /// A command has ended in that folder: what it led to may hold keys.
    pub fn heard(&self, directory: &Path, command: &str) {
        self.workspace.heard(directory, command);
    }

    /// Gathers, judges and records; what came of it.
    pub fn look(&self) -> Judgement {
        let judgement = self.look_with(&mut self.state());
        self.save();
        judgement
    }

    /// From now on it is noted which checks are not met while the learner is at their step.
    pub fn note_unmet(&self) {
        self.state().unmet.get_or_insert_default();
    }

    /// What was noted: a step's id, and the check's place in it.
    pub fn unmet(&self) -> BTreeSet<(String, usize)> {
        self.state().unmet.clone().unwrap_or_default()
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
        let time = state
            .records
            .as_mut()
            .and_then(|records| records.milestone(now()));
        lasting.extend(time.map(|time| time + "\n"));
        let mut news = self.news(&mut state, Ear::SHELL, &judgement, Occasion::of(typed));
        self.offer_after_silence(&mut state, &mut news, typed);
        lasting.push_str(words::shortened(&news.lasting, &news.standing));
        let voice = voice(&state, Ear::SHELL);
        let mut standing = voice.say(&news.standing);
        if judgement.current().is_none() && !standing.is_empty() {
            standing += &self.closing(&state, voice);
        }
        News {
            lasting: voice.say(&lasting),
            standing,
            matters: news.matters,
            has_moved: news.has_moved,
        }
    }

    /// Somebody has been at a step for long, and goes on trying: the hints are still there.
    fn offer_after_silence(&self, state: &mut State, news: &mut News, typed: bool) {
        let current = words::current(&self.lesson, &state.progress);
        let number = current.map(|(number, _)| number);
        let is_long = state.arrival.is_long(number, now(), self.lesson.patience);
        let has_more = current.is_some_and(|(_, step)| {
            let shown = state.progress.hints.get(&step.id).copied().unwrap_or(0);
            usize::try_from(shown).is_ok_and(|shown| shown < step.hints.len())
        });
        if typed
            && is_long
            && has_more
            && !is_exam(state)
            && let Some(text) = words::after_silence(&news.standing)
        {
            news.standing = text;
            state.arrival.offered();
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
            self.record(&mut state, &judgement, &evidence);
            let news = self.news(&mut state, ear, &judgement, Occasion::Typed);
            if let Some(told) = state.ears.get_mut(&ear) {
                told.answered = attempt.number;
            }
            let lasting = words::shortened(&news.lasting, &news.standing);
            let text = format!("{lasting}{}", news.standing);
            let voice = voice(&state, ear);
            let mut text = voice.say(&text);
            if judgement.current().is_none() && !text.is_empty() {
                text += &self.closing(&state, voice);
            }
            return (text, false);
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
            self.record(&mut state, &passed, &evidence);
        }
        let (text, waits) = self.unasked(&mut state, ear, &judgement, attempt, &evidence);
        (voice(&state, ear).say(&text), waits)
    }

    fn unasked(
        &self,
        state: &mut State,
        ear: Ear,
        judgement: &Judgement,
        attempt: Attempt,
        evidence: &Evidence,
    ) -> (String, bool) {
        let now = evidence.now;
        let exam = is_exam(state);
        let outlook = self.outlook(state);
        let State { progress, ears, .. } = &mut *state;
        let Some(told) = ears.get_mut(&ear) else {
            return (String::new(), false);
        };
        let mut text = std::mem::take(&mut told.unheard);
        let moved = !text.is_empty();
        if moved {
            text.push_str(&words::next(&self.lesson, progress, outlook));
            told.said = None;
        }
        let Some(current) = judgement.current() else {
            return (text, false);
        };
        let current = &if exam {
            unexplained(current)
        } else {
            current.clone()
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
        self.record(state, judgement, evidence);
        (text, false)
    }

    /// The first screen of the lesson, or the task again: where the learner is, and the text of the step.
    pub fn task(&self, ear: Ear) -> String {
        let mut state = self.state();
        let (evidence, judgement) = self.judged(&state.progress);
        self.record(&mut state, &judgement, &evidence);
        let voice = voice(&state, ear);
        let outlook = self.outlook(&state);
        let State { progress, ears, .. } = &mut *state;
        let mut text = String::new();
        if let Some(told) = ears.get_mut(&ear) {
            text = voice.say(&std::mem::take(&mut told.unheard));
            told.said = None;
        }
        let Some((number, step)) = words::current(&self.lesson, progress) else {
            text += &voice.say(&words::farewell(&self.lesson, progress, outlook));
            return text + &self.closing(&state, voice);
        };
        text += &voice.say(&format!(
            "{} - step {} of {}",
            self.lesson.title,
            number + 1,
            self.lesson.steps.len()
        ));
        let asked = words::asked(step, &evidence);
        text + &voice.markdown(&format!("{}{asked}", self.text(step)))
    }

    /// Takes the answer of this letter into the journal, and says what it came to; the error is what to say when nothing is asked, or
    /// the letter is none.
    pub fn answer(&self, ear: Ear, words: &[&str], journal: &Journal) -> Result<String, String> {
        let state = self.state();
        let evidence = self.gather(&needs(&self.lesson, &state.progress));
        let step = words::current(&self.lesson, &state.progress).map(|(_, step)| step);
        let answer = words::answer(step, &evidence, words);
        drop(state);
        match answer {
            Ok(answered) => {
                journal.add(answered);
                Ok(self.answered(ear))
            }
            Err(text) => Err(self.say(ear, &text)),
        }
    }

    /// What to say to an answer that is in the journal now.
    fn answered(&self, ear: Ear) -> String {
        let mut state = self.state();
        let (evidence, judgement) = self.judged(&state.progress);
        self.record(&mut state, &judgement, &evidence);
        let voice = voice(&state, ear);
        if judgement.newly_passed().next().is_some() {
            let news = self.news(&mut state, ear, &judgement, Occasion::Typed);
            return voice.say(&(trouble(&mut state) + &news.text())) + &self.closing(&state, voice);
        }
        let trouble = trouble(&mut state);
        let exam = is_exam(&state);
        let State {
            progress,
            records,
            unsaved,
            ..
        } = &mut *state;
        let step = words::current(&self.lesson, progress).map(|(_, step)| step);
        if let Some(step) = step
            && let Some(records) = records
            && answers::last_is_wrong(step, &evidence)
        {
            records.answered_wrongly(&step.id, evidence.now);
            *unsaved = true;
        }
        let (said, more) = words::reply(step, judgement.current(), &evidence, exam);
        voice.say(&(trouble + &said)) + &voice.markdown(&more)
    }

    /// A step's text as it is shown in this world.
    fn text(&self, step: &Step) -> String {
        for_world(&step.text, self.world.kind())
    }

    /// The page of what the learner can do now, once every step is passed.
    fn closing(&self, state: &State, voice: Voice) -> String {
        if state.progress.is_complete(&self.lesson) {
            voice.say(" ") + &voice.markdown(&self.last_page(state))
        } else {
            String::new()
        }
    }

    /// Who is at the other end: how far the newest try came, and what stopped it there.
    pub fn why(&self, ear: Ear) -> String {
        let state = self.state();
        let voice = voice(&state, ear);
        if is_exam(&state) {
            return voice.say(EXAM);
        }
        let is_quiet =
            words::current(&self.lesson, &state.progress).is_some_and(|(_, step)| step.quiet);
        if is_quiet {
            return voice
                .say("At this step the lab does not tell: finding out why is what it is about. `lab` shows the task.");
        }
        let needs = BTreeSet::from([Need::Account, Need::KeyFiles, Need::Events]);
        let (evidence, judgement) = self.judged_with(&state.progress, needs);
        let way = way::newest(&evidence, &judgement.bindings);
        voice.say(&words::way(way.as_ref()))
    }

    /// The next hint.
    pub fn hint(&self, ear: Ear) -> String {
        let mut state = self.state();
        if is_exam(&state) {
            return voice(&state, ear).say(&format!("{EXAM} `lab` shows the task."));
        }
        let step = words::current(&self.lesson, &state.progress).map(|(_, step)| &step.id);
        let hint = state.progress.hint(&self.lesson);
        if let (Some(step), Some((level, ..)), Some(records)) = (step, hint, &mut state.records) {
            records.hinted(step, level, now());
        }
        let text = match hint {
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
        let news = self.news(&mut state, ear, &judgement, Occasion::Asked);
        let text = if news.is_empty() && judgement.current().is_some() {
            words::AWAITS_AN_ANSWER.to_owned()
        } else if news.is_empty() {
            words::farewell(&self.lesson, &state.progress, self.outlook(&state))
        } else {
            news.text()
        };
        let voice = voice(&state, ear);
        let text = voice.say(&(trouble(&mut state) + &text));
        if judgement.current().is_none() {
            return text + &self.closing(&state, voice);
        }
        text
    }

    /// Goes on without the current step. The other listeners will hear of it.
    pub fn skip(&self, ear: Ear) -> String {
        let mut state = self.state();
        let Some(skipped) = state.progress.skip(&self.lesson, now()) else {
            return voice(&state, ear).say("There is nothing to skip: every step is done.");
        };
        state.unsaved = true;
        if let Some(records) = &mut state.records {
            records.skipped(&skipped, now());
        }
        let goal = self
            .lesson
            .step(&skipped)
            .map_or("", |(_, step)| &step.goal);
        let line = format!("[skipped] {goal}\nIt has no points now; you can still do it later.");
        tell_others(&mut state, ear, &line);
        let mut text = trouble(&mut state);
        let _ = writeln!(text, "{line}");
        text.push_str(&words::next(
            &self.lesson,
            &state.progress,
            self.outlook(&state),
        ));
        voice(&state, ear).say(&text)
    }

    /// Where the learner stands, step by step.
    pub fn standing(&self, ear: Ear) -> String {
        let state = self.state();
        let time = state
            .records
            .as_ref()
            .and_then(|records| records.time_left(now()));
        let mut standing = words::standing(&self.lesson, &state.progress);
        if let Some(time) = time {
            let _ = write!(standing, "\n{time}");
        }
        voice(&state, ear).say(&standing)
    }

    /// Writes the progress if it has changed. The disk may take longer than a prompt can wait, so whoever answers a prompt
    /// calls this after the answer; what failed is said with the next one.
    pub fn save(&self) {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.keep else { return };
        let (progress, ledger) = {
            let mut state = self.state();
            if !std::mem::take(&mut state.unsaved) {
                return;
            }
            let ledger = state.records.as_mut().and_then(Records::take_unsaved);
            (state.progress.to_json(), ledger)
        };
        // The evidence first: no step is passed without it.
        let written = match &ledger {
            Some((path, ledger)) => write_atomically(path, ledger.as_bytes()),
            None => Ok(()),
        };
        let written = written.and_then(|()| write_atomically(path, progress.as_bytes()));
        let mut state = self.state();
        // What could not be written is tried again with the next answer.
        let failed_before = std::mem::replace(&mut state.failing, written.is_err());
        if let Err(error) = written {
            state.unsaved = true;
            if let (Some(_), Some(records)) = (ledger, &mut state.records) {
                records.is_unsaved();
            }
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
    pub fn start_again(&self, ear: Ear, begun: Begun) -> String {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = begun;
        {
            let mut state = self.state();
            state.progress = Progress::new(&self.lesson.slug);
            if let Some(records) = &mut state.records {
                records.start_again(now());
            }
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
        self.record(state, &judgement, &evidence);
        judgement
    }

    /// Gathers what the current step needs, and more only when that passes.
    fn judged(&self, progress: &Progress) -> (Evidence, Judgement) {
        self.judged_with(progress, BTreeSet::new())
    }

    /// The same, with these needs gathered in any case.
    fn judged_with(&self, progress: &Progress, besides: BTreeSet<Need>) -> (Evidence, Judgement) {
        let mut wanted = needs(&self.lesson, progress);
        wanted.extend(besides);
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

    fn record(&self, state: &mut State, judgement: &Judgement, evidence: &Evidence) {
        for passed in judgement.newly_passed() {
            for told in state.ears.values_mut() {
                told.passed(passed);
            }
        }
        let before = Before::from(&state.progress);
        let State {
            progress, records, ..
        } = state;
        let is_news = progress.record(&self.lesson, judgement, evidence.now);
        let attempt = newest_attempt(evidence).number;
        state.outset.judged(judgement.current(), attempt);
        if is_news && let Some(records) = records {
            records.looked(&before, progress, judgement, evidence);
        }
        state.unsaved |= is_news;
        if let Some(noted) = &mut state.unmet
            && let Some((step, places)) = unmet(&self.lesson, &state.progress, evidence)
        {
            noted.extend(places.into_iter().map(|place| (step.clone(), place)));
        }
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
            met: BTreeSet::new(),
            aliases: if needs.contains(&Need::Aliases) {
                Known::Seen(self.workspace.aliases())
            } else {
                Known::NotGathered
            },
            riddles: self
                .begun
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .riddles
                .clone(),
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
    fn news(&self, state: &mut State, ear: Ear, judgement: &Judgement, occasion: Occasion) -> News {
        let exam = is_exam(state);
        let outlook = self.outlook(state);
        let State {
            progress,
            ears,
            outset,
            ..
        } = state;
        let Some(told) = ears.get_mut(&ear) else {
            return News::default();
        };
        let mut news = News {
            lasting: std::mem::take(&mut told.unheard),
            ..News::default()
        };
        let moved = !news.lasting.is_empty();
        news.has_moved = moved;
        let Some(current) = judgement.current() else {
            if moved {
                news.standing = words::farewell(&self.lesson, progress, outlook);
                news.matters = true;
            }
            return news;
        };
        let has_mistake = current.verdict.mistake().is_some();
        let is_known = outset.holds(current) && occasion != Occasion::Asked;
        let current = &if exam || is_known {
            unexplained(current)
        } else {
            current.clone()
        };
        let repeated = told.has_said(current);
        if std::mem::take(&mut told.unasked) && repeated && !moved {
            // The command that has ended is the one that was answered while it ran.
            return news;
        }
        // Only a command is answered, or a change that came by itself: not the first prompt, and not Enter alone.
        let stands_still = told.said.is_none() || repeated;
        if !moved && occasion == Occasion::Idle && stands_still {
            return news;
        }
        let mistake = current.verdict.mistake();
        let asks =
            words::current(&self.lesson, progress).is_some_and(|(_, step)| words::asks(step));
        if asks && !moved && mistake.is_none() && current.verdict.word() == Word::NotYet {
            // Nothing but an answer is awaited, and `lab` shows the question.
            return news;
        }
        told.say(current);
        // A command on the way is no failure.
        told.in_vain = match (moved, has_mistake) {
            (true, _) => 0,
            (false, true) => told.in_vain + 1,
            (false, false) => told.in_vain,
        };
        news.matters = moved || mistake.is_some();
        news.standing = match mistake {
            // The same command that made the key also spoiled its file: that cannot wait for the next one.
            Some(recognised) if moved && recognised.mistake.is_in_the_file() => {
                words::explain(recognised)
            }
            Some(_) | None if moved => words::next(&self.lesson, progress, outlook),
            Some(_) | None => words::verdict(&self.lesson, progress, current, repeated),
        };
        if has_mistake && told.in_vain > 0 && told.in_vain.is_multiple_of(PATIENCE) {
            news.standing = words::with_an_offer(news.standing);
        }
        if exam {
            news.standing = words::without_hints(&news.standing);
        }
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

fn is_exam(state: &State) -> bool {
    let records = state.records.as_ref();
    records.is_some_and(|records| !records.has_hints())
}

/// The verdict without the name and the cure of a mistake. The ledger has them for the teacher.
fn unexplained(judged: &StepVerdict) -> StepVerdict {
    let verdict = match &judged.verdict {
        Verdict::NotYet { wanted, found, .. } => Verdict::not_yet(wanted, found),
        other @ (Verdict::Passed { .. } | Verdict::CouldNotTell { .. }) => other.clone(),
    };
    StepVerdict {
        id: judged.id.clone(),
        verdict,
    }
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
            | What::Copied { .. }
            | What::Answered { .. }
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

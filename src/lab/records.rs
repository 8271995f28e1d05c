//! What a hand-in will need, kept while the lesson is taken: the lesson's ledger, and the class that the lab has joined.
//!
//! The ledger is `.groundschool/ledger-<lesson>.json`, replaced as a whole and atomically each time something was added. It is
//! written before the progress: a kill between the two leaves a step that is in the ledger and passes once more, never one that
//! is passed without its evidence. What may be in it is decided in `classroom/seen.rs`; nobody reads it until the learner hands
//! in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use rand::RngExt;

use crate::classroom::class::{Class, FORMAT, Joined, Mode, variant};
use crate::classroom::hand_in::{Claim, Part};
use crate::classroom::ledger::{Began, Fact, Ledger, LedgerError};
use crate::classroom::seen::Seen;
use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::judge::Judgement;
use crate::course::lesson::World;
use crate::course::mistake::Mistake;
use crate::course::progress::{Progress, ProgressError};
use crate::lab::files::{read_if_there, write_atomically};
use crate::lab::workspace::Layout;

/// Minutes that are left when it is said, the last first said last.
const MILESTONES: [i64; 5] = [30, 10, 5, 1, 0];
const MINUTE: i64 = 60_000;

/// What was kept cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A ledger.
    #[error("{}: {source}", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: LedgerError,
    },
    /// A progress file.
    #[error("{}: {source}", path.display())]
    Progress {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ProgressError,
    },
    /// The class.
    #[error("{}: {why}", path.display())]
    Class {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The disk.
    #[error("{}: {source}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn system(path: &Path) -> impl FnOnce(io::Error) -> RecordsError + '_ {
    move |source| RecordsError::System {
        path: path.to_owned(),
        source,
    }
}

/// One lesson's records.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    ledger: Ledger,
    class: Option<Joined>,
    unsaved: bool,
    /// How many of the [`MILESTONES`] have been said.
    said: usize,
}

impl Records {
    /// The records of a lesson in this lab, from where they stand.
    pub fn open(
        layout: &Layout,
        lesson: &str,
        world: World,
        now: i64,
    ) -> Result<Self, RecordsError> {
        let path = layout.ledger(lesson);
        let class = joined(layout)?;
        let kept = read_ledger(&path)?;
        let unsaved = kept.is_none();
        let ledger = if let Some(kept) = kept {
            kept
        } else {
            let began = Began {
                lab: lab_id(layout)?,
                attempt: 1,
                world,
                class: class.as_ref().map(|joined| joined.class.id.clone()),
                variant: String::new(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
            };
            begin(lesson, now, began, class.as_ref())
        };
        let mut records = Self {
            path,
            ledger,
            class,
            unsaved,
            said: 0,
        };
        // What has gone by before the lab was opened is on the first screen.
        let _ = records.milestone(now);
        Ok(records)
    }

    /// The number that a class's lesson draws by; none without a class, where it draws by chance.
    pub fn drawn_by(&self) -> Option<u64> {
        self.class.as_ref()?;
        u64::from_str_radix(self.variant(), 16).ok()
    }

    /// What the lesson draws by, where it draws from a pool.
    pub fn variant(&self) -> &str {
        self.ledger
            .began()
            .map_or("", |(_, began)| began.variant.as_str())
    }

    /// The class.
    pub fn class(&self) -> Option<&Class> {
        self.class.as_ref().map(|joined| &joined.class)
    }

    /// Whether hints are shown.
    pub fn has_hints(&self) -> bool {
        self.class().is_none_or(Class::has_hints)
    }

    /// After a look: what passed with its evidence, and the mistake that was recognised anew. `before` and `after` are the progress
    /// as it was and as it is.
    pub fn looked(
        &mut self,
        before: &Before,
        after: &Progress,
        judgement: &Judgement,
        evidence: &Evidence,
    ) {
        let steps: Vec<String> = judgement
            .newly_passed()
            .map(|passed| passed.id.clone())
            .filter(|id| !self.ledger.has_passed(id))
            .collect();
        if !steps.is_empty() {
            let after = self.ledger.last_event();
            let seen = Seen::of(
                evidence,
                &before.bindings,
                &judgement.bindings,
                after,
                &steps,
            );
            let seen = Box::new(seen);
            self.add(evidence.now, Fact::Passed { steps, seen });
        }
        if let Some(current) = judgement.current()
            && let Some(recognised) = current.verdict.mistake()
            && after.mistakes.get(&recognised.mistake) != before.mistakes.get(&recognised.mistake)
        {
            let step = current.id.clone();
            let mistake = recognised.mistake;
            self.add(evidence.now, Fact::Mistake { step, mistake });
        }
    }

    /// A hint was shown.
    pub fn hinted(&mut self, step: &str, level: usize, now: i64) {
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        let shown = self.ledger.entries().iter().any(|entry| {
            matches!(&entry.fact, Fact::Hint { step: of, level: earlier } if of == step && *earlier >= level)
        });
        if !shown {
            let step = step.to_owned();
            self.add(now, Fact::Hint { step, level });
        }
    }

    /// An answer was wrong.
    pub fn answered_wrongly(&mut self, step: &str, now: i64) {
        let step = step.to_owned();
        self.add(now, Fact::WrongAnswer { step });
    }

    /// A step was skipped.
    pub fn skipped(&mut self, step: &str, now: i64) {
        let step = step.to_owned();
        self.add(now, Fact::Skipped { step });
    }

    /// The lesson starts again.
    pub fn start_again(&mut self, now: i64) {
        self.ledger = again(&self.ledger, now, self.class.as_ref());
        self.unsaved = true;
    }

    fn add(&mut self, at: i64, fact: Fact) {
        self.ledger.add(at, fact);
        self.unsaved = true;
    }

    /// What is to be written, and where; none when it is on the disk.
    pub fn take_unsaved(&mut self) -> Option<(PathBuf, String)> {
        std::mem::take(&mut self.unsaved).then(|| (self.path.clone(), self.ledger.to_json()))
    }

    /// It could not be written.
    pub fn is_unsaved(&mut self) {
        self.unsaved = true;
    }

    /// The lesson's part of a hand-in.
    pub fn part(&self, progress: &Progress) -> Part {
        Part {
            claim: Claim::from(progress),
            ledger: self.ledger.clone(),
        }
    }

    /// How much time is left, in words, in a class with a limit.
    pub fn time_left(&self, now: i64) -> Option<String> {
        let deadline = self.class.as_ref()?.deadline()?;
        let minutes = (deadline - now).div_euclid(MINUTE);
        Some(match minutes {
            ..0 => "[time] The time is over. What you still do is recorded as late.".to_owned(),
            0 => "[time] Less than a minute is left.".to_owned(),
            1 => "[time] 1 minute is left.".to_owned(),
            minutes => format!("[time] {minutes} minutes are left."),
        })
    }

    /// The same, once each time when 30, 10, 5, 1 or no minutes are left.
    pub fn milestone(&mut self, now: i64) -> Option<String> {
        let left = self.class.as_ref()?.deadline()? - now;
        let gone = MILESTONES
            .iter()
            .filter(|minutes| left < **minutes * MINUTE)
            .count();
        (std::mem::replace(&mut self.said, gone) < gone).then(|| self.time_left(now))?
    }
}

/// What of the progress must be known from before a look.
#[derive(Debug)]
pub struct Before {
    bindings: Bindings,
    mistakes: BTreeMap<Mistake, u32>,
}

impl From<&Progress> for Before {
    fn from(progress: &Progress) -> Self {
        Self {
            bindings: progress.bindings.clone(),
            mistakes: progress.mistakes.clone(),
        }
    }
}

fn begin(lesson: &str, now: i64, mut began: Began, class: Option<&Joined>) -> Ledger {
    let seed = class.map_or("", |joined| joined.class.seed.as_str());
    began.variant = variant(seed, &began.lab, lesson);
    Ledger::begin(lesson, now, began)
}

/// A new ledger after this one.
fn again(ledger: &Ledger, now: i64, class: Option<&Joined>) -> Ledger {
    let Some((_, began)) = ledger.began() else {
        return ledger.clone();
    };
    let began = Began {
        attempt: began.attempt.saturating_add(1),
        class: class.map(|joined| joined.class.id.clone()),
        ..began.clone()
    };
    begin(ledger.lesson(), now, began, class)
}

/// The lesson's ledger, if there is one.
fn read_ledger(path: &Path) -> Result<Option<Ledger>, RecordsError> {
    let Some(bytes) = read_if_there(path).map_err(system(path))? else {
        return Ok(None);
    };
    let ledger = Ledger::from_json(&String::from_utf8_lossy(&bytes));
    ledger.map(Some).map_err(|source| RecordsError::Ledger {
        path: path.to_owned(),
        source,
    })
}

/// The lesson's part of a hand-in, as it is on the disk; none when the lesson was never begun here.
pub fn part(layout: &Layout, lesson: &str) -> Result<Option<Part>, RecordsError> {
    let Some(ledger) = read_ledger(&layout.ledger(lesson))? else {
        return Ok(None);
    };
    let path = layout.progress(lesson);
    let progress = match read_if_there(&path).map_err(system(&path))? {
        None => Progress::new(lesson),
        Some(bytes) => Progress::from_json(&String::from_utf8_lossy(&bytes))
            .map_err(|source| RecordsError::Progress { path, source })?,
    };
    let claim = Claim::from(&progress);
    Ok(Some(Part { claim, ledger }))
}

/// Forgets a lesson's ledger but for how often it was begun. A damaged one goes as a whole.
pub fn forget(layout: &Layout, lesson: &str, now: i64) -> io::Result<()> {
    let path = layout.ledger(lesson);
    match read_ledger(&path) {
        Ok(None) => Ok(()),
        Ok(Some(ledger)) => {
            let class = joined(layout).ok().flatten();
            let again = again(&ledger, now, class.as_ref());
            write_atomically(&path, again.to_json().as_bytes())
        }
        Err(_) => std::fs::remove_file(&path),
    }
}

/// The class that this lab has joined.
pub fn joined(layout: &Layout) -> Result<Option<Joined>, RecordsError> {
    let path = layout.class();
    let Some(bytes) = read_if_there(&path).map_err(system(&path))? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| RecordsError::Class {
            path,
            why: error.to_string(),
        })
}

/// Joins a class, for as long as the folder exists. Its time runs from the first joining.
///
/// # Errors
/// When the lab is another class's, or one of the class's lessons was begun in it before.
pub fn join(layout: &Layout, class: Class, now: i64) -> Result<Joined, RecordsError> {
    let path = layout.class();
    let refused = |why: String| RecordsError::Class {
        path: path.clone(),
        why,
    };
    if let Some(joined) = joined(layout)? {
        return if joined.class.id == class.id {
            Ok(joined)
        } else {
            let title = &joined.class.title;
            Err(refused(format!("this lab is for another class, {title}")))
        };
    }
    let is_used = class
        .lessons
        .iter()
        .any(|lesson| layout.ledger(lesson).exists());
    if is_used {
        // What was begun outside of the class would have no grade in it.
        let kind = match class.mode {
            Mode::Practice => "class",
            Mode::Exam => "exam",
        };
        return Err(refused(format!(
            "this lab was used before the {kind}, and it wants a new one"
        )));
    }
    let joined = Joined {
        format: FORMAT,
        class,
        at: now,
    };
    let json = serde_json::to_vec(&joined).unwrap_or_default();
    write_atomically(&path, &json).map_err(system(&path))?;
    Ok(joined)
}

/// Sixteen random hexadecimal digits.
pub fn random_id() -> String {
    let number: u64 = rand::rng().random();
    format!("{number:016x}")
}

/// The lab's own id, made when it is first asked for.
fn lab_id(layout: &Layout) -> Result<String, RecordsError> {
    let path = layout.id();
    let kept = read_if_there(&path).map_err(system(&path))?;
    let kept = kept.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    let is_id = |id: &String| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(id) = kept.filter(is_id) {
        return Ok(id);
    }
    let id = random_id();
    write_atomically(&path, id.as_bytes()).map_err(system(&path))?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: &str = "01-key-pair-and-ssh";

    fn lab() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().to_owned());
        std::fs::create_dir(layout.private()).unwrap();
        (folder, layout)
    }

    fn class(id: &str, mode: Mode, minutes: Option<u32>) -> Class {
        Class {
            format: FORMAT,
            id: id.into(),
            title: "Clouds".into(),
            lessons: vec![LESSON.into()],
            mode,
            seed: "s".into(),
            time_limit_minutes: minutes,
            hand_in_to: None,
            asks: vec![],
            members: vec![],
        }
    }

    fn open(layout: &Layout) -> Records {
        Records::open(layout, LESSON, World::Simulator, 0).unwrap()
    }

    fn save(records: &mut Records) {
        if let Some((path, text)) = records.take_unsaved() {
            write_atomically(&path, text.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_ledger_goes_on_where_it_was_and_a_hint_is_written_once() {
        let (_folder, layout) = lab();
        let mut records = open(&layout);
        records.hinted("launch", 1, 1);
        save(&mut records);
        let mut again = open(&layout);
        assert_eq!(again.ledger, records.ledger);
        again.hinted("launch", 1, 2);
        assert!(again.take_unsaved().is_none());
        again.hinted("launch", 2, 3);
        assert!(again.take_unsaved().is_some());
        assert_eq!(
            part(&layout, LESSON).unwrap().unwrap().ledger,
            records.ledger
        );
        assert_eq!(part(&layout, "other").unwrap(), None);
    }

    #[test]
    fn a_reset_forgets_all_but_how_often_the_lesson_was_begun() {
        let (_folder, layout) = lab();
        let mut records = open(&layout);
        records.hinted("launch", 1, 1);
        records.start_again(2);
        save(&mut records);
        forget(&layout, LESSON, 3).unwrap();
        let again = open(&layout);
        let (_, began) = again.ledger.began().unwrap();
        assert_eq!((began.attempt, again.ledger.entries().len()), (3, 1));
        assert_eq!(began.lab, records.ledger.began().unwrap().1.lab);
        write_atomically(&layout.ledger(LESSON), b"spoiled").unwrap();
        assert!(Records::open(&layout, LESSON, World::Simulator, 0).is_err());
        forget(&layout, LESSON, 4).unwrap();
        assert_eq!(open(&layout).ledger.began().unwrap().1.attempt, 1);
    }

    #[test]
    fn an_exams_time_runs_from_the_first_joining_and_is_told_once_each_time() {
        let (_folder, layout) = lab();
        let exam = class("a", Mode::Exam, Some(60));
        join(&layout, exam.clone(), 0).unwrap();
        assert_eq!(join(&layout, exam, 9 * MINUTE).unwrap().at, 0);
        let mut records = open(&layout);
        assert!(!records.has_hints());
        let told: Vec<(i64, String)> = (0..65)
            .filter_map(|minute| Some((minute, records.milestone(minute * MINUTE + 1)?)))
            .collect();
        let minutes: Vec<i64> = told.iter().map(|(minute, _)| *minute).collect();
        assert_eq!(minutes, [30, 50, 55, 59, 60]);
        assert_eq!(told[0].1, "[time] 29 minutes are left.");
        assert!(told[4].1.contains("recorded as late"));
    }

    #[test]
    fn a_lab_is_one_classs_and_a_class_wants_a_new_one() {
        let (_folder, layout) = lab();
        let mut records = open(&layout);
        records.hinted("launch", 1, 1);
        save(&mut records);
        for mode in [Mode::Exam, Mode::Practice] {
            let refused = join(&layout, class("a", mode, None), 1).unwrap_err();
            assert!(refused.to_string().contains("used before"), "{refused}");
            assert_eq!(joined(&layout).unwrap(), None);
        }
        let (_other, layout) = lab();
        join(&layout, class("b", Mode::Practice, None), 1).unwrap();
        let refused = join(&layout, class("c", Mode::Practice, None), 1).unwrap_err();
        assert!(refused.to_string().contains("another class"), "{refused}");
        assert!(open(&layout).has_hints());
    }
}

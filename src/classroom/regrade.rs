//! Grading a hand-in again: the course's own judge decides from the evidence, and the claim is compared with what it says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::classroom::class::{Class, Mode, deadline, variant};
use crate::classroom::hand_in::{HandIn, Part};
use crate::classroom::learner::Learner;
use crate::classroom::ledger::{Fact, Ledger};
use crate::classroom::seen::Seen;
use crate::course::answers;
use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, Known};
use crate::course::judge::{Report, judge};
use crate::course::lesson::{Lesson, Step, World};
use crate::course::progress::{Done, Progress};
use crate::course::verdict::{Verdict, Word};

/// How far a clock may go back between two entries before it is mentioned, in milliseconds: clocks are set.
const CLOCK: i64 = 120_000;

/// So many wrong answers at one step of an exam look like guessing.
pub const GUESSES: u32 = 3;

/// A hand-in, graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Graded {
    /// The file's name.
    pub file: String,
    /// Who handed it in.
    pub learner: Learner,
    /// The class it is for: its id.
    pub class: Option<String>,
    /// When it was made.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// Points that the evidence earns.
    pub points: u32,
    /// Points that could be earned.
    pub of: u32,
    /// The lessons.
    pub lessons: Vec<GradedLesson>,
    /// What a teacher should look at.
    pub findings: Vec<Finding>,
    /// What no other lab has.
    #[serde(skip)]
    pub marks: BTreeSet<Mark>,
}

/// One lesson of a hand-in, graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GradedLesson {
    /// The lesson's folder.
    pub lesson: String,
    /// Its title.
    pub title: String,
    /// Points earned.
    pub points: u32,
    /// Points that could be earned.
    pub of: u32,
    /// Which time it was begun; 0 for a lesson that was not handed in.
    pub attempt: u32,
    /// `simulator` or `aws`; none for a lesson that was not handed in.
    #[schemars(with = "Option<String>")]
    pub world: Option<World>,
    /// When it was begun.
    #[schemars(with = "Option<String>")]
    pub began_at: Option<Timestamp>,
    /// The steps.
    pub steps: Vec<GradedStep>,
}

/// One step, graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GradedStep {
    /// The step's id.
    pub id: String,
    /// What was to be reached.
    pub goal: String,
    /// `passed`, `not_yet` or `could_not_tell`.
    #[schemars(with = "String")]
    pub verdict: Word,
    /// What the evidence shows, or why there is no grade.
    pub found: String,
    /// Points earned.
    pub points: u32,
    /// Points that could be earned.
    pub of: u32,
    /// When it passed.
    #[schemars(with = "Option<String>")]
    pub passed_at: Option<Timestamp>,
    /// It passed after the class's time was over.
    pub late: bool,
    /// It was skipped.
    pub skipped: bool,
    /// The hints that were shown.
    pub hints: u32,
    /// The mistakes that were recognised, and how often.
    pub mistakes: BTreeMap<String, u32>,
    /// How many answers were wrong, to the step's questions or about its riddle.
    pub wrong_answers: u32,
}

/// Something that a teacher should look at. None of them changes the points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// In words.
    pub says: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The claim says more than the evidence.
    ClaimDiffers,
    /// The evidence is about a key pair or an instance that was nowhere seen.
    NeverSeen,
    /// It says one thing in one place and another elsewhere.
    Contradiction,
    /// Times run backwards, or from the future.
    Clock,
    /// A lesson that this program does not have.
    UnknownLesson,
    /// The learner's copy of the class file says something else than the teacher's.
    ClassFileDiffers,
    /// Hints were shown in an exam.
    HintsInExam,
    /// Many answers at one step of an exam were wrong.
    WrongAnswers,
    /// The same learner handed in from another lab too.
    OtherLab,
    /// Another hand-in may be by the same person, or by another.
    WhoIsWho,
    /// Another hand-in has the same key, instance or lab.
    Shared,
}

/// Something that only one lab has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The lab's id.
    Lab(String),
    /// A key pair's fingerprint.
    KeyPair(String),
    /// An instance's id.
    Instance(String),
}

/// Whether a hand-in is one of this class: it says so itself, and each of its lessons was begun in the class.
///
/// # Errors
/// Why it is none, in words: such a file has no grade in this class.
pub fn belongs(hand_in: &HandIn, class: &Class) -> Result<(), String> {
    let not_to = format!("not to {} ({})", class.title, class.id);
    match &hand_in.class {
        None => return Err(format!("it belongs to no class, {not_to}")),
        Some(taken) if taken.id != class.id => {
            let (title, id) = (&taken.title, &taken.id);
            return Err(format!("it belongs to the class {title} ({id}), {not_to}"));
        }
        Some(_) => {}
    }
    for part in &hand_in.lessons {
        let began = part
            .ledger
            .began()
            .and_then(|(_, began)| began.class.as_ref());
        if began != Some(&class.id) {
            let lesson = part.ledger.lesson();
            return Err(match began {
                Some(id) => {
                    format!("its lesson {lesson} was begun in another class ({id}), {not_to}")
                }
                None => format!("its lesson {lesson} was begun outside of any class, {not_to}"),
            });
        }
    }
    Ok(())
}

/// Grades a hand-in. With a class, to which it must belong ([`belongs`]), the class's lessons count, handed in or not;
/// without one, those that were handed in do. `now` is Unix milliseconds.
pub fn regrade(
    file: &str,
    hand_in: &HandIn,
    course: &[Lesson],
    class: Option<&Class>,
    now: i64,
) -> Graded {
    let rules = Rules::of(hand_in, class);
    let mut findings = class.map_or_else(Vec::new, |class| otherwise(hand_in, class));
    let wanted = class.map(|class| class.lessons.as_slice());
    let mut lessons = Vec::new();
    let mut marks = BTreeSet::new();
    for part in &hand_in.lessons {
        let slug = part.ledger.lesson();
        let Some(lesson) = course.iter().find(|lesson| lesson.slug == slug) else {
            let says = format!("this groundschool has no lesson {slug}, so it is not graded");
            findings.push(Finding::new(Kind::UnknownLesson, says));
            continue;
        };
        if wanted.is_some_and(|wanted| !wanted.iter().any(|one| one == slug))
            || lessons.iter().any(|one: &GradedLesson| one.lesson == slug)
        {
            continue;
        }
        let mut regrader = Regrader::new(lesson, part, rules);
        regrader.walk();
        regrader.compare();
        marks.append(&mut regrader.marks);
        findings.append(&mut regrader.findings);
        lessons.push(regrader.graded());
    }
    for slug in wanted.unwrap_or_default() {
        let missing = lessons.iter().all(|graded| graded.lesson != *slug);
        if let Some(lesson) = course.iter().find(|lesson| lesson.slug == *slug)
            && missing
        {
            lessons.push(not_handed_in(lesson));
        }
    }
    if hand_in.made_at > now.saturating_add(24 * 3_600_000) {
        let says = "it was made in the future, by its own clock".to_owned();
        findings.push(Finding::new(Kind::Clock, says));
    }
    contradictions(hand_in, &mut findings);
    findings.sort();
    findings.dedup();
    Graded {
        file: file.to_owned(),
        learner: hand_in.learner.clone(),
        class: hand_in.class.as_ref().map(|class| class.id.clone()),
        made_at: time(hand_in.made_at),
        points: lessons.iter().map(|lesson| lesson.points).sum(),
        of: lessons.iter().map(|lesson| lesson.of).sum(),
        lessons,
        findings,
        marks,
    }
}

impl Graded {
    /// Whether every step is passed.
    pub fn is_passed(&self) -> bool {
        let mut steps = self.lessons.iter().flat_map(|lesson| &lesson.steps);
        !self.lessons.is_empty() && steps.all(|step| step.verdict == Word::Passed)
    }

    /// The labs that it is from.
    pub(super) fn labs(&self) -> BTreeSet<&str> {
        let labs = self.marks.iter().filter_map(|mark| match mark {
            Mark::Lab(id) => Some(id.as_str()),
            Mark::KeyPair(_) | Mark::Instance(_) => None,
        });
        labs.collect()
    }

    /// Whether it may be by the same person as another: then a teacher must say who is who.
    pub fn is_unclear(&self) -> bool {
        let mut kinds = self.findings.iter().map(|finding| finding.kind);
        kinds.any(|kind| kind == Kind::WhoIsWho)
    }

    /// Steps passed, and all steps.
    pub fn steps(&self) -> (usize, usize) {
        let steps: Vec<_> = self.lessons.iter().flat_map(|one| &one.steps).collect();
        let passed = steps.iter().filter(|step| step.verdict == Word::Passed);
        (passed.count(), steps.len())
    }
}

impl Finding {
    pub(super) fn new(kind: Kind, says: String) -> Self {
        Self { kind, says }
    }
}

/// What a hand-in is measured by: the teacher's class where there is one, since the learner's copy of its file may be edited.
#[derive(Debug, Clone, Copy)]
struct Rules {
    exam: bool,
    deadline: Option<i64>,
}

impl Rules {
    fn of(hand_in: &HandIn, class: Option<&Class>) -> Self {
        let Some(taken) = &hand_in.class else {
            return Self {
                exam: false,
                deadline: None,
            };
        };
        let (exam, minutes) = match class {
            Some(class) => (class.mode == Mode::Exam, class.time_limit_minutes),
            None => (taken.exam, taken.time_limit_minutes),
        };
        Self {
            exam,
            deadline: deadline(hand_in.first().min(taken.joined_at), minutes),
        }
    }
}

/// What a hand-in says of itself in one place, and otherwise in another.
fn contradictions(hand_in: &HandIn, findings: &mut Vec<Finding>) {
    let mut find = |says: String| findings.push(Finding::new(Kind::Contradiction, says));
    let first = hand_in.first();
    if let Some(taken) = &hand_in.class
        && taken.joined_at > first.saturating_add(CLOCK)
    {
        find(format!(
            "it says that the class was joined at {}, and its first lesson was begun before that, at {}",
            time(taken.joined_at),
            time(first)
        ));
    }
    let labs: Vec<&str> = hand_in.labs().into_iter().collect();
    if labs.len() > 1 {
        find(format!(
            "its lessons were done in {} labs: {}",
            labs.len(),
            labs.join(", ")
        ));
    }
    let entries = hand_in
        .lessons
        .iter()
        .flat_map(|part| part.ledger.entries());
    if let Some(last) = entries.map(|entry| entry.at).max()
        && last > hand_in.made_at.saturating_add(CLOCK)
    {
        find(format!(
            "it says that it was made at {}, and has an entry of later, of {}",
            time(hand_in.made_at),
            time(last)
        ));
    }
}

/// What the hand-in says of the class, and the teacher's file says otherwise.
fn otherwise(hand_in: &HandIn, class: &Class) -> Vec<Finding> {
    let Some(taken) = &hand_in.class else {
        return Vec::new();
    };
    let mode = |exam: bool| if exam { "an exam" } else { "practice" };
    let limit = |minutes: Option<u32>| match minutes {
        Some(minutes) => format!("a time limit of {minutes} minutes"),
        None => "no time limit".to_owned(),
    };
    let mut says = Vec::new();
    let mut differs = |theirs: String, yours: String| {
        if theirs != yours {
            says.push(format!(
                "the lab was opened with another class file than yours: {theirs} in place of {yours}"
            ));
        }
    };
    differs(
        mode(taken.exam).to_owned(),
        mode(class.mode == Mode::Exam).to_owned(),
    );
    differs(
        limit(taken.time_limit_minutes),
        limit(class.time_limit_minutes),
    );
    differs(
        format!("the title {}", taken.title),
        format!("the title {}", class.title),
    );
    let is_drawn = hand_in.lessons.iter().all(|part| {
        part.ledger.began().is_none_or(|(_, began)| {
            began.variant == variant(&class.seed, &began.lab, part.ledger.lesson())
        })
    });
    if !is_drawn {
        differs("another seed".to_owned(), "your seed".to_owned());
    }
    let finding = |says| Finding::new(Kind::ClassFileDiffers, says);
    says.into_iter().map(finding).collect()
}

/// One lesson being graded.
struct Regrader<'a> {
    lesson: &'a Lesson,
    part: &'a Part,
    rules: Rules,
    /// What the evidence says of each step that an entry says passed.
    judged: BTreeMap<&'a str, (i64, Verdict)>,
    skipped: BTreeSet<&'a str>,
    hints: BTreeMap<&'a str, u32>,
    mistakes: BTreeMap<&'a str, BTreeMap<String, u32>>,
    /// Wrong answers that some evidence has shown.
    wrong: BTreeMap<&'a str, u32>,
    /// Ids of key pairs and instances that some evidence has shown.
    shown: BTreeSet<&'a str>,
    marks: BTreeSet<Mark>,
    findings: Vec<Finding>,
}

impl<'a> Regrader<'a> {
    fn new(lesson: &'a Lesson, part: &'a Part, rules: Rules) -> Self {
        Self {
            lesson,
            part,
            rules,
            judged: BTreeMap::new(),
            skipped: BTreeSet::new(),
            hints: BTreeMap::new(),
            mistakes: BTreeMap::new(),
            wrong: BTreeMap::new(),
            shown: BTreeSet::new(),
            marks: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    fn find(&mut self, kind: Kind, says: String) {
        self.findings.push(Finding::new(kind, says));
    }

    /// Every entry, in order.
    fn walk(&mut self) {
        let mut events = Vec::new();
        let mut before = i64::MIN;
        for entry in self.part.ledger.entries() {
            if entry.at.saturating_add(CLOCK) < before {
                let says = format!(
                    "{}: the clock went back from {} to {}",
                    self.lesson.slug,
                    time(before),
                    time(entry.at)
                );
                self.find(Kind::Clock, says);
            }
            before = before.max(entry.at);
            match &entry.fact {
                Fact::Began(began) => {
                    self.marks.insert(Mark::Lab(began.lab.clone()));
                }
                Fact::Hint { step, level } => {
                    let most = self.hints.entry(step).or_insert(0);
                    *most = (*most).max(*level);
                }
                Fact::Mistake { step, mistake } => {
                    let of_step = self.mistakes.entry(step).or_default();
                    let times = of_step.entry(mistake.name().to_owned()).or_insert(0);
                    *times = times.saturating_add(1);
                }
                // They are counted by the ledger itself.
                Fact::WrongAnswer { .. } => {}
                Fact::Skipped { step } => {
                    self.skipped.insert(step);
                }
                Fact::Passed { steps, seen } => self.judge(entry.at, steps, seen, &mut events),
            }
        }
        if self.rules.exam && !self.hints.is_empty() {
            let says = format!("{}: hints were shown, in an exam without", self.lesson.slug);
            self.find(Kind::HintsInExam, says);
        }
        for step in self.lesson.steps.iter().filter(|_| self.rules.exam) {
            let wrong = self.wrong_answers(&step.id);
            if wrong >= GUESSES {
                self.findings.push(Finding::new(
                    Kind::WrongAnswers,
                    format!(
                        "{}: {wrong} answers at step {} were wrong, which may be guessing",
                        self.lesson.slug, step.id
                    ),
                ));
            }
        }
    }

    /// An older ledger has no facts of them, only what was seen when the step passed.
    fn wrong_answers(&self, step: &str) -> u32 {
        let seen = self.wrong.get(step).copied().unwrap_or(0);
        seen.max(self.part.ledger.wrong_answers(step))
    }

    /// What the evidence of one entry says of the steps that it says passed.
    fn judge(&mut self, at: i64, steps: &'a [String], seen: &'a Seen, events: &mut Vec<Event>) {
        let evidence = seen.evidence(at, events);
        self.look(seen);
        let mut bindings = seen.bindings.clone();
        self.mark(&bindings);
        for id in steps {
            let Some((_, step)) = self.lesson.step(id) else {
                let says = format!("{} has no step {id}", self.lesson.slug);
                self.find(Kind::ClaimDiffers, says);
                continue;
            };
            if matches!(self.judged.get(id.as_str()), Some((_, verdict)) if verdict.is_passed()) {
                continue;
            }
            self.wrong.insert(&step.id, answers::wrong(step, &evidence));
            let (verdict, after) = one_step(self.lesson, step, &bindings, &evidence);
            bindings = after;
            self.judged.insert(&step.id, (at, verdict));
        }
        self.mark(&bindings);
    }

    /// What this evidence shows, for [`Kind::NeverSeen`].
    fn look(&mut self, seen: &'a Seen) {
        if let Known::Seen(account) = &seen.account {
            self.shown
                .extend(account.key_pairs.iter().map(|pair| pair.id.as_str()));
            self.shown
                .extend(account.instances.iter().map(|one| one.id.as_str()));
        }
    }

    fn mark(&mut self, bindings: &Bindings) {
        if let Some(key) = &bindings.key_pair {
            let print = key.public_sha256.as_ref().unwrap_or(&key.fingerprint);
            self.marks.insert(Mark::KeyPair(print.clone()));
            if !self.shown.contains(key.id.as_str()) {
                self.never_seen(&key.id);
            }
        }
        if let Some(instance) = &bindings.instance {
            self.marks.insert(Mark::Instance(instance.clone()));
            if !self.shown.contains(instance.as_str()) {
                self.never_seen(instance);
            }
        }
    }

    fn never_seen(&mut self, id: &str) {
        let says = format!(
            "{}: a step is about {id} but no evidence shows that it was there",
            self.lesson.slug
        );
        self.find(Kind::NeverSeen, says);
    }

    /// The claim beside what the evidence says.
    fn compare(&mut self) {
        let claim = &self.part.claim;
        for (id, claimed) in claim.steps.iter().filter(|(_, step)| !step.skipped) {
            let says = match self.judged.get(id.as_str()) {
                Some((_, verdict)) if !verdict.is_passed() => {
                    format!("step {id} is claimed as passed and its evidence does not pass")
                }
                None => format!("step {id} is claimed as passed and there is no evidence"),
                Some(_) => {
                    let worth = self.lesson.step(id).map_or(0, |(_, step)| step.points);
                    if claimed.points == worth {
                        continue;
                    }
                    format!(
                        "step {id} is claimed with {} points and is worth {worth}",
                        claimed.points
                    )
                }
            };
            self.findings.push(Finding::new(
                Kind::ClaimDiffers,
                format!("{}: {says}", self.lesson.slug),
            ));
        }
        for (id, shown) in &self.hints {
            let hints = claim.hints.get(*id).copied().unwrap_or(0);
            if hints < *shown {
                let says = format!(
                    "{}: step {id} had {shown} hints and claims {hints}",
                    self.lesson.slug
                );
                self.findings.push(Finding::new(Kind::ClaimDiffers, says));
            }
        }
    }

    fn graded(&self) -> GradedLesson {
        let steps: Vec<GradedStep> = self
            .lesson
            .steps
            .iter()
            .map(|step| self.graded_step(step))
            .collect();
        let began = self.part.ledger.began();
        GradedLesson {
            lesson: self.lesson.slug.clone(),
            title: self.lesson.title.clone(),
            points: steps.iter().map(|step| step.points).sum(),
            of: self.lesson.points(),
            attempt: began.map_or(1, |(_, began)| began.attempt),
            world: began.map(|(_, began)| began.world),
            began_at: began.map(|(at, _)| time(at)),
            steps,
        }
    }

    fn graded_step(&self, step: &Step) -> GradedStep {
        let id = step.id.as_str();
        let skipped = self.skipped.contains(id);
        let claimed = self
            .part
            .claim
            .steps
            .get(id)
            .is_some_and(|step| !step.skipped);
        let (verdict, found, at) = match self.judged.get(id) {
            Some((at, Verdict::Passed { saw })) => (Word::Passed, saw.clone(), Some(*at)),
            Some((_, Verdict::NotYet { found, .. })) => (Word::NotYet, found.clone(), None),
            Some((_, Verdict::CouldNotTell { why })) => (Word::CouldNotTell, why.clone(), None),
            None if claimed => (
                Word::CouldNotTell,
                "The file has no evidence for this step.".to_owned(),
                None,
            ),
            None if skipped => (Word::NotYet, "The step was skipped.".to_owned(), None),
            None => (Word::NotYet, "The step is not done.".to_owned(), None),
        };
        let passed = verdict == Word::Passed;
        GradedStep {
            id: step.id.clone(),
            goal: step.goal.clone(),
            verdict,
            found,
            points: if passed { step.points } else { 0 },
            of: step.points,
            passed_at: at.map(time),
            late: matches!((at, self.rules.deadline), (Some(at), Some(deadline)) if at > deadline),
            skipped: skipped && !passed,
            hints: self.hints.get(id).copied().unwrap_or(0),
            mistakes: self.mistakes.get(id).cloned().unwrap_or_default(),
            wrong_answers: self.wrong_answers(id),
        }
    }
}

/// One step by the course's judge, whatever stands before it.
fn one_step(
    lesson: &Lesson,
    step: &Step,
    bindings: &Bindings,
    evidence: &Evidence,
) -> (Verdict, Bindings) {
    let mut progress = Progress::new(&lesson.slug);
    progress.bindings = bindings.clone();
    let done = Done {
        at: 0,
        points: 0,
        skipped: false,
        saw: String::new(),
    };
    let others = lesson.steps.iter().filter(|other| other.id != step.id);
    progress.steps = others
        .map(|other| (other.id.clone(), done.clone()))
        .collect();
    let judgement = judge(lesson, &progress, evidence);
    let verdict = judgement
        .steps
        .into_iter()
        .next()
        .map(|judged| judged.verdict);
    let verdict = verdict.unwrap_or_else(|| Verdict::CouldNotTell {
        why: "Ground School did not judge this step. That is our bug.".to_owned(),
    });
    (verdict, judgement.bindings)
}

fn not_handed_in(lesson: &Lesson) -> GradedLesson {
    let steps = lesson.steps.iter().map(|step| GradedStep {
        id: step.id.clone(),
        goal: step.goal.clone(),
        verdict: Word::NotYet,
        found: "The lesson was not handed in.".to_owned(),
        points: 0,
        of: step.points,
        passed_at: None,
        late: false,
        skipped: false,
        hints: 0,
        mistakes: BTreeMap::new(),
        wrong_answers: 0,
    });
    GradedLesson {
        lesson: lesson.slug.clone(),
        title: lesson.title.clone(),
        points: 0,
        of: lesson.points(),
        attempt: 0,
        world: None,
        began_at: None,
        steps: steps.collect(),
    }
}

/// A lesson as the learner's own lab grades it, with what its progress and its ledger add.
pub fn of_report(
    lesson: &Lesson,
    progress: &Progress,
    ledger: Option<&Ledger>,
    report: &Report,
) -> GradedLesson {
    let steps = report.steps.iter().map(|step| {
        let passed = step.verdict == Word::Passed;
        let done = progress.steps.get(&step.id);
        let met = progress.attempts.iter().filter(|one| one.step == step.id);
        let mut mistakes = BTreeMap::new();
        for recognised in met.filter_map(|one| one.verdict.mistake()) {
            *mistakes
                .entry(recognised.mistake.name().to_owned())
                .or_insert(0) += 1;
        }
        GradedStep {
            id: step.id.clone(),
            goal: lesson
                .step(&step.id)
                .map_or_else(String::new, |(_, step)| step.goal.clone()),
            verdict: step.verdict,
            found: step.found.clone(),
            points: if passed { step.points } else { 0 },
            of: step.points,
            passed_at: done.filter(|_| passed).map(|done| time(done.at)),
            late: false,
            skipped: !passed && done.is_some(),
            hints: progress.hints.get(&step.id).copied().unwrap_or(0),
            mistakes,
            wrong_answers: ledger.map_or(0, |ledger| ledger.wrong_answers(&step.id)),
        }
    });
    let steps: Vec<GradedStep> = steps.collect();
    GradedLesson {
        lesson: lesson.slug.clone(),
        title: lesson.title.clone(),
        points: steps.iter().map(|step| step.points).sum(),
        of: lesson.points(),
        attempt: 1,
        world: None,
        began_at: None,
        steps,
    }
}

/// A time of a file, whatever it says.
pub(super) fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(if milliseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::class::{FORMAT, Joined};
    use crate::classroom::hand_in::Taken;
    use crate::classroom::ledger::Began;
    use crate::classroom::testing::{START, began, claim, hand_in, lesson, look, taken};
    use crate::course::catalogue::lessons;
    use crate::course::evidence::{Riddle, What};
    use crate::course::fixture::Lab;
    use crate::course::start::Cause;

    fn grade(hand_in: &HandIn) -> Graded {
        regrade(
            "a.json",
            hand_in,
            &lessons().unwrap(),
            None,
            START + 900_000,
        )
    }

    fn kinds(graded: &Graded) -> Vec<Kind> {
        graded.findings.iter().map(|finding| finding.kind).collect()
    }

    /// The same chain without what `keep` does not want, hashes and all: what somebody can do who can compute a hash.
    fn forged(ledger: &Ledger, keep: impl Fn(&Fact) -> bool) -> Ledger {
        let mut forged = Ledger::begin(ledger.lesson(), START, began());
        for entry in ledger.entries().iter().skip(1) {
            if keep(&entry.fact) {
                forged.add(entry.at, entry.fact.clone());
            }
        }
        forged
    }

    #[test]
    fn an_honest_hand_in_has_the_grade_that_the_lab_gave() {
        let (progress, _) = taken();
        let graded = grade(&hand_in());
        assert!(graded.is_passed(), "{graded:#?}");
        assert_eq!(
            (graded.points, graded.of),
            (progress.points(), lesson().points())
        );
        assert!(graded.findings.is_empty(), "{:?}", graded.findings);
        let steps = &graded.lessons[0].steps;
        for step in steps {
            let done = &progress.steps[&step.id];
            assert_eq!(step.passed_at, Some(time(done.at)), "{}", step.id);
        }
        assert_eq!((steps[0].hints, steps[1].hints), (1, 0));
        assert_eq!(steps[6].mistakes["wrong_user"], 1);
        assert_eq!(graded.steps(), (9, 9));
    }

    #[test]
    fn a_claim_without_evidence_earns_nothing_and_is_named() {
        let mut one = hand_in();
        let ledger = &one.lessons[0].ledger;
        one.lessons[0].ledger = forged(
            ledger,
            |fact| !matches!(fact, Fact::Passed { steps, .. } if steps[0] == "sign-in"),
        );
        let graded = grade(&one);
        let step = &graded.lessons[0].steps[6];
        assert_eq!((step.verdict, step.points), (Word::CouldNotTell, 0));
        assert_eq!(graded.points, graded.of - step.of);
        assert!(
            graded
                .findings
                .iter()
                .any(|one| one.kind == Kind::ClaimDiffers && one.says.contains("sign-in")),
            "{:?}",
            graded.findings
        );
    }

    #[test]
    fn evidence_that_does_not_pass_is_judged_again_and_does_not() {
        let evidence = Lab::with_key().evidence();
        let nothing = Bindings::default();
        let mut ledger = Ledger::begin(&lesson().slug, START, began());
        ledger.add(
            START + 1,
            Fact::Passed {
                steps: vec!["create-key-pair".into(), "launch".into(), "juggle".into()],
                seen: Box::new(Seen::of(&evidence, &nothing, &nothing, 0, &[])),
            },
        );
        let mut one = hand_in();
        one.lessons[0] = Part {
            claim: claim(&[("create-key-pair", 2), ("launch", 99)]),
            ledger,
        };
        let graded = grade(&one);
        let words: Vec<Word> = graded.lessons[0]
            .steps
            .iter()
            .map(|step| step.verdict)
            .collect();
        assert_eq!(words[0], Word::Passed);
        assert!(
            words[1..].iter().all(|word| *word == Word::NotYet),
            "{words:?}"
        );
        assert_eq!(graded.points, 2);
        assert_eq!(kinds(&graded), [Kind::ClaimDiffers, Kind::ClaimDiffers]);
    }

    #[test]
    fn a_step_about_things_that_nobody_saw_is_named() {
        let (progress, _) = taken();
        let evidence = Lab::new().evidence();
        let mut ledger = Ledger::begin(&lesson().slug, START, began());
        // Nothing is there any more, says the evidence; but nothing ever was.
        let seen = Box::new(Seen::of(
            &evidence,
            &progress.bindings,
            &progress.bindings,
            0,
            &[],
        ));
        let steps = vec!["clean-up".into()];
        ledger.add(START + 1, Fact::Passed { steps, seen });
        let mut one = hand_in();
        one.lessons[0] = Part {
            claim: claim(&[("clean-up", 1)]),
            ledger,
        };
        assert!(kinds(&grade(&one)).contains(&Kind::NeverSeen));
    }

    #[test]
    fn a_skipped_step_and_one_that_passed_after_all() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        let mut ledger = Ledger::begin(&lesson.slug, START, began());
        for step in ["create-key-pair", "keep-it-private", "launch"] {
            assert_eq!(progress.skip(&lesson, START).as_deref(), Some(step));
            ledger.add(START, Fact::Skipped { step: step.into() });
        }
        look(&lesson, &mut progress, &mut ledger, &Lab::with_key(), 1);
        let mut one = hand_in();
        one.lessons[0] = Part {
            claim: (&progress).into(),
            ledger,
        };
        let graded = grade(&one);
        let steps = &graded.lessons[0].steps;
        assert_eq!(steps[0].verdict, Word::Passed);
        assert_eq!((steps[2].verdict, steps[2].skipped), (Word::NotYet, true));
        assert!(graded.findings.is_empty(), "{:?}", graded.findings);
    }

    #[test]
    fn what_passed_after_the_time_is_late_and_hints_in_an_exam_are_named() {
        let mut one = hand_in();
        one.class = Some(Taken {
            id: "00ff00ff00ff00ff".into(),
            title: "Exam".into(),
            exam: true,
            joined_at: START,
            time_limit_minutes: Some(6),
        });
        let graded = grade(&one);
        let late: Vec<&str> = graded.lessons[0]
            .steps
            .iter()
            .filter(|step| step.late)
            .map(|step| step.id.as_str())
            .collect();
        assert_eq!(late, ["clean-up"]);
        assert_eq!(kinds(&graded), [Kind::HintsInExam]);
        assert!(graded.is_passed(), "late is for the teacher to judge");
    }

    fn class() -> Class {
        Class {
            format: FORMAT,
            id: "00ff00ff00ff00ff".into(),
            title: "Mine".into(),
            lessons: vec!["01-key-pair-and-ssh".into()],
            mode: Mode::Practice,
            seed: String::new(),
            time_limit_minutes: None,
            hand_in_to: None,
            asks: vec![],
            members: vec![],
        }
    }

    /// The hand-in of somebody who took the class as their file of it says.
    fn hand_in_of(class: &Class) -> HandIn {
        let mut one = hand_in();
        one.class = Some(Taken::new(&Joined {
            format: FORMAT,
            class: class.clone(),
            at: START,
        }));
        for part in &mut one.lessons {
            part.ledger = begun_as(&part.ledger, |began| {
                began.class = Some(class.id.clone());
                began.variant = variant(&class.seed, &began.lab, part.ledger.lesson());
            });
        }
        one
    }

    /// The same ledger, begun otherwise.
    fn begun_as(ledger: &Ledger, change: impl FnOnce(&mut Began)) -> Ledger {
        let mut began = began();
        change(&mut began);
        let mut again = Ledger::begin(ledger.lesson(), START, began);
        for entry in ledger.entries().iter().skip(1) {
            again.add(entry.at, entry.fact.clone());
        }
        again
    }

    #[test]
    fn a_hand_in_of_another_class_is_none_of_this_one_and_says_whose_it_is() {
        let class = class();
        let one = hand_in_of(&class);
        assert_eq!(belongs(&one, &class), Ok(()));
        let other = Class {
            id: "1111222233334444".into(),
            title: "Theirs".into(),
            ..class.clone()
        };
        assert_eq!(
            belongs(&one, &other).unwrap_err(),
            "it belongs to the class Mine (00ff00ff00ff00ff), not to Theirs (1111222233334444)"
        );
        assert_eq!(
            belongs(&hand_in(), &other).unwrap_err(),
            "it belongs to no class, not to Theirs (1111222233334444)"
        );
        // Only the head of the file is changed to the other class: the ledger still says where it was begun.
        let mut claimed = one.clone();
        claimed.class = hand_in_of(&other).class;
        let why = belongs(&claimed, &other).unwrap_err();
        assert!(
            why.contains("01-key-pair-and-ssh was begun in another class (00ff00ff00ff00ff)"),
            "{why}"
        );
        claimed.lessons = hand_in().lessons;
        let why = belongs(&claimed, &other).unwrap_err();
        assert!(why.contains("begun outside of any class"), "{why}");
    }

    #[test]
    fn mode_and_time_limit_are_the_teachers_and_an_edited_class_file_is_named() {
        let practice = class();
        let exam = Class {
            mode: Mode::Exam,
            time_limit_minutes: Some(6),
            seed: "drawn by this".into(),
            ..class()
        };
        let course = lessons().unwrap();
        let honest = regrade("a", &hand_in_of(&exam), &course, Some(&exam), START);
        assert_eq!(kinds(&honest), [Kind::HintsInExam]);
        let edited = regrade("a", &hand_in_of(&practice), &course, Some(&exam), START);
        let differ = Kind::ClassFileDiffers;
        assert_eq!(
            kinds(&edited),
            [differ, differ, differ, Kind::HintsInExam],
            "{:?}",
            edited.findings
        );
        let says: Vec<&str> = edited
            .findings
            .iter()
            .map(|one| one.says.as_str())
            .collect();
        for words in [
            "practice in place of an exam",
            "no time limit in place of a time limit of 6 minutes",
            "another seed in place of your seed",
        ] {
            assert!(says.iter().any(|says| says.ends_with(words)), "{says:?}");
        }
        let late = |graded: &Graded| {
            let steps = graded.lessons[0].steps.iter().filter(|step| step.late);
            steps.map(|step| step.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(late(&edited), ["clean-up"]);
        assert_eq!(late(&honest), ["clean-up"]);
        // Who says that they joined later has no more time for it.
        let mut later = hand_in_of(&exam);
        later.class.as_mut().unwrap().joined_at += 3_600_000;
        let later = regrade("a", &later, &course, Some(&exam), START);
        assert_eq!(late(&later), ["clean-up"]);
        let titled = Class {
            title: "Other".into(),
            ..class()
        };
        let titled = regrade("a", &hand_in_of(&titled), &course, Some(&practice), START);
        assert_eq!(kinds(&titled), [differ]);
    }

    /// Lesson 6 after three wrong answers about alpha, and one that was right. Each comes after a look.
    fn guessed(facts: bool) -> HandIn {
        let lessons = lessons().unwrap();
        let lesson = lessons
            .iter()
            .find(|one| one.slug.starts_with("06-"))
            .unwrap();
        let mut lab = Lab::ready();
        let mut ledger = Ledger::begin(&lesson.slug, START, began());
        for letter in ["a", "b", "i", "d"] {
            lab.called("DescribeInstances", None, None);
            lab.happened(What::Answered {
                step: "alpha".into(),
                question: 0,
                choice: letter.into(),
            });
            if facts && letter != "d" {
                let step = "alpha".into();
                ledger.add(START + 1, Fact::WrongAnswer { step });
            }
        }
        let mut evidence = lab.evidence();
        let riddle = Riddle {
            instance: "i-0a".into(),
            cause: Cause::Stopped,
        };
        evidence.riddles.insert("alpha".into(), riddle);
        let nothing = Bindings::default();
        let steps = vec!["alpha".to_owned()];
        let seen = Box::new(Seen::of(&evidence, &nothing, &nothing, 0, &steps));
        ledger.add(START + 2, Fact::Passed { steps, seen });
        let mut one = hand_in();
        one.lessons[0] = Part {
            claim: claim(&[("alpha", 2)]),
            ledger,
        };
        one
    }

    #[test]
    fn wrong_answers_are_counted_and_in_an_exam_three_are_to_be_looked_at() {
        // A ledger of an earlier program has them in its evidence only.
        for facts in [true, false] {
            let mut one = guessed(facts);
            let graded = grade(&one);
            let step = &graded.lessons[0].steps[1];
            assert_eq!((step.id.as_str(), step.verdict), ("alpha", Word::Passed));
            assert_eq!(step.wrong_answers, 3);
            assert_eq!(kinds(&graded), [], "in practice nobody minds");
            one.class = hand_in_of(&Class {
                mode: Mode::Exam,
                ..class()
            })
            .class;
            let graded = grade(&one);
            assert_eq!(kinds(&graded), [Kind::WrongAnswers]);
            let says = &graded.findings[0].says;
            assert!(
                says.contains("3 answers at step alpha were wrong"),
                "{says}"
            );
        }
        let mut one = guessed(true);
        // The step was never passed.
        one.lessons[0].ledger = forged(&one.lessons[0].ledger, |fact| {
            !matches!(fact, Fact::Passed { .. })
        });
        let step = &grade(&one).lessons[0].steps[1];
        assert_eq!((step.verdict, step.wrong_answers), (Word::CouldNotTell, 3));
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let says = |one: &HandIn| {
            let graded = grade(one);
            assert!(graded.is_passed(), "it changes no points");
            let says = graded
                .findings
                .iter()
                .map(|one| (one.kind, one.says.clone()));
            says.collect::<Vec<_>>()
        };
        let only = |one: &HandIn, kind, words: &str| {
            let says = says(one);
            assert!(
                matches!(says.as_slice(), [(of, says)] if *of == kind && says.contains(words)),
                "{words}: {says:?}"
            );
        };
        assert_eq!(says(&hand_in()), []);
        let mut joined = hand_in_of(&class());
        joined.class.as_mut().unwrap().joined_at = START + 200_000;
        only(&joined, Kind::Contradiction, "begun before that");
        let mut made = hand_in();
        made.made_at = START;
        only(&made, Kind::Contradiction, "has an entry of later");
        let mut labs = hand_in();
        let mut other = labs.lessons[0].clone();
        other.ledger = begun_as(&other.ledger, |began| began.lab = "2".repeat(16));
        labs.lessons.push(other);
        only(
            &labs,
            Kind::Contradiction,
            "2 labs: 1111111111111111, 2222222222222222",
        );
        let mut hints = hand_in();
        hints.lessons[0].claim.hints.clear();
        only(&hints, Kind::ClaimDiffers, "had 1 hints and claims 0");
    }

    #[test]
    fn a_class_says_which_lessons_count() {
        let class = class();
        let course = lessons().unwrap();
        let graded = regrade("a", &hand_in_of(&class), &course, Some(&class), START);
        assert_eq!(kinds(&graded), []);
        assert!(graded.is_passed());
        let mut foreign = hand_in();
        foreign.lessons[0].ledger = Ledger::begin("99-juggling", START, began());
        let graded = regrade("a", &foreign, &course, Some(&class), START);
        assert_eq!(kinds(&graded), [Kind::UnknownLesson]);
        assert_eq!((graded.points, graded.of), (0, lesson().points()));
        let graded = regrade("a", &foreign, &course, None, START);
        assert!(!graded.is_passed() && graded.lessons.is_empty());
    }

    #[test]
    fn clocks_that_run_backwards_or_ahead_are_named() {
        let mut one = hand_in();
        one.lessons[0].ledger.add(
            START - 3_600_000,
            Fact::Hint {
                step: "launch".into(),
                level: 1,
            },
        );
        one.made_at = i64::MAX;
        assert_eq!(
            kinds(&grade(&one)),
            [Kind::ClaimDiffers, Kind::Clock, Kind::Clock],
            "the claim has no hint"
        );
    }

    /// Kept from a lab of 28 November 2026 on Linux (stage shim): the first lesson by its solution, with a hint.
    #[test]
    fn a_hand_in_of_an_earlier_program_keeps_its_grade() {
        let kept = include_bytes!("../../fixtures/classroom/hand-in.json");
        let hand_in = HandIn::read(kept).unwrap();
        let graded = grade(&hand_in);
        let claimed = &hand_in.lessons[0].claim.steps;
        assert_eq!(claimed.len(), 9);
        for step in graded.lessons[0]
            .steps
            .iter()
            .filter(|step| claimed.contains_key(&step.id))
        {
            assert_eq!(step.verdict, Word::Passed, "{}: {}", step.id, step.found);
        }
        assert!(
            kinds(&graded).iter().all(|kind| *kind == Kind::Clock),
            "{:?}",
            graded.findings
        );
    }
}

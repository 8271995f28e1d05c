//! Literal hand-ins for the tests of this room.

use std::collections::BTreeMap;

use crate::classroom::hand_in::{Claim, ClaimedStep, HandIn, Part};
use crate::classroom::learner::Learner;
use crate::classroom::ledger::{Began, Fact, Ledger};
use crate::classroom::seen::Seen;
use crate::course::catalogue::lessons;
use crate::course::evidence::What;
use crate::course::fixture::{ID, Lab, SHA};
use crate::course::judge::judge;
use crate::course::lesson::{Lesson, World};
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;

/// 2026-11-02, 09:00 UTC.
pub(crate) const START: i64 = 1_793_610_000_000;

pub(crate) fn lesson() -> Lesson {
    lessons().unwrap().remove(0)
}

pub(crate) fn began() -> Began {
    Began {
        lab: "1111111111111111".into(),
        attempt: 1,
        world: World::Simulator,
        class: None,
        variant: "2222222222222222".into(),
        program: "0.1.0".into(),
    }
}

/// What a lab does at each look: judges, keeps what passed, records.
pub(crate) fn look(
    lesson: &Lesson,
    progress: &mut Progress,
    ledger: &mut Ledger,
    lab: &Lab,
    minute: i64,
) {
    let evidence = lab.evidence();
    let before = progress.bindings.clone();
    let judgement = judge(lesson, progress, &evidence);
    let at = START + minute * 60_000;
    progress.record(lesson, &judgement, at);
    let steps: Vec<String> = judgement.newly_passed().map(|one| one.id.clone()).collect();
    if !steps.is_empty() {
        let after = ledger.last_event();
        let seen = Seen::of(&evidence, &before, &judgement.bindings, after, &steps);
        let seen = Box::new(seen);
        ledger.add(at, Fact::Passed { steps, seen });
    }
}

/// The first lesson, from the beginning to the end, with a hint and a mistake; and what the lab says of it.
pub(crate) fn taken() -> (Progress, Ledger) {
    let lesson = lesson();
    let mut progress = Progress::new(&lesson.slug);
    let mut ledger = Ledger::begin(&lesson.slug, START, began());
    ledger.add(
        START + 1_000,
        Fact::Hint {
            step: "create-key-pair".into(),
            level: 1,
        },
    );
    progress.hint(&lesson);
    let mut see = |lab: &Lab, minute| look(&lesson, &mut progress, &mut ledger, lab, minute);
    see(&Lab::with_key(), 1);
    let mut lab = Lab::launched();
    see(&lab, 2);
    lab.called("DescribeInstances", None, None);
    lab.tried(1, Some("ec2-user"), &[])
        .typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
    see(&lab, 3);
    lab.files[0].mode = 0o400;
    see(&lab, 4);
    lab.tried(2, Some("mehmet"), &[(SHA, false)]);
    lab.logged_in(3);
    see(&lab, 5);
    lab.happened(What::RemoteCommand {
        session: 3,
        instance: ID.into(),
        line: "whoami".into(),
        status: 0,
    });
    see(&lab, 6);
    lab.account.instances[0].state = "terminated".into();
    lab.account.key_pairs.clear();
    see(&lab, 7);
    let at = START + 300_000;
    ledger.add(
        at,
        Fact::Mistake {
            step: "sign-in".into(),
            mistake: Mistake::WrongUser,
        },
    );
    (progress, ledger)
}

/// A short one.
pub(crate) fn ledger() -> Ledger {
    let mut ledger = Ledger::begin("01-key-pair-and-ssh", START, began());
    for (level, step) in [(1, "launch"), (2, "launch"), (1, "sign-in")] {
        let step = step.into();
        ledger.add(START + i64::from(level), Fact::Hint { step, level });
    }
    ledger
}

/// A hand-in of the whole first lesson.
pub(crate) fn hand_in() -> HandIn {
    let (progress, ledger) = taken();
    HandIn {
        program: "0.1.0".into(),
        made_at: START + 600_000,
        learner: Learner {
            name: Some("Ada Lovelace".into()),
            id: Some("s-1001".into()),
            email: Some("ada@example.org".into()),
        },
        class: None,
        lessons: vec![Part {
            claim: Claim::from(&progress),
            ledger,
        }],
    }
}

/// One of a lab of its own: key, instance and lab id are nobody else's.
pub(crate) fn of_lab(number: usize) -> HandIn {
    let mut hand_in = hand_in();
    let (_, ledger) = taken();
    let text = ledger.to_json();
    let text = text
        .replace(SHA, &format!("SHA256:key{number}"))
        .replace(ID, &format!("i-0{number:016x}"))
        .replace("1111111111111111", &format!("{number:016x}"));
    let any: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut again: Option<Ledger> = None;
    for entry in any["entries"].as_array().unwrap() {
        let at = entry["at"].as_i64().unwrap();
        let fact: Fact = serde_json::from_value(entry["fact"].clone()).unwrap();
        match (&mut again, fact) {
            (None, Fact::Began(began)) => again = Some(Ledger::begin(ledger.lesson(), at, began)),
            (Some(ledger), fact) => ledger.add(at, fact),
            (None, fact) => panic!("{fact:?}"),
        }
    }
    hand_in.lessons[0].ledger = again.unwrap();
    hand_in.learner = Learner {
        name: Some(format!("Student {number}")),
        id: Some(format!("s-{number}")),
        email: Some(format!("s{number}@example.org")),
    };
    hand_in
}

/// A claim of these steps.
pub(crate) fn claim(steps: &[(&str, u32)]) -> Claim {
    let steps = steps.iter().map(|(id, points)| {
        let step = ClaimedStep {
            at: START,
            points: *points,
            skipped: false,
        };
        ((*id).to_owned(), step)
    });
    Claim {
        steps: steps.collect(),
        hints: BTreeMap::new(),
        mistakes: BTreeMap::new(),
    }
}

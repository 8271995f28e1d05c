//! The course in a lab: each lesson begins with an account of its own and finds it again, questions are answered, and who is
//! through reads what they can do now.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use groundschool::classroom::class::{Class, Mode, variant};
use groundschool::cloud::Pace;
use groundschool::course::catalogue::lessons;
use groundschool::course::lesson::{Files, Lesson};
use groundschool::course::shape;
use groundschool::course::start::Begun;
use groundschool::lab::engine::{Engine, EngineError, Options};
use groundschool::lab::key_pool::KeyPool;
use groundschool::lab::records;
use groundschool::lab::stage::Choice;
use groundschool::lab::voice::Voice;
use groundschool::lab::workspace::{Layout, WorkspaceError};

use crate::desk::{program, until};

/// Opens a lab. One that was closed just now may still be held for a moment, by a process that another test was about to
/// start then.
fn open(root: &Path, lesson: &Lesson, seed: Option<u64>) -> Engine {
    until("the lab to be free", || {
        let opened = Engine::open(Options {
            root: root.to_owned(),
            home: None,
            lesson: lesson.clone(),
            pace: Pace::Instant,
            voice: Voice::new(false),
            keys: Arc::new(KeyPool::new(1, 1)),
            stand_in: true,
            stage: Choice::Shim,
            seed,
        });
        match opened {
            Ok(engine) => Some(engine),
            Err(EngineError::Workspace(WorkspaceError::Busy { .. })) => None,
            Err(error) => panic!("{error}"),
        }
    })
}

fn shipped(number: usize) -> Lesson {
    lessons().unwrap().remove(number - 1)
}

/// The `lab` word, as the learner's shell says it.
fn lab(engine: &Engine, words: &str) -> (String, Option<i32>) {
    let output = Command::new(program())
        .arg0("lab")
        .args(words.split_whitespace())
        .envs(engine.environment())
        .current_dir(engine.workspace().layout().work())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &error;
    (said, output.status.code())
}

/// Ids and addresses of the instances, and the names of the key pairs.
fn account(engine: &Engine) -> String {
    let accounts = engine.simulation().accounts();
    let region = &accounts[0]["regions"]["us-east-1"];
    let mut names = Vec::new();
    for reservation in region["Reservations"].as_array().unwrap() {
        let instance = &reservation["Instances"][0];
        names.push(format!(
            "{} {}",
            instance["InstanceId"], instance["PublicIpAddress"]
        ));
    }
    for pair in region["KeyPairs"].as_array().unwrap() {
        names.push(pair["KeyFingerprint"].to_string());
    }
    names.join(" ")
}

#[test]
fn each_lesson_has_an_account_of_its_own_and_finds_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lab");
    let engine = open(&root, &shipped(3), None);
    let door = account(&engine);
    assert!(door.contains("i-0"), "{door}");
    let key = root.join("work/door.pem");
    let mode = || key.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o400);
    let (said, _) = lab(&engine, "skip");
    assert!(said.contains("step 2 of 6"), "{said}");
    drop(engine);

    let engine = open(&root, &shipped(2), None);
    let guard = account(&engine);
    assert_ne!(guard, door);
    assert!(root.join("work/website/.git/HEAD").exists());
    drop(engine);

    let engine = open(&root, &shipped(3), None);
    assert_eq!(account(&engine), door);
    assert_eq!(engine.coach().current_step(), Some(1));
    // To begin again is to begin with other keys, also where the file cannot be written over.
    let before = std::fs::read(&key).unwrap();
    let (said, status) = lab(&engine, "reset yes");
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(engine.coach().current_step(), Some(0));
    assert_ne!(account(&engine), door);
    assert_ne!(std::fs::read(&key).unwrap(), before);
    assert_eq!(mode(), 0o400);
    drop(engine);

    let engine = open(&root, &shipped(2), None);
    assert_eq!(account(&engine), guard, "the other lesson was not reset");
}

#[test]
fn what_is_drawn_is_drawn_once_and_another_seed_draws_something_else() {
    let draws: Vec<String> = [1, 2, 1]
        .into_iter()
        .map(|seed| {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("lab");
            let causes = |seed| {
                let engine = open(&root, &shipped(6), seed);
                let text = std::fs::read(engine.workspace().layout().begun()).unwrap();
                let begun: serde_json::Value = serde_json::from_slice(&text).unwrap();
                let riddles = begun["riddles"].as_object().unwrap().clone();
                let causes = riddles.iter();
                causes
                    .map(|(name, riddle)| format!("{name} {}", riddle["cause"]))
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            let drawn = causes(Some(seed));
            // Opened again, whatever the seed: the lab's own stays.
            assert_eq!(causes(Some(99)), drawn);
            drawn
        })
        .collect();
    assert_ne!(draws[0], draws[1]);
    assert_eq!(draws[0], draws[2]);
}

#[test]
fn a_wrong_answer_is_replied_to_and_the_last_right_one_shows_the_page() {
    let toml = r#"format = 1
title = "Small"
worlds = ["simulator"]

[[steps]]
id = "think"
goal = "Answer two questions."
points = 2
[[steps.questions]]
ask = "One?"
choices.a = "no"
choices.b = "yes"
answer = "b"
why = "One it is."
replies.a = "it is not none."
[[steps.questions]]
ask = "Two?"
choices.a = "yes"
choices.b = "no"
answer = "a"
why = "Two it is."
[steps.hints]
1 = "Count."
"#;
    let files: Files = [
        ("lesson.toml", toml),
        ("think.md", "Think.\n"),
        ("done.md", "**What you can do now**\n\n- count to two\n"),
        ("solution.sh", "# step: think\nlab answer b\nlab answer a\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    let lesson = shape::read("99-small", &files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("lab"), &lesson, None);
    let says = |words: &str| lab(&engine, words).0;
    let task = says("");
    assert!(
        task.contains("Question 1 of 2") && task.contains("b)  yes"),
        "{task}"
    );
    let odd = lab(&engine, "answer maybe");
    assert!(
        odd.0.contains("one letter from a to b") && odd.1 == Some(2),
        "{odd:?}"
    );
    let wrong = says("answer a");
    assert!(
        wrong.contains("[not yet] Not a: it is not none."),
        "{wrong}"
    );
    let right = says("answer B");
    assert!(
        right.contains("[right] One it is.") && right.contains("Question 2 of 2"),
        "{right}"
    );
    let last = says("answer a)");
    assert!(last.contains("[done] Two it is."), "{last}");
    assert!(
        last.contains("What you can do now") && last.contains("count to two"),
        "{last}"
    );
    let report = engine.coach().grade();
    assert!(report.is_passed(), "{report:?}");
    assert_eq!(
        lab(&engine, "answer a").1,
        Some(2),
        "nothing is asked any more"
    );
}

/// A class of the sixth lesson, which draws.
fn class() -> Class {
    Class {
        format: 1,
        id: "00ff00ff00ff00ff".into(),
        title: "Clouds".into(),
        lessons: vec!["06-read-the-symptom".into()],
        mode: Mode::Practice,
        seed: "monday".into(),
        time_limit_minutes: None,
        hand_in_to: None,
        asks: vec![],
        members: vec![],
    }
}

#[test]
fn in_a_class_each_lab_draws_by_the_classs_seed_and_its_own_id_and_again_the_same() {
    let lesson = shipped(6);
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for name in ["ada", "grace"] {
        let root = folder.path().join(name);
        // The lab is there before the class is joined, as `learn --class` does it.
        let layout = Layout::new(root.clone());
        std::fs::create_dir_all(layout.private()).unwrap();
        records::join(&layout, class(), 0).unwrap();
        let drawn = || {
            let engine = open(&root, &lesson, None);
            let layout = engine.workspace().layout();
            let begun = std::fs::read(layout.begun()).unwrap();
            let begun: Begun = serde_json::from_slice(&begun).unwrap();
            let id = std::fs::read_to_string(layout.id()).unwrap();
            let wanted = variant("monday", id.trim(), &lesson.slug);
            assert_eq!(format!("{:016x}", begun.seed), wanted);
            let (said, status) = lab(&engine, "reset yes");
            assert_eq!(status, Some(0), "{said}");
            let again = std::fs::read(layout.begun()).unwrap();
            let again: Begun = serde_json::from_slice(&again).unwrap();
            assert_eq!(again.seed, begun.seed, "a reset draws the same");
            let riddles = again.riddles.into_iter();
            riddles
                .map(|(name, riddle)| (name, riddle.cause))
                .collect::<Vec<_>>()
        };
        let first = drawn();
        assert_eq!(drawn(), first);
        let riddles = lesson.start.riddles.as_ref().unwrap();
        let id = std::fs::read_to_string(layout.id()).unwrap();
        let seed = u64::from_str_radix(&variant("monday", id.trim(), &lesson.slug), 16).unwrap();
        let mut by_hand: Vec<_> = riddles
            .draw(seed)
            .into_iter()
            .map(|(name, fault)| (name, fault.cause()))
            .collect();
        by_hand.sort();
        assert_eq!(first, by_hand, "a teacher can draw it again");
        all.push(seed);
    }
    assert_ne!(all[0], all[1]);
}

#[test]
fn a_hint_is_offered_once_to_somebody_who_is_at_a_step_for_long_and_goes_on_trying() {
    let folder = tempfile::tempdir().unwrap();
    let impatient = Lesson {
        patience: std::time::Duration::ZERO,
        ..shipped(1)
    };
    let offer = "At this step for a while? `lab hint` helps";
    let engine = open(&folder.path().join("lab"), &impatient, None);
    let coach = engine.coach();
    // The first prompt is the arrival; Enter alone is no try.
    let mut said: Vec<String> = Vec::new();
    for typed in [false, false, true, true, true, true] {
        said.push(coach.after_command(typed).text());
    }
    let offers: Vec<usize> = (0..6).filter(|at| said[*at].contains(offer)).collect();
    // The first answer speaks of hints itself.
    assert_eq!(offers, [3], "{said:#?}");
    assert!(said[2].contains("`lab hint`"), "{said:#?}");
    drop(engine);

    let engine = open(&folder.path().join("other"), &shipped(1), None);
    let said: String = (0..6)
        .map(|_| engine.coach().after_command(true).text())
        .collect();
    assert!(!said.contains(offer), "{said}");
}

//! A lesson's scripted faults, met by the real AWS CLI in a lab: they begin and end with their step, and are nobody's mistake.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use groundschool::cloud::Pace;
use groundschool::course::catalogue::lessons;
use groundschool::course::lesson::{ScriptedFault, Trouble};
use groundschool::lab::engine::{Engine, Options};
use groundschool::lab::key_pool::KeyPool;
use groundschool::lab::stage::Choice;
use groundschool::lab::voice::Voice;

use crate::aws::folder_of_aws;
use crate::desk::program;

fn fault(action: &str, meets: Trouble, times: Option<u32>) -> ScriptedFault {
    ScriptedFault {
        action: action.to_owned(),
        meets,
        times,
    }
}

#[test]
fn the_faults_of_a_step_begin_and_end_with_it_and_are_nobodys_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let mut lesson = lessons().unwrap().remove(0);
    let (first, second) = (0, 1);
    lesson.steps[first].faults = vec![
        fault("CreateKeyPair", Trouble::UnauthorizedOperation, None),
        fault("DescribeRegions", Trouble::RequestLimitExceeded, Some(2)),
    ];
    lesson.steps[second].faults = vec![fault(
        "DescribeRegions",
        Trouble::Slow { seconds: 1 },
        Some(1),
    )];
    let engine = Engine::open(Options {
        root: folder.path().join("lab"),
        home: None,
        lesson,
        pace: Pace::Instant,
        voice: Voice::new(false),
        keys: Arc::new(KeyPool::new(1, 1)),
        stand_in: false,
        stage: Choice::Shim,
        seed: None,
    })
    .unwrap();
    let run = |command: &mut Command| {
        let output = command
            .envs(engine.environment())
            .current_dir(engine.workspace().layout().work())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        String::from_utf8_lossy(&output.stdout).trim().to_owned() + error.trim()
    };
    let aws = |line: &str| {
        let mut command = Command::new(folder_of_aws().join("aws"));
        run(command.args(line.split(' ')))
    };
    // The links in the lab's folder lead to the program that opened it, which here is the tests'.
    let lab = |word: &str| run(Command::new(program()).arg0("lab").arg(word));
    let regions =
        "ec2 describe-regions --region-names eu-north-1 --output text --query Regions[].RegionName";

    for _ in 0..2 {
        let denied = aws("ec2 create-key-pair --key-name k");
        assert!(
            denied.starts_with("An error occurred (UnauthorizedOperation) when calling the CreateKeyPair operation: You are not")
                && denied.contains("user/learner is not authorized to perform: ec2:CreateKeyPair on resource: "),
            "{denied}"
        );
    }
    let report = engine.coach().grade();
    assert_eq!(report.steps[first].mistake, None, "{report:?}");
    // The CLI tries again by itself, as it does when AWS throttles it.
    assert_eq!(aws(regions), "eu-north-1");

    let said = lab("skip");
    assert_eq!(engine.coach().current_step(), Some(second), "{said}");
    assert!(aws("ec2 create-key-pair --key-name k").contains("BEGIN RSA PRIVATE KEY"));
    assert_eq!(aws(regions), "eu-north-1");
}

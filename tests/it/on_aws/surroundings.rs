//! No network, a sign-in that has run out, a wrong region, root, a denied permission, throttling, a CLI that hangs: the right words,
//! and the lab alive.

use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::fake::{Fake, LONG, again_until};
use crate::desk::until;
use crate::learner::{code, text};

#[test]
fn an_open_lab_says_what_is_in_the_way_and_goes_on() {
    let fake = Fake::new();
    let mut terminal = fake.open(&["--aws-timeout", "2"]);
    for (mode, words) in [
        ("expired", "your sign-in has run out"),
        ("sso", "aws sso login"),
        ("denied", "no permission for ec2:DescribeKeyPairs"),
        ("throttled", "RequestLimitExceeded"),
        ("offline", "https://ec2.us-east-1.amazonaws.com/"),
        ("noregion", "no region is set"),
        ("wrongregion", "your account has not enabled it"),
        ("hang", "did not answer within 2 seconds and was stopped"),
    ] {
        fake.mode(mode);
        let shown = again_until(&mut terminal, "lab check", words);
        assert!(shown.contains("[could not tell]"), "{mode}: {shown}");
        assert!(!shown.contains("[not yet]"), "{mode}: {shown}");
        let alive = again_until(&mut terminal, "echo still $((40 + 2))", "still 42");
        assert!(!alive.contains("panicked"), "{alive}");
    }
    // Nothing of what hung is left.
    let hung = std::fs::read_to_string(fake.folder().join("hung")).unwrap();
    for number in hung.lines() {
        let pid = Pid::from_raw(number.trim().parse().unwrap()).unwrap();
        until("the end of what hung", || {
            test_kill_process(pid).is_err().then_some(())
        });
    }
    fake.mode("ok");
    again_until(&mut terminal, "lab check", "[not yet]");
    // What cannot be told at the end is said too, and leaving works.
    fake.mode("offline");
    terminal.press("exit\r");
    terminal.wait_up_to(LONG, "What is left in your account is not known");
    assert_eq!(code(&mut terminal), Some(1));
}

#[test]
fn the_list_stops_before_anything_when_something_is_missing() {
    for (mode, words) in [
        ("expired", "your sign-in has run out"),
        ("offline", "AWS could not be reached"),
        ("noregion", "no region is set"),
        ("old", "Your AWS CLI is too old"),
        ("nodry", "no permission for ec2:RunInstances"),
        ("hang", "did not answer within 1 seconds"),
    ] {
        let fake = Fake::new();
        fake.mode(mode);
        let mut terminal = fake.learn(&["--unlock", "--aws-timeout", "1"]);
        terminal.wait_up_to(LONG, "[stop]");
        let shown = terminal.wait_up_to(LONG, "hint: ").replace("\r\n| ", " ");
        assert!(shown.contains(words), "{mode}: {shown}");
        assert_eq!(code(&mut terminal), Some(3), "{mode}");
    }
}

#[test]
fn without_an_aws_the_list_says_where_to_get_one() {
    let fake = Fake::new();
    std::fs::remove_file(fake.folder().join("bin/aws")).unwrap();
    let mut terminal = fake.learn(&["--unlock"]);
    terminal.wait_up_to(LONG, "https://aws.amazon.com/cli/");
    assert_eq!(code(&mut terminal), Some(3));
}

#[test]
fn root_is_warned_and_may_go_on_and_other_digits_start_nothing() {
    let fake = Fake::new();
    fake.mode("root");
    let mut terminal = fake.learn(&["--unlock"]);
    terminal.wait_up_to(LONG, "You are the root user");
    terminal.wait_up_to(LONG, "last four digits");
    terminal.press("1234\r");
    terminal.wait_up_to(LONG, "Nothing was started");
    assert_eq!(code(&mut terminal), Some(1));
    let changing = fake.calls();
    let changing = changing.iter().filter(|call| {
        !call.contains("--dry-run")
            && !call.contains("describe-")
            && !call.contains(" get-")
            && *call != "--version"
    });
    assert_eq!(changing.count(), 0);
}

#[test]
fn a_lesson_opens_when_it_was_passed_or_the_sentence_is_typed_in_full() {
    let fake = Fake::new();
    let mut terminal = fake.learn(&[]);
    terminal.wait_up_to(LONG, "I have done this before");
    terminal.press("yes\r");
    terminal.wait_up_to(LONG, "Then the simulator first");
    assert_eq!(code(&mut terminal), Some(1));
    assert!(fake.calls().is_empty(), "{:?}", fake.calls());

    let mut terminal = fake.learn(&[]);
    terminal.wait_up_to(LONG, "I have done this before");
    terminal.press("I have done this before\r");
    terminal.wait_up_to(LONG, "last four digits");
    terminal.press("\r");
    terminal.wait_up_to(LONG, "Nothing was started");
    let record = fake.root().join("aws/.groundschool/aws-readiness.jsonl");
    let record = std::fs::read_to_string(record).unwrap();
    assert!(record.contains("said: I have done this before"), "{record}");
    assert_eq!(record.lines().count(), 1);
}

#[test]
fn what_is_left_is_shown_with_its_command_at_the_end_and_at_any_time() {
    let fake = Fake::new();
    let root = fake.root();
    let ask = ["aws", "leftovers", "--lab", root.to_str().unwrap()];
    let none = fake.run(&ask);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let mut terminal = fake.open(&[]);
    fake.mode("leftover");
    terminal.press("exit\r");
    terminal.wait_up_to(LONG, "STILL THERE, AND IT COSTS MONEY");
    terminal.wait_up_to(LONG, "aws ec2 release-address --allocation-id eipalloc-0a");
    assert_eq!(code(&mut terminal), Some(1));
    let left = fake.run(&ask);
    assert_eq!(left.status.code(), Some(1), "{left:?}");
    assert!(
        text(&left.stdout).contains("Elastic IP 203.0.113.9 - costs money"),
        "{left:?}"
    );
    fake.mode("ok");
    let left = fake.run(&ask);
    assert_eq!(left.status.code(), Some(0), "{left:?}");
    fake.mode("offline");
    let left = fake.run(&ask);
    assert_eq!(left.status.code(), Some(3), "{left:?}");
    assert!(
        text(&left.stderr).contains("AWS could not be reached"),
        "{left:?}"
    );
}

#[test]
fn local_commands_ask_aws_nothing_and_a_grading_asks_for_what_its_step_needs() {
    let fake = Fake::new();
    let mut terminal = fake.open(&[]);
    again_until(&mut terminal, "lab check", "[not yet]");
    let before = fake.calls().len();
    for line in ["ls -l", "cd .", "chmod 755 .", "echo done"] {
        terminal.press(&format!("{line}\r"));
        terminal.wait_up_to(LONG, "READY> ");
    }
    assert_eq!(fake.calls().len(), before);
    // The first step is about key pairs only.
    again_until(&mut terminal, "lab check", "[not yet]");
    let new = fake.calls().split_off(before);
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0].contains("describe-key-pairs"), "{new:?}");
}

#[test]
fn throttling_is_met_with_a_pause_and_not_with_more_calls() {
    let fake = Fake::new();
    let mut terminal = fake.open(&[]);
    fake.mode("throttled");
    again_until(&mut terminal, "lab check", "RequestLimitExceeded");
    let before = fake.calls().len();
    // A burst of questions within the pause; a slow computer may leave it.
    let began = std::time::Instant::now();
    for _ in 0..3 {
        terminal.press("lab check\r");
        terminal.wait_up_to(LONG, "READY> ");
    }
    if began.elapsed() < Duration::from_millis(1_500) {
        assert_eq!(fake.calls().len(), before);
    }
    fake.mode("ok");
    again_until(&mut terminal, "lab check", "[not yet]");
}

#[test]
fn the_permissions_are_printed_and_the_policy_is_json() {
    let fake = Fake::new();
    let page = fake.run(&["aws", "permissions"]);
    assert!(text(&page.stdout).contains("aws ec2 describe-instances\n"));
    let policy = fake.run(&["aws", "permissions", "--policy"]);
    let policy: serde_json::Value = serde_json::from_slice(&policy.stdout).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    assert!(fake.calls().is_empty());
}

//! A lesson of somebody's own: made, said to be unwritten, written, proved.

use std::path::Path;
use std::process::{Command, Output};

use crate::desk::program;
use crate::learner::Learner;

fn groundschool(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("TERM", "dumb")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_new_lesson_says_what_is_still_to_be_written_and_is_proved_when_it_is() {
    let place = tempfile::tempdir().unwrap();
    let made = groundschool(place.path(), &["dev", "new", "lesson", "my-first"]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    assert!(said(&made).contains("groundschool dev check ./my-first"));
    let check = || groundschool(place.path(), &["dev", "check", "./my-first"]);

    let open = check();
    assert_eq!(open.status.code(), Some(1));
    let open = said(&open);
    for part in [
        "./my-first/lesson.toml:3: still to be written: what the lesson is called",
        "./my-first/first-step.md:1: still to be written: the one idea of this step.",
        "./my-first/first-step.md:1: still to be written: why it matters",
        "./my-first/done.md:3: still to be written",
        "./my-first/solution.sh:5: still to be written: the commands of this step",
        "12 faults; nothing is proved before they are mended",
    ] {
        assert!(open.contains(part), "{part} is not in:\n{open}");
    }

    let file = |name: &str| place.path().join("my-first").join(name);
    let rewrite = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(file(name)).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        std::fs::write(file(name), text.replace(from, to)).unwrap();
    };
    rewrite(
        "lesson.toml",
        "<write: what the lesson is called, in a few words>",
        "My first",
    );
    rewrite(
        "lesson.toml",
        "<write: what to do, as one short sentence>",
        "Make a key pair.",
    );
    rewrite(
        "lesson.toml",
        "<write: where to look>",
        "Look at aws ec2 help",
    );
    rewrite(
        "lesson.toml",
        "<write: what kind of command>",
        "It begins with create.",
    );
    let command = "aws ec2 create-key-pair --key-name first";
    rewrite(
        "lesson.toml",
        "<write: the command, four spaces in>",
        command,
    );
    std::fs::write(
        file("first-step.md"),
        format!("**A key pair is a lock and its key.** You sign in with it.\n\n```\n{command}\n```\n\n**Now make one.**\n"),
    )
    .unwrap();
    rewrite(
        "done.md",
        "<write: one thing that the learner can do now>",
        "make a key pair",
    );
    std::fs::write(file("solution.sh"), "set -e\n\n# step: first-step\ntrue\n").unwrap();
    let unsolved = check();
    assert_eq!(unsolved.status.code(), Some(1));
    assert!(
        said(&unsolved).contains("does not pass"),
        "{}",
        said(&unsolved)
    );
    std::fs::write(
        file("solution.sh"),
        format!("set -e\n\n# step: first-step\n{command} > /dev/null\n"),
    )
    .unwrap();
    let green = check();
    assert_eq!(green.status.code(), Some(0), "{}", said(&green));
    assert!(
        said(&green).contains("1 lesson, 2 claims: 1 unsolved start, 1 solution, 0 mistakes (on the stages netns and shim); 0 faults"),
        "{}",
        said(&green)
    );

    let again = groundschool(place.path(), &["dev", "new", "lesson", "my-first"]);
    assert_eq!(again.status.code(), Some(3));
    assert!(
        said(&again).contains("my-first cannot be made"),
        "{}",
        said(&again)
    );
    let odd = groundschool(place.path(), &["dev", "new", "lesson", "My Lesson"]);
    assert_eq!(odd.status.code(), Some(2));
    let none = groundschool(place.path(), &["dev", "check", "./nowhere"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        said(&none).contains("./nowhere cannot be read"),
        "{}",
        said(&none)
    );
}

#[test]
fn the_schema_is_printed_for_editors() {
    let place = tempfile::tempdir().unwrap();
    let printed = groundschool(place.path(), &["dev", "schema"]);
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed));
    let schema: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(schema["title"], "lesson.toml");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_learner_reads_the_lesson_in_their_own_language_where_it_is_translated() {
    let learner = Learner::new();
    let lessons = |arguments: &[&str], name: &str, value: &str| {
        let output = Command::new(program())
            .arg("lessons")
            .args(arguments)
            .env_clear()
            .env("HOME", learner.home())
            .env(name, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        said(&output)
    };
    let (german, english) = (
        "Schl\u{fc}sselpaar & SSH-Verbindung",
        "Key pair & SSH connection",
    );
    for (arguments, name, value, wanted) in [
        (&[][..], "LANG", "de_AT.UTF-8", german),
        (&[], "LC_ALL", "C", english),
        (&[], "LANG", "de_DE.ISO-8859-1", english),
        (&[], "LANG", "fr_FR.UTF-8", english),
        (&["--locale", "de"], "LANG", "C", german),
        (&["--locale", "en"], "LANG", "de_DE.UTF-8", english),
    ] {
        let text = lessons(arguments, name, value);
        assert!(
            text.contains(wanted),
            "{arguments:?} {name}={value}: {text}"
        );
        // What is not translated stays English.
        assert!(text.contains("Guard the file"), "{text}");
    }

    let mut terminal = learner.start_in(&learner.root(), &["learn", "--locale", "de"]);
    let first = terminal.wait("READY> ");
    for part in [
        "SSH-Verbindung - step 1 of 9",
        "auf deine Instanz",
        "Anf\u{fc}hrungszeichen",
        "Type `lab` for the task",
    ] {
        assert!(first.contains(part), "{part} is not in:\n{first}");
    }
    let hint = terminal.line("lab hint");
    assert!(hint.contains("hint 1 of 3: AWS macht das Paar"), "{hint}");
    let english = terminal.line_until("ls", "[not yet]");
    assert!(english.contains("[not yet]"), "{english}");
}

#[test]
fn files_to_translate_are_made_once_and_checked_until_they_are_translated() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("mine");
    std::fs::create_dir(&folder).unwrap();
    let files = [
        (
            "lesson.toml",
            "format = 1\ntitle = \"Small\"\nworlds = [\"simulator\"]\n[[steps]]\nid = \"one\"\ngoal = \"Do it.\"\npoints = 1\n[[steps.checks]]\nexpect.key_pair_exists = {}\n[steps.hints]\n1 = \"Think.\"\n",
        ),
        ("one.md", "Do it.\n"),
        ("done.md", "You can do it.\n"),
        (
            "solution.sh",
            "set -e\n# step: one\naws ec2 create-key-pair --key-name a > /dev/null\n",
        ),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let make = || groundschool(place.path(), &["dev", "new", "translation", "./mine", "de"]);
    let made = said(&make());
    assert!(
        made.contains("one.de.md") && made.contains("3 files are to be translated"),
        "{made}"
    );
    assert!(said(&make()).contains("0 files are to be translated"));
    let check = || groundschool(place.path(), &["dev", "check", "./mine"]);
    let open = check();
    assert_eq!(open.status.code(), Some(1));
    for part in [
        "./mine/one.de.md: not translated yet",
        "./mine/lesson.de.toml:5: [steps.one] is not translated yet",
        "(on the stages netns and shim); 3 faults",
    ] {
        assert!(said(&open).contains(part), "{part}: {}", said(&open));
    }
    for (name, from, to) in [
        ("one.de.md", "Do it.", "Tu es."),
        ("done.de.md", "You can do it.", "Du kannst es."),
        ("lesson.de.toml", "Think.", "Denk nach."),
    ] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        std::fs::write(folder.join(name), text.replace(from, to)).unwrap();
    }
    let green = check();
    assert_eq!(green.status.code(), Some(0), "{}", said(&green));
    std::fs::write(folder.join("one.md"), "Do it now.\n").unwrap();
    let stale = said(&check());
    assert!(
        stale.contains("./mine/one.de.md:1: stale: one.md has changed"),
        "{stale}"
    );
}

/// A lesson of one step with these checks, and this solution.
fn lesson_of(place: &Path, name: &str, checks: &str, solution: &str) {
    let folder = place.join(name);
    std::fs::create_dir(&folder).unwrap();
    let steps = |id: &str, checks: &str| {
        format!(
            "[[steps]]\nid = \"{id}\"\ngoal = \"Do {id}.\"\npoints = 1\n{checks}\n[steps.hints]\n1 = \"Think.\"\n"
        )
    };
    let pair = "[[steps.checks]]\nexpect.key_pair_exists = {}\n";
    let toml = format!(
        "format = 1\ntitle = \"T\"\nworlds = [\"simulator\"]\n{}{}",
        steps("one", pair),
        steps("two", checks)
    );
    for (name, text) in [
        ("lesson.toml", &*toml),
        ("one.md", "One.\n"),
        ("two.md", "Two.\n"),
        ("done.md", "Done.\n"),
        ("solution.sh", solution),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_check_that_no_wrong_case_can_fail_is_named_and_a_guard_is_marked() {
    let place = tempfile::tempdir().unwrap();
    let solution = "set -e\n# step: one\naws ec2 create-key-pair --key-name a --query KeyMaterial --output text > a.pem\n\
                    # step: two\nchmod 400 a.pem\n";
    let pair = "[[steps.checks]]\nexpect.key_pair_exists = {}\n";
    let private = "[[steps.checks]]\nexpect.key_file_private = {}\n";
    let check = |name: &str| {
        let output = groundschool(place.path(), &["dev", "check", &format!("./{name}")]);
        (output.status.code(), said(&output))
    };

    lesson_of(place.path(), "idle", &format!("{pair}{private}"), solution);
    let (status, text) = check("idle");
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("(on the stages netns and shim); 1 fault"),
        "{text}"
    );
    assert!(
        text.contains(
            "idle/lesson.toml:13: step `two`, check 1 (key_pair_exists): no wrong case can fail it"
        ),
        "{text}"
    );

    // A wrong case in which it is not met: the key pair is deleted on the way, and its name asked for again.
    lesson_of(
        place.path(),
        "failed",
        &format!("{pair}{private}"),
        solution,
    );
    std::fs::create_dir(place.path().join("failed/mistakes")).unwrap();
    std::fs::write(
        place.path().join("failed/mistakes/key_pair_name_not_found.sh"),
        "# at: two\naws ec2 delete-key-pair --key-name a\naws ec2 run-instances --image-id \
         resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name a\n",
    )
    .unwrap();
    let (status, text) = check("failed");
    assert_eq!(status, Some(0), "{text}");

    lesson_of(
        place.path(),
        "guarded",
        &format!("{pair}still = true\n{private}"),
        solution,
    );
    let (status, text) = check("guarded");
    assert_eq!(status, Some(0), "{text}");

    lesson_of(
        place.path(),
        "marked",
        &format!("{pair}still = true\n{private}still = true\n"),
        solution,
    );
    let (status, text) = check("marked");
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains(
            "check 2 (key_file_private): it says `still = true`, and was not met at this step"
        ),
        "{text}"
    );
}

/// Packs a folder as learners' systems do, with the folder itself in it.
fn zipped(folder: &Path, into: &Path) {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::fs::File::create(into).unwrap());
    let name = folder.file_name().unwrap().to_str().unwrap();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let inside = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(inside, options).unwrap();
        zip.write_all(&std::fs::read(path).unwrap()).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_folder_of_lessons_replaces_the_course_and_a_lesson_may_be_a_zip() {
    let learner = Learner::new();
    let place = learner.dir.path().join("course");
    std::fs::create_dir(&place).unwrap();
    let solution = "set -e\n# step: one\naws ec2 create-key-pair --key-name a --query KeyMaterial --output text > a.pem\n\
                    # step: two\nchmod 400 a.pem\n";
    let private = "[[steps.checks]]\nexpect.key_file_private = {}\n";
    lesson_of(&place, "02-second", private, solution);
    lesson_of(&place, "01-first", private, solution);
    zipped(&place.join("02-second"), &place.join("02-second.zip"));
    std::fs::remove_dir_all(place.join("02-second")).unwrap();
    let course = ["--course", place.to_str().unwrap()];

    let listed = said(&learner.run(&[&["lessons"], &course[..]].concat()));
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split("  ").next())
        .collect();
    assert_eq!(names, ["01-first", "02-second"], "{listed}");
    let checked = said(&learner.run(&[&["dev", "check"], &course[..]].concat()));
    assert!(
        checked.contains("2 lessons, 4 claims: 2 unsolved starts, 2 solutions, 0 mistakes (on the stages netns and shim); 0 faults"),
        "{checked}"
    );
    let zip = place.join("02-second.zip");
    let checked = said(&learner.run(&["dev", "check", zip.to_str().unwrap()]));
    assert!(
        checked.contains("1 lesson, 2 claims: 1 unsolved start, 1 solution, 0 mistakes (on the stages netns and shim); 0 faults"),
        "{checked}"
    );

    let mut terminal = learner.start_in(&learner.root(), &[&["learn", "2"], &course[..]].concat());
    let shown = terminal.wait("READY> ");
    assert!(shown.contains("Two.") || shown.contains("One."), "{shown}");
    terminal.line("lab skip");
    terminal.press("exit\r");
    terminal.wait("You left the lab.");
    terminal.child.wait().unwrap();
    // Without a word it goes on where it was left, in the zip.
    let mut terminal = learner.open();
    let shown = terminal.line("lab");
    assert!(shown.contains("step 2 of 2"), "{shown}");
    terminal.press("exit\r");
    terminal.wait("You left the lab.");
    terminal.child.wait().unwrap();

    for (arguments, status, wanted) in [
        (
            &["lessons", "--course", "nowhere"][..],
            2,
            "nowhere cannot be read",
        ),
        (
            &["demo", "9", course[0], course[1]],
            2,
            "there is no lesson 9 in",
        ),
        (
            &["dev", "check", "./none.zip"],
            2,
            "none.zip cannot be read",
        ),
    ] {
        let output = learner.run(arguments);
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains(wanted), "{}", said(&output));
    }
    std::fs::write(place.join("03-broken.zip"), "PK").unwrap();
    let broken = learner.run(&[&["lessons"], &course[..]].concat());
    assert!(
        said(&broken).contains("03-broken.zip cannot be unpacked"),
        "{}",
        said(&broken)
    );
}

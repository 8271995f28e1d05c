//! A class without a server: a teacher makes it, learners take it, hand in, and are graded.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::desk::until;
use crate::learner::{Learner, code, steps, text};

/// As Canvas exports it, with a mark, CR LF and quotes.
const CANVAS: &str = "\u{feff}Student,ID,SIS User ID,SIS Login ID,Section,SSH (77)\r\n\
    \x20   Points Possible,,,,,13\r\n\
    \"Hopper, Grace\",501,s-1,grace,\"Mon, 9\",\r\n\
    \"Lovelace, Ada\",502,s-2,ada,\"Mon, 9\",\"\"\r\n";

struct Course {
    learner: Learner,
}

impl Course {
    fn new() -> Self {
        let learner = Learner::new();
        std::fs::write(learner.dir.path().join("canvas.csv"), CANVAS).unwrap();
        Self { learner }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.learner.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    #[track_caller]
    fn run(&self, wanted: i32, arguments: &[&str]) -> (String, String) {
        let output = self.learner.run(arguments);
        let said = both(&output);
        assert_eq!(
            output.status.code(),
            Some(wanted),
            "{arguments:?}: {said:?}"
        );
        said
    }

    /// A command in a shell with the usual umask, for whatever needs no lab.
    #[track_caller]
    fn shell(&self, wanted: i32, line: &str) -> (String, String) {
        let folder = self.learner.dir.path();
        let output = Command::new("sh")
            .args(["-c", &format!("umask 022; {line}")])
            .env_clear()
            .envs([("HOME", folder), ("PATH", Path::new("/usr/bin:/bin"))])
            .env("gs", env!("CARGO_BIN_EXE_groundschool"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = both(&output);
        assert_eq!(output.status.code(), Some(wanted), "{line}: {said:?}");
        said
    }

    fn mode(&self, name: &str) -> u32 {
        let about = std::fs::metadata(self.path(name)).unwrap();
        about.permissions().mode() & 0o777
    }

    fn hand_in(&self, out: &str, more: &[&str]) -> (String, String) {
        let root = self.learner.root();
        let place = ["hand-in", "--lab", root.to_str().unwrap(), "--out", out];
        self.run(0, &[&place, more].concat())
    }
}

fn both(output: &Output) -> (String, String) {
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_class_is_made_taken_handed_in_graded_and_filled_in() {
    let course = Course::new();
    let learner = &course.learner;
    let made = [
        "class",
        "new",
        "--lessons",
        "1",
        "--title",
        "Clouds",
        "--roster",
        "canvas.csv",
        "--time-limit",
        "600",
        "--hand-in-to",
        "the box in Canvas",
    ];
    let (out, said) = course.run(0, &made);
    assert_eq!(out, "class.toml\n");
    assert!(said.contains("2 people"), "{said}");
    let class = course.read("class.toml");
    assert!(
        !class.contains("grace") && !class.contains("s-1"),
        "{class}"
    );
    let (_, said) = course.run(2, &made);
    assert!(said.contains("is there already"), "{said}");

    let mut terminal = learner.start_in(&learner.root(), &["learn", "--class", "class.toml"]);
    let shown = terminal.wait("READY> ");
    assert!(shown.contains("Class: Clouds."), "{shown}");
    assert!(shown.contains("minutes are left"), "{shown}");
    let shown = terminal.line("lab hint");
    assert!(shown.contains("hint 1 of 3"), "{shown}");
    terminal.line("echo my-secret-line");
    let all: Vec<&str> = steps().iter().map(|(step, _)| *step).collect();
    learner.solve(&mut terminal, &all);
    let last = terminal.line("lab check");
    // The end of the lesson does not lead out of the class: this was its only one.
    assert!(
        last.contains("Every lesson of this class is passed")
            && last.contains("groundschool hand-in"),
        "{last}"
    );
    assert!(
        !last.contains("learn 2") && !last.contains("--on aws"),
        "{last}"
    );
    // In the lab's shell it is that lab, and the class file is not needed.
    let program = env!("CARGO_BIN_EXE_groundschool");
    let shown = terminal.line(&format!("{program} hand-in --class class.toml"));
    assert!(
        shown.contains("knows its class, Clouds") && shown.contains("without --class"),
        "{shown}"
    );
    let shown = terminal.line(&format!(
        "{program} hand-in --name Ada --id s-2 --out mine.json"
    ));
    assert!(
        shown.contains("9 of 9 steps passed") && shown.contains("the box in Canvas"),
        "{shown}"
    );
    terminal.press("exit\r");
    let said = terminal.wait("hand the file in to: the box in Canvas");
    assert!(said.contains("You have passed"), "{said}\n{last}");
    assert!(said.contains("groundschool hand-in --lab "), "{said}");
    assert_eq!(code(&mut terminal), Some(0));

    // The class asks for a name and an id; here is no terminal to ask in.
    let root = learner.root();
    let place = ["hand-in", "--lab", root.to_str().unwrap()];
    let (_, said) = course.run(2, &place);
    assert!(said.contains("--name"), "{said}");
    // An empty answer is none.
    for (more, wanted) in [
        (["--name", " ", "--id", "s-2"], "--name"),
        (["--name", "Ada", "--id", ""], "--id"),
    ] {
        let (_, said) = course.run(2, &[&place[..], &more].concat());
        assert!(said.contains(wanted), "{said}");
    }
    let (out, _) = course.run(0, &[&place[..], &["--name", "Ada", "--id", "s-2"]].concat());
    let id = std::fs::read_to_string(learner.private("lab-id")).unwrap();
    assert!(out.contains(id.trim()), "{out} is not named for the lab");
    // The same lab's file is replaced.
    let (again, _) = course.run(0, &[&place[..], &["--name", "Ada", "--id", "s-2"]].concat());
    assert_eq!(again, out);
    let (out, said) = course.hand_in("ada.json", &["--name", "Ada Lovelace", "--id", "s-2"]);
    assert_eq!(out, "ada.json\n");
    for words in [
        "who you are: Ada Lovelace, s-2",
        "9 of 9 steps passed",
        "hints: 1, mistakes: ",
        "Not in it: private keys",
        "Hand this file in to: the box in Canvas",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(!said.contains("[note]"), "{said}");
    let (_, said) = course.hand_in("slip.json", &["--name", "Ada Lovelace", "--id", "s-3"]);
    assert!(said.contains("s-3 is not on the list"), "{said}");

    let file = course.read("ada.json");
    assert!(file.len() < 100_000, "{} bytes", file.len());
    let folder = learner.dir.path().to_str().unwrap();
    for private in [
        "PRIVATE KEY",
        folder,
        "my-secret-line",
        "ssh -i",
        "chmod 400",
    ] {
        assert!(!file.contains(private), "{private} is in {file}");
    }

    let of = points(&course);
    let (out, said) = course.run(0, &["grade", "ada.json", "--class", "class.toml"]);
    assert!(
        out.starts_with(&format!(
            "[passed] Ada Lovelace, s-2 (ada.json): {of} of {of} points"
        )),
        "{out}"
    );
    assert!(
        !out.contains("[look]") && out.contains("Hints: 1."),
        "{out}"
    );
    assert!(said.contains("prove nothing"), "{said}");

    let fill = [
        "grade",
        "ada.json",
        "--fill",
        "canvas.csv",
        "--column",
        "SSH",
    ];
    let (out, said) = course.run(0, &fill);
    assert_eq!(out, "");
    assert_eq!(
        course.read("canvas.csv"),
        CANVAS.replace("\"\"\r\n", &format!("\"{of}\"\r\n"))
    );
    assert!(said.contains("[no hand-in] Hopper, Grace"), "{said}");
    let (_, said) = course.run(
        2,
        &[
            "grade",
            "ada.json",
            "--fill",
            "canvas.csv",
            "--column",
            "Talk",
        ],
    );
    assert!(said.contains("SSH (77)"), "{said}");

    what_a_filled_in_file_keeps(&course, of);
    every_form(&course, of);
    what_is_wrong_is_named(&course, &file);
    a_copy_shows(&course, &file);
}

/// Its mode and its link; and what was there and is not any more is told.
fn what_a_filled_in_file_keeps(course: &Course, of: u64) {
    let mut other = CANVAS.replace("\"\"\r\n", "\"1.5\"\r\n");
    other = other.replace(",,13\r\n", &format!(",,{}\r\n", of + 1));
    std::fs::write(course.path("real.csv"), &other).unwrap();
    course.shell(0, "chmod 664 real.csv && ln -s real.csv link.csv");
    let fill = |column: &str| {
        let line = format!("\"$gs\" grade ada.json --fill link.csv --column '{column}'");
        course.shell(if column == "SSH" { 0 } else { 2 }, &line).1
    };
    for column in ["ID", "Student", "SIS Login ID"] {
        let said = fill(column);
        assert!(
            said.contains(&format!("\"{column}\" says who people are")),
            "{said}"
        );
    }
    assert_eq!(course.read("real.csv"), other);
    let said = fill("SSH");
    let worth = format!("worth {} points there, and the hand-ins {of}", of + 1);
    assert!(said.contains(&worth), "{said}");
    let replaced = format!("[replaced] Lovelace, Ada, s-2, ada: 1.5 is now {of}");
    assert!(said.contains(&replaced), "{said}");
    let wanted = other.replace("\"1.5\"", &format!("\"{of}\""));
    assert_eq!(course.read("real.csv"), wanted);
    assert_eq!(course.mode("real.csv"), 0o664);
    assert!(course.path("link.csv").is_symlink());
    course.shell(0, "\"$gs\" grade ada.json --out report.txt");
    assert_eq!(course.mode("report.txt"), 0o644);
    let (_, said) = course.shell(3, "\"$gs\" grade ada.json --out nowhere/report.txt");
    assert!(
        said.contains("nowhere/report.txt cannot be written"),
        "{said}"
    );
    assert!(!said.contains(".tmp"), "{said}");
}

/// What the lesson is worth.
fn points(course: &Course) -> u64 {
    let (out, _) = course.run(0, &["grade", "ada.json", "--format", "json"]);
    let sheet: serde_json::Value = serde_json::from_str(&out).unwrap();
    sheet["graded"][0]["of"].as_u64().unwrap()
}

fn every_form(course: &Course, of: u64) {
    let canvas = format!("\"Lovelace, Ada\",502,s-2,ada,\"Mon, 9\",{of}\r\n");
    let moodle = format!("s-2,{of},\"9 of 9 steps passed");
    let brightspace = format!("s-2,ada,{of},#\r\n");
    let classroom50 = format!("\"max-score\": {of}");
    for (form, words) in [
        ("text", "[passed]"),
        ("json", "\"schema\": \"groundschool/grades/v1\""),
        ("junit", "failures=\"0\" errors=\"0\""),
        ("csv", "01-key-pair-and-ssh: clean-up"),
        ("canvas", canvas.as_str()),
        ("moodle", moodle.as_str()),
        ("brightspace", brightspace.as_str()),
        ("gradescope", "\"max_score\": 2"),
        ("classroom50", classroom50.as_str()),
        ("check50", "\"passed\": true"),
    ] {
        let (out, _) = course.run(
            0,
            &[
                "grade",
                "ada.json",
                "--roster",
                "canvas.csv",
                "--format",
                form,
            ],
        );
        assert!(out.contains(words), "{form}: {out}");
        let lab = course.learner.root();
        let output =
            course
                .learner
                .run(&["grade", "--lab", lab.to_str().unwrap(), "--format", form]);
        let (out, said) = both(&output);
        if ["canvas", "moodle", "brightspace"].contains(&form) {
            assert_eq!(output.status.code(), Some(2), "{form}: {said}");
        } else {
            assert_eq!(output.status.code(), Some(0), "{form}: {out}{said}");
        }
    }
    let (out, _) = course.run(0, &["grade", "ada.json", "--format", "csv", "--bom"]);
    assert!(out.starts_with("\u{feff}Name,"), "{out}");
    let (_, said) = course.run(
        2,
        &[
            "grade", "ada.json", "--format", "canvas", "--column", "Section",
        ],
    );
    assert!(said.contains("for something else"), "{said}");
    let (out, _) = course.run(0, &["grade", "--schema"]);
    assert!(out.contains("not_graded"), "{out}");
}

fn what_is_wrong_is_named(course: &Course, good: &str) {
    let folder = course.path("wrong");
    std::fs::create_dir_all(folder.join("deeper")).unwrap();
    let huge = std::fs::File::create(folder.join("huge.json")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let edited = good.replacen("Ada", "Eve", 1);
    let newer = good.replacen("\"format\":1", "\"format\":9", 1);
    let cut = good.split_at(good.len() / 3).0;
    for (name, bytes) in [
        ("cut.json", cut.as_bytes()),
        ("deeper/edited.json", edited.as_bytes()),
        ("empty.json", b""),
        ("foreign.json", b"{\"cells\": []}"),
        ("newer.json", newer.as_bytes()),
        ("picture.JSON", b"\x89PNG\r\n\x1a\n\0\0"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), "not looked at").unwrap();
    let (out, _) = course.run(
        1,
        &["grade", "wrong", "ada.json", "nowhere.json", "/dev/zero"],
    );
    for line in [
        "[not graded] wrong/cut.json: cut off",
        "[not graded] wrong/deeper/edited.json: edited: the file is not as it was written",
        "[not graded] wrong/empty.json: this is no hand-in",
        "[not graded] wrong/foreign.json: this is no hand-in",
        "[not graded] wrong/huge.json: too large for a hand-in (1099511627776 bytes",
        "[not graded] wrong/newer.json: it has format 9",
        "[not graded] wrong/picture.JSON: this is no hand-in",
        "[not graded] nowhere.json: No such file",
        "[not graded] /dev/zero: this is no file",
        "[passed] Ada Lovelace",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    assert!(!out.contains("notes.txt"));
    let (_, said) = course.run(3, &["grade", "wrong/cut.json", "--format", "check50"]);
    assert!(said.contains("has no grade"), "{said}");
}

/// The same lab under another name: what somebody does who asks a friend for their folder.
fn a_copy_shows(course: &Course, good: &str) {
    assert!(good.contains("s-2"));
    course.hand_in("grace.json", &["--name", "Grace Hopper", "--id", "s-1"]);
    let (out, said) = course.run(0, &["grade", "ada.json", "grace.json", "--format", "json"]);
    let sheet: serde_json::Value = serde_json::from_str(&out).unwrap();
    let kinds: Vec<String> = sheet["shared"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shared| {
            shared["mark"]
                .as_object()
                .unwrap()
                .keys()
                .next()
                .unwrap()
                .clone()
        })
        .collect();
    assert_eq!(kinds, ["lab", "key_pair", "instance"]);
    assert!(
        said.contains("[look] grace.json: the key with the fingerprint SHA256:"),
        "{said}"
    );
}

#[test]
fn a_class_file_is_for_others_and_what_is_no_class_is_refused_in_words() {
    let course = Course::new();
    let made = "\"$gs\" class new --lessons";
    let (out, said) = course.shell(
        0,
        &format!("{made} '1, 2,1' --roster canvas.csv --out 'my class.toml'"),
    );
    assert_eq!(out, "my class.toml\n");
    assert_eq!(course.mode("my class.toml"), 0o644);
    let class = course.read("my class.toml");
    assert_eq!(class.matches("01-key-pair-and-ssh").count(), 1, "{class}");
    assert!(class.contains("\"02-"), "{class}");
    for line in [
        "groundschool learn --class 'my class.toml'",
        "groundschool hand-in --class 'my class.toml'",
        "groundschool grade FOLDER --class 'my class.toml'",
        "2 people are in the roster",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    for option in ["--title", "--seed", "--hand-in-to"] {
        let (_, said) = course.shell(2, &format!("{made} 1 {option} '' --out no.toml"));
        assert!(
            said.contains(option) && said.contains("it is empty"),
            "{said}"
        );
    }
    let (_, said) = course.shell(2, "\"$gs\" grade x.json --format csv --column ' '");
    assert!(
        said.contains("--column") && said.contains("it is empty"),
        "{said}"
    );

    // Nobody writes into the pipe: who opened it would wait for ever.
    course.shell(0, "mkfifo pipe.csv && mkdir box && mkfifo box/pipe.json");
    for line in [
        "class new --lessons 1 --out no.toml --roster pipe.csv",
        "grade x.json --class pipe.csv",
        "grade x.json --roster pipe.csv",
        "grade x.json --fill pipe.csv --column A",
    ] {
        let (_, said) = course.shell(3, &format!("timeout 20 \"$gs\" {line}"));
        assert!(said.contains("pipe.csv cannot be used"), "{line}: {said}");
        assert!(
            said.contains("this is no file but a pipe"),
            "{line}: {said}"
        );
    }
    let (out, _) = course.shell(1, "timeout 20 \"$gs\" grade box pipe.csv");
    for line in [
        "[not graded] box/pipe.json: this is no file but a pipe",
        "[not graded] pipe.csv: this is no file but a pipe",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }

    let roster = |name: &str, text: &str| std::fs::write(course.path(name), text).unwrap();
    let with = |name: &str| format!("{made} 1 --out no.toml --roster {name}");
    roster("bare.csv", "Jane Doe,jdoe\nWang,wang\n");
    let (_, said) = course.shell(3, &with("bare.csv"));
    assert!(said.contains("is the first line a heading?"), "{said}");
    roster("open.csv", "name,id\nJane,\"jdoe\nWang,wang\n");
    let (_, said) = course.shell(3, &with("open.csv"));
    assert!(
        said.contains("line 2: a cell begins with a quote"),
        "{said}"
    );
    let ids: Vec<String> = (0..60_000).map(|number| format!("s-{number}\n")).collect();
    roster("huge.csv", &format!("id\n{}", ids.concat()));
    let (_, said) = course.shell(2, &with("huge.csv"));
    assert!(said.contains("no.toml would be too large"), "{said}");
    assert!(!course.path("no.toml").exists());
    roster("twice.csv", "name,id\nJane,jdoe\nX,jdoe\n");
    let (_, said) = course.shell(0, &with("twice.csv"));
    assert!(
        said.contains("[look] twice.csv: lines 2, 3 all say jdoe"),
        "{said}"
    );
    let zero = course.read("no.toml").replace("format = 1", "format = 0");
    roster("zero.toml", &zero);
    let (_, said) = course.shell(3, "\"$gs\" grade x.json --class zero.toml");
    assert!(said.contains("format 0, which never was"), "{said}");
}

#[test]
fn who_reads_a_report_may_stop_in_its_midst() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = Command::new(env!("CARGO_BIN_EXE_groundschool"))
        .args(["grade", "--schema"])
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(both(&child), (String::new(), String::new()));
    assert_eq!(child.status.code(), Some(0));
}

#[test]
fn an_exam_shows_no_hints_wants_a_new_lab_and_is_kept_over_a_kill_and_a_reset() {
    let course = Course::new();
    let learner = &course.learner;
    course.run(
        0,
        &[
            "class",
            "new",
            "--lessons",
            "1",
            "--exam",
            "--anonymous",
            "--time-limit",
            "30",
            "--out",
            "exam.toml",
        ],
    );
    course.run(
        0,
        &[
            "class",
            "new",
            "--lessons",
            "1",
            "--title",
            "Theirs",
            "--out",
            "other.toml",
        ],
    );
    let exam = |root: &Path| learner.start_in(root, &["learn", "--class", "exam.toml"]);
    let mut terminal = exam(&learner.root());
    let shown = terminal.wait("READY> ");
    assert!(shown.contains("hints are off"), "{shown}");
    assert!(!shown.contains("`lab hint` for help"), "{shown}");
    let shown = terminal.line("lab hint");
    assert!(
        shown.contains("hints are off") && !shown.contains("create-key-pair"),
        "{shown}"
    );
    for word in ["why", "help"] {
        let shown = terminal.line(&format!("lab {word}"));
        assert!(
            shown.contains("`lab hint` and `lab why` say nothing")
                || shown.contains("`lab why` say"),
            "{shown}"
        );
    }
    // A mistake is met, and neither named nor cured.
    let news = "other is in your account";
    let shown = terminal.line_until("aws ec2 create-key-pair --key-name other > other.pem", news);
    assert!(shown.contains(news), "{shown}");
    let shown = terminal.line("lab check");
    assert!(shown.contains("[not yet]"), "{shown}");
    assert!(
        !shown.contains("delete-key-pair")
            && !shown.contains("JSON")
            && !shown.contains("`lab hint`"),
        "{shown}"
    );
    terminal.line("aws ec2 delete-key-pair --key-name other; rm other.pem; clear");
    let replayed = learner.run(&["replay", "--lab", learner.root().to_str().unwrap()]);
    assert_eq!(replayed.status.code(), Some(2));
    // In the exam's own shell it is the exam's lab that is meant.
    let program = env!("CARGO_BIN_EXE_groundschool");
    let shown = terminal.line(&format!("{program} replay"));
    assert!(shown.contains("replay is off"), "{shown}");
    let shown = terminal.line("lab steps");
    assert!(shown.contains("minutes are left"), "{shown}");
    learner.solve(&mut terminal, &["create-key-pair"]);
    terminal.line("lab check");
    terminal.child.kill().unwrap();
    terminal.child.wait().unwrap();

    // Without the class file the lab is still the exam's, and what passed has its evidence.
    let mut terminal = learner.open();
    let shown = terminal.line("lab hint");
    assert!(shown.contains("hints are off"), "{shown}");
    let (_, said) = course.hand_in("half.json", &[]);
    assert!(
        said.contains("no name of yours") && said.contains("2 of 9 steps passed"),
        "{said}"
    );
    let (out, _) = course.run(1, &["grade", "half.json", "--class", "other.toml"]);
    assert!(
        out.contains("[not graded] half.json: it belongs to the class Ground School (")
            && out.contains("not to Theirs ("),
        "{out}"
    );
    let (out, _) = course.run(1, &["grade", "half.json"]);
    assert!(out.contains("[not yet] half.json: 3 of "), "{out}");
    let (out, _) = course.run(0, &["grade", "half.json", "--format", "classroom50"]);
    assert!(out.contains("\"passed\": false"), "{out}");
    // Nobody is named in it: a form that needs a name says whose file is left out.
    let (out, said) = course.run(1, &["grade", "half.json", "--format", "moodle"]);
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(
        said.contains("[no row] half.json: the form needs an id or an address"),
        "{said}"
    );
    std::fs::write(course.path("usual"), "").unwrap();
    assert_eq!(course.mode("half.json"), course.mode("usual"));
    terminal.line("lab reset yes");
    terminal.press("exit\r");
    let said = terminal.wait("hand-in --lab");
    assert!(said.contains("    groundschool learn 1 --lab "), "{said}");
    code(&mut terminal);
    course.hand_in("again.json", &[]);
    let (out, _) = course.run(1, &["grade", "again.json", "--format", "json"]);
    let sheet: serde_json::Value = serde_json::from_str(&out).unwrap();
    let lesson = &sheet["graded"][0]["lessons"][0];
    assert_eq!(
        (&lesson["attempt"], &lesson["points"]),
        (&2.into(), &0.into())
    );
    assert_eq!(sheet["graded"][0]["findings"], serde_json::json!([]));

    // A lab that was used before is refused, and stays as it is.
    let used = course.path("used");
    let mut terminal = learner.start_in(&used, &["learn"]);
    terminal.wait("READY> ");
    let ledger = used.join(".groundschool/ledger-01-key-pair-and-ssh.json");
    terminal.line("lab hint");
    until("the ledger", || ledger.exists().then_some(()));
    terminal.press("exit\r");
    terminal.wait("You left the lab");
    code(&mut terminal);
    let before = std::fs::read(&ledger).unwrap();
    let mut terminal = exam(&used);
    let said = terminal.wait("--lab DIR");
    assert!(said.contains("used before the exam"), "{said}");
    assert_eq!(code(&mut terminal), Some(3));
    assert_eq!(std::fs::read(&ledger).unwrap(), before);
}

/// The first step of lesson 6 is passed, and the riddles are still to be solved.
#[test]
fn an_exams_early_hand_in_is_no_answer_key_and_guesses_leave_a_trace() {
    let course = Course::new();
    let learner = &course.learner;
    course.run(
        0,
        &[
            "class",
            "new",
            "--lessons",
            "6",
            "--exam",
            "--anonymous",
            "--out",
            "exam.toml",
        ],
    );
    let mut terminal = learner.start_in(&learner.root(), &["learn", "--class", "exam.toml"]);
    terminal.wait("READY> ");
    let look = "aws ec2 describe-instances > all.json";
    terminal.line(look);
    let shown = terminal.line("lab steps");
    assert!(shown.contains("[done] Get an overview"), "{shown}");
    // What was drawn, for this test to know which answers are wrong.
    let begun = std::fs::read_to_string(learner.private("begun.json")).unwrap();
    let begun: serde_json::Value = serde_json::from_str(&begun).unwrap();
    let causes = [
        "no_rule",
        "rule_for_others",
        "no_public_address",
        "stopped",
        "other_user",
        "other_key_pair",
        "authorized_keys",
        "key_open",
        "key_spoiled",
    ];
    let cause = begun["riddles"]["alpha"]["cause"].as_str().unwrap();
    let letters = ('a'..='i').zip(causes);
    let (right, wrong): (Vec<_>, Vec<_>) = letters.partition(|(_, one)| *one == cause);
    for (letter, _) in wrong.iter().take(3) {
        terminal.line(look);
        let shown = terminal.line(&format!("lab answer {letter}"));
        assert!(
            shown.contains("Your answer is noted. It is not right."),
            "{shown}"
        );
        assert!(!shown.contains("Look again"), "{shown}");
    }
    course.hand_in("early.json", &[]);
    let early = course.read("early.json");
    assert!(early.contains("\"riddles\":{}"), "{early}");
    assert!(!early.contains("\"cause\""), "{early}");
    let ledger = learner.private("ledger-06-read-the-symptom.json");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    assert!(!ledger.contains("\"cause\""), "{ledger}");
    let alpha = |file: &str| {
        let (out, _) = course.run(
            1,
            &["grade", file, "--class", "exam.toml", "--format", "json"],
        );
        let sheet: serde_json::Value = serde_json::from_str(&out).unwrap();
        let graded = sheet["graded"][0].clone();
        let step = graded["lessons"][0]["steps"][1].clone();
        (step, graded["findings"].clone())
    };
    let (step, findings) = alpha("early.json");
    assert_eq!(
        (&step["verdict"], &step["wrong_answers"]),
        (&"not_yet".into(), &3.into())
    );
    assert_eq!(findings[0]["kind"], "wrong_answers", "{findings}");
    terminal.line(look);
    terminal.line(&format!("lab answer {}", right[0].0));
    let shown = terminal.line("lab steps");
    assert!(
        shown.contains("[done] Find out what keeps you out of alpha"),
        "{shown}"
    );
    course.hand_in("later.json", &[]);
    let (step, _) = alpha("later.json");
    assert_eq!(step["verdict"], "passed", "{step}");
    assert_eq!(step["wrong_answers"], 3, "{step}");
    let later = course.read("later.json");
    assert_eq!(later.matches("\"cause\"").count(), 1, "{later}");
    let (out, _) = course.run(1, &["grade", "later.json", "--format", "csv"]);
    assert!(out.contains(",Wrong answers,"), "{out}");
    terminal.press("exit\r");
    terminal.wait("To go on with");
    code(&mut terminal);
}

#[test]
fn a_class_file_or_a_ledger_that_is_damaged_is_named_with_exit_code_3() {
    let course = Course::new();
    let learner = &course.learner;
    for (bytes, words) in [
        ("format = 2\n", "format 2"),
        ("format = 1\nlessons = [\n", "line "),
        ("\u{0}", "cannot be used"),
    ] {
        std::fs::write(course.path("bad.toml"), bytes).unwrap();
        let mut terminal = learner.start_in(&learner.root(), &["learn", "--class", "bad.toml"]);
        let said = terminal.wait("hint: ");
        assert!(
            said.contains("bad.toml") && said.contains(words),
            "{words}: {said}"
        );
        assert_eq!(code(&mut terminal), Some(3));
    }
    let root = learner.root();
    let hand_in = ["hand-in", "--lab", root.to_str().unwrap()];
    let (_, said) = course.run(3, &hand_in);
    assert!(said.contains("there is no lab in"), "{said}");
    let mut terminal = learner.open();
    terminal.line("lab hint");
    let ledger = learner.private("ledger-01-key-pair-and-ssh.json");
    until("the ledger", || ledger.exists().then_some(()));
    terminal.press("exit\r");
    terminal.wait("You left the lab");
    code(&mut terminal);
    let spoiled = std::fs::read_to_string(&ledger)
        .unwrap()
        .replace("\"level\":1", "\"level\":0");
    std::fs::write(&ledger, spoiled).unwrap();
    let (_, said) = course.run(3, &hand_in);
    assert!(
        said.contains("entry 2") && said.contains("groundschool reset"),
        "{said}"
    );
    let mut terminal = learner.start_in(&root, &["learn"]);
    let said = terminal.wait("hint: ");
    assert!(said.contains("entry 2"), "{said}");
    assert_eq!(code(&mut terminal), Some(3));
    course.run(0, &["reset", "--yes", "--lab", root.to_str().unwrap()]);
    let mut terminal = learner.open();
    assert!(terminal.line("lab hint").contains("hint 1 of 3"));
}

//! Shape: reads a lesson's folder, and says what is wrong with it, all of it, with file and line.

mod beginning;
pub mod schema;
mod scripts;
mod steps;
mod translations;
mod written;

use std::fmt;

use serde::Deserialize;

use crate::course::lesson::{Files, Lesson, Step};
use crate::course::mistake::Mistake;
use crate::course::shape::written::Written;

/// The format of `lesson.toml` that this program reads.
pub const FORMAT: u32 = 1;

/// What `dev new lesson` leaves to its author begins so.
const UNWRITTEN: &str = "<write: ";

/// One fault of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// `lessons/<slug>/lesson.toml` and so on.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, for the author.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.says),
            line => write!(f, "{}:{line}: {}", self.file, self.says),
        }
    }
}

/// A lesson that cannot be used, with every fault that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lesson {slug} cannot be used:\n{}", .faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LessonError {
    /// The lesson's folder.
    pub slug: String,
    /// At least one, sorted by file and line.
    pub faults: Vec<Fault>,
}

/// Only the format, read before all else: a newer lesson may have fields that this program does not know.
#[derive(Deserialize)]
struct Format {
    format: Option<u32>,
}

/// Reads a lesson's folder; every fault is listed.
///
/// # Errors
/// [`LessonError`] when anything is missing, misspelt, or of a newer format.
pub fn read(slug: &str, files: &Files) -> Result<Lesson, LessonError> {
    let mut reader = Reader {
        slug,
        files,
        faults: Vec::new(),
        used: vec!["lesson.toml", "solution.sh", "done.md"],
    };
    let lesson = reader.lesson();
    let mut faults = reader.faults;
    faults.sort();
    faults.dedup();
    match lesson {
        Some(lesson) if faults.is_empty() => Ok(lesson),
        _ => Err(LessonError {
            slug: slug.to_owned(),
            faults,
        }),
    }
}

struct Reader<'a> {
    slug: &'a str,
    files: &'a Files,
    faults: Vec<Fault>,
    /// Files of the folder that have a meaning.
    used: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, file: &str, line: usize, says: impl Into<String>) {
        self.faults.push(Fault {
            file: format!("lessons/{}/{file}", self.slug),
            line,
            says: says.into(),
        });
    }

    /// A fault of `lesson.toml` at a byte.
    fn toml_fault(&mut self, byte: usize, says: impl Into<String>) {
        self.fault("lesson.toml", self.line(byte), says);
    }

    /// The line of a byte of `lesson.toml`; 0 when there is none.
    fn line(&self, byte: usize) -> usize {
        self.files
            .get("lesson.toml")
            .map_or(0, |text| line_of(text, byte))
    }

    fn text(&mut self, file: &str) -> Option<&'a str> {
        let text = self.files.get(file).map(String::as_str);
        match text {
            None => self.fault(file, 0, "the file is missing"),
            Some(text) if text.trim().is_empty() => self.fault(file, 0, "the file is empty"),
            Some(_) => {}
        }
        text
    }

    fn lesson(&mut self) -> Option<Lesson> {
        let written = self.toml();
        let steps: Vec<Step> = written
            .as_ref()
            .map(|written| self.steps(written))
            .unwrap_or_default();
        // Scripts and leftovers can only be compared with steps that are known.
        let written = written?;
        let (solution_preamble, solution) = self.solution(&steps);
        let mistakes = self.mistakes(&steps);
        let done = self.text("done.md").unwrap_or_default().to_owned();
        self.markdown("done.md", &done);
        self.start(&written.start);
        let mut lesson = Lesson {
            slug: self.slug.to_owned(),
            folder: format!("lessons/{}", self.slug),
            title: written.title.into_inner(),
            worlds: written.worlds.into_inner(),
            eventually: std::time::Duration::from_millis(written.eventually_ms),
            patience: std::time::Duration::from_secs(
                u64::from(written.offer_hint_after_minutes) * 60,
            ),
            machines: written.machines,
            start: written.start,
            programs: written.programs,
            done,
            steps,
            solution_preamble,
            solution,
            mistakes,
            translations: Vec::new(),
            language: None,
            remarks: Vec::new(),
        };
        (lesson.translations, lesson.remarks) = self.translations(&lesson);
        self.leftovers();
        self.unwritten();
        Some(lesson)
    }

    fn toml(&mut self) -> Option<Written> {
        let text = self.text("lesson.toml")?;
        if let Ok(Format {
            format: Some(found),
        }) = toml::from_str::<Format>(text)
            && found > FORMAT
        {
            self.fault(
                "lesson.toml",
                0,
                format!("this lesson has format {found}; this groundschool reads format {FORMAT}: use a newer groundschool"),
            );
            return None;
        }
        match toml::from_str::<Written>(text) {
            Ok(written) => Some(written),
            Err(error) => {
                let span = error.span().unwrap_or_default();
                let word = text
                    .get(span.clone())
                    .map(|word| word.lines().next().unwrap_or_default().trim());
                let near = word
                    .filter(|word| !word.is_empty())
                    .map_or_else(String::new, |word| format!(" (at `{word}`)"));
                self.toml_fault(span.start, format!("{}{near}", error.message().trim()));
                None
            }
        }
    }

    /// What `dev new lesson` has left to its author.
    fn unwritten(&mut self) {
        let open: Vec<(&str, usize, String)> = self
            .files
            .iter()
            .flat_map(|(file, text)| {
                text.lines().enumerate().flat_map(move |(number, line)| {
                    line.split(UNWRITTEN).skip(1).map(move |rest| {
                        let what = rest.split('>').next().unwrap_or_default();
                        (
                            file.as_str(),
                            number + 1,
                            format!("still to be written: {what}"),
                        )
                    })
                })
            })
            .collect();
        for (file, line, says) in open {
            self.fault(file, line, says);
        }
    }

    fn leftovers(&mut self) {
        let unused: Vec<&str> = self
            .files
            .keys()
            .map(String::as_str)
            .filter(|file| !self.used.contains(file))
            .collect();
        for file in unused {
            self.fault(
                file,
                0,
                "nothing in the lesson refers to this file: a step's text is named <step id>.md",
            );
        }
    }
}

fn unknown_mistake(name: &str) -> String {
    let names: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.name()).collect();
    format!(
        "`{name}` is no mistake that the course knows; it knows {}",
        names.join(", ")
    )
}

/// The line, from 1, of a byte.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::checks::Expect;
    use crate::course::lesson::Trouble;

    pub(super) const TOML: &str = r#"format = 1
title = "Small"
worlds = ["simulator"]

[[steps]]
id = "one"
goal = "Do it."
points = 1
[[steps.checks]]
expect.key_pair_exists = {}
[steps.hints]
1 = "Think."
"#;

    /// A small lesson.
    pub(super) fn folder() -> Files {
        [
            ("lesson.toml", TOML),
            ("one.md", "Do it.\n"),
            ("done.md", "You can do it.\n"),
            ("solution.sh", "set -e\n# step: one\ntrue\n"),
            ("mistakes/wrong_user.sh", "# at: one\nfalse\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
    }

    /// The faults after one text was changed.
    #[track_caller]
    fn faults(path: &str, text: &str) -> Vec<String> {
        let mut files = folder();
        files.insert(path.to_owned(), text.to_owned());
        read("s", &files)
            .unwrap_err()
            .faults
            .iter()
            .map(Fault::to_string)
            .collect()
    }

    #[track_caller]
    fn toml_fault(from: &str, to: &str) -> String {
        assert!(TOML.contains(from));
        let found = faults("lesson.toml", &TOML.replacen(from, to, 1));
        found.into_iter().next().unwrap()
    }

    #[test]
    fn a_good_folder_is_a_lesson() {
        let lesson = read("s", &folder()).unwrap();
        assert_eq!(lesson.steps[0].checks, [Expect::KeyPairExists {}]);
        assert_eq!(lesson.solution_preamble, "set -e\n");
        assert_eq!(
            (lesson.mistakes[0].mistake, lesson.mistakes[0].real_pace),
            (Mistake::WrongUser, false)
        );
    }

    #[test]
    fn a_step_may_say_what_goes_wrong_at_awss_end() {
        let faults = "[[steps.faults]]\naction = \"RunInstances\"\nmeets = \"InsufficientInstanceCapacity\"\ntimes = 5\n\
                      [[steps.faults]]\naction = \"DescribeInstances\"\nmeets.slow = { seconds = 2 }\n[steps.hints]";
        let mut files = folder();
        let text = TOML.replacen("[steps.hints]", faults, 1);
        files.insert("lesson.toml".to_owned(), text);
        let lesson = read("s", &files).unwrap();
        let met: Vec<_> = lesson.steps[0].faults.iter().collect();
        assert_eq!(
            met.iter()
                .map(|fault| (&*fault.action, fault.meets, fault.times))
                .collect::<Vec<_>>(),
            [
                (
                    "RunInstances",
                    Trouble::InsufficientInstanceCapacity,
                    Some(5)
                ),
                ("DescribeInstances", Trouble::Slow { seconds: 2 }, None),
            ]
        );
    }

    #[test]
    fn a_typo_is_shown_at_its_word_and_line() {
        let fault = toml_fault("key_pair_exists", "key_pair_exist");
        assert!(
            fault.starts_with("lessons/s/lesson.toml:10: unknown variant `key_pair_exist`"),
            "{fault}"
        );
        let fault = toml_fault("goal", "gaol");
        assert!(
            fault.starts_with("lessons/s/lesson.toml:7: unknown field `gaol`"),
            "{fault}"
        );
        let fault = toml_fault(
            "expect.key_pair_exists = {}",
            "expect.key_pair_exists = { name = 1 }",
        );
        assert!(
            fault.starts_with("lessons/s/lesson.toml:10: ") && fault.contains("name"),
            "{fault}"
        );
        let fault = toml_fault("points = 1", "points = \"1\"");
        assert!(fault.starts_with("lessons/s/lesson.toml:8: "), "{fault}");
        let fault = toml_fault("[\"simulator\"]", "[\"simulater\"]");
        assert!(
            fault.starts_with("lessons/s/lesson.toml:3: ") && fault.contains("simulater"),
            "{fault}"
        );
    }

    #[test]
    fn a_lessons_machines_are_the_usual_ones_unless_it_says_so() {
        let post_quantum = |text: &str| {
            let mut files = folder();
            files.insert("lesson.toml".into(), text.to_owned());
            read("s", &files).unwrap().machines.post_quantum
        };
        assert!(post_quantum(TOML));
        let steps = "[[steps]]\nid";
        assert!(!post_quantum(&TOML.replacen(
            steps,
            "[machines]\npost_quantum = false\n\n[[steps]]\nid",
            1
        )));
        let fault = toml_fault(steps, "[machines]\npost_quantun = false\n[[steps]]\nid");
        assert!(
            fault.contains("lesson.toml:6: unknown field `post_quantun`"),
            "{fault}"
        );
    }

    #[test]
    fn a_newer_format_is_refused_in_words() {
        let fault = toml_fault("format = 1", "format = 2\nstars = 5");
        assert!(
            fault.contains("has format 2; this groundschool reads format 1"),
            "{fault}"
        );
    }

    #[test]
    fn each_fault_of_the_toml_has_its_line() {
        for (from, to, wanted) in [
            (
                "points = 1",
                "points = 0",
                "lesson.toml:8: step `one` is worth 0 points",
            ),
            ("\"one\"", "\"One!\"", "lesson.toml:6: the id `One!`"),
            (
                "[[steps.checks]]\nexpect.key_pair_exists = {}\n",
                "",
                "lesson.toml:5: step `one` has no check",
            ),
            (
                "1 = \"Think.\"",
                "",
                "lesson.toml:5: step `one` has no hint",
            ),
            (
                "1 = \"Think.\"",
                "2 = \"Think.\"",
                "lesson.toml:5: step `one`: hint 1 is missing",
            ),
            (
                "1 = \"Think.\"",
                "1 = \"Think.\"\n2 = ' Think. '",
                "lesson.toml:13: step `one`: hint 2 says what hint 1 says",
            ),
            (
                "1 = \"Think.\"",
                "1 = \"Do it.\"",
                "lesson.toml:12: step `one`: hint 1 says what the goal says",
            ),
            (
                "1 = \"Think.\"",
                "4 = \"Think.\"",
                "lesson.toml:12: step `one`: hint `4`",
            ),
            (
                "[steps.hints]",
                "[steps.mistakes]\nwrong_usr = \"x\"\n[steps.hints]",
                "lesson.toml:12: `wrong_usr` is no",
            ),
            (
                "[steps.hints]",
                "[[steps.faults]]\naction = \"RunInstances\"\nmeets = \"Thunder\"\n[steps.hints]",
                "lesson.toml:13: unknown variant `Thunder`, expected one of `RequestLimitExceeded`",
            ),
            (
                "[steps.hints]",
                "[[steps.faults]]\naction = \"RunInstances\"\nmeets = \"InternalError\"\ntimes = 0\n[steps.hints]",
                "lesson.toml:11: step `one`: a fault that is met 0 times is none",
            ),
            (
                "[steps.hints]",
                "[[steps.faults]]\naction = \"RunInstances\"\nmeets.slow = { seconds = 61 }\n[steps.hints]",
                "lesson.toml:11: step `one`: an answer is slow by 1 to 60 seconds",
            ),
            (
                "worlds = [\"simulator\"]",
                "worlds = []",
                "lesson.toml:3: no world is named",
            ),
        ] {
            let found = faults("lesson.toml", &TOML.replacen(from, to, 1));
            let wanted = format!("lessons/s/{wanted}");
            assert!(
                found.iter().any(|fault| fault.starts_with(&wanted)),
                "{wanted} is not in {found:?}"
            );
        }
    }

    #[test]
    fn two_steps_may_not_share_an_id() {
        let second = TOML.split_once("[[steps]]").unwrap().1;
        let found = faults("lesson.toml", &format!("{TOML}[[steps]]{second}"));
        assert!(
            found
                .iter()
                .any(|fault| fault.contains(":14: two steps have the id `one`")),
            "{found:?}"
        );
    }

    #[test]
    fn each_fault_of_the_other_files_is_named() {
        for (path, text, wanted) in [
            ("one.md", "\n", "one.md: the file is empty"),
            ("one.md", "a\nZo\u{eb}\n", "one.md:2: `\u{eb}` is not ASCII"),
            (
                "solution.sh",
                "# step: two\ntrue\n",
                "solution.sh:1: there is no step `two`",
            ),
            (
                "solution.sh",
                "# step: one\n# later\n",
                "solution.sh: step `one` has no commands",
            ),
            (
                "solution.sh",
                "# step: one\ntrue\n# step: one\ntrue\n",
                "solution.sh:3: `one` was solved before",
            ),
            (
                "mistakes/wrong_user.sh",
                "false\n",
                "mistakes/wrong_user.sh:1: the script does not say",
            ),
            (
                "mistakes/wrong_user.sh",
                "# at: two\nfalse\n",
                "mistakes/wrong_user.sh:1: there is no step `two`",
            ),
            (
                "mistakes/wrong_user.sh",
                "# at: one\n",
                "mistakes/wrong_user.sh: the script has no commands",
            ),
            (
                "mistakes/wrong_user.sh",
                "# at: one\n# pace: slow\nfalse\n",
                "mistakes/wrong_user.sh:2: pace `slow`",
            ),
            (
                "mistakes/wrong_usr.sh",
                "# at: one\nfalse\n",
                "mistakes/wrong_usr.sh: `wrong_usr` is no mistake",
            ),
            (
                "mistakes/notes.txt",
                "x\n",
                "mistakes/notes.txt: a mistake is a script",
            ),
            (
                "two.md",
                "x\n",
                "two.md: nothing in the lesson refers to this file",
            ),
        ] {
            let found = faults(path, text);
            let wanted = format!("lessons/s/{wanted}");
            assert!(
                found.iter().any(|fault| fault.starts_with(&wanted)),
                "{wanted} is not in {found:?}"
            );
        }
    }

    #[test]
    fn missing_files_and_other_faults_are_listed_in_one_run() {
        let mut files = folder();
        files.remove("one.md");
        files.remove("solution.sh");
        files.insert(
            "lesson.toml".into(),
            TOML.replace("points = 1", "points = 0"),
        );
        let error = read("s", &files).unwrap_err().to_string();
        assert_eq!(
            error.lines().collect::<Vec<_>>(),
            [
                "the lesson s cannot be used:",
                "lessons/s/lesson.toml:8: step `one` is worth 0 points",
                "lessons/s/one.md: the file is missing",
                "lessons/s/solution.sh: the file is missing",
            ]
        );
        assert!(
            read("s", &Files::new())
                .unwrap_err()
                .to_string()
                .contains("lesson.toml: the file is missing")
        );
    }
}

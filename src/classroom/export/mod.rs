//! What other programs read: one form a file. Which rules of theirs each follows is said there.

mod brightspace;
mod canvas;
mod check50;
mod classroom50;
mod csv;
mod gradescope;
mod json;
mod junit;
mod moodle;
mod people;
mod text;

pub use self::brightspace::brightspace;
pub use self::canvas::{canvas, is_reserved};
pub use self::check50::check50;
pub use self::classroom50::{Submission, classroom50};
pub use self::csv::csv;
pub use self::gradescope::gradescope;
pub use self::json::{json, schema};
pub use self::junit::junit;
pub use self::moodle::moodle;
pub use self::people::{Needs, People, Row};
pub use self::text::{Looks, line, text};

use ::csv::{Terminator, WriterBuilder};

/// What a spreadsheet would run as a formula is led by an apostrophe, which it shows as text.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Rows of cells as CSV: commas, quotes where they are needed, CR LF as RFC 4180 has it. No row may have another length than the first.
fn written(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Into memory and with equal lengths: it cannot fail.
        let _ = writer.write_record(&row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// JSON for people too, one line break at its end.
fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quick_xml::events::Event;

    use super::*;
    use crate::classroom::fill::fill;
    use crate::classroom::learner::Learner;
    use crate::classroom::regrade::{Graded, GradedLesson, GradedStep, Mark, time};
    use crate::classroom::roster::Roster;
    use crate::classroom::sheet::{NotGraded, Sheet};
    use crate::classroom::table::Table;
    use crate::classroom::testing::START;
    use crate::course::lesson::World;
    use crate::course::verdict::Word;

    /// A lesson of three steps, written here so that these tables do not change with the course.
    fn lesson(passed: bool) -> GradedLesson {
        let step = |id: &str, of, verdict, found: &str| GradedStep {
            id: id.into(),
            goal: format!("Do {id}."),
            verdict,
            found: found.into(),
            points: if verdict == Word::Passed { of } else { 0 },
            of,
            passed_at: (verdict == Word::Passed).then(|| time(START)),
            late: false,
            skipped: false,
            hints: 0,
            mistakes: BTreeMap::new(),
            wrong_answers: 0,
        };
        let mut steps = vec![
            step("create", 5, Word::Passed, "Key pair k is in your account."),
            step("launch", 3, Word::Passed, "It runs."),
            step("clean-up", 2, Word::Passed, "Nothing costs money."),
        ];
        steps[0].hints = 2;
        steps[0].mistakes = [("key_file_json".to_owned(), 3)].into();
        if !passed {
            let found = "Instance i-02 is still <running> & \"well\".\u{1b}";
            steps[2] = step("clean-up", 2, Word::NotYet, found);
            steps[1].late = true;
            steps[1].wrong_answers = 4;
        }
        GradedLesson {
            lesson: "01-keys".into(),
            title: "Keys".into(),
            points: steps.iter().map(|step| step.points).sum(),
            of: 10,
            attempt: 2,
            world: Some(World::Simulator),
            began_at: Some(time(START)),
            steps,
        }
    }

    /// Two learners: one who passed everything, one with a formula for a name and a step less; and a file that is none.
    fn sheet() -> Sheet {
        let graded = |file: &str, number: u32, name: &str, passed| {
            let lesson = lesson(passed);
            Graded {
                file: file.into(),
                learner: Learner {
                    name: Some(name.into()),
                    id: Some(format!("s-{number}")),
                    email: Some(format!("s{number}@example.org")),
                },
                class: None,
                made_at: time(START + 600_000),
                points: lesson.points,
                of: lesson.of,
                lessons: vec![lesson],
                findings: vec![],
                marks: [Mark::Lab("1".into())].into(),
            }
        };
        let graded = vec![
            graded("one.json", 1, "Student 1", true),
            graded("-two.json", 2, "=HYPERLINK(\"http://x\")", false),
        ];
        let not_graded = NotGraded {
            file: "three.json".into(),
            why: "cut off: it ends in the middle of line 1".into(),
        };
        Sheet::new(graded, vec![not_graded])
    }

    const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section\n\
        \"One, Student\",11,s-1,one,Mon\n\"Two, Student\",12,s-2,two,Mon\n\"Three, Student\",13,s-3,three,Mon\n";

    fn roster() -> Roster {
        Roster::of(&Table::read(CANVAS.into()).unwrap(), None)
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        // An importer wants rows of one length.
        reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn every_form_is_as_its_golden_file() {
        let (sheet, roster) = (sheet(), roster());
        let named = People::of(&sheet, Some(&roster));
        let unnamed = People::of(&sheet, None);
        let one = &sheet.graded[1];
        let now = time(START + 1_000_000);
        let submission = Submission {
            classroom: "clouds".into(),
            assignment: "ssh".into(),
            owner: "ada".into(),
            tag: "submit/1".into(),
            ..Submission::default()
        };
        for (name, text) in [
            ("text", text(&sheet)),
            ("json", json(&sheet)),
            ("schema", schema()),
            ("junit", junit(&sheet)),
            ("csv", csv(&unnamed)),
            ("csv_roster", csv(&named)),
            ("canvas", canvas(&named, "SSH")),
            ("canvas_without_roster", canvas(&unnamed, "SSH")),
            ("moodle", moodle(&unnamed, "SSH")),
            ("brightspace", brightspace(&named, "SSH")),
            ("gradescope", gradescope(one)),
            ("classroom50", classroom50(one, &submission, now)),
            ("check50", check50(one)),
        ] {
            insta::assert_snapshot!(name, text);
        }
    }

    #[test]
    fn of_many_files_that_share_something_a_few_are_named() {
        let one = sheet().graded.remove(0);
        let graded = (0..300).map(|number| {
            let mut graded = one.clone();
            graded.file = format!("{number}.json");
            graded.learner.id = Some(number.to_string());
            graded
        });
        let sheet = Sheet::new(graded.collect(), Vec::new());
        let text = text(&sheet);
        let looks: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("[look]"))
            .collect();
        assert_eq!(looks.len(), 300);
        assert_eq!(
            looks[1],
            "  [look] the lab 1 is also in 0.json, 2.json, 3.json, 4.json, 5.json and 294 more"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        let (sheet, roster) = (sheet(), roster());
        for people in [People::of(&sheet, Some(&roster)), People::of(&sheet, None)] {
            for text in [
                csv(&people),
                canvas(&people, "SSH"),
                moodle(&people, "=SSH"),
                brightspace(&people, "@SSH"),
            ] {
                for cell in rows(&text).concat() {
                    assert!(
                        !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                        "{cell:?} in {text}"
                    );
                }
            }
        }
    }

    /// `gradebook_importer.rb`: the rules of section 2.2 of the facts.
    #[test]
    fn canvas_accepts_the_header_the_second_row_and_every_student() {
        let (sheet, roster) = (sheet(), roster());
        let rows = rows(&canvas(&People::of(&sheet, Some(&roster)), "SSH"));
        let header = &rows[0];
        assert!(header.len() > 3 && header[0].contains("Student") && header[1].contains("ID"));
        let section = header
            .iter()
            .position(|name| name.contains("Section"))
            .unwrap();
        assert_eq!(header[section + 1..], ["SSH"]);
        assert_eq!(rows[1][0], "    Points Possible");
        assert_eq!(rows[1][section + 1], "10");
        for (row, student) in rows[2..].iter().zip(["11", "12", "13"]) {
            assert_eq!(row[1], student);
        }
        assert_eq!(
            (rows[2][5].as_str(), rows[4][5].as_str()),
            ("10", ""),
            "not handed in is not zero"
        );
        for title in ["ID", "Final Grade", "Section"] {
            assert!(is_reserved(title));
        }
        assert!(!is_reserved("SSH"));
    }

    #[test]
    fn moodle_gets_nobody_that_it_does_not_know() {
        let (sheet, roster) = (
            sheet(),
            Roster::of(
                &Table::read(
                    b"First name,Surname,ID number,Email address\nA,B,s-2,x@example.org\n".to_vec(),
                )
                .unwrap(),
                None,
            ),
        );
        let people = People::of(&sheet, Some(&roster));
        let rows = rows(&moodle(&people, "SSH"));
        assert_eq!(
            rows[0],
            ["Email address", "ID number", "SSH", "SSH feedback"]
        );
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1][..3], ["x@example.org", "s-2", "8"]);
        assert!(!rows[1][3].is_empty(), "grade and feedback come together");
        assert_eq!(people.strangers[0].0, "one.json");
    }

    /// A roster by hand, one in German, one without ids, and none.
    #[test]
    fn whoever_is_graded_has_a_row_or_is_named() {
        let mut sheet = sheet();
        sheet.graded[1].learner.name = Some("Student 2".into());
        for roster in [
            "name,id\nStudent 1,s-1\nStudent 2,S-2\n",
            "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\nStudent;1;s-1;\nStudent;2;S-2;\n",
            "name\nStudent 1\nStudent 2\n",
        ] {
            let roster = Roster::of(&Table::read(roster.into()).unwrap(), None);
            let people = People::of(&sheet, Some(&roster));
            let moodle = rows(&moodle(&people, "SSH"));
            let brightspace = rows(&brightspace(&people, "SSH"));
            let of = |row: &[String]| (row[0].clone(), row[1].to_lowercase(), row[2].clone());
            let row = |number, points: &str| {
                let id = format!("s-{number}");
                (format!("s{number}@example.org"), id, points.to_owned())
            };
            assert_eq!(of(&moodle[1]), row(1, "10"));
            assert_eq!(of(&moodle[2]), row(2, "8"));
            assert_eq!(brightspace[1][..3], ["s-1", "", "10"]);
            assert_eq!(brightspace.len(), 3, "{roster:?}");
            assert!(people.left_out(Needs::IdOrAddress).is_empty());
        }
        sheet.graded[0].learner = Learner::default();
        sheet.graded[1].learner.id = None;
        let people = People::of(&sheet, None);
        for (needs, text, files) in [
            (
                Needs::IdOrAddress,
                moodle(&people, "SSH"),
                vec![("one.json", "the form needs an id or an address")],
            ),
            (
                Needs::IdOrLogin,
                brightspace(&people, "SSH"),
                vec![
                    ("one.json", "the form needs an id or a login"),
                    ("-two.json", "the form needs an id or a login"),
                ],
            ),
            (
                Needs::NameOrId,
                canvas(&people, "SSH"),
                vec![("one.json", "the form needs a name or an id")],
            ),
            (Needs::Nothing, csv(&people), vec![]),
        ] {
            let left_out = people.left_out(needs);
            let left_out: Vec<(&str, &str)> = left_out
                .iter()
                .map(|(file, why)| (file.as_str(), *why))
                .collect();
            assert_eq!(left_out, files);
            let header = if needs == Needs::NameOrId { 2 } else { 1 };
            assert_eq!(rows(&text).len(), header + 2 - files.len(), "{text}");
        }
        let rows = rows(&csv(&people));
        assert_eq!((rows[1][0].as_str(), rows[1][1].as_str()), ("one.json", ""));
    }

    #[test]
    fn brightspace_has_its_ids_first_and_its_end_of_line() {
        let (sheet, roster) = (sheet(), roster());
        let rows = rows(&brightspace(&People::of(&sheet, Some(&roster)), "SSH"));
        assert_eq!(
            rows[0],
            [
                "OrgDefinedId",
                "Username",
                "SSH Points Grade",
                "End-of-Line Indicator"
            ]
        );
        assert!(rows[1..].iter().all(|row| row[3] == "#"));
        let people = People::of(&sheet, Some(&roster));
        let whole = brightspace(&people, "SSH Points Grade");
        assert_eq!(whole, brightspace(&people, "SSH"));
        assert_eq!(rows.len(), 3, "who did not hand in has no row");
    }

    #[test]
    fn gradescope_classroom50_and_check50_have_their_fields_and_sums() {
        let sheet = sheet();
        let one = &sheet.graded[1];
        let read = |text: String| -> serde_json::Value { serde_json::from_str(&text).unwrap() };
        let sum = |tests: &serde_json::Value, field: &str| -> u64 {
            tests
                .as_array()
                .unwrap()
                .iter()
                .map(|test| test[field].as_u64().unwrap())
                .sum()
        };
        let results = read(gradescope(one));
        assert_eq!(
            (
                sum(&results["tests"], "score"),
                sum(&results["tests"], "max_score")
            ),
            (8, 10)
        );
        assert!(
            results.get("score").is_none(),
            "either a top score or scores of tests"
        );
        let result = read(classroom50(one, &Submission::default(), time(START)));
        assert_eq!(result["schema"], "classroom50/result/v1");
        assert_eq!(
            (&result["score"], &result["max-score"]),
            (&8.into(), &10.into())
        );
        assert_eq!(sum(&result["tests"], "max-score"), 10);
        let checks = read(check50(one));
        let last = &checks["results"][2];
        assert_eq!(
            (&last["passed"], &checks["results"][0]["passed"]),
            (&false.into(), &true.into())
        );
        assert!(
            last["cause"]["rationale"]
                .as_str()
                .unwrap()
                .contains("running")
        );
        assert!(checks["results"][0]["cause"].is_null());
    }

    #[test]
    fn junit_is_xml_whose_counts_are_those_of_its_cases() {
        let text = junit(&sheet());
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut cases, mut failures, mut errors, mut tests) = (0, 0, 0, 0);
        loop {
            let event = reader.read_event().unwrap();
            if event == Event::Eof {
                break;
            }
            let (Event::Start(one) | Event::Empty(one)) = event else {
                continue;
            };
            match one.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "error" => errors += 1,
                "testsuite" => {
                    let number = one.try_get_attribute("tests").unwrap().unwrap();
                    tests += number.value.parse::<usize>().unwrap();
                }
                _ => {}
            }
        }
        assert_eq!((cases, failures, errors, tests), (7, 1, 1, 7));
    }

    #[test]
    fn what_is_filled_in_is_what_is_exported() {
        let sheet = sheet();
        let table = Table::read("Student ID,Grade\ns-1,\ns-2,\n".into()).unwrap();
        let filled = fill(&table, "Grade", &sheet.counting()).unwrap();
        assert_eq!(filled.bytes, b"Student ID,Grade\ns-1,10\ns-2,8\n");
    }
}

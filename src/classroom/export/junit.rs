//! JUnit XML, as continuous integration reads it (no schema of its own is official; the shape is that of Jenkins's and
//! GitLab's readers, from memory): a suite for each lesson of a hand-in, a case for each step.

use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};

use crate::classroom::regrade::GradedStep;
use crate::classroom::sheet::Sheet;
use crate::course::verdict::Word;

/// The sheet as JUnit XML. What could not be told, and a file without a grade, is an error; what is not done is a failure.
pub fn junit(sheet: &Sheet) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let _ = writer.write_event(Event::Decl(quick_xml::events::BytesDecl::new(
        "1.0",
        Some("UTF-8"),
        None,
    )));
    // Into memory: it cannot fail.
    let _ = writer
        .create_element("testsuites")
        .write_inner_content(|writer| {
            for graded in &sheet.graded {
                let who = graded.learner.words();
                let who = allowed(&who.unwrap_or_else(|| graded.file.clone()));
                for lesson in &graded.lessons {
                    suite(
                        writer,
                        &format!("{who}: {}", lesson.lesson),
                        &lesson.lesson,
                        &lesson.steps,
                    )?;
                }
            }
            for file in &sheet.not_graded {
                let name = allowed(&file.file);
                writer
                    .create_element("testsuite")
                    .with_attributes([
                        ("name", name.as_str()),
                        ("tests", "1"),
                        ("failures", "0"),
                        ("errors", "1"),
                        ("skipped", "0"),
                    ])
                    .write_inner_content(|writer| {
                        writer
                            .create_element("testcase")
                            .with_attributes([("classname", name.as_str()), ("name", "hand-in")])
                            .write_inner_content(|writer| reason(writer, "error", &file.why))?;
                        Ok(())
                    })?;
            }
            Ok(())
        });
    let mut text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

type Out = Writer<Vec<u8>>;

fn suite(writer: &mut Out, name: &str, class: &str, steps: &[GradedStep]) -> std::io::Result<()> {
    let count = |is_it: &dyn Fn(&GradedStep) -> bool| {
        steps.iter().filter(|step| is_it(step)).count().to_string()
    };
    let (tests, failures, errors, skipped) = (
        count(&|_| true),
        count(&|step| step.verdict == Word::NotYet && !step.skipped),
        count(&|step| step.verdict == Word::CouldNotTell),
        count(&|step| step.verdict == Word::NotYet && step.skipped),
    );
    writer
        .create_element("testsuite")
        .with_attributes([
            ("name", name),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
        ])
        .write_inner_content(|writer| {
            for step in steps {
                let case = writer
                    .create_element("testcase")
                    .with_attributes([("classname", class), ("name", step.id.as_str())]);
                match step.verdict {
                    Word::Passed => case.write_empty()?,
                    Word::NotYet if step.skipped => {
                        case.write_inner_content(|writer| reason(writer, "skipped", &step.found))?
                    }
                    Word::NotYet => {
                        case.write_inner_content(|writer| reason(writer, "failure", &step.found))?
                    }
                    Word::CouldNotTell => {
                        case.write_inner_content(|writer| reason(writer, "error", &step.found))?
                    }
                };
            }
            Ok(())
        })?;
    Ok(())
}

fn reason(writer: &mut Out, element: &str, why: &str) -> std::io::Result<()> {
    let why = allowed(why);
    writer
        .create_element(element)
        .with_attribute(("message", why.as_str()))
        .write_text_content(BytesText::new(&why))?;
    Ok(())
}

/// XML 1.0 has no control characters, however they are written.
fn allowed(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{fffe}' | '\u{ffff}') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

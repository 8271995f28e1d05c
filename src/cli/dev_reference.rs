//! `groundschool dev reference`: the words of `lesson.toml`, for authors: checks, mistakes, and what AWS can be made to say.
//!
//! The sentences are those of the types' own documentation, by way of their schemas.

use std::process::ExitCode;

use schemars::schema_for;
use serde_json::{Map, Value};

use crate::course::catalogue;
use crate::course::checks::Expect;
use crate::course::lesson::{Lesson, Trouble, World};
use crate::course::mistake::Mistake;
use crate::lab::voice::WIDTH;

/// Prints it.
pub fn run() -> ExitCode {
    anstream::print!("{}", text());
    ExitCode::SUCCESS
}

fn text() -> String {
    let mut text = String::new();
    let mut put = |indent: usize, words: &str| {
        let margin = " ".repeat(indent);
        let options = textwrap::Options::new(WIDTH)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent(&margin)
            .subsequent_indent(&margin);
        for line in textwrap::wrap(words, options) {
            text.push_str(&line);
            text.push('\n');
        }
    };

    put(0, "# Checks: what must be true at a step");
    put(
        0,
        "In lesson.toml: [[steps.checks]] and below it a line as here. The key pair is the one that the learner has made or was given; the \
         key file holds its private half; the instance was launched with it. Names are the learner's own. A step is passed when all its checks \
         are met at once; the coach speaks of the first that is not, so put first what is done first.",
    );
    put(0, "");
    for check in variants(schema_for!(Expect).as_value()) {
        put(0, &format!("expect.{} = {}", check.name, check.fields()));
        put(4, &check.says);
        for field in &check.inside {
            let optional = if field.is_required {
                ""
            } else {
                " (may be left out)"
            };
            put(8, &format!("{}{optional}: {}", field.name, field.says));
        }
        if !check.expect().is_some_and(|expect| is_told_on_aws(&expect)) {
            put(4, "Not on AWS: nobody there can tell.");
        }
    }

    put(0, "");
    put(0, "# Mistakes: what the coach knows by name");
    put(
        0,
        "mistakes/NAME.sh makes one, with `# at: STEP` as its first line. It runs behind the solution of the steps before that one, in \
         the same bash, so that the solution's variables are there; a command in it may fail. When it ends, the coach must have \
         recognised it. In lesson.toml `mistakes.NAME = \"...\"` below [[steps]] replaces the coach's sentence at that step; the command that \
         cures it stays. `quiet = true` there has the coach name no mistake at all.",
    );
    put(0, "");
    let course = catalogue::lessons().unwrap_or_default();
    for mistake in Mistake::ALL {
        put(0, mistake.name());
        put(4, mistake.sentence());
        put(4, &format!("Shows {}.", mistake.shows().words()));
        let made = made_in(&course, *mistake);
        if !made.is_empty() {
            put(
                4,
                &format!("See mistakes/{}.sh of {}.", mistake.name(), made.join(", ")),
            );
        }
    }

    put(0, "");
    put(
        0,
        "# Faults: what AWS can be made to say while a step lasts",
    );
    put(
        0,
        "In lesson.toml: [[steps.faults]] with action = \"RunInstances\", meets = one of these, and times = 5 or none. With times = 5 a \
         learner with the AWS CLI 2, which tries three times, sees it once and passes at the second try of theirs; one with the AWS CLI \
         1, which tries five times, passes at the second too. The lab's own stand-in tries three times: in solution.sh write \
         `command || command`.",
    );
    put(0, "");
    for trouble in variants(schema_for!(Trouble).as_value()) {
        let fields = if trouble.inside.is_empty() {
            String::new()
        } else {
            format!(" (meets.{} = {})", trouble.name, trouble.fields())
        };
        put(0, &format!("{}{fields}", trouble.name));
        put(4, &trouble.says);
    }
    text
}

/// The shipped lessons that have a script which makes it.
fn made_in(course: &[Lesson], mistake: Mistake) -> Vec<&str> {
    let has = |lesson: &&Lesson| lesson.mistakes.iter().any(|one| one.mistake == mistake);
    let made = course.iter().filter(has);
    made.map(|lesson| lesson.slug.as_str()).collect()
}

/// Whether a check can be told in an account on AWS.
fn is_told_on_aws(check: &Expect) -> bool {
    let supplied = World::Aws.supplies();
    check.needs().iter().all(|need| supplied.contains(need))
}

/// A choice that a schema offers: a name, its sentence, and what stands in its braces.
struct Variant<'a> {
    name: &'a str,
    says: String,
    inside: Vec<Field<'a>>,
}

/// One of the things in its braces.
struct Field<'a> {
    name: &'a str,
    says: String,
    example: &'static str,
    is_required: bool,
}

impl Variant<'_> {
    /// What is written behind `=`.
    fn fields(&self) -> String {
        if self.inside.is_empty() {
            return "{}".to_owned();
        }
        let fields: Vec<String> = self
            .inside
            .iter()
            .filter(|field| field.is_required)
            .map(|field| format!("{} = {}", field.name, field.example))
            .collect();
        format!("{{ {} }}", fields.join(", "))
    }

    /// The check, read as a lesson's author would write it.
    fn expect(&self) -> Option<Expect> {
        toml::from_str(&format!("{} = {}", self.name, self.fields())).ok()
    }
}

/// The choices of an enum's schema: plain names are constants, those with fields are objects with one property.
fn variants(schema: &Value) -> Vec<Variant<'_>> {
    let choices = schema.get("oneOf").and_then(Value::as_array);
    let choices = choices.into_iter().flatten();
    choices
        .flat_map(|choice| {
            let says = sentence(choice);
            let names = choice.get("enum").and_then(Value::as_array);
            let constants = names.into_iter().flatten().chain(choice.get("const"));
            let plain = constants.filter_map(Value::as_str).map({
                let says = says.clone();
                move |name| Variant {
                    name,
                    says: says.clone(),
                    inside: Vec::new(),
                }
            });
            let objects = properties(choice).map(move |(name, inner)| Variant {
                name,
                says: says.clone(),
                inside: properties(inner)
                    .map(|(name, field)| Field {
                        name,
                        says: sentence(field),
                        example: example(field),
                        is_required: is_required(inner, name),
                    })
                    .collect(),
            });
            plain.chain(objects).collect::<Vec<_>>()
        })
        .collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flat_map(Map::iter);
    properties.map(|(name, inner)| (name.as_str(), inner))
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// A schema's description, on one line.
fn sentence(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default().replace('\n', " ")
}

/// A value of the field's type.
fn example(field: &Value) -> &'static str {
    let of = |kind: &str| match field.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        Some(_) | None => false,
    };
    if of("boolean") {
        "true"
    } else if of("integer") {
        "2"
    } else if field.get("$ref").is_some() {
        "\"wrong_user\""
    } else {
        "\"...\""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_lesson_has_its_sentence() {
        let text = text();
        assert!(text.contains("expect.key_pair_exists = {}\n    A key pair is in the account.\n"));
        assert!(text.contains("expect.copied = { to = true }\n"), "{text}");
        assert!(text.contains("wrong_user\n    The right key for another user than the image's.\n    Shows when ssh, scp or PuTTY is tried.\n"), "{text}");
        assert!(
            text.contains("slow (meets.slow = { seconds = 2 })\n"),
            "{text}"
        );
        assert!(text.contains("    Not on AWS: nobody there can tell.\n"));
        for line in text.lines() {
            assert!(line.len() <= WIDTH, "{line}");
        }
        for schema in [
            schema_for!(Expect),
            schema_for!(Mistake),
            schema_for!(Trouble),
        ] {
            let variants = variants(schema.as_value());
            assert!(variants.len() > 7);
            for variant in variants {
                assert!(!variant.says.is_empty(), "{} has no sentence", variant.name);
            }
        }
        assert_eq!(
            variants(schema_for!(Mistake).as_value()).len(),
            Mistake::ALL.len()
        );
    }

    #[test]
    fn what_shows_only_when_it_is_tried_is_tried_by_the_scripts_that_make_it() {
        use crate::course::mistake::Shows;
        for lesson in crate::course::catalogue::lessons().unwrap() {
            for script in &lesson.mistakes {
                let tries = ["ssh ", "scp ", "plink ", "pscp ", "sftp "];
                let is_tried = tries.iter().any(|one| script.script.contains(one));
                if script.mistake.shows() == Shows::WhenTried {
                    assert!(is_tried, "{}: {}", lesson.slug, script.mistake.name());
                }
            }
        }
    }
}

//! check50's JSON (`check50 -o json`), for one hand-in. `passed` has three values: null is "could not tell".

use serde::Serialize;
use serde_json::{Map, Value};

use crate::classroom::export::pretty;
use crate::classroom::regrade::Graded;
use crate::course::verdict::Word;

#[derive(Serialize)]
struct Report<'a> {
    slug: String,
    version: &'static str,
    results: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    description: &'a str,
    passed: Option<bool>,
    log: Vec<String>,
    cause: Option<Cause<'a>>,
    data: Map<String, Value>,
    dependency: Option<&'a str>,
}

#[derive(Serialize)]
struct Cause<'a> {
    rationale: &'a str,
    help: Option<String>,
    expected: &'a str,
    actual: &'a str,
    error: Option<&'a str>,
}

/// The results of one hand-in.
pub fn check50(graded: &Graded) -> String {
    let lessons: Vec<&str> = graded
        .lessons
        .iter()
        .map(|one| one.lesson.as_str())
        .collect();
    let steps = graded.lessons.iter().flat_map(|lesson| &lesson.steps);
    let results = steps.map(|step| {
        let passed = match step.verdict {
            Word::Passed => Some(true),
            Word::NotYet => Some(false),
            Word::CouldNotTell => None,
        };
        let mistakes: Vec<&str> = step.mistakes.keys().map(String::as_str).collect();
        let help = (!mistakes.is_empty()).then(|| format!("met: {}", mistakes.join(", ")));
        Check {
            name: &step.id,
            description: &step.goal,
            passed,
            log: vec![step.found.clone()],
            cause: (passed != Some(true)).then_some(Cause {
                rationale: &step.found,
                help,
                expected: &step.goal,
                actual: &step.found,
                error: (passed.is_none()).then_some(step.found.as_str()),
            }),
            data: Map::from_iter([
                ("points".to_owned(), step.points.into()),
                ("of".to_owned(), step.of.into()),
            ]),
            dependency: None,
        }
    });
    pretty(&Report {
        slug: format!("groundschool/{}", lessons.join("+")),
        version: env!("CARGO_PKG_VERSION"),
        results: results.collect(),
    })
}

//! Gradescope's `results.json` (gradescope/autograder_samples, docs/specs.md), for one hand-in.

use serde::Serialize;

use crate::classroom::export::pretty;
use crate::classroom::export::text::word;
use crate::classroom::regrade::Graded;
use crate::course::verdict::Word;

#[derive(Serialize)]
struct Results {
    output: String,
    visibility: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    number: String,
    score: u32,
    max_score: u32,
    /// From memory: newer documents have it, older ones say nothing against more fields.
    status: &'static str,
    output: String,
    visibility: &'static str,
}

/// The results of one hand-in: scores are those of the tests.
pub fn gradescope(graded: &Graded) -> String {
    let mut tests = Vec::new();
    for (lesson_number, lesson) in graded.lessons.iter().enumerate() {
        for (number, step) in lesson.steps.iter().enumerate() {
            let passed = step.verdict == Word::Passed;
            tests.push(Test {
                name: step.goal.clone(),
                number: format!("{}.{}", lesson_number + 1, number + 1),
                score: step.points,
                max_score: step.of,
                status: if passed { "passed" } else { "failed" },
                output: format!("[{}] {}", word(step.verdict), step.found),
                visibility: "visible",
            });
        }
    }
    pretty(&Results {
        output: format!("{} of {} points", graded.points, graded.of),
        visibility: "visible",
        tests,
    })
}

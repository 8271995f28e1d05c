//! Classroom 50's `result.json` (foundation50/classroom50, wiki/Advanced-Autograding), for one hand-in.

use serde::Serialize;

use crate::classroom::export::pretty;
use crate::classroom::regrade::Graded;
use crate::course::verdict::Word;

/// What Classroom 50 tells its autograder in the environment; empty where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// `CLASSROOM`.
    pub classroom: String,
    /// `ASSIGNMENT`.
    pub assignment: String,
    /// `OWNER`.
    pub owner: String,
    /// `SUBMISSION_TAG`.
    pub tag: String,
    /// `COMMIT_URL`.
    pub commit: String,
    /// `RELEASE_URL`.
    pub release: String,
    /// `REVIEW_URL`.
    pub review: String,
}

#[derive(Serialize)]
struct Result50<'a> {
    schema: &'static str,
    classroom: &'a str,
    assignment: &'a str,
    assignment_type: &'static str,
    owner: &'a str,
    submission: &'a str,
    commit: &'a str,
    release: &'a str,
    review: &'a str,
    datetime: String,
    graded_at: String,
    score: u32,
    #[serde(rename = "max-score")]
    max_score: u32,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Test<'a> {
    test_name: String,
    passed: bool,
    score: u32,
    max_score: u32,
    found: &'a str,
}

/// The result of one hand-in. `datetime` is when it was made, and never changes; `graded_at` is now.
pub fn classroom50(graded: &Graded, submission: &Submission, now: jiff::Timestamp) -> String {
    let tests = graded.lessons.iter().flat_map(|lesson| {
        lesson.steps.iter().map(|step| Test {
            test_name: format!("{}: {}", lesson.lesson, step.id),
            passed: step.verdict == Word::Passed,
            score: step.points,
            max_score: step.of,
            found: &step.found,
        })
    });
    pretty(&Result50 {
        schema: "classroom50/result/v1",
        classroom: &submission.classroom,
        assignment: &submission.assignment,
        assignment_type: "individual",
        owner: &submission.owner,
        submission: &submission.tag,
        commit: &submission.commit,
        release: &submission.release,
        review: &submission.review,
        datetime: graded.made_at.to_string(),
        graded_at: now.to_string(),
        score: graded.points,
        max_score: graded.of,
        tests: tests.collect(),
    })
}

//! CSV for a spreadsheet: a row for each learner, a column for each step, and the total. Facts are those of no importer.

use crate::classroom::export::people::People;
use crate::classroom::export::{guarded, written};
use crate::classroom::regrade::{Graded, GradedStep};

/// The table. A step's cell has its points; it is empty for who did not hand in.
pub fn csv(people: &People) -> String {
    let mut steps: Vec<(String, String)> = Vec::new();
    let all = || people.rows.iter().chain(&people.unclear);
    for graded in all().filter_map(|row| row.graded) {
        for lesson in &graded.lessons {
            for step in &lesson.steps {
                let column = (lesson.lesson.clone(), step.id.clone());
                if !steps.contains(&column) {
                    steps.push(column);
                }
            }
        }
    }
    let mut header: Vec<String> = ["Name", "ID", "Email"].map(str::to_owned).to_vec();
    header.extend(
        steps
            .iter()
            .map(|(lesson, step)| guarded(&format!("{lesson}: {step}"))),
    );
    header.extend(
        [
            "Points",
            "Of",
            "Late",
            "Hints",
            "Mistakes",
            "Wrong answers",
            "Handed in",
            "To look at",
            "File",
        ]
        .map(str::to_owned),
    );
    let rows = all().map(|row| {
        let person = &row.person;
        let id = if person.id.is_empty() {
            &person.login
        } else {
            &person.id
        };
        let mut cells: Vec<String> = [&person.name, id, &person.email]
            .map(|text| guarded(text))
            .to_vec();
        if let Some(graded) = row.graded
            && cells.iter().all(String::is_empty)
            && let Some(name) = cells.first_mut()
        {
            // Points are somebody's: where a class asks for no names, the file's stands for them.
            *name = guarded(&graded.file);
        }
        match row.graded {
            None => cells.resize(header.len(), String::new()),
            Some(graded) => {
                cells.extend(steps.iter().map(|(lesson, id)| {
                    step(graded, lesson, id)
                        .map_or_else(String::new, |step| step.points.to_string())
                }));
                cells.extend(ends(graded));
            }
        }
        cells
    });
    let rows: Vec<Vec<String>> = rows.collect();
    written(std::iter::once(header.clone()).chain(rows))
}

fn step<'a>(graded: &'a Graded, lesson: &str, id: &str) -> Option<&'a GradedStep> {
    let lesson = graded.lessons.iter().find(|one| one.lesson == lesson)?;
    lesson.steps.iter().find(|step| step.id == id)
}

fn ends(graded: &Graded) -> [String; 9] {
    let steps = || graded.lessons.iter().flat_map(|lesson| &lesson.steps);
    let findings: Vec<&str> = graded
        .findings
        .iter()
        .map(|one| one.says.as_str())
        .collect();
    [
        graded.points.to_string(),
        graded.of.to_string(),
        steps().filter(|step| step.late).count().to_string(),
        steps()
            .map(|step| step.hints)
            .fold(0, u32::saturating_add)
            .to_string(),
        steps()
            .flat_map(|step| step.mistakes.values())
            .fold(0, |sum: u32, times| sum.saturating_add(*times))
            .to_string(),
        steps()
            .map(|step| step.wrong_answers)
            .fold(0, u32::saturating_add)
            .to_string(),
        graded.made_at.to_string(),
        guarded(&findings.join("; ")),
        guarded(&graded.file),
    ]
}

//! Moodle's grade import from CSV (docs.moodle.org "Grade import", `grade/import/csv/classes/load_data.php`): any header, the teacher
//! maps the columns; one unknown user aborts the whole import, so only people who can be named there get a row; grade and
//! feedback come together, or the item's grades are lost; an empty grade is none.

use crate::classroom::export::people::{Needs, People};
use crate::classroom::export::{guarded, written};

/// The table, with one item of this title.
pub fn moodle(people: &People, title: &str) -> String {
    let header = ["Email address", "ID number"].map(str::to_owned);
    let header = header
        .into_iter()
        .chain([guarded(title), guarded(&format!("{title} feedback"))]);
    let mut rows = vec![header.collect::<Vec<_>>()];
    for row in people.named(Needs::IdOrAddress) {
        let Some(graded) = row.graded else { continue };
        let (email, id) = (guarded(&row.person.email), guarded(&row.person.id));
        let (passed, of) = graded.steps();
        let feedback = format!(
            "{passed} of {of} steps passed, {} of {} points",
            graded.points, graded.of
        );
        rows.push(vec![email, id, row.points(), feedback]);
    }
    written(rows)
}

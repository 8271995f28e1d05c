//! Canvas's gradebook CSV, as `gradebook_importer.rb` of instructure/canvas-lms accepts it: more than three columns, `Student` in
//! the first, `ID` in the second, `Section` the last before the assignments; then a row with the points that are possible. A
//! student is found by `ID`, else `SIS User ID`, else `SIS Login ID`, else by name. An unknown title makes a new assignment.

use crate::classroom::export::people::{Needs, People, most};
use crate::classroom::export::{guarded, written};

/// The table, with one assignment of this title.
pub fn canvas(people: &People, title: &str) -> String {
    let header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"];
    let mut rows = vec![cells(header, title.to_owned())];
    rows.push(cells(
        ["    Points Possible", "", "", "", ""],
        most(people).to_string(),
    ));
    for row in people.named(Needs::NameOrId) {
        let one = &row.person;
        let who = [&one.name, &one.number, &one.id, &one.login, &one.section];
        let mut who = who.map(|text| guarded(text));
        if let Some(name) = who.first_mut()
            && name.is_empty()
        {
            // A row without a name would be skipped as blank; the ids decide.
            name.push('?');
        }
        let mut who: Vec<String> = who.to_vec();
        who.push(row.points());
        rows.push(who);
    }
    written(rows)
}

fn cells(first: [&str; 5], last: String) -> Vec<String> {
    let first = first.into_iter().map(str::to_owned);
    first.chain(std::iter::once(last)).collect()
}

/// Whether Canvas takes a column of this title for something else than an assignment.
pub fn is_reserved(title: &str) -> bool {
    const COLUMNS: [&str; 9] = [
        "Student",
        "LastName",
        "FirstName",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "Integration ID",
        "Root Account",
    ];
    const KINDS: [&str; 3] = ["Current", "Final", "Override"];
    const OF: [&str; 4] = ["Score", "Points", "Grade", "Status"];
    let title = title.trim();
    COLUMNS.contains(&title)
        || title
            .split_once(' ')
            .is_some_and(|(kind, of)| KINDS.contains(&kind) && OF.contains(&of))
}

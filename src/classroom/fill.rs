//! Filling in: writes one column into the file that a learning management system gave, and leaves every other byte alone.

use std::collections::BTreeSet;

use crate::classroom::columns::{columns, is_of_the_system, is_points_possible};
use crate::classroom::learner::{folded, folded_name};
use crate::classroom::regrade::Graded;
use crate::classroom::roster::{Found, Person, Roster};
use crate::classroom::table::{Cell, Table};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The file, filled in.
    pub bytes: Vec<u8>,
    /// How many cells were written.
    pub cells: usize,
    /// Hand-ins whose learner is not in the file, or could be more than one: the files' names and why.
    pub strangers: Vec<(String, &'static str)>,
    /// People in the file who did not hand in; their cells stay as they are.
    pub absent: Vec<Person>,
    /// Grades that were there and are others now.
    pub replaced: Vec<Replaced>,
    /// What the file says the item is worth, if the hand-ins are worth something else, and what that is.
    pub worth: Option<(String, u32)>,
}

/// A grade that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Whose.
    pub person: String,
    /// What was there.
    pub old: String,
    /// What is there now.
    pub new: u32,
}

/// Why a file cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// No such column.
    #[error("it has no column \"{wanted}\"; its columns are: {}", .columns.join(", "))]
    NoColumn {
        /// What was asked for.
        wanted: String,
        /// What there is.
        columns: Vec<String>,
    },
    /// Several columns of that name.
    #[error("it has more than one column \"{0}\": use the whole name")]
    Several(String),
    /// A column by which people are known.
    #[error("its column \"{0}\" says who people are: points do not belong there")]
    OfPeople(String),
    /// A column that the learning management system computes, or takes for something else.
    #[error(
        "its column \"{0}\" is the learning management system's own: points do not belong there"
    )]
    OfSystem(String),
    /// A row that ends before the column.
    #[error("row {row} ends before the column: the file is damaged")]
    Short {
        /// The row, from 1.
        row: usize,
    },
}

/// Writes the points of each hand-in into the column, in the row of its learner.
///
/// # Errors
/// [`FillError`]; then nothing is to be written.
pub fn fill(table: &Table, column: &str, graded: &[&Graded]) -> Result<Filled, FillError> {
    let column = find(table, column)?;
    if says_who(table, column, graded) {
        return Err(FillError::OfPeople(heading(table, column)));
    }
    if is_of_the_system(table, column) {
        return Err(FillError::OfSystem(heading(table, column)));
    }
    let roster = Roster::of(table, Some(column));
    let people = place(&roster, graded);
    let mut replaced = Vec::new();
    let mut changes: Vec<(&Cell, u32)> = Vec::new();
    for (person, graded) in &people.found {
        let cell = table.rows.get(person.row).and_then(|row| row.get(column));
        let cell = cell.ok_or(FillError::Short {
            row: person.row + 1,
        })?;
        if is_another(&cell.text, graded.points) {
            replaced.push(Replaced {
                person: person.words(),
                old: cell.text.trim().to_owned(),
                new: graded.points,
            });
        }
        changes.push((cell, graded.points));
    }
    let most = people.found.iter().map(|(_, graded)| graded.of).max();
    changes.sort_by_key(|(cell, _)| cell.place.start);
    let mut bytes = Vec::with_capacity(table.bytes.len() + 8 * changes.len());
    let mut copied = 0;
    for (cell, points) in &changes {
        bytes.extend_from_slice(
            table
                .bytes
                .get(copied..cell.place.start)
                .unwrap_or_default(),
        );
        let quote = if cell.quoted { "\"" } else { "" };
        bytes.extend_from_slice(format!("{quote}{points}{quote}").as_bytes());
        copied = cell.place.end;
    }
    bytes.extend_from_slice(table.bytes.get(copied..).unwrap_or_default());
    Ok(Filled {
        bytes,
        cells: changes.len(),
        strangers: people.strangers,
        absent: people.absent.into_iter().cloned().collect(),
        replaced,
        worth: worth(table, column)
            .zip(most)
            .filter(|(there, here)| number(there) != Some(f64::from(*here))),
    })
}

fn heading(table: &Table, column: usize) -> String {
    table.header().nth(column).unwrap_or_default().to_owned()
}

/// Whether people are known by this column: by its heading, or, where a system in another language wrote it, because what a
/// hand-in says of its learner is in it. A number may be a grade.
fn says_who(table: &Table, column: usize, graded: &[&Graded]) -> bool {
    let columns = columns(table);
    if columns.get(column).copied().flatten().is_some() {
        return true;
    }
    if columns.iter().flatten().any(|holds| holds.is_of_one()) {
        return false;
    }
    let ids = graded
        .iter()
        .flat_map(|graded| [&graded.learner.id, &graded.learner.email]);
    let names = graded
        .iter()
        .filter_map(|graded| graded.learner.name.as_ref());
    let known: BTreeSet<String> = ids
        .flatten()
        .map(|id| folded(id))
        .chain(names.map(|name| folded_name(name)))
        .filter(|text| text.chars().any(char::is_alphabetic))
        .collect();
    table.body().any(|(_, cells)| {
        cells.get(column).is_some_and(|cell| {
            known.contains(&folded(&cell.text)) || known.contains(&folded_name(&cell.text))
        })
    })
}

/// What the item is worth by Canvas's second row, or by Brightspace's heading (`<Numeric MaxPoints:10 ...>`).
fn worth(table: &Table, column: usize) -> Option<String> {
    let heading = heading(table, column);
    if let Some((_, behind)) = heading.split_once("MaxPoints:") {
        let is_of_number = |c: &char| c.is_ascii_digit() || ['.', ','].contains(c);
        return Some(behind.chars().take_while(is_of_number).collect());
    }
    let is_it = |cells: &&Vec<Cell>| {
        let first = cells.first();
        first.is_some_and(|cell| is_points_possible(&cell.text))
    };
    let row = table.body().map(|(_, cells)| cells).find(is_it)?;
    let text = row.get(column)?.text.trim();
    number(text).map(|_| text.to_owned())
}

/// A number as a spreadsheet in some language writes it.
fn number(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse().ok()
}

/// Whether a cell has a grade, and not this one. Moodle writes `-` where there is none, Canvas `N/A`.
fn is_another(cell: &str, points: u32) -> bool {
    let text = cell.trim();
    !["", "-", "N/A"].contains(&text) && number(text) != Some(f64::from(points))
}

/// Hand-ins and people, side by side.
#[derive(Debug)]
pub struct Placed<'a> {
    /// Whose hand-in is known.
    pub found: Vec<(&'a Person, &'a Graded)>,
    /// Whose is not: the file's name and why.
    pub strangers: Vec<(String, &'static str)>,
    /// Who did not hand in.
    pub absent: Vec<&'a Person>,
}

/// Finds each hand-in's person. Two hand-ins for one person are both left out: somebody must look.
pub fn place<'a>(roster: &'a Roster, graded: &[&'a Graded]) -> Placed<'a> {
    let places: Vec<Found> = graded.iter().map(|one| roster.find(&one.learner)).collect();
    let mut placed = Placed {
        found: Vec::new(),
        strangers: Vec::new(),
        absent: Vec::new(),
    };
    let mut handed_in = BTreeSet::new();
    for (graded, found) in graded.iter().zip(&places) {
        let stranger = |why| (graded.file.clone(), why);
        match found {
            Found::Nobody if graded.learner.words().is_none() => {
                placed.strangers.push(stranger("it names nobody"));
            }
            Found::Nobody => placed
                .strangers
                .push(stranger("nobody there is that learner")),
            Found::Several => placed
                .strangers
                .push(stranger("more than one there could be that learner")),
            Found::One(place) => {
                handed_in.insert(*place);
                if graded.is_unclear() {
                    placed
                        .strangers
                        .push(stranger("it may be by the same person as another hand-in"));
                } else if places.iter().filter(|other| *other == found).count() > 1 {
                    placed
                        .strangers
                        .push(stranger("another hand-in is for the same person"));
                } else if let Some(person) = roster.people.get(*place) {
                    placed.found.push((person, graded));
                }
            }
        }
    }
    let people = roster.people.iter().enumerate();
    placed.absent = people
        .filter(|(place, _)| !handed_in.contains(place))
        .map(|(_, person)| person)
        .collect();
    placed
}

/// The column of that name. Canvas writes a number behind it, and Brightspace what kind of grade it is.
fn find(table: &Table, wanted: &str) -> Result<usize, FillError> {
    let wanted = wanted.trim();
    let columns: Vec<&str> = table.header().collect();
    let exact = |name: &str| name == wanted;
    let begins = |name: &str| {
        let rest = name.strip_prefix(wanted).unwrap_or_default();
        rest.starts_with(" (") || rest.starts_with(" Points Grade")
    };
    for is_it in [&exact as &dyn Fn(&str) -> bool, &begins] {
        let mut found = columns.iter().enumerate().filter(|(_, name)| is_it(name));
        match (found.next(), found.next()) {
            (Some((place, _)), None) => return Ok(place),
            (Some(_), Some(_)) => return Err(FillError::Several(wanted.to_owned())),
            (None, _) => {}
        }
    }
    Err(FillError::NoColumn {
        wanted: wanted.to_owned(),
        columns: columns.into_iter().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classroom::regrade::regrade;
    use crate::classroom::testing::{START, of_lab};
    use crate::course::catalogue::lessons;

    fn graded(numbers: &[usize]) -> Vec<Graded> {
        let course = lessons().unwrap();
        let one = |number: &usize| {
            let file = format!("{number}.json");
            regrade(&file, &of_lab(*number), &course, None, START)
        };
        numbers.iter().map(one).collect()
    }

    /// What who passed everything has.
    fn all() -> u32 {
        crate::classroom::testing::lesson().points()
    }

    fn table(text: &str) -> Table {
        Table::read(text.as_bytes().to_vec()).unwrap()
    }

    #[track_caller]
    fn filled(text: &str, column: &str, numbers: &[usize]) -> (String, Filled) {
        let graded = graded(numbers);
        let filled = fill(&table(text), column, &graded.iter().collect::<Vec<_>>()).unwrap();
        (String::from_utf8(filled.bytes.clone()).unwrap(), filled)
    }

    #[test]
    fn canvas_keeps_its_points_possible_row_its_quotes_and_its_mark() {
        let text = "\u{feff}Student,ID,SIS User ID,SIS Login ID,Section,SSH (77),Final Score\r\n\
            \x20   Points Possible,,,,,13,(read only)\r\n\
            \"Two, Student\",12,s-2,two,\"Mon, 9\",,50.0\r\n\
            \"One, Student\",11,s-1,one,\"Mon, 9\",\"4\",\r\n\
            \"Student, Test\",13,,,Mon,,\r\n";
        let (got, about) = filled(text, "SSH", &[1, 2, 3]);
        let wanted = text
            .replace("\"Mon, 9\",,50.0", &format!("\"Mon, 9\",{},50.0", all()))
            .replace("\"4\"", &format!("\"{}\"", all()));
        assert_eq!(got, wanted);
        assert_eq!(about.cells, 2);
        assert_eq!(
            about.strangers,
            [("3.json".to_owned(), "nobody there is that learner")]
        );
        assert!(about.absent.is_empty(), "{:?}", about.absent);
    }

    #[test]
    fn moodles_worksheet_brightspace_and_a_turkish_file_with_semicolons() {
        let moodle = "Identifier,\"Full name\",\"Email address\",Grade,\"Last modified (grade)\"\n\
            \"Participant 7\",\"Student 1\",s1@example.org,,-\n";
        let (got, _) = filled(moodle, "Grade", &[1]);
        assert_eq!(got, moodle.replace("org,,-", &format!("org,{},-", all())));
        let brightspace = "OrgDefinedId,Username,SSH Points Grade <Numeric MaxPoints:13>,End-of-Line Indicator\r\n\
            #s-1,#one,,#\r\n#s-2,#two,3,#\r\n";
        let (got, _) = filled(brightspace, "SSH", &[2]);
        assert_eq!(got, brightspace.replace(",3,", &format!(",{},", all())));
        let turkish = "Ad;E-posta;Not\nBir;s1@example.org;\n\u{130}ki;s2@example.org;";
        let (got, about) = filled(turkish, "Not", &[2, 1]);
        assert_eq!(got, turkish.replace("org;", &format!("org;{}", all())));
        assert_eq!(about.cells, 2);
    }

    #[test]
    fn a_column_that_is_not_there_is_not_made() {
        let graded = graded(&[1]);
        let graded: Vec<&Graded> = graded.iter().collect();
        let error = fill(&table("ID,A,A\n1,2,3\n"), "B", &graded).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has no column \"B\"; its columns are: ID, A, A"
        );
        let error = fill(&table("ID,A,A\n1,2,3\n"), "A", &graded).unwrap_err();
        assert_eq!(error, FillError::Several("A".into()));
        let error = fill(&table("Student ID,A\n\"s-1\"\n"), "A", &graded).unwrap_err();
        assert_eq!(error, FillError::Short { row: 2 });
    }

    #[test]
    fn two_hand_ins_for_one_row_are_left_for_the_teacher() {
        let mut both = graded(&[1, 2]);
        both[1].learner.id = None;
        both[1].learner.email = None;
        both[1].learner.name = Some("Student 1".into());
        let filled = fill(
            &table("Name,Student ID,G\nStudent 1,s-1,\n"),
            "G",
            &both.iter().collect::<Vec<_>>(),
        )
        .unwrap();
        assert_eq!(
            (filled.cells, filled.strangers.len(), filled.absent.len()),
            (0, 2, 0)
        );
    }

    #[test]
    fn a_column_by_which_people_are_known_or_that_the_system_keeps_is_refused_by_name() {
        let graded = graded(&[1]);
        let graded: Vec<&Graded> = graded.iter().collect();
        let canvas = "Student,ID,SIS User ID,SIS Login ID,Section,SSH (77),Homework Current Score,Final Grade\n\
            \"1, Student\",11,s-1,one,Mon,,,\n";
        let turkish = "Ad;E-posta;Not\nStudent 1;s1@example.org;5\n";
        let people = |name: &str| FillError::OfPeople(name.to_owned());
        let system = |name: &str| FillError::OfSystem(name.to_owned());
        for (text, column, wanted) in [
            (canvas, "Student", people("Student")),
            (canvas, "ID", people("ID")),
            (canvas, "SIS Login ID", people("SIS Login ID")),
            (canvas, "Section", people("Section")),
            (
                canvas,
                "Homework Current Score",
                system("Homework Current Score"),
            ),
            (canvas, "Final Grade", system("Final Grade")),
            (turkish, "E-posta", people("E-posta")),
            (turkish, "Ad", people("Ad")),
        ] {
            assert_eq!(fill(&table(text), column, &graded), Err(wanted), "{column}");
        }
        assert!(fill(&table(turkish), "Not", &graded).is_ok());
    }

    #[test]
    fn what_the_item_is_worth_there_and_which_grades_are_replaced_is_said() {
        let canvas = |worth: &str, old: &str| {
            format!(
                "Student,ID,SIS Login ID,Section,SSH (77)\n    Points Possible,,,,{worth}\n\"1, Student\",11,s-1,Mon,{old}\n"
            )
        };
        let exact = format!("{},00", all());
        let (_, about) = filled(&canvas("10", "3.5"), "SSH", &[1]);
        assert_eq!(about.worth, Some(("10".into(), all())));
        let replaced = Replaced {
            person: "1, Student, s-1".into(),
            old: "3.5".into(),
            new: all(),
        };
        assert_eq!(about.replaced, [replaced]);
        for old in ["", " ", "-", "N/A", &format!("{}.0", all())] {
            let (_, about) = filled(&canvas(&format!("\"{exact}\""), old), "SSH", &[1]);
            assert_eq!((about.worth, about.replaced), (None, vec![]), "{old:?}");
        }
        for (max, differs) in [("10 Weight:5", true), (&all().to_string(), false)] {
            let text = format!("OrgDefinedId,SSH Points Grade <Numeric MaxPoints:{max}>\ns-1,\n");
            let (_, about) = filled(&text, "SSH", &[1]);
            assert_eq!(about.worth.is_some(), differs, "{max}");
        }
    }

    proptest! {
        #[test]
        fn with_nobody_to_write_every_byte_stays(text in "(ID|Grade|[a-z]{0,3})([,;\\t\"\r\n][a-z\" é=]{0,4}){2,30}", mark in any::<bool>()) {
            let text = if mark { format!("\u{feff}{text}") } else { text };
            if let Ok(table) = Table::read(text.clone().into_bytes()) {
                let columns: Vec<String> = table.header().map(str::to_owned).collect();
                for column in columns {
                    if let Ok(filled) = fill(&table, &column, &[]) {
                        prop_assert_eq!(&filled.bytes, text.as_bytes());
                    }
                }
            }
        }

        #[test]
        fn only_the_cell_of_the_learner_changes(before in "[a-z,;\"\n]{0,5}", other in "[a-z,\"\r\n]{0,5}", old in "[0-9]{0,3}", crlf in any::<bool>()) {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            writer.write_record(["Note", "Student ID", "G", "More"]).unwrap();
            writer.write_record([&before, "s-9", &old, &other]).unwrap();
            writer.write_record([&other, "s-1", &old, &before]).unwrap();
            let bytes = writer.into_inner().unwrap();
            let table = Table::read(bytes.clone()).unwrap();
            let graded = graded(&[1]);
            let filled = fill(&table, "G", &[&graded[0]]).unwrap();
            prop_assert_eq!(filled.cells, 1);
            let cell = &table.rows[2][2].place;
            let got = &filled.bytes;
            prop_assert_eq!(&got[..cell.start], &bytes[..cell.start]);
            prop_assert_eq!(&got[got.len() - (bytes.len() - cell.end)..], &bytes[cell.end..]);
            let again = Table::read(filled.bytes.clone()).unwrap();
            prop_assert_eq!(&again.rows[2][2].text, &all().to_string());
        }
    }
}

//! Columns: what the heading of one says it holds, in the exports of learning management systems.

use crate::classroom::table::{Cell, Table};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Name,
    First,
    Last,
    Id,
    Login,
    Email,
    /// The system's own number for somebody.
    Number,
    Section,
}

impl Holds {
    /// Whether it says who somebody is, so that no two people have the same.
    pub(super) fn is_of_one(self) -> bool {
        match self {
            Self::Id | Self::Login | Self::Email => true,
            Self::Name | Self::First | Self::Last | Self::Number | Self::Section => false,
        }
    }
}

/// What each column of a table holds, as far as its heading is known.
///
/// A column named "ID" holds what the learner knows as theirs; only beside Canvas's own columns, or beside another one that
/// says it holds the school's id, is it the system's number. "Name" beside a first name and no last one is the last one.
pub(super) fn columns(table: &Table) -> Vec<Option<Holds>> {
    let folded: Vec<String> = table.header().map(folded).collect();
    let mut columns: Vec<Option<Holds>> = folded.iter().map(|name| holds(name)).collect();
    let has = |wanted| columns.contains(&Some(wanted));
    let id = if is_of_canvas(table) || has(Holds::Id) {
        Holds::Number
    } else {
        Holds::Id
    };
    let name = if has(Holds::First) && !has(Holds::Last) {
        Holds::Last
    } else {
        Holds::Name
    };
    for (column, heading) in columns.iter_mut().zip(&folded) {
        match heading.as_str() {
            "id" => *column = Some(id),
            "name" => *column = Some(name),
            _ => {}
        }
    }
    columns
}

/// Whether Canvas wrote it: these headings are the same in every language (`lib/gradebook_exporter.rb`).
pub(super) fn is_of_canvas(table: &Table) -> bool {
    const OWN: [&str; 4] = [
        "sis user id",
        "sis login id",
        "integration id",
        "root account",
    ];
    table
        .header()
        .any(|heading| OWN.contains(&folded(heading).as_str()))
}

/// Canvas's second row, which says how much each assignment is worth, by the cell that begins it: it is never translated.
pub(super) fn is_points_possible(cell: &str) -> bool {
    cell.trim().starts_with("Points Possible")
}

/// Whether a learning management system keeps this column for itself: it computes it, or takes it for something else.
pub(super) fn is_of_the_system(table: &Table, column: usize) -> bool {
    const MOODLE: [&str; 8] = [
        "status",
        "maximum grade",
        "grade can be changed",
        "last modified (submission)",
        "last modified (grade)",
        "online text",
        "feedback comments",
        "last downloaded from this course",
    ];
    let headings: Vec<String> = table.header().map(folded).collect();
    let Some(heading) = headings.get(column).map(String::as_str) else {
        return false;
    };
    let has = |known: &str| headings.iter().any(|heading| heading == known);
    let is_of_moodle = has("last modified (grade)") || has("last downloaded from this course");
    let is_of_brightspace = has("orgdefinedid") || has("end-of-line indicator");
    (is_of_canvas(table) && (is_total(heading) || is_read_only(table, column)))
        || (is_of_moodle && (MOODLE.contains(&heading) || heading.starts_with("course total")))
        || (is_of_brightspace
            && (heading == "end-of-line indicator"
                || heading.starts_with("calculated final grade")
                || heading.starts_with("adjusted final grade")))
        || [
            "integration id",
            "root account",
            "last access",
            "availability",
        ]
        .contains(&heading)
}

/// Canvas's totals (`BUFFER_COLUMN_DEFINITIONS` in `lib/gradebook_exporter.rb`): of the course, or of a group of assignments,
/// whose name comes first; a grading period's name may follow. An assignment has its number there.
fn is_total(heading: &str) -> bool {
    let (name, behind) = heading.split_once(" (").unwrap_or((heading, ""));
    let number = behind.trim_end_matches(')');
    let is_assignment = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let mut words = name.split_whitespace().rev();
    let of = words.next().unwrap_or_default();
    let kind = words.next().unwrap_or_default();
    !is_assignment
        && ["score", "points", "grade", "status"].contains(&of)
        && ["current", "final", "override"].contains(&kind)
}

/// Whether Canvas's second row has a word there, in whatever language, instead of a number: `(read only)`.
fn is_read_only(table: &Table, column: usize) -> bool {
    let is_it = |cells: &[Cell]| {
        cells
            .first()
            .is_some_and(|cell| is_points_possible(&cell.text))
    };
    let row = table.body().map(|(_, cells)| cells).find(|row| is_it(row));
    row.and_then(|cells| cells.get(column))
        .is_some_and(|cell| cell.text.trim().starts_with('('))
}

/// A heading as it is compared. French ones have either apostrophe.
pub(super) fn folded(heading: &str) -> String {
    heading.trim().to_lowercase().replace('\u{2019}', "'")
}

/// What a column of this name holds, in the exports of Canvas, Moodle, Brightspace, Blackboard, Gradescope and Classroom 50.
/// Moodle's are also known in German, French and Spanish: the names of its fields `firstname`, `lastname`, `idnumber`, `email`
/// and of the worksheet's `recordid`, as its language packs and published exports have them. Those of `fullname` and, but for
/// French, `username` are unverified. Canvas translates none; how Brightspace does is not known, so there English alone is.
fn holds(heading: &str) -> Option<Holds> {
    Some(match heading {
        "student"
        | "name"
        | "full name"
        | "student name"
        | "vollständiger name"
        | "nom complet"
        | "nombre completo" => Holds::Name,
        "first name" | "first_name" | "firstname" | "vorname" | "prénom" | "nombre" => {
            Holds::First
        }
        "last name" | "last_name" | "lastname" | "surname" | "nachname" | "nom"
        | "nom de famille" | "apellido(s)" | "apellidos" => Holds::Last,
        "sis user id"
        | "id number"
        | "orgdefinedid"
        | "student id"
        | "student_id"
        | "sid"
        | "idnumber"
        | "student number"
        | "id-nummer"
        | "numéro d'identification"
        | "número de id" => Holds::Id,
        "sis login id" | "username" | "login" | "login id" | "usernames" | "anmeldename"
        | "nom d'utilisateur" | "nombre de usuario" => Holds::Login,
        "email"
        | "email address"
        | "e-mail"
        | "mail"
        | "e-mail-adresse"
        | "adresse de courriel"
        | "dirección de correo" => Holds::Email,
        "id" | "identifier" | "identifiant" | "identificador" => Holds::Number,
        "section" | "group" => Holds::Section,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(header: &str) -> Vec<Option<Holds>> {
        columns(&Table::read(format!("{header}\nx\n").into_bytes()).unwrap())
    }

    #[test]
    fn an_id_is_the_learners_unless_canvas_wrote_the_file() {
        use Holds::{Email, Id, Last, Login, Name, Number};
        assert_eq!(of("name,ID"), [Some(Name), Some(Id)]);
        assert_eq!(
            of("Student,ID,SIS Login ID"),
            [Some(Name), Some(Number), Some(Login)]
        );
        assert_eq!(of("ID,SIS User ID"), [Some(Number), Some(Id)]);
        assert_eq!(
            of("id;Student ID;Mail"),
            [Some(Number), Some(Id), Some(Email)]
        );
        assert_eq!(of("Name;Vorname")[0], Some(Last));
    }

    #[test]
    fn what_a_system_computes_is_its_own_and_an_assignment_never_is() {
        let own = |text: &str| {
            let table = Table::read(text.as_bytes().to_vec()).unwrap();
            let headings: Vec<&str> = table.header().collect();
            let own = headings.iter().enumerate();
            own.filter(|(column, _)| is_of_the_system(&table, *column))
                .map(|(_, heading)| (*heading).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            own(
                "Student,ID,SIS Login ID,Final Grade (77),Lab,Homework Current Score,Final Score (Fall),Override Score,Xyz\n\
                 \x20   Points Possible,,,5,,(read only),,,(nur lesen)\n"
            ),
            [
                "Homework Current Score",
                "Final Score (Fall)",
                "Override Score",
                "Xyz"
            ]
        );
        assert_eq!(
            own("Identifier,Full name,Status,Grade,Last modified (grade)\nx\n"),
            ["Status", "Last modified (grade)"]
        );
        assert_eq!(
            own(
                "OrgDefinedId,SSH Points Grade <Numeric MaxPoints:9>,Calculated Final Grade Numerator,End-of-Line Indicator\nx\n"
            ),
            ["Calculated Final Grade Numerator", "End-of-Line Indicator"]
        );
        assert!(own("name,id,Final Grade,Status\nx\n").is_empty());
    }

    #[test]
    fn moodles_headings_are_known_in_four_languages() {
        use Holds::{Email, First, Id, Last};
        for header in [
            "First name,Surname,ID number,Email address",
            "Vorname;Nachname;ID-Nummer;E-Mail-Adresse",
            "Prénom,Nom de famille,Numéro d\u{2019}identification,Adresse de courriel",
            "Nombre,Apellido(s),Número de ID,Dirección de correo",
        ] {
            let wanted = [First, Last, Id, Email].map(Some);
            assert_eq!(of(header), wanted, "{header}");
        }
    }
}

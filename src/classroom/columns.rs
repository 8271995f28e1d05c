//! Columns: what the heading of one says it holds, in the exports of learning management systems.

use crate::classroom::table::Table;

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

    /// Whether it says anything of who somebody is.
    pub(super) fn is_of_people(self) -> bool {
        self != Self::Section
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
        "student" | "name" | "full name" | "student name" => Holds::Name,
        "vollständiger name" | "nom complet" | "nombre completo" => Holds::Name,
        "first name" | "first_name" | "firstname" => Holds::First,
        "vorname" | "prénom" | "nombre" => Holds::First,
        "last name" | "last_name" | "lastname" | "surname" => Holds::Last,
        "nachname" | "nom" | "nom de famille" | "apellido(s)" | "apellidos" => Holds::Last,
        "sis user id" | "id number" | "orgdefinedid" | "student id" | "student_id" | "sid"
        | "idnumber" | "student number" => Holds::Id,
        "id-nummer" | "numéro d'identification" | "número de id" => Holds::Id,
        "sis login id" | "username" | "login" | "login id" | "usernames" => Holds::Login,
        "anmeldename" | "nom d'utilisateur" | "nombre de usuario" => Holds::Login,
        "email" | "email address" | "e-mail" | "mail" => Holds::Email,
        "e-mail-adresse" | "adresse de courriel" | "dirección de correo" => Holds::Email,
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

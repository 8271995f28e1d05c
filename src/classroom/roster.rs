//! A roster: the people of a class as a learning management system lists them, and who of them handed in.

use std::collections::{BTreeMap, BTreeSet};

use crate::classroom::columns::{Holds, columns, is_of_canvas, is_points_possible};
use crate::classroom::learner::{Learner, folded, folded_name};
use crate::classroom::table::{Cell, Table};

/// The people of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// In the order of the file.
    pub people: Vec<Person>,
    /// Who has which id, login or address.
    keys: BTreeMap<String, BTreeSet<usize>>,
    /// Who has which number inside the system, or another value that only one has.
    others: BTreeMap<String, BTreeSet<usize>>,
    names: BTreeMap<String, BTreeSet<usize>>,
}

/// One person. What the file does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The row in the file, the header being 0.
    pub(super) row: usize,
    /// The line in which the row begins, from 1.
    pub(super) line: usize,
    /// As the file writes it, `Hopper, Grace` or `Grace Hopper`.
    pub name: String,
    /// The school's id for them.
    pub id: String,
    /// The name they sign in with.
    pub login: String,
    /// E-mail address.
    pub email: String,
    /// The system's own number for them.
    pub number: String,
    /// Section.
    pub section: String,
}

/// Who somebody is in a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This one.
    One(usize),
    /// Nobody.
    Nobody,
    /// More than one could be meant.
    Several,
}

/// Why a table is no roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// No heading is known: then the first line may be a person.
    #[error(
        "no column says who a line is about: is the first line a heading? It needs name, id, login or email"
    )]
    NoHeading,
    /// No rows of people.
    #[error("it names nobody")]
    Nobody,
}

impl Roster {
    /// The people of a class. Other than in a file to fill in, whose column somebody names, nothing but its headings tells a
    /// heading from a person.
    ///
    /// # Errors
    /// [`RosterError`].
    pub fn read(table: &Table) -> Result<Self, RosterError> {
        let of_people = |holds: &Holds| *holds != Holds::Section;
        if !columns(table).iter().flatten().any(of_people) {
            return Err(RosterError::NoHeading);
        }
        let roster = Self::of(table, None);
        if roster.people.is_empty() {
            return Err(RosterError::Nobody);
        }
        Ok(roster)
    }

    /// The people of a table. `but` is a column that says nothing of them. Where no column's name is known, a system in another
    /// language wrote it: then every column counts in which no two people have the same.
    pub fn of(table: &Table, but: Option<usize>) -> Self {
        let columns = columns(table);
        let unique = if columns.iter().flatten().any(|holds| holds.is_of_one()) {
            BTreeSet::new()
        } else {
            unique_columns(table, but)
        };
        let mut roster = Self::default();
        let is_of_canvas = is_of_canvas(table);
        let lines = table.lines();
        for (row, cells) in table.body() {
            let mut person = person(row, cells, &columns, but);
            if (person.is_nobody() && unique.is_empty()) || (is_of_canvas && person.is_the_test()) {
                continue;
            }
            person.line = lines.get(row).copied().unwrap_or_default();
            let place = roster.people.len();
            let put = |map: &mut BTreeMap<String, BTreeSet<usize>>, key: String| {
                if !key.is_empty() {
                    map.entry(key).or_default().insert(place);
                }
            };
            for key in [&person.id, &person.login, &person.email] {
                put(&mut roster.keys, folded(key));
            }
            put(&mut roster.others, folded(&person.number));
            for column in &unique {
                let cell = cells.get(*column).map_or("", |cell| &cell.text);
                put(&mut roster.others, folded(cell));
                put(&mut roster.names, folded_name(cell));
            }
            put(&mut roster.names, folded_name(&person.name));
            roster.people.push(person);
        }
        roster
    }

    /// Who this is: by id and address first, by name if they say nothing.
    pub fn find(&self, learner: &Learner) -> Found {
        let ids = || [&learner.id, &learner.email].into_iter().flatten();
        let of_ids = |map: &BTreeMap<String, BTreeSet<usize>>| {
            let places: BTreeSet<usize> = ids()
                .filter_map(|id| map.get(&folded(id)))
                .flatten()
                .copied()
                .collect();
            places
        };
        let mut places = of_ids(&self.keys);
        if places.is_empty() {
            places = of_ids(&self.others);
        }
        if let Some(name) = &learner.name
            && places.is_empty()
        {
            places = self
                .names
                .get(&folded_name(name))
                .cloned()
                .unwrap_or_default();
        }
        match (places.first(), places.len()) {
            (Some(place), 1) => Found::One(*place),
            (Some(_), _) => Found::Several,
            (None, _) => Found::Nobody,
        }
    }

    /// What lines share that only one may have, in words: nobody can tell which of them a hand-in means.
    pub fn doubles(&self) -> Vec<String> {
        let mut shared: BTreeMap<&BTreeSet<usize>, Vec<&str>> = BTreeMap::new();
        for (key, places) in self.keys.iter().filter(|(_, places)| places.len() > 1) {
            shared.entry(places).or_default().push(key);
        }
        for (name, places) in self.names.iter().filter(|(_, places)| places.len() > 1) {
            // Two of one name are two people if each has an id; then the id decides.
            let people = places.iter().filter_map(|place| self.people.get(*place));
            if people
                .map(Person::ids)
                .any(|ids| ids.iter().all(|id| id.is_empty()))
            {
                shared.entry(places).or_default().push(name);
            }
        }
        let of = |(places, keys): (&BTreeSet<usize>, Vec<&str>)| {
            let people = places.iter().filter_map(|place| self.people.get(*place));
            let lines: Vec<String> = people.map(|person| person.line.to_string()).collect();
            format!("lines {} all say {}", lines.join(", "), keys.join(", "))
        };
        shared.into_iter().map(of).collect()
    }

    /// Every id, login and address of everybody.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys
            .keys()
            .chain(self.others.keys())
            .map(String::as_str)
    }
}

impl Person {
    /// In one line.
    pub fn words(&self) -> String {
        let parts = [&self.name, &self.id, &self.login, &self.email];
        let mut parts: Vec<&str> = parts.into_iter().map(|part| part.trim()).collect();
        parts.retain(|part| !part.is_empty());
        if parts.is_empty() {
            format!("line {}", self.line)
        } else {
            parts.join(", ")
        }
    }

    fn ids(&self) -> [&str; 4] {
        [&self.id, &self.login, &self.email, &self.number].map(|id| id.trim())
    }

    /// A row of something else: those of Canvas before the first student, or an empty one.
    fn is_nobody(&self) -> bool {
        let name = self.name.trim();
        let is_none = name.is_empty() || is_points_possible(name) || name == "Manual Posting";
        is_none && self.ids().iter().all(|id| id.is_empty())
    }

    /// Canvas's student for trying things out (what other languages call it is unverified): the school has no id for it.
    fn is_the_test(&self) -> bool {
        folded_name(&self.name) == "test student" && self.id.is_empty()
    }
}

impl From<&Person> for Learner {
    fn from(person: &Person) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            name: some(&person.name),
            id: some(&person.id).or_else(|| some(&person.login)),
            email: some(&person.email),
        }
    }
}

fn person(row: usize, cells: &[Cell], columns: &[Option<Holds>], but: Option<usize>) -> Person {
    let mut person = Person {
        row,
        ..Person::default()
    };
    let (mut first, mut last) = (String::new(), String::new());
    for (place, (cell, holds)) in cells.iter().zip(columns).enumerate() {
        if Some(place) == but {
            continue;
        }
        let slot = match holds {
            Some(Holds::Name) => &mut person.name,
            Some(Holds::First) => &mut first,
            Some(Holds::Last) => &mut last,
            Some(Holds::Id) => &mut person.id,
            Some(Holds::Login) => &mut person.login,
            Some(Holds::Email) => &mut person.email,
            Some(Holds::Number) => &mut person.number,
            Some(Holds::Section) => &mut person.section,
            None => continue,
        };
        if slot.is_empty() {
            cell.text.trim().clone_into(slot);
        }
    }
    if person.name.is_empty() {
        format!("{first} {last}")
            .trim()
            .clone_into(&mut person.name);
    }
    person
}

/// Columns in which no two rows have the same.
fn unique_columns(table: &Table, but: Option<usize>) -> BTreeSet<usize> {
    let is_unique = |column: &usize| {
        let mut seen = BTreeSet::new();
        let cells = table.body().filter_map(|(_, cells)| cells.get(*column));
        let mut texts = cells
            .map(|cell| folded(&cell.text))
            .filter(|text| !text.is_empty());
        texts.all(|text| seen.insert(text))
    };
    (0..table.header().count())
        .filter(|column| Some(*column) != but)
        .filter(is_unique)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(text: &str) -> Roster {
        Roster::of(&Table::read(text.as_bytes().to_vec()).unwrap(), None)
    }

    fn learner(name: &str, id: &str, email: &str) -> Learner {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Learner {
            name: some(name),
            id: some(id),
            email: some(email),
        }
    }

    const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (77)\n    Points Possible,,,,,10\n\
        \"Hopper, Grace\",501,g-1,grace,Mon,\n\"Lovelace, Ada\",502,a-2,ada,Mon,3\n";

    #[test]
    fn somebody_is_found_by_id_login_number_and_at_last_by_name() {
        let roster = roster(CANVAS);
        assert_eq!(roster.people.len(), 2, "{roster:?}");
        for one in [
            learner("", "G-1", ""),
            learner("", "grace", ""),
            learner("", "501", ""),
            learner("grace hopper", "", ""),
            learner("Somebody Else", "g-1", ""),
        ] {
            assert_eq!(roster.find(&one), Found::One(0), "{one:?}");
        }
        assert_eq!(roster.find(&learner("Nobody", "x", "")), Found::Nobody);
        assert_eq!(roster.find(&learner("", "", "")), Found::Nobody);
    }

    #[test]
    fn two_that_could_be_meant_are_nobody_in_particular() {
        let roster = roster("First name,Surname,Email address\nAda,King,a@x\nAda,King,b@x\n");
        assert_eq!(roster.find(&learner("Ada King", "", "")), Found::Several);
        assert_eq!(roster.find(&learner("Ada King", "", "B@x")), Found::One(1));
        assert_eq!(roster.people[0].name, "Ada King");
    }

    #[test]
    fn a_system_in_another_language_is_understood_by_its_values() {
        let text = "Ad;Soyad;E-posta adresi;Not\nAda;King;a@x.org;5\nAda;Hopper;g@x.org;5\n";
        let roster = roster(text);
        assert_eq!(roster.find(&learner("", "", "g@x.org")), Found::One(1));
        assert_eq!(roster.find(&learner("", "a@x.org", "")), Found::One(0));
        // Two have this grade: it says nothing.
        assert_eq!(roster.find(&learner("", "5", "")), Found::Nobody);
    }

    #[test]
    fn without_a_heading_the_first_person_is_not_taken_for_one() {
        let read = |text: &str| Roster::read(&Table::read(text.as_bytes().to_vec()).unwrap());
        for text in ["Jane Doe,jdoe\nWang,wang\n", "jane@x.org;5\nwang@x.org;6\n"] {
            assert_eq!(read(text), Err(RosterError::NoHeading));
        }
        assert_eq!(read("name,id\n,\n"), Err(RosterError::Nobody));
        for header in ["name", "Login,x", "id", "E-Mail"] {
            assert!(read(&format!("{header}\nx,1\n")).is_ok(), "{header}");
        }
    }

    #[test]
    fn lines_that_could_be_one_person_are_named() {
        let doubles = |text: &str| roster(text).doubles();
        assert_eq!(
            doubles("name,id\n\"Jane\nDoe\",jdoe\nX Y,#JDOE\nZ,z\nz,Z\n"),
            ["lines 2, 4 all say jdoe", "lines 5, 6 all say z"]
        );
        assert_eq!(
            doubles("name,email\nAda King,a@x\n\"King, Ada\",\n"),
            ["lines 2, 3 all say ada king"]
        );
        assert!(doubles("name,id\nAda King,1\nAda King,2\n").is_empty());
        assert!(doubles(CANVAS).is_empty());
    }

    #[test]
    fn canvass_rows_before_the_students_and_its_test_student_are_nobody() {
        let roster = roster(
            "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (77)\n,,,,,Manual Posting\n    Points Possible,,,,,10\n\
             Manual Posting,,,,,\n\"Hopper, Grace\",501,g-1,grace,Mon,\n\"Student, Test\",999,,f00,Mon,\n",
        );
        let names: Vec<&str> = roster.people.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Hopper, Grace"]);
    }

    #[test]
    fn brightspaces_sharp_sign_is_no_part_of_the_id() {
        let roster = roster("OrgDefinedId,Username,End-of-Line Indicator\n#1001,#ada,#\n");
        assert_eq!(roster.find(&learner("", "1001", "")), Found::One(0));
        assert_eq!(roster.find(&learner("", "ada", "")), Found::One(0));
    }
}

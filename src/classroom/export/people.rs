//! The rows of a table of people: those of the roster in its order, or, without one, whoever handed in. What the roster does not
//! say of a person is what their hand-in says.

use crate::classroom::fill::place;
use crate::classroom::regrade::Graded;
use crate::classroom::roster::{Person, Roster};
use crate::classroom::sheet::Sheet;

/// Who gets a row, and who does not.
#[derive(Debug)]
pub struct People<'a> {
    /// The rows.
    pub rows: Vec<Row<'a>>,
    /// Hand-ins of whom a teacher must say who is who: no table that is imported somewhere has them.
    pub unclear: Vec<Row<'a>>,
    /// Hand-ins of nobody in the roster: the file's name and why.
    pub strangers: Vec<(String, &'static str)>,
    /// People in the roster who did not hand in.
    pub absent: Vec<String>,
}

/// What a form must know of a person, so that its importer finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A name, an id or a login.
    NameOrId,
    /// An id or a login.
    IdOrLogin,
    /// An id or an address.
    IdOrAddress,
}

/// One person's row.
#[derive(Debug)]
pub struct Row<'a> {
    /// Who.
    pub person: Person,
    /// Their hand-in.
    pub graded: Option<&'a Graded>,
}

impl<'a> People<'a> {
    /// The rows for a sheet.
    pub fn of(sheet: &'a Sheet, roster: Option<&'a Roster>) -> Self {
        let counting = sheet.counting();
        let row = |graded: &&'a Graded| Row {
            person: named(graded),
            graded: Some(*graded),
        };
        let unclear = counting.iter().filter(|graded| graded.is_unclear());
        let unclear = unclear.map(row).collect();
        let Some(roster) = roster else {
            let clear = counting.iter().filter(|graded| !graded.is_unclear());
            return Self {
                rows: clear.map(row).collect(),
                unclear,
                strangers: Vec::new(),
                absent: Vec::new(),
            };
        };
        let placed = place(roster, &counting);
        let rows = roster.people.iter().map(|person| {
            let mut found = placed.found.iter();
            let found = found.find(|(found, _)| std::ptr::eq(*found, person));
            let graded = found.map(|(_, graded)| *graded);
            Row {
                person: graded.map_or_else(|| person.clone(), |graded| filled(person, graded)),
                graded,
            }
        });
        Self {
            rows: rows.collect(),
            unclear,
            absent: placed.absent.iter().map(|person| person.words()).collect(),
            strangers: placed.strangers,
        }
    }
}

impl People<'_> {
    /// The rows of who can be named as the form needs it.
    pub(super) fn named(&self, needs: Needs) -> impl Iterator<Item = &Row<'_>> {
        self.rows
            .iter()
            .filter(move |row| needs.is_met(&row.person))
    }

    /// The hand-ins that have no row in such a form: the files' names and why.
    pub fn left_out(&self, needs: Needs) -> Vec<(String, &'static str)> {
        let rows = self.rows.iter().filter(|row| !needs.is_met(&row.person));
        rows.filter_map(|row| Some((row.graded?.file.clone(), needs.words())))
            .collect()
    }
}

impl Needs {
    fn is_met(self, person: &Person) -> bool {
        let Person {
            name,
            id,
            login,
            email,
            number,
            ..
        } = person;
        let one_of: &[&String] = match self {
            Self::Nothing => return true,
            Self::NameOrId => &[name, number, id, login],
            Self::IdOrLogin => &[id, login],
            Self::IdOrAddress => &[id, email],
        };
        one_of.iter().any(|text| !text.is_empty())
    }

    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::NameOrId => "the form needs a name or an id",
            Self::IdOrLogin => "the form needs an id or a login",
            Self::IdOrAddress => "the form needs an id or an address",
        }
    }
}

impl Row<'_> {
    /// The points, or nothing: who did not hand in has no grade, not zero.
    pub(super) fn points(&self) -> String {
        self.graded
            .map_or_else(String::new, |graded| graded.points.to_string())
    }
}

/// The most points that a hand-in can have: what the item in the learning management system must be worth.
pub(super) fn most(people: &People) -> u32 {
    let handed_in = people.rows.iter().filter_map(|row| row.graded);
    handed_in.map(|graded| graded.of).max().unwrap_or(0)
}

/// A person of the roster, and what only their hand-in says of them.
fn filled(person: &Person, graded: &Graded) -> Person {
    let mut person = person.clone();
    let said = named(graded);
    for (slot, said) in [
        (&mut person.name, said.name),
        (&mut person.id, said.id),
        (&mut person.email, said.email),
    ] {
        if slot.is_empty() {
            *slot = said;
        }
    }
    person
}

/// A person as their hand-in names them.
fn named(graded: &Graded) -> Person {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Person {
        name: text(&graded.learner.name),
        id: text(&graded.learner.id),
        email: text(&graded.learner.email),
        ..Person::default()
    }
}

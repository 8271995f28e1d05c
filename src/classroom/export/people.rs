//! The rows of a table of people: those of the roster in its order, or, without one, whoever handed in.

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
        let rows = roster.people.iter().map(|person| Row {
            graded: placed
                .found
                .iter()
                .find(|(found, _)| std::ptr::eq(*found, person))
                .map(|(_, graded)| *graded),
            person: person.clone(),
        });
        Self {
            rows: rows.collect(),
            unclear,
            absent: placed.absent.iter().map(|person| person.words()).collect(),
            strangers: placed.strangers,
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

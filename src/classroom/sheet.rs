//! The sheet: all hand-ins of one grading side by side. What two of them share shows here.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::classroom::regrade::{Finding, Graded, Kind, Mark};
use crate::classroom::same::{Relation, Who, pairs};

/// Of so many others at most it is said that they may be the same person.
const LISTED: usize = 20;

/// Every file of one grading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sheet {
    /// What this is, for programs: `groundschool/grades/v1`.
    pub schema: &'static str,
    /// The files that were graded, in the order in which they were given.
    pub graded: Vec<Graded>,
    /// The files that have no grade.
    pub not_graded: Vec<NotGraded>,
    /// What hand-ins of different learners share.
    pub shared: Vec<Shared>,
    /// The places of hand-ins that a newer one of the same learner stands for.
    #[serde(skip)]
    older: BTreeSet<usize>,
}

/// A file without a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotGraded {
    /// The file's name.
    pub file: String,
    /// Why.
    pub why: String,
}

/// Something that only one lab should have, and several hand-ins do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shared {
    /// What.
    pub mark: Mark,
    /// The files.
    pub files: Vec<String>,
}

/// The value of [`Sheet::schema`].
pub const SCHEMA: &str = "groundschool/grades/v1";

impl Sheet {
    /// A sheet of these files.
    pub fn new(graded: Vec<Graded>, not_graded: Vec<NotGraded>) -> Self {
        let mut sheet = Self {
            schema: SCHEMA,
            graded,
            not_graded,
            shared: Vec::new(),
            older: BTreeSet::new(),
        };
        sheet.find_people();
        sheet.find_shared();
        sheet
    }

    /// The hand-ins that count: of one learner the newest. Those of whom nobody can say whether they are one learner or two
    /// all count, and have no row in a table: [`Graded::is_unclear`].
    pub fn counting(&self) -> Vec<&Graded> {
        let places = self.graded.iter().enumerate();
        places
            .filter(|(place, _)| !self.older.contains(place))
            .map(|(_, graded)| graded)
            .collect()
    }

    /// Whether every file is graded and every hand-in that counts is passed.
    pub fn is_passed(&self) -> bool {
        let counting = self.counting();
        self.not_graded.is_empty()
            && !counting.is_empty()
            && counting.iter().all(|graded| graded.is_passed())
    }

    /// Who handed in more than once, and who only may have.
    fn find_people(&mut self) {
        let all: Vec<Who> = self
            .graded
            .iter()
            .map(|graded| Who::new(&graded.learner, graded.labs()))
            .collect();
        let mut found: BTreeMap<usize, Vec<(usize, Relation)>> = BTreeMap::new();
        for (one, other) in pairs(&all) {
            let (Some(first), Some(second)) = (all.get(one), all.get(other)) else {
                continue;
            };
            let relation = first.relation(second);
            found
                .entry(one)
                .or_default()
                .push((other, relation.clone()));
            found.entry(other).or_default().push((one, relation));
        }
        let made_at: Vec<_> = self.graded.iter().map(|graded| graded.made_at).collect();
        let files: Vec<String> = self
            .graded
            .iter()
            .map(|graded| graded.file.clone())
            .collect();
        let file = |place: usize| files.get(place).map_or("", String::as_str);
        for (place, others) in found {
            let Some(graded) = self.graded.get_mut(place) else {
                continue;
            };
            let mut told = 0;
            for (other, relation) in &others {
                let (kind, says) = match relation {
                    Relation::Strangers => continue,
                    Relation::Same { labs } => {
                        if (made_at.get(*other), *other) > (made_at.get(place), place) {
                            self.older.insert(place);
                        }
                        if !labs {
                            continue;
                        }
                        let file = file(*other);
                        let says = format!("{file} is by the same learner, and from another lab");
                        (Kind::OtherLab, says)
                    }
                    Relation::Unclear(why) => (
                        Kind::WhoIsWho,
                        format!(
                            "{} has {why}: it may be the same person or another, so both stand, and neither is put into a table of grades. Decide who is who",
                            file(*other)
                        ),
                    ),
                };
                told += 1;
                if told <= LISTED {
                    graded.findings.push(Finding::new(kind, says));
                }
            }
        }
    }

    fn find_shared(&mut self) {
        let mut owners: BTreeMap<&Mark, Vec<usize>> = BTreeMap::new();
        for (place, graded) in self.graded.iter().enumerate() {
            for mark in &graded.marks {
                owners.entry(mark).or_default().push(place);
            }
        }
        let shared: Vec<(Mark, Vec<usize>)> = owners
            .into_iter()
            .filter(|(_, places)| !self.is_one_learner(places))
            .map(|(mark, places)| (mark.clone(), places))
            .collect();
        for (mark, places) in shared {
            let file = |place: &usize| self.graded.get(*place).map(|one| one.file.clone());
            let files: Vec<String> = places.iter().filter_map(file).collect();
            for place in &places {
                if let Some(graded) = self.graded.get_mut(*place) {
                    let others = files.iter().filter(|file| **file != graded.file);
                    let others: Vec<&str> = others.map(String::as_str).collect();
                    let says = format!("{} is also in {}", mark.words(), others.join(", "));
                    graded.findings.push(Finding::new(Kind::Shared, says));
                }
            }
            self.shared.push(Shared { mark, files });
        }
    }

    /// Whether these are hand-ins of one learner, who may hand in as often as they like.
    fn is_one_learner(&self, places: &[usize]) -> bool {
        let mut all = places
            .iter()
            .filter_map(|place| self.graded.get(*place))
            .map(|graded| Who::new(&graded.learner, graded.labs()));
        let Some(first) = all.next() else {
            return true;
        };
        all.all(|other| matches!(first.relation(&other), Relation::Same { .. }))
    }
}

impl Mark {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Lab(id) => format!("the lab {id}"),
            Self::KeyPair(print) => format!("the key with the fingerprint {print}"),
            Self::Instance(id) => format!("the instance {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::hand_in::HandIn;
    use crate::classroom::learner::Learner;
    use crate::classroom::regrade::regrade;
    use crate::classroom::testing::{START, of_lab};
    use crate::course::catalogue::lessons;

    fn sheet(hand_ins: &[(&str, &HandIn)]) -> Sheet {
        let course = lessons().unwrap();
        let graded = hand_ins
            .iter()
            .map(|(file, hand_in)| regrade(file, hand_in, &course, None, START));
        Sheet::new(graded.collect(), Vec::new())
    }

    #[test]
    fn labs_of_their_own_share_nothing() {
        let (one, two) = (of_lab(1), of_lab(2));
        let sheet = sheet(&[("a", &one), ("b", &two)]);
        assert!(sheet.shared.is_empty(), "{:?}", sheet.shared);
        assert!(sheet.is_passed());
    }

    #[test]
    fn a_copy_under_another_name_shows_in_both() {
        let one = of_lab(1);
        let mut copy = one.clone();
        copy.learner = of_lab(2).learner;
        let sheet = sheet(&[("a", &one), ("b", &copy)]);
        let marks: Vec<String> = sheet.shared.iter().map(|one| one.mark.words()).collect();
        assert_eq!(
            marks,
            [
                "the lab 0000000000000001",
                "the key with the fingerprint SHA256:key1",
                "the instance i-00000000000000001"
            ]
        );
        for graded in &sheet.graded {
            assert_eq!(graded.findings.len(), 3, "{:?}", graded.findings);
        }
        assert!(sheet.graded[0].findings[0].says.ends_with("is also in b"));
    }

    #[test]
    fn a_learner_may_hand_in_twice_and_the_newest_counts() {
        let one = of_lab(1);
        let mut newer = one.clone();
        newer.made_at += 1;
        let sheet = sheet(&[("new", &newer), ("old", &one)]);
        assert!(sheet.shared.is_empty());
        let counting: Vec<&str> = sheet
            .counting()
            .iter()
            .map(|one| one.file.as_str())
            .collect();
        assert_eq!(counting, ["new"]);
    }

    fn named(number: usize, name: &str, id: &str) -> HandIn {
        let mut one = of_lab(number);
        one.made_at += i64::try_from(number).unwrap();
        one.learner = Learner {
            name: Some(name.into()),
            id: (!id.is_empty()).then(|| id.into()),
            email: None,
        };
        one
    }

    fn kinds(sheet: &Sheet) -> Vec<Vec<Kind>> {
        let of = |graded: &Graded| graded.findings.iter().map(|one| one.kind).collect();
        sheet.graded.iter().map(of).collect()
    }

    #[test]
    fn who_may_be_two_people_is_never_one_and_has_no_row_where_grades_are_filled_in() {
        for (one, other) in [
            // One name, no ids.
            (named(1, "Wei Wang", ""), named(2, "wei wang", "")),
            // One id, two names.
            (named(1, "Wei Wang", "7"), named(2, "Jane Doe", "7")),
        ] {
            let sheet = sheet(&[("a", &one), ("b", &other)]);
            assert_eq!(kinds(&sheet), [[Kind::WhoIsWho], [Kind::WhoIsWho]]);
            assert_eq!(sheet.counting().len(), 2, "both are graded");
            let says = &sheet.graded[0].findings[0].says;
            assert!(says.starts_with("b has the same "), "{says}");
            let text = crate::classroom::export::text(&sheet);
            assert!(!text.contains("[older]"), "{text}");
            assert!(text.contains("2 files: 2 learners"), "{text}");
            let people = crate::classroom::export::People::of(&sheet, None);
            assert!(people.rows.is_empty());
            let csv = crate::classroom::export::csv(&people);
            assert!(
                csv.contains("Wei Wang") && csv.lines().count() == 3,
                "{csv}"
            );
            let table = "Name,Student ID,G\r\nWei Wang,7,\r\nJane Doe,8,\r\n";
            let table = crate::classroom::table::Table::read(table.into()).unwrap();
            let filled = crate::classroom::fill::fill(&table, "G", &sheet.counting()).unwrap();
            assert_eq!(filled.bytes, table.bytes);
            let files: Vec<&str> = filled.strangers.iter().map(|one| one.0.as_str()).collect();
            assert_eq!(files, ["a", "b"]);
        }
    }

    #[test]
    fn the_same_learner_from_another_lab_counts_once_and_both_are_marked() {
        let (one, other) = (named(1, "Wei Wang", "7"), named(2, "Wei Wang", "7"));
        let sheet = sheet(&[("a", &one), ("b", &other)]);
        assert_eq!(kinds(&sheet), [[Kind::OtherLab], [Kind::OtherLab]]);
        let counting: Vec<&str> = sheet
            .counting()
            .iter()
            .map(|one| one.file.as_str())
            .collect();
        assert_eq!(counting, ["b"]);
    }

    #[test]
    fn two_without_a_name_from_one_lab_are_mentioned() {
        let mut one = of_lab(1);
        one.learner = Learner::default();
        let sheet = sheet(&[("a", &one), ("b", &one)]);
        assert_eq!(sheet.shared.len(), 3);
        assert_eq!(sheet.counting().len(), 2);
    }
}

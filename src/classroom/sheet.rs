//! The sheet: all hand-ins of one grading side by side. What two of them share shows here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::classroom::regrade::{Finding, Graded, Kind, Mark};

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
        };
        sheet.find_shared();
        sheet
    }

    /// The hand-ins that count: of one learner the newest.
    pub fn counting(&self) -> Vec<&Graded> {
        let newer = |graded: &Graded, place: usize| {
            self.graded.iter().enumerate().any(|(other_place, other)| {
                (other.made_at, other_place) > (graded.made_at, place)
                    && other.learner.is_same(&graded.learner)
            })
        };
        let places = self.graded.iter().enumerate();
        places
            .filter(|(place, graded)| !newer(graded, *place))
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
        let mut learners = places.iter().filter_map(|place| self.graded.get(*place));
        let Some(first) = learners.next() else {
            return true;
        };
        learners.all(|other| other.learner.is_same(&first.learner))
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

    #[test]
    fn two_without_a_name_from_one_lab_are_mentioned() {
        let mut one = of_lab(1);
        one.learner = Learner::default();
        let sheet = sheet(&[("a", &one), ("b", &one)]);
        assert_eq!(sheet.shared.len(), 3);
        assert_eq!(sheet.counting().len(), 2);
    }
}

//! Who is who among several hand-ins: which two are certainly one learner's, and which only may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::classroom::learner::{Learner, folded, folded_name};

/// A learner as they are compared, and the labs that their hand-in is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who<'a> {
    id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    labs: BTreeSet<&'a str>,
}

/// What two hand-ins have to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relation {
    /// Nothing, as far as anybody can tell.
    Strangers,
    /// They are one learner's. `labs` when they are from different labs.
    Same {
        /// Whether they are from different labs.
        labs: bool,
    },
    /// They may be one learner's or two's: what they share, and why that is not enough.
    Unclear(String),
}

impl<'a> Who<'a> {
    pub(super) fn new(learner: &Learner, labs: BTreeSet<&'a str>) -> Self {
        Self {
            id: learner.id.as_deref().map(folded),
            email: learner.email.as_deref().map(folded),
            name: learner.name.as_deref().map(folded_name),
            labs,
        }
    }

    /// An id counts before an address, and an address before a name. A name alone is nobody's: it counts within one lab.
    pub(super) fn relation(&self, other: &Self) -> Relation {
        let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
            (Some(one), Some(other)) => Some(one == other),
            (Some(_) | None, None) | (None, Some(_)) => None,
        };
        let ids = same(&self.id, &other.id);
        let emails = same(&self.email, &other.email);
        let names = same(&self.name, &other.name);
        let one_lab = !self.labs.is_disjoint(&other.labs);
        let other_labs = !one_lab && !self.labs.is_empty() && !other.labs.is_empty();
        let (what, text) = match (ids, emails) {
            (Some(false), _) | (None, Some(false)) => return Relation::Strangers,
            (Some(true), _) => ("id", &self.id),
            (None, Some(true)) => ("address", &self.email),
            (None, None) => {
                return match names {
                    Some(true) if one_lab => Relation::Same { labs: false },
                    Some(true) => Relation::Unclear("the same name, from another lab".to_owned()),
                    Some(false) | None => Relation::Strangers,
                };
            }
        };
        if names == Some(false) {
            let text = text.as_deref().unwrap_or_default();
            return Relation::Unclear(format!("the same {what} {text}, under another name"));
        }
        Relation::Same { labs: other_labs }
    }
}

/// Every two of these that have an id, an address or a name in common.
pub(super) fn pairs(all: &[Who]) -> BTreeSet<(usize, usize)> {
    let mut groups: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
    for (place, who) in all.iter().enumerate() {
        for (kind, key) in [(0, &who.id), (1, &who.email), (2, &who.name)] {
            if let Some(key) = key {
                groups.entry((kind, key)).or_default().push(place);
            }
        }
    }
    let mut pairs = BTreeSet::new();
    for group in groups.values() {
        for (number, one) in group.iter().enumerate() {
            let others = group.iter().skip(number + 1);
            pairs.extend(others.map(|other| (*one, *other)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str, id: &str, lab: &'static str) -> Who<'static> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let learner = Learner {
            name: some(name),
            id: some(id),
            email: None,
        };
        Who::new(&learner, BTreeSet::from([lab]))
    }

    #[test]
    fn a_name_alone_makes_nobody_the_same_but_in_one_lab() {
        let unclear = |one: Who, other: Who| matches!(one.relation(&other), Relation::Unclear(_));
        let ada = || who("Ada Wang", "", "1");
        assert!(unclear(ada(), who("Wang, Ada", "", "2")));
        assert!(unclear(ada(), who("ada wang", "7", "2")));
        assert!(unclear(who("Ada", "7", "1"), who("Bob", "#7", "1")));
        for (one, other, labs) in [
            (ada(), who("ada  wang", "", "1"), false),
            (who("Ada", "7", "1"), who("ADA", "7", "1"), false),
            (who("Ada", "7", "1"), who("", "7", "2"), true),
        ] {
            assert_eq!(one.relation(&other), Relation::Same { labs });
        }
        for (one, other) in [
            (who("Ada", "7", "1"), who("Ada", "8", "1")),
            (who("", "", "1"), who("", "", "1")),
            (ada(), who("Bob", "", "1")),
        ] {
            assert_eq!(one.relation(&other), Relation::Strangers);
        }
    }
}

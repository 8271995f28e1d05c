//! Brightspace's grade import (community.d2l.com "Importing grades"): `OrgDefinedId` and `Username` first, `<item> Points Grade`, and
//! a last column `End-of-Line Indicator` that holds `#` (from memory).

use crate::classroom::export::people::{Needs, People, Row};
use crate::classroom::export::{guarded, written};

/// What Brightspace writes behind an item's name.
const BEHIND: &str = " Points Grade";

/// The table, with one item of this title, which may be as Brightspace's own export has it.
pub fn brightspace(people: &People, title: &str) -> String {
    let header = [
        "OrgDefinedId".to_owned(),
        "Username".to_owned(),
        guarded(&format!(
            "{}{BEHIND}",
            title.strip_suffix(BEHIND).unwrap_or(title)
        )),
        "End-of-Line Indicator".to_owned(),
    ];
    let mut rows = vec![header.to_vec()];
    let handed_in = |row: &&Row| row.graded.is_some();
    for row in people.named(Needs::IdOrLogin).filter(handed_in) {
        let (id, login) = (guarded(&row.person.id), guarded(&row.person.login));
        rows.push(vec![id, login, row.points(), "#".to_owned()]);
    }
    written(rows)
}

//! The rules editor is taken: what differs from the group's rules is changed, added and taken away, by the calls that the AWS
//! CLI has for it. All that can be refused is asked for first, so that a refused form has changed nothing; where that does not
//! help, because the account changed in between, what was done and what was not is said.

use super::row::{DESCRIPTION, KIND, KNOWN, MOST, PEER, PORTS, Row, fresh, name};
use super::rule::{self, Direction, Rule};
use super::{Group, one};
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::notice::Notice;
use crate::console::visit::{Go, Outcome, Refusal, Visit};

/// The name of buttons that change the form and save nothing.
pub(super) const DO: &str = "do";
/// The value of the one that adds a row.
pub(super) const ADD: &str = "add-rule";
/// What the values of those begin with that take a row away.
pub(super) const DELETE: &str = "delete-";

/// Saves the inbound rules.
pub(in crate::console) fn inbound(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    take(visit, form, Direction::Inbound)
}

/// Saves the outbound rules.
pub(in crate::console) fn outbound(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    take(visit, form, Direction::Outbound)
}

fn take(visit: &Visit, form: &Form, direction: Direction) -> Result<Outcome, Refusal> {
    if let Some(other) = edited(form) {
        return Err(Refusal::Again(other));
    }
    let group = one(visit)?;
    let all = rule::of_group(visit, &group.group_id)?;
    let there: Vec<&Rule> = all
        .iter()
        .filter(|rule| rule.direction() == direction)
        .collect();
    let mut plan = Plan::of(&there, Row::all(form), visit);
    // What others added since the form was shown is not what the learner took away.
    if form.has(KNOWN) {
        let known: Vec<&str> = form.get(KNOWN).split_whitespace().collect();
        plan.gone.retain(|id| known.contains(&id.as_str()));
    }
    plan.carry_out(visit, &group, direction)?;
    let text = format!(
        "The {} rules of {} ({}) were saved.",
        direction.word(),
        group.group_id,
        group.group_name
    );
    let path = match direction {
        Direction::Inbound => group.path(),
        Direction::Outbound => format!("{}/outbound", group.path()),
    };
    Ok(Go::to(path).saying(Notice::done(text)).into())
}

/// The form with a row more or less, if that is the button that sent it.
fn edited(form: &Form) -> Option<Form> {
    let pressed = form.get(DO);
    let gone = match pressed.strip_prefix(DELETE) {
        Some(number) => Some(number.parse::<usize>().ok()?),
        None if pressed == ADD => None,
        None => return None,
    };
    let rows = Row::all(form);
    let kept = rows.into_iter().filter(|(number, _)| Some(*number) != gone);
    let mut rows: Vec<Row> = kept.map(|(_, row)| row).collect();
    if gone.is_none() && rows.len() < MOST {
        rows.push(fresh());
    }
    let mut other = Form::default();
    if form.has(KNOWN) {
        other.set(KNOWN, form.get(KNOWN));
    }
    for (number, row) in (1..).zip(&rows) {
        row.put(&mut other, number);
    }
    Some(other)
}

/// What is to be done. Rows have the numbers of the form.
struct Plan {
    changed: Vec<(usize, Row)>,
    new: Vec<(usize, Row)>,
    /// Ids of rules.
    gone: Vec<String>,
}

impl Plan {
    fn of(there: &[&Rule], rows: Vec<(usize, Row)>, visit: &Visit) -> Self {
        let me = visit.my_address();
        // Those that no row is about.
        let mut gone: Vec<&Rule> = there
            .iter()
            .copied()
            .filter(|rule| rows.iter().all(|(_, row)| row.id != rule.id()))
            .collect();
        let mut plan = Self {
            changed: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
        };
        for (number, mut row) in rows {
            if row.id.is_empty() {
                // One that was taken away and typed again is the same rule, and so is one that was added already.
                let again = gone.iter().position(|rule| {
                    let was = Row::of(rule);
                    was.traffic() == row.traffic() && was.peer(me) == row.peer(me)
                });
                let Some(place) = again else {
                    plan.new.push((number, row));
                    continue;
                };
                gone.remove(place).id().clone_into(&mut row.id);
            }
            let was = there.iter().find(|rule| rule.id() == row.id);
            if !was.is_some_and(|rule| row.is(rule, me)) {
                plan.changed.push((number, row));
            }
        }
        plan.gone = gone.iter().map(|rule| rule.id().to_owned()).collect();
        plan
    }

    fn carry_out(&self, visit: &Visit, group: &Group, direction: Direction) -> Result<(), Refusal> {
        let calls = Calls {
            visit,
            group,
            direction,
        };
        let mut steps = vec![Step::Change, Step::Add, Step::Revoke];
        steps.retain(|step| self.wants(*step));
        if steps.len() > 1 {
            for step in steps.clone() {
                let why = match self.ask_for(step, &calls, true) {
                    Ok(()) => continue,
                    Err(why) => why,
                };
                // A full group has room for a new rule once another is gone.
                let is_full = matches!(&why, Refusal::Api(error) | Refusal::At(_, error) if error.code == TOO_MANY);
                if is_full && step == Step::Add && self.wants(Step::Revoke) {
                    steps.retain(|step| *step != Step::Add);
                    steps.push(Step::Add);
                } else {
                    return Err(why);
                }
            }
        }
        for (place, step) in steps.iter().enumerate() {
            if let Err(why) = self.ask_for(*step, &calls, false) {
                let (done, left) = steps.split_at(place);
                return Err(match done {
                    [] => why,
                    _ => Refusal::Half(self.halves(done, left), Box::new(why)),
                });
            }
        }
        Ok(())
    }

    fn wants(&self, step: Step) -> bool {
        match step {
            Step::Change => !self.changed.is_empty(),
            Step::Add => !self.new.is_empty(),
            Step::Revoke => !self.gone.is_empty(),
        }
    }

    /// Does a step, or only rehearses it.
    fn ask_for(&self, step: Step, calls: &Calls<'_>, is_rehearsal: bool) -> Result<(), Refusal> {
        let visit = calls.visit;
        let tell = |ask: Ask| {
            if is_rehearsal {
                rehearse(visit, ask)
            } else {
                visit.tell(&ask)
            }
        };
        let (rows, make): (_, &dyn Fn(&Rows) -> Ask) = match step {
            Step::Change => (&self.changed, &|rows| calls.change(rows)),
            Step::Add => (&self.new, &|rows| calls.add(rows)),
            Step::Revoke => return Ok(tell(calls.revoke(&self.gone))?),
        };
        tell(make(rows)).map_err(|error| at_its_row(visit, error, rows, make))
    }

    /// What was done before a call was refused, and what was not.
    fn halves(&self, done: &[Step], left: &[Step]) -> String {
        let rows = |rows: &Rows| {
            let all: Vec<_> = rows
                .iter()
                .map(|(number, _)| format!("rule {number}"))
                .collect();
            all.join(", ")
        };
        let which = |step: &Step| match step {
            Step::Change => ("changed", rows(&self.changed)),
            Step::Add => ("added", rows(&self.new)),
            Step::Revoke => ("taken away", self.gone.join(", ")),
        };
        let was = done.iter().map(which);
        let was = was.map(|(word, which)| format!("Already {word}: {which}."));
        let was_not = left.iter().map(which);
        let was_not = was_not.map(|(word, which)| format!("Not {word}: {which}."));
        was.chain(was_not).collect::<Vec<_>>().join(" ")
    }
}

/// Rows with their numbers in the form.
type Rows = [(usize, Row)];

/// One of the calls that saving takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Change,
    Add,
    Revoke,
}

/// Makes the calls about one group.
struct Calls<'a> {
    visit: &'a Visit,
    group: &'a Group,
    direction: Direction,
}

impl Calls<'_> {
    fn on(&self, action: &'static str) -> Ask {
        Ask::new(action).with("GroupId", &self.group.group_id)
    }

    fn change(&self, rows: &Rows) -> Ask {
        let (ask, me) = (self.on("ModifySecurityGroupRules"), self.visit.my_address());
        let numbered = (1..).zip(rows);
        numbered.fold(ask, |ask, (number, (_, row))| row.modify(ask, number, me))
    }

    fn add(&self, rows: &Rows) -> Ask {
        let me = self.visit.my_address();
        let ask = self.on(match self.direction {
            Direction::Inbound => "AuthorizeSecurityGroupIngress",
            Direction::Outbound => "AuthorizeSecurityGroupEgress",
        });
        let numbered = (1..).zip(rows);
        numbered.fold(ask, |ask, (number, (_, row))| {
            row.authorize(ask, number, me)
        })
    }

    fn revoke(&self, ids: &[String]) -> Ask {
        let ask = self.on(match self.direction {
            Direction::Inbound => "RevokeSecurityGroupIngress",
            Direction::Outbound => "RevokeSecurityGroupEgress",
        });
        (1..).zip(ids).fold(ask, |ask, (number, id)| {
            ask.with(format!("SecurityGroupRuleId.{number}"), id)
        })
    }
}

/// What a group says that has as many rules as it may have.
const TOO_MANY: &str = "RulesPerSecurityGroupLimitExceeded";

/// Whether it would be done: AWS's own dry run.
fn rehearse(visit: &Visit, ask: Ask) -> Result<(), ApiError> {
    match visit.tell(&ask.with("DryRun", "true")) {
        Err(error) if error.code == "DryRunOperation" => Ok(()),
        other => other,
    }
}

/// A call for several rows does not say which of them it refuses: each is asked for by itself then, as a dry run.
fn at_its_row(visit: &Visit, error: ApiError, rows: &Rows, make: impl Fn(&Rows) -> Ask) -> Refusal {
    let at = |number: usize, error: ApiError| match field_of(&error) {
        Some(what) => Refusal::At(name(number, what), error),
        None => Refusal::Api(error),
    };
    if let [(number, _)] = rows {
        return at(*number, error);
    }
    // Each of them by itself may find room: it is the last that does not.
    if let (TOO_MANY, Some((number, _))) = (error.code.as_ref(), rows.last()) {
        return at(*number, error);
    }
    for row in rows {
        if let Err(own) = rehearse(visit, make(std::slice::from_ref(row))) {
            return at(row.0, own);
        }
    }
    Refusal::Api(error)
}

/// The field of a row that a refusal is about.
fn field_of(error: &ApiError) -> Option<&'static str> {
    let text = error.message.to_ascii_lowercase();
    let has = |word: &str| text.contains(word);
    if error.code == TOO_MANY {
        return Some(KIND);
    }
    if has("rule description") {
        return Some(DESCRIPTION);
    }
    let is_of_the_peer = has("cidr")
        || has("security group")
        || error.code == "InvalidPermission.Duplicate"
        || error.code.starts_with("InvalidGroup");
    if is_of_the_peer {
        return Some(PEER);
    }
    (has("port") || has("icmp") || has("protocol")).then_some(PORTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_stands_at_the_field_of_its_row() {
        let at = |error| field_of(&error);
        assert_eq!(at(ApiError::malformed_cidr("home")), Some(PEER));
        assert_eq!(at(ApiError::no_such_group("sg-1")), Some(PEER));
        assert_eq!(at(ApiError::ports_missing()), Some(PORTS));
        assert_eq!(at(ApiError::port_out_of_range("from", 70_000)), Some(PORTS));
        assert_eq!(at(ApiError::unknown_protocol("ssh")), Some(PORTS));
        assert_eq!(at(ApiError::bad_rule_description()), Some(DESCRIPTION));
        assert_eq!(at(ApiError::too_many_rules()), Some(KIND));
    }

    #[test]
    fn rows_are_added_and_taken_away_without_saving() {
        let mut form = Form::default();
        for number in 1..=3 {
            let row = Row {
                peer: format!("10.0.0.{number}/32"),
                ..fresh()
            };
            row.put(&mut form, number);
        }
        assert!(edited(&form).is_none());
        form.set(DO, "delete-2");
        let peers: Vec<String> = Row::all(&edited(&form).unwrap())
            .into_iter()
            .map(|(_, row)| row.peer)
            .collect();
        assert_eq!(peers, ["10.0.0.1/32", "10.0.0.3/32"]);
        form.set(DO, ADD);
        assert_eq!(Row::all(&edited(&form).unwrap()).len(), 4);
    }

    #[test]
    fn half_a_change_is_said_by_rule() {
        let plan = Plan {
            changed: vec![(1, fresh()), (2, fresh())],
            new: vec![(4, fresh())],
            gone: vec!["sgr-0a".to_owned()],
        };
        assert_eq!(
            plan.halves(&[Step::Change], &[Step::Add, Step::Revoke]),
            "Already changed: rule 1, rule 2. Not added: rule 4. Not taken away: sgr-0a."
        );
    }
}

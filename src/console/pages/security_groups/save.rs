//! The rules editor is taken: what differs from the group's rules is changed, added and taken away, by the calls that the AWS
//! CLI has for it. All that can be refused is asked for first, so that a refused form has changed nothing.

use super::row::{DESCRIPTION, MOST, PEER, PORTS, Row, fresh, name};
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
    let plan = Plan::of(&there, Row::all(form), visit);
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
                // One that was taken away and typed again is the same rule.
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
        let me = visit.my_address();
        let (authorize, revoke) = match direction {
            Direction::Inbound => (
                "AuthorizeSecurityGroupIngress",
                "RevokeSecurityGroupIngress",
            ),
            Direction::Outbound => ("AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"),
        };
        let on = |action| Ask::new(action).with("GroupId", &group.group_id);
        let add = |rows: &[(usize, Row)]| {
            let numbered = (1..).zip(rows);
            numbered.fold(on(authorize), |ask, (number, (_, row))| {
                row.authorize(ask, number, me)
            })
        };
        let change = |rows: &[(usize, Row)]| {
            let numbered = (1..).zip(rows);
            numbered.fold(on("ModifySecurityGroupRules"), |ask, (number, (_, row))| {
                row.modify(ask, number, me)
            })
        };
        if !self.changed.is_empty() && !self.new.is_empty() {
            rehearse(visit, add(&self.new))
                .map_err(|error| at_its_row(visit, error, &self.new, add))?;
        }
        if !self.changed.is_empty() {
            visit
                .tell(&change(&self.changed))
                .map_err(|error| at_its_row(visit, error, &self.changed, change))?;
        }
        if !self.new.is_empty() {
            visit
                .tell(&add(&self.new))
                .map_err(|error| at_its_row(visit, error, &self.new, add))?;
        }
        if !self.gone.is_empty() {
            let ask = (1..).zip(&self.gone).fold(on(revoke), |ask, (number, id)| {
                ask.with(format!("SecurityGroupRuleId.{number}"), id)
            });
            visit.tell(&ask)?;
        }
        Ok(())
    }
}

/// Whether it would be done: AWS's own dry run.
fn rehearse(visit: &Visit, ask: Ask) -> Result<(), ApiError> {
    match visit.tell(&ask.with("DryRun", "true")) {
        Err(error) if error.code == "DryRunOperation" => Ok(()),
        other => other,
    }
}

/// A call for several rows does not say which of them it refuses: each is asked for by itself then, as a dry run.
fn at_its_row(
    visit: &Visit,
    error: ApiError,
    rows: &[(usize, Row)],
    make: impl Fn(&[(usize, Row)]) -> Ask,
) -> Refusal {
    let at = |number: usize, error: ApiError| match field_of(&error) {
        Some(what) => Refusal::At(name(number, what), error),
        None => Refusal::Api(error),
    };
    if let [(number, _)] = rows {
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
    if error.code == "RulesPerSecurityGroupLimitExceeded" {
        return None;
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
        assert_eq!(at(ApiError::too_many_rules()), None);
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
}

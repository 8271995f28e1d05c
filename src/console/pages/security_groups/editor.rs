//! Edit inbound or outbound rules: a row for each, rows to add and to take away. `save.rs` takes it.

use maud::{Markup, html};

use super::kind::KINDS;
use super::row::{
    ANYWHERE_4, ANYWHERE_6, CUSTOM, DESCRIPTION, ID, KIND, KNOWN, MOST, MY_IP, PEER, PORTS, Row,
    SOURCE, name,
};
use super::rule::{self, Direction};
use super::save::{ADD, DELETE, DO};
use super::{LIST, one};
use crate::console::form::Form;
use crate::console::parts::field::{self, Choice, Field};
use crate::console::parts::notice::caution;
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// For the inbound rules.
pub(in crate::console) fn inbound(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    show(visit, Direction::Inbound)
}

/// For the outbound rules.
pub(in crate::console) fn outbound(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    show(visit, Direction::Outbound)
}

fn show(visit: &Visit, direction: Direction) -> Result<Outcome, Refusal> {
    let group = one(visit)?;
    let rows: Vec<(usize, Row)> = if let Some(tried) = &visit.tried {
        Row::all(&tried.form)
    } else {
        let all = rule::of_group(visit, &group.group_id)?;
        let of_it = all.iter().filter(|rule| rule.direction() == direction);
        (1..).zip(of_it.map(Row::of)).collect()
    };
    let known = if let Some(known) = visit.typed(KNOWN) {
        known.to_owned()
    } else {
        let ids: Vec<&str> = rows.iter().map(|(_, row)| row.id.as_str()).collect();
        ids.join(" ")
    };
    let path = match direction {
        Direction::Inbound => group.path(),
        Direction::Outbound => format!("{}/outbound", group.path()),
    };
    let title = format!("Edit {} rules", direction.word());
    let fields = html! {
        (parts::enter())
        input type="hidden" name=(KNOWN) value=(known);
        @if rows.is_empty() { div.card { p { (direction.nothing_passes()) } } }
        div.roomy { @for (number, row) in &rows { (editor(visit, direction, *number, row)) } }
        @if rows.len() < MOST {
            p { button.button id="add-rule" type="submit" name=(DO) value=(ADD) { "Add rule" } }
        }
        @if direction == Direction::Inbound {
            (caution(&html! { "Rules with source 0.0.0.0/0 or ::/0 let every IP address reach your instance. Letting in known IP addresses only, such as yours, is safer." }))
        }
        (parts::buttons("Save rules", &path))
    };
    let lead = match direction {
        Direction::Inbound => "Inbound rules say which traffic may reach the instance.",
        Direction::Outbound => "Outbound rules say which traffic may leave the instance.",
    };
    let here = group.path();
    let body = html! {
        (parts::crumbs(&[("Security groups", LIST), (group.group_id.as_str(), here.as_str())], &title))
        h1 { (title) }
        p.lead { (lead) " Security group " code { (group.group_id) } " (" (group.group_name) "). Nothing changes until you save." }
        p.lead.hint { "Custom types want a port or a range: " code { "22" } ", " code { "8000-8080" } ". " (direction.peer_title()) " Custom wants a CIDR block or the ID of a security group: " code { "203.0.113.25/32" } " is one address." }
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new(title, LIST, body).into())
}

fn editor(visit: &Visit, direction: Direction, number: usize, row: &Row) -> Markup {
    let names = [KIND, PORTS, SOURCE, PEER, DESCRIPTION].map(|what| name(number, what));
    let [
        kind_name,
        ports_name,
        source_name,
        peer_name,
        description_name,
    ] = &names;
    let kinds: Vec<Choice<'_>> = KINDS
        .iter()
        .map(|kind| Choice {
            value: kind.value,
            label: kind.label,
            hint: "",
        })
        .collect();
    let kind = Field {
        name: kind_name,
        label: "Type",
        value: row.kind.value,
        ..Field::default()
    };
    let ports = Field {
        name: ports_name,
        label: "Port range",
        value: &row.ports,
        ..Field::default()
    };
    let source = Field {
        name: source_name,
        label: direction.peer_title(),
        value: &row.source,
        ..Field::default()
    };
    let my_ip = format!("My IP ({}/32)", visit.my_address());
    let sources = [
        (CUSTOM, "Custom"),
        (ANYWHERE_4, "Anywhere-IPv4 (0.0.0.0/0)"),
        (ANYWHERE_6, "Anywhere-IPv6 (::/0)"),
        (MY_IP, my_ip.as_str()),
    ]
    .map(|(value, label)| Choice {
        value,
        label,
        hint: "",
    });
    let peer = Field {
        name: peer_name,
        label: "CIDR block or group",
        value: &row.peer,
        ..Field::default()
    };
    let description = Field {
        name: description_name,
        label: "Description",
        value: &row.description,
        ..Field::default()
    };
    html! {
        fieldset.card.rule {
            legend { "Rule " (number) @if !row.id.is_empty() { " " code { (row.id) } } }
            input type="hidden" name=(name(number, ID)) value=(row.id);
            div.row {
                (field::select(visit, &kind, &kinds))
                (field::text(visit, &ports))
                (field::select(visit, &source, &sources))
                (field::text(visit, &peer))
                (field::text(visit, &description))
                button.button id={ "delete-" (number) } type="submit" name=(DO) value={ (DELETE) (number) } { "Delete" span.unseen { " rule " (number) } }
            }
        }
    }
}

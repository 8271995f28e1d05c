//! Tags, of what is being made or is there: rows of key and value, and a button for one more.

use maud::{Markup, html};

use crate::console::account::Tag;
use crate::console::form::{Form, TAGS};
use crate::console::parts::{self, field};
use crate::console::visit::{Refusal, Visit};

/// The value of the button that adds a row, under the name [`DO`].
const ONE_MORE: &str = "add-tag";
/// The name of buttons that change the form and send nothing.
const DO: &str = "do";
/// What the names of the hidden fields end in that say which tag a row is about.
const WAS: &str = "Was";
/// The most tags that AWS takes.
const MOST: usize = 50;

/// The rows of a form, in their order, empty ones too.
pub(in crate::console) fn rows(form: &Form) -> Vec<(String, String)> {
    let all = (1..=MOST).map(|number| (name(number, "Key"), name(number, "Value")));
    all.filter(|(key, _)| form.has(key))
        .map(|(key, value)| (form.get(&key).to_owned(), form.get(&value).to_owned()))
        .collect()
}

/// The form is to be shown again with a row more, if that is the button that sent it. Ask first of all.
pub(in crate::console) fn one_more(form: &Form) -> Result<(), Refusal> {
    if form.get(DO) != ONE_MORE {
        return Ok(());
    }
    let mut form = form.clone();
    let next = rows(&form).len() + 1;
    if next <= MOST {
        form.set(&name(next, "Key"), "");
        form.set(&name(next, "Value"), "");
    }
    Err(Refusal::Again(form))
}

/// The keys that the rows of a form had at first, where they had one.
pub(in crate::console) fn keys_before(form: &Form) -> Vec<String> {
    let all = (1..=MOST).map(|number| form.get(&name(number, WAS)).to_owned());
    all.filter(|key| !key.is_empty()).collect()
}

/// The tags that a form wants, in their order: a row that had a key and has none any more is a tag that goes away.
pub(in crate::console) fn kept(form: &Form) -> Vec<(String, String)> {
    let all = (1..).zip(rows(form));
    all.filter(|(number, (key, value))| {
        let is_cleared = key.is_empty() && form.has(&name(*number, WAS));
        let is_empty = key.is_empty() && value.is_empty();
        !is_cleared && !is_empty
    })
    .map(|(_, row)| row)
    .collect()
}

/// The editor for something new.
pub(in crate::console) fn editor(visit: &Visit) -> Markup {
    let hint = "A tag is a label that you give: a key, and a value if you like. Up to 50.";
    editor_of(visit, "Tags (optional)", hint, &[])
}

/// The editor for something that has these tags.
pub(in crate::console) fn editor_of(
    visit: &Visit,
    legend: &str,
    hint: &str,
    tags: &[Tag],
) -> Markup {
    let rows: Vec<(String, String, String)> = match &visit.tried {
        Some(tried) => (1..)
            .zip(rows(&tried.form))
            .map(|(number, (key, value))| {
                (key, value, tried.form.get(&name(number, WAS)).to_owned())
            })
            .collect(),
        None => tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone(), tag.key.clone()))
            .collect(),
    };
    let error = visit.refused_at(TAGS);
    let id = field::id(TAGS);
    let error_id = format!("{id}-error");
    let (invalid, at_error) = (error.map(|_| "true"), error.map(|_| error_id.as_str()));
    let described_by = match error {
        Some(_) => format!("{error_id} tags-hint"),
        None => "tags-hint".to_owned(),
    };
    html! {
        (parts::enter())
        fieldset.field id=(id) aria-describedby=(described_by) {
            legend { (legend) }
            p.hint id="tags-hint" { (hint) }
            @for (place, (key, value, was)) in rows.iter().enumerate() {
                @let number = place + 1;
                @let (key_id, value_id) = (format!("tag-{number}-key"), format!("tag-{number}-value"));
                @if !was.is_empty() { input type="hidden" name=(name(number, WAS)) value=(was); }
                div.pair {
                    div { label for=(key_id) { "Key " (number) } input id=(key_id) type="text" name=(name(number, "Key")) value=(key) autocomplete="off" aria-invalid=[invalid] aria-describedby=[at_error]; }
                    div { label for=(value_id) { "Value " (number) } input id=(value_id) type="text" name=(name(number, "Value")) value=(value) autocomplete="off" aria-invalid=[invalid] aria-describedby=[at_error]; }
                }
            }
            @if let Some(error) = error {
                p.error id=(error_id) { strong { "Error: " } (error.message) " " span.code { (error.code) } }
            }
            @if rows.len() < MOST {
                button.button id="add-tag" type="submit" name=(DO) value=(ONE_MORE) formnovalidate { "Add tag" }
            }
        }
    }
}

fn name(number: usize, what: &str) -> String {
    format!("{TAGS}.{number}.{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_adds_an_empty_row_and_keeps_what_was_typed() {
        let form = Form::of_pairs(b"KeyName=a&do=add-tag").unwrap();
        let Err(Refusal::Again(form)) = one_more(&form) else {
            panic!("the button was not seen");
        };
        assert_eq!(form.get("KeyName"), "a");
        assert_eq!(rows(&form), [(String::new(), String::new())]);
        assert!(one_more(&Form::of_pairs(b"KeyName=a").unwrap()).is_ok());
    }

    #[test]
    fn a_row_whose_key_was_cleared_is_a_tag_that_goes_away() {
        let form = Form::of_pairs(
            b"TagSpecification.1.Tag.1.Was=a&TagSpecification.1.Tag.1.Key=&TagSpecification.1.Tag.1.Value=1\
              &TagSpecification.1.Tag.2.Was=b&TagSpecification.1.Tag.2.Key=c&TagSpecification.1.Tag.2.Value=2\
              &TagSpecification.1.Tag.3.Key=&TagSpecification.1.Tag.3.Value=3",
        )
        .unwrap();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        // A value without a key is the API's to refuse.
        assert_eq!(kept(&form), [pair("c", "2"), pair("", "3")]);
        assert_eq!(keys_before(&form), ["a", "b"]);
    }
}

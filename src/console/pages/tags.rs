//! Manage tags: those of an instance, a key pair or a security group.

use maud::html;
use serde::Deserialize;

use crate::console::account::{Ask, Tag};
use crate::console::form::{Form, TAGS};
use crate::console::pages::{instances, key_pairs, security_groups};
use crate::console::parts::notice::Notice;
use crate::console::parts::{self, tags};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The beginning of the page's path; the id of what has the tags follows.
pub(super) const PATH: &str = "/tags";

/// What has tags here: how its ids begin, its list, what that is called, and the end of the path where its tags are shown.
const KINDS: &[(&str, &str, &str, Option<&str>)] = &[
    ("i-", instances::LIST, "Instances", Some("/tags")),
    ("key-", key_pairs::LIST, "Key pairs", None),
    ("sg-", security_groups::LIST, "Security groups", Some("")),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    tags: Vec<Tag>,
}

/// What the path names.
struct Tagged<'a> {
    id: &'a str,
    list: &'static str,
    list_title: &'static str,
    /// Where its tags are shown.
    shown: String,
}

impl<'a> Tagged<'a> {
    fn of(visit: &'a Visit) -> Result<Self, Refusal> {
        let id = visit.param("id");
        let kind = KINDS.iter().find(|(start, ..)| id.starts_with(start));
        let Some((_, list, list_title, end)) = kind else {
            let text = "Nothing with such an ID has tags here.";
            return Err(Refusal::NotFound(text.to_owned()));
        };
        let shown = end.map(|end| format!("{list}/{id}{end}"));
        Ok(Self {
            id,
            list,
            list_title,
            shown: shown.unwrap_or_else(|| (*list).to_owned()),
        })
    }
}

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let tagged = Tagged::of(visit)?;
    let ask = Ask::new("DescribeTags")
        .with("Filter.1.Name", "resource-id")
        .with("Filter.1.Value.1", tagged.id);
    let there: Answer = visit.ask(&ask)?;
    let hint = "A key, and a value if you like. Up to 50. A tag whose key you clear goes away. The tag Name is the name in the lists.";
    let fields = html! {
        div.card { (tags::editor_of(visit, "Tags", hint, &there.tags)) }
        (parts::buttons("Save", &tagged.shown))
    };
    let body = html! {
        (parts::crumbs(&[(tagged.list_title, tagged.list)], "Manage tags"))
        h1 { "Manage tags" }
        p.lead { "The tags of " code { (tagged.id) } ": labels that you give, to find and group what you have." }
        (parts::form(visit, &visit.path, &fields))
    };
    Ok(Page::new("Manage tags", tagged.list, body).into())
}

/// Sets those that are there, then takes away those that are not any more.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    tags::one_more(form)?;
    let tagged = Tagged::of(visit)?;
    let set = tags::kept(form);
    let before = tags::keys_before(form);
    let is_kept = |key: &String| set.iter().any(|(one, _)| one == key);
    let gone: Vec<&String> = before.iter().filter(|key| !is_kept(key)).collect();
    let on = |action| Ask::new(action).with("ResourceId.1", tagged.id);
    if !set.is_empty() {
        let ask = (1..).zip(&set).fold(
            on("CreateTags"),
            |ask, (number, (key, value)): (usize, _)| {
                ask.with(format!("Tag.{number}.Key"), key)
                    .with(format!("Tag.{number}.Value"), value)
            },
        );
        visit
            .tell(&ask)
            .map_err(|error| Refusal::Field(TAGS, error))?;
    }
    if !gone.is_empty() {
        let ask = (1..)
            .zip(&gone)
            .fold(on("DeleteTags"), |ask, (number, key): (usize, _)| {
                ask.with(format!("Tag.{number}.Key"), key.as_str())
            });
        visit.tell(&ask).map_err(|error| {
            let why = Refusal::Field(TAGS, error);
            if set.is_empty() {
                return why;
            }
            let keys: Vec<&str> = set.iter().map(|(key, _)| key.as_str()).collect();
            let left: Vec<&str> = gone.iter().map(|key| key.as_str()).collect();
            let half = format!(
                "Already set: {}. Not taken away: {}.",
                keys.join(", "),
                left.join(", ")
            );
            Refusal::Half(half, Box::new(why))
        })?;
    }
    let text = format!("The tags of {} were saved.", tagged.id);
    Ok(Go::to(tagged.shown).saying(Notice::done(text)).into())
}

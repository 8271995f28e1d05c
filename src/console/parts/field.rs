//! Fields of a form: each has a label, a hint, and what the API said about it.
//!
//! A field's `name` is that of the API's parameter on the wire, so that a refusal finds its field.

use maud::{Markup, html};

use crate::console::visit::Visit;

/// What every field has.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::console) struct Field<'a> {
    /// The name on the wire.
    pub(in crate::console) name: &'a str,
    /// The label.
    pub(in crate::console) label: &'a str,
    /// What helps to fill it in; empty for none.
    pub(in crate::console) hint: &'a str,
    /// What stands there at first.
    pub(in crate::console) value: &'a str,
    /// Nothing can be done without it.
    pub(in crate::console) required: bool,
}

/// One of several choices.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct Choice<'a> {
    /// What is sent.
    pub(in crate::console) value: &'a str,
    /// What is read.
    pub(in crate::console) label: &'a str,
    /// What helps to choose it; empty for none.
    pub(in crate::console) hint: &'a str,
}

/// The id of a field's control.
pub(in crate::console) fn id(name: &str) -> String {
    format!("field-{}", name.replace('.', "-"))
}

/// A line of text.
pub(in crate::console) fn text(visit: &Visit, field: &Field<'_>) -> Markup {
    let value = visit.typed(field.name).unwrap_or(field.value);
    let at = At::of(visit, field);
    html! {
        div.field {
            (label(field, &at.id))
            (at.hint(field))
            input id=(at.id) type="text" name=(field.name) value=(value) autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-describedby=[at.described_by()] aria-invalid=[at.invalid()] aria-required=[required(field)] autofocus[at.error.is_some()];
            (at.error_text())
        }
    }
}

/// A whole number. What is typed is the API's to judge, so that it is no number to the browser.
pub(in crate::console) fn number(visit: &Visit, field: &Field<'_>) -> Markup {
    let value = visit.typed(field.name).unwrap_or(field.value);
    let at = At::of(visit, field);
    html! {
        div.field {
            (label(field, &at.id))
            (at.hint(field))
            input.short id=(at.id) type="text" inputmode="numeric" name=(field.name) value=(value) autocomplete="off"
                aria-describedby=[at.described_by()] aria-invalid=[at.invalid()] aria-required=[required(field)] autofocus[at.error.is_some()];
            (at.error_text())
        }
    }
}

/// Several lines of text.
pub(in crate::console) fn lines(visit: &Visit, field: &Field<'_>, rows: u8) -> Markup {
    let value = visit.typed(field.name).unwrap_or(field.value);
    let at = At::of(visit, field);
    html! {
        div.field {
            (label(field, &at.id))
            (at.hint(field))
            textarea id=(at.id) name=(field.name) rows=(rows) autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-describedby=[at.described_by()] aria-invalid=[at.invalid()] aria-required=[required(field)] autofocus[at.error.is_some()] {
                // The first line end of a text area is not part of its text.
                "\n" (value)
            }
            (at.error_text())
        }
    }
}

/// A file to choose.
pub(in crate::console) fn file(visit: &Visit, field: &Field<'_>) -> Markup {
    let at = At::of(visit, field);
    html! {
        div.field {
            (label(field, &at.id))
            (at.hint(field))
            input id=(at.id) type="file" name=(field.name) aria-describedby=[at.described_by()] aria-invalid=[at.invalid()];
            (at.error_text())
        }
    }
}

/// One of a few choices, all seen at once.
pub(in crate::console) fn radios(
    visit: &Visit,
    field: &Field<'_>,
    choices: &[Choice<'_>],
) -> Markup {
    let chosen = visit.typed(field.name).unwrap_or(field.value);
    let at = At::of(visit, field);
    html! {
        fieldset.field id=(at.id) role="radiogroup" tabindex=[at.reached()] aria-describedby=[at.described_by()] aria-invalid=[at.invalid()] {
            legend { (field.label) }
            (at.hint(field))
            div.choices {
                @for choice in choices {
                    @let id = format!("{}-{}", at.id, choice.value);
                    div.choice {
                        input id=(id) type="radio" name=(field.name) value=(choice.value) checked[chosen == choice.value];
                        label for=(id) {
                            (choice.label)
                            @if !choice.hint.is_empty() { span.hint { (choice.hint) } }
                        }
                    }
                }
            }
            (at.error_text())
        }
    }
}

/// One of many choices. It is replaced by itself when there are others, and keeps what was chosen.
pub(in crate::console) fn select(
    visit: &Visit,
    field: &Field<'_>,
    choices: &[Choice<'_>],
) -> Markup {
    let chosen = visit.typed(field.name).unwrap_or(field.value);
    let at = At::of(visit, field);
    html! {
        div.field {
            (label(field, &at.id))
            (at.hint(field))
            select id=(at.id) name=(field.name) data-live
                aria-describedby=[at.described_by()] aria-invalid=[at.invalid()] autofocus[at.error.is_some()] {
                @for choice in choices {
                    option value=(choice.value) selected[chosen == choice.value] { (choice.label) }
                }
            }
            (at.error_text())
        }
    }
}

/// A box to tick; ticked, it sends `value`. `ticked` is how it is at first.
pub(in crate::console) fn tick(visit: &Visit, field: &Field<'_>, ticked: bool) -> Markup {
    let ticked = match &visit.tried {
        Some(tried) => tried.form.all(field.name).any(|value| value == field.value),
        None => ticked,
    };
    let at = At::of(visit, field);
    html! {
        div.field.choice {
            input id=(at.id) type="checkbox" name=(field.name) value=(field.value) checked[ticked]
                aria-describedby=[at.described_by()] aria-invalid=[at.invalid()];
            label for=(at.id) { (field.label) }
            (at.hint(field))
            (at.error_text())
        }
    }
}

fn label(field: &Field<'_>, id: &str) -> Markup {
    html! {
        label for=(id) { (field.label) @if field.required { span.required { " (required)" } } }
    }
}

fn required(field: &Field<'_>) -> Option<&'static str> {
    field.required.then_some("true")
}

/// The ids of a field's parts, and what was refused.
struct At {
    id: String,
    has_hint: bool,
    error: Option<(String, String)>,
}

impl At {
    fn of(visit: &Visit, field: &Field<'_>) -> Self {
        let error = visit.refused_at(field.name);
        Self {
            id: id(field.name),
            has_hint: !field.hint.is_empty(),
            error: error.map(|error| (error.code.to_string(), error.message.clone())),
        }
    }

    fn hint(&self, field: &Field<'_>) -> Markup {
        html! { @if self.has_hint { p.hint id={ (self.id) "-hint" } { (field.hint) } } }
    }

    fn error_text(&self) -> Markup {
        html! {
            @if let Some((code, message)) = &self.error {
                p.error id={ (self.id) "-error" } { strong { "Error: " } (message) " " span.code { (code) } }
            }
        }
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.has_hint.then(|| format!("{}-hint", self.id));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let both: Vec<String> = [error, hint].into_iter().flatten().collect();
        (!both.is_empty()).then(|| both.join(" "))
    }

    /// A group of controls can be led to only where something is to be read.
    fn reached(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "-1")
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }
}

//! Several choices at once: a box to tick before each.

use maud::{Markup, html};

use crate::console::parts::field::{Field, id};
use crate::console::visit::Visit;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct Boxed<'a> {
    /// What is sent.
    pub(in crate::console) value: &'a str,
    /// What is read.
    pub(in crate::console) label: &'a str,
    /// What helps to choose it.
    pub(in crate::console) hint: &'a str,
    /// Ticked at first.
    pub(in crate::console) ticked: bool,
}

/// All of them, under the field's name: it is sent once for each that is ticked.
pub(in crate::console) fn boxes(visit: &Visit, field: &Field<'_>, choices: &[Boxed<'_>]) -> Markup {
    let own = id(field.name);
    let error = visit.refused_at(field.name);
    let is_ticked = |choice: &Boxed<'_>| match &visit.tried {
        Some(tried) => tried
            .form
            .all(field.name)
            .any(|value| value == choice.value),
        None => choice.ticked,
    };
    let invalid = error.map(|_| "true");
    let described = match error {
        Some(_) => format!("{own}-error {own}-hint"),
        None => format!("{own}-hint"),
    };
    html! {
        fieldset.field id=(own) data-live aria-describedby=(described) {
            legend { (field.label) }
            p.hint id={ (own) "-hint" } { (field.hint) }
            div.choices {
                @for choice in choices {
                    @let id = format!("{own}-{}", choice.value);
                    div.choice {
                        input id=(id) type="checkbox" name=(field.name) value=(choice.value) checked[is_ticked(choice)] aria-invalid=[invalid] aria-describedby=[error.map(|_| format!("{own}-error"))];
                        label for=(id) { (choice.label) span.hint { (choice.hint) } }
                    }
                }
            }
            @if let Some(error) = error {
                p.error id={ (own) "-error" } { strong { "Error: " } (error.message) " " span.code { (error.code) } }
            }
        }
    }
}

//! Another region, or another access key id's account, for everything that this browser shows.

use maud::html;

use crate::cloud::account::region_exists;
use crate::cloud::api::error::ApiError;
use crate::console::Whose;
use crate::console::form::Form;
use crate::console::pages::{SCOPE, back};
use crate::console::parts::{self, field};
use crate::console::session::Scope;
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// The longest access key id that AWS has.
const LONGEST: usize = 128;

/// The form in the head of every page, where it was refused.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let may_choose = visit.house.settings.whose == Whose::Anybodys;
    let account = field::Field {
        name: "account",
        label: "Access key id",
        hint: "Each access key id has an account of its own here.",
        value: &visit.scope.account,
        required: true,
    };
    let region = field::Field {
        name: "region",
        label: "Region",
        value: &visit.scope.region,
        required: true,
        ..field::Field::default()
    };
    let fields = html! {
        @if may_choose { (field::text(visit, &account)) }
        (field::text(visit, &region))
        (parts::buttons("Switch", "/"))
    };
    let body = html! {
        h1 { "Region and account" }
        (parts::form(visit, SCOPE, &fields))
    };
    Ok(Page::new("Region and account", "", body).into())
}

/// Switches, and goes back to where the form stood, if that can be shown there.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let region = form.get("region");
    if !region_exists(region) {
        return Err(Refusal::Field("region", ApiError::unknown_region(region)));
    }
    let account = match &visit.house.settings.whose {
        Whose::Learners(key) => key.as_str(),
        Whose::Anybodys => form.get("account"),
    };
    let is_word = account
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if account.is_empty() || account.len() > LONGEST || !is_word {
        let text = "An access key id has letters, digits, - and _, and at most 128 of them";
        return Err(Refusal::Field("account", ApiError::invalid_value(text)));
    }
    visit.session.choose(&Scope {
        account: account.to_owned(),
        region: region.to_owned(),
    });
    // What one page shows in this region need not be in the other: the list is.
    let list = back(form).split('/').nth(1).unwrap_or_default();
    Ok(Go::to(format!("/{list}")).into())
}

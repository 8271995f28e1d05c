//! What stands around every page: its head, the navigation, where the account is, and the word that it is a simulator.

use maud::{DOCTYPE, Markup, html};

use crate::cloud::account::REGIONS;
use crate::cloud::api::error::ApiError;
use crate::console::desk::{EVENTS, TOKEN, notice};
use crate::console::pages::{NAVIGATION, SCOPE};
use crate::console::visit::{Page, Visit};
use crate::console::{Whose, assets};

/// The name on every page.
const NAME: &str = "Ground School";

/// A whole page.
pub(super) fn page(visit: &Visit, page: &Page) -> Markup {
    let notice = notice(visit);
    let error = visit.refused().map(|_| "Error: ").unwrap_or_default();
    let stamp = visit.house.bell.stamp();
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{error}{}", page.title)))
            body data-events=(EVENTS) data-seen=(stamp) {
                a.skip href="#main" { "Skip to the page's content" }
                (banner(visit))
                div.frame {
                    (navigation(page.under))
                    main id="main" tabindex="-1" {
                        @if let Some(notice) = &notice { (notice.show()) }
                        (page.body)
                    }
                }
                (foot())
                div.unseen id="news" role="status" aria-live="polite" {}
            }
        }
    }
}

/// For something that is not there.
pub(super) fn missing(visit: &Visit, text: &str) -> Markup {
    let body = html! {
        h1 { "Not here" }
        p { (text) }
        p { a href="/" { "To the dashboard" } }
    };
    page(visit, &Page::new("Not here", "", body))
}

/// For a page that the API refuses to fill.
pub(super) fn failed(visit: &Visit, error: &ApiError) -> Markup {
    let body = html! {
        h1 { "This cannot be shown" }
        div.notice.problem role="alert" { p { strong { (error.code) } } p { (error.message) } }
        p { a href=(visit.path) { "Try again" } }
    };
    page(visit, &Page::new("This cannot be shown", "", body))
}

/// For somebody who has not come in: nothing of the account is in it.
pub(super) fn outside(title: &str, text: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                main.alone id="main" {
                    p.brand { (NAME) }
                    h1 { (title) }
                    p { (text) }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " - " (NAME) }
            link rel="icon" type="image/svg+xml" href=(assets::path("icon.svg"));
            link rel="stylesheet" href=(assets::path("page.css"));
            script src=(assets::path("page.js")) defer {}
        }
    }
}

/// The simulator's name, and whose account this is.
fn banner(visit: &Visit) -> Markup {
    html! {
        header.banner {
            a.brand href="/" { (NAME) }
            p.truth { strong { "Simulator." } " This is not AWS: nothing here costs money or leaves this computer." }
            form.scope method="post" action=(SCOPE) {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                input type="hidden" name="back" value=(visit.path);
                @if visit.house.settings.whose == Whose::Anybodys {
                    label for="scope-account" { "Access key id" }
                    input id="scope-account" type="text" name="account" value=(visit.scope.account) autocomplete="off" spellcheck="false" size="12";
                }
                label for="scope-region" { "Region" }
                select id="scope-region" name="region" {
                    @for region in REGIONS {
                        option value=(region) selected[*region == visit.scope.region] { (region) }
                    }
                }
                button.button id="scope-go" type="submit" { "Switch" }
            }
        }
    }
}

fn navigation(under: &str) -> Markup {
    html! {
        nav.side aria-label="EC2" {
            @for (group, entries) in NAVIGATION {
                @if !group.is_empty() { h2 { (group) } }
                ul {
                    @for (label, path) in *entries {
                        li { a href=(path) aria-current=[(*path == under).then_some("page")] { (label) } }
                    }
                }
            }
        }
    }
}

fn foot() -> Markup {
    html! {
        footer {
            p { "A practice console with its own design, for the simulated account on this computer. It is not made, run or endorsed by AWS." }
            noscript { p { "Without JavaScript this page does not update itself: load it again to see what has changed." } }
        }
    }
}

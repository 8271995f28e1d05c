//! The pages: one file each, and the tables that list them.

#![allow(
    clippy::unnecessary_wraps,
    reason = "every page's function has the shape of the table's"
)]

mod dashboard;
mod elastic_ips;
mod instances;
mod key_pairs;
mod lesson;
mod scope;
mod security_groups;
mod tags;

use crate::console::form::Form;
use crate::console::visit::{Outcome, Refusal, Visit};

/// A page's function. One that shows gets an empty form.
pub(super) type Work = fn(&Visit, &Form) -> Result<Outcome, Refusal>;

/// One path.
pub(super) struct Route {
    /// The path; `{name}` is found again by [`Visit::param`].
    pub(super) path: &'static str,
    /// What is shown there.
    pub(super) show: Work,
    /// What takes the form that is posted there.
    pub(super) take: Option<Work>,
    /// What is shown is used up by it.
    pub(super) once: bool,
}

impl Route {
    /// Something to look at.
    const fn show(path: &'static str, show: Work) -> Self {
        Self {
            path,
            show,
            take: None,
            once: false,
        }
    }

    /// A form, and what takes it.
    const fn form(path: &'static str, show: Work, take: Work) -> Self {
        Self {
            path,
            show,
            take: Some(take),
            once: false,
        }
    }

    /// Something that is given once.
    const fn once(path: &'static str, give: Work) -> Self {
        Self {
            path,
            show: give,
            take: None,
            once: true,
        }
    }
}

/// Where the coach is asked.
pub(super) const LESSON: &str = "/lesson";
/// Where another region or account is chosen.
pub(super) const SCOPE: &str = "/scope";

/// Every path, in the order of the navigation.
pub(super) static ROUTES: &[Route] = &[
    Route::show("/", dashboard::show),
    Route::form("/instances", instances::list::show, instances::list::take),
    Route::form(
        "/instances/launch",
        instances::launch::show,
        instances::order::take,
    ),
    Route::show(
        "/instances/launched/{reservation}",
        instances::launched::show,
    ),
    Route::form(
        "/instances/change/{change}/{ids}",
        instances::state::show,
        instances::state::take,
    ),
    Route::form(
        "/instances/{id}",
        instances::details::show,
        instances::state::take_one,
    ),
    Route::show("/instances/{id}/security", instances::tabs::security),
    Route::show("/instances/{id}/networking", instances::tabs::networking),
    Route::show("/instances/{id}/storage", instances::tabs::storage),
    Route::show("/instances/{id}/tags", instances::tabs::tags),
    Route::show("/instances/{id}/connect", instances::connect::show),
    Route::show("/instances/{id}/log", instances::log::show),
    Route::form(
        "/instances/{id}/groups",
        instances::groups::show,
        instances::groups::take,
    ),
    Route::form(
        "/instances/{id}/protection",
        instances::protection::show,
        instances::protection::take,
    ),
    Route::show("/security-groups", security_groups::list),
    Route::form(
        "/security-groups/create",
        security_groups::create::show,
        security_groups::create::take,
    ),
    Route::show("/security-groups/{id}", security_groups::details::inbound),
    Route::show(
        "/security-groups/{id}/outbound",
        security_groups::details::outbound,
    ),
    Route::form(
        "/security-groups/{id}/edit-inbound",
        security_groups::editor::inbound,
        security_groups::save::inbound,
    ),
    Route::form(
        "/security-groups/{id}/edit-outbound",
        security_groups::editor::outbound,
        security_groups::save::outbound,
    ),
    Route::form(
        "/security-groups/{id}/delete",
        security_groups::delete::show,
        security_groups::delete::take,
    ),
    Route::show("/elastic-ips", elastic_ips::list),
    Route::form(
        "/elastic-ips/allocate",
        elastic_ips::allocate::show,
        elastic_ips::allocate::take,
    ),
    Route::form(
        "/elastic-ips/{id}/associate",
        elastic_ips::associate::show,
        elastic_ips::associate::take,
    ),
    Route::form(
        "/elastic-ips/{id}/disassociate",
        elastic_ips::give_up::show_disassociate,
        elastic_ips::give_up::disassociate,
    ),
    Route::form(
        "/elastic-ips/{id}/release",
        elastic_ips::give_up::show_release,
        elastic_ips::give_up::release,
    ),
    Route::show("/key-pairs", key_pairs::list),
    Route::form(
        "/key-pairs/create",
        key_pairs::create::show,
        key_pairs::create::take,
    ),
    Route::show("/key-pairs/created/{id}/{key}", key_pairs::create::created),
    Route::once("/key-pairs/download/{key}", key_pairs::create::download),
    Route::form(
        "/key-pairs/import",
        key_pairs::import::show,
        key_pairs::import::take,
    ),
    Route::form(
        "/key-pairs/delete/{id}",
        key_pairs::delete::show,
        key_pairs::delete::take,
    ),
    Route::form("/tags/{id}", tags::show, tags::take),
    Route::form(LESSON, lesson::show, lesson::take),
    Route::form(SCOPE, scope::show, scope::take),
];

/// Whether there is a page at that path.
fn is_there(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path)
}

/// Where a form that stands on every page goes back to: its path, if it is one of these pages'. Never to elsewhere.
fn back(form: &Form) -> &str {
    let path = form.get("back");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-".contains(&byte);
    let is_here = path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain);
    let is_its_own = [SCOPE, LESSON].contains(&path);
    if is_here && !is_its_own { path } else { "/" }
}

/// A heading, and under it names and paths.
pub(super) type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// The navigation, in the order of AWS's own console.
pub(super) static NAVIGATION: &[Group] = &[
    ("", &[("Dashboard", "/")]),
    ("Instances", &[("Instances", "/instances")]),
    (
        "Network & Security",
        &[
            ("Security groups", "/security-groups"),
            ("Elastic IPs", "/elastic-ips"),
            ("Key pairs", "/key-pairs"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_these_pages_and_nowhere_else() {
        let back_of = |path: &str| {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("back", path)
                .finish();
            back(&Form::of_pairs(form.as_bytes()).unwrap()).to_owned()
        };
        assert_eq!(back_of("/instances/i-0abc"), "/instances/i-0abc");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            r"/\evil.example",
            "/a\r\nb",
            "",
            "/scope",
        ] {
            assert_eq!(back_of(elsewhere), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn every_entry_of_the_navigation_leads_to_a_page() {
        for (label, path) in NAVIGATION.iter().flat_map(|(_, entries)| *entries) {
            assert!(ROUTES.iter().any(|route| route.path == *path), "{label}");
        }
    }
}

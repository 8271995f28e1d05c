//! One request of a browser that has the page open: what a page's functions are given, and what they give back.

use std::net::IpAddr;
use std::sync::Arc;

use maud::Markup;
use serde::de::DeserializeOwned;

use crate::cloud::api::error::ApiError;
use crate::console::House;
use crate::console::account::{self, Ask, Done};
use crate::console::form::{Form, Refused, Tried};
use crate::console::parts::notice::Notice;
use crate::console::session::{Download, Scope, Session};

/// The visit. Pages are called on threads that may wait.
pub(super) struct Visit {
    pub(super) house: Arc<House>,
    pub(super) session: Arc<Session>,
    /// Whose account, and which region.
    pub(super) scope: Scope,
    /// The path, as it was asked for.
    pub(super) path: String,
    pub(super) query: Form,
    /// What stands in the path, by the names in `pages::ROUTES`.
    pub(super) params: Vec<(String, String)>,
    /// What was typed and refused, if this is the form shown again.
    pub(super) tried: Option<Arc<Tried>>,
}

/// What a page's function gives back.
pub(super) enum Outcome {
    /// A page to look at.
    Page(Page),
    /// Go there: after every change.
    Go(Go),
    /// A file to keep.
    File(Download),
}

/// A page, without what is around every page.
pub(super) struct Page {
    pub(super) title: String,
    /// The path of the entry in the navigation that it belongs to.
    pub(super) under: &'static str,
    pub(super) body: Markup,
    /// Where the browser goes at once by itself: a download, which leaves the page standing.
    pub(super) fetches: Option<String>,
}

impl Page {
    /// A page of this title, in this part of the navigation (a path of `pages::NAVIGATION`).
    pub(super) fn new(title: impl Into<String>, under: &'static str, body: Markup) -> Self {
        Self {
            title: title.into(),
            under,
            body,
            fetches: None,
        }
    }

    /// Lets the browser fetch a file as soon as it shows the page.
    pub(super) fn fetching(mut self, path: String) -> Self {
        self.fetches = Some(path);
        self
    }
}

impl From<Page> for Outcome {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

/// Another page to go to, and what is said there.
pub(super) struct Go {
    pub(super) path: String,
    pub(super) notice: Option<Notice>,
}

impl Go {
    /// Goes to that path.
    pub(super) fn to(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            notice: None,
        }
    }

    /// And says so there.
    pub(super) fn saying(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }
}

impl From<Go> for Outcome {
    fn from(go: Go) -> Self {
        Self::Go(go)
    }
}

/// Why a page cannot be shown, or a form is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no such thing: a sentence says so.
    NotFound(String),
    /// The API refused. A form is shown again, with this at its field.
    Api(ApiError),
    /// A field is refused by the page itself, where the API has no such field (typed confirmation).
    Field(&'static str, ApiError),
    /// The same for a field of a row, whose name is made as the row is.
    At(String, ApiError),
    /// A later one of several calls was refused: a sentence says what was done already, and what was not.
    Half(String, Box<Refusal>),
    /// The form is shown again as it is now: a row was added to it.
    Again(Form),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl Refusal {
    /// What is kept, for the form to be shown again; the refusal itself when there is no form to show.
    pub(super) fn tried(self, form: Form) -> Result<Tried, Self> {
        match self {
            Self::NotFound(_) => Err(self),
            Self::Api(error) => {
                let refused = Some(Refused::of(error, &form));
                Ok(Tried { form, refused })
            }
            Self::Field(field, error) => Self::At(field.to_owned(), error).tried(form),
            Self::At(field, error) => {
                let refused = Some(Refused {
                    field: Some(field),
                    error,
                    half: None,
                });
                Ok(Tried { form, refused })
            }
            Self::Half(half, why) => {
                let mut tried = why.tried(form)?;
                if let Some(refused) = &mut tried.refused {
                    refused.half = Some(half);
                }
                Ok(tried)
            }
            Self::Again(form) => Ok(Tried {
                form,
                refused: None,
            }),
        }
    }
}

impl Visit {
    /// Asks the account; the answer is read into the members that the page needs.
    pub(super) fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, ApiError> {
        let settings = &self.house.settings;
        account::ask(&settings.simulation, &settings.script, &self.scope, ask)
    }

    /// Asks the account for something of which the answer is not read.
    pub(super) fn tell(&self, ask: &Ask) -> Result<(), ApiError> {
        self.ask::<Done>(ask).map(drop)
    }

    /// What stands in the path under that name.
    pub(super) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(one, _)| one == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// What a form of this visit carries.
    pub(super) fn form_token(&self) -> String {
        self.session.form_token(&self.scope)
    }

    /// What was typed into that field; none when the form is new.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        self.tried.as_ref().map(|tried| tried.form.get(name))
    }

    /// Why the form was refused.
    pub(super) fn refused(&self) -> Option<&Refused> {
        self.tried.as_ref()?.refused.as_ref()
    }

    /// Why that field was refused.
    pub(super) fn refused_at(&self, name: &str) -> Option<&ApiError> {
        let refused = self.refused()?;
        let here = refused.field.as_deref() == Some(name);
        here.then_some(&refused.error)
    }

    /// Keeps a file for the browser to fetch once; the key that stands in its path.
    pub(super) fn keep_download(&self, file: Download) -> String {
        self.session.keep_download(file)
    }

    /// The learner's address, as an instance sees it: "My IP".
    pub(super) fn my_address(&self) -> IpAddr {
        self.house.settings.my_address
    }

    /// The port on which instances answer SSH, where it is not 22.
    pub(super) fn ssh_port(&self) -> Option<u16> {
        Some(self.house.settings.ssh_port).filter(|port| *port != 22)
    }
}

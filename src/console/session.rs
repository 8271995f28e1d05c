//! Who has the page open: links that open it once, and sessions, each known by a cookie.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::console::form::Tried;
use crate::console::parts::notice::Notice;

/// Links that wait to be used; the oldest gives way.
const MOST_LINKS: usize = 16;
/// Browsers at once; the one that was used longest ago gives way.
const MOST_SESSIONS: usize = 64;
/// Notices, forms and downloads that one session keeps; the oldest gives way.
const MOST_KEPT: usize = 24;
/// How long a private key waits for the browser to fetch it.
const DOWNLOAD_WAITS: Duration = Duration::from_secs(60);

/// All of them.
#[derive(Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Digests, as of all secrets here: how long a look takes tells nothing about them.
    links: VecDeque<Key>,
    sessions: BTreeMap<Key, (u64, Arc<Session>)>,
    uses: u64,
}

type Key = [u8; 32];

fn key(secret: &str) -> Key {
    Sha256::digest(secret.as_bytes()).into()
}

/// A secret of 190 bits.
fn secret() -> String {
    let letters = rand::rng().sample_iter(Alphanumeric).take(32);
    letters.map(char::from).collect()
}

impl Sessions {
    /// A token that opens the page once.
    pub(super) fn mint(&self) -> String {
        let token = secret();
        let mut state = self.state();
        if state.links.len() >= MOST_LINKS {
            state.links.pop_front();
        }
        state.links.push_back(key(&token));
        token
    }

    /// Takes the token for a new session, whose cookie is returned; none when it is not one, or was used.
    pub(super) fn exchange(&self, token: &str, region: &str) -> Option<String> {
        let wanted = key(token);
        let mut state = self.state();
        let place = state.links.iter().position(|link| *link == wanted)?;
        state.links.remove(place);
        if state.sessions.len() >= MOST_SESSIONS {
            let oldest = state.sessions.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                state.sessions.remove(&oldest);
            }
        }
        let cookie = secret();
        state.uses += 1;
        let session = Arc::new(Session::new(region));
        let uses = state.uses;
        state.sessions.insert(key(&cookie), (uses, session));
        Some(cookie)
    }

    /// The session of that cookie.
    pub(super) fn find(&self, cookie: &str) -> Option<Arc<Session>> {
        let mut state = self.state();
        state.uses += 1;
        let uses = state.uses;
        let (used, session) = state.sessions.get_mut(&key(cookie))?;
        *used = uses;
        Some(Arc::clone(session))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One browser.
pub(super) struct Session {
    secret: String,
    inner: Mutex<Inner>,
}

struct Inner {
    /// The access key id whose account is shown, once it was chosen.
    account: Option<String>,
    region: String,
    /// The lesson is not shown beside the pages.
    lesson_is_hidden: bool,
    kept: VecDeque<(String, Kept)>,
}

/// What is kept from one request for the next.
enum Kept {
    Notice(Notice),
    Tried(Arc<Tried>),
    Download { file: Download, until: Instant },
}

/// A file that the browser may fetch once.
#[derive(Clone)]
pub(super) struct Download {
    /// Its name, as AWS's console gives it.
    pub(super) name: String,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
}

/// Whose account is meant, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// Access key id.
    pub(super) account: String,
    /// Region.
    pub(super) region: String,
}

impl Session {
    fn new(region: &str) -> Self {
        Self {
            secret: secret(),
            inner: Mutex::new(Inner {
                account: None,
                region: region.to_owned(),
                lesson_is_hidden: false,
                kept: VecDeque::new(),
            }),
        }
    }

    /// What is shown; `usual` is the account of a session that has not chosen one.
    pub(super) fn scope(&self, usual: &str) -> Scope {
        let inner = self.inner();
        Scope {
            account: inner.account.clone().unwrap_or_else(|| usual.to_owned()),
            region: inner.region.clone(),
        }
    }

    /// Shows another account or region from now on.
    pub(super) fn choose(&self, scope: &Scope) {
        let mut inner = self.inner();
        inner.account = Some(scope.account.clone());
        inner.region.clone_from(&scope.region);
    }

    /// Whether the lesson is to be shown beside the pages.
    pub(super) fn shows_lesson(&self) -> bool {
        !self.inner().lesson_is_hidden
    }

    /// Shows the lesson beside the pages from now on, or hides it.
    pub(super) fn show_lesson(&self, shown: bool) {
        self.inner().lesson_is_hidden = !shown;
    }

    /// What a form carries to prove that this page made it, for this account and region: a form of a tab that shows
    /// another one is not taken.
    pub(super) fn form_token(&self, scope: &Scope) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            return String::new();
        };
        mac.update(format!("{}\0{}", scope.account, scope.region).as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// Keeps a notice for the next page; the key that finds it again.
    pub(super) fn keep_notice(&self, notice: Notice) -> String {
        self.keep(Kept::Notice(notice))
    }

    /// Keeps what was typed.
    pub(super) fn keep_tried(&self, tried: Tried) -> String {
        self.keep(Kept::Tried(Arc::new(tried)))
    }

    /// Keeps a file until it is fetched.
    pub(super) fn keep_download(&self, file: Download) -> String {
        self.keep_download_for(file, DOWNLOAD_WAITS)
    }

    fn keep_download_for(&self, file: Download, waits: Duration) -> String {
        let until = Instant::now() + waits;
        self.keep(Kept::Download { file, until })
    }

    /// The notice of that key. It can be read again: a page may be loaded again.
    pub(super) fn notice(&self, wanted: &str) -> Option<Notice> {
        self.inner().kept.iter().find_map(|(key, kept)| match kept {
            Kept::Notice(notice) if key == wanted => Some(notice.clone()),
            Kept::Notice(_) | Kept::Tried(_) | Kept::Download { .. } => None,
        })
    }

    /// What was typed.
    pub(super) fn tried(&self, wanted: &str) -> Option<Arc<Tried>> {
        self.inner().kept.iter().find_map(|(key, kept)| match kept {
            Kept::Tried(tried) if key == wanted => Some(Arc::clone(tried)),
            Kept::Notice(_) | Kept::Tried(_) | Kept::Download { .. } => None,
        })
    }

    /// Whether a file still waits to be fetched.
    pub(super) fn download_waits(&self, wanted: &str) -> bool {
        let inner = self.inner();
        let mut all = inner.kept.iter();
        all.any(|(key, kept)| key == wanted && matches!(kept, Kept::Download { .. }))
    }

    /// The file, once.
    pub(super) fn take_download(&self, wanted: &str) -> Option<Download> {
        let mut inner = self.inner();
        let place = inner
            .kept
            .iter()
            .position(|(key, kept)| key == wanted && matches!(kept, Kept::Download { .. }))?;
        match inner.kept.remove(place) {
            Some((_, Kept::Download { file, .. })) => Some(file),
            Some((_, Kept::Notice(_) | Kept::Tried(_))) | None => None,
        }
    }

    fn keep(&self, kept: Kept) -> String {
        let name: String = secret().chars().take(16).collect();
        let mut inner = self.inner();
        if inner.kept.len() >= MOST_KEPT {
            inner.kept.pop_front();
        }
        inner.kept.push_back((name.clone(), kept));
        name
    }

    /// What is kept, without the private keys that nobody came for.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        inner.kept.retain(|(_, kept)| match kept {
            Kept::Download { until, .. } => *until > now,
            Kept::Notice(_) | Kept::Tried(_) => true,
        });
        inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_the_page_once() {
        let sessions = Sessions::default();
        let token = sessions.mint();
        assert_eq!(sessions.exchange("guess", "us-east-1"), None);
        let cookie = sessions.exchange(&token, "us-east-1").unwrap();
        assert!(sessions.find(&cookie).is_some());
        assert_eq!(sessions.exchange(&token, "us-east-1"), None);
        assert!(sessions.find(&token).is_none());
    }

    #[test]
    fn old_links_and_sessions_give_way() {
        let sessions = Sessions::default();
        let first = sessions.mint();
        for _ in 0..MOST_LINKS {
            sessions.mint();
        }
        assert_eq!(sessions.exchange(&first, "us-east-1"), None);
        let open = || {
            let token = sessions.mint();
            sessions.exchange(&token, "us-east-1").unwrap()
        };
        let (used, unused) = (open(), open());
        for _ in 0..MOST_SESSIONS - 1 {
            assert!(sessions.find(&used).is_some());
            open();
        }
        assert!(sessions.find(&used).is_some());
        assert!(sessions.find(&unused).is_none());
    }

    #[test]
    fn a_form_of_another_region_or_session_has_another_token() {
        let (one, other) = (Session::new("us-east-1"), Session::new("us-east-1"));
        let scope = one.scope("");
        let elsewhere = Scope {
            region: "eu-west-1".to_owned(),
            ..scope.clone()
        };
        assert_eq!(one.form_token(&scope), one.form_token(&scope));
        assert_ne!(one.form_token(&scope), one.form_token(&elsewhere));
        assert_ne!(one.form_token(&scope), other.form_token(&scope));
    }

    #[test]
    fn a_private_key_is_given_once_and_does_not_wait_for_long() {
        let session = Session::new("us-east-1");
        let file = || Download {
            name: "a.pem".to_owned(),
            bytes: vec![1],
        };
        let key = session.keep_download(file());
        assert!(session.download_waits(&key));
        assert!(session.take_download(&key).is_some());
        assert!(session.take_download(&key).is_none());
        let key = session.keep_download_for(file(), Duration::ZERO);
        assert!(session.take_download(&key).is_none());
    }
}

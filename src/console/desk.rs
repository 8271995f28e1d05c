//! Finds the function that answers a request, calls it on a thread that may wait, and makes a response of what it gives.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use crate::console::form::{Form, FormError};
use crate::console::pages::{self, Route, Work};
use crate::console::parts::notice::Notice;
use crate::console::session::{Download, Session};
use crate::console::visit::{Go, Outcome, Refusal, Visit};
use crate::console::{House, assets, door, events, layout};

/// The path of the one-use link.
pub(super) const OPEN: &str = "/open";
/// The stream of changes.
pub(super) const EVENTS: &str = "/events";
/// The hidden field that every form carries.
pub(super) const TOKEN: &str = "form_token";

/// Every path.
pub(super) fn router(house: &Arc<House>) -> Router {
    let mut router = Router::new()
        .route(OPEN, get(open))
        .route(EVENTS, get(listen))
        .route("/assets/{version}/{name}", get(assets::give));
    for route in pages::ROUTES {
        router = router.route(route.path, method(route));
    }
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(Arc::clone(house))
        .layer(from_fn(check))
}

/// Nobody comes in who is turned away, and nothing goes out without its headers.
async fn check(request: Request, next: Next) -> Response {
    let mut response = match door::turned_away(request.method(), request.headers()) {
        Some(why) => refusal(StatusCode::FORBIDDEN, "This is not for other pages", why),
        None => next.run(request).await,
    };
    door::guard(&mut response);
    response
}

fn method(route: &'static Route) -> MethodRouter<Arc<House>> {
    let shown = async move |State(house), params, request: Request| {
        attend(house, params, request, route).await
    };
    match route.take {
        Some(_) => get(shown).post(shown),
        None => get(shown),
    }
}

/// A page of the console, for somebody who has it open.
async fn attend(
    house: Arc<House>,
    params: RawPathParams,
    request: Request,
    route: &'static Route,
) -> Response {
    let Some(session) = session(&house, request.headers()) else {
        return strangers();
    };
    let visit = visit(house, session, &params, &request);
    if *request.method() != Method::POST {
        // Looking at a one-use path is not using it.
        let takes = *request.method() == Method::HEAD && route.once;
        if takes {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        return work(visit, route.show, None).await;
    }
    let form = match Form::read(request).await {
        Ok(form) => form,
        Err(error) => return unreadable(error),
    };
    if !same(form.get(TOKEN), &visit.form_token()) {
        let text = "This form is not of this page as it is now: the region or the account was changed in another tab, or the lab was \
                    started again. Nothing was done. Go back, load the page again, and send the form again.";
        return refusal(StatusCode::FORBIDDEN, "The form was not taken", text);
    }
    match route.take {
        Some(take) => work(visit, take, Some(form)).await,
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn visit(
    house: Arc<House>,
    session: Arc<Session>,
    params: &RawPathParams,
    request: &Request,
) -> Visit {
    let query = query(request);
    let tried = session.tried(query.get("tried"));
    let params = params.iter();
    Visit {
        scope: session.scope(&house.usual_account()),
        path: request.uri().path().to_owned(),
        params: params
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        tried,
        query,
        session,
        house,
    }
}

fn query(request: &Request) -> Form {
    let query = request.uri().query().unwrap_or_default();
    Form::of_pairs(query.as_bytes()).unwrap_or_default()
}

/// Calls the page's function where it may wait.
async fn work(visit: Visit, work: Work, form: Option<Form>) -> Response {
    let done = tokio::task::spawn_blocking(move || {
        let form = form.unwrap_or_default();
        match work(&visit, &form) {
            Ok(outcome) => respond(&visit, outcome),
            Err(refusal) => refused(&visit, refusal, form),
        }
    });
    done.await.unwrap_or_else(|_| {
        let text =
            "This page met a fault of its own: that is our mistake, not yours. Load it again.";
        refusal(StatusCode::INTERNAL_SERVER_ERROR, "Our trouble", text)
    })
}

fn respond(visit: &Visit, outcome: Outcome) -> Response {
    match outcome {
        Outcome::Page(page) => {
            let refresh = page.fetches.as_ref().map(|path| format!("0; url={path}"));
            let mut response = html(StatusCode::OK, layout::page(visit, &page));
            if let Some(refresh) = refresh.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers_mut().insert(header::REFRESH, refresh);
            }
            response
        }
        Outcome::Go(Go { path, notice }) => {
            let note = notice.map(|notice| ("note", visit.session.keep_notice(notice)));
            go(&path, note)
        }
        Outcome::File(file) => attachment(file),
    }
}

/// A refused form is shown again; what cannot be shown at all is said.
fn refused(visit: &Visit, why: Refusal, form: Form) -> Response {
    // A refused look has no form to go back to.
    let is_form = form.has(TOKEN);
    let tried = if is_form { why.tried(form) } else { Err(why) };
    match tried {
        Ok(tried) => {
            let key = visit.session.keep_tried(tried);
            go(&visit.path, Some(("tried", key)))
        }
        Err(Refusal::NotFound(text)) => html(StatusCode::NOT_FOUND, layout::missing(visit, &text)),
        Err(Refusal::Api(error) | Refusal::Field(_, error) | Refusal::At(_, error)) => {
            let status = StatusCode::from_u16(error.status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            html(status, layout::failed(visit, &error))
        }
        Err(Refusal::Half(_, why)) => refused(visit, *why, Form::default()),
        Err(Refusal::Again(_)) => go(&visit.path, None),
    }
}

/// See other, with the key of what is kept for that page.
fn go(path: &str, kept: Option<(&str, String)>) -> Response {
    let to = match kept {
        Some((name, key)) => {
            let mark = if path.contains('?') { '&' } else { '?' };
            format!("{path}{mark}{name}={key}")
        }
        None => path.to_owned(),
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// A file under the name that a browser saves it by: in quotes, and once more for names that quotes cannot carry.
fn attachment(file: Download) -> Response {
    let plain: String = file
        .name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '/' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    let whole: String = form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
    let whole = whole.replace('+', "%20");
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The one-use link: its token becomes a cookie.
async fn open(State(house): State<Arc<House>>, request: Request) -> Response {
    if session(&house, request.headers()).is_some() {
        // The link was followed twice in the same browser.
        return go("/", None);
    }
    let is_look =
        *request.method() == Method::HEAD || request.headers().contains_key("sec-purpose");
    if is_look {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let query = query(&request);
    let Some(cookie) = house
        .sessions
        .exchange(query.get("token"), &house.settings.region)
    else {
        return strangers();
    };
    let mut response = go("/", None);
    let name = cookie_name(&house);
    let line = format!("{name}={cookie}; Path=/; HttpOnly; SameSite=Strict");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().insert(header::SET_COOKIE, line);
    }
    response
}

/// The changes, for somebody who has the page open.
async fn listen(State(house): State<Arc<House>>, request: Request) -> Response {
    if session(&house, request.headers()).is_none() {
        return strangers();
    }
    let seen = query(&request).get("seen").to_owned();
    events::stream(house, &seen)
}

/// Browsers send the cookies of every port of a host to each of them: the port is in its name.
fn cookie_name(house: &House) -> String {
    format!("groundschool_{}", house.address.port())
}

fn session(house: &House, headers: &HeaderMap) -> Option<Arc<Session>> {
    let cookie = door::cookie(headers, &cookie_name(house))?;
    house.sessions.find(cookie)
}

async fn nowhere(
    State(house): State<Arc<House>>,
    params: RawPathParams,
    request: Request,
) -> Response {
    let Some(session) = session(&house, request.headers()) else {
        return strangers();
    };
    let visit = visit(house, session, &params, &request);
    let text = "There is no such page here.";
    html(StatusCode::NOT_FOUND, layout::missing(&visit, text))
}

/// For a browser that has not come by a link, or by one that was used.
fn strangers() -> Response {
    let text = "Open this page with a fresh link: each link opens it once, in one browser. In the lab's shell `lab console` prints one; \
                `groundschool serve` gives one at POST /_groundschool/console.";
    refusal(StatusCode::FORBIDDEN, "This page needs a link", text)
}

fn unreadable(error: FormError) -> Response {
    let status = match error {
        FormError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FormError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        FormError::Unreadable => StatusCode::BAD_REQUEST,
    };
    let mut response = refusal(status, "The form was not taken", &format!("{error}."));
    // What else comes of it is not read.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

fn refusal(status: StatusCode, title: &str, text: &str) -> Response {
    html(status, layout::outside(title, text))
}

fn html(status: StatusCode, page: maud::Markup) -> Response {
    let mut response = page.into_string().into_response();
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Compares without telling by its time where they differ.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    !a.is_empty() && a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// What was said at the end of the last request, if its key is in the path.
pub(super) fn notice(visit: &Visit) -> Option<Notice> {
    visit.session.notice(visit.query.get("note"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_key_pairs_name_whatever_it_is() {
        let name = |name: &str| {
            let file = Download {
                name: name.to_owned(),
                bytes: Vec::new(),
            };
            let response = attachment(file);
            let value = &response.headers()[header::CONTENT_DISPOSITION];
            value.to_str().unwrap().to_owned()
        };
        assert_eq!(
            name("testkeypair.pem"),
            "attachment; filename=\"testkeypair.pem\"; filename*=UTF-8''testkeypair.pem"
        );
        assert_eq!(
            name("a\"b c.pem"),
            "attachment; filename=\"a_b c.pem\"; filename*=UTF-8''a%22b%20c.pem"
        );
        assert!(name("a\r\nb.pem").starts_with("attachment; filename=\"a__b.pem\";"));
    }

    #[test]
    fn an_empty_token_is_nobodys() {
        assert!(same("a", "a"));
        assert!(!same("", ""));
        assert!(!same("a", "b"));
    }
}

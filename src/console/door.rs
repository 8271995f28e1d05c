//! Who is let in, and what every answer says to the browser about what it may do.
//!
//! Every web page that the learner has open can send requests to 127.0.0.1, and a page whose name was pointed there (DNS
//! rebinding) can even read the answers. The first gives itself away by `Origin` and `Sec-Fetch-Site`, the second by `Host`.

use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use crate::lab::server::visitor;

const FOREIGN: &str = "Another web page sent this request: it is not done.";

/// Why a request is turned away, for a person to read; none when it is welcome.
pub(super) fn turned_away(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text("host").filter(|host| visitor::is_here(host)) else {
        return Some("This page answers to 127.0.0.1 and to localhost, and to no other name.");
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = format!("http://{host}");
        if origin.as_bytes() != own.as_bytes() {
            return Some(FOREIGN);
        }
    }
    let is_link_followed = *method == Method::GET && text("sec-fetch-mode") == Some("navigate");
    match text("sec-fetch-site") {
        // A program that is no browser says nothing of the kind.
        None | Some("same-origin" | "none") => None,
        Some(_) if is_link_followed => None,
        Some(_) => Some(FOREIGN),
    }
}

/// No script, style, picture or frame but this server's own files; nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // With "no-referrer" browsers would send `Origin: null` with this page's own forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Sets them; what has no word about caching is kept nowhere.
pub(super) fn guard(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(one, value)| (one == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        turned_away(method, &headers).is_none()
    }

    #[test]
    fn only_this_computers_own_names_and_this_pages_own_forms_are_let_in() {
        let host = ("host", "127.0.0.1:4000");
        assert!(ask(&Method::GET, &[host]));
        assert!(ask(&Method::GET, &[("host", "localhost:4000")]));
        assert!(!ask(&Method::GET, &[]));
        assert!(!ask(&Method::GET, &[("host", "evil.example:4000")]));
        assert!(!ask(&Method::GET, &[("host", "127.0.0.1.evil.example")]));
        let own = [host, ("origin", "http://127.0.0.1:4000")];
        assert!(ask(&Method::POST, &own));
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1:4000",
            "http://127.0.0.1:5000",
            "http://localhost:4000",
        ] {
            assert!(!ask(&Method::POST, &[host, ("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_foreign_page_may_link_here_and_nothing_else() {
        let host = ("host", "127.0.0.1:4000");
        let link = [
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert!(ask(&Method::GET, &link));
        assert!(!ask(&Method::POST, &link));
        let picture = [
            host,
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "no-cors"),
        ];
        assert!(!ask(&Method::GET, &picture));
    }

    #[test]
    fn a_cookie_is_found_among_those_of_other_ports() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "a=1; groundschool_4000=x".parse().unwrap());
        headers.append("cookie", "b=2".parse().unwrap());
        assert_eq!(cookie(&headers, "groundschool_4000"), Some("x"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "groundschool_400"), None);
    }
}

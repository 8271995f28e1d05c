//! Who is turned away at the door: a request that a web page made, or one for a host that this is not.
//!
//! Every web page that the learner has open can send requests to 127.0.0.1. The browser then says where they are from
//! (`Origin`, `Sec-Fetch-Site`), and a page whose name was pointed to 127.0.0.1 (DNS rebinding) gives itself away by
//! `Host`. No AWS client sends any of these.

use std::net::IpAddr;

use crate::cloud::api::Request;

/// Why the request is turned away, for a person to read; none when it is welcome.
pub(super) fn turned_away(request: &Request<'_>) -> Option<String> {
    if let Some(origin) = request.header("origin") {
        return Some(format!(
            "This is a simulated AWS endpoint for programs on this computer. It does not answer web pages, and this request is \
             from one (Origin: {})",
            shown(origin)
        ));
    }
    if matches!(request.header("sec-fetch-site"), Some(site) if site != "none") {
        return Some(
            "This is a simulated AWS endpoint for programs on this computer. It does not answer web pages, and this request is \
             from one"
                .to_owned(),
        );
    }
    let host = request.header("host")?;
    (!is_here(host)).then(|| {
        format!(
            "This is a simulated AWS endpoint for programs on this computer: it answers to 127.0.0.1 and to localhost, and not \
             to '{}'",
            shown(host)
        )
    })
}

/// Whether a `Host` header names this computer's loopback.
pub fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let name = bare.unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// What somebody sent, short and without what XML cannot carry.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(headers: &[(&str, &str)]) -> Option<String> {
        turned_away(&Request {
            headers,
            ..Request::default()
        })
    }

    #[test]
    fn programs_on_this_computer_are_welcome() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4566",
            "127.9.9.9:1",
            "localhost:80",
            "LocalHost",
            "[::1]:4566",
        ] {
            assert_eq!(ask(&[("Host", host)]), None, "{host}");
        }
        assert_eq!(ask(&[]), None, "HTTP/1.0 has no Host");
    }

    #[test]
    fn web_pages_and_names_that_were_pointed_here_are_not() {
        for headers in [
            [("host", "evil.example:4566"), ("a", "b")],
            [("host", "127.0.0.1.evil.example"), ("a", "b")],
            [("host", "localhost.evil.example:4566"), ("a", "b")],
            [("host", "203.0.113.9"), ("a", "b")],
            [("host", ""), ("a", "b")],
            [
                ("host", "127.0.0.1:4566"),
                ("Origin", "https://evil.example"),
            ],
            [("host", "127.0.0.1:4566"), ("origin", "null")],
            [("host", "127.0.0.1:4566"), ("Sec-Fetch-Site", "cross-site")],
            [("host", "127.0.0.1:4566"), ("Sec-Fetch-Site", "same-site")],
        ] {
            assert!(ask(&headers).is_some(), "{headers:?}");
        }
    }
}

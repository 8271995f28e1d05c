//! The machine's own network: what a connection from inside it meets, and what a web server on it answers.
//!
//! `curl` asks here, and so does a client's `-L`, `-W` or `-J`, which comes out inside the machine.

use super::disk::join;
use super::moment;
use super::node::{Kind, Node};
use super::ports::Listener;
use super::{Family, Identity, Machine, metadata};

/// Where sshd listens.
pub(crate) const SSH: u16 = 22;
/// Longest request head that is read, in bytes.
pub const LONGEST_REQUEST: usize = 16 * 1024;

/// What a connection from inside the machine meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Reach {
    /// The machine's own sshd.
    Ssh,
    /// A web server: the machine's own, or the metadata service.
    Web,
    /// The machine itself, and nobody listens there.
    Refused,
    /// Nothing answers: the metadata service of an instance that has it turned off.
    Silent,
    /// An address that the machine has no way to: it has no network but its own.
    Unreachable,
    /// A name that is not known.
    UnknownName,
}

/// What somebody inside the machine meets who connects there.
pub fn reach(machine: &Machine, id: &Identity, host: &str, port: u16) -> Reach {
    match place(id, host) {
        Place::Here if port == SSH => Reach::Ssh,
        Place::Here => match machine.ports.at(port, id.booted_at) {
            Some(_) => Reach::Web,
            None => Reach::Refused,
        },
        Place::Metadata if !id.metadata_enabled => Reach::Silent,
        Place::Metadata if port == 80 => Reach::Web,
        Place::Metadata => Reach::Refused,
        Place::Elsewhere => Reach::Unreachable,
        Place::Nowhere => Reach::UnknownName,
    }
}

enum Place {
    Here,
    Metadata,
    Elsewhere,
    Nowhere,
}

fn place(id: &Identity, host: &str) -> Place {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let names = ["localhost", "localhost.localdomain", "localhost6"];
    if names.contains(&host) || host == id.private_name || host == id.short_name() {
        return Place::Here;
    }
    match host.parse::<std::net::IpAddr>() {
        Ok(address)
            if address.is_loopback()
                || address.is_unspecified()
                || address == id.private_address =>
        {
            Place::Here
        }
        Ok(address) if address.to_string() == metadata::ADDRESS => Place::Metadata,
        Ok(_) => Place::Elsewhere,
        Err(_) => Place::Nowhere,
    }
}

/// A web server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// `HTTP/1.0`
    version: &'static str,
    pub(crate) code: u32,
    reason: String,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The status line and the headers, with the empty line.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut text = format!("{} {} {}\r\n", self.version, self.code, self.reason);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// Answers a request that came in on a connection to `host` and `port`: the whole response, after which the connection
/// ends. `None` while the request's head is incomplete. A server that has gone meanwhile answers nothing.
pub fn answer(
    machine: &Machine,
    id: &Identity,
    now: i64,
    (host, port): (&str, u16),
    request: &[u8],
) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let response = match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {
            let headers: Vec<(String, String)> = parsed
                .headers
                .iter()
                .map(|header| {
                    (
                        header.name.to_lowercase(),
                        String::from_utf8_lossy(header.value).trim().to_owned(),
                    )
                })
                .collect();
            let (method, path) = (
                parsed.method.unwrap_or_default(),
                parsed.path.unwrap_or_default(),
            );
            respond(machine, id, now, (host, port), (method, path, &headers))
        }
        Ok(httparse::Status::Partial) if request.len() < LONGEST_REQUEST => return None,
        Ok(httparse::Status::Partial) | Err(_) => Some(error(
            id.family,
            now,
            400,
            "Bad request syntax",
            BAD_REQUEST,
        )),
    };
    Some(response.map_or_else(Vec::new, |response| {
        let mut bytes = response.head();
        if parsed.method != Some("HEAD") {
            bytes.extend(response.body);
        }
        bytes
    }))
}

/// One request to a server of this machine, or to the metadata service. `None` when nobody listens.
pub(crate) fn respond(
    machine: &Machine,
    id: &Identity,
    now: i64,
    (host, port): (&str, u16),
    (method, path, headers): (&str, &str, &[(String, String)]),
) -> Option<Response> {
    if matches!(place(id, host), Place::Metadata) {
        let (code, body) = metadata::answer(id, now, method, path, headers);
        let reason = match code {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            _ => "Method Not Allowed",
        };
        let headers = vec![
            ("Content-Type", "text/plain".into()),
            ("Content-Length", body.len().to_string()),
            ("Server", "EC2ws".into()),
            ("Connection", "close".into()),
        ];
        return Some(Response {
            version: "HTTP/1.1",
            code,
            reason: reason.into(),
            headers,
            body: body.into_bytes(),
        });
    }
    let listener = machine.ports.at(port, id.booted_at)?;
    let response = match method {
        "GET" | "HEAD" => serve(machine, id.family, now, listener, path),
        other => {
            let message = format!("Unsupported method ('{other}')");
            error(id.family, now, 501, &message, UNSUPPORTED)
        }
    };
    // Whoever asks does so from inside the machine, forwarded or not.
    let stamp = moment::format(now, "%d/%b/%Y %H:%M:%S").unwrap_or_default();
    let front = format!("127.0.0.1 - - [{stamp}]");
    if response.code >= 400 {
        listener.say(format!(
            "{front} code {}, message {}\n",
            response.code, response.reason
        ));
    }
    let line: String = path.chars().filter(|c| !c.is_control()).take(500).collect();
    listener.say(format!(
        "{front} \"{method} {line} HTTP/1.1\" {} -\n",
        response.code
    ));
    Some(response)
}

const BAD_REQUEST: &str = "Bad request syntax or unsupported method";
const UNSUPPORTED: &str = "Server does not support this operation";
const NOT_FOUND: &str = "Nothing matches the given URI";

/// `SimpleHTTP/0.6 Python/3.9.16`. The patch level depends on the image's date: unverified.
pub(crate) fn python(family: Family) -> &'static str {
    match family {
        Family::Al2023 | Family::Rhel9 => "3.9.16",
        Family::Al2 => "3.7.16",
        Family::Ubuntu2404 => "3.12.3",
        Family::Debian12 => "3.11.2",
    }
}

fn usual(family: Family, now: i64) -> Vec<(&'static str, String)> {
    vec![
        (
            "Server",
            format!("SimpleHTTP/0.6 Python/{}", python(family)),
        ),
        ("Date", http_date(now)),
    ]
}

fn http_date(at: i64) -> String {
    moment::format(at, "%a, %d %b %Y %H:%M:%S GMT").unwrap_or_default()
}

fn page(family: Family, now: i64, code: u32, reason: &str, kind: &str, body: Vec<u8>) -> Response {
    let mut headers = usual(family, now);
    if code >= 400 {
        headers.push(("Connection", "close".into()));
    }
    headers.push(("Content-type", kind.into()));
    headers.push(("Content-Length", body.len().to_string()));
    Response {
        version: "HTTP/1.0",
        code,
        reason: reason.into(),
        headers,
        body,
    }
}

/// Python's page for an error (measured with 3.11; older ones have another first line).
fn error(family: Family, now: i64, code: u32, message: &str, explanation: &str) -> Response {
    let body = format!(
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n    <head>\n        <meta charset=\"utf-8\">\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: {code}</p>\n        <p>Message: {}.</p>\n        <p>Error code explanation: {code} - {explanation}.</p>\n    </body>\n</html>\n",
        escaped(message)
    );
    page(
        family,
        now,
        code,
        message,
        "text/html;charset=utf-8",
        body.into_bytes(),
    )
}

/// A file or folder of the machine's disk, with the rights of whoever started the server.
fn serve(machine: &Machine, family: Family, now: i64, listener: &Listener, path: &str) -> Response {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let wanted = unescaped(path);
    // As Python does: what climbs out is left out, so that nothing outside the folder is served.
    let parts = wanted
        .split('/')
        .filter(|part| !part.is_empty() && *part != "." && *part != "..");
    let place = parts.fold(listener.folder.clone(), |at, part| join(&at, part));
    let not_found = || error(family, now, 404, "File not found", NOT_FOUND);
    if wanted.contains('\0') {
        return not_found();
    }
    let disk = &machine.disk;
    let Ok((_, node)) = disk.resolve(&listener.who, &place, true) else {
        return not_found();
    };
    if matches!(node.kind, Kind::Dir) {
        if !path.ends_with('/') {
            let mut headers = usual(family, now);
            let target: String = path.chars().filter(|c| !c.is_control()).collect();
            headers.push(("Location", format!("{target}/")));
            headers.push(("Content-Length", "0".into()));
            return Response {
                version: "HTTP/1.0",
                code: 301,
                reason: "Moved Permanently".into(),
                headers,
                body: Vec::new(),
            };
        }
        for index in ["index.html", "index.htm"] {
            let index = join(&place, index);
            if let Ok((_, node)) = disk.resolve(&listener.who, &index, true)
                && matches!(node.kind, Kind::File(_))
            {
                return file(machine, family, now, listener, &index, node);
            }
        }
        return match disk.list(&listener.who, &place) {
            Ok(names) => listing(family, now, &wanted, names),
            Err(_) => error(
                family,
                now,
                404,
                "No permission to list directory",
                NOT_FOUND,
            ),
        };
    }
    file(machine, family, now, listener, &place, node)
}

fn file(
    machine: &Machine,
    family: Family,
    now: i64,
    listener: &Listener,
    place: &str,
    node: &Node,
) -> Response {
    match machine.disk.read(&listener.who, place) {
        Ok(content) => {
            let mut response = page(family, now, 200, "OK", kind(place), content.to_vec());
            response
                .headers
                .push(("Last-Modified", http_date(node.mtime)));
            response
        }
        Err(_) => error(family, now, 404, "File not found", NOT_FOUND),
    }
}

/// The type that Python guesses from a name's ending.
fn kind(place: &str) -> &'static str {
    match place.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" | "htm" => "text/html",
        "txt" | "sh" | "md" | "log" | "conf" => "text/plain",
        "css" => "text/css",
        "json" => "application/json",
        "js" => "text/javascript",
        "csv" => "text/csv",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

fn listing(family: Family, now: i64, path: &str, mut names: Vec<(String, &Node)>) -> Response {
    names.sort_by_key(|(name, _)| name.to_lowercase());
    let path = escaped(path);
    let mut body = format!(
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Directory listing for {path}</title>\n</head>\n<body>\n<h1>Directory listing for {path}</h1>\n<hr>\n<ul>\n"
    );
    for (name, node) in names {
        let (to, mark) = match node.kind {
            Kind::Dir => ("/", "/"),
            Kind::Link(_) => ("", "@"),
            Kind::File(_) | Kind::Device => ("", ""),
        };
        body.push_str(&format!(
            "<li><a href=\"{}{to}\">{}{mark}</a></li>\n",
            quoted(&name),
            escaped(&name)
        ));
    }
    body.push_str("</ul>\n<hr>\n</body>\n</html>\n");
    page(
        family,
        now,
        200,
        "OK",
        "text/html; charset=utf-8",
        body.into_bytes(),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Percent signs for what a URL may not have.
fn quoted(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

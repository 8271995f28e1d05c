//! The console page over raw HTTP: who gets in, what it does to the account, and what attacks come to.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant};

use groundschool::keys::file::inspect;

use crate::desk::program;
use crate::learner::Learner;
use crate::served::{Answer, Client, Served};
use crate::stages::on_each;

/// The access key of `served`'s own requests.
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// A browser that has the page open.
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: String,
}

/// A link's address, and its path.
fn parts(link: &str) -> (SocketAddr, String) {
    let rest = link.strip_prefix("http://").expect("a link");
    let (address, path) = rest.split_once('/').expect("a path");
    (address.parse().expect("an address"), format!("/{path}"))
}

fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let mut client = Client::connect(address).expect("the page accepts");
    client.send(request).expect("the page answers")
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let lines = answer.head.lines();
    let mut pairs = lines.filter_map(|line| line.split_once(": "));
    pairs.find_map(|(one, value)| one.eq_ignore_ascii_case(name).then_some(value))
}

/// A form's fields as they are sent.
fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

impl Browser {
    /// Follows a link that was not used.
    #[track_caller]
    fn open(link: &str) -> Self {
        let (address, path) = parts(link);
        let answer = send(
            address,
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes(),
        );
        assert_eq!(answer.status, 303, "{}", answer.head);
        let cookie = header(&answer, "set-cookie").expect("a cookie");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        let (cookie, _) = cookie.split_once(';').unwrap();
        Self {
            address,
            cookie: cookie.to_owned(),
        }
    }

    fn head(&self, line: &str, more: &str) -> String {
        let (address, cookie) = (self.address, &self.cookie);
        format!("{line} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n{more}")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        send(
            self.address,
            self.head(&format!("GET {path}"), "\r\n").as_bytes(),
        )
    }

    /// A page, which must be there.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// What the forms of this browser carry.
    fn token(&self) -> String {
        let page = self.page("/key-pairs");
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Posts a form as this browser does, with what this page would send along.
    pub(crate) fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let token = self.token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(pairs);
        let origin = format!(
            "Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n",
            self.address
        );
        self.post_as(path, &form(&all), &origin)
    }

    fn post_as(&self, path: &str, body: &str, more: &str) -> Answer {
        let length = body.len();
        let more = format!(
            "{more}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        send(
            self.address,
            self.head(&format!("POST {path}"), &more).as_bytes(),
        )
    }

    /// Where the answer leads to.
    #[track_caller]
    pub(crate) fn after(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.page(header(answer, "location").expect("a location"))
    }

    /// Creates a key pair; the file that comes with it, and the path it came from.
    #[track_caller]
    pub(crate) fn create(&self, pairs: &[(&str, &str)]) -> (Answer, String) {
        let created = self.post("/key-pairs/create", pairs);
        assert_eq!(created.status, 303, "{}", created.body);
        let page = self.get(header(&created, "location").unwrap());
        let refresh = header(&page, "refresh").expect("the page fetches the file");
        let path = refresh.strip_prefix("0; url=").unwrap().to_owned();
        // Looking is not taking.
        let look = self.head(&format!("HEAD {path}"), "\r\n");
        let mut client = Client::connect(self.address).unwrap();
        client.stream.write_all(look.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(&client.stream).read_line(&mut line).unwrap();
        assert!(line.contains(" 405 "), "{line}");
        (self.get(&path), path)
    }
}

/// `serve` with a console page, and a browser that shows the account of `served`'s requests.
pub(crate) fn open() -> (Served, Browser) {
    let (served, link) = start();
    let browser = Browser::open(&link);
    let chosen = browser.post(
        "/scope",
        &[
            ("region", "us-east-1"),
            ("account", KEY),
            ("back", "/key-pairs"),
        ],
    );
    assert_eq!(header(&chosen, "location"), Some("/key-pairs"));
    (served, browser)
}

fn start() -> (Served, String) {
    let mut command = Command::new(program());
    command.args([
        "serve",
        "--ec2",
        "127.0.0.1:0",
        "--console",
        "127.0.0.1:0",
        "--pace",
        "instant",
    ]);
    let served = Served::from(&mut command);
    let link = served.ready["console"].as_str().expect("a link").to_owned();
    (served, link)
}

fn key_pairs(served: &Served) -> Vec<String> {
    let answer = served.connect().ec2("DescribeKeyPairs", "").unwrap();
    answer.all("keyName").map(str::to_owned).collect()
}

#[test]
fn a_link_opens_the_page_once_and_without_it_nobody_sees_anything() {
    let (served, link) = start();
    let (address, path) = parts(&link);
    let ask = |path: &str| {
        send(
            address,
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes(),
        )
    };
    for path in [
        "/",
        "/key-pairs",
        "/events",
        "/key-pairs/create",
        "/nowhere",
        "/open?token=guess",
    ] {
        let answer = ask(path);
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            !answer.body.contains("form_token"),
            "{path}: {}",
            answer.body
        );
    }
    // A look ahead by a browser, or by a program that previews links, does not use it up.
    let preview =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nSec-Purpose: prefetch\r\n\r\n");
    assert_eq!(send(address, preview.as_bytes()).status, 405);
    let browser = Browser::open(&link);
    assert!(browser.page("/").contains("This is not AWS"));
    assert_eq!(ask(&path).status, 403, "stolen after its use");
    assert_eq!(
        browser.get(&path).status,
        303,
        "followed again in the same browser"
    );
    // Another link, for another browser.
    let more =
        "POST /_groundschool/console HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    let more = served.connect().send(more.as_bytes()).unwrap();
    let more: serde_json::Value = serde_json::from_str(&more.body).unwrap();
    let other = Browser::open(more["console"].as_str().unwrap());
    let foreign = form(&[
        ("form_token", &other.token()),
        ("KeyName", "a"),
        ("KeyType", "ed25519"),
    ]);
    assert_eq!(
        browser.post_as("/key-pairs/create", &foreign, "").status,
        403
    );
}

#[test]
fn other_pages_and_names_that_were_pointed_here_do_nothing() {
    let (served, browser) = open();
    let token = browser.token();
    let body = form(&[
        ("form_token", &token),
        ("KeyName", "evil"),
        ("KeyType", "ed25519"),
    ]);
    for more in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1:1\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        let answer = browser.post_as("/key-pairs/create", &body, more);
        assert_eq!(answer.status, 403, "{more}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "203.0.113.9"] {
        let ask = format!(
            "GET /key-pairs HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n",
            browser.cookie
        );
        let answer = send(browser.address, ask.as_bytes());
        assert_eq!(answer.status, 403, "{host}");
        assert!(!answer.body.contains("form_token"), "{host}");
    }
    for body in [
        "KeyName=evil&KeyType=ed25519",
        "form_token=&KeyName=evil",
        "form_token=0&KeyName=evil",
    ] {
        assert_eq!(
            browser.post_as("/key-pairs/create", body, "").status,
            403,
            "{body}"
        );
    }
    assert_eq!(key_pairs(&served), [""; 0]);
    // The same with nothing wrong is done.
    assert_eq!(browser.post_as("/key-pairs/create", &body, "").status, 303);
    assert_eq!(key_pairs(&served), ["evil"]);
}

#[test]
fn every_answer_forbids_what_is_inline_or_from_elsewhere_and_is_kept_nowhere() {
    let (_served, browser) = open();
    for path in ["/", "/key-pairs", "/nowhere", "/key-pairs/download/none"] {
        let answer = browser.get(path);
        let policy = header(&answer, "content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{path}");
        assert_eq!(
            header(&answer, "x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        for inline in [" style=", "<style", " onclick=", "<script>"] {
            assert!(!answer.body.contains(inline), "{path} has {inline}");
        }
    }
}

#[test]
fn a_private_key_is_downloaded_once_byte_for_byte_and_opens_what_the_account_has() {
    let (served, browser) = open();
    for (name, key_type, format) in [
        ("a", "rsa", "pem"),
        ("b", "ed25519", "pem"),
        ("c", "rsa", "ppk"),
        ("d", "ed25519", "ppk"),
    ] {
        let (file, path) = browser.create(&[
            ("KeyName", name),
            ("KeyType", key_type),
            ("KeyFormat", format),
        ]);
        assert_eq!(file.status, 200, "{name}");
        let disposition = header(&file, "content-disposition").unwrap();
        assert!(
            disposition.starts_with(&format!("attachment; filename=\"{name}.{format}\"")),
            "{disposition}"
        );
        assert_eq!(header(&file, "cache-control"), Some("no-store"));
        let key = inspect(file.body.as_bytes())
            .private
            .expect("a whole private key");
        let answer = served
            .connect()
            .ec2("DescribeKeyPairs", &format!("KeyName.1={name}"))
            .unwrap();
        assert_eq!(
            key.created_fingerprint(),
            answer.first("keyFingerprint"),
            "{name}"
        );
        assert_eq!(browser.get(&path).status, 404, "a second time");
    }
    // As the API gives it: RSA without a last line end.
    let made = served
        .connect()
        .ec2("CreateKeyPair", "KeyName=cli")
        .unwrap();
    assert!(!made.first("keyMaterial").ends_with('\n'));
    let (file, _) = browser.create(&[("KeyName", "e"), ("KeyType", "rsa"), ("KeyFormat", "pem")]);
    assert!(
        file.body.ends_with("-----END RSA PRIVATE KEY-----"),
        "{}",
        file.body
    );
}

#[test]
fn what_the_api_refuses_stands_at_its_field_in_the_apis_words() {
    let (served, browser) = open();
    served
        .connect()
        .ec2("CreateKeyPair", "KeyName=taken&KeyType=ed25519")
        .unwrap();
    let refused = [
        ("taken", "The keypair already exists"),
        ("", "The request must contain the parameter KeyName"),
        (" a", "Leading and trailing spaces are not allowed"),
        ("schlüssel", "Character sets beyond ASCII are not supported"),
        ("a\u{1}b", "Invalid character U+0001 in KeyName"),
    ];
    for (name, words) in refused {
        let fields = [
            ("KeyName", name),
            ("KeyType", "ed25519"),
            ("KeyFormat", "ppk"),
        ];
        let page = browser.after(&browser.post("/key-pairs/create", &fields));
        let input = page
            .split("<input")
            .find(|input| input.contains("id=\"field-KeyName\""))
            .unwrap();
        assert!(
            input.contains("aria-invalid=\"true\"") && input.contains("field-KeyName-error"),
            "{name}: {input}"
        );
        let (_, error) = page.split_once("id=\"field-KeyName-error\"").unwrap();
        assert!(
            error.split("</p>").next().unwrap().contains(words),
            "{name}: {error}"
        );
        // What was typed is still there.
        assert!(
            page.contains("value=\"ed25519\" checked") && page.contains("value=\"ppk\" checked"),
            "{page}"
        );
        assert!(page.contains("<title>Error: "), "{name}");
    }
    assert_eq!(key_pairs(&served), ["taken"]);
    let page = browser.after(&browser.post(
        "/key-pairs/import",
        &[("KeyName", "i"), ("PublicKeyMaterial", "nonsense")],
    ));
    let (_, error) = page
        .split_once("id=\"field-PublicKeyMaterial-error\"")
        .unwrap();
    assert!(
        error.contains("Key is not in valid OpenSSH public key format"),
        "{error}"
    );
}

#[test]
fn a_key_of_ones_own_is_imported_and_goes_only_when_delete_was_typed() {
    let (served, browser) = open();
    let public = include_str!("../../fixtures/keys/ed25519.pub");
    let page = browser.after(&browser.post(
        "/key-pairs/import",
        &[("KeyName", "own"), ("PublicKeyMaterial", public)],
    ));
    assert!(
        page.contains("Key pair own was imported.") && page.contains(">own<"),
        "{page}"
    );
    let id = served
        .connect()
        .ec2("DescribeKeyPairs", "")
        .unwrap()
        .first("keyPairId")
        .to_owned();
    let path = format!("/key-pairs/delete/{id}");
    let page = browser.after(&browser.post(&path, &[("confirm", "yes")]));
    assert!(
        page.contains("Type Delete to delete this key pair"),
        "{page}"
    );
    assert_eq!(key_pairs(&served), ["own"]);
    let page = browser.after(&browser.post(&path, &[("confirm", "Delete")]));
    assert!(page.contains("Key pair own was deleted."), "{page}");
    assert_eq!(key_pairs(&served), [""; 0]);
    assert_eq!(browser.get(&path).status, 404);
}

#[test]
fn script_in_names_and_tags_is_text() {
    let (served, browser) = open();
    let script = "<script>alert(1)</script>\"'><img src=x>";
    let tag = "TagSpecification.1.Tag.1";
    let (file, _) = browser.create(&[
        ("KeyName", script),
        ("KeyType", "ed25519"),
        ("KeyFormat", "pem"),
        (&format!("{tag}.Key"), "</li><b>"),
        (&format!("{tag}.Value"), script),
    ]);
    assert_eq!(file.status, 200);
    assert_eq!(key_pairs(&served).len(), 1);
    let page = browser.page("/key-pairs");
    for raw in ["<script>alert", "<img", "<b>"] {
        assert!(!page.contains(raw), "{page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    let page = browser.after(&browser.post("/key-pairs/create", &[("KeyName", script)]));
    assert!(!page.contains("<script>alert"), "{page}");
}

#[test]
fn a_form_that_is_too_large_is_refused_and_the_page_goes_on() {
    let (served, browser) = open();
    let token = browser.token();
    let long = form(&[("form_token", &token), ("KeyName", &"a".repeat(200_000))]);
    assert_eq!(browser.post_as("/key-pairs/create", &long, "").status, 413);
    let many = format!("form_token={token}&{}", "a=1&".repeat(1_000));
    assert_eq!(browser.post_as("/key-pairs/create", &many, "").status, 413);
    let odd = browser.head(
        "POST /key-pairs/create",
        "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\na",
    );
    assert_eq!(send(browser.address, odd.as_bytes()).status, 400);
    assert_eq!(key_pairs(&served), [""; 0]);
    browser.page("/key-pairs");
}

#[test]
fn a_form_of_another_region_is_not_taken_in_this_one() {
    let (served, browser) = open();
    let before = browser.token();
    let page = browser.after(&browser.post(
        "/scope",
        &[
            ("region", "eu-west-1"),
            ("account", KEY),
            ("back", "//evil.example"),
        ],
    ));
    assert!(
        page.contains("<option value=\"eu-west-1\" selected>"),
        "{page}"
    );
    let body = form(&[
        ("form_token", &before),
        ("KeyName", "a"),
        ("KeyType", "ed25519"),
    ]);
    let answer = browser.post_as("/key-pairs/create", &body, "");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Nothing was done"), "{}", answer.body);
    browser.create(&[
        ("KeyName", "there"),
        ("KeyType", "ed25519"),
        ("KeyFormat", "pem"),
    ]);
    assert_eq!(key_pairs(&served), [""; 0], "it is in the other region");
    let refused = browser.after(&browser.post("/scope", &[("region", "mars-1"), ("account", KEY)]));
    assert!(
        refused.contains("Ground School has no region named"),
        "{refused}"
    );
}

#[test]
fn a_change_by_the_cli_is_told_to_an_open_page() {
    let (served, browser) = open();
    let page = browser.page("/key-pairs");
    let (_, seen) = page.split_once("data-seen=\"").unwrap();
    let seen = seen.split('"').next().unwrap();
    let mut client = Client::connect(browser.address).unwrap();
    let ask = browser.head(&format!("GET /events?seen={seen}"), "\r\n");
    client.stream.write_all(ask.as_bytes()).unwrap();
    client
        .stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut lines = BufReader::new(&client.stream);
    let mut until = |what: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).expect("the stream goes on");
            if line.contains(what) {
                return;
            }
            assert!(
                read > 0 && Instant::now() < deadline,
                "waited in vain for {what}"
            );
        }
    };
    until("text/event-stream");
    served
        .connect()
        .ec2("CreateKeyPair", "KeyName=fromcli&KeyType=ed25519")
        .unwrap();
    until("event: changed");
    assert!(browser.page("/key-pairs").contains(">fromcli<"));
}

#[test]
fn no_page_weighs_more_than_60_kb_with_everything_that_it_loads() {
    let (_served, browser) = open();
    let page = browser.page("/");
    let loaded: usize = page
        .split(['"'])
        .filter(|path| path.starts_with("/assets/"))
        .map(|path| browser.get(path).body.len())
        .sum();
    assert!(loaded > 5_000, "the style sheet and the script: {loaded}");
    for path in ["/", "/key-pairs", "/key-pairs/create", "/key-pairs/import"] {
        let all = loaded + browser.page(path).len();
        assert!(all < 60_000, "{path}: {all}");
    }
}

#[test]
fn a_console_page_for_other_computers_is_refused() {
    let refused = Command::new(program())
        .args(["serve", "--console", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(text.contains("0.0.0.0 is not a loopback address"), "{text}");
}

#[test]
fn a_file_of_a_public_key_is_imported_as_browsers_send_it() {
    let (served, browser) = open();
    let public = include_str!("../../fixtures/keys/rsa.pub");
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pub\"\r\nContent-Type: application/octet-stream\r\n\r\n{public}\r\n--x--\r\n"
    );
    let body = [
        part("form_token", &browser.token()),
        part("KeyName", "chosen"),
        part("PublicKeyMaterial", ""),
        file,
    ]
    .concat();
    let more = format!(
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = send(
        browser.address,
        browser.head("POST /key-pairs/import", &more).as_bytes(),
    );
    assert!(
        browser
            .after(&answer)
            .contains("Key pair chosen was imported.")
    );
    assert_eq!(key_pairs(&served), ["chosen"]);
}

/// The link in what a terminal shows: the newest.
fn link_in(shown: &str) -> String {
    let start = shown.rfind("http://127.0.0.1:").expect("a link");
    let link: String = shown[start..]
        .chars()
        .take_while(|c| !c.is_whitespace())
        .collect();
    assert!(link.contains("/open?token="), "{link}");
    link
}

#[test]
fn a_question_of_the_lesson_is_answered_beside_the_pages() {
    let learner = Learner::new();
    let mut terminal = learner.start_in(&learner.root(), &["learn", "02-guard-the-file"]);
    terminal.wait("READY> ");
    let browser = Browser::open(&link_in(&terminal.line("lab console")));
    let ask = |word: &str| {
        browser.after(&browser.post("/lesson", &[("word", word), ("back", "/key-pairs")]))
    };
    let mut page = browser.page("/");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !page.contains("Answer b") {
        assert!(Instant::now() < deadline, "no step asks: {page}");
        page = ask("skip");
    }
    assert!(page.contains("What comes first?"), "{page}");
    let page = ask("answer c");
    assert!(page.contains("The instances keep theirs."), "{page}");
    let page = ask("answer b");
    assert!(
        page.contains("[right]") && page.contains("ssh refuses your key for its mode"),
        "{page}"
    );
    let nothing = browser.post("/lesson", &[("word", "reset yes"), ("back", "/")]);
    assert_eq!(nothing.status, 404, "only the pane's own words");
}

#[test]
fn in_a_lab_the_page_shows_the_lesson_and_its_key_is_found_wherever_it_is_kept() {
    on_each(|variant| {
        let learner = Learner::on(variant);
        let mut terminal = learner.open();
        let shown = terminal.line("lab console");
        let browser = Browser::open(&link_in(&shown));
        let page = browser.page("/").replace("<span>", "");
        assert!(
            page.contains("Lesson: Key pair") && page.contains("Step 1 of 9"),
            "{page}"
        );
        let hinted =
            browser.after(&browser.post("/lesson", &[("word", "hint"), ("back", "/key-pairs")]));
        assert!(hinted.contains("hint 1 of 3"), "{hinted}");
        assert!(hinted.contains("<h1>Key pairs</h1>"), "{hinted}");

        let (file, _) = browser.create(&[
            ("KeyName", "mine"),
            ("KeyType", "rsa"),
            ("KeyFormat", "pem"),
        ]);
        let page = browser.page("/key-pairs");
        assert!(
            page.contains("[done] Key pair mine is in your account"),
            "{page}"
        );
        assert!(page.contains("Step 2 of 9"), "{page}");
        // A browser saves it; the learner moves it to a folder of their own, under another name.
        terminal.line("mkdir -p ~/Downloads ~/my-keys");
        let saved = learner.home().join("Downloads/mine.pem");
        let folder = std::fs::metadata(saved.parent().unwrap()).unwrap();
        std::fs::write(&saved, &file.body).unwrap();
        std::os::unix::fs::chown(&saved, Some(folder.uid()), Some(folder.gid())).unwrap();
        terminal.line_until(
            "mv ~/Downloads/mine.pem ~/my-keys/the-key",
            "Next, step 3 of 9",
        );
        let (_, report) = learner.grade();
        assert_eq!(report["steps"][1]["verdict"], "passed", "{report}");
        assert!(browser.page("/").contains("Step 3 of 9"));
        // Hidden, it is on no page; and it comes back.
        let page = browser.after(&browser.post("/lesson", &[("word", "hide"), ("back", "/")]));
        assert!(
            !page.contains("Step 3 of 9") && page.contains("Show the lesson"),
            "{page}"
        );
        let page = browser.after(&browser.post("/lesson", &[("word", "show"), ("back", "/")]));
        assert!(page.contains("Step 3 of 9"), "{page}");
        // The shell's own account shows what the page made.
        let said =
            terminal.line("aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output text");
        assert!(said.contains("mine"), "{said}");
    });
}

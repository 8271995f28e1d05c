//! What other web pages, other names, old links and what others wrote into the account cannot do.

use std::io::{Read, Write};
use std::net::TcpListener;

use fantoccini::Locator;

use super::chromium::{Chromium, Scripts};
use super::site::Site;

/// Another web page on this computer: it gives the same text to whoever asks, as long as the test runs.
fn other_page(text: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, answer.clone()) else {
                return;
            };
            // A browser opens connections that it may never use.
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                if stream.read(&mut head).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    port
}

/// The value of the hidden field with which every form of the page proves where it comes from.
fn form_token(browser: &Chromium) -> String {
    browser.attribute("main input[name=form_token]", "value")
}

#[test]
fn another_page_cannot_send_a_form_and_a_form_without_its_token_is_not_taken() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);
    browser.visit("/key-pairs/create");
    // Even one that has stolen the token.
    let token = form_token(&browser);
    assert!(token.len() > 20);
    let to = site.address() + "/key-pairs/create";
    let page = format!(
        "<!doctype html><title>other</title><form id=f method=post action='{to}' enctype='multipart/form-data'>
         <input name=form_token value='{token}'><input name=KeyName value=stolen><input name=KeyType value=ed25519>
         <input name=KeyFormat value=pem><button>Win a prize</button></form>"
    );
    let port = other_page(&page);
    // The same site, by a browser's reckoning: the cookie comes along. Another site: it does not.
    for host in ["127.0.0.1", "evil.example"] {
        browser.go(&format!("http://{host}:{port}/"));
        browser.click("button");
        browser.see("h1", "This is not for other pages");
        assert_eq!(site.key_pairs(), [""; 0], "from {host}");
    }
    // Neither can it read, frame or run what is here.
    browser.go(&format!("http://127.0.0.1:{port}/"));
    let fetch = "const [address, mode, done] = arguments;
        fetch(address, { credentials: 'include', mode }).then((answer) => answer.text()).then(done, () => done('refused'));";
    let list = site.address() + "/key-pairs";
    for mode in ["cors", "no-cors"] {
        let got = browser.slow_script(fetch, vec![list.clone().into(), mode.into()]);
        let got = got.as_str().unwrap();
        assert!(got == "refused" || got.is_empty(), "{mode}: {got}");
    }
    let frame = "const [address, done] = arguments; const frame = document.createElement('iframe');
        frame.onload = () => { try { done(frame.contentDocument ? 'empty' : 'closed'); } catch { done('closed'); } };
        frame.src = address; document.body.append(frame);";
    browser.slow_script(frame, vec![list.into()]);
    let shown = browser.framed();
    assert!(!shown.contains("Key pairs"), "{shown}");

    // The page's own form, without its token or with one of nobody's.
    for token in [
        "",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ] {
        browser.go(&to);
        browser.write("#field-KeyName", "forged");
        let script = "document.querySelector('main input[name=form_token]').value = arguments[0];";
        browser.script(script, vec![token.into()]);
        browser.press("Create key pair");
        browser.see("h1", "The form was not taken");
    }
    assert_eq!(site.key_pairs(), [""; 0]);
    // Nothing of that has closed the page for its owner.
    browser.visit("/key-pairs");
    browser.see("#key-pairs", "There are no key pairs");
}

#[test]
fn another_name_that_was_pointed_here_is_turned_away() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);
    let evil = site.link().replace("127.0.0.1", "evil.example");
    browser.go(&evil);
    browser.see(
        "main",
        "This page answers to 127.0.0.1 and to localhost, and to no other name.",
    );
    let list = site.address().replace("127.0.0.1", "evil.example") + "/key-pairs";
    browser.go(&list);
    browser.see("main", "and to no other name.");
    // The link was not used up by that.
    browser.with(async |driver| driver.delete_all_cookies().await.unwrap());
    browser.go(&evil.replace("evil.example", "127.0.0.1"));
    browser.see("h1", "EC2 dashboard");
}

#[test]
fn a_link_that_was_used_opens_nothing_in_another_browser() {
    let site = Site::open();
    let link = site.first_link();
    let browser = Chromium::open(Scripts::On);
    browser.visit_first(&site);
    browser.see("h1", "This page needs a link");
    browser.go(&link);
    browser.see("h1", "EC2 dashboard");
    assert!(
        !browser.address().contains("token"),
        "the address bar shows no secret"
    );
    let seen = browser.script("return document.cookie;", Vec::new());
    assert_eq!(seen, "", "no script sees the cookie");
    // The owner may follow it again.
    browser.go(&link);
    browser.see("h1", "EC2 dashboard");
    // A thief has the link, and no cookie.
    let thief = Chromium::open(Scripts::On);
    thief.go(&link);
    thief.see("h1", "This page needs a link");
    thief.visit("/key-pairs");
    thief.see("h1", "This page needs a link");
    let guess =
        link.split("token=").next().unwrap().to_owned() + "token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    thief.go(&guess);
    thief.see("h1", "This page needs a link");
    thief.go(&site.link());
    thief.see("h1", "EC2 dashboard");
}

/// What somebody would write who wants a script to run.
const SCRIPTS: [&str; 4] = [
    "<script>window.owned = 1</script>",
    "\"><img src=x onerror=\"window.owned = 1\">",
    "'-window.owned-'</textarea><svg onload=window.owned=1>",
    "{{constructor.constructor('window.owned = 1')()}}&lt;b&gt;",
];

#[test]
fn a_script_in_a_name_or_a_tag_is_a_text() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);
    browser.visit("/key-pairs");
    browser.complaints();
    let is_clean = |place: &str| {
        assert_eq!(
            browser.script("return typeof window.owned;", Vec::new()),
            "undefined",
            "{place}"
        );
        let strange = "return document.querySelectorAll('body script, main img, main svg, main [onerror], main [onload]').length;";
        assert_eq!(browser.script(strange, Vec::new()), 0, "{place}");
        let said = browser.complaints();
        assert!(
            !said
                .iter()
                .any(|line| line.contains("Content Security Policy")),
            "{place}: {said:?}"
        );
    };
    // It comes by the API into a page that is open, and by a page that is loaded.
    for text in SCRIPTS {
        let fields = [
            ("KeyName", text),
            ("KeyType", "ed25519"),
            ("TagSpecification.1.ResourceType", "key-pair"),
            ("TagSpecification.1.Tag.1.Key", text),
            ("TagSpecification.1.Tag.1.Value", text),
        ];
        let made = site.done("CreateKeyPair", &fields);
        browser.see("#key-pairs th", &format!("{text}={text}"));
        is_clean("the open list");
        browser.visit(&format!("/key-pairs/delete/{}", made.first("keyPairId")));
        browser.see("h1", text);
        is_clean("its deletion");
        browser.visit("/key-pairs");
        browser.see("#key-pairs th", text);
        is_clean("the list");
    }
    // What was typed comes back into the form, and what was asked for into the page that misses it.
    for text in SCRIPTS {
        browser.visit("/key-pairs/create");
        browser.write("#field-KeyName", text);
        browser.press("Add tag");
        browser.write("#tag-1-key", &format!("aws:{text}"));
        browser.press("Create key pair");
        browser.see("#refused", "Not done");
        assert_eq!(browser.value("#field-KeyName"), text);
        is_clean("the refused form");
        let path: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        browser.visit(&format!(
            "/key-pairs/delete/{path}?note={path}&tried={path}"
        ));
        browser.see("h1", "");
        is_clean("a page that is missed");
    }
}

impl Chromium {
    /// A page of the console, for a browser that has never seen it.
    fn visit_first(&self, site: &Site) {
        self.go(&format!("{}/key-pairs", site.address()));
    }

    /// The text in the page's first frame.
    fn framed(&self) -> String {
        self.with(async |driver| {
            driver.clone().enter_frame(0).await.unwrap();
            let body = driver.find(Locator::Css("body")).await;
            let text = match body {
                Ok(body) => body.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            driver.clone().enter_parent_frame().await.unwrap();
            text
        })
    }
}

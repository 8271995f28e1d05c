//! The life of a key pair in the browser: created, downloaded once, imported, deleted; with and without JavaScript, by
//! keyboard alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fantoccini::key::Key;

use super::chromium::{Chromium, Scripts};
use super::site::Site;

/// What `ssh-keygen` prints.
#[track_caller]
fn keygen(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ssh-keygen {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The mode, as `chmod` wants it.
fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn set_mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
}

/// From the list, by the buttons that are seen.
#[track_caller]
fn create(browser: &Chromium, name: &str, key_type: &str, format: &str) {
    browser.visit("/key-pairs");
    browser.press("Create key pair");
    browser.write("#field-KeyName", name);
    browser.click(&format!("#field-KeyType-{key_type}"));
    browser.click(&format!("#field-KeyFormat-{format}"));
    browser.press("Create key pair");
    browser.see("#notice", &format!("Key pair {name} is in your account"));
}

#[test]
fn a_created_key_pair_is_a_download_that_is_the_private_key_and_that_others_may_read() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);

    create(&browser, "testkeypair", "rsa", "pem");
    let file = browser.downloaded("testkeypair.pem");
    assert_eq!(mode(&file), 0o644, "as a browser leaves it");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("-----END RSA PRIVATE KEY-----"));
    set_mode(&file, 0o400);
    let public = keygen(&["-y", "-f"], &file);
    let told = site.aws("ec2 describe-key-pairs --key-names testkeypair --include-public-key --query KeyPairs[0].[PublicKey,KeyFingerprint] --output text");
    let (told_key, fingerprint) = told.split_once('\t').unwrap();
    let key = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    assert_eq!(key(&public), key(told_key));
    assert_eq!(sha1_of_pkcs8(&file), fingerprint);
    browser.see("dl", fingerprint);
    assert_eq!(browser.all_downloads(), ["testkeypair.pem"]);

    create(&browser, "curve", "ed25519", "pem");
    let file = browser.downloaded("curve.pem");
    set_mode(&file, 0o400);
    let said = keygen(&["-l", "-f"], &file);
    let shown = browser.text("dl");
    let digest = said
        .split("SHA256:")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(shown.contains(digest), "{said}\n{shown}");

    create(&browser, "windows", "ed25519", "ppk");
    let file = browser.downloaded("windows.ppk");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("PuTTY-User-Key-File-"), "{text}");
    assert_eq!(
        browser.all_downloads(),
        ["curve.pem", "testkeypair.pem", "windows.ppk"]
    );

    // It was given once: by no way back to the page, and by no link of it, does it come again.
    let page = browser.path();
    let key = page.rsplit('/').next().unwrap().to_owned();
    browser.visit(&page);
    browser.see("main", "The file was downloaded, or a minute has passed.");
    browser.visit(&format!("/key-pairs/download/{key}"));
    browser.see("main", "This file was downloaded already");
    assert_eq!(browser.all_downloads().len(), 3);
}

/// The fingerprint of an RSA key that EC2 made, after AWS's own recipe.
fn sha1_of_pkcs8(file: &Path) -> String {
    let recipe =
        "openssl pkcs8 -in \"$0\" -inform PEM -outform DER -topk8 -nocrypt | openssl sha1 -c";
    let output = Command::new("sh")
        .args(["-c", recipe])
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.trim().rsplit(' ').next().unwrap().to_owned()
}

/// Everything that can be done with key pairs.
fn live_through(site: &Site, browser: &Chromium) {
    create(browser, "mine", "ed25519", "pem");
    let file = browser.downloaded("mine.pem");
    assert_eq!(mode(&file), 0o644);
    set_mode(&file, 0o600);
    assert_eq!(site.key_pairs(), ["mine"]);

    // Tags: a row comes with what was typed.
    browser.visit("/key-pairs/import");
    let public = browser.folder().join("own.pub");
    std::fs::write(&public, keygen(&["-y", "-f"], &file) + " me@home\n").unwrap();
    browser.write("#field-KeyName", "own");
    browser.press("Add tag");
    browser.write("#tag-1-key", "team");
    browser.write("#tag-1-value", "blue");
    browser.press("Add tag");
    assert_eq!(browser.value("#tag-2-value"), "");
    assert_eq!(browser.value("#tag-1-value"), "blue");
    assert_eq!(browser.value("#field-KeyName"), "own");
    browser.choose_file("#field-file", &public);
    browser.press("Import key pair");
    browser.see("#notice", "Key pair own was imported.");
    browser.see("#key-pairs", "team=blue");
    browser.visit("/key-pairs/import");
    browser.write("#field-KeyName", "pasted");
    let text = std::fs::read_to_string(&public).unwrap();
    browser.write("#field-PublicKeyMaterial", text.trim());
    browser.press("Import key pair");
    browser.see("#notice", "Key pair pasted was imported.");
    assert_eq!(site.key_pairs(), ["mine", "own", "pasted"]);

    // Another region has its own.
    choose_region(browser, "eu-north-1");
    browser.see("#key-pairs", "There are no key pairs in eu-north-1 yet.");
    choose_region(browser, "us-east-1");
    browser.see("#key-pairs", "pasted");

    for name in ["own", "pasted"] {
        let row = format!("//tr[th[starts-with(normalize-space(.), '{name}')]]//a");
        browser.click_path(&row);
        browser.write("#field-confirm", "Delete");
        browser.press("Delete key pair");
        browser.see("#notice", &format!("Key pair {name} was deleted."));
    }
    assert_eq!(site.key_pairs(), ["mine"]);
}

fn choose_region(browser: &Chromium, region: &str) {
    browser.click(&format!("#scope-region option[value={region}]"));
    browser.click("#scope-go");
}

#[test]
fn key_pairs_can_be_created_tagged_imported_and_deleted() {
    let site = Site::open();
    live_through(&site, &site.browser(Scripts::On));
}

#[test]
fn without_javascript_everything_can_be_done_too() {
    let site = Site::open();
    let browser = site.browser(Scripts::Off);
    browser.see(
        "noscript",
        "Without JavaScript this page does not update itself",
    );
    live_through(&site, &browser);
    // A reload shows what others did.
    browser.visit("/key-pairs");
    site.done(
        "CreateKeyPair",
        &[("KeyName", "another"), ("KeyType", "ed25519")],
    );
    browser.visit("/key-pairs");
    browser.see("#key-pairs", "another");
}

#[test]
fn the_keyboard_alone_creates_a_key_pair() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);
    // The first thing that it reaches leads past the navigation.
    browser.key(Key::Tab);
    assert_eq!(browser.focused("textContent"), "Skip to the page's content");
    browser.key(Key::Enter);
    browser.until("the page's content has the focus", || {
        browser.focused("id") == "main"
    });
    browser.visit("/");
    browser.tab_to("textContent", "Key pairs");
    browser.key(Key::Enter);
    browser.arrive("/key-pairs");
    browser.tab_to("id", "create");
    browser.key(Key::Enter);
    browser.arrive("/key-pairs/create");
    browser.tab_to("id", "field-KeyName");
    browser.keys("by-keyboard");
    browser.tab_to("id", "field-KeyType-rsa");
    browser.key(Key::Down);
    assert_eq!(browser.focused("id"), "field-KeyType-ed25519");
    browser.tab_to("id", "field-KeyFormat-pem");
    browser.tab_to("id", "submit");
    browser.key(Key::Enter);
    browser.see("#notice", "Key pair by-keyboard is in your account");
    let file = browser.downloaded("by-keyboard.pem");
    set_mode(&file, 0o400);
    assert!(keygen(&["-y", "-f"], &file).starts_with("ssh-ed25519 "));

    // Tab, Enter and the space bar are enough: it goes on from the page that says where the file is.
    browser.tab_to("id", "back");
    browser.key(Key::Enter);
    browser.arrive("/key-pairs");
    browser.tab_to("id", "create");
    browser.key(Key::Enter);
    browser.arrive("/key-pairs/create");
    browser.tab_to("id", "field-KeyName");
    browser.keys("by-space");
    browser.tab_to("id", "add-tag");
    browser.keys(" ");
    browser.until("there is a row for a tag", || browser.has("#tag-1-key"));
    browser.tab_to("id", "tag-1-key");
    browser.keys("team");
    browser.tab_to("id", "tag-1-value");
    browser.keys("blue");
    browser.tab_to("id", "submit");
    browser.keys(" ");
    browser.see("#notice", "Key pair by-space is in your account");
    browser.downloaded("by-space.pem");
    assert_eq!(site.key_pairs(), ["by-keyboard", "by-space"]);
}

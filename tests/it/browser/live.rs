//! What others do to the account shows by itself in a page that is open.

use super::chromium::Scripts;
use super::site::Site;

#[test]
fn what_the_aws_cli_does_shows_in_the_open_page_without_a_reload() {
    let site = Site::open();
    let browser = site.browser(Scripts::On);
    browser.visit("/key-pairs");
    browser.see("#key-pairs", "There are no key pairs in us-east-1 yet.");
    // A reload would lose it.
    browser.script("window.isTheSamePage = true;", Vec::new());

    site.aws("ec2 create-key-pair --key-name by-cli --key-type ed25519");
    browser.see("#key-pairs th", "by-cli");
    browser.see("#key-pairs-caption", "(1)");
    let news = "return document.getElementById('news').textContent;";
    assert_eq!(browser.script(news, Vec::new()), "Key pair by-cli, new.");

    let id = site
        .done("DescribeKeyPairs", &[])
        .first("keyPairId")
        .to_owned();
    let row = format!("#row-{id}");
    site.done(
        "CreateTags",
        &[
            ("ResourceId.1", &id),
            ("Tag.1.Key", "team"),
            ("Tag.1.Value", "blue"),
        ],
    );
    browser.see(&row, "team=blue");
    site.aws("ec2 delete-key-pair --key-name by-cli");
    browser.see("#key-pairs", "There are no key pairs in us-east-1 yet.");
    assert_eq!(browser.script(news, Vec::new()), "Key pair by-cli, gone.");
    assert_eq!(
        browser.script("return window.isTheSamePage;", Vec::new()),
        true
    );

    // And what is done here shows there.
    browser.press("Create key pair");
    browser.write("#field-KeyName", "by-hand");
    browser.press("Create key pair");
    browser.see("#notice", "Key pair by-hand is in your account");
    let names = site.aws("ec2 describe-key-pairs --query KeyPairs[].KeyName --output text");
    assert_eq!(names, "by-hand");
}

#[test]
fn what_is_being_typed_and_where_stays_while_the_account_changes() {
    let site = Site::open();
    site.done(
        "CreateKeyPair",
        &[("KeyName", "first"), ("KeyType", "ed25519")],
    );
    let browser = site.browser(Scripts::On);
    browser.visit("/key-pairs");
    let delete = browser.attribute("#key-pairs a", "id");
    browser.script(
        "document.getElementById(arguments[0]).focus();",
        vec![delete.clone().into()],
    );
    site.done(
        "CreateKeyPair",
        &[("KeyName", "second"), ("KeyType", "ed25519")],
    );
    browser.see("#key-pairs", "second");
    assert_eq!(browser.focused("id"), delete);

    browser.visit("/key-pairs/create");
    browser.write("#field-KeyName", "half a na");
    let seen = browser.attribute("body", "data-seen");
    assert!(!seen.is_empty());
    let fetched = "return performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch').length;";
    let before = browser.script(fetched, Vec::new());
    site.done("DeleteKeyPair", &[("KeyName", "first")]);
    browser.until("the page asks for itself", || {
        browser.script(fetched, Vec::new()) != before
    });
    assert_eq!(browser.value("#field-KeyName"), "half a na");
    assert_eq!(browser.focused("id"), "field-KeyName");
}

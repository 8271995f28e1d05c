//! What a form does not take is said at its field, in the API's own words, and what was typed stays.

use super::chromium::{Chromium, Scripts};
use super::site::{Site, unescaped};
use crate::served::Answer;

/// A form that is refused.
struct Refused {
    /// Where the form is.
    page: &'static str,
    /// Its button.
    button: &'static str,
    /// What is typed: selectors and texts. A text for a radio button is what its value is changed to.
    typed: &'static [(&'static str, &'static str)],
    /// The element that the refusal is about.
    at: &'static str,
    /// The action and the fields that the API refuses with the same words; none where only the page has such a field.
    same: Option<(&'static str, &'static [(&'static str, &'static str)])>,
    /// Its code.
    code: &'static str,
}

const NAME: &str = "field-KeyName";
const MATERIAL: &str = "field-PublicKeyMaterial";
const TAGS: &str = "field-TagSpecification-1-Tag";
const KEY: &str = "TagSpecification.1.Tag.1.Key";
const VALUE: &str = "TagSpecification.1.Tag.1.Value";
const KIND: (&str, &str) = ("TagSpecification.1.ResourceType", "key-pair");
/// Longer than a name may be, and than a tag's key.
const LONG: &str = match std::str::from_utf8(&[b'k'; 256]) {
    Ok(text) => text,
    Err(_) => "",
};

/// A form of Create key pair.
const fn create(
    typed: &'static [(&'static str, &'static str)],
    at: &'static str,
    fields: &'static [(&'static str, &'static str)],
    code: &'static str,
) -> Refused {
    let (page, button) = ("/key-pairs/create", "Create key pair");
    let same = Some(("CreateKeyPair", fields));
    Refused {
        page,
        button,
        typed,
        at,
        same,
        code,
    }
}

/// A form of Import key pair.
const fn import(
    typed: &'static [(&'static str, &'static str)],
    at: &'static str,
    fields: &'static [(&'static str, &'static str)],
    code: &'static str,
) -> Refused {
    let (page, button) = ("/key-pairs/import", "Import key pair");
    let same = Some(("ImportKeyPair", fields));
    Refused {
        page,
        button,
        typed,
        at,
        same,
        code,
    }
}

static REFUSED: &[Refused] = &[
    create(&[], NAME, &[], "MissingParameter"),
    create(
        &[("#field-KeyName", " a")],
        NAME,
        &[("KeyName", " a")],
        "InvalidParameterValue",
    ),
    create(
        &[("#field-KeyName", "Schlüssel")],
        NAME,
        &[("KeyName", "Schlüssel")],
        "InvalidParameterValue",
    ),
    create(
        &[("#field-KeyName", LONG)],
        NAME,
        &[("KeyName", LONG)],
        "InvalidParameterValue",
    ),
    create(
        &[("#field-KeyName", "taken")],
        NAME,
        &[("KeyName", "taken")],
        "InvalidKeyPair.Duplicate",
    ),
    create(
        &[("#field-KeyName", "a"), ("#field-KeyType-rsa", "dsa")],
        "field-KeyType",
        &[("KeyName", "a"), ("KeyType", "dsa")],
        "InvalidParameterValue",
    ),
    create(
        &[("#field-KeyName", "a"), ("#field-KeyFormat-pem", "der")],
        "field-KeyFormat",
        &[("KeyName", "a"), ("KeyFormat", "der")],
        "InvalidParameterValue",
    ),
    create(
        &[
            ("#field-KeyName", "a"),
            ("#tag-1-key", "aws:mine"),
            ("#tag-1-value", "x"),
        ],
        TAGS,
        &[("KeyName", "a"), KIND, (KEY, "aws:mine"), (VALUE, "x")],
        "InvalidParameterValue",
    ),
    create(
        &[("#field-KeyName", "a"), ("#tag-1-key", LONG)],
        TAGS,
        &[("KeyName", "a"), KIND, (KEY, LONG), (VALUE, "")],
        "InvalidParameterValue",
    ),
    import(&[], NAME, &[], "MissingParameter"),
    import(
        &[("#field-KeyName", "a")],
        MATERIAL,
        &[("KeyName", "a")],
        "MissingParameter",
    ),
    import(
        &[
            ("#field-KeyName", "a"),
            ("#field-PublicKeyMaterial", "no key"),
        ],
        MATERIAL,
        &[("KeyName", "a"), ("PublicKeyMaterial", "bm8ga2V5")],
        "InvalidKey.Format",
    ),
    import(
        &[
            ("#field-KeyName", "a"),
            (
                "#field-PublicKeyMaterial",
                "-----BEGIN RSA PRIVATE KEY-----",
            ),
        ],
        MATERIAL,
        &[
            ("KeyName", "a"),
            (
                "PublicKeyMaterial",
                "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ==",
            ),
        ],
        "InvalidKey.Format",
    ),
    Refused {
        page: "/key-pairs/delete/TAKEN",
        button: "Delete key pair",
        typed: &[],
        at: "field-confirm",
        same: None,
        code: "GroundSchool.NotConfirmed",
    },
    Refused {
        page: "/key-pairs/delete/TAKEN",
        button: "Delete key pair",
        typed: &[("#field-confirm", "Delete it")],
        at: "field-confirm",
        same: None,
        code: "GroundSchool.NotConfirmed",
    },
];

fn fill_in(browser: &Chromium, selector: &str, text: &str) {
    if selector.starts_with("#tag-") && !browser.has(selector) {
        browser.press("Add tag");
    }
    match browser.attribute(selector, "type").as_str() {
        "radio" => {
            let script = "document.querySelector(arguments[0]).value = arguments[1];";
            browser.script(script, vec![selector.into(), text.into()]);
        }
        _ => browser.write(selector, text),
    }
}

/// The text at the field of that id, which says that it is wrong to those who see it and to those who hear it.
#[track_caller]
pub(super) fn refusal_at(browser: &Chromium, id: &str, code: &str, about: &str) -> String {
    browser.see("#refused", code);
    let error = browser.text(&format!("#{id}-error"));
    assert!(
        error.starts_with("Error: ") && error.contains(code),
        "{about}: {error}"
    );
    let field = format!("#{id}");
    let described = browser.attribute(&field, "aria-describedby");
    let names_it = described.split(' ').any(|one| one == format!("{id}-error"));
    assert!(names_it, "{about}: {described}");
    // A group of boxes is not wrong by itself, but each of them is.
    let wrong = "const field = document.querySelector(arguments[0]);
        const all = field.matches('fieldset:not([role])') ? Array.from(field.querySelectorAll('input:not([type=hidden])')) : [field];
        return all.length > 0 && all.every((one) => one.getAttribute('aria-invalid') === 'true');";
    assert_eq!(
        browser.script(wrong, vec![field.as_str().into()]),
        true,
        "{about}"
    );
    assert!(browser.title().starts_with("Error: "), "{about}");
    assert!(
        browser.has(&format!("#refused a[href='{field}']")),
        "{about}"
    );
    error
}

/// The API refuses it with the code and the sentence that the page shows.
#[track_caller]
pub(super) fn says_the_same(answer: &Answer, code: &str, error: &str, about: &str) {
    assert_eq!(answer.first("Code"), code, "{about}");
    let sentence = unescaped(answer.first("Message"));
    assert!(
        !sentence.is_empty() && error.contains(&sentence),
        "{about}: {error}: not {sentence}"
    );
}

#[test]
fn every_refusal_of_the_key_pairs_forms_stands_at_its_field_in_the_apis_words() {
    let site = Site::open();
    let taken = site.done(
        "CreateKeyPair",
        &[("KeyName", "taken"), ("KeyType", "ed25519")],
    );
    let taken = taken.first("keyPairId").to_owned();
    let browser = site.browser(Scripts::On);
    for refused in REFUSED {
        let page = refused.page.replace("TAKEN", &taken);
        browser.visit(&page);
        for (selector, text) in refused.typed {
            fill_in(&browser, selector, text);
        }
        browser.press(refused.button);
        let about = format!("{page} with {:?}", refused.typed);
        let error = refusal_at(&browser, refused.at, refused.code, &about);
        if let Some((action, fields)) = refused.same {
            says_the_same(&site.ask(action, fields), refused.code, &error, &about);
        }
        assert_eq!(browser.path(), page, "{about}");
        // Nothing typed is lost.
        for (selector, text) in refused.typed {
            if browser.has(selector) && browser.attribute(selector, "type") != "radio" {
                assert_eq!(browser.value(selector), *text, "{about}");
            }
        }
    }
    assert_eq!(site.key_pairs(), ["taken"]);
}

//! Every page: for everybody, on every width, small, from this computer alone, and as it looks.

use super::chromium::{Chromium, Scripts};
use super::eyes::{Colours, WIDTHS};
use super::site::{FURNITURE, Site};

/// A page: a name for its pictures, and its path. What is in capitals stands for an id.
const ALL: &[(&str, &str)] = &[
    ("dashboard", "/"),
    ("instances", "/instances"),
    ("launch", "/instances/launch"),
    ("instance", "/instances/INSTANCE"),
    ("instance-security", "/instances/INSTANCE/security"),
    ("instance-networking", "/instances/INSTANCE/networking"),
    ("instance-storage", "/instances/INSTANCE/storage"),
    ("instance-tags", "/instances/INSTANCE/tags"),
    ("connect", "/instances/INSTANCE/connect"),
    ("system-log", "/instances/INSTANCE/log"),
    ("instance-groups", "/instances/INSTANCE/groups"),
    ("instance-protection", "/instances/INSTANCE/protection"),
    ("instance-manage-tags", "/tags/INSTANCE"),
    ("terminate", "/instances/change/terminate/INSTANCE"),
    ("security-groups", "/security-groups"),
    ("create-security-group", "/security-groups/create"),
    ("security-group", "/security-groups/GROUP"),
    ("security-group-outbound", "/security-groups/GROUP/outbound"),
    ("edit-inbound", "/security-groups/GROUP/edit-inbound"),
    ("edit-outbound", "/security-groups/GROUP/edit-outbound"),
    ("delete-security-group", "/security-groups/GROUP/delete"),
    ("elastic-ips", "/elastic-ips"),
    ("allocate", "/elastic-ips/allocate"),
    ("associate", "/elastic-ips/ADDRESS/associate"),
    ("release", "/elastic-ips/ADDRESS/release"),
    ("key-pairs", "/key-pairs"),
    ("create-key-pair", "/key-pairs/create"),
    ("import-key-pair", "/key-pairs/import"),
    ("delete-key-pair", "/key-pairs/delete/KEY_PAIR"),
    ("region", "/scope"),
    ("nowhere", "/nowhere"),
];

/// The pages whose pictures are kept, for people to look at.
const PICTURED: &[&str] = &[
    "dashboard",
    "instances",
    "launch",
    "instance-security",
    "connect",
    "instance-manage-tags",
    "edit-inbound",
    "key-pairs",
    "create-key-pair-refused",
    "key-pair-created",
];

/// What a page may weigh, everything that belongs to it included, in bytes as they are sent.
const MOST: u64 = 60 * 1024;

/// A page of an account with something in it.
struct Furnished {
    site: Site,
    ids: Vec<(&'static str, String)>,
}

impl Furnished {
    fn new() -> Self {
        let site = Site::with(FURNITURE);
        let long = "a-name-that-somebody-chose-who-likes-long-names-and-has-never-heard-of-a-narrow-screen-".repeat(2);
        for name in ["lab", &long] {
            site.done(
                "CreateKeyPair",
                &[("KeyName", name), ("KeyType", "ed25519")],
            );
        }
        let pairs = site.done("DescribeKeyPairs", &[]);
        let address = site.done("AllocateAddress", &[]);
        let group = site.done("DescribeSecurityGroups", &[("GroupName.1", "ssh")]);
        let instance = site.done("DescribeInstances", &[]);
        let ids = vec![
            ("KEY_PAIR", pairs.first("keyPairId").to_owned()),
            ("INSTANCE", instance.first("instanceId").to_owned()),
            ("GROUP", group.first("groupId").to_owned()),
            ("ADDRESS", address.first("allocationId").to_owned()),
        ];
        for (_, id) in &ids {
            let tag = [
                ("ResourceId.1", id.as_str()),
                ("Tag.1.Key", "team"),
                ("Tag.1.Value", "blue"),
            ];
            site.done("CreateTags", &tag);
        }
        Self { site, ids }
    }

    fn path(&self, path: &str) -> String {
        let ids = self.ids.iter();
        ids.fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
    }
}

/// The pages of [`ALL`], and those that a click leads to.
fn each(furnished: &Furnished, browser: &Chromium, mut look: impl FnMut(&str)) {
    for (name, path) in ALL {
        browser.visit(&furnished.path(path));
        look(name);
    }
    browser.visit("/key-pairs/create");
    browser.write("#field-KeyName", "testkeypair");
    browser.press("Add tag");
    browser.press("Create key pair");
    browser.see("#refused", "InvalidKeyPair.Duplicate");
    look("create-key-pair-refused");
    browser.write("#field-KeyName", "new");
    browser.press("Create key pair");
    browser.see("#notice", "Key pair new is in your account");
    browser.downloaded("new.pem");
    look("key-pair-created");
}

#[test]
fn axe_finds_nothing_on_any_page_in_light_and_in_dark() {
    let furnished = Furnished::new();
    let browser = furnished.site.browser(Scripts::On);
    let mut report = Vec::new();
    each(&furnished, &browser, |name| {
        // Another width and the other colours change what is seen, not what is there.
        for (colours, width) in [(Colours::Light, WIDTHS[0]), (Colours::Dark, WIDTHS[2])] {
            browser.colour(colours);
            browser.resize(width);
            let found = match colours {
                Colours::Light => browser.barriers(),
                Colours::Dark => browser.barriers_to_the_eye(),
            };
            if !found.is_empty() {
                report.push(format!(
                    "{name}, {}, {}:\n{found}",
                    colours.name(),
                    width.name
                ));
            }
        }
    });
    assert!(report.is_empty(), "{}", report.join("\n"));
}

#[test]
fn no_page_is_wider_than_its_window_and_each_is_small_and_complains_of_nothing() {
    let furnished = Furnished::new();
    let browser = furnished.site.browser(Scripts::On);
    let mut report = Vec::new();
    browser.complaints();
    each(&furnished, &browser, |name| {
        for width in WIDTHS {
            browser.resize(width);
            let cut = browser.cut_off(width);
            if !cut.is_empty() {
                report.push(format!("{name}, {}: {cut}", width.name));
            }
            if PICTURED.contains(&name) {
                browser.picture(&format!("{name}-{}-light", width.name));
            }
        }
        if PICTURED.contains(&name) {
            browser.colour(Colours::Dark);
            browser.picture(&format!("{name}-desktop-dark"));
            browser.colour(Colours::Light);
        }
        let (weight, strangers) = browser.freight();
        if weight > MOST {
            report.push(format!("{name}: {weight} bytes"));
        }
        for one in strangers {
            report.push(format!("{name}: fetches {one}"));
        }
        for one in browser.complaints() {
            let is_expected = name == "nowhere" && one.contains("404");
            if !is_expected {
                report.push(format!("{name}: the browser says: {one}"));
            }
        }
    });
    assert!(report.is_empty(), "{}", report.join("\n"));
}

impl Chromium {
    /// The bytes of the page and of all that it fetched, and what of it came from elsewhere.
    fn freight(&self) -> (u64, Vec<String>) {
        let script = "return performance.getEntries().filter((one) => 'encodedBodySize' in one)
            .map((one) => [one.name, one.encodedBodySize]);";
        let all = self.script(script, Vec::new());
        let own = self.address();
        let own: String = own.split('/').take(3).collect::<Vec<_>>().join("/") + "/";
        let all: Vec<(String, u64)> = serde_json::from_value(all).unwrap();
        assert!(!all.is_empty());
        let weight = all.iter().map(|(_, bytes)| bytes).sum();
        let names = all.into_iter().map(|(name, _)| name);
        (
            weight,
            names.filter(|name| !name.starts_with(&own)).collect(),
        )
    }
}

//! The guide, clicked: from an empty account in a lab to a login with the downloaded key, by the command that the page shows.

use super::chromium::{Chromium, Scripts};
use super::eyes::{WIDTHS, Width};
use crate::learner::Learner;
use crate::open_lab::OpenLab;

/// What is clicked in AWS's own console for each part, from its EC2 dashboard on (AWS's user guide: "Create key pairs", "Launch
/// an instance", "Connect using an SSH client"; a list is opened, and an entry of it chosen; typing is no click). Here it is:
///
/// | part | AWS | here |
/// |---|---|---|
/// | create a key pair | 3 | 3 |
/// | launch | 5 | 5 |
/// | connect | 5 | 2 |
const AT_AWS: [(&str, &[&str], usize); 3] = [
    (
        "create a key pair",
        &["Key Pairs", "Create key pair", "Create key pair"],
        3,
    ),
    (
        "launch",
        &[
            "Instances",
            "Launch instances",
            "Key pair name",
            "testkeypair",
            "Launch instance",
        ],
        5,
    ),
    (
        "connect",
        &[
            "View all instances",
            "the instance's check box",
            "Connect",
            "SSH client",
            "the copy button",
        ],
        2,
    ),
];

/// The link that `lab console` prints.
pub(super) fn link(lab: &mut OpenLab) -> String {
    let said = lab.terminal.line("lab console");
    let start = said
        .find("http://")
        .unwrap_or_else(|| panic!("no link: {said}"));
    said[start..].split_whitespace().next().unwrap().to_owned()
}

fn walk(width: Width) {
    let mut lab = OpenLab::of(Learner::new());
    let browser = Chromium::open(Scripts::On);
    browser.resize(width);
    browser.go(&link(&mut lab));
    browser.see("h1", "EC2 dashboard");
    let fits = |page: &str| {
        let cut = browser.cut_off(width);
        assert!(cut.is_empty(), "{page} on a {}: {cut}", width.name);
        browser.picture(&format!("guide-{page}-{}", width.name));
    };
    fits("1-dashboard");
    let mut clicks = vec![browser.clicks()];

    browser.click_path("//nav//a[.='Key pairs']");
    browser.press("Create key pair");
    browser.write("#field-KeyName", "testkeypair");
    fits("2-create-key-pair");
    browser.press("Create key pair");
    browser.see("#notice", "Key pair testkeypair is in your account");
    let file = browser.downloaded("testkeypair.pem");
    clicks.push(browser.clicks());
    fits("3-created");

    browser.click_path("//nav//a[.='Instances']");
    browser.press("Launch instances");
    browser.choose("#field-KeyName", "testkeypair");
    fits("4-launch");
    browser.press("Launch instance");
    browser.see("h1", "Success");
    browser.see("#launched", "It runs.");
    clicks.push(browser.clicks());
    fits("5-launched");
    browser.press("Connect to instance");
    browser.see("h1", "Connect to instance");
    let chmod = browser.text("#chmod");
    let example = browser.text("#example");
    browser.click("[data-copy=example]");
    browser.until("the page says that it is copied", || {
        browser.script(
            "return document.getElementById('news').textContent;",
            Vec::new(),
        ) == "Copied."
    });
    fits("6-connect");
    clicks.push(browser.clicks());
    for ((part, at_aws, here), pair) in AT_AWS.iter().zip(clicks.windows(2)) {
        let clicked = pair[1] - pair[0];
        assert_eq!(clicked, *here, "{part}");
        assert!(clicked <= at_aws.len(), "{part}: at AWS {at_aws:?}");
    }

    // The guide's own end: to the folder of the file, ssh's refusal, chmod, and in.
    let folder = file.parent().unwrap();
    lab.says(&format!("cd '{}'", folder.display()));
    assert_eq!(chmod, "chmod 400 \"testkeypair.pem\"");
    assert!(
        example.starts_with("ssh -i \"testkeypair.pem\" ec2-user@"),
        "{example}"
    );
    lab.terminal.press(&format!("{example}\r"));
    lab.terminal.wait("(yes/no");
    lab.terminal.press("yes\r");
    let refused = lab.terminal.wait("READY> ");
    assert!(
        refused.contains("UNPROTECTED PRIVATE KEY FILE!"),
        "{refused}"
    );
    lab.says(&chmod);
    lab.terminal.press(&format!("{example}\r"));
    lab.terminal.wait("$ ");
    lab.terminal.press("whoami\r");
    lab.terminal.wait("ec2-user\r\n");
    lab.terminal.press("exit\r");
    lab.terminal.wait("READY> ");

    // What costs money is given back.
    browser.click_path("//nav//a[.='Instances']");
    browser.click("tbody input[type=checkbox]");
    browser.press("Terminate");
    browser.click("#submit");
    browser.see("tbody", "Terminated");
    browser.click_path("//nav//a[.='Key pairs']");
    browser.arrive("/key-pairs");
    browser.click("tbody a");
    browser.write("#field-confirm", "Delete");
    browser.click("#submit");
    browser.see("#notice", "Key pair testkeypair was deleted.");
    let (code, report) = lab.learner.grade();
    assert_eq!(code, Some(0), "{report:#}");
}

#[test]
fn the_guide_clicked_on_a_desktop_ends_in_a_login() {
    walk(WIDTHS[2]);
}

#[test]
fn the_guide_clicked_on_a_tablet_ends_in_a_login() {
    walk(WIDTHS[1]);
}

#[test]
fn the_guide_clicked_on_a_phone_ends_in_a_login() {
    walk(WIDTHS[0]);
}

//! The lesson's pane beside the pages of a lab: it says what the coach says, and changes by itself.

use super::chromium::{Chromium, Scripts};
use super::eyes::{Colours, WIDTHS};
use crate::learner::Learner;
use crate::open_lab::OpenLab;

/// The pages beside which it stands in pictures.
const BESIDE: &[(&str, &str)] = &[
    ("dashboard", "/"),
    ("key-pairs", "/key-pairs"),
    ("launch", "/instances/launch"),
];

/// Words only: a terminal breaks its lines elsewhere than a page, marks commands with quotes, and begins lines with a bar.
fn words(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '`' | '|' | '*'))
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the coach said last in a terminal.
fn coached(shown: &str) -> String {
    let lines = shown.lines().filter_map(|line| line.strip_prefix('|'));
    words(&lines.collect::<Vec<_>>().join(" "))
}

fn pane(browser: &Chromium) -> String {
    words(&browser.text("#lesson"))
}

#[test]
fn the_lesson_stands_beside_the_pages_and_goes_on_by_itself() {
    let mut lab = OpenLab::of(Learner::new());
    let browser = Chromium::open(Scripts::On);
    browser.resize(WIDTHS[2]);
    browser.go(&super::guide::link(&mut lab));
    browser.see("#lesson h2", "Lesson: Key pair");
    browser.see("#lesson", "Step 1 of 9: ");
    let task = browser.text("#lesson-task");
    assert!(task.contains("key pair"), "what is to be done: {task}");
    assert!(!pane(&browser).contains("hint 1 of"), "only on request");
    browser.visit("/key-pairs");
    browser.script("window.isTheSamePage = true;", Vec::new());

    // A hint, by its button: the page stays, and the answer is read aloud.
    browser.click("#lesson-hint");
    browser.see("#coach", "hint 1 of 3");
    let news = "return document.getElementById('news').textContent;";
    browser.until("the hint is read aloud", || {
        let news = browser.script(news, Vec::new());
        news.as_str().unwrap().contains("hint 1 of 3")
    });
    // The next one in the terminal, and the same in the pane.
    let told = lab.terminal.line("lab hint").replace('\r', "");
    let told = coached(&told);
    assert!(told.contains("hint 2 of 3"), "{told}");
    browser.click("#lesson-hint");
    browser.see("#coach", "hint 3 of 3");
    let barriers = browser.barriers();
    assert!(barriers.is_empty(), "{barriers}");

    // A step that is passed in the terminal is passed here, without a reload and in the same words.
    let line =
        "aws ec2 create-key-pair --key-name mine --query KeyMaterial --output text > mine.pem";
    let told = lab.terminal.line_until(line, "Next, step 3 of 9");
    let told = coached(&told.replace('\r', ""));
    browser.see("#lesson", "Step 3 of 9: ");
    browser.see("#coach", "[done] Key pair mine is in your account");
    let shown = words(&browser.text("#coach"));
    // Two steps are told in one breath or in two, by who looks when: the sentences are the same.
    let sentences = told.split("[done]").skip(1);
    let sentences: Vec<&str> = sentences
        .map(|said| said.split("Next,").next().unwrap().trim())
        .collect();
    assert_eq!(sentences.len(), 2, "{told}");
    for said in sentences {
        assert!(
            shown.contains(said),
            "the page: {shown}\nthe terminal: {said}"
        );
    }
    let same = browser.script("return window.isTheSamePage;", Vec::new());
    assert_eq!(same, true, "nothing was loaded again");
    browser.see("#key-pairs", "mine");

    // For everybody, on every width, in both colours.
    for (name, path) in BESIDE {
        browser.visit(path);
        for width in WIDTHS {
            browser.resize(width);
            let cut = browser.cut_off(width);
            assert!(cut.is_empty(), "{name} on a {}: {cut}", width.name);
            browser.picture(&format!("lesson-{name}-{}-light", width.name));
        }
        browser.colour(Colours::Dark);
        let barriers = browser.barriers();
        assert!(barriers.is_empty(), "{name}: {barriers}");
        browser.picture(&format!("lesson-{name}-zoomed-dark"));
        browser.colour(Colours::Light);
        let barriers = browser.barriers();
        assert!(barriers.is_empty(), "{name}: {barriers}");
        browser.resize(WIDTHS[2]);
    }
    browser.click("#lesson-hide");
    browser.until("it is hidden", || !browser.has("#lesson"));
}

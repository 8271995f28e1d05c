//! What a person does in the browser, and what they see. Everything waits until it can be done.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use super::chromium::Chromium;

/// How long anything may take before a test gives up: the computer may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of a text that are typed.
const TYPED: usize = 12;

impl Chromium {
    /// Opens an address.
    #[track_caller]
    pub(crate) fn go(&self, address: &str) {
        let went = self.with(async |driver| driver.goto(address).await);
        went.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Opens a path of the site that is shown.
    #[track_caller]
    pub(crate) fn visit(&self, path: &str) {
        let here = self.address();
        let host = here.split('/').nth(2).unwrap();
        self.go(&format!("http://{host}{path}"));
    }

    /// The address that is shown.
    pub(crate) fn address(&self) -> String {
        self.with(async |driver| driver.current_url().await.unwrap().to_string())
    }

    /// The path that is shown, without what is kept for the page.
    pub(crate) fn path(&self) -> String {
        let address = self.address();
        let path = address.splitn(4, '/').nth(3).unwrap_or_default();
        format!("/{}", path.split(['?', '#']).next().unwrap())
    }

    /// The page's title.
    pub(crate) fn title(&self) -> String {
        self.with(async |driver| driver.title().await.unwrap())
    }

    /// Does something until it succeeds: a page may just be on its way, or change under one's hands.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is always written where it is used"
    )]
    #[track_caller]
    fn finally<T>(
        &self,
        what: &str,
        work: impl AsyncFn(&Client) -> Result<Option<T>, CmdError>,
    ) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let done = self.with(async |driver| work(driver).await);
            if let Ok(Some(value)) = done {
                return value;
            }
            if Instant::now() > deadline {
                let why = done
                    .err()
                    .map(|error| error.to_string())
                    .unwrap_or_default();
                let shows =
                    self.with(async |driver| driver.find(Locator::Css("body")).await?.text().await);
                let shows = shows.unwrap_or_default();
                panic!(
                    "waited in vain for {what}; at {} it shows:\n{shows}\n{why}",
                    self.address()
                );
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// How often something was clicked so far.
    pub(crate) fn clicks(&self) -> usize {
        self.clicks.get()
    }

    #[track_caller]
    fn click_at(&self, place: Locator<'_>) {
        self.finally(&format!("a click on {place:?}"), async |driver| {
            driver.find(place).await?.click().await.map(Some)
        });
        self.clicks.set(self.clicks.get() + 1);
    }

    /// Clicks what a selector finds.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.click_at(Locator::Css(selector));
    }

    /// Opens a list, and clicks the entry of that value.
    #[track_caller]
    pub(crate) fn choose(&self, selector: &str, value: &str) {
        self.click(selector);
        self.click(&format!("{selector} option[value={value:?}]"));
        self.until(&format!("{value} in {selector}"), || {
            self.value(selector) == value
        });
    }

    /// Clicks a link or button by its words.
    #[track_caller]
    pub(crate) fn press(&self, words: &str) {
        let kinds = "self::a or self::button or self::summary or self::label";
        self.click_path(&format!(
            "//main//*[{kinds}][starts-with(normalize-space(.), {words:?})]"
        ));
    }

    /// Clicks what an XPath finds.
    #[track_caller]
    pub(crate) fn click_path(&self, path: &str) {
        self.click_at(Locator::XPath(path));
    }

    /// Types into a field, instead of what is there.
    #[track_caller]
    pub(crate) fn write(&self, selector: &str, text: &str) {
        self.finally(&format!("the field {selector}"), async |driver| {
            let field = driver.find(Locator::Css(selector)).await?;
            field.clear().await?;
            // The beginning of a long text is pasted: a key takes the browser as long as a page does.
            let (pasted, typed) =
                text.split_at(text.floor_char_boundary(text.len().saturating_sub(TYPED)));
            if !pasted.is_empty() {
                let paste = "arguments[0].value = arguments[1];";
                let arguments = vec![serde_json::to_value(&field)?, json!(pasted)];
                driver.execute(paste, arguments).await?;
            }
            field.send_keys(typed).await.map(Some)
        });
    }

    /// Chooses a file.
    #[track_caller]
    pub(crate) fn choose_file(&self, selector: &str, file: &std::path::Path) {
        self.finally(&format!("the field {selector}"), async |driver| {
            let field = driver.find(Locator::Css(selector)).await?;
            field.send_keys(file.to_str().unwrap()).await.map(Some)
        });
    }

    /// Types where the focus is.
    pub(crate) fn keys(&self, keys: &str) {
        let pressed = keys
            .chars()
            .flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }]);
        let pressed = pressed.fold(KeyActions::new("keyboard".to_owned()), InputSource::then);
        self.with(async |driver| driver.perform_actions(pressed).await.unwrap());
    }

    /// Presses one key.
    pub(crate) fn key(&self, key: Key) {
        self.keys(&key);
    }

    /// What has the focus: its property of that name.
    pub(crate) fn focused(&self, property: &str) -> String {
        let script = "return String(document.activeElement[arguments[0]]).trim();";
        let value = self.script(script, vec![json!(property)]);
        value.as_str().unwrap().to_owned()
    }

    /// Goes there with the Tab key; everything on the way shows that it has the focus.
    #[track_caller]
    pub(crate) fn tab_to(&self, property: &str, wanted: &str) {
        let mut way = Vec::new();
        for _ in 0..80 {
            self.key(Key::Tab);
            let outline = "return getComputedStyle(document.activeElement).outlineStyle;";
            let here = self.focused(property);
            assert_eq!(
                self.script(outline, Vec::new()),
                "solid",
                "the focus is not seen at {here:?}"
            );
            if here == wanted {
                return;
            }
            way.push(here);
        }
        panic!("the Tab key does not lead to {wanted:?}: {way:?}");
    }

    /// The text of what a selector finds first.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        self.finally(selector, async |driver| {
            driver
                .find(Locator::Css(selector))
                .await?
                .text()
                .await
                .map(Some)
        })
    }

    /// Whether there is such an element.
    pub(crate) fn has(&self, selector: &str) -> bool {
        self.with(async |driver| {
            !driver
                .find_all(Locator::Css(selector))
                .await
                .unwrap()
                .is_empty()
        })
    }

    /// An attribute of what a selector finds first; empty without one.
    #[track_caller]
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        self.finally(selector, async |driver| {
            let element = driver.find(Locator::Css(selector)).await?;
            Ok(Some(element.attr(name).await?.unwrap_or_default()))
        })
    }

    /// What stands in a field.
    #[track_caller]
    pub(crate) fn value(&self, selector: &str) -> String {
        self.finally(selector, async |driver| {
            let element = driver.find(Locator::Css(selector)).await?;
            Ok(Some(element.prop("value").await?.unwrap_or_default()))
        })
    }

    /// Waits until an element's text has these words.
    #[track_caller]
    pub(crate) fn see(&self, selector: &str, words: &str) {
        self.finally(&format!("{words:?} in {selector}"), async |driver| {
            let all = driver.find_all(Locator::Css(selector)).await?;
            for element in all {
                if element.text().await?.contains(words) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        });
    }

    /// Waits for a condition.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Waits until a page of that path is shown.
    #[track_caller]
    pub(crate) fn arrive(&self, path: &str) {
        self.finally(&format!("the page {path}"), async |driver| {
            let address = driver.current_url().await?;
            Ok((address.path() == path).then_some(()))
        });
    }

    /// What a script gives, in the page's own world.
    #[track_caller]
    pub(crate) fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        let done = self.with(async |driver| driver.execute(script, arguments).await);
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same of a script that ends by calling its last argument.
    #[track_caller]
    pub(crate) fn slow_script(&self, script: &str, arguments: Vec<Value>) -> Value {
        let done = self.with(async |driver| driver.execute_async(script, arguments).await);
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the browser complained about since it was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let all = self.log();
        let all = all.as_array().unwrap().iter();
        all.map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A file that was downloaded, once it is whole.
    #[track_caller]
    pub(crate) fn downloaded(&self, name: &str) -> PathBuf {
        let path = self.downloads().join(name);
        self.finally(&format!("the download of {name}"), async |_| {
            Ok(path.is_file().then_some(()))
        });
        path
    }

    /// The names of all files that were downloaded.
    pub(crate) fn all_downloads(&self) -> Vec<String> {
        let all = std::fs::read_dir(self.downloads()).unwrap();
        let mut names: Vec<_> = all
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

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
const TYPED: usize = 100;

/// The size of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Width {
    pub(crate) name: &'static str,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    /// Dots of the screen for one of the page's.
    pub(crate) zoom: u32,
}

/// A phone, a tablet, a desktop, and that desktop for somebody who has the page at 200 %.
pub(crate) const WIDTHS: [Width; 4] = [
    Width {
        name: "phone",
        columns: 360,
        rows: 740,
        zoom: 1,
    },
    Width {
        name: "tablet",
        columns: 768,
        rows: 1024,
        zoom: 1,
    },
    Width {
        name: "desktop",
        columns: 1280,
        rows: 800,
        zoom: 1,
    },
    Width {
        name: "zoomed",
        columns: 640,
        rows: 400,
        zoom: 2,
    },
];

/// Light or dark, as the person's computer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    Light,
    Dark,
}

impl Colours {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

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
            // Nobody types hundreds of letters: they are pasted.
            let (pasted, typed) = text.split_at(text.len().saturating_sub(TYPED));
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

    /// Another size of the window.
    pub(crate) fn resize(&self, width: Width) {
        let size = json!({ "width": width.columns, "height": width.rows, "deviceScaleFactor": width.zoom, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What of the page does not fit: nothing, it is hoped. Whoever reads it scrolls down only, and finds every word whole.
    pub(crate) fn cut_off(&self, width: Width) -> String {
        let script = "const wide = document.documentElement.scrollWidth;
            const found = wide > arguments[0] ? ['the page is ' + wide + ' points wide'] : [];
            for (const one of document.querySelectorAll('body *')) {
                // What is there for screen readers only, what is scrolled by itself, and what somebody typed.
                if (one.closest('.unseen, .skip, thead, select, main input, pre, [hidden]') || !one.checkVisibility()) continue;
                const style = getComputedStyle(one);
                const hides = ['hidden', 'clip'].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
                const box = one.getBoundingClientRect();
                const leaves = box.width > 1 && (box.right > arguments[0] + 1 || box.left < -1);
                if (hides || leaves) found.push('cut off: ' + one.outerHTML.slice(0, 120));
            }
            return found.slice(0, 5).join('; ');";
        let found = self.script(script, vec![json!(width.columns)]);
        found.as_str().unwrap().to_owned()
    }

    /// Light or dark.
    pub(crate) fn colour(&self, colours: Colours) {
        let feature = json!({ "name": "prefers-color-scheme", "value": colours.name() });
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }

    /// Keeps a picture of the whole page, however long it is, as `target/screenshots/NAME.png`.
    pub(crate) fn picture(&self, name: &str) {
        use base64::Engine;
        let sizes = self.command("Page.getLayoutMetrics", &json!({}));
        let size = &sizes["cssContentSize"];
        // A picture has no scroll bar.
        let width = self.script("return innerWidth;", Vec::new());
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1 });
        let wanted = json!({ "captureBeyondViewport": true, "clip": clip });
        let answer = self.command("Page.captureScreenshot", &wanted);
        let picture = answer["data"].as_str().unwrap();
        let picture = base64::engine::general_purpose::STANDARD
            .decode(picture)
            .unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
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

//! How the page looks: in windows of several sizes, in both colours, and in pictures for people.

use serde_json::json;

use super::chromium::Chromium;

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
}

//! axe-core in the page: what keeps people out, by the rules of WCAG 2.2 AA.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::chromium::Chromium;

/// The rules' tags.
const TAGS: &[&str] = &[
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];

/// The rules about what depends on colours and sizes.
const SEEN: &[&str] = &["color-contrast", "link-in-text-block", "target-size"];

const RUN: &str = "const [type, values, done] = arguments;
axe.run(document, { runOnly: { type, values }, resultTypes: ['violations', 'passes'] })
  .then((found) => done(found), (error) => done({ error: String(error) }));";

impl Chromium {
    /// What axe finds in the page that is shown: nothing, it is hoped. It says so only after looking.
    #[track_caller]
    pub(crate) fn barriers(&self) -> String {
        self.found_by("tag", TAGS, 10)
    }

    /// The same, of what another colour or width changes.
    #[track_caller]
    pub(crate) fn barriers_to_the_eye(&self) -> String {
        self.found_by("rule", SEEN, 1)
    }

    /// Some rules' findings; at least so many of them must have had something to look at.
    #[track_caller]
    fn found_by(&self, kind: &str, rules: &[&str], at_least: usize) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/axe.min.js");
        if self.script("return typeof axe;", Vec::new()) != "object" {
            let source = std::fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{}: {error}: run tests/run", file.display()));
            self.script(&source, Vec::new());
        }
        let found = self.slow_script(RUN, vec![json!(kind), json!(rules)]);
        let passes = found["passes"].as_array().map_or(0, Vec::len);
        assert!(passes >= at_least, "axe has not looked: {}", found["error"]);
        let mut report = String::new();
        for one in found["violations"].as_array().unwrap() {
            let _ = writeln!(report, "{}: {}", one["id"], one["help"]);
            for node in one["nodes"].as_array().unwrap() {
                let _ = writeln!(report, "  {}\n  {}", node["html"], node["failureSummary"]);
            }
        }
        report
    }
}

//! The lesson's texts as HTML: Markdown of a step, and the coach's plain lines.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Parser, Tag};

/// Markdown. HTML that stands in it is shown as text.
pub(in crate::console) fn markdown(text: &str) -> Markup {
    let mut written = String::new();
    pulldown_cmark::html::push_html(&mut written, Parser::new(text).map(harmless));
    PreEscaped(written)
}

/// HTML is text, and a link leads to a page or nowhere.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's list, of which only these three can do harm"
)]
fn harmless(event: Event<'_>) -> Event<'_> {
    let is_page = |address: &str| address.starts_with("https://") || address.starts_with("http://");
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) if !is_page(&dest_url) => Event::Start(Tag::Link {
            link_type,
            dest_url: "#main".into(),
            title,
            id,
        }),
        other => other,
    }
}

/// What the coach says: a line is a line, four spaces before it make it a command, and words between backticks are typed.
pub(in crate::console) fn said(text: &str) -> Markup {
    html! {
        @for line in text.lines().filter(|line| !line.trim().is_empty()) {
            @if let Some(command) = line.strip_prefix("    ") {
                pre { (command) }
            } @else {
                p {
                    @for (place, part) in line.split('`').enumerate() {
                        @if place % 2 == 1 { code { (part) } } @else { (part) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_text_is_text() {
        let shown = markdown("a <script>alert(1)</script> `<b>`\n\n<img src=x onerror=alert(1)>\n")
            .into_string();
        assert!(
            !shown.contains("<script") && !shown.contains("<img"),
            "{shown}"
        );
        assert!(shown.contains("<code>&lt;b&gt;</code>"), "{shown}");
    }

    #[test]
    fn links_lead_nowhere_that_runs() {
        let shown = markdown("[a](javascript:alert(1))").into_string();
        // The policy forbids it too; lessons are files that somebody wrote.
        assert!(!shown.contains("javascript:"), "{shown}");
    }

    #[test]
    fn the_coachs_commands_stand_on_lines_of_their_own() {
        let shown =
            said("[not yet] Your key <k> is open.\n    chmod 400 k.pem\nType `lab hint`.\n");
        assert_eq!(
            shown.into_string(),
            "<p>[not yet] Your key &lt;k&gt; is open.</p><pre>chmod 400 k.pem</pre><p>Type <code>lab hint</code>.</p>"
        );
    }
}

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

/// What the coach says: a line is a line, four spaces before it make it a command, words between backticks are typed.
pub(in crate::console) fn said(text: &str) -> Markup {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let is_set_in = |line: &str| line.starts_with("    ");
    html! {
        @for part in lines.chunk_by(|a, b| is_set_in(a) == is_set_in(b)) {
            @if part.first().is_some_and(|line| is_set_in(line)) {
                pre { @for (place, line) in part.iter().enumerate() { @if place > 0 { "\n" } (line.get(4..).unwrap_or_default()) } }
            } @else {
                @for line in part { p { (spans(line)) } }
            }
        }
    }
}

/// Words between backticks, and between pairs of stars.
fn spans(line: &str) -> Markup {
    html! {
        @for (place, part) in line.split('`').enumerate() {
            @if place % 2 == 1 {
                code { (part) }
            } @else {
                @for (place, part) in part.split("**").enumerate() {
                    @if place % 2 == 1 { strong { (part) } } @else { (part) }
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
        let shown = said(
            "[not yet] Your key <k> is open.\n    chmod 400 k.pem\n    ls\nType `lab hint`.\n",
        );
        assert_eq!(
            shown.into_string(),
            "<p>[not yet] Your key &lt;k&gt; is open.</p><pre>chmod 400 k.pem\nls</pre><p>Type <code>lab hint</code>.</p>"
        );
    }
}

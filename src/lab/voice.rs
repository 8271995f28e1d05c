//! How the lesson speaks in a terminal: every line starts with a bar, fits 78 columns, and says its meaning in words.
//!
//! Colour only repeats what the words say, and is left out under `NO_COLOR`, `TERM=dumb` or without a terminal. Nothing is
//! redrawn, so that a screen reader hears each line once.

use termimad::crossterm::style::Color;
use termimad::{FmtText, MadSkin};

/// The widest text beside the bar, in columns.
pub const WIDTH: usize = 76;

/// A way of writing for one terminal, or for the console page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    colour: bool,
    /// The words alone: where they are shown there are other ways to set them.
    bare: bool,
}

impl Voice {
    /// With or without colour.
    pub fn new(colour: bool) -> Self {
        Self {
            colour,
            bare: false,
        }
    }

    /// The words alone, Markdown as it was written.
    pub fn bare() -> Self {
        Self {
            colour: false,
            bare: true,
        }
    }

    /// Whether it uses colour.
    pub fn has_colour(self) -> bool {
        self.colour
    }

    /// Plain sentences, wrapped; a line break in the text is kept.
    pub fn say(self, text: &str) -> String {
        if self.bare {
            return whole_lines(text);
        }
        let options = textwrap::Options::new(WIDTH)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .word_separator(textwrap::WordSeparator::AsciiSpace);
        let mut lines = String::new();
        for line in text.lines() {
            if line.starts_with("    ") {
                // A command stands as it is: a break in it would be copied too.
                self.line(&mut lines, line);
                continue;
            }
            if line.trim().is_empty() {
                self.line(&mut lines, "");
                continue;
            }
            for wrapped in textwrap::wrap(line, &options) {
                self.line(&mut lines, &wrapped);
            }
        }
        lines
    }

    /// Markdown, as the lessons are written in.
    pub fn markdown(self, text: &str) -> String {
        if self.bare {
            return whole_lines(text);
        }
        let mut skin = if self.colour {
            MadSkin::default()
        } else {
            MadSkin::no_style()
        };
        skin.code_block.left_margin = 4;
        skin.limit_to_ascii();
        if self.colour {
            skin.set_headers_fg(Color::Cyan);
            skin.inline_code.set_bg(Color::Reset);
            skin.code_block.set_bg(Color::Reset);
            skin.inline_code.set_fg(Color::Cyan);
            skin.code_block.set_fg(Color::Cyan);
        }
        for header in &mut skin.headers {
            header.align = termimad::Alignment::Left;
        }
        let formatted = FmtText::from(&skin, text, Some(WIDTH)).to_string();
        let mut lines = String::new();
        for line in formatted.trim_end().lines() {
            self.line(&mut lines, line);
        }
        lines
    }

    fn line(self, lines: &mut String, text: &str) {
        lines.push_str(if self.colour {
            "\u{1b}[36m|\u{1b}[0m"
        } else {
            "|"
        });
        let text = text.trim_end();
        if !text.is_empty() {
            lines.push(' ');
            lines.push_str(text);
        }
        lines.push('\n');
    }
}

/// The text, with the end of its last line.
fn whole_lines(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_are_wrapped_and_commands_are_not() {
        let command = format!("    ssh -i {} ec2-user@203.0.113.25", "a".repeat(80));
        let said = Voice::new(false).say(&format!("{}\n{command}", "word ".repeat(30)));
        assert!(said.lines().all(|line| line.starts_with('|')));
        assert!(said.contains(&command));
        assert!(
            said.lines()
                .filter(|line| !line.contains("ssh"))
                .all(|line| line.len() <= WIDTH + 2)
        );
    }

    #[test]
    fn markdown_without_colour_has_no_escapes() {
        let text = "# Create the key pair\n\nWhy **first**. Type:\n\n```\naws ec2 create-key-pair --key-name testkeypair\n```\n\n- one\n- two `x`\n";
        insta::assert_snapshot!(Voice::new(false).markdown(text));
    }
}

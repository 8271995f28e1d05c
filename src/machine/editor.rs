//! The line editor at the prompt: keys in, a redrawn line out. vte reads what the terminal sends.

use unicode_width::UnicodeWidthChar as _;
use vte::{Params, Parser, Perform};

/// Longest line.
const LINE: usize = 8192;

/// What a byte led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    More,
    Line(String),
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-C.
    Interrupt,
    /// Tab: the caller knows what there is.
    Complete,
}

/// A key, as vte understood it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Char(char),
    Control(u8),
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    Delete,
    WordLeft,
    WordRight,
    KillWordRight,
    Paste(bool),
}

/// Collects the keys that vte finds.
#[derive(Default)]
struct Presses(Vec<Press>);

impl Perform for Presses {
    fn print(&mut self, c: char) {
        self.0.push(Press::Char(c));
    }

    fn execute(&mut self, byte: u8) {
        self.0.push(Press::Control(byte));
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if ignore || !intermediates.is_empty() {
            return;
        }
        let numbers: Vec<u16> = params
            .iter()
            .filter_map(|part| part.first().copied())
            .collect();
        let with_control = numbers.get(1) == Some(&5);
        let press = match (action, numbers.first()) {
            ('A', _) => Press::Up,
            ('B', _) => Press::Down,
            ('C', _) if with_control => Press::WordRight,
            ('D', _) if with_control => Press::WordLeft,
            ('C', _) => Press::Right,
            ('D', _) => Press::Left,
            ('H', _) | ('~', Some(1 | 7)) => Press::Home,
            ('F', _) | ('~', Some(4 | 8)) => Press::End,
            ('~', Some(3)) => Press::Delete,
            ('~', Some(200)) => Press::Paste(true),
            ('~', Some(201)) => Press::Paste(false),
            _ => return,
        };
        self.0.push(press);
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        // `ESC O A` is an arrow in application mode; vte gives its last letter apart, see `Editor::key`.
        if intermediates.is_empty() {
            match byte {
                b'b' => self.0.push(Press::WordLeft),
                b'f' => self.0.push(Press::WordRight),
                b'd' => self.0.push(Press::KillWordRight),
                _ => (),
            }
        }
    }
}

/// The line in the making.
pub(crate) struct Editor {
    parser: Parser,
    prompt: String,
    line: Vec<char>,
    /// Where the cursor is in the line.
    at: usize,
    /// The row of the cursor below the prompt's first.
    row: usize,
    columns: usize,
    killed: Vec<char>,
    /// Which line of the history is shown, and the one that was typed before.
    browsing: Option<(usize, Vec<char>)>,
    pasting: bool,
    /// The last byte was CR: a LF straight after it is the same Enter.
    after_return: bool,
    /// `ESC O` came: the next letter is a key.
    after_ss3: bool,
    last: u8,
}

impl std::fmt::Debug for Editor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Editor")
            .field("line", &self.text())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Editor {
    pub(crate) fn new(columns: u16) -> Self {
        Self {
            parser: Parser::new(),
            prompt: String::new(),
            line: Vec::new(),
            at: 0,
            row: 0,
            columns: usize::from(columns).max(2),
            killed: Vec::new(),
            browsing: None,
            pasting: false,
            after_return: false,
            after_ss3: false,
            last: 0,
        }
    }

    /// What is typed so far.
    pub(crate) fn text(&self) -> String {
        self.line.iter().collect()
    }

    /// What is typed before the cursor.
    pub(crate) fn before(&self) -> String {
        self.line.iter().take(self.at).collect()
    }

    pub(crate) fn resize(&mut self, columns: u16) {
        self.columns = usize::from(columns).max(2);
    }

    /// Begins a line: shows the prompt.
    pub(crate) fn begin(&mut self, prompt: String, out: &mut Vec<u8>) {
        out.extend_from_slice(prompt.as_bytes());
        self.prompt = prompt;
        self.line.clear();
        self.at = 0;
        self.browsing = None;
        self.row = self.position(0) / self.columns;
    }

    /// Columns from the prompt's start to a place in the line.
    fn position(&self, at: usize) -> usize {
        let width = |c: char| c.width().unwrap_or(0);
        self.prompt.chars().map(width).sum::<usize>()
            + self.line.iter().take(at).map(|c| width(*c)).sum::<usize>()
    }

    /// Draws prompt and line anew.
    pub(crate) fn draw(&mut self, out: &mut Vec<u8>) {
        let mut text = String::new();
        if self.row > 0 {
            text.push_str(&format!("\u{1b}[{}A", self.row));
        }
        text.push_str("\r\u{1b}[J");
        text.push_str(&self.prompt);
        text.extend(&self.line);
        let end = self.position(self.line.len());
        if end > 0 && end.is_multiple_of(self.columns) {
            text.push('\n');
        }
        let cursor = self.position(self.at);
        let up = end / self.columns - cursor / self.columns;
        if up > 0 {
            text.push_str(&format!("\u{1b}[{up}A"));
        }
        if self.at < self.line.len() {
            text.push('\r');
            let right = cursor % self.columns;
            if right > 0 {
                text.push_str(&format!("\u{1b}[{right}C"));
            }
        }
        self.row = cursor / self.columns;
        out.extend_from_slice(text.as_bytes());
    }

    /// Takes one byte. What is to be shown is added to `out`.
    pub(crate) fn key(&mut self, byte: u8, history: &[String], out: &mut Vec<u8>) -> Edit {
        let line_feed_of_return = byte == b'\n' && self.after_return;
        self.after_return = byte == b'\r';
        let starts_ss3 = self.last == 0x1b && byte == b'O';
        self.last = byte;
        if line_feed_of_return {
            return Edit::More;
        }
        let mut presses = Presses::default();
        self.parser.advance(&mut presses, &[byte]);
        if std::mem::take(&mut self.after_ss3) {
            presses.0 = match byte {
                b'A' => vec![Press::Up],
                b'B' => vec![Press::Down],
                b'C' => vec![Press::Right],
                b'D' => vec![Press::Left],
                b'H' => vec![Press::Home],
                b'F' => vec![Press::End],
                _ => presses.0,
            };
        }
        self.after_ss3 = starts_ss3;
        let mut result = Edit::More;
        for press in presses.0 {
            match self.press(press, history, out) {
                Edit::More => (),
                other @ (Edit::Line(_) | Edit::End | Edit::Interrupt | Edit::Complete) => {
                    result = other;
                }
            }
        }
        result
    }

    fn press(&mut self, press: Press, history: &[String], out: &mut Vec<u8>) -> Edit {
        match press {
            Press::Char(c) => self.insert(c, out),
            Press::Paste(begins) => self.pasting = begins,
            Press::Control(b'\r' | b'\n') => {
                if self.at < self.line.len() {
                    self.at = self.line.len();
                    self.draw(out);
                }
                out.push(b'\n');
                let text = self.text();
                self.line.clear();
                (self.at, self.row) = (0, 0);
                return Edit::Line(text);
            }
            Press::Control(b'\t') if self.pasting => self.insert(' ', out),
            Press::Control(b'\t') => return Edit::Complete,
            Press::Control(3) => {
                out.extend_from_slice(b"^C\n");
                self.line.clear();
                (self.at, self.row) = (0, 0);
                return Edit::Interrupt;
            }
            Press::Control(4) if self.line.is_empty() => return Edit::End,
            Press::Control(4) | Press::Delete => {
                if self.at < self.line.len() {
                    self.line.remove(self.at);
                    self.draw(out);
                }
            }
            Press::Control(8 | 127) => {
                if self.at > 0 {
                    self.at -= 1;
                    self.line.remove(self.at);
                    self.draw(out);
                }
            }
            Press::Control(1) | Press::Home => self.go(0, out),
            Press::Control(5) | Press::End => self.go(self.line.len(), out),
            Press::Control(2) | Press::Left => self.go(self.at.saturating_sub(1), out),
            Press::Control(6) | Press::Right => self.go(self.at + 1, out),
            Press::WordLeft => self.go(self.word_start(), out),
            Press::WordRight => self.go(self.word_end(), out),
            Press::Control(11) => self.kill(self.at, self.line.len(), out),
            Press::Control(21) => self.kill(0, self.at, out),
            Press::Control(23) => self.kill(self.blank_start(), self.at, out),
            Press::KillWordRight => self.kill(self.at, self.word_end(), out),
            Press::Control(25) => {
                let killed = self.killed.clone();
                let room = LINE.saturating_sub(self.line.len());
                for c in killed.into_iter().take(room) {
                    self.line.insert(self.at, c);
                    self.at += 1;
                }
                self.draw(out);
            }
            Press::Control(12) => {
                out.extend_from_slice(b"\x1b[H\x1b[2J");
                self.row = 0;
                self.draw(out);
            }
            Press::Control(16) | Press::Up => self.browse(history, true, out),
            Press::Control(14) | Press::Down => self.browse(history, false, out),
            Press::Control(7 | _) => (),
        }
        Edit::More
    }

    fn insert(&mut self, c: char, out: &mut Vec<u8>) {
        if self.line.len() >= LINE {
            return;
        }
        if c == '\u{7f}' {
            self.press(Press::Control(127), &[], out);
            return;
        }
        self.line.insert(self.at, c);
        self.at += 1;
        if self.at < self.line.len() {
            return self.draw(out);
        }
        let mut text = [0; 4];
        out.extend_from_slice(c.encode_utf8(&mut text).as_bytes());
        let end = self.position(self.at);
        if end.is_multiple_of(self.columns) {
            // The terminal waits at its edge for the next character; move on now, so that the row is known.
            out.push(b'\n');
        }
        self.row = end / self.columns;
    }

    /// Puts a text in at the cursor.
    pub(crate) fn put(&mut self, text: &str, out: &mut Vec<u8>) {
        for c in text.chars() {
            self.insert(c, out);
        }
    }

    fn go(&mut self, to: usize, out: &mut Vec<u8>) {
        let to = to.min(self.line.len());
        if to != self.at {
            self.at = to;
            self.draw(out);
        }
    }

    fn kill(&mut self, from: usize, to: usize, out: &mut Vec<u8>) {
        let to = to.min(self.line.len());
        if from < to {
            self.killed = self.line.drain(from..to).collect();
            self.at = from;
            self.draw(out);
        }
    }

    fn is_word(&self, at: usize) -> bool {
        self.line.get(at).is_some_and(|c| c.is_alphanumeric())
    }

    fn word_start(&self) -> usize {
        let mut at = self.at;
        while at > 0 && !self.is_word(at - 1) {
            at -= 1;
        }
        while at > 0 && self.is_word(at - 1) {
            at -= 1;
        }
        at
    }

    fn word_end(&self) -> usize {
        let mut at = self.at;
        while at < self.line.len() && !self.is_word(at) {
            at += 1;
        }
        while self.is_word(at) {
            at += 1;
        }
        at
    }

    fn blank_start(&self) -> usize {
        let blank = |at: usize| self.line.get(at).is_none_or(|c| c.is_whitespace());
        let mut at = self.at;
        while at > 0 && blank(at - 1) {
            at -= 1;
        }
        while at > 0 && !blank(at - 1) {
            at -= 1;
        }
        at
    }

    fn browse(&mut self, history: &[String], older: bool, out: &mut Vec<u8>) {
        let shown = self
            .browsing
            .as_ref()
            .map_or(history.len(), |(at, _)| (*at).min(history.len()));
        let next = if older {
            shown.checked_sub(1)
        } else {
            Some(shown + 1).filter(|next| *next <= history.len())
        };
        let Some(next) = next else { return };
        let typed = match self.browsing.take() {
            Some((_, typed)) => typed,
            None => self.line.clone(),
        };
        match history.get(next) {
            Some(line) => {
                self.line = line
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(LINE)
                    .collect();
                self.browsing = Some((next, typed));
            }
            None => self.line = typed,
        }
        self.at = self.line.len();
        self.draw(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the line is after these keys.
    fn typed(keys: &[u8]) -> String {
        let mut editor = Editor::new(80);
        let mut out = Vec::new();
        editor.begin("$ ".into(), &mut out);
        let history = ["first".to_owned(), "second".to_owned()];
        for byte in keys {
            if let Edit::Line(line) = editor.key(*byte, &history, &mut out) {
                return line;
            }
        }
        editor.text()
    }

    #[test]
    fn the_keys_of_a_shell_edit_the_line() {
        for (keys, line) in [
            (&b"abc\x7fd"[..], "abd"),
            (b"abc\x1b[D\x1b[DX", "aXbc"),
            (b"abc\x01X\x05Y", "XabcY"),
            (b"abc\x1b[HX\x1b[FY", "XabcY"),
            (b"abc\x1bOHX", "Xabc"),
            (b"one two\x17X", "one X"),
            (b"one two\x15X", "X"),
            (b"one\x01\x0b\x19\x19", "oneone"),
            (b"abc\x01\x1b[3~", "bc"),
            (b"abc\x01\x04", "bc"),
            (b"\x1b[A", "second"),
            (b"\x1b[A\x1b[A\x1b[A", "first"),
            (b"typed\x1b[A\x1b[B", "typed"),
            (b"\x1b[200~pasted\x1b[201~!", "pasted!"),
            ("gr\u{fc}\u{df}\u{7f}e".as_bytes(), "gr\u{fc}e"),
            (b"done\rmore", "done"),
        ] {
            assert_eq!(typed(keys), line, "{:?}", String::from_utf8_lossy(keys));
        }
    }

    #[test]
    fn a_return_with_its_line_feed_is_one_enter() {
        let mut editor = Editor::new(80);
        let mut out = Vec::new();
        let lines = b"a\r\nb\nc\r"
            .iter()
            .filter(|byte| matches!(editor.key(**byte, &[], &mut out), Edit::Line(_)))
            .count();
        assert_eq!(lines, 3);
    }

    #[test]
    fn a_long_line_wraps_at_the_terminals_edge() {
        let mut editor = Editor::new(10);
        let mut out = Vec::new();
        editor.begin("$ ".into(), &mut out);
        for byte in b"12345678abc" {
            editor.key(*byte, &[], &mut out);
        }
        assert_eq!(String::from_utf8_lossy(&out), "$ 12345678\nabc");
        out.clear();
        editor.key(1, &[], &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\u{1b}[1A\r\u{1b}[J$ 12345678abc\u{1b}[1A\r\u{1b}[2C"
        );
    }
}

//! What a terminal does with keys while a command reads: it gathers a line, shows it, and sends it at Enter.

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Nothing but what is shown.
    Shown,
    /// A line for the command, its line feed included.
    Line(Vec<u8>),
    /// Ctrl-D: what was typed of the line, then the end when that is nothing.
    End(Vec<u8>),
    /// Ctrl-C.
    Interrupt,
}

/// Longest line, as Linux has it.
const LINE: usize = 4095;

/// The line in the making.
#[derive(Debug, Default)]
pub(crate) struct Cooked {
    line: Vec<u8>,
}

impl Cooked {
    /// Takes one byte; what is to be shown is added to `shown`.
    pub(crate) fn key(&mut self, byte: u8, shown: &mut Vec<u8>) -> Key {
        match byte {
            b'\r' | b'\n' => {
                shown.push(b'\n');
                self.line.push(b'\n');
                return Key::Line(std::mem::take(&mut self.line));
            }
            3 => {
                shown.extend_from_slice(b"^C\n");
                self.line.clear();
                return Key::Interrupt;
            }
            4 => return Key::End(std::mem::take(&mut self.line)),
            8 | 127 => {
                // A character may be several bytes.
                while self.line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                shown.extend_from_slice(b"\x08 \x08");
            }
            21 => {
                let count = String::from_utf8_lossy(&self.line).chars().count();
                shown.extend(b"\x08 \x08".repeat(count));
                self.line.clear();
            }
            byte if self.line.len() < LINE => {
                self.line.push(byte);
                if byte < 32 && byte != b'\t' {
                    shown.extend_from_slice(&[b'^', byte + 64]);
                } else {
                    shown.push(byte);
                }
            }
            _ => (),
        }
        Key::Shown
    }

    pub(crate) fn clear(&mut self) {
        self.line.clear();
    }
}

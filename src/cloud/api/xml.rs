//! XML text under construction: the only place that writes angle brackets around values.
//!
//! DescribeInstances of a class's account has some ten thousand elements, and every waiter asks for it again. So names
//! come with their brackets from the compiler, and values are written digit by digit without `fmt`.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use jiff::tz::Offset;
use quick_xml::escape::partial_escape;

/// Room for a small answer. A larger one takes four times as much each time, so that little is copied on the way.
const FIRST_ROOM: usize = 4 * 1024;

/// An element's name with its brackets: made by `name!`.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// `<name>`.
    pub open: &'static str,
    /// `</name>`.
    pub close: &'static str,
    /// `<name/>`.
    pub empty: &'static str,
}

/// The [`Name`] of a literal.
macro_rules! name {
    ($wire:literal) => {
        $crate::cloud::api::xml::Name {
            open: concat!("<", $wire, ">"),
            close: concat!("</", $wire, ">"),
            empty: concat!("<", $wire, "/>"),
        }
    };
}
pub(crate) use name;

/// XML text under construction.
#[derive(Debug, Default)]
pub struct Xml {
    text: String,
}

impl Xml {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text as it is.
    #[inline]
    pub fn raw(&mut self, text: &str) -> &mut Self {
        if self.text.capacity() - self.text.len() < text.len() {
            self.grow(text.len());
        }
        self.text.push_str(text);
        self
    }

    #[cold]
    fn grow(&mut self, least: usize) {
        let more = self.text.capacity().saturating_mul(3);
        self.text.reserve(least.max(more).max(FIRST_ROOM));
    }

    /// `<name>`.
    #[inline]
    pub fn open(&mut self, name: Name) -> &mut Self {
        self.raw(name.open)
    }

    /// `</name>`.
    #[inline]
    pub fn close(&mut self, name: Name) -> &mut Self {
        self.raw(name.close)
    }

    /// `<name/>`.
    #[inline]
    pub fn empty(&mut self, name: Name) -> &mut Self {
        self.raw(name.empty)
    }

    /// `<name>text</name>`, escaped.
    pub fn leaf(&mut self, name: Name, text: &str) -> &mut Self {
        if needs_escaping(text.as_bytes()) {
            self.open(name).raw(&partial_escape(text)).close(name)
        } else {
            self.open(name).raw(text).close(name)
        }
    }

    /// `<name>number</name>`.
    pub fn number(&mut self, name: Name, number: i64) -> &mut Self {
        self.open(name);
        match u8::try_from(number) {
            Ok(small) => self.small(small),
            // Writing to a string does not fail.
            Err(_) => drop(write!(self.text, "{number}")),
        }
        self.close(name)
    }

    /// `<name>203.0.113.7</name>`.
    pub fn address(&mut self, name: Name, address: Ipv4Addr) -> &mut Self {
        self.open(name);
        let [a, b, c, d] = address.octets();
        self.small(a);
        for octet in [b, c, d] {
            self.raw(".");
            self.small(octet);
        }
        self.close(name)
    }

    /// `<name>2022-05-27T21:51:16.000Z</name>`: a time as EC2 writes it, whole seconds and three zeroes.
    pub fn time(&mut self, name: Name, time: Timestamp) -> &mut Self {
        self.open(name);
        let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
        let utc = Offset::UTC.to_datetime(whole);
        match u16::try_from(utc.year()) {
            Ok(year @ 0..=9999) => {
                let century = u8::try_from(year / 100).unwrap_or_default();
                let of_century = u8::try_from(year % 100).unwrap_or_default();
                self.two(century).two(of_century);
                let rest = [
                    ("-", utc.month()),
                    ("-", utc.day()),
                    ("T", utc.hour()),
                    (":", utc.minute()),
                    (":", utc.second()),
                ];
                for (before, part) in rest {
                    self.raw(before).two(part.unsigned_abs());
                }
                self.raw(".000Z");
            }
            _ => drop(write!(self.text, "{whole:.3}")),
        }
        self.close(name)
    }

    /// A number without zeroes before it.
    fn small(&mut self, number: u8) {
        match number {
            0..10 => {
                self.digit(number);
            }
            10..100 => {
                self.two(number);
            }
            100.. => {
                self.digit(number / 100).two(number % 100);
            }
        }
    }

    /// Two digits of a number below 100.
    fn two(&mut self, number: u8) -> &mut Self {
        self.digit(number / 10).digit(number % 10)
    }

    fn digit(&mut self, digit: u8) -> &mut Self {
        self.text.push(char::from(b'0' + digit % 10));
        self
    }

    /// What was written.
    pub fn into_string(self) -> String {
        self.text
    }
}

/// Whether there is a `<`, `>` or `&`. Eight bytes at a time: most values are short and have none.
fn needs_escaping(text: &[u8]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    let special = |seen: bool, eight: &[u8; 8]| seen | is_special(u64::from_ne_bytes(*eight));
    match (text.last_chunk::<8>(), rest) {
        (_, []) => eights.iter().fold(false, special),
        (Some(last), _) => special(eights.iter().fold(false, special), last),
        (None, few) => few.iter().any(|byte| matches!(byte, b'<' | b'>' | b'&')),
    }
}

/// Whether one of the eight bytes is `<`, `>` or `&`.
fn is_special(eight: u64) -> bool {
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // "Determine if a word has a zero byte", Bit Twiddling Hacks.
    let has_zero = |word: u64| word.wrapping_sub(all(0x01)) & !word & all(0x80) != 0;
    // `<` and `>` differ in one bit.
    let angle = (eight | all(b'<' ^ b'>')) ^ all(b'>');
    has_zero(angle) | has_zero(eight ^ all(b'&'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Name = name!("a");

    #[test]
    fn every_special_byte_is_escaped_wherever_it_stands() {
        for length in 1..40 {
            for at in 0..length {
                for (special, escaped) in [("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")] {
                    let (before, after) = ("x".repeat(at), "y".repeat(length - at - 1));
                    let mut xml = Xml::new();
                    xml.leaf(A, &format!("{before}{special}{after}"));
                    let wanted = format!("<a>{before}{escaped}{after}</a>");
                    assert_eq!(xml.into_string(), wanted);
                }
            }
        }
    }

    #[test]
    fn no_other_byte_counts_as_special() {
        for byte in (0..=u8::MAX).filter(|byte| !b"<>&".contains(byte)) {
            assert!(!needs_escaping(&[byte; 8]), "{byte}");
            assert!(!needs_escaping(&[byte; 13]), "{byte}");
            assert!(!needs_escaping(&[byte; 3]), "{byte}");
        }
    }

    #[test]
    fn numbers_addresses_and_times_are_written_as_fmt_would() {
        for number in [0, 9, 10, 16, 99, 100, 255, 256, -1, i64::MIN, i64::MAX] {
            let mut xml = Xml::new();
            xml.number(A, number);
            assert_eq!(xml.into_string(), format!("<a>{number}</a>"));
        }
        for address in ["0.0.0.0", "203.0.113.7", "255.255.255.255", "10.99.100.9"] {
            let mut xml = Xml::new();
            xml.address(A, address.parse().unwrap());
            assert_eq!(xml.into_string(), format!("<a>{address}</a>"));
        }
        let times = [0, 1_653_688_276_999, 951_782_399_000, 253_402_207_199_000];
        for milliseconds in times.into_iter().chain([-1, -62_198_755_200_000]) {
            let time = Timestamp::from_millisecond(milliseconds).unwrap();
            let whole = Timestamp::from_second(time.as_second()).unwrap();
            let mut xml = Xml::new();
            xml.time(A, time);
            assert_eq!(xml.into_string(), format!("<a>{whole:.3}</a>"));
        }
    }

    #[test]
    fn a_long_text_grows_and_loses_nothing() {
        let mut xml = Xml::new();
        for _ in 0..10_000 {
            xml.leaf(A, "0123456789");
        }
        assert_eq!(xml.into_string(), "<a>0123456789</a>".repeat(10_000));
    }
}

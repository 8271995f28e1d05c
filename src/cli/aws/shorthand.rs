//! The AWS CLI's shorthand syntax: `Name=x,Values=a,b`, `ResourceType=instance,Tags=[{Key=Name,Value=web}]`.
//!
//! A recursive descent over the grammar that the CLI's user guide gives; what a text means is decided afterwards, by
//! the shape (`values::fit`).

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Value};

/// Reads one shorthand text; the error is the AWS CLI's, with a mark under the place.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut parser = Parser {
        text,
        chars: text.char_indices().peekable(),
    };
    let mut object = Map::new();
    loop {
        let start = parser.at();
        let key = parser.key();
        parser.expect('=')?;
        let value = parser.values()?;
        if object.contains_key(&key) {
            return Err(format!(
                "Second instance of key \"{key}\" encountered for input:\n{}\nThis is often \
                 because there is a preceding \",\" instead of a space.",
                parser.mark(start)
            ));
        }
        object.insert(key, value);
        parser.blanks();
        if parser.peek().is_none() {
            return Ok(Value::Object(object));
        }
        parser.expect(',')?;
    }
}

struct Parser<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn blanks(&mut self) {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    fn mark(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or_default().chars().count();
        format!("{}\n{}^", self.text, " ".repeat(before))
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        self.blanks();
        if self.chars.next_if(|(_, c)| *c == wanted).is_none() {
            let found = self.peek().map_or("EOF".to_owned(), String::from);
            let at = self.at();
            let place = self.mark(at);
            return Err(format!(
                "Expected: '{wanted}', received: '{found}' for input:\n{place}"
            ));
        }
        self.blanks();
        Ok(())
    }

    fn key(&mut self) -> String {
        let in_key = |c: char| c.is_ascii_alphanumeric() || "-_.#/:".contains(c);
        std::iter::from_fn(|| self.chars.next_if(|(_, c)| in_key(*c)))
            .map(|(_, c)| c)
            .collect()
    }

    /// What may follow the `=` of a top-level key: `a,b` is a list there, up to the next `key=`.
    fn values(&mut self) -> Result<Value, String> {
        if matches!(self.peek(), Some('[' | '{')) {
            return self.nested();
        }
        let mut list = vec![self.scalar(",")?];
        loop {
            self.blanks();
            let before = self.chars.clone();
            if self.chars.next_if(|(_, c)| *c == ',').is_none() {
                break;
            }
            self.blanks();
            let quoted = matches!(self.peek(), Some('"' | '\''));
            let next = self.scalar(",=")?;
            self.blanks();
            // `a,b,c=d`: the `c` was the next key.
            if self.peek() == Some('=') || (next == "" && !quoted) {
                self.chars = before;
                break;
            }
            list.push(next);
        }
        Ok(match <[Value; 1]>::try_from(list) {
            Ok([single]) => single,
            Err(list) => list.into(),
        })
    }

    /// Inside brackets and braces: one value, a list or an object.
    fn nested(&mut self) -> Result<Value, String> {
        match self.peek() {
            Some('[') => {
                self.expect('[')?;
                let mut list = Vec::new();
                while self.peek() != Some(']') {
                    list.push(self.nested()?);
                    self.separator(']')?;
                }
                self.chars.next();
                Ok(list.into())
            }
            Some('{') => {
                self.expect('{')?;
                let mut object = Map::new();
                while self.peek() != Some('}') {
                    let key = self.key();
                    self.expect('=')?;
                    object.insert(key, self.nested()?);
                    self.separator('}')?;
                }
                self.chars.next();
                Ok(object.into())
            }
            _ => self.scalar(",]}"),
        }
    }

    /// A comma, unless the end is there.
    fn separator(&mut self, end: char) -> Result<(), String> {
        self.blanks();
        if self.peek() == Some(end) {
            Ok(())
        } else {
            self.expect(',')
        }
    }

    /// A quoted text, or characters up to one of `stops`; `\,` is a comma.
    fn scalar(&mut self, stops: &str) -> Result<Value, String> {
        let mut text = String::new();
        if let Some((start, quote)) = self.chars.next_if(|(_, c)| matches!(c, '"' | '\'')) {
            loop {
                match self.chars.next() {
                    Some((_, '\\')) => match self.chars.next_if(|(_, c)| *c == quote || *c == '\\')
                    {
                        Some((_, escaped)) => text.push(escaped),
                        None => text.push('\\'),
                    },
                    Some((_, c)) if c == quote => return Ok(text.into()),
                    Some((_, c)) => text.push(c),
                    None => {
                        let kind = if quote == '"' { "double" } else { "singled" };
                        let place = self.mark(start);
                        return Err(format!(
                            "Expected: '<{kind} quoted>', received: '<none>' for input:\n{place}"
                        ));
                    }
                }
            }
        }
        while let Some((_, c)) = self.chars.next_if(|(_, c)| !stops.contains(*c)) {
            match c {
                '\\' if self.peek() == Some(',') => {
                    self.chars.next();
                    text.push(',');
                }
                _ => text.push(c),
            }
        }
        Ok(text.trim_end().into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_forms_that_learners_type() {
        let cases = [
            ("Key=Name,Value=web", json!({"Key": "Name", "Value": "web"})),
            ("Key=empty,Value=", json!({"Key": "empty", "Value": ""})),
            (
                "Name=n,Values=a,b",
                json!({"Name": "n", "Values": ["a", "b"]}),
            ),
            (
                "Values=a,b,Name=n",
                json!({"Values": ["a", "b"], "Name": "n"}),
            ),
            (
                "Name=tag:Name,Values=w*",
                json!({"Name": "tag:Name", "Values": "w*"}),
            ),
            (
                "ResourceType=instance,Tags=[{Key=Name,Value=web},{Key=b,Value=}]",
                json!({"ResourceType": "instance", "Tags": [
                    {"Key": "Name", "Value": "web"}, {"Key": "b", "Value": ""}]}),
            ),
            (
                "Key='a, b',Value=\"c\\\"d\"",
                json!({"Key": "a, b", "Value": "c\"d"}),
            ),
            ("a=b\\,c", json!({"a": "b,c"})),
            (
                "Name=x, Values=[a, b]",
                json!({"Name": "x", "Values": ["a", "b"]}),
            ),
            (
                "Ipv6Ranges=[{CidrIpv6=::/0}]",
                json!({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn an_error_marks_the_place() {
        assert_eq!(
            parse("Name").unwrap_err(),
            "Expected: '=', received: 'EOF' for input:\nName\n    ^"
        );
        assert!(
            parse("Tags=[{Key=a")
                .unwrap_err()
                .starts_with("Expected: ',', received: 'EOF'")
        );
        assert!(
            parse("Key=a,Key=b")
                .unwrap_err()
                .starts_with("Second instance of key \"Key\"")
        );
        assert!(
            parse("Key=\"a")
                .unwrap_err()
                .starts_with("Expected: '<double quoted>'")
        );
    }
}

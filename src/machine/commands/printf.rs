//! `printf`: text after a form.

use super::Call;
use crate::machine::shell::escapes;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let given: &[String] = match call.given() {
        [first, rest @ ..] if first == "--" => rest,
        given => given,
    };
    let Some((form, values)) = given.split_first() else {
        call.complain("usage: printf [-v var] format [arguments]");
        return 2;
    };
    let mut values = values.iter();
    let mut status = 0;
    loop {
        let before = values.len();
        let (text, ended, wrong) = once(form, &mut values);
        call.out(text);
        for message in wrong {
            status = call.complain(message);
        }
        if ended || values.len() == 0 || values.len() == before {
            return status;
        }
    }
}

/// The form once, taking values as it needs them.
fn once<'a>(
    form: &str,
    values: &mut impl Iterator<Item = &'a String>,
) -> (String, bool, Vec<String>) {
    let (mut out, mut wrong) = (String::new(), Vec::new());
    // Escapes are read first; a `%` cannot come out of one that was not one already.
    let (form, mut ended) = escapes(form);
    let mut chars = form.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (mut left, mut zero, mut width, mut precision) = (false, false, 0_usize, None);
        while let Some(flag) = chars.next_if(|c| ['-', '0', '+', ' ', '#'].contains(c)) {
            left |= flag == '-';
            zero |= flag == '0';
        }
        while let Some(digit) = chars
            .next_if(char::is_ascii_digit)
            .and_then(|c| c.to_digit(10))
        {
            width = (width * 10 + digit as usize).min(1000);
        }
        if chars.next_if_eq(&'.').is_some() {
            let mut value = 0_usize;
            while let Some(digit) = chars
                .next_if(char::is_ascii_digit)
                .and_then(|c| c.to_digit(10))
            {
                value = (value * 10 + digit as usize).min(1000);
            }
            precision = Some(value);
        }
        let kind = chars.next();
        let number = |values: &mut dyn Iterator<Item = &'a String>, wrong: &mut Vec<String>| {
            let text = values.next().map(String::as_str).unwrap_or_default();
            if text.is_empty() {
                return 0;
            }
            text.parse::<i64>().unwrap_or_else(|_| {
                wrong.push(format!("{text}: invalid number"));
                0
            })
        };
        let text = match kind {
            Some('%') => "%".into(),
            Some('s') => {
                let text = values.next().cloned().unwrap_or_default();
                precision.map_or(text.clone(), |most| text.chars().take(most).collect())
            }
            Some('b') => {
                let (text, stop) = escapes(values.next().map(String::as_str).unwrap_or_default());
                ended |= stop;
                text
            }
            Some('c') => values
                .next()
                .and_then(|text| text.chars().next())
                .map(String::from)
                .unwrap_or_default(),
            Some('q') => format!(
                "'{}'",
                values
                    .next()
                    .cloned()
                    .unwrap_or_default()
                    .replace('\'', "'\\''")
            ),
            Some('d' | 'i' | 'u') => number(values, &mut wrong).to_string(),
            Some('x') => format!("{:x}", number(values, &mut wrong)),
            Some('X') => format!("{:X}", number(values, &mut wrong)),
            Some('o') => format!("{:o}", number(values, &mut wrong)),
            Some('f') => {
                let value = values
                    .next()
                    .and_then(|text| text.parse::<f64>().ok())
                    .unwrap_or(0.0);
                format!("{value:.*}", precision.unwrap_or(6).min(50))
            }
            Some(other) => {
                wrong.push(format!("`{other}': invalid format character"));
                return (out, true, wrong);
            }
            None => "%".into(),
        };
        let missing = width.saturating_sub(text.chars().count());
        match (
            left,
            zero && kind.is_some_and(|kind| "diuxXof".contains(kind)),
        ) {
            (true, _) => out.push_str(&format!("{text}{}", " ".repeat(missing))),
            (false, true) => out.push_str(&format!("{}{text}", "0".repeat(missing))),
            (false, false) => out.push_str(&format!("{}{text}", " ".repeat(missing))),
        }
    }
    (out, ended, wrong)
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn forms_are_filled_again_until_the_values_are_used() {
        assert_eq!(run("printf '%s-%03d|' a 7 b 8"), "a-007|b-008|0");
        assert_eq!(run("printf '%5s|%-5s|\\n' x y"), "    x|y    |\n0");
        assert_eq!(
            run("printf '%d' x"),
            "0bash: line 1: printf: x: invalid number\n1"
        );
        assert_eq!(run("printf 'plain'"), "plain0");
    }
}

//! `tr`: one letter for another.

use super::Call;
use crate::machine::shell::escapes;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("ds", &[("delete", 'd'), ("squeeze-repeats", 's')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let sets: Vec<Vec<char>> = options.operands.iter().map(|text| set(text)).collect();
    let text = String::from_utf8_lossy(&std::mem::take(&mut call.input)).into_owned();
    let Some(first) = sets.first() else {
        return call.usage("missing operand");
    };
    let out: String = match (options.has('d'), sets.get(1)) {
        (true, _) => text.chars().filter(|c| !first.contains(c)).collect(),
        (false, Some(second)) => {
            let last = second.last().copied();
            text.chars()
                .map(|c| match first.iter().position(|own| *own == c) {
                    Some(at) => second.get(at).copied().or(last).unwrap_or(c),
                    None => c,
                })
                .collect()
        }
        (false, None) if options.has('s') => text,
        (false, None) => {
            return call.usage(format!(
                "missing operand after '{}'",
                options.operands.join(" ")
            ));
        }
    };
    if options.has('s') {
        let squeezed = sets.last().cloned().unwrap_or_default();
        let mut result = String::new();
        for c in out.chars() {
            if !(squeezed.contains(&c) && result.ends_with(c)) {
                result.push(c);
            }
        }
        call.out(result);
        return 0;
    }
    call.out(out);
    0
}

fn set(text: &str) -> Vec<char> {
    let (text, _) = escapes(text);
    let text = text
        .replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:digit:]", "0-9")
        .replace("[:space:]", " \t\n\r");
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if let (Some('-'), Some(end)) = (chars.get(at + 1), chars.get(at + 2)) {
            set.extend((*c..=*end).take(1000));
            at += 3;
        } else {
            set.push(*c);
            at += 1;
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn letters_are_changed_deleted_and_squeezed() {
        assert_eq!(
            run("echo hello | tr a-z A-Z; echo a.b | tr -d .; echo 'a   b' | tr -s ' '"),
            "HELLO\nab\na b\n0"
        );
    }
}

//! `wc`: lines, words, bytes.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("lwcm", &[("lines", 'l'), ("words", 'w'), ("bytes", 'c')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    #[expect(clippy::naive_bytecount, reason = "files here are small")]
    let newlines = |content: &[u8]| content.iter().filter(|byte| **byte == b'\n').count();
    let (contents, well) = call.contents(&options.operands);
    let mut rows = Vec::new();
    let mut totals = [0; 3];
    for (name, content) in contents {
        let lines = newlines(&content);
        let words = content
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .count();
        let counts = [lines, words, content.len()];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        rows.push((
            counts,
            if options.operands.is_empty() {
                String::new()
            } else {
                name
            },
        ));
    }
    if options.operands.len() > 1 {
        rows.push((totals, "total".into()));
    }
    let wanted: Vec<bool> = if options.flags.is_empty() {
        vec![true; 3]
    } else {
        vec![
            options.has('l'),
            options.has('w'),
            options.has('c') || options.has('m'),
        ]
    };
    let single = wanted.iter().filter(|wanted| **wanted).count() == 1 && options.operands.len() < 2;
    let width = if single {
        1
    } else if options.operands.is_empty() {
        7
    } else {
        totals.iter().max().map_or(1, |most| most.to_string().len())
    };
    for (counts, name) in rows {
        let shown: Vec<String> = counts
            .iter()
            .zip(&wanted)
            .filter(|(_, wanted)| **wanted)
            .map(|(count, _)| format!("{count:>width$}"))
            .collect();
        let name = if name.is_empty() {
            String::new()
        } else {
            format!(" {name}")
        };
        call.out(format!("{}{name}\n", shown.join(" ")));
    }
    u32::from(!well)
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_counts_as_gnus_does() {
        assert_eq!(
            run("printf 'a b\\nc\\n' | wc; printf 'a\\n' | wc -l"),
            "      2       3       6\n1\n0"
        );
        assert_eq!(
            run("printf 'a b\\n' > f; wc f; wc -c f f"),
            "1 2 4 f\n4 f\n4 f\n8 total\n0"
        );
    }
}

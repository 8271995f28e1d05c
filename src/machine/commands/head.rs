//! `head`: the first lines.

use super::Call;
use super::options::reads_without_files;

/// Reads its input when no file is named; `-n 5` names none.
pub(super) fn reads(arguments: &[String]) -> bool {
    let mut files = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if ["-n", "-c"].contains(&word.as_str()) {
            words.next();
        } else {
            files.push(word.clone());
        }
    }
    reads_without_files(&files)
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let Some((count, bytes, files)) = counts(call) else {
        return 1;
    };
    let (contents, well) = call.contents(&files);
    let many = contents.len() > 1;
    for (number, (name, content)) in contents.into_iter().enumerate() {
        if many {
            call.out(format!(
                "{}==> {name} <==\n",
                if number > 0 { "\n" } else { "" }
            ));
        }
        let size = usize::try_from(
            count
                .trim_start_matches(['-', '+'])
                .parse::<u64>()
                .unwrap_or(10),
        )
        .unwrap_or(usize::MAX);
        let from_end = count.starts_with('-');
        if bytes {
            let end = if from_end {
                content.len().saturating_sub(size)
            } else {
                size.min(content.len())
            };
            call.out(content.get(..end).unwrap_or_default());
            continue;
        }
        let lines: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').collect();
        let end = if from_end {
            lines.len().saturating_sub(size)
        } else {
            size.min(lines.len())
        };
        for line in lines.into_iter().take(end) {
            call.out(line);
        }
    }
    u32::from(!well)
}

/// The count as written, whether it counts bytes, and the files. Wrong ones are said.
pub(super) fn counts(call: &mut Call<'_>) -> Option<(String, bool, Vec<String>)> {
    let mut count = "10".to_owned();
    let (mut bytes, mut files) = (false, Vec::new());
    let mut words = call.given().iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-n" | "-c" => {
                bytes = word == "-c";
                count = words.next().cloned().unwrap_or_default();
            }
            "-f" | "-q" | "-" | "--" => {
                if word == "-" {
                    files.push(word.clone());
                }
            }
            option if option.starts_with("-n") || option.starts_with("-c") => {
                bytes = option.starts_with("-c");
                option.get(2..).unwrap_or_default().clone_into(&mut count);
            }
            option
                if option.starts_with('-')
                    && option.chars().skip(1).all(|c| c.is_ascii_digit()) =>
            {
                option.get(1..).unwrap_or_default().clone_into(&mut count);
            }
            option if option.starts_with('-') => {
                call.usage(format!(
                    "invalid option -- '{}'",
                    option.chars().nth(1).unwrap_or('-')
                ));
                return None;
            }
            file => files.push(file.to_owned()),
        }
    }
    if count.trim_start_matches(['-', '+']).parse::<u64>().is_err() {
        call.fail(format!(
            "invalid number of {}: '{count}'",
            if bytes { "bytes" } else { "lines" }
        ));
        return None;
    }
    Some((count, bytes, files))
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn the_first_and_the_last_lines() {
        assert_eq!(
            run("seq 5 | head -n 2; seq 5 | tail -2; seq 5 | tail -n +4"),
            "1\n2\n4\n5\n4\n5\n0"
        );
        assert_eq!(run("seq 3 | head -c 3; seq 3 | head -n -1"), "1\n21\n2\n0");
        assert_eq!(
            run("head nofile"),
            "head: cannot open 'nofile' for reading: No such file or directory\n1"
        );
    }
}

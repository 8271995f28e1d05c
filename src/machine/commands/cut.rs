//! `cut`: columns of lines.

use super::Call;
use super::options::reads_without_files;

pub(super) fn reads(arguments: &[String]) -> bool {
    // The values of -d and -f may stand apart and look like files.
    let mut files = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if ["-d", "-f", "-c"].contains(&word.as_str()) {
            words.next();
        } else {
            files.push(word.clone());
        }
    }
    reads_without_files(&files)
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options(
        "d:f:c:s",
        &[("delimiter", 'd'), ("fields", 'f'), ("characters", 'c')],
    ) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let (list, characters) = match (options.value('f'), options.value('c')) {
        (Some(list), None) => (list, false),
        (None, Some(list)) => (list, true),
        _ => return call.usage("you must specify a list of bytes, characters, or fields"),
    };
    let Some(wanted) = ranges(list) else {
        return call.usage(format!("invalid field value '{list}'"));
    };
    let delimiter = options.value('d').unwrap_or("\t").to_owned();
    let (contents, well) = call.contents(&options.operands);
    for (_, content) in contents {
        for line in String::from_utf8_lossy(&content).lines() {
            let keep = |number: usize| {
                wanted
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&(number + 1)))
            };
            let text: String = if characters {
                line.chars()
                    .enumerate()
                    .filter(|(number, _)| keep(*number))
                    .map(|(_, c)| c)
                    .collect()
            } else if !line.contains(&delimiter) {
                line.to_owned()
            } else {
                let fields = line
                    .split(&delimiter)
                    .enumerate()
                    .filter(|(number, _)| keep(*number));
                fields
                    .map(|(_, field)| field)
                    .collect::<Vec<_>>()
                    .join(&delimiter)
            };
            call.out(format!("{text}\n"));
        }
    }
    u32::from(!well)
}

fn ranges(list: &str) -> Option<Vec<(usize, usize)>> {
    list.split(',')
        .map(|part| match part.split_once('-') {
            Some((from, to)) => {
                let from = if from.is_empty() {
                    Some(1)
                } else {
                    from.parse().ok()
                }?;
                Some((
                    from,
                    if to.is_empty() {
                        usize::MAX
                    } else {
                        to.parse().ok()?
                    },
                ))
            }
            None => part.parse().ok().map(|number| (number, number)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn fields_of_passwd_are_cut() {
        assert_eq!(
            run("head -1 /etc/passwd | cut -d: -f1,7"),
            "root:/bin/bash\n0"
        );
        assert_eq!(run("echo abc | cut -c 2-"), "bc\n0");
    }
}

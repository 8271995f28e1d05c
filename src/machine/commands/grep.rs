//! `grep`: lines that a pattern fits.

use regex::bytes::RegexBuilder;

use super::Call;
use crate::machine::node::Kind;

pub(super) fn reads(arguments: &[String]) -> bool {
    let words: Vec<_> = arguments.iter().skip(1).collect();
    let recursive = words
        .iter()
        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R']));
    let mut operands = 0;
    let mut pattern_given = false;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if *word == "-e" {
            pattern_given = true;
            rest.next();
        } else if ["-m", "-A", "-B", "-C"].contains(&word.as_str()) {
            rest.next();
        } else if *word == "-" {
            return true;
        } else if !word.starts_with('-') {
            operands += 1;
        }
    }
    !recursive && operands <= usize::from(!pattern_given)
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let long = [
        ("ignore-case", 'i'),
        ("invert-match", 'v'),
        ("count", 'c'),
        ("line-number", 'n'),
        ("quiet", 'q'),
        ("recursive", 'r'),
        ("color", 'Z'),
        ("extended-regexp", 'E'),
        ("fixed-strings", 'F'),
        ("only-matching", 'o'),
    ];
    let mut options = match call.options("ivcnqrRlLEFPwxhHose:m:Z", &long) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let pattern = match options.value('e') {
        Some(pattern) => pattern.to_owned(),
        None if options.operands.is_empty() => {
            call.err("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n");
            return 2;
        }
        None => options.operands.remove(0),
    };
    let source = if options.has('F') {
        regex::escape(&pattern)
    } else if options.has('E') || options.has('P') {
        pattern.clone()
    } else {
        basic(&pattern)
    };
    let source = if options.has('x') {
        format!("^(?:{source})$")
    } else if options.has('w') {
        format!(r"\b(?:{source})\b")
    } else {
        source
    };
    let built = RegexBuilder::new(&source)
        .case_insensitive(options.has('i'))
        .size_limit(1 << 20)
        .build();
    let Ok(regex) = built else {
        call.fail("Invalid regular expression");
        return 2;
    };
    let recursive = options.has('r') || options.has('R');
    let mut files = options.operands.clone();
    if recursive {
        files = below(call, &files);
    }
    let named = (files.len() > 1 || recursive || options.has('H')) && !options.has('h');
    let (contents, well) = folders_apart(call, &files);
    let mut found = false;
    for (name, content) in contents {
        let front = if named {
            format!(
                "{}:",
                if name == "-" {
                    "(standard input)"
                } else {
                    &name
                }
            )
        } else {
            String::new()
        };
        let mut count = 0_usize;
        let most = options
            .value('m')
            .and_then(|most| most.parse().ok())
            .unwrap_or(usize::MAX);
        let text = content.strip_suffix(b"\n").unwrap_or(&content);
        let lines = text
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|_| !content.is_empty());
        for (number, line) in lines {
            if count >= most || regex.is_match(line) == options.has('v') {
                continue;
            }
            count += 1;
            if options.has('q') || options.has('c') || options.has('l') || options.has('L') {
                continue;
            }
            let number = if options.has('n') {
                format!("{}:", number + 1)
            } else {
                String::new()
            };
            if options.has('o') {
                for hit in regex.find_iter(line).filter(|hit| !hit.is_empty()) {
                    call.out(format!("{front}{number}"));
                    call.out(hit.as_bytes());
                    call.out("\n");
                }
                continue;
            }
            call.out(format!("{front}{number}"));
            call.out(line);
            call.out("\n");
        }
        found |= count > 0;
        if options.has('c') && !options.has('q') {
            call.out(format!("{front}{count}\n"));
        }
        if (options.has('l') && count > 0) || (options.has('L') && count == 0) {
            call.out(format!("{name}\n"));
        }
    }
    let excused = well || (options.has('q') && found);
    if excused { u32::from(!found) } else { 2 }
}

/// A basic regular expression as an extended one: `\(` and `(` change places, and so on.
fn basic(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('(' | ')' | '{' | '}' | '+' | '?' | '|')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '+' | '?' | '|' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Reads files; a folder among them is said and left out.
fn folders_apart(call: &mut Call<'_>, files: &[String]) -> (Vec<(String, Vec<u8>)>, bool) {
    let who = call.who();
    let mut plain = Vec::new();
    let mut well = true;
    for file in files {
        let path = call.path(file);
        if call
            .disk()
            .resolve(&who, &path, true)
            .is_ok_and(|(_, node)| node.is_dir())
        {
            call.fail(format!("{file}: Is a directory"));
            well = false;
        } else {
            plain.push(file.clone());
        }
    }
    if plain.is_empty() && !files.is_empty() {
        return (Vec::new(), well);
    }
    let (contents, read) = call.contents(&plain);
    (contents, well && read)
}

fn below(call: &mut Call<'_>, roots: &[String]) -> Vec<String> {
    let who = call.who();
    let mut files = Vec::new();
    let here = [".".to_owned()];
    for root in if roots.is_empty() { &here } else { roots } {
        let path = call.path(root);
        let Ok((place, _)) = call.disk().resolve(&who, &path, true) else {
            files.push(root.clone());
            continue;
        };
        for at in call.disk().tree(&place) {
            if call
                .disk()
                .at(&at)
                .is_some_and(|node| matches!(node.kind, Kind::File(_)))
            {
                let rest = at.strip_prefix(place.as_str()).unwrap_or_default();
                let shown = if roots.is_empty() {
                    rest.trim_start_matches('/').to_owned()
                } else {
                    format!("{root}{rest}")
                };
                files.push(shown);
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn lines_are_found_counted_and_turned_around() {
        assert_eq!(
            run("grep root /etc/passwd"),
            "root:x:0:0:root:/root:/bin/bash\noperator:x:11:0:operator:/root:/sbin/nologin\n0"
        );
        assert_eq!(run("printf 'a\\nB\\n' | grep -i b"), "B\n0");
        assert_eq!(run("printf 'a\\nb\\n' | grep -vn a"), "2:b\n0");
        assert_eq!(
            run("grep -c nologin /etc/passwd nofile"),
            "/etc/passwd:15\ngrep: nofile: No such file or directory\n2"
        );
        assert_eq!(run("grep zzz /etc/passwd"), "1");
        assert_eq!(run("grep x /etc"), "grep: /etc: Is a directory\n2");
    }
}

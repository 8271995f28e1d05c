//! `find`: names below a folder.

use super::Call;
use crate::machine::node::{Kind, Node};
use crate::machine::shell::Pattern;
use crate::machine::users;

/// What a name must be to be printed.
enum Test {
    Name(Pattern, bool),
    Kind(char),
    Mode(u16),
    User(u32),
    Empty,
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut roots: Vec<String> = Vec::new();
    let mut tests = Vec::new();
    let (mut deepest, mut shallowest) = (usize::MAX, 0);
    let mut words = call.given().iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            if !tests.is_empty() {
                return call.fail(format!("paths must precede expression: `{word}'"));
            }
            roots.push(word.clone());
            continue;
        }
        if word == "-print" {
            continue;
        }
        if word == "-empty" {
            tests.push(Test::Empty);
            continue;
        }
        if ![
            "-name",
            "-iname",
            "-type",
            "-perm",
            "-user",
            "-maxdepth",
            "-mindepth",
        ]
        .contains(&word.as_str())
        {
            return call.fail(format!("{word}: not simulated on this machine"));
        }
        let Some(value) = words.next() else {
            return call.fail(format!("missing argument to `{word}'"));
        };
        let number = value.parse::<usize>();
        match word.as_str() {
            "-iname" => tests.push(Test::Name(Pattern::new(&value.to_lowercase()), true)),
            "-type" => tests.push(Test::Kind(value.chars().next().unwrap_or('f'))),
            "-perm" => match u16::from_str_radix(value.trim_start_matches(['-', '/']), 8) {
                Ok(mode) => tests.push(Test::Mode(mode)),
                Err(_) => return call.fail(format!("invalid mode '{value}'")),
            },
            "-user" => match users::user_id(call.disk(), value) {
                Some(uid) => tests.push(Test::User(uid)),
                None => return call.fail(format!("'{value}' is not the name of a known user")),
            },
            "-maxdepth" => deepest = number.unwrap_or(usize::MAX),
            "-mindepth" => shallowest = number.unwrap_or(0),
            _ => tests.push(Test::Name(Pattern::new(value), false)),
        }
    }
    if roots.is_empty() {
        roots.push(".".into());
    }
    let mut status = 0;
    for root in roots {
        let (who, path) = (call.who(), call.path(&root));
        let place = match call.disk().resolve(&who, &path, false) {
            Ok((place, _)) => place,
            Err(fault) => {
                status = call.fail(format!("'{root}': {fault}"));
                continue;
            }
        };
        let mut todo = vec![(root, place, 0_usize)];
        while let Some((shown, place, depth)) = todo.pop() {
            let Some(node) = call.disk().at(&place).cloned() else {
                continue;
            };
            let children = call
                .disk()
                .children(&place)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>();
            if depth >= shallowest
                && tests
                    .iter()
                    .all(|test| fits(test, &shown, &node, children.is_empty()))
            {
                call.out(format!("{shown}\n"));
            }
            if !node.is_dir() || depth >= deepest {
                continue;
            }
            if !who.may(&node, 5) {
                status = call.fail(format!("'{shown}': Permission denied"));
                continue;
            }
            let end = if shown.ends_with('/') { "" } else { "/" };
            let below = children.iter().rev();
            todo.extend(below.map(|name| {
                (
                    format!("{shown}{end}{name}"),
                    crate::machine::disk::join(&place, name),
                    depth + 1,
                )
            }));
        }
    }
    status
}

fn fits(test: &Test, shown: &str, node: &Node, childless: bool) -> bool {
    let name = shown
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(shown);
    match test {
        Test::Name(pattern, true) => pattern.fits(&name.to_lowercase()),
        Test::Name(pattern, false) => pattern.fits(name),
        Test::Kind(kind) => match node.kind {
            Kind::Dir => *kind == 'd',
            Kind::File(_) => *kind == 'f',
            Kind::Link(_) => *kind == 'l',
            Kind::Device => *kind == 'c',
        },
        Test::Mode(mode) => node.mode == *mode,
        Test::User(uid) => node.owner == *uid,
        Test::Empty => node.size() == 0 && (!node.is_dir() || childless),
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn names_are_found_and_closed_folders_are_said() {
        assert_eq!(
            run("find ~ -name 'auth*' -type f"),
            "/home/ec2-user/.ssh/authorized_keys\n0"
        );
        assert_eq!(
            run("find /root"),
            "/root\nfind: '/root': Permission denied\n1"
        );
        assert_eq!(run("mkdir -p a/b; touch a/b/c; find a"), "a\na/b\na/b/c\n0");
        assert_eq!(
            run("find . -delete"),
            "find: -delete: not simulated on this machine\n1"
        );
    }
}

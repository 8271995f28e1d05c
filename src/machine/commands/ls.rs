//! `ls`: what is in a folder.

use unicode_width::UnicodeWidthStr as _;

use super::{Call, Options};
use crate::machine::Family;
use crate::machine::disk::{join, parent};
use crate::machine::hardware;
use crate::machine::moment;
use crate::machine::node::{Kind, Node};
use crate::machine::users;

/// A name and what it stands for.
type Entry = (String, Node, String);

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let long = [
        ("all", 'a'),
        ("almost-all", 'A'),
        ("human-readable", 'h'),
        ("recursive", 'R'),
        ("reverse", 'r'),
        ("directory", 'd'),
        ("color", 'Z'),
        ("inode", 'i'),
        ("classify", 'F'),
    ];
    let options = match call.options("alhR1trdASFpnGCgo", &long) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let who = call.who();
    let named = if options.operands.is_empty() {
        vec![".".to_owned()]
    } else {
        options.operands.clone()
    };
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    let mut status = 0;
    for name in &named {
        let path = call.path(name);
        // A link that is named is followed, except in a long list.
        let follow = !(options.has('l') || options.has('d')) || name.ends_with('/');
        match call.disk().resolve(&who, &path, follow) {
            Ok((place, node)) if node.is_dir() && !options.has('d') => {
                folders.push((name.clone(), place));
            }
            Ok((place, node)) => files.push((name.clone(), node.clone(), place)),
            Err(fault) => {
                call.fail(format!("cannot access '{name}': {fault}"));
                status = 2;
            }
        }
    }
    sort(&mut files, &options);
    let some = !files.is_empty();
    if some {
        print(call, &files, &options);
    }
    let titled = named.len() > 1 || options.has('R');
    let mut first = !some;
    folders.sort();
    folders.reverse();
    while let Some((name, place)) = folders.pop() {
        call.host.steps = call.host.steps.saturating_sub(1);
        if call.host.steps == 0 {
            break;
        }
        if !first {
            call.out("\n");
        }
        if titled {
            call.out(format!("{name}:\n"));
        }
        first = false;
        let path = place.clone();
        let mut entries: Vec<Entry> = match call.disk().list(&who, &path) {
            Ok(list) => list
                .into_iter()
                .map(|(name, node)| (name.clone(), node.clone(), join(&path, &name)))
                .collect(),
            Err(fault) => {
                call.fail(format!("cannot open directory '{name}': {fault}"));
                status = 2;
                continue;
            }
        };
        if !options.has('a') && !options.has('A') {
            entries.retain(|(name, ..)| !name.starts_with('.'));
        }
        if options.has('R') {
            let mut below: Vec<_> = entries
                .iter()
                .filter(|entry| entry.1.is_dir())
                .cloned()
                .collect();
            sort(&mut below, &options);
            below.reverse();
            let end = if name.ends_with('/') { "" } else { "/" };
            folders.extend(
                below
                    .into_iter()
                    .map(|(below, _, place)| (format!("{name}{end}{below}"), place)),
            );
        }
        if options.has('a') {
            for (name, at) in [(".", path.clone()), ("..", parent(&path).to_owned())] {
                if let Some(node) = call.disk().at(&at).cloned() {
                    entries.push((name.into(), node, at));
                }
            }
        }
        sort(&mut entries, &options);
        if options.has('l') {
            let blocks: usize = entries
                .iter()
                .map(|entry| blocks(call.host.machine.family(), &entry.1))
                .sum();
            let text = if options.has('h') {
                hardware::human(u64::try_from(blocks).unwrap_or(0))
            } else {
                blocks.to_string()
            };
            call.out(format!("total {text}\n"));
        }
        print(call, &entries, &options);
    }
    status
}

/// Kibibytes on the disk: whole blocks, and none for a small folder on XFS.
fn blocks(family: Family, node: &Node) -> usize {
    match node.kind {
        Kind::File(_) => node.size().div_ceil(4096) * 4,
        Kind::Dir if is_xfs(family) => 0,
        Kind::Dir => 4,
        Kind::Link(_) | Kind::Device => 0,
    }
}

fn is_xfs(family: Family) -> bool {
    match family {
        Family::Al2023 | Family::Al2 | Family::Rhel9 => true,
        Family::Ubuntu2404 | Family::Debian12 => false,
    }
}

fn sort(entries: &mut [Entry], options: &Options) {
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    if options.has('t') {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.1.mtime));
    } else if options.has('S') {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.1.size()));
    }
    if options.has('r') {
        entries.reverse();
    }
}

fn print(call: &mut Call<'_>, entries: &[Entry], options: &Options) {
    if options.has('l') || options.has('n') || options.has('g') || options.has('o') {
        return print_long(call, entries, options);
    }
    let names: Vec<String> = entries
        .iter()
        .map(|(name, node, _)| format!("{name}{}", mark(node, options)))
        .collect();
    if options.has('1') || !call.to_terminal {
        for name in names {
            call.out(format!("{name}\n"));
        }
        return;
    }
    let width = call
        .host
        .size
        .map_or(80, |size| usize::from(size.columns).max(1));
    let table = columns(&names, width);
    call.out(table);
}

fn mark(node: &Node, options: &Options) -> &'static str {
    match node.kind {
        Kind::Dir if options.has('F') || options.has('p') => "/",
        Kind::Link(_) if options.has('F') => "@",
        Kind::File(_) if options.has('F') && node.mode & 0o111 != 0 => "*",
        Kind::Dir | Kind::Link(_) | Kind::File(_) | Kind::Device => "",
    }
}

/// As many columns as fit, filled downwards.
fn columns(names: &[String], width: usize) -> String {
    let count = names.len();
    for rows in 1..=count {
        let widths: Vec<usize> = names
            .chunks(rows)
            .map(|column| column.iter().map(|name| name.width()).max().unwrap_or(0))
            .collect();
        let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if total > width && rows < count {
            continue;
        }
        let mut text = String::new();
        for row in 0..rows {
            let line: Vec<(&String, usize)> = (row..count)
                .step_by(rows)
                .filter_map(|at| Some((names.get(at)?, *widths.get(at / rows)?)))
                .collect();
            for (number, (name, width)) in line.iter().enumerate() {
                text.push_str(name);
                if number + 1 < line.len() {
                    text.push_str(&" ".repeat(width.saturating_sub(name.width()) + 2));
                }
            }
            text.push('\n');
        }
        return text;
    }
    String::new()
}

fn print_long(call: &mut Call<'_>, entries: &[Entry], options: &Options) {
    let family = call.host.machine.family();
    let now = call.now();
    let mut rows = Vec::new();
    for (name, node, place) in entries {
        let children: Vec<(String, bool)> = call
            .disk()
            .children(place)
            .into_iter()
            .map(|(name, node)| (name, node.is_dir()))
            .collect();
        let links = if node.is_dir() {
            2 + children.iter().filter(|child| child.1).count()
        } else {
            1
        };
        let names: Vec<String> = children.into_iter().map(|child| child.0).collect();
        let size = if node.is_dir() && !is_xfs(family) {
            4096
        } else {
            node.shown_size(&names)
        };
        let size = if options.has('h') {
            hardware::human_bytes(size)
        } else {
            size.to_string()
        };
        let size = if matches!(node.kind, Kind::Device) {
            "1, 3".to_owned()
        } else {
            size
        };
        let (owner, group) = if options.has('n') {
            (node.owner.to_string(), node.group.to_string())
        } else {
            (
                users::name_of(call.disk(), node.owner),
                users::group_name(call.disk(), node.group),
            )
        };
        let dot = match family {
            Family::Al2023 | Family::Rhel9 => ".",
            Family::Al2 | Family::Ubuntu2404 | Family::Debian12 => "",
        };
        let shown = match &node.kind {
            Kind::Link(target) => format!("{name} -> {target}"),
            Kind::Dir | Kind::File(_) | Kind::Device => format!("{name}{}", mark(node, options)),
        };
        let recent = now - node.mtime < 182 * 86_400_000 && node.mtime <= now;
        let format = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
        let date = moment::format(node.mtime, format).unwrap_or_default();
        rows.push((
            format!("{}{dot}", node.mode_text()),
            links.to_string(),
            owner,
            group,
            size,
            date,
            shown,
        ));
    }
    let widest =
        |pick: fn(&Row) -> &String| rows.iter().map(|row| pick(row).len()).max().unwrap_or(0);
    let (links, owner, group, size) = (
        widest(|row| &row.1),
        widest(|row| &row.2),
        widest(|row| &row.3),
        widest(|row| &row.4),
    );
    for row in &rows {
        let whose = match (options.has('g'), options.has('o') || options.has('G')) {
            (false, false) => format!("{:<owner$} {:<group$} ", row.2, row.3),
            (true, false) => format!("{:<group$} ", row.3),
            (false, true) => format!("{:<owner$} ", row.2),
            (true, true) => String::new(),
        };
        call.out(format!(
            "{} {:>links$} {whose}{:>size$} {} {}\n",
            row.0, row.1, row.4, row.5, row.6
        ));
    }
}

type Row = (String, String, String, String, String, String, String);

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::{exec, run, terminal};

    #[test]
    fn a_new_home_looks_as_in_transcripts() {
        assert_eq!(run("ls"), "0");
        assert_eq!(
            run("ls -la"),
            "total 12\n\
             drwx------. 3 ec2-user ec2-user  74 Sep 30 00:00 .\n\
             drwxr-xr-x. 3 root     root      22 Sep 30 00:00 ..\n\
             -rw-r--r--. 1 ec2-user ec2-user  18 Sep 30 00:00 .bash_logout\n\
             -rw-r--r--. 1 ec2-user ec2-user 141 Sep 30 00:00 .bash_profile\n\
             -rw-r--r--. 1 ec2-user ec2-user 492 Sep 30 00:00 .bashrc\n\
             drwx------. 2 ec2-user ec2-user  29 Sep 30 00:00 .ssh\n0"
        );
        let old = exec(Family::Al2, "ls -la").0;
        assert!(
            old.contains("-rw-r--r-- 1 ec2-user ec2-user 193 Sep 30 00:00 .bash_profile\n"),
            "{old}"
        );
        assert_eq!(
            run("ls -l .ssh"),
            "total 4\n-rw-------. 1 ec2-user ec2-user 93 Nov 24 09:50 authorized_keys\n0"
        );
    }

    #[test]
    fn what_is_not_there_or_closed_is_said_in_gnus_words() {
        assert_eq!(
            run("ls nofile"),
            "ls: cannot access 'nofile': No such file or directory\n2"
        );
        assert_eq!(
            run("ls /root"),
            "ls: cannot open directory '/root': Permission denied\n2"
        );
        assert_eq!(
            run("sudo ls -a /root"),
            ".\n..\n.bash_profile\n.bashrc\n.ssh\n0"
        );
    }

    #[test]
    fn a_terminal_gets_columns_and_a_pipe_gets_lines() {
        let screen = terminal(Family::Al2023, "touch a b c\nls\nls | cat");
        assert!(screen.contains("ls\na  b  c\n"), "{screen}");
        assert!(screen.contains("ls | cat\na\nb\nc\n"), "{screen}");
    }

    #[test]
    fn folders_in_folders_have_titles() {
        assert_eq!(
            run("mkdir -p a/b; touch a/f; ls -R a"),
            "a:\nb\nf\n\na/b:\n0"
        );
        assert_eq!(
            run("touch -d 1 x; ls -lt x nofile | wc -l").lines().last(),
            Some("0")
        );
    }
}

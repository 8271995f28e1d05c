//! `stat`: all that is known of a file.

use super::Call;
use crate::machine::moment;
use crate::machine::node::{Kind, Node};
use crate::machine::users;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("c:L", &[("format", 'c')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    if options.operands.is_empty() {
        return call.usage("missing operand");
    }
    let who = call.who();
    let mut status = 0;
    for name in &options.operands {
        let path = call.path(name);
        let node = match call.disk().resolve(&who, &path, options.has('L')) {
            Ok((_, node)) => node.clone(),
            Err(fault) => {
                status = call.fail(format!("cannot statx '{name}': {fault}"));
                continue;
            }
        };
        let (user, group) = (
            users::name_of(call.disk(), node.owner),
            users::group_name(call.disk(), node.group),
        );
        let time =
            moment::format(node.mtime, "%Y-%m-%d %H:%M:%S.000000000 +0000").unwrap_or_default();
        if let Some(form) = options.value('c') {
            let text = filled(form, name, &node, &user, &group, &time);
            call.out(format!("{text}\n"));
            continue;
        }
        let shown = match &node.kind {
            Kind::Link(target) => format!("{name} -> {target}"),
            Kind::Dir | Kind::File(_) | Kind::Device => name.clone(),
        };
        call.out(format!(
            "  File: {shown}\n  Size: {:<10}\tBlocks: {:<10} IO Block: 4096   {}\nAccess: ({:04o}/{})  Uid: ({:>5}/{user:>8})   Gid: ({:>5}/{group:>8})\nAccess: {time}\nModify: {time}\nChange: {time}\n Birth: {time}\n",
            node.size(),
            node.size().div_ceil(4096) * 8,
            kind(&node),
            node.mode,
            node.mode_text(),
            node.owner,
            node.group,
        ));
    }
    status
}

fn kind(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Dir => "directory",
        Kind::File(content) if content.is_empty() => "regular empty file",
        Kind::File(_) => "regular file",
        Kind::Link(_) => "symbolic link",
        Kind::Device => "character special file",
    }
}

fn filled(form: &str, name: &str, node: &Node, user: &str, group: &str, time: &str) -> String {
    let mut out = String::new();
    let mut chars = form.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('a') => out.push_str(&format!("{:o}", node.mode)),
            Some('A') => out.push_str(&node.mode_text()),
            Some('U') => out.push_str(user),
            Some('G') => out.push_str(group),
            Some('u') => out.push_str(&node.owner.to_string()),
            Some('g') => out.push_str(&node.group.to_string()),
            Some('n') => out.push_str(name),
            Some('s') => out.push_str(&node.size().to_string()),
            Some('F') => out.push_str(kind(node)),
            Some('y') => out.push_str(time),
            Some('Y') => out.push_str(&(node.mtime / 1000).to_string()),
            Some('%') | None => out.push('%'),
            Some(other) => out.push_str(&format!("%{other}")),
        }
    }
    out
}

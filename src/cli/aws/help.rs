//! `help`, made from the same shapes as the options.

use std::fmt::Write as _;

use crate::cli::aws::arguments::{Argument, Kind};
use crate::cloud::api::actions::Action;
use crate::cloud::api::shape::{Member, Shape};

/// The options that every command takes.
const GLOBAL: &str = "
GLOBAL OPTIONS
  --region, --output json|text|table, --query JMESPATH, --endpoint-url,
  --profile, --no-paginate, --page-size, --debug, --version, --no-cli-pager
";

/// `aws help`, `aws ec2 help`: what can come next.
pub fn list(command: &str, next: &[String]) -> String {
    let mut out = format!(
        "This is Ground School's stand-in for the AWS CLI. It knows the commands that
are simulated in this lab and talks to nothing else.

SYNOPSIS
  aws {command}<command> [options]

COMMANDS
"
    );
    for name in next {
        let _ = writeln!(out, "  {name}");
    }
    let _ = writeln!(out, "\nMore about one of them: aws {command}<command> help");
    out + GLOBAL
}

/// `aws ec2 run-instances help`.
pub fn command(path: &str, action: &Action, table: &[Argument]) -> String {
    let mut out = format!("SYNOPSIS\n  aws {path}\n");
    for one in table.iter().filter(|one| one.kind != Kind::Flag(false)) {
        let no = if matches!(one.kind, Kind::Flag(true) | Kind::Maybe) {
            format!(" | --no-{}", one.option)
        } else {
            " <value>".to_owned()
        };
        let _ = if one.required {
            writeln!(out, "    --{}{no}", one.option)
        } else {
            writeln!(out, "    [--{}{no}]", one.option)
        };
    }
    out.push_str("\nOPTIONS\n");
    for one in table.iter().filter(|one| one.kind != Kind::Flag(false)) {
        let kind = one.member.map_or("", |member| kind_of(&member.shape));
        let kind = if kind.is_empty() {
            String::new()
        } else {
            format!(" ({kind})")
        };
        let _ = writeln!(out, "  --{}{kind}", one.option);
        if !one.doc.is_empty() {
            let _ = writeln!(out, "      {}", one.doc);
        }
        if let Some(syntax) = one.member.and_then(|member| syntax(&member.shape)) {
            let _ = writeln!(out, "      Syntax: {syntax}");
        }
    }
    if let Shape::Structure(members) = action.answer {
        out.push_str("\nOUTPUT\n");
        for member in members {
            let _ = writeln!(
                out,
                "  {} ({})",
                member.member_name(),
                kind_of(&member.shape)
            );
        }
    }
    out + GLOBAL
}

fn kind_of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "string",
        Shape::Integer => "integer",
        Shape::Float => "float",
        Shape::Boolean => "boolean",
        Shape::Timestamp => "timestamp",
        Shape::Blob => "blob",
        Shape::List(_) => "list",
        Shape::Structure(_) => "structure",
    }
}

/// The shorthand of a structure or a list of structures.
fn syntax(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Structure(members) => Some(pairs(members)),
        Shape::List(Shape::Structure(members)) => Some(format!("{} ...", pairs(members))),
        Shape::List(_) => Some("value value ...".to_owned()),
        Shape::Text
        | Shape::Integer
        | Shape::Float
        | Shape::Boolean
        | Shape::Timestamp
        | Shape::Blob => None,
    }
}

fn pairs(members: &[Member]) -> String {
    let value = |shape: &Shape| match shape {
        Shape::Structure(inside) => format!("{{{}}}", pairs(inside)),
        Shape::List(Shape::Structure(inside)) => format!("[{{{}}},...]", pairs(inside)),
        Shape::List(_) => "value,value".to_owned(),
        Shape::Text
        | Shape::Integer
        | Shape::Float
        | Shape::Boolean
        | Shape::Timestamp
        | Shape::Blob => kind_of(shape).to_owned(),
    };
    let pairs = members
        .iter()
        .map(|one| format!("{}={}", one.member_name(), value(&one.shape)));
    pairs.collect::<Vec<_>>().join(",")
}

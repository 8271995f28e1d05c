//! `test`, `[` and what `[[` shares with them. brush-parser reads the expression.

use brush_parser::ast::{BinaryPredicate, TestExpr, UnaryPredicate};

use super::Call;
use crate::machine::host::Host;
use crate::machine::node::{Kind, Node};

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut given = call.given();
    if call.name() == "[" {
        match given.split_last() {
            Some((last, rest)) if last == "]" => given = rest,
            Some(_) | None => {
                call.complain("missing `]'");
                return 2;
            }
        }
    }
    // The parser calls itself for each bracket and each `!`.
    if given.len() > 60 {
        call.complain("too many arguments");
        return 2;
    }
    let answer = match crate::machine::shell::ask(|| brush_parser::test_command::parse(given)) {
        Some(Ok(expr)) => holds(call.host, &expr),
        Some(Err(_)) | None => Err(match given {
            [_, operator, _] => format!("{operator}: binary operator expected"),
            [operator, _] => format!("{operator}: unary operator expected"),
            _ => "too many arguments".into(),
        }),
    };
    match answer {
        Ok(holds) => u32::from(!holds),
        Err(message) => {
            call.complain(message);
            2
        }
    }
}

fn holds(host: &mut Host, expr: &TestExpr) -> Result<bool, String> {
    match expr {
        TestExpr::False => Ok(false),
        TestExpr::Literal(text) => Ok(!text.is_empty()),
        TestExpr::And(left, right) => Ok(holds(host, left)? && holds(host, right)?),
        TestExpr::Or(left, right) => Ok(holds(host, left)? || holds(host, right)?),
        TestExpr::Not(inner) => Ok(!holds(host, inner)?),
        TestExpr::Parenthesized(inner) => holds(host, inner),
        TestExpr::UnaryTest(predicate, text) => unary(host, predicate, text),
        TestExpr::BinaryTest(predicate, left, right) => binary(host, predicate, left, right),
    }
}

/// `-f FILE` and its kin.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "brush-parser's enum: what is not simulated is refused by name"
)]
pub(crate) fn unary(
    host: &mut Host,
    predicate: &UnaryPredicate,
    text: &str,
) -> Result<bool, String> {
    match predicate {
        UnaryPredicate::StringHasZeroLength => return Ok(text.is_empty()),
        UnaryPredicate::StringHasNonZeroLength => return Ok(!text.is_empty()),
        UnaryPredicate::ShellVariableIsSetAndAssigned => {
            return Ok(host.shell().get(text).is_some());
        }
        UnaryPredicate::FdIsOpenTerminal => {
            return Ok(host.size.is_some() && ["0", "1", "2"].contains(&text));
        }
        _ => (),
    }
    let follow = !matches!(predicate, UnaryPredicate::FileExistsAndIsSymlink);
    let Some(node) = look(host, text, follow) else {
        return Ok(false);
    };
    let who = host.shell().who.clone();
    Ok(match predicate {
        UnaryPredicate::FileExists => true,
        UnaryPredicate::FileExistsAndIsDir => node.is_dir(),
        UnaryPredicate::FileExistsAndIsRegularFile => matches!(node.kind, Kind::File(_)),
        UnaryPredicate::FileExistsAndIsSymlink => matches!(node.kind, Kind::Link(_)),
        UnaryPredicate::FileExistsAndIsCharSpecialFile => matches!(node.kind, Kind::Device),
        UnaryPredicate::FileExistsAndIsNotZeroLength => node.is_dir() || node.size() > 0,
        UnaryPredicate::FileExistsAndIsReadable => who.may(&node, 4),
        UnaryPredicate::FileExistsAndIsWritable => who.may(&node, 2),
        UnaryPredicate::FileExistsAndIsExecutable => who.may(&node, 1),
        UnaryPredicate::FileExistsAndOwnedByEffectiveUserId => node.owner == who.uid,
        UnaryPredicate::FileExistsAndOwnedByEffectiveGroupId => node.group == who.gid,
        UnaryPredicate::FileExistsAndIsSetuid => node.mode & 0o4000 != 0,
        UnaryPredicate::FileExistsAndIsSetgid => node.mode & 0o2000 != 0,
        UnaryPredicate::FileExistsAndHasStickyBit => node.mode & 0o1000 != 0,
        UnaryPredicate::FileExistsAndIsBlockSpecialFile
        | UnaryPredicate::FileExistsAndIsFifo
        | UnaryPredicate::FileExistsAndIsSocket => false,
        other => return Err(format!("{other}: not simulated on this machine")),
    })
}

fn look(host: &mut Host, text: &str, follow: bool) -> Option<Node> {
    let shell = host.shell();
    let (path, who) = (shell.path(text), shell.who.clone());
    host.machine
        .disk
        .resolve(&who, &path, follow)
        .ok()
        .map(|(_, node)| node.clone())
}

/// `a = b`, `1 -lt 2` and their kin.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "brush-parser's enum: what is not simulated is refused by name"
)]
pub(crate) fn binary(
    host: &mut Host,
    predicate: &BinaryPredicate,
    left: &str,
    right: &str,
) -> Result<bool, String> {
    match predicate {
        BinaryPredicate::StringExactlyMatchesString
        | BinaryPredicate::StringExactlyMatchesPattern => {
            return Ok(left == right);
        }
        BinaryPredicate::StringDoesNotExactlyMatchString
        | BinaryPredicate::StringDoesNotExactlyMatchPattern => {
            return Ok(left != right);
        }
        BinaryPredicate::LeftSortsBeforeRight => return Ok(left < right),
        BinaryPredicate::LeftSortsAfterRight => return Ok(left > right),
        BinaryPredicate::FilesReferToSameDeviceAndInodeNumbers => {
            let shell = host.shell();
            let (left, right, who) = (shell.path(left), shell.path(right), shell.who.clone());
            let place = |path: &str| {
                host.machine
                    .disk
                    .resolve(&who, path, true)
                    .ok()
                    .map(|(place, _)| place)
            };
            return Ok(place(&left).is_some() && place(&left) == place(&right));
        }
        BinaryPredicate::LeftFileIsNewerOrExistsWhenRightDoesNot
        | BinaryPredicate::LeftFileIsOlderOrDoesNotExistWhenRightDoes => {
            let left = look(host, left, true).map(|node| node.mtime);
            let right = look(host, right, true).map(|node| node.mtime);
            let newer = matches!(
                predicate,
                BinaryPredicate::LeftFileIsNewerOrExistsWhenRightDoesNot
            );
            return Ok(if newer { left > right } else { left < right });
        }
        _ => (),
    }
    let number = |text: &str| {
        text.trim()
            .parse::<i64>()
            .map_err(|_| format!("{text}: integer expression expected"))
    };
    let (left, right) = (number(left)?, number(right)?);
    Ok(match predicate {
        BinaryPredicate::ArithmeticEqualTo => left == right,
        BinaryPredicate::ArithmeticNotEqualTo => left != right,
        BinaryPredicate::ArithmeticLessThan => left < right,
        BinaryPredicate::ArithmeticLessThanOrEqualTo => left <= right,
        BinaryPredicate::ArithmeticGreaterThan => left > right,
        BinaryPredicate::ArithmeticGreaterThanOrEqualTo => left >= right,
        other => return Err(format!("{other}: not simulated on this machine")),
    })
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn files_texts_and_numbers_are_tested() {
        assert_eq!(
            run(
                "[ -f .bashrc ] && [ -d .ssh ] && [ ! -e x ] && [ a = a ] && [ 2 -gt 1 ] && echo yes"
            ),
            "yes\n0"
        );
        assert_eq!(
            run("[[ -n $HOME && ec2-user == ec2-* ]] && echo yes"),
            "yes\n0"
        );
        assert_eq!(
            run("[ a -eq 1 ]"),
            "bash: line 1: [: a: integer expression expected\n2"
        );
        assert_eq!(run("[ a = a"), "bash: line 1: [: missing `]'\n2");
        assert_eq!(run("test"), "1");
    }
}

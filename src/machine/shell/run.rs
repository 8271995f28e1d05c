//! Running: lists, pipelines, groups, loops. Every form of bash's grammar ends here or is refused by name.

use std::sync::Arc;

use brush_parser::ast::{
    AndOr, AndOrList, AssignmentName, AssignmentValue, CaseItemPostAction, Command,
    CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, ExtendedTestExpr, Pipeline, Program,
    RedirectList, SeparatorOperator, SimpleCommand,
};
use brush_parser::ast::{Assignment, BinaryPredicate, UnaryPredicate};

use super::parse::{Parsed, parse};
use super::pattern::Pattern;
use super::state::Variable;
use super::{Boxed, Flow, Shell, Status, arith, dispatch, expand, redirect, serve};
use crate::machine::commands::test;
use crate::machine::host::Cell;
use crate::machine::io::{Io, Sink, Source, lock};

/// Functions in functions, substitutions in substitutions.
const DEPTH: usize = 24;

/// Runs a whole program on the session's own streams.
pub(crate) async fn run_line(cell: Cell, program: Arc<Program>) -> Status {
    let io = Io::session();
    run_program(&cell, &io, &program).await
}

async fn run_program(cell: &Cell, io: &Io, program: &Program) -> Status {
    let mut status = cell.host().shell().status;
    for command in &program.complete_commands {
        status = list(cell, io, command).await?;
    }
    Ok(status)
}

/// Reads a text and runs it: a script, `eval`, `bash -c`. `name` stands before a grammar error.
pub(crate) fn run_text<'a>(
    cell: &'a Cell,
    io: &'a Io,
    text: &'a str,
    name: &'a str,
) -> Boxed<'a, Status> {
    Box::pin(async move {
        let message = match parse(text) {
            Parsed::Program(program) => {
                return deeper(cell, io, run_program(cell, io, &program)).await;
            }
            Parsed::Unfinished(why) => why.to_owned(),
            Parsed::Wrong(why) => why,
        };
        say(cell, io, &format!("{name}{message}\n"))?;
        Ok(2)
    })
}

/// Runs something one level deeper, within the limit.
pub(super) async fn deeper<T>(
    cell: &Cell,
    io: &Io,
    inner: impl Future<Output = Result<T, Flow>> + Send,
) -> Result<T, Flow> {
    {
        let mut host = cell.host();
        host.tick()?;
        host.depth += 1;
    }
    let result = if cell.host().depth > DEPTH {
        let message = format!("maximum nesting level exceeded ({DEPTH})");
        Err(complain(cell, io, &message, 1))
    } else {
        inner.await
    };
    let mut host = cell.host();
    host.depth = host.depth.saturating_sub(1);
    drop(host);
    result
}

/// Writes to standard error.
pub(super) fn say(cell: &Cell, io: &Io, text: &str) -> Result<(), Flow> {
    // An error's text that does not fit on a full disk is lost, as it is in bash.
    cell.write(&io.err, text.as_bytes()).map(drop)
}

/// Says what is wrong, with the shell's name before it; the line is given up with this status.
pub(super) fn complain(cell: &Cell, io: &Io, message: &str, status: u32) -> Flow {
    let prefix = cell.host().shell().prefix.clone();
    match say(cell, io, &format!("{prefix}{message}\n")) {
        Ok(()) => Flow::Abandon(status),
        Err(flow) => flow,
    }
}

/// Runs something in a copy of the shell; what it changes there is gone afterwards.
pub(super) async fn within<T>(
    cell: &Cell,
    shell: Shell,
    inner: impl Future<Output = Result<T, Flow>> + Send,
) -> Result<T, Flow> {
    let height = {
        let mut host = cell.host();
        host.shells.push(shell);
        host.shells.len()
    };
    let result = inner.await;
    cell.host().shells.truncate(height - 1);
    result
}

/// A subshell's end is only a status to the shell around it.
pub(super) fn settle(result: Status) -> Status {
    match result {
        Err(Flow::Exit(status) | Flow::Return(status) | Flow::Abandon(status)) => Ok(status),
        Err(Flow::Break(_) | Flow::Continue(_)) => Ok(0),
        Ok(_) | Err(Flow::Stop) => result,
    }
}

async fn subshell(cell: &Cell, io: &Io, inner: impl Future<Output = Status> + Send) -> Status {
    let mut copy = cell.host().shell().clone();
    copy.interactive = false;
    settle(within(cell, copy, deeper(cell, io, inner)).await)
}

/// The output of `$(text)`, without line feeds at its end.
pub(super) fn substitute<'a>(
    cell: &'a Cell,
    io: &'a Io,
    text: &'a str,
) -> Boxed<'a, Result<String, Flow>> {
    Box::pin(async move {
        let (out, pipe) = Sink::pipe();
        let inner = Io { out, ..io.clone() };
        let prefix = cell.host().shell().prefix.clone();
        let prefix = format!("{prefix}command substitution: ");
        let status = subshell(cell, &inner, run_text(cell, &inner, text, &prefix)).await?;
        cell.host().shell().status = status;
        let bytes = std::mem::take(&mut *lock(&pipe));
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        Ok(text.trim_end_matches('\n').to_owned())
    })
}

/// Runs a list of commands.
pub(super) fn list<'a>(cell: &'a Cell, io: &'a Io, list: &'a CompoundList) -> Boxed<'a, Status> {
    Box::pin(async move {
        let mut status = 0;
        for item in &list.0 {
            cell.host().tick()?;
            status = match item.1 {
                SeparatorOperator::Sequence => and_or(cell, io, &item.0).await?,
                SeparatorOperator::Async => background(cell, io, &item.0).await?,
            };
            cell.host().shell().status = status;
            if status != 0
                && !io.checked
                && item.0.additional.is_empty()
                && cell.host().shell().exit_on_error
            {
                return Err(Flow::Exit(status));
            }
        }
        Ok(status)
    })
}

/// `command &`: on a machine where time is an argument it runs at once, and nobody waits for its sleep.
async fn background(cell: &Cell, io: &Io, list: &AndOrList) -> Status {
    let (pid, interactive) = {
        let mut host = cell.host();
        host.pid = serve::next_pid(&host);
        host.job = host.pid;
        (host.pid, host.shell().interactive)
    };
    if interactive {
        say(cell, io, &format!("[1] {pid}\n"))?;
    }
    let inner = Io {
        background: true,
        stdin: Source::bytes(Vec::new()),
        ..io.clone()
    };
    subshell(cell, &inner, and_or(cell, &inner, list)).await?;
    let goes_on = {
        let host = cell.host();
        let booted_at = host.id.booted_at;
        host.machine.ports.process(pid, booted_at).is_some()
    };
    if interactive && !goes_on {
        say(cell, io, &format!("[1]+  Done                    {list}\n"))?;
    }
    Ok(0)
}

async fn and_or(cell: &Cell, io: &Io, list: &AndOrList) -> Status {
    let looked_at = io.checked();
    let first = if list.additional.is_empty() {
        io
    } else {
        &looked_at
    };
    let mut status = pipeline(cell, first, &list.first).await?;
    for next in &list.additional {
        cell.host().shell().status = status;
        match next {
            AndOr::And(next) if status == 0 => status = pipeline(cell, &looked_at, next).await?,
            AndOr::Or(next) if status != 0 => status = pipeline(cell, &looked_at, next).await?,
            AndOr::And(_) | AndOr::Or(_) => (),
        }
    }
    Ok(status)
}

async fn pipeline(cell: &Cell, io: &Io, pipeline: &Pipeline) -> Status {
    let mut status = match pipeline.seq.as_slice() {
        [] => 0,
        [only] => command(cell, io, only).await?,
        many => {
            let mut status = 0;
            let mut stdin = io.stdin.clone();
            for (number, part) in many.iter().enumerate() {
                let mut inner = Io {
                    stdin,
                    ..io.clone()
                };
                let (sink, pipe) = Sink::pipe();
                if number + 1 < many.len() {
                    inner.out = sink;
                }
                status = subshell(cell, &inner, command(cell, &inner, part)).await?;
                stdin = Source::Bytes(pipe);
            }
            status
        }
    };
    if pipeline.bang {
        status = u32::from(status == 0);
    }
    if pipeline.timed.is_some() {
        say(
            cell,
            io,
            "\nreal\t0m0.002s\nuser\t0m0.001s\nsys\t0m0.001s\n",
        )?;
    }
    cell.host().shell().status = status;
    Ok(status)
}

pub(super) fn command<'a>(cell: &'a Cell, io: &'a Io, command: &'a Command) -> Boxed<'a, Status> {
    Box::pin(async move {
        match command {
            Command::Simple(simple) => self::simple(cell, io, simple).await,
            Command::Compound(compound, redirects) => {
                redirected(cell, io, compound, redirects.as_ref()).await
            }
            Command::Function(function) => {
                let mut host = cell.host();
                if host.shell().functions.len() < 200 {
                    let name = function.fname.value.clone();
                    host.shell()
                        .functions
                        .insert(name, Arc::new(function.clone()));
                }
                Ok(0)
            }
            Command::ExtendedTest(test, redirects) => {
                let mut io = io.clone();
                if !redirect_all(cell, &mut io, redirects.as_ref()).await? {
                    return Ok(1);
                }
                Ok(u32::from(!extended(cell, &io, &test.expr).await?))
            }
        }
    })
}

/// Runs a group or loop with its redirections.
pub(super) fn redirected<'a>(
    cell: &'a Cell,
    io: &'a Io,
    compound: &'a CompoundCommand,
    redirects: Option<&'a RedirectList>,
) -> Boxed<'a, Status> {
    Box::pin(async move {
        let mut io = io.clone();
        if !redirect_all(cell, &mut io, redirects).await? {
            return Ok(1);
        }
        self::compound(cell, &io, compound).await
    })
}

async fn redirect_all(
    cell: &Cell,
    io: &mut Io,
    redirects: Option<&RedirectList>,
) -> Result<bool, Flow> {
    for redirect in redirects.into_iter().flat_map(|list| &list.0) {
        if let Err(message) = redirect::apply(cell, io, redirect).await? {
            complain(cell, io, &message, 1);
            return Ok(false);
        }
    }
    Ok(true)
}

async fn compound(cell: &Cell, io: &Io, compound: &CompoundCommand) -> Status {
    match compound {
        CompoundCommand::BraceGroup(group) => list(cell, io, &group.list).await,
        CompoundCommand::Subshell(group) => subshell(cell, io, list(cell, io, &group.list)).await,
        CompoundCommand::Arithmetic(arithmetic) => {
            let value = count(cell, io, &arithmetic.expr.value).await?;
            Ok(u32::from(value == 0))
        }
        CompoundCommand::IfClause(clause) => {
            if list(cell, &io.checked(), &clause.condition).await? == 0 {
                return list(cell, io, &clause.then).await;
            }
            for other in clause.elses.iter().flatten() {
                let holds = match &other.condition {
                    Some(condition) => list(cell, &io.checked(), condition).await? == 0,
                    None => true,
                };
                if holds {
                    return list(cell, io, &other.body).await;
                }
            }
            Ok(0)
        }
        CompoundCommand::ForClause(clause) => {
            let mut values = Vec::new();
            match &clause.values {
                Some(words) => {
                    for word in words {
                        expand::words(cell, io, &word.value, &mut values).await?;
                    }
                }
                None => values.clone_from(&cell.host().shell().arguments),
            }
            let mut status = 0;
            for value in values {
                cell.host().tick()?;
                cell.host().shell().set(&clause.variable_name, value);
                match round(list(cell, io, &clause.body.list).await)? {
                    Round::Next(new) => status = new,
                    Round::Leave => return Ok(0),
                }
            }
            Ok(status)
        }
        CompoundCommand::ArithmeticForClause(clause) => {
            if let Some(start) = &clause.initializer {
                count(cell, io, &start.value).await?;
            }
            let mut status = 0;
            loop {
                cell.host().tick()?;
                if let Some(condition) = &clause.condition
                    && !condition.value.trim().is_empty()
                    && count(cell, io, &condition.value).await? == 0
                {
                    return Ok(status);
                }
                match round(list(cell, io, &clause.body.list).await)? {
                    Round::Next(new) => status = new,
                    Round::Leave => return Ok(0),
                }
                if let Some(step) = &clause.updater {
                    count(cell, io, &step.value).await?;
                }
            }
        }
        CompoundCommand::WhileClause(clause) => {
            repeat(cell, io, &clause.0, &clause.1.list, true).await
        }
        CompoundCommand::UntilClause(clause) => {
            repeat(cell, io, &clause.0, &clause.1.list, false).await
        }
        CompoundCommand::CaseClause(clause) => {
            let value = expand::text(cell, io, &clause.value.value).await?;
            let mut through = false;
            let mut status = 0;
            for case in &clause.cases {
                let mut fits = through;
                for pattern in &case.patterns {
                    cell.host().tick()?;
                    fits = fits
                        || Pattern::new(&expand::pattern(cell, io, &pattern.value).await?)
                            .fits(&value);
                }
                if !fits {
                    continue;
                }
                if let Some(commands) = &case.cmd {
                    status = list(cell, io, commands).await?;
                }
                match case.post_action {
                    CaseItemPostAction::ExitCase => return Ok(status),
                    CaseItemPostAction::UnconditionallyExecuteNextCaseItem => through = true,
                    CaseItemPostAction::ContinueEvaluatingCases => through = false,
                }
            }
            Ok(status)
        }
        CompoundCommand::Coprocess(_) => Err(complain(
            cell,
            io,
            "coproc: not simulated on this machine",
            1,
        )),
    }
}

/// What a loop does after a round.
enum Round {
    Next(u32),
    Leave,
}

fn round(result: Status) -> Result<Round, Flow> {
    match result {
        Ok(status) => Ok(Round::Next(status)),
        Err(Flow::Break(0 | 1)) => Ok(Round::Leave),
        Err(Flow::Break(more)) => Err(Flow::Break(more - 1)),
        Err(Flow::Continue(0 | 1)) => Ok(Round::Next(0)),
        Err(Flow::Continue(more)) => Err(Flow::Continue(more - 1)),
        Err(other @ (Flow::Return(_) | Flow::Exit(_) | Flow::Abandon(_) | Flow::Stop)) => {
            Err(other)
        }
    }
}

async fn repeat(
    cell: &Cell,
    io: &Io,
    condition: &CompoundList,
    body: &CompoundList,
    wanted: bool,
) -> Status {
    let mut status = 0;
    let looked_at = io.checked();
    loop {
        cell.host().tick()?;
        let holds = match round(list(cell, &looked_at, condition).await)? {
            Round::Next(status) => status == 0,
            Round::Leave => return Ok(0),
        };
        if holds != wanted {
            return Ok(status);
        }
        match round(list(cell, io, body).await)? {
            Round::Next(new) => status = new,
            Round::Leave => return Ok(0),
        }
    }
}

async fn count(cell: &Cell, io: &Io, text: &str) -> Result<i64, Flow> {
    let text = expand::quoted(cell, io, text).await?;
    let value = arith::evaluate(cell.host().shell(), &text);
    value.map_err(|message| complain(cell, io, &format!("((: {message}"), 1))
}

/// `[[ … ]]`
fn extended<'a>(
    cell: &'a Cell,
    io: &'a Io,
    expr: &'a ExtendedTestExpr,
) -> Boxed<'a, Result<bool, Flow>> {
    Box::pin(async move {
        cell.host().tick()?;
        match expr {
            ExtendedTestExpr::And(left, right) => {
                Ok(extended(cell, io, left).await? && extended(cell, io, right).await?)
            }
            ExtendedTestExpr::Or(left, right) => {
                Ok(extended(cell, io, left).await? || extended(cell, io, right).await?)
            }
            ExtendedTestExpr::Not(inner) => Ok(!extended(cell, io, inner).await?),
            ExtendedTestExpr::Parenthesized(inner) => extended(cell, io, inner).await,
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                let text = expand::text(cell, io, &word.value).await?;
                unary(cell, io, predicate, &text)
            }
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                let left = expand::text(cell, io, &left.value).await?;
                let pattern = expand::pattern(cell, io, &right.value).await?;
                binary(cell, io, predicate, &left, &pattern)
            }
        }
    })
}

fn unary(cell: &Cell, io: &Io, predicate: &UnaryPredicate, text: &str) -> Result<bool, Flow> {
    let answer = test::unary(&mut cell.host(), predicate, text);
    answer.map_err(|message| complain(cell, io, &message, 2))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "brush-parser's enum: the rest is the same in `test`"
)]
fn binary(
    cell: &Cell,
    io: &Io,
    predicate: &BinaryPredicate,
    left: &str,
    pattern: &str,
) -> Result<bool, Flow> {
    let plain = super::pattern::unescape(pattern);
    match predicate {
        BinaryPredicate::StringExactlyMatchesPattern => Ok(Pattern::new(pattern).fits(left)),
        BinaryPredicate::StringDoesNotExactlyMatchPattern => Ok(!Pattern::new(pattern).fits(left)),
        BinaryPredicate::StringMatchesRegex => regex::RegexBuilder::new(&plain)
            .size_limit(1 << 20)
            .build()
            .map(|regex| regex.is_match(left))
            .map_err(|_| Flow::Abandon(2)),
        BinaryPredicate::StringContainsSubstring => Ok(left.contains(&plain)),
        other => {
            let answer = test::binary(&mut cell.host(), other, left, &plain);
            answer.map_err(|message| complain(cell, io, &message, 2))
        }
    }
}

/// The value that an assignment gives: name and text, or the message against it.
async fn assigned(cell: &Cell, io: &Io, assignment: &Assignment) -> Result<(String, String), Flow> {
    let (AssignmentName::VariableName(name), AssignmentValue::Scalar(word)) =
        (&assignment.name, &assignment.value)
    else {
        return Err(complain(
            cell,
            io,
            "arrays are not simulated on this machine",
            1,
        ));
    };
    let value = expand::text(cell, io, &word.value).await?;
    let before = if assignment.append {
        cell.host().shell().get(name).unwrap_or_default().to_owned()
    } else {
        String::new()
    };
    Ok((name.clone(), before + &value))
}

async fn simple(cell: &Cell, io: &Io, simple: &SimpleCommand) -> Status {
    cell.host().tick()?;
    let outer = io;
    let mut io = io.clone();
    let mut assignments = Vec::new();
    let mut arguments = Vec::new();
    let mut failed = None;
    let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
    for item in prefix {
        match item {
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                let (name, value) = assigned(cell, outer, assignment).await?;
                if simple.word_or_name.is_none() && !cell.host().shell().set(&name, value.clone()) {
                    return Err(complain(
                        cell,
                        outer,
                        &format!("{name}: readonly variable"),
                        1,
                    ));
                }
                assignments.push((name, value));
            }
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                if failed.is_none() {
                    failed = redirect::apply(cell, &mut io, redirect).await?.err();
                }
            }
            CommandPrefixOrSuffixItem::Word(word) => {
                expand::words(cell, outer, &word.value, &mut arguments).await?;
            }
            CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                return Err(complain(
                    cell,
                    outer,
                    "process substitution is not simulated on this machine",
                    1,
                ));
            }
        }
    }
    if let Some(word) = &simple.word_or_name {
        let alias = {
            let mut host = cell.host();
            let shell = host.shell();
            if shell.interactive {
                shell.aliases.get(&word.value).cloned()
            } else {
                None
            }
        };
        match alias {
            Some(alias) => {
                for part in alias.split_whitespace() {
                    expand::words(cell, outer, part, &mut arguments).await?;
                }
            }
            None => expand::words(cell, outer, &word.value, &mut arguments).await?,
        }
    }
    for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
        match item {
            CommandPrefixOrSuffixItem::Word(word) => {
                expand::words(cell, outer, &word.value, &mut arguments).await?;
            }
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                match &assignment.value {
                    AssignmentValue::Scalar(_) => {
                        arguments.push(expand::text(cell, outer, &word.value).await?);
                    }
                    AssignmentValue::Array(_) => {
                        return Err(complain(
                            cell,
                            outer,
                            "arrays are not simulated on this machine",
                            1,
                        ));
                    }
                }
            }
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                if failed.is_none() {
                    failed = redirect::apply(cell, &mut io, redirect).await?.err();
                }
            }
            CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                return Err(complain(
                    cell,
                    outer,
                    "process substitution is not simulated on this machine",
                    1,
                ));
            }
        }
    }
    if let Some(message) = failed {
        let prefix = cell.host().shell().prefix.clone();
        say(cell, outer, &format!("{prefix}{message}\n"))?;
        return Ok(1);
    }
    if arguments.is_empty() {
        let substituted = simple
            .prefix
            .as_ref()
            .is_some_and(|prefix| prefix.to_string().contains(['`', '(']))
            || simple.word_or_name.is_some();
        return Ok(if substituted {
            cell.host().shell().status
        } else {
            0
        });
    }
    with_environment(cell, assignments, dispatch::dispatch(cell, &io, &arguments)).await
}

/// Runs a command with variables that are set and exported for it alone.
async fn with_environment(
    cell: &Cell,
    assignments: Vec<(String, String)>,
    inner: impl Future<Output = Status> + Send,
) -> Status {
    if assignments.is_empty() {
        return inner.await;
    }
    let mut before: Vec<(String, Option<Variable>)> = Vec::new();
    {
        let mut host = cell.host();
        let shell = host.shell();
        for (name, value) in assignments {
            before.push((name.clone(), shell.variables.get(&name).cloned()));
            shell.export(&name, &value);
        }
    }
    let result = inner.await;
    let mut host = cell.host();
    let shell = host.shell();
    for (name, old) in before.into_iter().rev() {
        match old {
            Some(old) => shell.variables.insert(name, old),
            None => shell.variables.remove(&name),
        };
    }
    drop(host);
    result
}

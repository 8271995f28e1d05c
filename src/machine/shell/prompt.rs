//! The prompt: bash's notation, read by brush-parser.

use brush_parser::prompt::{PromptPiece, parse};

use super::Shell;
use crate::machine::Identity;

impl Shell {
    /// What `PS1` or `PS2` shows now, without what a terminal would not print.
    pub(crate) fn prompt(&self, id: &Identity, variable: &str) -> String {
        let source = self.get(variable).unwrap_or("$ ");
        if source.len() > 500 {
            return "$ ".into();
        }
        let Some(Ok(pieces)) = super::parse::ask(|| parse(source)) else {
            return source.to_owned();
        };
        let mut hidden = false;
        let mut text = String::new();
        for piece in pieces {
            match piece {
                PromptPiece::StartNonPrintingSequence => hidden = true,
                PromptPiece::EndNonPrintingSequence => hidden = false,
                _ if hidden => (),
                PromptPiece::Literal(literal) | PromptPiece::EscapedSequence(literal) => {
                    text.push_str(&literal);
                }
                PromptPiece::Backslash => text.push('\\'),
                PromptPiece::CurrentUser => text.push_str(&self.user),
                PromptPiece::DollarOrPound => text.push(if self.who.uid == 0 { '#' } else { '$' }),
                PromptPiece::Hostname {
                    only_up_to_first_dot: true,
                } => text.push_str(id.short_name()),
                PromptPiece::Hostname {
                    only_up_to_first_dot: false,
                } => text.push_str(&id.host_name),
                PromptPiece::ShellBaseName => text.push_str(&self.name),
                PromptPiece::CurrentWorkingDirectory { basename, .. } => {
                    text.push_str(&self.shown_cwd(basename));
                }
                PromptPiece::AsciiCharacter(_)
                | PromptPiece::BellCharacter
                | PromptPiece::CarriageReturn
                | PromptPiece::CurrentCommandNumber
                | PromptPiece::CurrentHistoryNumber
                | PromptPiece::Date(_)
                | PromptPiece::EscapeCharacter
                | PromptPiece::Newline
                | PromptPiece::NumberOfManagedJobs
                | PromptPiece::ShellRelease
                | PromptPiece::ShellVersion
                | PromptPiece::TerminalDeviceBaseName
                | PromptPiece::Time(_) => (),
            }
        }
        text.retain(|c| !c.is_control());
        text
    }

    fn shown_cwd(&self, basename: bool) -> String {
        let home = self.home();
        let short = match self.cwd.strip_prefix(home) {
            Some("") => "~".to_owned(),
            Some(rest) if rest.starts_with('/') && !basename => format!("~{rest}"),
            Some(_) | None => self.cwd.clone(),
        };
        match short.rsplit_once('/') {
            Some((_, name)) if basename && !name.is_empty() => name.to_owned(),
            Some(_) | None => short,
        }
    }
}

//! What can go wrong, with the AWS CLI's own words and the exit codes of its version 2.

use thiserror::Error;

/// What the AWS CLI prints above every usage error.
const USAGE: &str = "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
";

/// Why a command did not succeed. Its text begins where the AWS CLI's begins, after one blank line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The command line does not read as a command.
    #[error("{USAGE}\naws: error: {0}")]
    Usage(String),
    /// Options that the command does not have.
    #[error(
        "{USAGE}\nUnknown options: {0}\n(This stand-in knows the options that Ground School \
         simulates: aws {1} help)"
    )]
    UnknownOptions(String, String),
    /// A value that does not fit its option.
    #[error("{0}")]
    Parameter(String),
    /// No region, no credentials, no endpoint.
    #[error("{0}")]
    Configuration(String),
    /// The endpoint refused the request.
    #[error("An error occurred ({code}) when calling the {action} operation{retries}: {message}")]
    Service {
        /// AWS's error code.
        code: String,
        /// The action.
        action: String,
        /// Empty, or ` (reached max retries: 2)`.
        retries: String,
        /// AWS's message.
        message: String,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Exit code, as in version 2 of the AWS CLI (`awscli/constants.py`): 252 usage, 253 configuration, 254 service,
    /// 255 everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::UnknownOptions(..) | Self::Parameter(_) => 252,
            Self::Configuration(_) => 253,
            Self::Service { .. } => 254,
            Self::Other(_) => 255,
        }
    }

    /// `argument NAME: Invalid choice, valid choices are:`, two a line, and what was probably meant.
    pub fn invalid_choice(argument: &str, given: &str, choices: &[String]) -> Self {
        let mut text = format!("argument {argument}: Invalid choice, valid choices are:\n\n");
        let rows: Vec<String> = choices
            .chunks(2)
            .map(|pair| {
                let cells: Vec<String> = pair.iter().map(|one| format!("{one:<40}")).collect();
                cells.join(" | ")
            })
            .collect();
        text.push_str(&rows.join("\n"));
        // The AWS CLI suggests by Python's difflib with a cutoff of 0.8; this measure is near enough.
        let close: Vec<&String> = choices
            .iter()
            .filter(|one| strsim::normalized_damerau_levenshtein(one, given) >= 0.8)
            .take(3)
            .collect();
        if !close.is_empty() {
            text.push_str("\n\n\nInvalid choice: '");
            text.push_str(given);
            text.push_str("', maybe you meant:\n");
            for one in close {
                text.push_str("\n  * ");
                text.push_str(one);
            }
        }
        Self::Usage(text)
    }

    /// `Error parsing parameter '--OPTION': WHY`.
    pub fn parsing(option: &str, why: impl std::fmt::Display) -> Self {
        Self::Parameter(format!("Error parsing parameter '--{option}': {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_command_is_answered_with_the_likely_one() {
        let choices = ["create-key-pair", "describe-key-pairs", "wait"].map(str::to_owned);
        let text = Failure::invalid_choice("operation", "describe-keypairs", &choices).to_string();
        assert!(text.contains(
            "\naws: error: argument operation: Invalid choice, valid choices are:\n\n\
             create-key-pair                          | describe-key-pairs                      \nwait"
        ));
        assert!(text.ends_with(
            "Invalid choice: 'describe-keypairs', maybe you meant:\n\n  * describe-key-pairs"
        ));
    }
}

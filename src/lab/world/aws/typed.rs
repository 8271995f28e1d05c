//! What a typed line tells: whether the account may have changed, and why a call that failed may have failed. Pure.
//!
//! On AWS nobody sees the learner's calls. A line is never graded; it only says when to look again, and with the account's state
//! beside it what a refusal was about.

use std::collections::BTreeMap;

use brush_parser::{Token, tokenize_str, unquote_str};

use crate::course::evidence::{Account, What};

/// Commands that change nothing in an account.
const LOCAL: [&str; 44] = [
    "ls",
    "cd",
    "cat",
    "chmod",
    "chown",
    "pwd",
    "echo",
    "printf",
    "ssh",
    "scp",
    "sftp",
    "ssh-keygen",
    "ssh-add",
    "ssh-agent",
    "ssh-keyscan",
    "less",
    "more",
    "head",
    "tail",
    "clear",
    "lab",
    "mv",
    "cp",
    "rm",
    "mkdir",
    "rmdir",
    "grep",
    "history",
    "which",
    "type",
    "man",
    "vi",
    "vim",
    "nano",
    "stat",
    "file",
    "whoami",
    "hostname",
    "umask",
    "openssl",
    "set",
    "export",
    "unset",
    "test",
];

/// Whether a line may have changed something in the account, or nobody knows.
pub fn may_change_the_account(line: Option<&str>) -> bool {
    let Some(line) = line else { return true };
    let Ok(tokens) = tokenize_str(line) else {
        return true;
    };
    let mut starts = true;
    for token in &tokens {
        match token {
            Token::Operator(operator, _) => {
                // A file's name, not a command, stands behind an arrow.
                starts = !operator.starts_with(['>', '<']);
            }
            Token::Word(word, _) => {
                if word.contains("$(") || word.contains('`') {
                    return true;
                }
                let word = unquote_str(word);
                let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
                    name.chars()
                        .all(|letter| letter.is_alphanumeric() || letter == '_')
                });
                if starts && !is_assignment {
                    let name = word.rsplit('/').next().unwrap_or_default();
                    if !LOCAL.contains(&name) {
                        return true;
                    }
                    starts = false;
                }
            }
        }
    }
    false
}

/// One `aws ec2 OPERATION …` of a line.
struct Typed {
    operation: String,
    options: BTreeMap<String, String>,
}

/// The last call of a line.
fn call(line: &str) -> Option<Typed> {
    let tokens = tokenize_str(line).ok()?;
    let words: Vec<Option<String>> = tokens
        .iter()
        .map(|token| match token {
            Token::Word(word, _) => Some(unquote_str(word)),
            Token::Operator(..) => None,
        })
        .collect();
    let is_aws = |word: &Option<String>| {
        word.as_deref()
            .is_some_and(|word| word.rsplit('/').next() == Some("aws"))
    };
    let start = words.iter().rposition(is_aws)?;
    let words: Vec<String> = words
        .into_iter()
        .skip(start + 1)
        .map_while(|word| word)
        .collect();
    let mut options = BTreeMap::new();
    let mut plain = Vec::new();
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.next() {
        let Some(name) = word.strip_prefix("--") else {
            plain.push(word);
            continue;
        };
        let (name, value) = if let Some((name, value)) = name.split_once('=') {
            (name.to_owned(), value.to_owned())
        } else {
            let value = rest.next_if(|next| !next.starts_with("--"));
            (name.to_owned(), value.unwrap_or_default())
        };
        options.insert(name, value);
    }
    match plain.as_slice() {
        [service, operation, ..] if service == "ec2" => Some(Typed {
            operation: operation.clone(),
            options,
        }),
        _ => None,
    }
}

/// The region that a line names for its call.
pub fn region(line: &str) -> Option<String> {
    let named = call(line)?.options.remove("region")?;
    (!named.is_empty() && !named.contains('$')).then_some(named)
}

/// The refusal behind a line that failed, as far as the account's state shows it: a name that is taken, or one that is not there.
pub fn refused(line: &str, status: i32, account: &Account) -> Option<What> {
    if status == 0 {
        return None;
    }
    let call = call(line)?;
    let name = call.options.get("key-name")?;
    if name.is_empty() || name.contains(['$', '`']) {
        return None;
    }
    let is_there = account.key_pairs.iter().any(|pair| pair.name == *name);
    let region = region(line).unwrap_or_else(|| account.region.clone());
    let elsewhere = region != account.region;
    let (action, code, message) = match call.operation.as_str() {
        "create-key-pair" if is_there && !elsewhere => (
            "CreateKeyPair",
            "InvalidKeyPair.Duplicate",
            "The keypair already exists".to_owned(),
        ),
        "run-instances" if !is_there || elsewhere => (
            "RunInstances",
            "InvalidKeyPair.NotFound",
            format!("The key pair '{name}' does not exist"),
        ),
        _ => return None,
    };
    Some(What::Api {
        action: action.to_owned(),
        region,
        parameters: BTreeMap::from([("KeyName".to_owned(), name.clone())]),
        error: Some((code.to_owned(), message)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::KeyPair;

    fn account(names: &[&str]) -> Account {
        let pair = |name: &&str| KeyPair {
            name: (*name).to_owned(),
            id: "key-1".into(),
            key_type: "rsa".into(),
            fingerprint: "x".into(),
            public_sha256: None,
            created_at: 0,
            imported: false,
        };
        Account {
            region: "us-east-1".into(),
            my_address: None,
            key_pairs: names.iter().map(pair).collect(),
            instances: vec![],
            security_groups: vec![],
            addresses: vec![],
            left_behind: None,
        }
    }

    fn code(line: &str, names: &[&str]) -> Option<String> {
        match refused(line, 254, &account(names)) {
            Some(What::Api { error, .. }) => error.map(|(code, _)| code),
            _ => None,
        }
    }

    #[test]
    fn only_local_commands_change_nothing() {
        for line in [
            "ls -l",
            "cd ..; ls",
            "chmod 400 k.pem && ls",
            "A=1 cat x > aws.txt",
            "ssh -i k.pem ec2-user@203.0.113.25",
            "lab",
        ] {
            assert!(!may_change_the_account(Some(line)), "{line}");
        }
        for line in [
            "aws ec2 describe-instances",
            "ls; aws ec2 x",
            "python make.py",
            "group=$(aws ec2 x)",
            "./x",
            "a=1; terraform apply",
            "echo $(aws x)",
            "cat 'open",
        ] {
            assert!(may_change_the_account(Some(line)), "{line}");
        }
        assert!(may_change_the_account(None));
    }

    #[test]
    fn a_name_that_is_taken_and_one_that_is_not_there() {
        let create =
            "aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem";
        assert_eq!(
            code(create, &["k"]).as_deref(),
            Some("InvalidKeyPair.Duplicate")
        );
        assert_eq!(code(create, &[]), None);
        let run = "id=$(x); aws ec2 run-instances --image-id a --key-name=K";
        assert_eq!(
            code(run, &["k"]).as_deref(),
            Some("InvalidKeyPair.NotFound")
        );
        assert_eq!(code("aws ec2 run-instances --key-name k", &["k"]), None);
        assert_eq!(code("aws ec2 run-instances --key-name $k", &[]), None);
        assert_eq!(refused(create, 0, &account(&["k"])), None);
    }

    #[test]
    fn another_region_is_read_from_the_line() {
        let line = "aws ec2 run-instances --region eu-north-1 --key-name k";
        assert_eq!(region(line).as_deref(), Some("eu-north-1"));
        assert_eq!(
            code(line, &["k"]).as_deref(),
            Some("InvalidKeyPair.NotFound")
        );
        assert_eq!(region("aws ec2 describe-instances"), None);
        assert_eq!(region("ls --region x"), None);
    }
}

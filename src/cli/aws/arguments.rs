//! Options as the AWS CLI reads them: abbreviations, lists up to the next option, `--flag` and `--no-flag`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::aws::failure::Failure;
use crate::cli::aws::{shorthand, values};
use crate::cloud::api::actions::Action;
use crate::cloud::api::caller::Service;
use crate::cloud::api::shape::{Member, Shape};

/// How many values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One,
    /// Any number of values.
    Many,
    /// No value: the option itself says `true` or `false`.
    Flag(bool),
    /// One value, or none for `true`.
    Maybe,
}

/// One option of a command.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its name, without dashes.
    pub option: String,
    /// Where its value is kept: the same name for `--x` and `--no-x`.
    pub name: String,
    /// How many values it takes.
    pub kind: Kind,
    /// Whether the command line is refused without it.
    pub required: bool,
    /// The member of the request that it sets; none for the CLI's own conveniences.
    pub member: Option<&'static Member>,
    /// One line about it.
    pub doc: &'static str,
}

impl Argument {
    /// A convenience, which sets no member by itself.
    pub fn own(option: &str, kind: Kind, doc: &'static str) -> Self {
        Self {
            option: option.to_owned(),
            name: option.strip_prefix("no-").unwrap_or(option).to_owned(),
            kind,
            required: false,
            member: None,
            doc,
        }
    }
}

/// What was given for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// One value.
    One(String),
    /// A list.
    Many(Vec<String>),
    /// A flag.
    Flag(bool),
}

/// What was given, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Givens(BTreeMap<String, Given>);

impl Givens {
    /// The single value given for a name.
    pub fn one(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Given::One(value) => Some(value),
            Given::Many(_) | Given::Flag(_) => None,
        }
    }

    /// The flag given for a name.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Given::Flag(value) => Some(*value),
            Given::One(_) | Given::Many(_) => None,
        }
    }

    /// Whether anything was given for a name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Lists without which the AWS CLI refuses to send: a list in a [`Shape`] cannot say so.
const REQUIRED_LISTS: [(&str, &str); 9] = [
    ("CreateTags", "resources"),
    ("CreateTags", "tags"),
    ("DeleteTags", "resources"),
    ("GetParameters", "names"),
    ("RebootInstances", "instance_ids"),
    ("StartInstances", "instance_ids"),
    ("StopInstances", "instance_ids"),
    ("TerminateInstances", "instance_ids"),
    ("ModifySecurityGroupRules", "security_group_rules"),
];

/// What the AWS CLI sends without, leaving the refusal to EC2.
const NOT_REQUIRED: [(&str, &str); 1] = [("RunInstances", "image_id")];

/// The members of an action's request.
pub fn members(action: &Action) -> &'static [Member] {
    match action.request {
        Shape::Structure(members) => members,
        Shape::Text
        | Shape::Integer
        | Shape::Float
        | Shape::Boolean
        | Shape::Timestamp
        | Shape::Blob
        | Shape::List(_) => &[],
    }
}

/// The options that follow from an action's request.
pub fn of(action: &Action) -> Vec<Argument> {
    let mut table = Vec::new();
    for member in members(action) {
        let option = member.option_name();
        let key = (action.name, member.field);
        let argument = Argument {
            required: (member.required && !NOT_REQUIRED.contains(&key))
                || REQUIRED_LISTS.contains(&key),
            member: Some(member),
            doc: member.doc.trim(),
            ..Argument::own(&option, Kind::One, "")
        };
        match member.shape {
            Shape::Boolean => add_flag(&mut table, argument),
            shape if is_boolean_value(&shape) => add_flag(
                &mut table,
                Argument {
                    kind: Kind::Maybe,
                    ..argument
                },
            ),
            Shape::List(_) => table.push(Argument {
                kind: Kind::Many,
                ..argument
            }),
            Shape::Text
            | Shape::Integer
            | Shape::Float
            | Shape::Timestamp
            | Shape::Blob
            | Shape::Structure(_) => table.push(argument),
        }
    }
    if action.service == Service::Ec2 && !table.iter().any(|one| one.name == "dry-run") {
        let doc = "Checks whether you may, and changes nothing.";
        add_flag(&mut table, Argument::own("dry-run", Kind::One, doc));
    }
    table
}

/// Whether it is `{Value: true}`, which attributes of an instance have: `--x`, `--no-x` and `--x Value=true`.
fn is_boolean_value(shape: &Shape) -> bool {
    match shape {
        Shape::Structure([only]) => only.wire == "Value" && only.shape == Shape::Boolean,
        Shape::Structure(_)
        | Shape::Text
        | Shape::Integer
        | Shape::Float
        | Shape::Boolean
        | Shape::Timestamp
        | Shape::Blob
        | Shape::List(_) => false,
    }
}

/// `--x` and `--no-x`.
pub fn add_flag(table: &mut Vec<Argument>, argument: Argument) {
    let no = Argument {
        option: format!("no-{}", argument.option),
        kind: Kind::Flag(false),
        required: false,
        ..argument.clone()
    };
    let kind = match argument.kind {
        Kind::Maybe => Kind::Maybe,
        Kind::One | Kind::Many | Kind::Flag(_) => Kind::Flag(true),
    };
    table.push(Argument { kind, ..argument });
    table.push(no);
}

/// Takes the options of a table out of the arguments; the rest is handed back in order. Options of the whole program
/// are matched in full only, those of a command may be abbreviated.
pub fn take(
    table: &[Argument],
    args: &[String],
    abbreviated: bool,
) -> Result<(Givens, Vec<String>), Failure> {
    let mut givens = Givens::default();
    let mut rest = Vec::new();
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        let Some(word) = arg.strip_prefix("--") else {
            rest.push(arg.clone());
            continue;
        };
        let (word, inline) = match word.split_once('=') {
            Some((word, value)) => (word, Some(value.to_owned())),
            None => (word, None),
        };
        let Some(argument) = find(table, word, abbreviated)? else {
            rest.push(arg.clone());
            continue;
        };
        let option = &argument.option;
        let given = match argument.kind {
            Kind::Flag(value) => match inline {
                None => Given::Flag(value),
                Some(text) => {
                    let text = format!("argument --{option}: ignored explicit argument '{text}'");
                    return Err(Failure::Usage(text));
                }
            },
            Kind::One => {
                let value = inline.or_else(|| args.next_if(|arg| !is_option(arg)).cloned());
                Given::One(value.ok_or_else(|| {
                    Failure::Usage(format!("argument --{option}: expected one argument"))
                })?)
            }
            Kind::Maybe => inline
                .or_else(|| args.next_if(|arg| !is_option(arg)).cloned())
                .map_or(Given::Flag(true), Given::One),
            Kind::Many => Given::Many(match inline {
                Some(value) => vec![value],
                None => {
                    std::iter::from_fn(|| args.next_if(|arg| !is_option(arg)).cloned()).collect()
                }
            }),
        };
        givens.0.insert(argument.name.clone(), given);
    }
    Ok((givens, rest))
}

fn find<'a>(
    table: &'a [Argument],
    word: &str,
    abbreviated: bool,
) -> Result<Option<&'a Argument>, Failure> {
    if let Some(exact) = table.iter().find(|one| one.option == word) {
        return Ok(Some(exact));
    }
    if !abbreviated || word.is_empty() {
        return Ok(None);
    }
    let found: Vec<&Argument> = table
        .iter()
        .filter(|one| one.option.starts_with(word))
        .collect();
    match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => {
            let names: Vec<String> = found
                .iter()
                .map(|one| format!("--{}", one.option))
                .collect();
            let names = names.join(", ");
            Err(Failure::Usage(format!(
                "ambiguous option: --{word} could match {names}"
            )))
        }
    }
}

/// Whether Python's argparse takes a word for an option: `-1` and texts with a space are values.
fn is_option(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.parse::<f64>().is_err() && !word.contains(' '))
}

/// Refuses when something required is not there.
pub fn check_required(table: &[Argument], givens: &Givens) -> Result<(), Failure> {
    let missing: Vec<String> = table
        .iter()
        .filter(|one| one.required && !givens.has(&one.name))
        .map(|one| format!("--{}", one.option))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(Failure::Usage(format!(
        "the following arguments are required: {missing}"
    )))
}

/// How files are read: `file://` and `fileb://`.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> std::io::Result<Vec<u8>>;

/// The members of the request that the options set, by botocore's names.
pub fn parameters(
    table: &[Argument],
    givens: &Givens,
    read: ReadFile<'_>,
) -> Result<Map<String, Value>, Failure> {
    let mut parameters = Map::new();
    for argument in table {
        let (Some(member), Some(given)) = (argument.member, givens.0.get(&argument.name)) else {
            continue;
        };
        let value = match given {
            Given::Flag(value) if is_boolean_value(&member.shape) => {
                serde_json::json!({ "Value": value })
            }
            Given::Flag(value) => (*value).into(),
            Given::One(text) => one(&member.shape, text, &argument.option, read)?,
            Given::Many(texts) => many(&member.shape, texts, &argument.option, read)?,
        };
        parameters.insert(member.member_name(), value);
    }
    Ok(parameters)
}

/// What a `file://` or `fileb://` names; none when the text is neither.
fn param_file(text: &str, option: &str, read: ReadFile<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = text
        .strip_prefix("file://")
        .or_else(|| text.strip_prefix("fileb://"))
    else {
        return Ok(None);
    };
    read(Path::new(path)).map(Some).map_err(|error| {
        let text_of = error.to_string();
        let words = text_of.split(" (os error").next().unwrap_or_default();
        let number = error.raw_os_error().unwrap_or_default();
        let why = format!("Unable to load paramfile {text}: [Errno {number}] {words}: '{path}'");
        Failure::parsing(option, why)
    })
}

/// One value for a shape, from a text or the file that it names.
fn one(shape: &Shape, text: &str, option: &str, read: ReadFile<'_>) -> Result<Value, Failure> {
    let file = param_file(text, option, read)?;
    if *shape == Shape::Blob {
        let bytes = file.unwrap_or_else(|| text.as_bytes().to_vec());
        return Ok(values::base64(&bytes).into());
    }
    // The CLI itself encodes user data, which is a text for the API.
    if option == "user-data" && *shape == Shape::Text {
        let bytes = file.unwrap_or_else(|| text.as_bytes().to_vec());
        return Ok(values::base64(&bytes).into());
    }
    match file {
        Some(bytes) => {
            let content = String::from_utf8(bytes).map_err(|_| {
                let why = format!(
                    "Unable to load paramfile ({text}), text contents could not be decoded.  If \
                     this is a binary file, please use the fileb:// prefix instead of the file:// \
                     prefix."
                );
                Failure::parsing(option, why)
            })?;
            scalar_or_structure(shape, &content, option)
        }
        None => scalar_or_structure(shape, text, option),
    }
}

fn scalar_or_structure(shape: &Shape, text: &str, option: &str) -> Result<Value, Failure> {
    match shape {
        Shape::Integer => values::integer(text).map_err(Failure::Parameter),
        Shape::Float => text.parse::<f64>().map(Value::from).map_err(|_| {
            Failure::Usage(format!(
                "argument --{option}: invalid float value: '{text}'"
            ))
        }),
        Shape::Boolean => Ok((!text.eq_ignore_ascii_case("false")).into()),
        Shape::Text | Shape::Timestamp | Shape::Blob => {
            values::fit(shape, text.into(), true).map_err(Failure::Parameter)
        }
        Shape::Structure(members) => {
            let is_json = text.trim_start().starts_with('{');
            let value = match members {
                _ if is_json => json(text, option)?,
                // `--instance-type t3.small` for `InstanceType={Value=t3.small}`.
                [only] if only.wire == "Value" && !text.contains('=') => {
                    Value::Object([("Value".to_owned(), text.into())].into_iter().collect())
                }
                _ => shorthand::parse(text).map_err(|why| Failure::parsing(option, why))?,
            };
            values::fit(shape, value, !is_json).map_err(Failure::Parameter)
        }
        Shape::List(_) => {
            let value = json(text, option)?;
            values::fit(shape, value, false).map_err(Failure::Parameter)
        }
    }
}

/// A list: JSON when its only text is a JSON list, otherwise one element a text.
fn many(
    shape: &Shape,
    texts: &[String],
    option: &str,
    read: ReadFile<'_>,
) -> Result<Value, Failure> {
    let item = match shape {
        Shape::List(item) => *item,
        Shape::Text
        | Shape::Integer
        | Shape::Float
        | Shape::Boolean
        | Shape::Timestamp
        | Shape::Blob
        | Shape::Structure(_) => shape,
    };
    if let [single] = texts {
        let content = match param_file(single, option, read)? {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => single.clone(),
        };
        if content.trim_start().starts_with('[') {
            return scalar_or_structure(shape, &content, option);
        }
        return Ok(vec![scalar_or_structure(item, &content, option)?].into());
    }
    texts
        .iter()
        .map(|text| scalar_or_structure(item, text, option))
        .collect::<Result<Vec<_>, _>>()
        .map(Value::from)
}

fn json(text: &str, option: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let why = format!("Invalid JSON: {error}\nJSON received: {text}");
        Failure::parsing(option, why)
    })
}

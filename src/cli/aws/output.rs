//! What is printed: the answer through `--query`, as JSON, text or a table.

use std::collections::BTreeSet;

use jmespath::Expression;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::aws::failure::Failure;
use crate::cli::aws::table;

/// The formats that there are.
pub const FORMATS: [&str; 3] = ["json", "text", "table"];

/// Reads `--query`.
pub fn query(text: &str) -> Result<Expression<'static>, Failure> {
    jmespath::compile(text).map_err(|error| {
        let caret = format!("{}^", " ".repeat(error.column + 1));
        Failure::Parameter(format!(
            "Bad value for --query {text}: Invalid jmespath expression: {}:\n\"{text}\"\n{caret}",
            error.reason
        ))
    })
}

/// The answer as it is printed. `width` is the terminal's.
pub fn print(
    answer: Value,
    query: Option<&Expression<'static>>,
    format: &str,
    action: &str,
    width: usize,
) -> Result<String, Failure> {
    let answer = match query {
        Some(query) => {
            let found = query
                .search(answer)
                .map_err(|error| Failure::Other(error.reason.to_string()))?;
            let found = serde_json::to_value(&*found);
            whole(found.map_err(|error| Failure::Other(error.to_string()))?)
        }
        None => answer,
    };
    match format {
        "text" => {
            let mut out = String::new();
            text(&answer, None, None, &mut out);
            Ok(out)
        }
        "table" => table::draw(action, &answer, width),
        "json" => json(&answer),
        other => Err(Failure::Other(format!("Unknown output type: {other}"))),
    }
}

/// JMESPath counts in floating point: `2.0` was `2`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and small"
)]
fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                (float as i64).into()
            }
            _ => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(whole).collect(),
        Value::Object(object) => {
            let members = object.into_iter().map(|(name, value)| (name, whole(value)));
            members.collect::<Map<_, _>>().into()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// Four spaces a level; an answer without members prints nothing.
fn json(answer: &Value) -> Result<String, Failure> {
    if answer.as_object().is_some_and(Map::is_empty) {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, indent);
    answer
        .serialize(&mut writer)
        .map_err(|error| Failure::Other(error.to_string()))?;
    bytes.push(b'\n');
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A scalar as Python prints it.
pub fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Whether a value stands in a column of its own.
pub fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// The text format: one line of sorted scalars a structure, with its name in capitals, then what is inside.
fn text(value: &Value, name: Option<&str>, columns: Option<&BTreeSet<&String>>, out: &mut String) {
    match value {
        Value::Object(object) => structure(object, name, columns, out),
        Value::Array(list) if list.iter().any(Value::is_object) => {
            let columns: BTreeSet<&String> = list
                .iter()
                .filter_map(Value::as_object)
                .flat_map(|object| object.iter().filter(|(_, value)| is_scalar(value)))
                .map(|(name, _)| name)
                .collect();
            for one in list {
                text(one, name, Some(&columns), out);
            }
        }
        Value::Array(list) => {
            let (scalars, lists): (Vec<_>, Vec<_>) = list.iter().partition(|one| is_scalar(one));
            let scalars: Vec<String> = scalars.into_iter().map(python).collect();
            match name {
                Some(name) => {
                    for one in scalars {
                        line(out, &[name.to_uppercase(), one]);
                    }
                }
                None if scalars.is_empty() => {}
                None => line(out, &scalars),
            }
            for one in lists {
                text(one, name, None, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            line(out, &[python(value)]);
        }
    }
}

fn structure(
    object: &Map<String, Value>,
    name: Option<&str>,
    columns: Option<&BTreeSet<&String>>,
    out: &mut String,
) {
    let sorted: std::collections::BTreeMap<&String, &Value> = object.iter().collect();
    let is_column = |name: &String, value: &Value| match columns {
        Some(columns) => columns.contains(name),
        None => is_scalar(value),
    };
    let mut cells: Vec<String> = if let Some(columns) = columns {
        let cell = |name: &&String| object.get(name.as_str()).map(python).unwrap_or_default();
        columns.iter().map(cell).collect()
    } else {
        let scalars = sorted.values().filter(|value| is_scalar(value));
        scalars.map(|value| python(value)).collect()
    };
    if !cells.is_empty() {
        if let Some(name) = name {
            cells.insert(0, name.to_uppercase());
        }
        line(out, &cells);
    }
    for (name, value) in sorted {
        if !is_column(name, value) {
            text(value, Some(name), None, out);
        }
    }
}

fn line(out: &mut String, cells: &[String]) {
    out.push_str(&cells.join("\t"));
    out.push('\n');
}

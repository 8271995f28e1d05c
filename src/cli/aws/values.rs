//! Values by shape: fitted to it, checked against it, written as form parameters.
//!
//! Bytes are base64 text from [`fit`] on.

use base64::Engine;
use serde_json::{Map, Value};

use crate::cloud::api::params::join;
use crate::cloud::api::shape::{Member, Shape};

/// Base64 as the wire wants it.
pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The member with botocore's name.
fn member<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|one| one.member_name() == name)
}

/// Fits a value from shorthand or JSON to its shape: texts become numbers and booleans, bytes become base64, and, in
/// shorthand, one value stands for a list of one.
pub fn fit(shape: &Shape, value: Value, shorthand: bool) -> Result<Value, String> {
    Ok(match (shape, value) {
        (Shape::Structure(members), Value::Object(object)) => object
            .into_iter()
            .map(|(name, value)| {
                let value = match member(members, &name) {
                    Some(member) => fit(&member.shape, value, shorthand)?,
                    None => value,
                };
                Ok((name, value))
            })
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        (Shape::List(item), Value::Array(values)) => values
            .into_iter()
            .map(|value| fit(item, value, shorthand))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        (Shape::List(item), value) if shorthand => vec![fit(item, value, shorthand)?].into(),
        (Shape::Integer, Value::String(text)) if shorthand => integer(&text)?,
        (Shape::Boolean, Value::String(text)) if shorthand => match text.to_lowercase().as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => text.into(),
        },
        (Shape::Blob, Value::String(text)) => base64(text.as_bytes()).into(),
        (_, value) => value,
    })
}

/// A whole number, or Python's words.
pub fn integer(text: &str) -> Result<Value, String> {
    text.trim()
        .parse::<i64>()
        .map(Value::from)
        .map_err(|_| format!("invalid literal for int() with base 10: '{text}'"))
}

/// Everything that does not fit, in botocore's words. What is missing is for the endpoint to say: botocore's model requires
/// less than EC2 does.
pub fn check(shape: &Shape, value: &Value, path: &str, faults: &mut Vec<String>) {
    let inside = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (shape, value) {
        (Shape::Structure(members), Value::Object(object)) => {
            let place = if path.is_empty() { "input" } else { path };
            for (name, value) in object {
                if let Some(member) = member(members, name) {
                    check(&member.shape, value, &inside(name), faults);
                    continue;
                }
                let known: Vec<String> = members.iter().map(Member::member_name).collect();
                let known = known.join(", ");
                faults.push(format!(
                    "Unknown parameter in {place}: \"{name}\", must be one of: {known}"
                ));
            }
        }
        (Shape::List(item), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                check(item, value, &format!("{path}[{index}]"), faults);
            }
        }
        (Shape::Text | Shape::Timestamp | Shape::Blob, Value::String(_))
        | (Shape::Integer | Shape::Float, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_)) => {}
        (_, value) => faults.push(format!(
            "Invalid type for parameter {path}, value: {}, type: <class '{}'>, valid types: {}",
            crate::cli::aws::output::python(value),
            python_type(value),
            valid_types(shape)
        )),
    }
}

fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

fn valid_types(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "<class 'str'>",
        Shape::Integer => "<class 'int'>",
        Shape::Float => "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>",
        Shape::Boolean => "<class 'bool'>",
        Shape::Timestamp => "<class 'datetime.datetime'>",
        Shape::Blob => "<class 'bytes'>, <class 'bytearray'>, file-like object",
        Shape::List(_) => "<class 'list'>, <class 'tuple'>",
        Shape::Structure(_) => "<class 'dict'>",
    }
}

/// The parameters of the query protocol: `Filter.1.Value.2=b`.
pub fn form(shape: &Shape, value: &Value, path: &str, pairs: &mut Vec<(String, String)>) {
    match (shape, value) {
        (Shape::Structure(members), Value::Object(object)) => {
            for (name, value) in object {
                if let Some(member) = member(members, name) {
                    form(&member.shape, value, &join(path, member.wire), pairs);
                }
            }
        }
        (Shape::List(item), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                form(item, value, &join(path, &(index + 1).to_string()), pairs);
            }
        }
        (_, Value::String(text)) => pairs.push((path.to_owned(), text.clone())),
        (_, value) => pairs.push((path.to_owned(), value.to_string())),
    }
}

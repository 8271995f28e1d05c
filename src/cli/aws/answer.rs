//! Answers read by shape: XML or JSON in, JSON with botocore's member names out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use crate::cloud::api::caller::Service;
use crate::cloud::api::shape::Shape;

/// An element: its name, its text, what is in it.
#[derive(Debug, Default)]
struct Node {
    name: String,
    text: String,
    inside: Vec<Node>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Node> {
        self.inside.iter().find(|one| one.name == name)
    }
}

/// Actions that answer `<return>true</return>`, which botocore's model does not know and the AWS CLI does not print.
const NO_RETURN: [&str; 8] = [
    "AssociateAddress",
    "CreateSecurityGroup",
    "CreateTags",
    "DeleteTags",
    "DisassociateAddress",
    "ModifyInstanceAttribute",
    "RebootInstances",
    "ReleaseAddress",
];

/// An answer of HTTP status 200, by the shape of its action; none when it cannot be read.
pub fn success(service: Service, action: &str, shape: &Shape, body: &str) -> Option<Value> {
    match service {
        Service::Ec2 => {
            let mut answer = value(shape, &read(body)?)?;
            if let (true, Some(members)) = (NO_RETURN.contains(&action), answer.as_object_mut()) {
                members.remove("Return");
            }
            // botocore undoes the base64 of this one member (its handler `decode_console_output`).
            if let ("GetConsoleOutput", Some(Value::String(output))) =
                (action, answer.get_mut("Output"))
                && let Ok(bytes) = STANDARD.decode(output.as_bytes())
            {
                *output = String::from_utf8_lossy(&bytes).into_owned();
            }
            Some(answer)
        }
        Service::Sts => value(shape, read(body)?.child(&format!("{action}Result"))?),
        Service::Ssm | Service::InstanceConnect => {
            Some(times(shape, serde_json::from_str(body).ok()?))
        }
    }
}

/// Code and message of a refusal; none when it cannot be read.
pub fn refusal(service: Service, body: &str) -> Option<(String, String)> {
    let (code, message) = match service {
        Service::Ec2 | Service::Sts => {
            let root = read(body)?;
            let error = root.child("Errors").unwrap_or(&root).child("Error")?;
            let text = |name| error.child(name).map(|one| one.text.clone());
            (text("Code")?, text("Message"))
        }
        Service::Ssm | Service::InstanceConnect => {
            let body: Value = serde_json::from_str(body).ok()?;
            let text = |name: &str| Some(body.get(name)?.as_str()?.to_owned());
            let code = text("__type")?;
            let code = code.rsplit('#').next().unwrap_or_default().to_owned();
            (code, text("message").or_else(|| text("Message")))
        }
    };
    Some((code, message.unwrap_or_default()))
}

/// The root element.
fn read(body: &str) -> Option<Node> {
    let mut reader = Reader::from_str(body);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push(named(start.local_name().as_ref())),
            Event::Empty(start) => {
                let node = named(start.local_name().as_ref());
                open.last_mut()?.inside.push(node);
            }
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.inside.push(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().ok()? {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference)?.to_owned(),
                };
                open.last_mut()?.text.push_str(&c);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let [top] = <[Node; 1]>::try_from(open).ok()?;
    top.inside.into_iter().next()
}

fn named(name: impl AsRef<[u8]>) -> Node {
    Node {
        name: String::from_utf8_lossy(name.as_ref()).into_owned(),
        ..Node::default()
    }
}

fn value(shape: &Shape, node: &Node) -> Option<Value> {
    Some(match shape {
        Shape::Text | Shape::Blob => node.text.clone().into(),
        Shape::Integer => node.text.parse::<i64>().ok()?.into(),
        Shape::Float => node.text.parse::<f64>().ok()?.into(),
        Shape::Boolean => (node.text == "true").into(),
        Shape::Timestamp => node
            .text
            .parse()
            .map_or_else(|_| node.text.clone(), iso)
            .into(),
        Shape::List(item) => {
            let items = node.inside.iter().map(|one| value(item, one));
            items.collect::<Option<Vec<_>>>()?.into()
        }
        Shape::Structure(members) => {
            let mut object = Map::new();
            for member in *members {
                if let Some(inside) = node.child(member.wire) {
                    object.insert(member.member_name(), value(&member.shape, inside)?);
                }
            }
            object.into()
        }
    })
}

/// The JSON services send times as seconds since 1970.
fn times(shape: &Shape, value: Value) -> Value {
    match (shape, value) {
        (Shape::Timestamp, Value::Number(seconds)) => seconds
            .as_f64()
            .and_then(|seconds| jiff::SignedDuration::try_from_secs_f64(seconds).ok())
            .and_then(|since| Timestamp::from_duration(since).ok())
            .map_or(Value::Null, |time| iso(time).into()),
        (Shape::Structure(members), Value::Object(object)) => object
            .into_iter()
            .map(
                |(name, value)| match members.iter().find(|one| one.member_name() == name) {
                    Some(member) => (name, times(&member.shape, value)),
                    None => (name, value),
                },
            )
            .collect::<Map<_, _>>()
            .into(),
        (Shape::List(item), Value::Array(values)) => {
            values.into_iter().map(|one| times(item, one)).collect()
        }
        (_, value) => value,
    }
}

/// A time as version 2 of the AWS CLI prints it: `2026-11-24T10:00:00+00:00`, microseconds only when there are some.
fn iso(time: Timestamp) -> String {
    let micros = time.subsec_microsecond();
    if micros == 0 && time.subsec_nanosecond() / 1000 == 0 {
        time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    } else {
        time.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
    }
}

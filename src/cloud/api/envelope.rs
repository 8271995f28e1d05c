//! The two sides of the wire, service by service: how action and parameters are found, what stands around an answer.

use serde_json::Value;

use crate::cloud::api::Request;
use crate::cloud::api::answer::Structure;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::Params;
use crate::cloud::api::xml::{Xml, name};

/// A typed answer that can write itself in either form.
pub trait Body {
    /// The members as XML.
    fn xml(&self, xml: &mut Xml);
    /// The whole as JSON.
    fn json(&self) -> Value;
}

impl<T: Structure> Body for T {
    fn xml(&self, xml: &mut Xml) {
        self.members(xml);
    }
    fn json(&self) -> Value {
        crate::cloud::api::answer::Element::json(self).unwrap_or_default()
    }
}

/// Finds the action's name and its parameters.
pub fn read(service: Service, request: &Request<'_>) -> Result<(String, Params), ApiError> {
    match service {
        Service::Ec2 | Service::Sts => {
            let mut params = Params::from_form(request.query, request.body)?;
            let action = params.take("Action").ok_or_else(|| {
                let text = "The request must contain the parameter Action";
                ApiError::new("MissingAction", text)
            })?;
            // A request without a version is taken; AWS's answer to one is not known.
            if let Some(version) = params.take("Version") {
                check_version(service, &version, &action)?;
            }
            Ok((action, params))
        }
        Service::Ssm | Service::InstanceConnect => {
            let action = request
                .target
                .and_then(|target| target.strip_prefix(target_prefix(service)))
                .ok_or_else(|| no_such_action(service, ""))?;
            let body: Value = serde_json::from_slice(request.body)
                .map_err(|error| ApiError::new("SerializationException", error.to_string()))?;
            let mut pairs = Vec::new();
            flatten("", &body, &mut pairs);
            Ok((action.to_owned(), Params::from_pairs(pairs)))
        }
    }
}

/// Versions of EC2's API before the last one: clients as old as boto 2 ask for them.
const OLDER: [&str; 9] = [
    "2013-10-15",
    "2014-02-01",
    "2014-06-15",
    "2014-10-01",
    "2015-03-01",
    "2015-04-15",
    "2015-10-01",
    "2016-04-01",
    "2016-09-15",
];

/// Refuses any API version but 2016-11-15 of EC2 and 2011-06-15 of STS, the only ones of today's clients.
fn check_version(service: Service, version: &str, action: &str) -> Result<(), ApiError> {
    match service {
        Service::Ec2 if version == "2016-11-15" => Ok(()),
        Service::Ec2 if OLDER.contains(&version) => Err(ApiError::not_simulated(
            action,
            &format!("Version={version}"),
        )),
        // Quoted in boto/boto3#1138.
        Service::Ec2 => Err(ApiError::new(
            "NoSuchVersion",
            format!("The requested version ({version}) of service AmazonEC2 does not exist"),
        )),
        Service::Sts if version != STS_VERSION => Err(no_operation(action, version)),
        Service::Sts | Service::Ssm | Service::InstanceConnect => Ok(()),
    }
}

const STS_VERSION: &str = "2011-06-15";

/// STS's own sentence.
fn no_operation(action: &str, version: &str) -> ApiError {
    let text = format!("Could not find operation {action} for version {version}");
    ApiError::new("InvalidAction", text)
}

/// An action that is not simulated. The JSON services have a code of their own for it, and no sentence.
pub fn no_such_action(service: Service, action: &str) -> ApiError {
    match service {
        Service::Ec2 => ApiError::invalid_action(action),
        Service::Sts => no_operation(action, STS_VERSION),
        Service::Ssm | Service::InstanceConnect => ApiError::new("UnknownOperationException", ""),
    }
}

/// What stands before the action in `X-Amz-Target`; nothing for the services that have no such header.
pub fn target_prefix(service: Service) -> &'static str {
    match service {
        Service::Ec2 | Service::Sts => "",
        Service::Ssm => "AmazonSSM.",
        Service::InstanceConnect => "AWSEC2InstanceConnectService.",
    }
}

/// JSON as the parameters of the query protocol: `{"Names": ["a"]}` is `Names.1=a`.
fn flatten(path: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    use crate::cloud::api::params::join;
    match value {
        Value::Null => {}
        Value::Bool(value) => pairs.push((path.to_owned(), value.to_string())),
        Value::Number(value) => pairs.push((path.to_owned(), value.to_string())),
        Value::String(value) => pairs.push((path.to_owned(), value.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&join(path, &(index + 1).to_string()), item, pairs);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                flatten(&join(path, name), member, pairs);
            }
        }
    }
}

/// The content type of every answer of a service.
pub fn content_type(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "text/xml;charset=UTF-8",
        Service::Sts => "text/xml",
        Service::Ssm | Service::InstanceConnect => "application/x-amz-json-1.1",
    }
}

/// A success. `requestId` comes first, as in AWS's samples.
pub fn success(service: Service, action: &str, request_id: &str, answer: &dyn Body) -> String {
    let mut xml = Xml::new();
    match service {
        Service::Ec2 => {
            xml.raw(DECLARATION).raw("<").raw(action);
            xml.raw("Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">");
            xml.leaf(name!("requestId"), request_id);
            answer.xml(&mut xml);
            xml.raw("</").raw(action).raw("Response>");
        }
        Service::Sts => {
            xml.raw("<")
                .raw(action)
                .raw("Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">");
            xml.raw("<").raw(action).raw("Result>");
            answer.xml(&mut xml);
            xml.raw("</").raw(action).raw("Result>");
            xml.open(name!("ResponseMetadata"))
                .leaf(name!("RequestId"), request_id)
                .close(name!("ResponseMetadata"));
            xml.raw("</").raw(action).raw("Response>");
        }
        Service::Ssm => return answer.json().to_string(),
        Service::InstanceConnect => {
            let mut answer = answer.json();
            if let Some(members) = answer.as_object_mut() {
                members.insert("RequestId".to_owned(), request_id.into());
            }
            return answer.to_string();
        }
    }
    xml.into_string()
}

/// A refusal, in the form that each service's clients can read.
pub fn failure(service: Service, error: &ApiError, request_id: &str) -> String {
    let mut xml = Xml::new();
    match service {
        Service::Ec2 => {
            xml.raw(DECLARATION).raw("<Response><Errors><Error>");
            xml.leaf(name!("Code"), &error.code)
                .leaf(name!("Message"), &error.message);
            xml.raw("</Error></Errors>")
                .leaf(name!("RequestID"), request_id)
                .raw("</Response>");
        }
        Service::Sts => {
            xml.raw("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>");
            xml.leaf(
                name!("Type"),
                if error.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                },
            );
            xml.leaf(name!("Code"), &error.code)
                .leaf(name!("Message"), &error.message);
            xml.raw("</Error>")
                .leaf(name!("RequestId"), request_id)
                .raw("</ErrorResponse>");
        }
        Service::Ssm => {
            return serde_json::json!({ "__type": error.code, "message": error.message })
                .to_string();
        }
        // With a capital, as its model has it.
        Service::InstanceConnect => {
            return serde_json::json!({ "__type": error.code, "Message": error.message })
                .to_string();
        }
    }
    xml.into_string()
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

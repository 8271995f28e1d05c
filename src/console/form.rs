//! What a browser sent with a form, and what is kept of it when it was refused, to be shown at its fields.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::cloud::api::error::ApiError;

/// The longest form, in bytes: AWS takes 16 KiB of user data.
pub(super) const LONGEST: usize = 128 * 1024;
/// Fields of one form.
const MOST_FIELDS: usize = 400;
/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// The fields, in their order. Line ends are `\n`.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    values: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

/// A form that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    /// Too long, or of too many fields.
    #[error(
        "The form is too large: at most {LONGEST} bytes and {MOST_FIELDS} fields are read here"
    )]
    TooLarge,
    /// It did not arrive in time.
    #[error("The form did not arrive in time")]
    TooSlow,
    /// Not a form, or it broke off.
    #[error("The form cannot be read")]
    Unreadable,
}

impl Form {
    /// Reads the body of a request, in either form that browsers send.
    pub(super) async fn read(request: Request) -> Result<Self, FormError> {
        Self::read_within(request, PATIENCE).await
    }

    async fn read_within(request: Request, patience: Duration) -> Result<Self, FormError> {
        let whole = tokio::time::timeout(patience, Self::read_all(request));
        whole.await.unwrap_or(Err(FormError::TooSlow))
    }

    async fn read_all(request: Request) -> Result<Self, FormError> {
        let (parts, body) = request.into_parts();
        let whole = Limited::new(body, LONGEST).collect().await;
        let bytes = match whole {
            Ok(whole) => whole.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(FormError::TooLarge),
            Err(_) => return Err(FormError::Unreadable),
        };
        let kind = parts.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            let request = Request::from_parts(parts, Body::from(bytes));
            return Self::of_parts(request).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(FormError::Unreadable);
        }
        Self::of_pairs(&bytes)
    }

    /// From URL-encoded pairs.
    pub(super) fn of_pairs(bytes: &[u8]) -> Result<Self, FormError> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            form.add(name.into_owned(), &value)?;
        }
        Ok(form)
    }

    async fn of_parts(request: Request) -> Result<Self, FormError> {
        let unreadable = |_| FormError::Unreadable;
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| FormError::Unreadable)?;
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                let bytes = part.bytes().await.map_err(unreadable)?;
                form.files.push((name, bytes.to_vec()));
            } else {
                let value = part.text().await.map_err(unreadable)?;
                form.add(name, &value)?;
            }
        }
        Ok(form)
    }

    fn add(&mut self, name: String, value: &str) -> Result<(), FormError> {
        if self.values.len() >= MOST_FIELDS {
            return Err(FormError::TooLarge);
        }
        self.values.push((name, value.replace("\r\n", "\n")));
        Ok(())
    }

    /// The field's value; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let mut all = self.all(name);
        all.next().unwrap_or_default()
    }

    /// Every value of that name: ticked boxes.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_it = self.values.iter().filter(move |(one, _)| one == name);
        of_it.map(|(_, value)| value.as_str())
    }

    /// Whether the field was sent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(one, _)| one == name)
    }

    /// The file chosen in that field; none when none was.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        let chosen = self.files.iter().find(|(one, _)| one == name);
        let bytes = chosen.map(|(_, bytes)| bytes.as_slice());
        bytes.filter(|bytes| !bytes.is_empty())
    }

    /// All fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.values.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets a field, as if it had been sent so.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(one, _)| one != name);
        self.values.push((name.to_owned(), value.to_owned()));
    }
}

/// A form that was not taken yet: what was typed, and why it was refused.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    /// What was typed.
    pub(super) form: Form,
    /// What was refused; nothing when only a row was added to the form.
    pub(super) refused: Option<Refused>,
}

/// A refusal, and the field that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The field's name; the whole form without one.
    pub(super) field: Option<String>,
    /// The API's own code and sentence.
    pub(super) error: ApiError,
    /// What was done already before, and what was not; none when nothing was.
    pub(super) half: Option<String>,
}

/// Which field a code is about, where the sentence does not name it: the first that the form has.
const FIELDS_OF_CODES: &[(&str, &[&str])] = &[
    ("InvalidKeyPair.", &["KeyName"]),
    ("KeyPairLimitExceeded", &["KeyName"]),
    ("InvalidKey.Format", &["PublicKeyMaterial"]),
    ("InvalidAMIID.", &["ImageId"]),
    (
        "InvalidGroup.",
        &["GroupName", "SecurityGroupId.1", "GroupId"],
    ),
    ("InvalidGroupId.", &["GroupId", "SecurityGroupId.1"]),
    ("InvalidPermission.", &["CidrIp"]),
    ("InvalidSubnetID.", &["SubnetId"]),
    ("InstanceLimitExceeded", &["MaxCount"]),
    ("VcpuLimitExceeded", &["InstanceType", "MaxCount"]),
    ("InvalidAllocationID.", &["AllocationId"]),
    ("AddressLimitExceeded", &["Domain"]),
    ("InvalidInstanceID.", &["InstanceId"]),
    ("TagLimitExceeded", &["TagSpecification.1.Tag"]),
];

impl Refused {
    /// The refusal of a form, at the field that it speaks of.
    pub(super) fn of(error: ApiError, form: &Form) -> Self {
        let field = field_of(&error, form);
        Self {
            field,
            error,
            half: None,
        }
    }
}

fn field_of(error: &ApiError, form: &Form) -> Option<String> {
    let names_it = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let mut words = error.message.split(|c| !is_part(c));
        words.any(|word| word.trim_end_matches('.') == name)
    };
    if let Some((name, _)) = form.fields().find(|(name, _)| names_it(name)) {
        return Some(name.to_owned());
    }
    let mut rules = FIELDS_OF_CODES.iter();
    let rule = rules.find(|(code, _)| error.code.starts_with(code));
    let found = rule.and_then(|(_, fields)| fields.iter().find(|field| form.has(field)));
    if let Some(found) = found {
        return Some((*found).to_owned());
    }
    let is_of_tags = error.message.to_ascii_lowercase().contains("tag");
    is_of_tags.then(|| TAGS.to_owned())
}

/// The name that stands for a form's tags, all together.
pub(super) const TAGS: &str = "TagSpecification.1.Tag";

#[cfg(test)]
mod tests {
    use super::*;

    fn field(error: ApiError) -> Option<String> {
        let form = Form::of_pairs(b"KeyName=a&KeyType=rsa&PublicKeyMaterial=x").unwrap();
        Refused::of(error, &form).field
    }

    #[test]
    fn a_refusal_stands_at_the_field_that_it_names_or_that_its_code_is_about() {
        let named = ApiError::missing_parameter("KeyName");
        assert_eq!(field(named).as_deref(), Some("KeyName"));
        let choice = ApiError::invalid_choice("KeyType", "dsa");
        assert_eq!(field(choice).as_deref(), Some("KeyType"));
        let taken = ApiError::new("InvalidKeyPair.Duplicate", "The keypair already exists");
        assert_eq!(field(taken).as_deref(), Some("KeyName"));
        let text = ApiError::not_a_public_key();
        assert_eq!(field(text).as_deref(), Some("PublicKeyMaterial"));
        let tags = ApiError::invalid_value("Duplicate tag key 'a' specified");
        assert_eq!(field(tags).as_deref(), Some(TAGS));
        assert_eq!(field(ApiError::internal("Something else")), None);
    }

    #[tokio::test]
    async fn a_form_that_does_not_come_is_not_waited_for() {
        let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = Request::builder()
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from_stream(never))
            .unwrap();
        let refused = Form::read_within(request, Duration::from_millis(1)).await;
        assert_eq!(refused.unwrap_err(), FormError::TooSlow);
    }

    #[tokio::test]
    async fn a_file_is_read_beside_the_fields() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"KeyName\"\r\n\r\na\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"k.pub\"\r\n\r\nssh-rsa\r\n--x--\r\n";
        let request = Request::builder()
            .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .unwrap();
        let form = Form::read(request).await.unwrap();
        assert_eq!(form.get("KeyName"), "a");
        assert_eq!(form.file("file"), Some(b"ssh-rsa".as_slice()));
        let broken = Request::builder()
            .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from("--x\r\nContent-Disp"))
            .unwrap();
        assert_eq!(Form::read(broken).await.unwrap_err(), FormError::Unreadable);
    }

    #[test]
    fn a_form_has_its_ticked_boxes_and_plain_line_ends() {
        let form = Form::of_pairs(b"id=a&id=b&text=1%0D%0A2").unwrap();
        assert_eq!(form.all("id").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.get("text"), "1\n2");
        assert_eq!(form.get("nothing"), "");
        let many = "a=1&".repeat(MOST_FIELDS + 1);
        let refused = Form::of_pairs(many.as_bytes()).unwrap_err();
        assert_eq!(refused, FormError::TooLarge);
    }
}

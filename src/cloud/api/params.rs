//! The form body: parameters by wire name, each taken once; what nobody took is refused by name.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine;

use crate::cloud::api::error::ApiError;
use crate::cloud::api::shape::Shape;

/// The parameters of one request that nobody has taken yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    entries: BTreeMap<String, String>,
}

impl Params {
    /// From form-encoded texts: the query string and the body.
    pub fn from_form(query: &str, body: &[u8]) -> Result<Self, ApiError> {
        let mut entries = BTreeMap::new();
        for (name, value) in
            form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body))
        {
            // Control characters would pass through quick-xml into the answer and break every client.
            if let Some(bad) = name
                .chars()
                .chain(value.chars())
                .find(|c| is_unprintable(*c))
            {
                return Err(ApiError::control_character(
                    &name.escape_default().to_string(),
                    bad,
                ));
            }
            if entries
                .insert(name.to_string(), value.into_owned())
                .is_some()
            {
                return Err(ApiError::repeated_parameter(&name));
            }
        }
        Ok(Self { entries })
    }

    /// From pairs of wire name and value, as a JSON service or the console page makes them.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            entries: pairs.into_iter().collect(),
        }
    }

    /// Takes the text at this very name.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.entries.remove(name)
    }

    /// Whether anything stands at this name or below it.
    pub fn has(&self, path: &str) -> bool {
        self.entries
            .range::<str, _>((Bound::Included(path), Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(path))
            .any(|(name, _)| {
                name.len() == path.len() || name.as_bytes().get(path.len()) == Some(&b'.')
            })
    }

    /// The numbers N for which something stands at `path.N`, in numeric order (`Value.10` comes after `Value.2`).
    pub fn indexes(&self, path: &str) -> Vec<u32> {
        let prefix = format!("{path}.");
        let mut numbers: Vec<u32> = self
            .entries
            .range(prefix.clone()..)
            .take_while(|(name, _)| name.starts_with(&prefix))
            .filter_map(|(name, _)| name.get(prefix.len()..)?.split('.').next()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Names that nobody took, in order.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// All that is there, for the journal: long values and secrets are the caller's to leave out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn is_unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{7f}'..='\u{9f}'))
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A type that can be taken from the parameters.
pub trait Parameter: Sized {
    /// What it looks like on the wire.
    const SHAPE: Shape;
    /// Whether a request without it is refused.
    const REQUIRED: bool = true;
    /// Takes it from `path`.
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError>;
}

impl Parameter for String {
    const SHAPE: Shape = Shape::Text;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        params
            .take(path)
            .ok_or_else(|| ApiError::missing_parameter(path))
    }
}

impl Parameter for bool {
    const SHAPE: Shape = Shape::Boolean;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        let text = String::take(params, path)?;
        match text.as_str() {
            "true" | "True" | "TRUE" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "0" => Ok(false),
            _ => Err(ApiError::not_a_boolean(path, &text)),
        }
    }
}

impl Parameter for i64 {
    const SHAPE: Shape = Shape::Integer;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        let text = String::take(params, path)?;
        text.parse()
            .map_err(|_| ApiError::not_an_integer(path, &text))
    }
}

/// Bytes that travel as base64: user data, public key material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Parameter for Blob {
    const SHAPE: Shape = Shape::Blob;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        let text = String::take(params, path)?;
        let packed: String = text.split_ascii_whitespace().collect();
        base64::engine::general_purpose::STANDARD
            .decode(packed)
            .map(Self)
            .map_err(|_| ApiError::not_base64(path))
    }
}

impl<T: Parameter> Parameter for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        if params.has(path) {
            T::take(params, path).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<T: Parameter> Parameter for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    const REQUIRED: bool = false;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        params
            .indexes(path)
            .into_iter()
            .map(|n| T::take(params, &format!("{path}.{n}")))
            .collect()
    }
}

/// Declares a request type, or a structure inside one: its fields name botocore's members in snake case, the strings
/// are the names on the wire. Makes the struct and its [`Parameter`](crate::cloud::api::params::Parameter).
macro_rules! request {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $( $(#[doc = $doc:literal])* $field:ident : $type:ty = $wire:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $vis struct $name { $( $(#[doc = $doc])* pub $field: $type, )* }

        impl $crate::cloud::api::params::Parameter for $name {
            const SHAPE: $crate::cloud::api::shape::Shape = $crate::cloud::api::shape::Shape::Structure(&[
                $( $crate::cloud::api::shape::Member {
                    field: stringify!($field),
                    wire: $wire,
                    shape: <$type as $crate::cloud::api::params::Parameter>::SHAPE,
                    required: <$type as $crate::cloud::api::params::Parameter>::REQUIRED,
                    doc: concat!($($doc),*),
                }, )*
            ]);
            #[allow(unused_variables, reason = "a request without parameters takes none")]
            fn take(
                params: &mut $crate::cloud::api::params::Params,
                path: &str,
            ) -> Result<Self, $crate::cloud::api::error::ApiError> {
                Ok(Self { $( $field: <$type as $crate::cloud::api::params::Parameter>::take(
                    params,
                    &$crate::cloud::api::params::join(path, $wire),
                )?, )* })
            }
        }
    };
}
pub(crate) use request;

/// The wire name of a member inside the structure at `path`.
pub(crate) fn join(path: &str, wire: &str) -> String {
    if path.is_empty() {
        wire.to_owned()
    } else {
        format!("{path}.{wire}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    request! {
        /// A structure.
        struct Range { cidr: String = "CidrIp", description: Option<String> = "Description" }
    }
    request! {
        /// A request.
        struct Sample { names: Vec<String> = "KeyName", ranges: Vec<Range> = "IpRanges", dry: Option<bool> = "Dry" }
    }

    #[test]
    fn lists_are_read_in_numeric_order_and_leftovers_are_known_by_name() {
        let mut params = Params::from_form(
            "",
            b"KeyName.10=c&KeyName.2=b&KeyName.1=a&IpRanges.1.CidrIp=0.0.0.0%2F0&Foo=1",
        )
        .unwrap();
        let sample = Sample::take(&mut params, "").unwrap();
        assert_eq!(sample.names, ["a", "b", "c"]);
        assert_eq!(
            sample.ranges,
            [Range {
                cidr: "0.0.0.0/0".into(),
                description: None
            }]
        );
        assert_eq!(sample.dry, None);
        assert_eq!(params.left().collect::<Vec<_>>(), ["Foo"]);
    }

    #[test]
    fn a_control_character_is_refused_at_the_door() {
        assert!(Params::from_form("", b"KeyName=a%01").is_err());
        assert!(Params::from_form("", b"KeyName=a%0A").is_ok());
    }
}

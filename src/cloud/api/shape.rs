//! The shape of requests and answers as data: made by the `request!` and `answer!` macros from the types themselves.
//!
//! The endpoint reads and writes by the types; the stand-in AWS command reads these shapes, so that there is no second table.

/// What kind of value stands at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text, enumerations included.
    Text,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A time: ISO 8601 with milliseconds in XML.
    Timestamp,
    /// Bytes, base64 on the wire.
    Blob,
    /// A list: flat and numbered from 1 in requests, `<item>` elements in answers.
    List(&'static Shape),
    /// Named members.
    Structure(&'static [Member]),
}

/// One member of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The Rust field, which is botocore's member name in snake case: `key_pairs` for `KeyPairs`, `--key-names` for `key_names`.
    pub field: &'static str,
    /// The name on the wire: `keySet`, `KeyName`.
    pub wire: &'static str,
    /// What stands there.
    pub shape: Shape,
    /// A request without it is refused.
    pub required: bool,
    /// Its documentation, one line.
    pub doc: &'static str,
}

impl Member {
    /// botocore's member name: `KeyPairId` for `key_pair_id`.
    pub fn member_name(&self) -> String {
        member_name(self.field)
    }

    /// The AWS CLI's option without its dashes: `key-pair-ids` for `key_pair_ids`.
    pub fn option_name(&self) -> String {
        self.field.replace('_', "-")
    }
}

/// botocore's member name of a Rust field: `KeyPairId` for `key_pair_id`.
pub fn member_name(field: &str) -> String {
    field.split('_').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}

//! Answers: typed structures that write themselves as EC2's XML, and as JSON for the JSON services.
//!
//! An empty list is sent as an empty element and an unset scalar is left out, because botocore tells the two apart
//! (`facts/ec2-api.md` section 1). Fields are written in the order in which they are declared.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::Value;

use crate::cloud::api::shape::Shape;
use crate::cloud::api::xml::{Name, Xml, name};

/// A value that can stand in an answer.
pub trait Element {
    /// What it looks like.
    const SHAPE: Shape;
    /// Writes `<name>…</name>`, or nothing when it is unset.
    fn write(&self, xml: &mut Xml, name: Name);
    /// As the JSON services write it, with botocore's member names; none when it is unset.
    fn json(&self) -> Option<Value>;
}

impl Element for str {
    const SHAPE: Shape = Shape::Text;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.leaf(name, self);
    }
    fn json(&self) -> Option<Value> {
        Some(self.into())
    }
}

impl Element for String {
    const SHAPE: Shape = Shape::Text;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.leaf(name, self);
    }
    fn json(&self) -> Option<Value> {
        Some(self.clone().into())
    }
}

impl Element for Cow<'_, str> {
    const SHAPE: Shape = Shape::Text;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.leaf(name, self);
    }
    fn json(&self) -> Option<Value> {
        Some(self.as_ref().into())
    }
}

/// What an answer only borrows from the account is written as itself.
impl<T: Element + ?Sized> Element for &T {
    const SHAPE: Shape = T::SHAPE;
    fn write(&self, xml: &mut Xml, name: Name) {
        (**self).write(xml, name);
    }
    fn json(&self) -> Option<Value> {
        (**self).json()
    }
}

impl Element for Ipv4Addr {
    const SHAPE: Shape = Shape::Text;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.address(name, *self);
    }
    fn json(&self) -> Option<Value> {
        Some(self.to_string().into())
    }
}

impl Element for bool {
    const SHAPE: Shape = Shape::Boolean;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.leaf(name, if *self { "true" } else { "false" });
    }
    fn json(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Element for i64 {
    const SHAPE: Shape = Shape::Integer;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.number(name, *self);
    }
    fn json(&self) -> Option<Value> {
        Some((*self).into())
    }
}

/// A time as EC2 writes it: whole seconds, and three zeroes (`2022-05-27T21:51:16.000Z`).
#[derive(Debug, Clone, Copy)]
pub struct WholeSeconds(pub Timestamp);

impl std::fmt::Display for WholeSeconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = Timestamp::from_second(self.0.as_second()).unwrap_or(self.0);
        write!(f, "{whole:.3}")
    }
}

impl Element for Timestamp {
    const SHAPE: Shape = Shape::Timestamp;
    fn write(&self, xml: &mut Xml, name: Name) {
        xml.time(name, *self);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit a double exactly"
    )]
    fn json(&self) -> Option<Value> {
        Some((self.as_millisecond() as f64 / 1000.0).into())
    }
}

impl<T: Element> Element for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    fn write(&self, xml: &mut Xml, name: Name) {
        if let Some(value) = self {
            value.write(xml, name);
        }
    }
    fn json(&self) -> Option<Value> {
        self.as_ref().and_then(Element::json)
    }
}

impl<T: Element> Element for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    fn write(&self, xml: &mut Xml, name: Name) {
        self.as_slice().write(xml, name);
    }
    fn json(&self) -> Option<Value> {
        self.as_slice().json()
    }
}

impl<T: Element, const N: usize> Element for [T; N] {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    fn write(&self, xml: &mut Xml, name: Name) {
        self.as_slice().write(xml, name);
    }
    fn json(&self) -> Option<Value> {
        self.as_slice().json()
    }
}

impl<T: Element> Element for [T] {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    fn write(&self, xml: &mut Xml, name: Name) {
        if self.is_empty() {
            xml.empty(name);
            return;
        }
        xml.open(name);
        for item in self {
            item.write(xml, name!("item"));
        }
        xml.close(name);
    }
    fn json(&self) -> Option<Value> {
        Some(self.iter().filter_map(Element::json).collect())
    }
}

/// Declares an answer, or a structure inside one, in the order of AWS's own samples: fields name botocore's members in
/// snake case, the strings are the names on the wire. Makes the struct, its [`Element`], and `members`, which writes the
/// members without an element around them. A structure with a lifetime is a view of something that the account holds.
macro_rules! answer {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)? { $( $(#[doc = $doc:literal])* $field:ident : $type:ty = $wire:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name $(<$life>)? { $( $(#[doc = $doc])* pub $field: $type, )* }

        impl $(<$life>)? $crate::cloud::api::answer::Element for $name $(<$life>)? {
            const SHAPE: $crate::cloud::api::shape::Shape = $crate::cloud::api::shape::Shape::Structure(&[
                $( $crate::cloud::api::shape::Member {
                    field: stringify!($field),
                    wire: $wire,
                    shape: <$type as $crate::cloud::api::answer::Element>::SHAPE,
                    required: false,
                    doc: concat!($($doc),*),
                }, )*
            ]);
            fn write(&self, xml: &mut $crate::cloud::api::xml::Xml, name: $crate::cloud::api::xml::Name) {
                xml.open(name);
                $crate::cloud::api::answer::Structure::members(self, xml);
                xml.close(name);
            }
            fn json(&self) -> Option<serde_json::Value> {
                #[allow(unused_mut, reason = "an answer without members adds none")]
                let mut object = serde_json::Map::new();
                $( if let Some(value) = $crate::cloud::api::answer::Element::json(&self.$field) {
                    object.insert($crate::cloud::api::shape::member_name(stringify!($field)), value);
                } )*
                Some(object.into())
            }
        }
        impl $(<$life>)? $crate::cloud::api::answer::Structure for $name $(<$life>)? {
            #[allow(unused_variables, reason = "an answer without members writes none")]
            fn members(&self, xml: &mut $crate::cloud::api::xml::Xml) {
                $( $crate::cloud::api::answer::Element::write(&self.$field, xml, $crate::cloud::api::xml::name!($wire)); )*
            }
        }
    };
}
pub(crate) use answer;

/// Makes a type an element that is written through a view of itself: its `view` method gives a structure that borrows.
macro_rules! viewed {
    ($type:ty as $view:ident) => {
        impl $crate::cloud::api::answer::Element for $type {
            const SHAPE: $crate::cloud::api::shape::Shape =
                <$view<'static> as $crate::cloud::api::answer::Element>::SHAPE;
            fn write(
                &self,
                xml: &mut $crate::cloud::api::xml::Xml,
                name: $crate::cloud::api::xml::Name,
            ) {
                $crate::cloud::api::answer::Element::write(&self.view(), xml, name);
            }
            fn json(&self) -> Option<serde_json::Value> {
                $crate::cloud::api::answer::Element::json(&self.view())
            }
        }
    };
}
pub(crate) use viewed;

/// A structure: an element with named members.
pub trait Structure: Element {
    /// Writes the members in their order.
    fn members(&self, xml: &mut Xml);
}

#[cfg(test)]
mod tests {
    use super::*;

    answer! {
        /// A sample.
        struct Sample { key_pairs: Vec<String> = "keySet", next_token: Option<String> = "nextToken", created: Timestamp = "createTime" }
    }

    #[test]
    fn empty_lists_are_sent_and_unset_scalars_left_out() {
        let mut xml = Xml::new();
        Sample {
            key_pairs: vec![],
            next_token: None,
            created: Timestamp::from_millisecond(1_653_688_276_000).unwrap(),
        }
        .write(&mut xml, name!("r"));
        assert_eq!(
            xml.into_string(),
            "<r><keySet/><createTime>2022-05-27T21:51:16.000Z</createTime></r>"
        );
    }
}

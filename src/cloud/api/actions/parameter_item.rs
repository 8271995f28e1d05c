//! A public parameter of Systems Manager as GetParameter, GetParameters and GetParametersByPath answer it.

use jiff::Timestamp;

use crate::cloud::Region;
use crate::cloud::api::answer::answer;
use crate::cloud::resources::image::{Image, shelf};

answer! {
    /// A parameter. Its ARN names no account, because it is public (from memory, unverified).
    pub struct ParameterItem {
        name: String = "Name",
        type_: &'static str = "Type",
        value: String = "Value",
        version: i64 = "Version",
        last_modified_date: Timestamp = "LastModifiedDate",
        a_r_n: String = "ARN",
        data_type: &'static str = "DataType",
    }
}

/// The public parameter of that name.
pub fn parameter(region: &Region, name: &str) -> Option<ParameterItem> {
    let shelf = shelf(&region.name);
    let id = shelf.parameter(name)?;
    shelf.get(id).map(|image| item(region, name, id, image))
}

/// All public parameters, by name.
pub fn parameters(region: &Region) -> impl Iterator<Item = ParameterItem> {
    let shelf = shelf(&region.name);
    shelf.parameters().filter_map(|(name, id)| {
        let image = shelf.get(id)?;
        Some(item(region, name, id, image))
    })
}

fn item(region: &Region, name: &str, id: &str, image: &Image) -> ParameterItem {
    ParameterItem {
        name: name.to_owned(),
        type_: "String",
        value: id.to_owned(),
        version: 1,
        last_modified_date: image.created,
        a_r_n: format!("arn:aws:ssm:{}::parameter{name}", region.name),
        data_type: "aws:ec2:image",
    }
}

//! Machine images: a catalogue that is the same everywhere, with ids of its own in each Region.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cloud::account::REGIONS;

/// The operating system of an image: it decides login user, banner, disk and host keys of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Amazon Linux 2023.
    #[serde(rename = "al2023")]
    Al2023,
    /// Amazon Linux 2.
    #[serde(rename = "al2")]
    Al2,
    /// Ubuntu 24.04.
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// Debian 12.
    #[serde(rename = "debian-12")]
    Debian12,
    /// Red Hat Enterprise Linux 9.
    #[serde(rename = "rhel-9")]
    Rhel9,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Al2023,
        Self::Al2,
        Self::Ubuntu2404,
        Self::Debian12,
        Self::Rhel9,
    ];

    /// The name of its folder in `fixtures/machines/`, and in `fixtures/images.toml`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Al2023 => "al2023",
            Self::Al2 => "al2",
            Self::Ubuntu2404 => "ubuntu-24.04",
            Self::Debian12 => "debian-12",
            Self::Rhel9 => "rhel-9",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Al2023 => "Amazon Linux 2023",
            Self::Al2 => "Amazon Linux 2",
            Self::Ubuntu2404 => "Ubuntu 24.04",
            Self::Debian12 => "Debian 12",
            Self::Rhel9 => "Red Hat Enterprise Linux 9",
        }
    }

    /// The user that the launch key opens (`facts/ec2-api.md` section 5.8).
    pub fn login_user(self) -> &'static str {
        match self {
            Self::Al2023 | Self::Al2 | Self::Rhel9 => "ec2-user",
            Self::Ubuntu2404 => "ubuntu",
            Self::Debian12 => "admin",
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// Processor architecture, as images and instance types name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// 32 bit.
    I386,
    /// 64 bit.
    #[serde(rename = "x86_64")]
    X86,
    /// 64 bit, Graviton.
    Arm64,
}

impl Architecture {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::I386 => "i386",
            Self::X86 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One image of the catalogue.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Operating system.
    pub family: Family,
    /// `Name`.
    pub name: String,
    /// `Description`.
    pub description: String,
    /// `OwnerId`, twelve digits.
    pub owner_id: String,
    /// `ImageOwnerAlias`.
    #[serde(default)]
    pub owner_alias: Option<String>,
    /// Architecture.
    pub architecture: Architecture,
    /// `RootDeviceName`.
    pub root_device: String,
    /// Size of its root volume, GiB.
    pub volume_gib: i64,
    /// Type of its root volume.
    pub volume_type: String,
    /// `CreationDate`.
    pub created: Timestamp,
    /// `BootMode`, where the image names one.
    #[serde(default)]
    pub boot_mode: Option<String>,
    /// `ImdsSupport` is `v2.0`: machines ask for version 2 of the metadata service unless told otherwise.
    #[serde(default)]
    pub imds_required: bool,
    /// `PlatformDetails`.
    #[serde(default = "linux")]
    pub platform_details: String,
    /// `UsageOperation`.
    #[serde(default = "run_instances")]
    pub usage_operation: String,
    /// The public SSM parameters whose value is this image's id.
    pub parameters: Vec<String>,
}

fn linux() -> String {
    "Linux/UNIX".to_owned()
}

fn run_instances() -> String {
    "RunInstances".to_owned()
}

impl Image {
    /// Its id in a Region: 17 hex digits, the first of them 0, different in each Region.
    pub fn id(&self, region: &str) -> String {
        derived_id("ami-0", &[region, &self.name])
    }

    /// The id of its root volume's snapshot in a Region.
    pub fn snapshot_id(&self, region: &str) -> String {
        derived_id("snap-0", &[region, &self.name])
    }
}

fn derived_id(prefix: &str, parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(prefix);
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    let digest = hex::encode(hasher.finalize());
    format!("{prefix}{}", digest.get(..16).unwrap_or_default())
}

/// The images of one Region.
#[derive(Debug, Default)]
pub struct Shelf {
    by_id: BTreeMap<String, &'static Image>,
    by_parameter: BTreeMap<&'static str, String>,
}

impl Shelf {
    /// The image with that id.
    pub fn get(&self, id: &str) -> Option<&'static Image> {
        self.by_id.get(id).copied()
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'static Image)> {
        self.by_id.iter().map(|(id, image)| (id.as_str(), *image))
    }

    /// The image id that a public SSM parameter names.
    pub fn parameter(&self, path: &str) -> Option<&str> {
        self.by_parameter.get(path).map(String::as_str)
    }

    /// The public SSM parameters with their image ids, by path.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.by_parameter
            .iter()
            .map(|(path, id)| (*path, id.as_str()))
    }
}

/// The images of a Region; an empty shelf for a Region that this simulation does not have.
pub fn shelf(region: &str) -> &'static Shelf {
    static NOTHING: Shelf = Shelf {
        by_id: BTreeMap::new(),
        by_parameter: BTreeMap::new(),
    };
    SHELVES.get(region).unwrap_or(&NOTHING)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    images: Vec<Image>,
}

static CATALOGUE: LazyLock<Vec<Image>> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it.
    toml::from_str::<Catalogue>(include_str!("../../../fixtures/images.toml"))
        .map_or_else(|_| Vec::new(), |catalogue| catalogue.images)
});

static SHELVES: LazyLock<BTreeMap<&'static str, Shelf>> = LazyLock::new(|| {
    REGIONS
        .iter()
        .map(|region| {
            let mut shelf = Shelf::default();
            for image in CATALOGUE.iter() {
                let id = image.id(region);
                for path in &image.parameters {
                    shelf.by_parameter.insert(path, id.clone());
                }
                shelf.by_id.insert(id, image);
            }
            (*region, shelf)
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_can_be_read_and_has_an_image_of_every_family() {
        let text = include_str!("../../../fixtures/images.toml");
        let images = toml::from_str::<Catalogue>(text).unwrap().images;
        let families: BTreeSet<_> = images.iter().map(|image| image.family).collect();
        assert_eq!(families, BTreeSet::from(Family::ALL));
        for family in Family::ALL {
            assert_eq!(
                serde_json::to_value(family).unwrap(),
                serde_json::json!(family.id())
            );
        }
    }

    #[test]
    fn image_ids_are_seventeen_hex_digits_and_differ_between_regions() {
        let mut ids = BTreeSet::new();
        for region in REGIONS {
            for (id, _) in shelf(region).iter() {
                let hex = id.strip_prefix("ami-0").unwrap();
                assert_eq!(hex.len(), 16);
                assert!(hex.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
    }

    #[test]
    fn the_public_parameters_name_an_image_of_their_region() {
        let path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let here = shelf("us-east-1").parameter(path).unwrap();
        let there = shelf("eu-north-1").parameter(path).unwrap();
        assert_ne!(here, there);
        let image = shelf("us-east-1").get(here).unwrap();
        assert_eq!(
            (image.family, image.architecture),
            (Family::Al2023, Architecture::X86)
        );
        assert!(shelf("eu-north-1").get(here).is_none());
    }
}

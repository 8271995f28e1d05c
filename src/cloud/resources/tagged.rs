//! Everything in a region that carries tags, by id.

use crate::cloud::Region;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::resources::image::shelf;
use crate::cloud::resources::tag::Tags;

/// A resource with its tags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tagged<'a> {
    /// `sg-0…` and so on.
    pub id: &'a str,
    /// `security-group` and so on, as DescribeTags and TagSpecification write it.
    pub resource_type: &'static str,
    /// Its tags.
    pub tags: &'a Tags,
}

impl Region {
    /// The tags of the resource of that id, to change.
    pub fn tags_of_mut(&mut self, id: &str) -> Option<&mut Tags> {
        match id.split('-').next()? {
            "vol" | "eni" if self.left.has(id) => self.left.tags_mut(id),
            "i" | "vol" | "eni" => self.instances.tags_mut(id),
            "eipalloc" => self.addresses.tags_mut(id),
            "key" => self.key_pairs.tags_mut(id),
            "sg" => self
                .security_groups
                .get_mut(id)
                .map(|group| &mut group.tags),
            "sgr" => self.security_groups.rule_mut(id).map(|rule| &mut rule.tags),
            "subnet" => self.network.subnet_mut(id).map(|subnet| &mut subnet.tags),
            "vpc" => Some(&mut self.network.vpc)
                .filter(|vpc| vpc.id == id)
                .map(|vpc| &mut vpc.tags),
            _ => None,
        }
    }

    /// Everything that can carry tags, in no particular order.
    pub fn tagged(&self) -> impl Iterator<Item = Tagged<'_>> {
        let groups = self.security_groups.iter().flat_map(|group| {
            let itself = tagged("security-group", &group.id, &group.tags);
            let rules = group
                .all_rules()
                .map(|(_, rule)| tagged("security-group-rule", &rule.id, &rule.tags));
            std::iter::once(itself).chain(rules)
        });
        let subnets = self
            .network
            .subnets
            .iter()
            .map(|subnet| tagged("subnet", &subnet.id, &subnet.tags));
        let instances = self
            .instances
            .tagged()
            .map(|(id, resource_type, tags)| tagged(resource_type, id, tags));
        let left = self.left.tagged();
        let left = left.map(|(id, resource_type, tags)| tagged(resource_type, id, tags));
        let key_pairs = self
            .key_pairs
            .iter()
            .map(|pair| tagged("key-pair", &pair.id, &pair.tags));
        let addresses = self
            .addresses
            .iter()
            .map(|address| tagged("elastic-ip", &address.allocation_id, &address.tags));
        let vpc = &self.network.vpc;
        std::iter::once(tagged("vpc", &vpc.id, &vpc.tags))
            .chain(subnets)
            .chain(groups)
            .chain(instances)
            .chain(left)
            .chain(key_pairs)
            .chain(addresses)
    }
}

fn tagged<'a>(resource_type: &'static str, id: &'a str, tags: &'a Tags) -> Tagged<'a> {
    Tagged {
        id,
        resource_type,
        tags,
    }
}

impl ApiError {
    /// `InvalidNetworkInterfaceID.NotFound`. The form for several is unverified.
    pub fn no_such_interfaces(ids: &[&str]) -> Self {
        let text = match ids {
            [one] => format!("The networkInterface ID '{one}' does not exist"),
            several => format!(
                "The networkInterface IDs '{}' do not exist",
                several.join(", ")
            ),
        };
        Self::new("InvalidNetworkInterfaceID.NotFound", text)
    }

    /// The refusal for an id that CreateTags or DeleteTags cannot find: of the resource's own kind when the prefix tells.
    pub fn nothing_to_tag(id: &str, region: &str) -> Self {
        // AWS has one answer for whatever cannot be an id at all, whichever prefix it has: its code is from the API reference
        // and from moto's tests (`ami-blah`), its text is unverified.
        let prefix = id.split('-').next().unwrap_or_default();
        if well_formed(id, prefix, "InvalidID").is_err() {
            return Self::new("InvalidID", format!("The ID '{id}' is not valid"));
        }
        match prefix {
            "i" => Self::new(
                "InvalidInstanceID.NotFound",
                format!("The instance ID '{id}' does not exist"),
            ),
            "eipalloc" => Self::no_such_allocations(&[id]),
            "sg" => Self::no_such_group(id),
            "sgr" => Self::no_such_rule(id),
            "subnet" => Self::no_such_subnet(id),
            "vpc" => Self::no_such_vpc(id),
            "ami" if shelf(region).get(id).is_some() => Self::new(
                "GroundSchool.NotSimulated",
                format!("Ground School does not simulate tags of images, and '{id}' is one"),
            ),
            "ami" => Self::new(
                "InvalidAMIID.NotFound",
                format!("The image id '[{id}]' does not exist"),
            ),
            "vol" => Self::no_such_volume(id),
            "eni" => Self::no_such_interfaces(&[id]),
            // The code is from the API reference. Its text is unverified.
            "key" => Self::new(
                "InvalidKeyPair.NotFound",
                format!("The key pair ID '{id}' does not exist"),
            ),
            _ => Self::new("InvalidID", format!("The ID '{id}' is not valid")),
        }
    }
}

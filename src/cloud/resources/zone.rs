//! Availability zones: the letters, ids and long names of each region.
//!
//! AWS maps letters to zone ids differently for each account. The map of us-east-1 begins as in a recording of real AWS
//! (a is use1-az6, b is use1-az1, `facts/ec2-api.md` section 7); the other maps are plausible and unverified.

/// One availability zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// `us-east-1a`.
    pub name: String,
    /// `use1-az6`: the same building for every account.
    pub id: String,
    /// `us-east-1-zg-1`.
    pub group: String,
    /// `US East (N. Virginia) 1`.
    pub group_long_name: String,
}

struct Map {
    region: &'static str,
    long_name: &'static str,
    id_prefix: &'static str,
    /// Letter and the number of the zone id.
    zones: &'static [(char, u8)],
}

const fn map(
    region: &'static str,
    long_name: &'static str,
    id_prefix: &'static str,
    zones: &'static [(char, u8)],
) -> Map {
    Map {
        region,
        long_name,
        id_prefix,
        zones,
    }
}

#[rustfmt::skip]
const MAPS: &[Map] = &[
    map("ap-northeast-1", "Asia Pacific (Tokyo)", "apne1", &[('a', 4), ('c', 1), ('d', 2)]),
    map("ap-northeast-2", "Asia Pacific (Seoul)", "apne2", &[('a', 1), ('b', 2), ('c', 3), ('d', 4)]),
    map("ap-northeast-3", "Asia Pacific (Osaka)", "apne3", &[('a', 3), ('b', 1), ('c', 2)]),
    map("ap-south-1", "Asia Pacific (Mumbai)", "aps1", &[('a', 1), ('b', 3), ('c', 2)]),
    map("ap-southeast-1", "Asia Pacific (Singapore)", "apse1", &[('a', 2), ('b', 1), ('c', 3)]),
    map("ap-southeast-2", "Asia Pacific (Sydney)", "apse2", &[('a', 3), ('b', 1), ('c', 2)]),
    map("ca-central-1", "Canada (Central)", "cac1", &[('a', 1), ('b', 2), ('d', 4)]),
    map("eu-central-1", "Europe (Frankfurt)", "euc1", &[('a', 2), ('b', 3), ('c', 1)]),
    map("eu-north-1", "Europe (Stockholm)", "eun1", &[('a', 1), ('b', 2), ('c', 3)]),
    map("eu-west-1", "Europe (Ireland)", "euw1", &[('a', 3), ('b', 1), ('c', 2)]),
    map("eu-west-2", "Europe (London)", "euw2", &[('a', 2), ('b', 3), ('c', 1)]),
    map("eu-west-3", "Europe (Paris)", "euw3", &[('a', 1), ('b', 2), ('c', 3)]),
    map("sa-east-1", "South America (Sao Paulo)", "sae1", &[('a', 1), ('b', 2), ('c', 3)]),
    map("us-east-1", "US East (N. Virginia)", "use1", &[('a', 6), ('b', 1), ('c', 2), ('d', 4), ('e', 3), ('f', 5)]),
    map("us-east-2", "US East (Ohio)", "use2", &[('a', 1), ('b', 2), ('c', 3)]),
    map("us-west-1", "US West (N. California)", "usw1", &[('a', 1), ('b', 3)]),
    map("us-west-2", "US West (Oregon)", "usw2", &[('a', 2), ('b', 1), ('c', 3), ('d', 4)]),
];

/// The zones of a region, by letter; none for a region that this simulation does not have.
pub fn zones_of(region: &str) -> Vec<Zone> {
    MAPS.iter()
        .filter(|map| map.region == region)
        .flat_map(|map| {
            map.zones.iter().map(|(letter, number)| Zone {
                name: format!("{}{letter}", map.region),
                id: format!("{}-az{number}", map.id_prefix),
                group: format!("{}-zg-1", map.region),
                group_long_name: format!("{} 1", map.long_name),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::account::REGIONS;

    #[test]
    fn every_region_has_at_least_two_zones_with_ids_of_their_own() {
        for region in REGIONS {
            let zones = zones_of(region);
            let ids: std::collections::BTreeSet<_> = zones.iter().map(|zone| &zone.id).collect();
            assert!(zones.len() >= 2, "{region}");
            assert_eq!(ids.len(), zones.len(), "{region}");
        }
        assert_eq!(MAPS.len(), REGIONS.len());
    }

    #[test]
    fn the_first_zone_of_us_east_1_is_named_as_in_the_recording() {
        let expected = Zone {
            name: "us-east-1a".into(),
            id: "use1-az6".into(),
            group: "us-east-1-zg-1".into(),
            group_long_name: "US East (N. Virginia) 1".into(),
        };
        assert_eq!(zones_of("us-east-1").first(), Some(&expected));
    }
}

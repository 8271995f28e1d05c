//! Who gets through: the question that the network asks before a machine sees a connection.

use std::net::IpAddr;

use crate::cloud::resources::security_group::{Peer, SecurityGroups, Traffic};

/// Whether a connection gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// A rule lets this source in.
    Open,
    /// A rule for that port exists, but for another source.
    ForOthers,
    /// No rule for that port.
    Closed,
}
impl SecurityGroups {
    /// All traffic from `from` that reaches an instance that is in these groups.
    pub fn admitted(&self, group_ids: &[String], from: IpAddr) -> Vec<Traffic> {
        let from = from.to_canonical();
        group_ids
            .iter()
            .filter_map(|id| self.get(id))
            .flat_map(|group| &group.ingress)
            .filter(|rule| match &rule.peer {
                Peer::Ipv4(range) => ipnet::IpNet::from(*range).contains(&from),
                Peer::Ipv6(range) => ipnet::IpNet::from(*range).contains(&from),
                Peer::Group(_) => false,
            })
            .map(|rule| rule.traffic)
            .collect()
    }

    /// Whether a TCP connection from `from` to `port` reaches an instance that is in these groups.
    ///
    /// A rule for another group's members is for others: whoever comes from outside the network is no member. A rule by
    /// which a group lets in its own members says nothing about the outside and does not count at all, or every default
    /// group would look as if somebody had opened it to the wrong address.
    pub fn admits(&self, group_ids: &[String], port: u16, from: IpAddr) -> Admission {
        let from = from.to_canonical();
        let mut answer = Admission::Closed;
        for group in group_ids.iter().filter_map(|id| self.get(id)) {
            for rule in group
                .ingress
                .iter()
                .filter(|rule| rule.traffic.is_tcp_to(port))
            {
                match &rule.peer {
                    Peer::Ipv4(range) if ipnet::IpNet::from(*range).contains(&from) => {
                        return Admission::Open;
                    }
                    Peer::Ipv6(range) if ipnet::IpNet::from(*range).contains(&from) => {
                        return Admission::Open;
                    }
                    Peer::Group(peer) if *peer == group.id => {}
                    Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::Group(_) => answer = Admission::ForOthers,
                }
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cloud::api::testing::Client;
    use crate::cloud::resources::security_group::{Icmp, PortRange, Rule, SecurityGroup};
    use crate::cloud::resources::tag::Tags;

    fn rule(n: u8, traffic: Traffic, peer: Peer) -> Rule {
        Rule {
            id: format!("sgr-{n}"),
            traffic,
            peer,
            description: None,
            tags: Tags::default(),
        }
    }

    /// Groups `a`, `b` … with these inbound rules.
    fn groups(rules: Vec<Vec<Rule>>) -> SecurityGroups {
        let mut groups = SecurityGroups(BTreeMap::new());
        for (id, ingress) in ["a", "b"].into_iter().zip(rules) {
            groups.insert(SecurityGroup {
                id: id.into(),
                name: id.into(),
                description: String::new(),
                vpc_id: "vpc".into(),
                ingress,
                egress: vec![],
                tags: Tags::default(),
            });
        }
        groups
    }

    fn ssh() -> Traffic {
        Traffic::Tcp(PortRange { from: 22, to: 22 })
    }

    fn admits(groups: &SecurityGroups, ids: &[&str], port: u16, from: &str) -> Admission {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        groups.admits(&ids, port, from.parse().unwrap())
    }

    #[test]
    fn a_rule_opens_its_port_to_its_range_and_to_nobody_else() {
        let home = Peer::ipv4("198.51.100.0/24").unwrap();
        let groups = groups(vec![vec![rule(1, ssh(), home)]]);
        assert_eq!(admits(&groups, &["a"], 22, "198.51.100.7"), Admission::Open);
        assert_eq!(
            admits(&groups, &["a"], 22, "::ffff:198.51.100.7"),
            Admission::Open
        );
        assert_eq!(
            admits(&groups, &["a"], 22, "192.0.2.1"),
            Admission::ForOthers
        );
        assert_eq!(
            admits(&groups, &["a"], 22, "2001:db8::1"),
            Admission::ForOthers
        );
        assert_eq!(
            admits(&groups, &["a"], 23, "198.51.100.7"),
            Admission::Closed
        );
    }

    #[test]
    fn one_group_that_admits_is_enough() {
        let home = Peer::ipv4("198.51.100.7/32").unwrap();
        let elsewhere = Peer::ipv4("192.0.2.0/24").unwrap();
        let groups = groups(vec![
            vec![rule(1, ssh(), elsewhere)],
            vec![rule(2, Traffic::All, home)],
        ]);
        assert_eq!(
            admits(&groups, &["a", "b"], 22, "198.51.100.7"),
            Admission::Open
        );
        assert_eq!(
            admits(&groups, &["a"], 22, "198.51.100.7"),
            Admission::ForOthers
        );
        assert_eq!(admits(&groups, &[], 22, "198.51.100.7"), Admission::Closed);
    }

    #[test]
    fn what_is_admitted_is_what_rules_for_this_source_say() {
        let home = Peer::ipv4("198.51.100.7/32").unwrap();
        let elsewhere = Peer::ipv4("192.0.2.0/24").unwrap();
        let groups = groups(vec![
            vec![
                rule(1, ssh(), home.clone()),
                rule(2, Traffic::All, elsewhere),
            ],
            vec![
                rule(
                    3,
                    Traffic::Icmp(Icmp {
                        kind: None,
                        code: None,
                    }),
                    home,
                ),
                rule(4, Traffic::All, Peer::Group("a".into())),
            ],
        ]);
        let both = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            groups.admitted(&both, "198.51.100.7".parse().unwrap()),
            [
                ssh(),
                Traffic::Icmp(Icmp {
                    kind: None,
                    code: None
                })
            ]
        );
        assert_eq!(
            groups.admitted(&both[1..], "192.0.2.1".parse().unwrap()),
            []
        );
    }

    #[test]
    fn a_group_that_lets_in_its_own_members_is_closed_and_one_for_another_groups_is_for_others() {
        let itself = rule(1, Traffic::All, Peer::Group("a".into()));
        let other = rule(2, ssh(), Peer::Group("a".into()));
        let groups = groups(vec![vec![itself], vec![other]]);
        assert_eq!(
            admits(&groups, &["a"], 22, "198.51.100.7"),
            Admission::Closed
        );
        assert_eq!(
            admits(&groups, &["b"], 22, "198.51.100.7"),
            Admission::ForOthers
        );
    }

    #[test]
    fn udp_and_icmp_rules_do_not_open_a_tcp_port() {
        let anywhere = Peer::ipv4("0.0.0.0/0").unwrap();
        let udp = Traffic::Udp(PortRange { from: 0, to: 65535 });
        let ping = Traffic::Icmp(Icmp {
            kind: None,
            code: None,
        });
        let groups = groups(vec![vec![
            rule(1, udp, anywhere.clone()),
            rule(2, ping, anywhere),
        ]]);
        assert_eq!(
            admits(&groups, &["a"], 22, "198.51.100.7"),
            Admission::Closed
        );
    }

    #[test]
    fn a_learner_who_launches_without_a_group_meets_silence() {
        let mut client = Client::new();
        client.ec2("DescribeSecurityGroups", "");
        let groups = &client.account.regions["us-east-1"].security_groups;
        let id = groups.default_group().unwrap().id.clone();
        assert_eq!(
            admits(groups, &[&id], 22, "198.51.100.7"),
            Admission::Closed
        );
    }
}

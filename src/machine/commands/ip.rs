//! `ip`, `ifconfig`: the network card.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (address, mac) = (call.host.id.private_address, call.host.id.mac.clone());
    let what = call
        .given()
        .iter()
        .map(String::as_str)
        .find(|word| !word.starts_with('-'))
        .unwrap_or_default();
    let [a, b, ..] = address.octets();
    let text = match what {
        "a" | "addr" | "address" => format!(
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default qlen 1000\n    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n    inet {address}/20 metric 512 brd {} scope global dynamic ens5\n       valid_lft 3000sec preferred_lft 3000sec\n",
            broadcast(address)
        ),
        "l" | "link" => format!(
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP mode DEFAULT group default qlen 1000\n    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n"
        ),
        "r" | "route" => {
            format!("default via {a}.{b}.0.1 dev ens5 proto dhcp src {address} metric 512\n")
        }
        _ => {
            call.err("ip: this simulated machine knows `ip addr', `ip link' and `ip route'\n");
            return 1;
        }
    };
    call.out(text);
    0
}

fn broadcast(address: std::net::Ipv4Addr) -> std::net::Ipv4Addr {
    std::net::Ipv4Addr::from(u32::from(address) | 0xfff)
}

pub(super) fn ifconfig(call: &mut Call<'_>) -> u32 {
    let (address, mac) = (call.host.id.private_address, call.host.id.mac.clone());
    call.out(format!(
        "ens5: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001\n        inet {address}  netmask 255.255.240.0  broadcast {}\n        ether {mac}  txqueuelen 1000  (Ethernet)\n\nlo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n\n",
        broadcast(address)
    ));
    0
}

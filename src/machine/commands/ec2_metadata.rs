//! `ec2-metadata`: Amazon Linux's own look at the metadata service. The form of a line is from a public transcript; the set
//! of options is shortened to what is simulated.

use super::Call;

/// Short and long option, the word before the colon.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("-a", "--ami-id", "ami-id"),
    ("-l", "--ami-launch-index", "ami-launch-index"),
    ("-i", "--instance-id", "instance-id"),
    ("-t", "--instance-type", "instance-type"),
    ("-h", "--local-hostname", "local-hostname"),
    ("-o", "--local-ipv4", "local-ipv4"),
    ("-z", "--availability-zone", "placement"),
    ("-R", "--region", "region"),
    ("-p", "--public-hostname", "public-hostname"),
    ("-v", "--public-ipv4", "public-ipv4"),
    ("-r", "--reservation-id", "reservation-id"),
    ("-s", "--security-groups", "security-groups"),
];

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut names = Vec::new();
    for word in call.given() {
        if word == "--all" {
            names.extend(OPTIONS.iter().map(|(.., name)| *name));
            continue;
        }
        let known = OPTIONS
            .iter()
            .find(|(short, long, _)| word == short || word == long);
        match known {
            Some((.., name)) => names.push(*name),
            None => {
                call.err(format!(
                    "ec2-metadata: {word} is not simulated on this machine\n"
                ));
                return 1;
            }
        }
    }
    if names.is_empty() {
        names.extend(OPTIONS.iter().map(|(.., name)| *name));
    }
    for name in names {
        let value = value(call, name).unwrap_or_else(|| "not available".into());
        call.out(format!("{name}: {value}\n"));
    }
    0
}

fn value(call: &Call<'_>, name: &str) -> Option<String> {
    let id = &call.host.id;
    if !id.metadata_enabled {
        return None;
    }
    Some(match name {
        "ami-id" => id.image_id.clone(),
        "ami-launch-index" => id.ami_launch_index.to_string(),
        "instance-id" => id.instance_id.clone(),
        "instance-type" => id.instance_type.clone(),
        "local-hostname" => id.private_name.clone(),
        "local-ipv4" => id.private_address.to_string(),
        "placement" => id.availability_zone.clone(),
        "region" => id.region.clone(),
        "public-hostname" => return id.public_name.clone(),
        "public-ipv4" => return id.public_address.map(|address| address.to_string()),
        "reservation-id" => id.reservation_id.clone(),
        "security-groups" => id.security_groups.join("\n"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::{exec, run};

    #[test]
    fn one_fact_is_one_line_with_its_name() {
        assert_eq!(
            run("ec2-metadata -i --public-ipv4"),
            "instance-id: i-0123456789abcdef0\npublic-ipv4: 203.0.113.25\n0"
        );
        assert!(run("ec2-metadata").starts_with("ami-id: ami-"));
    }

    #[test]
    fn only_amazon_linux_has_it() {
        let (_, error, status) = exec(Family::Ubuntu2404, "ec2-metadata -i");
        assert!(
            error.ends_with("ec2-metadata: command not found\n"),
            "{error}"
        );
        assert_eq!(status, Some(127));
    }
}

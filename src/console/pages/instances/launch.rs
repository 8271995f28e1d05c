//! Launch an instance: the form, in the order of AWS's launch wizard. `order.rs` takes it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use super::LIST;
use super::order::{
    FIREWALL, HTTP, HTTPS, MORE_GROUPS, NAME, NEW_GROUP, OLD_GROUPS, PUBLIC, SOURCE, SSH,
    SSH_ADDRESS, USER_DATA, WITHOUT_KEY, next_group_name,
};
use crate::cloud::api::error::ApiError;
use crate::cloud::resources::image::{Family, shelf};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::{key_pairs, security_groups};
use crate::console::parts::boxes::{Boxed, boxes};
use crate::console::parts::field::{self, Choice, Field};
use crate::console::parts::notice::caution;
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// The form's path.
pub(super) const PATH: &str = "/instances/launch";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let form = html! {
        (parts::section("Name and tags", &name(visit)))
        (parts::section("Application and OS Images (Amazon Machine Image)", &image(visit)?))
        (parts::section("Instance type", &instance_type(visit)?))
        (parts::section("Key pair (login)", &key_pair(visit)?))
        (parts::section("Network settings", &network(visit)?))
        (parts::section("Configure storage", &html! {
            p { "One root volume as the image asks for it: 8 GiB, 10 GiB for Red Hat. It is deleted with the instance." }
        }))
    };
    let user_data = Field {
        name: USER_DATA,
        label: "User data (optional)",
        hint: "A script that runs as root at the first start, or cloud-init's own words.",
        ..Field::default()
    };
    let advanced = html! {
        details id="advanced" open[visit.refused_at(USER_DATA).is_some()] {
            summary { "Advanced details" }
            (field::lines(visit, &user_data, 6))
        }
    };
    let fields = html! {
        div.roomy {
            div.two {
                div { (form) section.card { (advanced) } }
                section.card.aside aria-labelledby="summary-title" {
                    h2 id="summary-title" { "Summary" }
                    (number(visit))
                    p { "Nothing is made before you launch. On AWS the instance costs money from then on until it is stopped or terminated; here it costs nothing." }
                    (parts::buttons("Launch instance", LIST))
                }
            }
        }
    };
    let body = html! {
        (parts::crumbs(&[("Instances", LIST)], "Launch an instance"))
        h1 { "Launch an instance" }
        p.lead { "An instance is a virtual machine in the AWS cloud. What you can never change later is its image and its key pair." }
        (parts::form(visit, PATH, &fields))
    };
    Ok(Page::new("Launch an instance", LIST, body).into())
}

fn name(visit: &Visit) -> Markup {
    let name = Field {
        name: NAME,
        label: "Name",
        hint: "For example: My Web Server. It becomes the tag Name.",
        ..Field::default()
    };
    field::text(visit, &name)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    images: Vec<Image>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    image_id: String,
    name: String,
    architecture: String,
}

/// Where a family stands in the list: the order of AWS's Quick Start.
fn place(family: Family) -> u8 {
    match family {
        Family::Al2023 => 0,
        Family::Al2 => 1,
        Family::Ubuntu2404 => 2,
        Family::Rhel9 => 3,
        Family::Debian12 => 4,
    }
}

fn image(visit: &Visit) -> Result<Markup, ApiError> {
    let images: Images = visit.ask(&Ask::new("DescribeImages"))?;
    let shelf = shelf(&visit.scope.region);
    let mut all: Vec<(u8, String, &Image)> = images
        .images
        .iter()
        .map(|image| {
            let family = shelf.get(&image.image_id).map(|known| known.family);
            let title = family.map_or(image.name.as_str(), |family| family.title());
            let label = format!("{title} - {}", processor(&image.architecture));
            (family.map_or(u8::MAX, place), label, image)
        })
        .collect();
    all.sort_by(|(a, _, one), (b, _, other)| {
        let key = |image: &Image| (image.architecture != "x86_64", image.name.clone());
        (a, key(one)).cmp(&(b, key(other)))
    });
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, label, _) in &all {
        *seen.entry(label).or_default() += 1;
    }
    // Two of one system differ in their kernels, which their names tell.
    let labels: Vec<String> = all
        .iter()
        .map(|(_, label, image)| match seen.get(label.as_str()) {
            Some(1) | None => label.clone(),
            Some(_) => format!("{label} - {}", image.name),
        })
        .collect();
    let choices: Vec<Choice<'_>> = all
        .iter()
        .zip(&labels)
        .map(|((_, _, image), label)| Choice {
            value: &image.image_id,
            label,
            hint: "",
        })
        .collect();
    let first = choices.first().map_or("", |choice| choice.value);
    let field = Field {
        name: "ImageId",
        label: "Image",
        hint: "The image decides the operating system, and with it the user that you sign in as: ec2-user on Amazon Linux and Red Hat, ubuntu on Ubuntu, admin on Debian.",
        value: first,
        ..Field::default()
    };
    Ok(field::select(visit, &field, &choices))
}

/// As AWS's console writes an architecture.
fn processor(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "64-bit (x86)",
        "arm64" => "64-bit (Arm)",
        other => other,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Types {
    instance_types: Vec<Type>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Type {
    instance_type: String,
    free_tier_eligible: bool,
    v_cpu_info: Processors,
    memory_info: Memory,
    processor_info: Architectures,
}

#[derive(Deserialize)]
struct Processors {
    #[serde(rename = "DefaultVCpus")]
    count: i64,
}

#[derive(Deserialize)]
struct Memory {
    #[serde(rename = "SizeInMiB")]
    mib: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Architectures {
    supported_architectures: Vec<String>,
}

impl Type {
    fn in_words(&self) -> String {
        let gib = match (self.memory_info.mib / 1024, self.memory_info.mib % 1024) {
            (gib, 0) => format!("{gib} GiB"),
            (_, _) => format!("{} MiB", self.memory_info.mib),
        };
        let arm = self
            .processor_info
            .supported_architectures
            .iter()
            .all(|one| one == "arm64");
        format!(
            "{} - {} vCPU, {gib} memory{}{}",
            self.instance_type,
            self.v_cpu_info.count,
            if arm { ", Arm" } else { "" },
            if self.free_tier_eligible {
                " - Free tier eligible"
            } else {
                ""
            }
        )
    }
}

fn instance_type(visit: &Visit) -> Result<Markup, ApiError> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let mut ask = Ask::new("DescribeInstanceTypes");
        if let Some(token) = token {
            ask = ask.with("NextToken", token);
        }
        let page: Types = visit.ask(&ask)?;
        all.extend(page.instance_types);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    all.sort_by_key(|one| !one.free_tier_eligible);
    let labels: Vec<String> = all.iter().map(Type::in_words).collect();
    let choices: Vec<Choice<'_>> = all
        .iter()
        .zip(&labels)
        .map(|(one, label)| Choice {
            value: &one.instance_type,
            label,
            hint: "",
        })
        .collect();
    let field = Field {
        name: "InstanceType",
        label: "Instance type",
        hint: "An image for Arm wants a type with Arm.",
        value: "t3.micro",
        ..Field::default()
    };
    Ok(field::select(visit, &field, &choices))
}

fn key_pair(visit: &Visit) -> Result<Markup, ApiError> {
    let pairs = key_pairs::all(visit)?;
    let mut choices = vec![
        Choice {
            value: "",
            label: "Select",
            hint: "",
        },
        Choice {
            value: WITHOUT_KEY,
            label: "Proceed without a key pair (Not recommended)",
            hint: "",
        },
    ];
    choices.extend(pairs.iter().map(|pair| Choice {
        value: &pair.key_name,
        label: &pair.key_name,
        hint: "",
    }));
    let field = Field {
        name: "KeyName",
        label: "Key pair name",
        hint: "You sign in with its private half: choose one whose file you have. It cannot be added later.",
        required: true,
        ..Field::default()
    };
    Ok(html! {
        (field::select(visit, &field, &choices))
        p { a id="create-key-pair" href="/key-pairs/create" target="_blank" { "Create new key pair" } " (opens in a new tab; the new one then stands in the list)" }
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subnets {
    subnets: Vec<Subnet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subnet {
    subnet_id: String,
    vpc_id: String,
    availability_zone: String,
}

fn network(visit: &Visit) -> Result<Markup, ApiError> {
    let subnets: Subnets = visit.ask(&Ask::new("DescribeSubnets"))?;
    let vpc = subnets
        .subnets
        .first()
        .map_or("", |one| one.vpc_id.as_str());
    let labels: Vec<String> = subnets
        .subnets
        .iter()
        .map(|one| format!("{} - {}", one.availability_zone, one.subnet_id))
        .collect();
    let mut choices = vec![Choice {
        value: "",
        label: "No preference (Default subnet in any availability zone)",
        hint: "",
    }];
    choices.extend(
        subnets
            .subnets
            .iter()
            .zip(&labels)
            .map(|(one, label)| Choice {
                value: &one.subnet_id,
                label,
                hint: "",
            }),
    );
    let subnet = Field {
        name: "SubnetId",
        label: "Subnet",
        ..Field::default()
    };
    let public = Field {
        name: PUBLIC,
        label: "Auto-assign public IP",
        hint: "Without a public address nothing reaches the instance from outside.",
        value: "true",
        ..Field::default()
    };
    let yes_and_no = [
        Choice {
            value: "true",
            label: "Enable",
            hint: "",
        },
        Choice {
            value: "false",
            label: "Disable",
            hint: "",
        },
    ];
    Ok(html! {
        p { "Network: " code { (vpc) } " (default VPC)" }
        (field::select(visit, &subnet, &choices))
        (field::select(visit, &public, &yes_and_no))
        (firewall(visit)?)
    })
}

/// The security group: a new one, or those that are there.
fn firewall(visit: &Visit) -> Result<Markup, ApiError> {
    let groups = security_groups::all(visit)?;
    let names = groups.iter().map(|group| group.group_name.as_str());
    let next = next_group_name(names);
    let hint = format!("It will be called {next}.");
    let kind = Field {
        name: FIREWALL,
        label: "Firewall (security groups)",
        hint: "A security group says which traffic may reach the instance.",
        value: NEW_GROUP,
        ..Field::default()
    };
    let kinds = [
        Choice {
            value: NEW_GROUP,
            label: "Create security group",
            hint: &hint,
        },
        Choice {
            value: OLD_GROUPS,
            label: "Select existing security group",
            hint: "One or more that are there already.",
        },
    ];
    let boxed: Vec<Boxed<'_>> = groups
        .iter()
        .map(|group| Boxed {
            value: &group.group_id,
            label: &group.group_name,
            hint: &group.group_id,
            ticked: false,
        })
        .collect();
    let existing = Field {
        name: MORE_GROUPS,
        label: "Existing security groups",
        hint: "Up to five. With none of them the instance gets the group default, which lets nobody in from outside.",
        ..Field::default()
    };
    Ok(html! {
        div.firewall {
            (field::radios(visit, &kind, &kinds))
            div.when-new { (new_group(visit)) }
            div.when-existing { (boxes(visit, &existing, &boxed)) }
        }
    })
}

fn new_group(visit: &Visit) -> Markup {
    let ssh = Field {
        name: SSH,
        label: "Allow SSH traffic from",
        hint: "Helps you connect to your instance.",
        value: "on",
        ..Field::default()
    };
    let my_ip = format!("My IP ({}/32)", visit.my_address());
    let source = Field {
        name: SOURCE,
        label: "SSH from",
        value: "anywhere",
        ..Field::default()
    };
    let sources = [
        Choice {
            value: "anywhere",
            label: "Anywhere (0.0.0.0/0)",
            hint: "",
        },
        Choice {
            value: "custom",
            label: "Custom",
            hint: "",
        },
        Choice {
            value: "my-ip",
            label: &my_ip,
            hint: "",
        },
    ];
    let address = Field {
        name: SSH_ADDRESS,
        label: "Custom source",
        hint: "Only with Custom: a CIDR block such as 203.0.113.25/32, or the ID of a security group.",
        ..Field::default()
    };
    let https = Field {
        name: HTTPS,
        label: "Allow HTTPS traffic from the internet",
        hint: "To set up an endpoint, for example when creating a web server.",
        value: "on",
        ..Field::default()
    };
    let http = Field {
        name: HTTP,
        label: "Allow HTTP traffic from the internet",
        hint: "To set up an endpoint, for example when creating a web server.",
        value: "on",
        ..Field::default()
    };
    html! {
        div.ssh-source {
            (field::tick(visit, &ssh, true))
            div.when-ssh {
                (field::select(visit, &source, &sources))
                div.when-custom { (field::text(visit, &address)) }
                div.when-anywhere {
                    (caution(&html! { "Rules with source 0.0.0.0/0 let every IP address reach your instance. Letting in known IP addresses only, such as yours, is safer." }))
                }
            }
        }
        (field::tick(visit, &https, false))
        (field::tick(visit, &http, false))
    }
}

fn number(visit: &Visit) -> Markup {
    let count = Field {
        name: "MaxCount",
        label: "Number of instances",
        value: "1",
        required: true,
        ..Field::default()
    };
    field::number(visit, &count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_said_in_words() {
        let text = r#"{"InstanceType":"t3.nano","FreeTierEligible":false,"VCpuInfo":{"DefaultVCpus":2},
            "MemoryInfo":{"SizeInMiB":512},"ProcessorInfo":{"SupportedArchitectures":["x86_64"]}}"#;
        let one: Type = serde_json::from_str(text).unwrap();
        assert_eq!(one.in_words(), "t3.nano - 2 vCPU, 512 MiB memory");
        let text = r#"{"InstanceType":"t4g.small","FreeTierEligible":true,"VCpuInfo":{"DefaultVCpus":2},
            "MemoryInfo":{"SizeInMiB":2048},"ProcessorInfo":{"SupportedArchitectures":["arm64"]}}"#;
        let one: Type = serde_json::from_str(text).unwrap();
        assert_eq!(
            one.in_words(),
            "t4g.small - 2 vCPU, 2 GiB memory, Arm - Free tier eligible"
        );
    }
}

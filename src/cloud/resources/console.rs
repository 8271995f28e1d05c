//! The console log of one boot, as cloud-init writes it: above all the host keys' fingerprints.
//!
//! Shape: `facts/ec2-api.md` section 5.7. The kernel's lines and the versions of the families other than Amazon Linux 2023
//! are this project's own. What user data did in the boot comes from the machine ([`Said`]).

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::cloud::resources::boot::{Authorized, Boot, Said, last_of};
use crate::cloud::resources::image::{Architecture, Family};
use crate::cloud::resources::instance::Instance;

/// How long a boot without user data takes, milliseconds: the "Up" of the last line.
const UP: i64 = 26_630;
/// When the login prompt is on the console, milliseconds.
const PROMPT: i64 = 12_400;

/// The text of a boot. Host keys and authorized keys are told in the first boot only: cloud-init does that part once
/// per instance.
pub fn console_text(instance: &Instance, boot: &Boot) -> String {
    let said = match &boot.said {
        Some(said) => said.clone(),
        None => Said {
            authorized: vec![launch_key(instance)],
            ..Said::default()
        },
    };
    let mut log = Log {
        text: String::new(),
        clock: 0,
        boot,
        instance,
    };
    // Writing to a string does not fail.
    let _ = log.write(&said);
    last_of(&log.text).to_owned()
}

/// The last line of cloud-init in a boot that took so many milliseconds more than usual: also in the machine's own log.
pub fn finished(family: Family, booted_at: Timestamp, took: i64) -> String {
    let up = UP.saturating_add(took);
    let at = booted_at
        .checked_add(SignedDuration::from_millis(up))
        .unwrap_or(booted_at);
    format!(
        "Cloud-init v. {} finished at {}. Datasource DataSourceEc2.  Up {}.{:02} seconds",
        version(family),
        at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        up / 1000,
        up % 1000 / 10,
    )
}

/// cloud-init's version. Amazon Linux 2023's is from a real log; the others are unverified.
fn version(family: Family) -> &'static str {
    match family {
        Family::Al2023 => "22.2.2",
        Family::Al2 => "19.3-46.amzn2",
        Family::Ubuntu2404 => "25.2-0ubuntu1~24.04.1",
        Family::Debian12 => "22.4.2",
        Family::Rhel9 => "23.4-19.el9",
    }
}

/// Whom the launch key lets in.
fn launch_key(instance: &Instance) -> Authorized {
    let user = instance.family.login_user();
    let key = instance.public_key.as_ref();
    Authorized {
        user: user.to_owned(),
        file: format!("/home/{user}/.ssh/authorized_keys"),
        keys: key
            .map(|key| key.openssh(instance.key_name.as_deref().unwrap_or_default()))
            .into_iter()
            .collect(),
    }
}

struct Log<'a> {
    text: String,
    /// Milliseconds since power came on.
    clock: i64,
    boot: &'a Boot,
    instance: &'a Instance,
}

impl Log<'_> {
    fn write(&mut self, said: &Said) -> std::fmt::Result {
        let machine = match self.instance.architecture {
            Architecture::I386 | Architecture::X86 => "x86_64",
            Architecture::Arm64 => "aarch64",
        };
        let private = self.instance.interface.as_ref();
        let host = private.map_or("localhost", |interface| interface.private_name.as_str());
        let short = host.split('.').next().unwrap_or(host);
        self.kernel(&format!("Linux starts on an {machine} machine"))?;
        self.kernel(&format!("root disk: {}", self.instance.root_device))?;
        self.kernel("systemd: the disk is checked and mounted")?;
        self.clock = 5_600;
        self.kernel("network: the address comes by DHCP")?;
        self.clock = 6_900;
        self.cloud_init(1519, &said.early)?;
        if self.boot.first {
            for key in &self.instance.host_keys {
                let kind = key.key_type().short_name().to_ascii_lowercase();
                let path = format!("/etc/ssh/ssh_host_{kind}_key");
                let lines = format!(
                    "Generating public/private {kind} key pair.\nYour identification has been saved in {path}\nYour \
                     public key has been saved in {path}.pub\nThe key fingerprint is:\n{} root@{host}\n",
                    key.sha256()
                );
                self.cloud_init(1519, &lines)?;
            }
        }
        self.clock = self.clock.max(PROMPT);
        writeln!(self.text)?;
        self.banner(machine)?;
        writeln!(self.text, "\n{short} login: ")?;
        self.clock = UP + said.took - 1_500;
        self.cloud_init(1618, &said.late)?;
        if self.boot.first {
            for authorized in &said.authorized {
                self.authorized_keys(authorized)?;
            }
            self.host_keys(host)?;
        }
        let end = finished(self.instance.family, self.boot.at, said.took);
        self.clock = UP + said.took;
        self.cloud_init(1618, &end)
    }

    fn stamp(&mut self) -> String {
        self.clock += 3;
        let (seconds, rest) = (self.clock / 1000, self.clock % 1000);
        // The places below a millisecond are made up, and the same each time.
        format!("[{seconds:5}.{rest:03}{:03}]", (self.clock * 641) % 1000)
    }

    fn kernel(&mut self, line: &str) -> std::fmt::Result {
        let stamp = self.stamp();
        writeln!(self.text, "{stamp} {line}")
    }

    /// What a stage of cloud-init printed, each line with its time and process.
    fn cloud_init(&mut self, process: u32, lines: &str) -> std::fmt::Result {
        for line in lines.lines() {
            let stamp = self.stamp();
            writeln!(self.text, "{stamp} cloud-init[{process}]: {line}")?;
        }
        Ok(())
    }

    fn banner(&mut self, machine: &str) -> std::fmt::Result {
        match self.instance.family {
            Family::Al2023 => writeln!(
                self.text,
                "Amazon Linux 2023.12.20260930\nKernel 6.1.166-197.305.amzn2023.{machine} on an {machine} (-)"
            ),
            Family::Al2 => writeln!(
                self.text,
                "Amazon Linux 2\nKernel 5.10.240-238.959.amzn2.{machine} on an {machine}"
            ),
            Family::Ubuntu2404 => writeln!(self.text, "Ubuntu 24.04.3 LTS"),
            Family::Debian12 => writeln!(self.text, "Debian GNU/Linux 12"),
            Family::Rhel9 => writeln!(
                self.text,
                "Red Hat Enterprise Linux 9.6 (Plow)\nKernel 5.14.0-570.el9.{machine} on an {machine}"
            ),
        }
    }

    /// cloud-init's table of the keys that open the machine for one user.
    fn authorized_keys(&mut self, authorized: &Authorized) -> std::fmt::Result {
        let Authorized { user, file, keys } = authorized;
        if keys.is_empty() {
            return writeln!(
                self.text,
                "ci-info: no authorized SSH keys fingerprints found for user {user}."
            );
        }
        let head = ["Keytype", "Fingerprint (sha256)", "Options", "Comment"].map(str::to_owned);
        let rows: Vec<_> = keys.iter().map(|line| row(line)).collect();
        let widths: Vec<usize> = (0..head.len())
            .map(|column| {
                let cells = std::iter::once(&head).chain(&rows);
                let widths = cells.filter_map(|cells| Some(cells.get(column)?.chars().count()));
                widths.max().unwrap_or(0) + 2
            })
            .collect();
        let line: String = widths.iter().fold("+".to_owned(), |line, width| {
            line + &"-".repeat(*width) + "+"
        });
        let title = format!("Authorized keys from {file} for user {user}");
        writeln!(
            self.text,
            "ci-info: {title:+^width$}\nci-info: {line}",
            width = line.len()
        )?;
        for (number, cells) in std::iter::once(&head).chain(&rows).enumerate() {
            write!(self.text, "ci-info: |")?;
            for (cell, width) in cells.iter().zip(&widths) {
                write!(self.text, "{cell:^width$}|", width = *width)?;
            }
            writeln!(self.text)?;
            if number == 0 || number == rows.len() {
                writeln!(self.text, "ci-info: {line}")?;
            }
        }
        Ok(())
    }

    /// The block to compare with what `ssh` asks about.
    fn host_keys(&mut self, host: &str) -> std::fmt::Result {
        // Amazon Linux 2 has an older cloud-init, which calls itself after its data source.
        let who = match self.instance.family {
            Family::Al2 => "ec2",
            Family::Al2023 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => "cloud-init",
        };
        let at = self
            .boot
            .at
            .checked_add(SignedDuration::from_millis(self.clock))
            .unwrap_or(self.boot.at);
        let prefix = format!("<14>{} {who}: ", at.strftime("%b %e %H:%M:%S"));
        let fence = "#".repeat(61);
        let text = &mut self.text;
        writeln!(text, "{prefix}{fence}")?;
        writeln!(text, "{prefix}-----BEGIN SSH HOST KEY FINGERPRINTS-----")?;
        for key in &self.instance.host_keys {
            writeln!(
                text,
                "{prefix}{} {} root@{host} ({})",
                key.key_type().bits(),
                key.sha256(),
                key.key_type().short_name()
            )?;
        }
        writeln!(text, "{prefix}-----END SSH HOST KEY FINGERPRINTS-----")?;
        writeln!(text, "{prefix}{fence}")?;
        writeln!(text, "-----BEGIN SSH HOST KEY KEYS-----")?;
        for key in &self.instance.host_keys {
            writeln!(text, "{}", key.openssh(&format!("root@{host}")))?;
        }
        writeln!(text, "-----END SSH HOST KEY KEYS-----")
    }
}

/// A line of `authorized_keys` as the table has it: `-` for what it does not have.
fn row(line: &str) -> [String; 4] {
    let or_dash = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    let (options, key) = Authorized::split_options(line.trim());
    let mut parts = key.trim_start().splitn(3, ' ');
    let kind = parts.next().unwrap_or_default();
    let blob = parts.next().and_then(|body| STANDARD.decode(body).ok());
    let fingerprint = blob.map(|blob| {
        let digits: Vec<String> = Sha256::digest(blob)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        digits.join(":")
    });
    [
        or_dash(kind),
        fingerprint.unwrap_or_else(|| "-".to_owned()),
        or_dash(options),
        or_dash(parts.next().unwrap_or_default().trim()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::Client;

    #[test]
    fn the_keys_of_every_user_are_in_a_table_of_their_own() {
        let mut client = Client::new();
        let id = client.launch("");
        let mut boot = Boot::new(client.now, true);
        let key = |comment: &str| format!("ssh-ed25519 AAAA {comment}");
        boot.said = Some(Said {
            early: "a hook speaks\n".into(),
            late: "a script speaks\nand again\n".into(),
            authorized: vec![
                Authorized {
                    user: "ada".into(),
                    file: "/home/ada/.ssh/authorized_keys".into(),
                    keys: vec![
                        key("laptop"),
                        format!("no-pty,command=\"echo a b\" {}", key("")),
                    ],
                },
                Authorized {
                    user: "bob".into(),
                    file: "/home/bob/.ssh/authorized_keys".into(),
                    keys: Vec::new(),
                },
            ],
            took: 60_000,
        });
        let text = console_text(&client.instance(&id), &boot);
        let hex = "[0-9a-f]{2}(:[0-9a-f]{2}){31}";
        let has = |pattern: &str| {
            assert!(
                regex::Regex::new(pattern).unwrap().is_match(&text),
                "{pattern} is not in\n{text}"
            );
        };
        has(&format!(
            r"(?m)^ci-info: \| ssh-ed25519 \| {hex} \| +- +\|  laptop |"
        ));
        has(r#"\| no-pty,command="echo a b" \|"#);
        has("no authorized SSH keys fingerprints found for user bob.");
        has(r"\] cloud-init\[1519\]: a hook speaks\n");
        has(r"\] cloud-init\[1618\]: a script speaks\n\[.*\] cloud-init\[1618\]: and again\n");
        has(r"finished at Tue, 24 Nov 2026 10:01:26 \+0000\..*Up 86.63 seconds\n$");
        assert!(text.find("a script speaks") < text.find("-----BEGIN SSH HOST KEY FINGERPRINTS"));
        let lines = text.lines().filter(|line| line.starts_with("ci-info: +"));
        assert_eq!(lines.count(), 4, "{text}");
    }

    #[test]
    fn later_boots_tell_no_keys() {
        let mut client = Client::new();
        let id = client.launch("");
        let text = console_text(&client.instance(&id), &Boot::new(client.now, false));
        assert!(
            !text.contains("SHA256:") && !text.contains("ci-info"),
            "{text}"
        );
        assert!(text.contains("finished at"), "{text}");
    }
}

//! The console log of one boot, as cloud-init writes it: above all the host keys' fingerprints.
//!
//! Shape: `facts/ec2-api.md` section 5.7. The names of kernels and builds are this project's own.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::cloud::resources::image::{Architecture, Family};
use crate::cloud::resources::instance::{Boot, Instance};

/// The text of a boot. Host keys and authorized keys are told in the first boot only: cloud-init does that part once
/// per instance.
pub fn console_text(instance: &Instance, boot: Boot) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_console(&mut text, instance, boot);
    text
}

fn write_console(text: &mut String, instance: &Instance, boot: Boot) -> std::fmt::Result {
    let host = instance
        .interface
        .as_ref()
        .map_or("localhost", |interface| interface.private_name.as_str());
    let short = host.split('.').next().unwrap_or(host);
    let at = |seconds: i64| {
        boot.at
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(boot.at)
    };
    if boot.first {
        for key in &instance.host_keys {
            let kind = key.key_type().short_name().to_ascii_lowercase();
            let path = format!("/etc/ssh/ssh_host_{kind}_key");
            writeln!(
                text,
                "[    7.029430] cloud-init[1519]: Generating public/private {kind} key pair."
            )?;
            writeln!(
                text,
                "[    7.031207] cloud-init[1519]: Your public key has been saved in {path}.pub"
            )?;
            writeln!(
                text,
                "[    7.032811] cloud-init[1519]: The key fingerprint is:"
            )?;
            writeln!(
                text,
                "[    7.034639] cloud-init[1519]: {} root@{host}",
                key.sha256()
            )?;
        }
        writeln!(text)?;
    }
    banner(text, instance)?;
    writeln!(text, "\n{short} login: ")?;
    if boot.first {
        authorized_keys(text, instance)?;
        host_keys(text, instance, host, at(20))?;
    }
    let end = at(21);
    writeln!(
        text,
        "[   26.639641] cloud-init[1618]: Cloud-init v. 22.2.2 finished at {}. Datasource DataSourceEc2.  Up 26.63 seconds",
        end.strftime("%a, %d %b %Y %H:%M:%S +0000")
    )?;
    Ok(())
}

fn banner(text: &mut String, instance: &Instance) -> std::fmt::Result {
    let machine = match instance.architecture {
        Architecture::I386 | Architecture::X86 => "x86_64",
        Architecture::Arm64 => "aarch64",
    };
    match instance.family {
        Family::Al2023 => writeln!(
            text,
            "Amazon Linux 2023.12.20260930\nKernel 6.1.166-197.305.amzn2023.{machine} on an {machine} (-)"
        ),
        Family::Al2 => writeln!(
            text,
            "Amazon Linux 2\nKernel 5.10.240-238.959.amzn2.{machine} on an {machine}"
        ),
        Family::Ubuntu2404 => writeln!(text, "Ubuntu 24.04.3 LTS"),
        Family::Debian12 => writeln!(text, "Debian GNU/Linux 12"),
        Family::Rhel9 => writeln!(
            text,
            "Red Hat Enterprise Linux 9.6 (Plow)\nKernel 5.14.0-570.el9.{machine} on an {machine}"
        ),
    }
}

/// cloud-init's table of the keys that open the machine.
fn authorized_keys(text: &mut String, instance: &Instance) -> std::fmt::Result {
    let user = instance.family.login_user();
    let (Some(key), Some(name)) = (&instance.public_key, &instance.key_name) else {
        return writeln!(
            text,
            "ci-info: no authorized SSH keys fingerprints found for user {user}."
        );
    };
    let row = [
        key.key_type().ssh_name().to_owned(),
        key.sha256_hex_colons(),
        "-".to_owned(),
        name.clone(),
    ];
    let head = ["Keytype", "Fingerprint (sha256)", "Options", "Comment"];
    let widths: Vec<usize> = head
        .iter()
        .zip(&row)
        .map(|(head, cell)| head.len().max(cell.len()) + 2)
        .collect();
    let line: String = widths.iter().fold("+".to_owned(), |line, width| {
        line + &"-".repeat(*width) + "+"
    });
    let title = format!("Authorized keys from /home/{user}/.ssh/authorized_keys for user {user}");
    writeln!(text, "ci-info: {title:+^width$}", width = line.len())?;
    writeln!(text, "ci-info: {line}")?;
    for cells in [head.map(str::to_owned), row] {
        write!(text, "ci-info: |")?;
        for (cell, width) in cells.iter().zip(&widths) {
            write!(text, "{cell:^width$}|", width = *width)?;
        }
        writeln!(text)?;
        writeln!(text, "ci-info: {line}")?;
    }
    Ok(())
}

/// The block to compare with what `ssh` asks about.
fn host_keys(
    text: &mut String,
    instance: &Instance,
    host: &str,
    at: Timestamp,
) -> std::fmt::Result {
    // Amazon Linux 2 has an older cloud-init, which calls itself after its data source.
    let who = match instance.family {
        Family::Al2 => "ec2",
        Family::Al2023 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => "cloud-init",
    };
    let prefix = format!("<14>{} {who}: ", at.strftime("%b %e %H:%M:%S"));
    let fence = "#".repeat(61);
    writeln!(text, "{prefix}{fence}")?;
    writeln!(text, "{prefix}-----BEGIN SSH HOST KEY FINGERPRINTS-----")?;
    for key in &instance.host_keys {
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
    for key in &instance.host_keys {
        writeln!(text, "{}", key.openssh(&format!("root@{host}")))?;
    }
    writeln!(text, "-----END SSH HOST KEY KEYS-----")
}

//! Connect to instance: the four steps of AWS's tab "SSH client".

use maud::{Markup, html};

use super::{Instance, LIST, State, one};
use crate::console::form::Form;
use crate::console::parts::notice::{caution, remark};
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

/// Shows them.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let way = [("Instances", LIST)];
    let id = &instance.instance_id;
    let body = html! {
        (parts::crumbs(&way, "Connect to instance"))
        h1 { "Connect to instance" }
        p.lead { "With an SSH client, to instance " a href=(instance.path()) { code { (id) } } @if !instance.name().is_empty() { " (" (instance.name()) ")" } "." }
        div id="steps" data-live {
            (obstacles(&instance))
            (steps(visit, &instance))
        }
    };
    Ok(Page::new("Connect to instance", LIST, body).into())
}

/// What stands in the way now, whatever is typed.
fn obstacles(instance: &Instance) -> Markup {
    let state = instance.state.name;
    html! {
        @match state {
            State::Running => @if instance.public_ip_address.is_none() {
                (caution(&html! { "This instance has no public IPv4 address: nothing reaches it from outside. Associate an Elastic IP with it, or launch one with a public address." }))
            },
            State::Pending => (remark(&html! { span id="connect-state" data-says="The instance is starting" { "The instance is starting. Its public address is shown here as soon as it runs." } })),
            State::Stopping | State::Stopped => (caution(&html! { "This instance does not run. Start it first: it gets another public address then." })),
            State::ShuttingDown | State::Terminated => (caution(&html! { "This instance is terminated. Nobody connects to it any more." })),
        }
        @if instance.key_name.is_none() {
            (caution(&html! { "This instance was launched without a key pair: no private key opens it. Launch another one, and choose a key pair." }))
        }
    }
}

fn steps(visit: &Visit, instance: &Instance) -> Markup {
    let name = instance.key_name.as_deref().unwrap_or("your-key");
    let file = format!("{name}.pem");
    let user = user(visit, instance);
    let port = visit.ssh_port();
    // The public DNS name resolves in a lab, as on AWS. Where the port is another one there is no lab to resolve it.
    let host = match port {
        Some(_) => instance.public_ip_address.as_deref(),
        None => instance.public_name(),
    };
    let port = port.map(|port| format!("-p {port} ")).unwrap_or_default();
    let to = |host: &str| format!("ssh -i {} {port}{user}@{host}", quoted(&file));
    html! {
        section.card aria-labelledby="ssh-client" {
            h2 id="ssh-client" { "SSH client" }
            ol.steps {
                li { p { "Open an SSH client: a terminal with the command " code { "ssh" } "." } }
                li { p { "Locate your private key file. The key used to launch this instance is " code { (file) } ". Go to the folder that it is in." } }
                li {
                    p { "Run this command, if necessary, so that only you can read your key." }
                    p { (parts::copyable("chmod", &format!("chmod 400 {}", quoted(&file)), "the command that protects the key")) }
                }
                @match host {
                    Some(host) => li {
                        p { "Connect to your instance using its " @if port.is_empty() { "Public DNS" } @else { "public address" } ":" }
                        p { (parts::copyable("host", host, "the address")) }
                    },
                    None => li { p { "Connect to your instance using its Public DNS. It has none now." } },
                }
            }
            @if let Some(host) = host {
                h3 { "Example" }
                p.command { (parts::copyable("example", &to(host), "the example command")) }
                @if port.is_empty() && let Some(address) = instance.public_ip_address.as_deref() {
                    p { "The public IPv4 address does as well:" }
                    p.command { (parts::copyable("example-address", &to(address), "the command with the address")) }
                }
            }
        }
        (notes(visit, instance, &file, user))
    }
}

fn notes(visit: &Visit, instance: &Instance, file: &str, user: &str) -> Markup {
    html! {
        section.card aria-labelledby="good-to-know" {
            h2 id="good-to-know" { "Good to know" }
            ul {
                @match instance.image(visit) {
                    Some(image) => li { "The user is " code { (user) } ", because the image is " (image.family.title()) ". In most cases the guessed user name is right. Other images have other users: the provider of the image says which." },
                    None => li { "The user name " code { (user) } " is a guess. The provider of the image says which one it is." },
                }
                li { "The file is called " code { (file) } " here because the key pair is. Where you saved it, and under which name, only you know." }
                li { "The security group has to let you in on port 22: " a href={ (instance.path()) "/security" } { "look at its inbound rules" } "." }
                li { "The first time, ssh asks whether you trust the host key. Compare it with the one in the " a href={ (instance.path()) "/log" } { "system log" } " before you answer." }
            }
        }
    }
}

/// The user that the launch key opens.
fn user(visit: &Visit, instance: &Instance) -> &'static str {
    // For images that it does not know AWS's console suggests root (unverified).
    let image = instance.image(visit);
    image.map_or("root", |image| image.family.login_user())
}

/// A file's name as a shell takes it: in double quotes, as AWS's console writes it.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for c in name.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_command_names_the_file_whatever_its_name() {
        assert_eq!(quoted("testkeypair.pem"), "\"testkeypair.pem\"");
        assert_eq!(quoted("my key.pem"), "\"my key.pem\"");
        assert_eq!(quoted("a\"$(b)`c`\\.pem"), "\"a\\\"\\$(b)\\`c\\`\\\\.pem\"");
    }
}

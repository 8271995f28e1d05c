//! Create security group: its name and description never change afterwards.

use maud::html;
use serde::Deserialize;

use super::LIST;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::parts::field::{self, Field};
use crate::console::parts::notice::{Notice, remark};
use crate::console::parts::{self, tags};
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

const PATH: &str = "/security-groups/create";

/// The form.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let name = Field {
        name: "GroupName",
        label: "Security group name",
        hint: "Up to 255 characters. It cannot be changed afterwards, and cannot start with sg-",
        required: true,
        ..Field::default()
    };
    let description = Field {
        name: "GroupDescription",
        label: "Description",
        hint: "For example: Allows SSH access to developers. It cannot be changed afterwards.",
        required: true,
        ..Field::default()
    };
    let fields = html! {
        div.card {
            (field::text(visit, &name))
            (field::text(visit, &description))
            p { "It belongs to the default VPC." }
            (tags::editor(visit))
        }
        (parts::buttons("Create security group", LIST))
    };
    let body = html! {
        (parts::crumbs(&[("Security groups", LIST)], "Create security group"))
        h1 { "Create security group" }
        p.lead { "A security group is a firewall around an instance: its rules say what may come in and what may go out." }
        (remark(&html! { "A new group lets nothing in and everything out. You add its inbound rules on the next page." }))
        (parts::form(visit, PATH, &fields))
    };
    Ok(Page::new("Create security group", LIST, body).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    group_id: String,
}

/// Creates it.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    tags::one_more(form)?;
    let ask = Ask::new("CreateSecurityGroup")
        .field(form, "GroupName")
        .field(form, "GroupDescription")
        .tags(form, "security-group");
    // Both sentences about names and descriptions speak of them in words, not by the parameter's name.
    let created: Created = visit.ask(&ask).map_err(|error| {
        let text = &error.message;
        if text.contains("security group description") {
            Refusal::Field("GroupDescription", error)
        } else if text.contains("security group name") {
            Refusal::Field("GroupName", error)
        } else {
            Refusal::Api(error)
        }
    })?;
    let text = format!(
        "Security group {} ({}) was created. It lets nothing in yet.",
        created.group_id,
        form.get("GroupName")
    );
    Ok(Go::to(format!("{LIST}/{}", created.group_id))
        .saying(Notice::done(text))
        .into())
}

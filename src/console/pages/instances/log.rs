//! Get system log: what the instance's console said, with the fingerprints of its host keys.

use base64::Engine;
use maud::html;
use serde::Deserialize;

use super::{LIST, one};
use crate::console::account::{Ask, Moment};
use crate::console::form::Form;
use crate::console::parts::notice::remark;
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Page, Refusal, Visit};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    timestamp: Moment,
    #[serde(default)]
    output: Option<String>,
}

/// Shows it.
pub(in crate::console) fn show(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let id = &instance.instance_id;
    let answer: Answer = visit.ask(&Ask::new("GetConsoleOutput").with("InstanceId", id))?;
    let text = answer.output.map(|packed| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(packed);
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    });
    let path = instance.path();
    let body = html! {
        (parts::crumbs(&[("Instances", LIST), (id.as_str(), path.as_str())], "Get system log"))
        h1 { "System log of " span.nowrap { (id) } }
        p.lead { "What the instance's console said. Look for " code { "BEGIN SSH HOST KEY FINGERPRINTS" } ": what ssh shows you at the first sign-in should be one of them." }
        div id="log" data-live {
            @match &text {
                Some(text) => {
                    p { "Posted for the boot of " (parts::time(answer.timestamp)) "." }
                    pre tabindex="0" role="region" aria-label="System log" { code id="log-text" { (text) } }
                },
                None => (remark(&html! { "Nothing has been posted yet. AWS posts the text some time after a start: load this page again in a while." })),
            }
        }
        div.buttons {
            a.button id="back" href=(path) { "Back to the instance" }
            a.button id="again" href=(visit.path) { "Load again" }
        }
    };
    Ok(Page::new(format!("System log of {id}"), LIST, body).into())
}

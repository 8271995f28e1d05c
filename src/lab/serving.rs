//! What `serve` adds to a simulation: the accounts that it starts from, and paths of its own: to see them, to reset them, to open
//! the console page.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::api::fault::Fault;
use crate::cloud::api::{Reply, Request};
use crate::cloud::seed::{Seed, SeedError};
use crate::cloud::state;
use crate::lab::console_link;
use crate::lab::server::reception::Backend;
use crate::lab::server::script::Script;
use crate::lab::simulation::Simulation;

/// `GET`: the accounts as they are.
pub const STATE: &str = "/_groundschool/state";
/// `POST`: the accounts as they were at the start.
pub const RESET: &str = "/_groundschool/reset";
/// `POST`: a link that opens the console page.
pub const CONSOLE: &str = "/_groundschool/console";

/// The backend of `serve`.
pub struct Serving {
    simulation: Arc<Simulation>,
    seed: Seed,
    faults: Vec<Fault>,
    script: Arc<Script>,
    console: console_link::Page,
}

impl Serving {
    /// Plants the seed and sets the script.
    pub fn new(
        simulation: Arc<Simulation>,
        seed: Seed,
        faults: Vec<Fault>,
        script: Arc<Script>,
        console: console_link::Page,
    ) -> Result<Self, SeedError> {
        let serving = Self {
            simulation,
            seed,
            faults,
            script,
            console,
        };
        serving.start_over()?;
        Ok(serving)
    }

    fn start_over(&self) -> Result<(), SeedError> {
        self.script.set(self.faults.clone());
        self.simulation.start_over(&self.seed)
    }

    fn state(&self) -> Value {
        json!({ "format": state::FORMAT, "accounts": self.simulation.accounts() })
    }
}

impl Backend for Serving {
    fn handle(&self, request: &Request<'_>, fault: Option<&Fault>) -> Reply {
        self.simulation.handle(request, fault)
    }

    fn may_wait(&self, request: &Request<'_>) -> bool {
        self.simulation.may_wait(request)
    }

    fn aside(&self, request: &Request<'_>) -> Option<Reply> {
        if !request.path.starts_with("/_groundschool") {
            return None;
        }
        Some(match (request.method, request.path) {
            ("GET", STATE) => document(200, &self.state()),
            ("POST", RESET) => match self.start_over() {
                Ok(()) => document(200, &self.state()),
                Err(error) => document(500, &json!({ "error": error.to_string() })),
            },
            ("POST", CONSOLE) => match self.console.get().and_then(|links| links.link()) {
                Some(link) => document(200, &json!({ "console": link })),
                None => document(
                    404,
                    &json!({ "error": "there is no console page: start with --console 127.0.0.1:0" }),
                ),
            },
            (_, CONSOLE) => document(405, &json!({ "error": format!("use POST {CONSOLE}") })),
            (_, STATE) => document(405, &json!({ "error": format!("use GET {STATE}") })),
            (_, RESET) => document(405, &json!({ "error": format!("use POST {RESET}") })),
            _ => {
                let error = format!("there are GET {STATE}, POST {RESET} and POST {CONSOLE}");
                document(404, &json!({ "error": error }))
            }
        })
    }

    fn failed(&self, reply: &mut Reply) {
        self.simulation.failed(reply);
    }
}

fn document(status: u16, value: &Value) -> Reply {
    Reply {
        status,
        content_type: "application/json",
        body: format!("{value:#}\n"),
        seen: None,
        changed: false,
    }
}

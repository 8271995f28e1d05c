//! Integration tests: one binary that drives the real tools.

mod hostile;
mod layers;
#[path = "../common/served.rs"]
mod served;

//! Ground School: practise AWS EC2 key pairs and SSH before touching a real account.
//!
//! A lesson walks a learner through a guide. They type the very commands that they would type against AWS; a simulated
//! EC2 and simulated instances answer; each step is graded as it happens, by evidence.
//!
//! # The house
//!
//! Eight rooms; arrows point downwards only, and a test reads the imports to keep it so.
//!
//! | room | what it is | may use |
//! |---|---|---|
//! | [`cli`] | one file per command | everything |
//! | [`console`] | the local web page that stands in for the EC2 console | `lab` and below |
//! | [`lab`] | everything that touches the computer: servers, stages, shells, files | all below |
//! | [`machine`] | inside an instance: gate, disk, users, shell, commands; pure | `cloud`, `keys` |
//! | [`classroom`] | results as sent and received, classes; pure | `course` |
//! | [`cloud`] | the simulated AWS account and its API; pure | `keys` |
//! | [`course`] | lessons, checks, evidence, verdicts, progress; pure | nobody |
//! | [`keys`] | key pairs, their texts and fingerprints; pure | nobody |
//!
//! # Reading order
//!
//! A request: `lab/server/ec2.rs` -> [`cloud::api::handle`] -> one file in `cloud/api/actions/`.
//! A login: `lab/server/ssh.rs` -> `machine/gate.rs` -> `machine/session.rs`.
//! A click: `console/mod.rs` -> one file in `console/pages/` -> `console/account.rs` -> [`lab::simulation::Simulation::ask`].
//! A verdict: `lab/coach.rs` -> [`course::evidence`] -> `course/checks/` -> [`course::verdict`].

pub mod classroom;
pub mod cli;
pub mod cloud;
pub mod console;
pub mod course;
pub mod keys;
pub mod lab;
pub mod machine;

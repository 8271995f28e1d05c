//! The servers of a running simulation: the EC2 endpoint, the SSH server, the lab's control socket.
//!
//! The endpoint has two adapters over one [`reception`]: `ec2` is wiremock, for a lab; `hyper` is for `serve`, which runs for
//! long and for many. `visitor` says who is turned away before anything else, `script` holds the scripted faults.

pub mod control;
pub mod ec2;
pub mod hyper;
pub mod lanes;
pub mod network;
pub mod patient;
pub mod reception;
pub mod script;
pub mod ssh;
pub mod visitor;

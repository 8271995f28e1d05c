//! The servers of a running simulation: the EC2 endpoint, the SSH server, the lab's control socket.

pub mod control;
pub mod ec2;
pub mod network;
pub mod ssh;

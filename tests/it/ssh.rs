//! The SSH server and the loopback stage, met by the real OpenSSH client.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests start ssh, keep files in a folder of their own and read the clock"
)]

mod clients;
mod failures;
mod files;
mod flood;
mod forwarding;
mod fuzz;
mod keys;
mod lab;
mod light;
mod sessions;
mod sftp_noise;

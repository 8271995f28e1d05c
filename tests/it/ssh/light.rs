//! A client without OpenSSH's manners: russh's own, for what no tool does.

use std::sync::Arc;

use russh::client::{self, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate};

use super::lab::Lab;

/// It takes every host key.
pub(super) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// A client that has logged in as the machine's user.
pub(super) async fn log_in(lab: &Lab, config: client::Config) -> Handle<Trusting> {
    let config = Arc::new(config);
    let mut handle = client::connect(config, lab.at(), Trusting).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(lab.key.as_ssh_key().clone()), None);
    let done = handle.authenticate_publickey("ec2-user", key).await;
    assert!(done.unwrap().success());
    handle
}

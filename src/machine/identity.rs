//! What a machine knows of itself, supplied by whoever keeps the account.

use std::net::Ipv4Addr;

use super::Family;

/// The facts about one instance that can be seen from inside it. Addresses may differ after stop and start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `i-0123…`
    pub instance_id: String,
    /// The family of its image.
    pub family: Family,
    /// `us-east-1`
    pub region: String,
    /// `us-east-1a`
    pub availability_zone: String,
    /// `t3.micro`
    pub instance_type: String,
    /// `ami-…`
    pub image_id: String,
    /// The address in the VPC.
    pub private_address: Ipv4Addr,
    /// The address on the internet, if it has one now.
    pub public_address: Option<Ipv4Addr>,
    /// `ip-172-31-5-9.ec2.internal`
    pub private_name: String,
    /// What the machine calls itself: `private_name`, until somebody changes `/etc/hostname`.
    pub host_name: String,
    /// `ec2-203-0-113-5.compute-1.amazonaws.com`
    pub public_name: Option<String>,
    /// The key pair's name at launch.
    pub key_name: Option<String>,
    /// The key pair's public half at launch: an OpenSSH line whose comment is the key pair's name.
    pub public_key: Option<String>,
    /// The public halves of its host keys, as lines without a comment.
    pub host_keys: Vec<String>,
    /// User data in base64, as the account keeps it.
    pub user_data: Option<String>,
    /// The metadata service answers.
    pub metadata_enabled: bool,
    /// It answers only who brings a token (version 2).
    pub metadata_needs_token: bool,
    /// Names of its security groups.
    pub security_groups: Vec<String>,
    /// When it last booted, Unix milliseconds.
    pub booted_at: i64,
    /// The account that owns it, twelve digits.
    pub account_id: String,
    /// The network interface's address, `0a:…`
    pub mac: String,
    /// `r-…`
    pub reservation_id: String,
    /// Its number within the reservation.
    pub ami_launch_index: u32,
    /// Users, and the keys that EC2 Instance Connect has pushed for them and that are valid now: type and base64.
    pub pushed_keys: Vec<(String, String)>,
}

impl Identity {
    /// The host's name without its domain: `ip-172-31-5-9`
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.host_name.split('.').next().unwrap_or(&self.host_name)
    }
}

//! What differs between the image families at the machine's door. The families themselves are the account's.

pub use crate::cloud::resources::image::Family;

impl Family {
    /// The methods that the server lists when it refuses a login. Amazon Linux and Ubuntu as in public transcripts;
    /// RHEL 9 (as its relatives) and Debian 12 (as Ubuntu) unverified.
    #[must_use]
    pub const fn refusal_methods(self) -> &'static [&'static str] {
        match self {
            Self::Al2023 | Self::Al2 | Self::Rhel9 => {
                &["publickey", "gssapi-keyex", "gssapi-with-mic"]
            }
            Self::Ubuntu2404 | Self::Debian12 => &["publickey"],
        }
    }
}

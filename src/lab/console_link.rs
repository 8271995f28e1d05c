//! How the lab names the console page, which is served by a room above this one.

use std::sync::{Arc, OnceLock};

/// Gives links that open the page.
pub trait Links: Send + Sync + 'static {
    /// A link that opens the page in one browser, once; none when the page is gone.
    fn link(&self) -> Option<String>;
}

/// Where the links come from, once there is a page.
pub type Page = Arc<OnceLock<Arc<dyn Links>>>;

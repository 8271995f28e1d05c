//! The console page in a real browser: Chromium, told what to do by WebDriver.
//!
//! `chromium.rs` is the browser, `hands.rs` what a person does in it, `eyes.rs` how it looks, `site.rs` the console it looks
//! at, `pages.rs` the list of pages. A new page is a line in [`pages::ALL`], and is looked at in both colours, in three widths
//! and at 200 %, with and without JavaScript.

mod attacks;
mod axe;
mod chromium;
mod eyes;
mod forms;
mod guide;
mod hands;
mod instances;
mod keys;
mod lesson;
mod live;
mod pages;
mod refusals;
mod site;

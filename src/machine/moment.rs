//! A time as text, in UTC.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// A time in Unix milliseconds after a form as `date +FORM` has it; `None` when the form cannot be followed.
pub(crate) fn format(milliseconds: i64, form: &str) -> Option<String> {
    let zoned = Timestamp::from_millisecond(milliseconds)
        .ok()?
        .to_zoned_datetime(TimeZone::UTC);
    strtime::format(form, &zoned).ok()
}

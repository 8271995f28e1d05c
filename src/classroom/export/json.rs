//! JSON: everything, with a schema.

use crate::classroom::export::pretty;
use crate::classroom::sheet::Sheet;

/// The whole sheet.
pub fn json(sheet: &Sheet) -> String {
    pretty(sheet)
}

/// The JSON schema of what [`json`] writes, draft 2020-12.
pub fn schema() -> String {
    pretty(&schemars::schema_for!(Sheet))
}

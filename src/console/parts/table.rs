//! Tables: on a narrow screen each row becomes a card whose cells carry their column's name.

use maud::{Markup, html};

/// A table of what the account has. It is replaced by itself when something changes.
pub(in crate::console) struct Table<'a> {
    /// Its id in the page.
    pub(in crate::console) id: &'a str,
    /// What it lists, as a heading: `Key pairs`.
    pub(in crate::console) caption: &'a str,
    /// The columns' names. The first cell of a row is its heading.
    pub(in crate::console) columns: &'a [&'a str],
    /// The rows.
    pub(in crate::console) rows: Vec<Row>,
    /// What stands there when there are none.
    pub(in crate::console) empty: Markup,
}

/// One row.
pub(in crate::console) struct Row {
    /// Its id: that of what it shows.
    pub(in crate::console) id: String,
    /// What is read aloud of it when it is new, or differs: `Key pair testkeypair`, or `Instance web: running`.
    pub(in crate::console) says: String,
    /// A cell for each column.
    pub(in crate::console) cells: Vec<Markup>,
}

/// The most columns that a narrow table has: one with more turns into cards earlier.
const WIDE: usize = 5;

/// Writes it. Roles are given in words because a table whose rows look like cards is none to a browser.
pub(in crate::console) fn table(table: &Table<'_>) -> Markup {
    html! {
        div.listing.wide[table.columns.len() > WIDE] id=(table.id) data-live {
            h2 id={ (table.id) "-caption" } { (table.caption) " " span.count { "(" (table.rows.len()) ")" } }
            @if table.rows.is_empty() {
                div.empty { (table.empty) }
            } @else {
                table role="table" aria-labelledby={ (table.id) "-caption" } {
                    thead role="rowgroup" {
                        tr role="row" {
                            @for column in table.columns { th role="columnheader" scope="col" { (column) } }
                        }
                    }
                    tbody role="rowgroup" {
                        @for row in &table.rows {
                            tr role="row" id={ "row-" (row.id) } data-says=(row.says) {
                                @for (place, (cell, column)) in row.cells.iter().zip(table.columns).enumerate() {
                                    @if place == 0 {
                                        th role="rowheader" scope="row" data-column=(column) { (cell) }
                                    } @else {
                                        td role="cell" data-column=(column) class=[column.ends_with("ID").then_some("whole")] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

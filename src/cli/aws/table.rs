//! The table format, drawn as the AWS CLI draws it when it is not in colour.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use crate::cli::aws::failure::Failure;
use crate::cli::aws::output::{is_scalar, python};

/// Draws an answer under its action's name; nothing for an answer that is empty.
pub fn draw(title: &str, answer: &Value, terminal: usize) -> Result<String, Failure> {
    let mut table = Table::default();
    if !table.add(Some(title), answer, 0)? {
        return Ok(String::new());
    }
    // Too wide: every section of one row is turned, one line a column.
    if table.width() > terminal {
        table.sections.iter_mut().for_each(Section::turn);
    }
    let width = table.width();
    let mut out = format!("{}\n", "-".repeat(width));
    for section in &table.sections {
        section.draw(width, &mut out);
    }
    Ok(out)
}

#[derive(Default)]
struct Table {
    sections: Vec<Section>,
}

impl Table {
    fn width(&self) -> usize {
        self.sections.iter().map(Section::width).max().unwrap_or(0)
    }

    fn section(&mut self, title: &str, indent: usize) {
        self.sections.push(Section {
            title: title.to_owned(),
            indent,
            ..Section::default()
        });
    }

    fn row(&mut self, row: Vec<String>) -> Result<(), Failure> {
        let Some(section) = self.sections.last_mut() else {
            return Ok(());
        };
        let columns = section.headers.first().map_or_else(
            || section.rows.first().map_or(row.len(), Vec::len),
            |_| section.headers.len(),
        );
        if columns != row.len() {
            let found = row.len();
            return Err(Failure::Other(format!(
                "Row should have {columns} elements, instead it has {found}"
            )));
        }
        section.rows.push(row);
        Ok(())
    }

    fn headers(&mut self, headers: &BTreeSet<&String>) {
        if let Some(section) = self.sections.last_mut() {
            section.headers = headers.iter().map(ToString::to_string).collect();
        }
    }

    /// Adds a value; false when it is empty in Python's sense.
    fn add(&mut self, title: Option<&str>, value: &Value, indent: usize) -> Result<bool, Failure> {
        let empty = match value {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
        };
        if empty {
            return Ok(false);
        }
        if let Some(title) = title {
            self.section(title, indent);
        }
        match value {
            Value::Array(list) if list.first().is_some_and(Value::is_object) => {
                self.add_list(list, title.unwrap_or_default(), indent)?;
            }
            Value::Array(list) => {
                for one in list {
                    match one {
                        Value::Array(cells) if cells.iter().all(is_scalar) => {
                            self.row(cells.iter().map(python).collect())?;
                        }
                        Value::Array(_) | Value::Object(_) => {
                            self.add(None, one, 0)?;
                        }
                        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                            self.row(vec![python(one)])?;
                        }
                    }
                }
            }
            Value::Object(object) => self.add_object(object, indent)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(true)
    }

    fn add_object(&mut self, object: &Map<String, Value>, indent: usize) -> Result<(), Failure> {
        let (scalars, more) = names([object]);
        let cell = |name: &&String| object.get(name.as_str()).map(python).unwrap_or_default();
        let cells: Vec<String> = scalars.iter().map(cell).collect();
        match (scalars.first(), scalars.len()) {
            (None, _) => {}
            (Some(only), 1) => {
                let row = std::iter::once((*only).clone()).chain(cells).collect();
                self.row(row)?;
            }
            (Some(_), _) => {
                self.headers(&scalars);
                self.row(cells)?;
            }
        }
        for name in more {
            if let Some(inside) = object.get(name) {
                self.add(Some(name), inside, indent + 1)?;
            }
        }
        Ok(())
    }

    fn add_list(&mut self, list: &[Value], title: &str, indent: usize) -> Result<(), Failure> {
        let (headers, more) = names(list.iter().filter_map(Value::as_object));
        self.headers(&headers);
        for (index, object) in list.iter().filter_map(Value::as_object).enumerate() {
            if index > 0 && !more.is_empty() {
                self.section(title, indent);
                self.headers(&headers);
            }
            let cell = |name: &&String| object.get(name.as_str()).map(python).unwrap_or_default();
            self.row(headers.iter().map(cell).collect())?;
            for name in &more {
                if let Some(inside) = object.get(name.as_str()) {
                    self.add(Some(name), inside, indent + 1)?;
                }
            }
        }
        Ok(())
    }
}

/// Names of scalars, and names of all else.
fn names<'a>(
    objects: impl IntoIterator<Item = &'a Map<String, Value>>,
) -> (BTreeSet<&'a String>, BTreeSet<&'a String>) {
    let (mut scalars, mut more) = (BTreeSet::new(), BTreeSet::new());
    for (name, value) in objects.into_iter().flatten() {
        if is_scalar(value) {
            scalars.insert(name);
        } else {
            more.insert(name);
        }
    }
    (scalars, more)
}

#[derive(Default)]
struct Section {
    title: String,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Section {
    /// One line a column, when there is one row.
    fn turn(&mut self) {
        if let ([row], false) = (&self.rows[..], self.headers.is_empty()) {
            let headers = std::mem::take(&mut self.headers);
            self.rows = headers
                .into_iter()
                .zip(row.clone())
                .map(|(header, cell)| vec![header, cell])
                .collect();
        }
    }

    /// The widest text of each column.
    fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        for row in std::iter::once(&self.headers).chain(&self.rows) {
            columns.resize(columns.len().max(row.len()), 0);
            for (column, cell) in columns.iter_mut().zip(row) {
                *column = (*column).max(width(cell));
            }
        }
        columns
    }

    fn width(&self) -> usize {
        let cells: usize = self.columns().iter().map(|column| column + 4).sum();
        (width(&self.title) + 2).max(cells + 2) + 2 * self.indent
    }

    /// Columns scaled to fill a width exactly.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "widths are small, and the scaling is the AWS CLI's own"
    )]
    fn scaled(&self, width: usize) -> Vec<usize> {
        let natural: Vec<usize> = self.columns().iter().map(|column| column + 4).collect();
        let scale = width as f64 / natural.iter().sum::<usize>() as f64;
        let mut scaled: Vec<usize> = natural
            .iter()
            .map(|column| (scale * *column as f64).round_ties_even() as usize)
            .collect();
        // One too many is taken from the left, one too few is given to the right.
        let count = scaled.len();
        for turn in 0.. {
            let sum: usize = scaled.iter().sum();
            if count == 0 || sum == width {
                break;
            }
            let at = if sum > width {
                turn % count
            } else {
                count - 1 - turn % count
            };
            if let Some(column) = scaled.get_mut(at) {
                *column = if sum > width {
                    column.saturating_sub(1)
                } else {
                    *column + 1
                };
            }
        }
        scaled
    }

    fn draw(&self, full: usize, out: &mut String) {
        let edge = "|".repeat(self.indent);
        let mut line = |text: &str| {
            for part in [&edge, text, &edge, "\n"] {
                out.push_str(part);
            }
        };
        let full = full - 2 * self.indent;
        if !self.title.is_empty() {
            line(&centred(&self.title, full, "|"));
            if self.headers.is_empty() && self.rows.is_empty() {
                line(&format!("+{}+", "-".repeat(full.saturating_sub(2))));
            }
        }
        let widths = self.scaled(full);
        let rule: String = widths
            .iter()
            .enumerate()
            .map(|(index, width)| match index {
                0 => format!("+{}+", "-".repeat(width.saturating_sub(2))),
                _ => format!("{}+", "-".repeat(width.saturating_sub(1))),
            })
            .collect();
        let cells = |row: &[String], cell: fn(&str, usize, &str) -> String| -> String {
            let edges = std::iter::once("|").chain(std::iter::repeat(""));
            let columns = row.iter().zip(&widths).zip(edges);
            columns
                .map(|((text, width), left)| cell(text, *width, left))
                .collect()
        };
        if !self.headers.is_empty() {
            line(&rule);
            line(&cells(&self.headers, centred));
        }
        if !self.rows.is_empty() && !widths.is_empty() {
            line(&rule);
            for row in &self.rows {
                line(&cells(row, aligned));
            }
            line(&rule);
        }
    }
}

/// As Python's `east_asian_width` counts, ambiguous characters being wide.
fn width(text: &str) -> usize {
    text.width_cjk()
}

fn centred(text: &str, length: usize, left: &str) -> String {
    let before = (length / 2).saturating_sub(width(text) / 2 + 1);
    let so_far = left.len() + before + width(text);
    let after = length.saturating_sub(so_far + 1);
    format!("{left}{}{text}{}|", " ".repeat(before), " ".repeat(after))
}

fn aligned(text: &str, length: usize, left: &str) -> String {
    let needed = left.len() + 2 + width(text) + 1;
    let before = if needed <= length { 2 } else { 0 };
    let after = length.saturating_sub(left.len() + before + width(text) + 1);
    format!("{left}{}{text}{}|", " ".repeat(before), " ".repeat(after))
}

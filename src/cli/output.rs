//! Results on standard output in the format asked for; notes on standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    Failure,
    arguments::OutputFormat,
    table::{self, Column},
};

/// One way to print rows and single objects, whatever the format.
pub struct Output {
    format: OutputFormat,
    out: BufWriter<io::Stdout>,
    rows: u64,
    columns: Option<Vec<String>>,
    table: &'static [Column],
    widths: Vec<usize>,
}

impl Output {
    /// With the format asked for, or else a table on a terminal and JSON otherwise (design section 2).
    pub fn new(format: Option<OutputFormat>) -> Self {
        let natural = if io::stdout().is_terminal() {
            OutputFormat::Table
        } else {
            OutputFormat::Json
        };
        Self {
            format: format.unwrap_or(natural),
            out: BufWriter::new(io::stdout()),
            rows: 0,
            columns: None,
            table: &[],
            widths: Vec::new(),
        }
    }

    /// For lists that never end: one object a line instead of one document.
    pub fn streaming(mut self) -> Self {
        if self.format == OutputFormat::Json {
            self.format = OutputFormat::Jsonl;
        }
        self
    }

    /// Whether rows are for a table or a spreadsheet, where nested members have no place.
    pub fn is_flat(&self) -> bool {
        matches!(self.format, OutputFormat::Table | OutputFormat::Csv)
    }

    /// The columns of the table; the other formats show every member.
    pub fn columns(mut self, table: &'static [Column]) -> Self {
        self.table = table;
        self.widths = table::widths(table, table::line_width());
        self
    }

    /// Whether people read the result.
    pub fn is_table(&self) -> bool {
        self.format == OutputFormat::Table
    }

    /// Rows printed so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Prints a line of a result that is no row; for tables only.
    pub fn text(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.out, "{}", crate::domain::text::clean(line).trim_end())?;
        Ok(())
    }

    /// Hands over what was printed so far.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(())
    }

    /// Prints one object: a document in JSON, `name value` lines in a table, one row in CSV.
    pub fn object(mut self, object: &impl Serialize) -> Result<(), Failure> {
        let value = serde_json::to_value(object)?;
        match self.format {
            OutputFormat::Json => {
                serde_json::to_writer_pretty(&mut self.out, &value)?;
                writeln!(self.out)?;
            }
            OutputFormat::Jsonl => {
                serde_json::to_writer(&mut self.out, &value)?;
                writeln!(self.out)?;
            }
            OutputFormat::Csv => {
                self.row(&value)?;
            }
            OutputFormat::Table => write_fields(&mut self.out, &value, 0)?,
        }
        self.out.flush()?;
        Ok(())
    }

    /// Prints one row of a list. JSON becomes one array, so call [`Output::finish`] at the end.
    pub fn row(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Json => {
                self.out
                    .write_all(if self.rows == 0 { b"[\n  " } else { b",\n  " })?;
                serde_json::to_writer(&mut self.out, row)?;
            }
            OutputFormat::Jsonl => {
                serde_json::to_writer(&mut self.out, row)?;
                self.out.write_all(b"\n")?;
            }
            OutputFormat::Csv => self.cells(&serde_json::to_value(row)?)?,
            OutputFormat::Table if self.table.is_empty() => {
                write_fields(&mut self.out, &serde_json::to_value(row)?, 0)?;
            }
            OutputFormat::Table => self.chosen(&serde_json::to_value(row)?)?,
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends a list.
    pub fn finish(mut self) -> Result<(), Failure> {
        if self.format == OutputFormat::Json {
            self.out
                .write_all(if self.rows == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn chosen(&mut self, row: &Value) -> Result<(), Failure> {
        if self.rows == 0 {
            let headings = self.table.iter().map(|column| column.heading);
            writeln!(self.out, "{}", table::line(headings, &self.widths))?;
        }
        let cells = self.table.iter().map(|column| (column.cell)(row));
        writeln!(self.out, "{}", table::line(cells, &self.widths))?;
        Ok(())
    }

    fn cells(&mut self, row: &Value) -> Result<(), Failure> {
        let Value::Object(members) = row else {
            return Ok(());
        };
        if self.columns.is_none() {
            let names: Vec<String> = members.keys().cloned().collect();
            let heading = names.clone();
            self.columns = Some(names);
            self.line(&heading)?;
        }
        let columns = self.columns.clone().unwrap_or_default();
        let cells: Vec<String> = columns
            .iter()
            .map(|name| members.get(name).map_or_else(String::new, plain))
            .collect();
        self.line(&cells)
    }

    fn line(&mut self, cells: &[String]) -> Result<(), Failure> {
        let mut writer = csv::WriterBuilder::new().from_writer(&mut self.out);
        let safe = cells
            .iter()
            .map(|cell| crate::domain::text::spreadsheet_safe(cell).into_owned());
        writer
            .write_record(safe)
            .map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => Failure::from(error),
                other => Failure::usage(format!("{other:?}")),
            })?;
        writer.flush()?;
        Ok(())
    }
}

/// A member of a row as text; empty when it is absent.
pub fn member(row: &Value, name: &str) -> String {
    row.get(name).map_or_else(String::new, plain)
}

/// A member deep inside a row as text, such as `/schedule/state`; empty when it is absent.
pub fn inside(row: &Value, path: &str) -> String {
    row.pointer(path).map_or_else(String::new, plain)
}

/// A point in time inside a row, to the minute; `never` for none.
pub fn minute(row: &Value, path: &str) -> String {
    match inside(row, path) {
        text if text.is_empty() => "never".to_owned(),
        text => text
            .parse::<Timestamp>()
            .map_or(text, |at| at.strftime("%Y-%m-%d %H:%MZ").to_string()),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => crate::domain::text::clean(text).into_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

fn write_fields(out: &mut impl Write, value: &Value, indent: usize) -> io::Result<()> {
    let Value::Object(members) = value else {
        return writeln!(out, "{:indent$}{}", "", plain(value));
    };
    let width = members.keys().map(String::len).max().unwrap_or(0);
    for (name, member) in members {
        match member {
            Value::Object(inner) if !inner.is_empty() => {
                writeln!(out, "{:indent$}{name}", "")?;
                write_fields(out, member, indent + 2)?;
            }
            Value::Object(_) => writeln!(out, "{:indent$}{name:width$}  none", "")?,
            Value::Array(values) if values.iter().any(Value::is_object) => {
                writeln!(out, "{:indent$}{name}", "")?;
                for (index, inner) in values.iter().enumerate() {
                    if index > 0 {
                        writeln!(out)?;
                    }
                    write_fields(out, inner, indent + 2)?;
                }
            }
            other => writeln!(out, "{:indent$}{name:width$}  {}", "", plain(other))?,
        }
    }
    Ok(())
}

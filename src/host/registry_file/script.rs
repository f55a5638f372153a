//! Output of Microsoft's TLS script and of `Get-ADSyncToolsTls12`: objects with path, name and value, in the ways PowerShell
//! prints and exports them.

use csv::{ReaderBuilder, StringRecord};

use super::{
    detect::Shape,
    list,
    reading::{Reading, shown},
    rows::Row,
    table,
    value::scripted_data,
};

pub(super) fn read(text: &str, shape: Shape, reading: &mut Reading) {
    match shape {
        Shape::Csv {
            separator,
            header_line,
        } => read_csv(text, separator, header_line, reading),
        Shape::Table => table::read(text, reading),
        Shape::List => list::read(text, reading),
    }
    if reading.image.is_empty() {
        reading.remark("the output names no value".to_owned());
    } else {
        reading.remark(
            "Microsoft's script prints no types: a number that is stored as a text looks the same there"
                .to_owned(),
        );
    }
}

/// One object.
pub(super) fn take(row: &Row, reading: &mut Reading) {
    let path = row.path.trim();
    if path.ends_with("...") || path.ends_with('…') {
        reading.note(
            row.line,
            "the path was cut by a narrow console; print the objects with `| Format-List` or save them with `| Export-Csv`",
        );
        return;
    }
    let (name, value) = (row.name.trim(), row.value.trim());
    if name.is_empty() || name.ends_with("...") || name.ends_with('…') {
        reading.note(row.line, "the name of the value is missing or cut");
        return;
    }
    let Some(key) = reading.key(row.line, path) else {
        return;
    };
    if value.is_empty() || value.ends_with("...") || value.ends_with('…') {
        reading.unreadable(
            row.line,
            &key,
            name,
            "nothing, or only a part, stands in its column",
        );
        return;
    }
    let data = scripted_data(value);
    if data.is_some() && is_start_of_not_found(value) {
        reading.unreadable(row.line, &key, name, "the line was cut");
        return;
    }
    reading.know(row.line, &key, name, data);
}

/// `Not Fou`: neither a value nor the whole of what stands for a missing one.
fn is_start_of_not_found(value: &str) -> bool {
    "not found".starts_with(&value.to_lowercase())
}

fn read_csv(text: &str, separator: u8, header_line: usize, reading: &mut Reading) {
    // Only a few lines stand before the header: the type that `Export-Csv` writes, and what was copied with it.
    let mut start = 0;
    for _ in 1..header_line {
        let rest = text.get(start..).unwrap_or_default();
        start += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    let body = text.get(start..).unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(body.as_bytes());
    const HOSTS: [&str; 4] = ["pscomputername", "computername", "machinename", "host"];
    let column = |headers: &StringRecord, wanted: &str| {
        headers
            .iter()
            .position(|name| name.trim().trim_matches('"').eq_ignore_ascii_case(wanted))
    };
    let host = reader
        .headers()
        .ok()
        .and_then(|headers| HOSTS.iter().find_map(|name| column(headers, name)));
    let columns = reader.headers().ok().and_then(|headers| {
        Some((
            column(headers, "path")?,
            column(headers, "name")?,
            column(headers, "value")?,
        ))
    });
    let Some((path, name, value)) = columns else {
        reading.note(header_line, "the header is damaged");
        return;
    };
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let line = error.position().map_or(0, |position| position.line());
                reading.note(
                    line_number(line, header_line),
                    "not readable as comma-separated values",
                );
                continue;
            }
        }
        let line = record.position().map_or(0, |position| position.line());
        let line = line_number(line, header_line);
        if record.iter().all(|field| field.trim().is_empty())
            || record.get(0).is_some_and(|first| first.starts_with('#'))
        {
            continue;
        }
        if let Some(host) = host.and_then(|at| record.get(at)) {
            reading.host(host);
        }
        match (record.get(path), record.get(name), record.get(value)) {
            (Some(path), Some(name), Some(value)) if !path.contains('\n') => take(
                &Row {
                    line,
                    path: path.to_owned(),
                    name: name.to_owned(),
                    value: value.to_owned(),
                },
                reading,
            ),
            (Some(_), Some(_), Some(_)) => {
                reading.note(line, "a quote was opened here and not closed: lines were lost")
            }
            _ => {
                let begins = shown(record.get(0).unwrap_or_default());
                reading.note(
                    line,
                    &format!("columns are missing behind `{begins}`: the line was cut"),
                );
            }
        }
    }
}

fn line_number(in_body: u64, header_line: usize) -> usize {
    usize::try_from(in_body)
        .unwrap_or(usize::MAX)
        .saturating_add(header_line.saturating_sub(1))
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;

//! Tables of `handover tls check`: values of hosts side by side, then endpoints.

use serde_json::{Value, json};

use crate::{
    cli::{Failure, Output, table},
    domain::tls::{HostReport, ValueReport},
    engine::tls_check::{CheckedHost, fix},
};

/// So many hosts stand side by side with what was found; of more, each line is a host with its verdicts.
const SIDE_BY_SIDE: usize = 4;
/// What the paths of Microsoft's eight values are called over two columns; the first that fits counts.
const PLACES: [(&str, &str); 4] = [
    ("WOW6432Node", ".NET 32"),
    (".NETFramework", ".NET 64"),
    ("Server", "TLS server"),
    ("Client", "TLS client"),
];
/// So many hosts are named before a sentence that holds for all of them.
const NAMED: usize = 3;
/// Cells of the words for a verdict.
const VERDICT: usize = 8;

/// A table for people.
pub fn table(output: &mut Output, reports: &[HostReport]) -> Result<(), Failure> {
    let hosts: Vec<&HostReport> = reports
        .iter()
        .filter(|report| !report.values.is_empty())
        .collect();
    summary(output, &hosts)?;
    match hosts.len() {
        0 => {}
        few if few <= SIDE_BY_SIDE => values(output, &hosts)?,
        _ => verdicts(output, &hosts)?,
    }
    together(output, &hosts, |report| report.notes.clone())?;
    for report in reports.iter().filter(|report| !report.endpoints.is_empty()) {
        endpoints(output, report)?;
    }
    Ok(())
}

/// A text broken at words, its further lines indented.
fn paragraph(output: &mut Output, text: &str) -> Result<(), Failure> {
    let lines = table::wrap(text, table::line_width().saturating_sub(2));
    for (at, line) in lines.into_iter().enumerate() {
        output.text(&format!("{}{line}", if at == 0 { "" } else { "  " }))?;
    }
    Ok(())
}

fn summary(output: &mut Output, hosts: &[&HostReport]) -> Result<(), Failure> {
    if hosts.is_empty() {
        return Ok(());
    }
    let widths = [name_width(hosts, 30), 16, 12, 12, 7, VERDICT];
    let headings = ["host", "source", "windows", "strict", "client", "worst"];
    output.text(&table::line(headings, &widths))?;
    for report in hosts {
        let cells = [
            report.host.clone(),
            report.source.word().to_owned(),
            report.windows.clone().unwrap_or_else(|| "not known".to_owned()),
            format!("{} of {}", report.strict.good, report.strict.of),
            if report.client_tls12 { "yes" } else { "NO" }.to_owned(),
            report.worst().word().to_owned(),
        ];
        output.text(&table::line(cells, &widths))?;
    }
    output.text(
        "strict: as Microsoft's script wants it; client: whether a client on the host can use TLS 1.2.",
    )?;
    together(output, hosts, |report| vec![report.client_reason.clone()])
}

/// What is said of several hosts in the same words is said once.
fn together(
    output: &mut Output,
    hosts: &[&HostReport],
    texts: impl Fn(&&HostReport) -> Vec<String>,
) -> Result<(), Failure> {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for report in hosts {
        for text in texts(report) {
            match said.iter_mut().find(|(known, _)| *known == text) {
                Some((_, names)) => names.push(&report.host),
                None => said.push((text, vec![&report.host])),
            }
        }
    }
    for (text, names) in said {
        let shown = &names[..names.len().min(NAMED)];
        let more = match names.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        paragraph(output, &format!("{}{more}: {text}", shown.join(", ")))?;
    }
    Ok(())
}

/// A place and a name tell a value, without regard to letter case.
fn same(left: &ValueReport, right: &ValueReport) -> bool {
    left.path.eq_ignore_ascii_case(&right.path) && left.name.eq_ignore_ascii_case(&right.name)
}

fn values(output: &mut Output, hosts: &[&HostReport]) -> Result<(), Failure> {
    let all = |report: &'_ HostReport| -> Vec<ValueReport> {
        report.values.iter().chain(&report.further).cloned().collect()
    };
    let mut rows: Vec<ValueReport> = Vec::new();
    for report in hosts {
        for value in all(report) {
            if !rows.iter().any(|known| same(known, &value)) {
                rows.push(value);
            }
        }
    }
    let room = table::line_width();
    let each = ((room.saturating_sub(44)) / hosts.len()).clamp(14, 40);
    let label = room.saturating_sub((each + 2) * hosts.len()).clamp(20, 60);
    let mut widths = vec![label];
    widths.extend(std::iter::repeat_n(each, hosts.len()));
    output.text("")?;
    let headings = std::iter::once("value".to_owned()).chain(hosts.iter().map(|report| report.host.clone()));
    output.text(&table::line(headings, &widths))?;
    let mut path = String::new();
    for row in &rows {
        if !row.path.eq_ignore_ascii_case(&path) {
            path.clone_from(&row.path);
            output.text(&path)?;
        }
        let cell = |report: &&HostReport| {
            let all = report.values.iter().chain(&report.further);
            all.into_iter()
                .find(|value| same(value, row))
                .map_or_else(String::new, |value| {
                    let found = value.value.as_ref().map_or_else(|| "missing".to_owned(), plain);
                    format!("{:VERDICT$} {found}", value.verdict.word())
                })
        };
        let cells = std::iter::once(format!("  {}", row.name)).chain(hosts.iter().map(cell));
        output.text(&table::line(cells, &widths))?;
    }
    if let [report] = hosts {
        let findings = report
            .values
            .iter()
            .chain(&report.further)
            .filter(|value| value.verdict.is_finding());
        for value in findings {
            let text = format!("{} {}: {}", value.verdict.word(), value.name, value.reason);
            paragraph(output, &text)?;
        }
    }
    output.text("")
}

/// Each host a line, each of Microsoft's eight values a column of verdicts.
fn verdicts(output: &mut Output, hosts: &[&HostReport]) -> Result<(), Failure> {
    const CELLS: usize = 4;
    let Some(values) = hosts.first().map(|report| &report.values) else {
        return Ok(());
    };
    let first = |text: &str, letters: usize| text.chars().take(letters).collect::<String>();
    let place = |value: &ValueReport| {
        let known = PLACES.iter().find(|(part, _)| value.path.contains(part));
        known.map_or("", |(_, name)| name)
    };
    let room = table::line_width().saturating_sub(values.len() * (CELLS + 2));
    let name = name_width(hosts, room);
    let widths: Vec<usize> = std::iter::once(name)
        .chain(std::iter::repeat_n(CELLS, values.len()))
        .collect();
    output.text("")?;
    // Two values a place: its name stands over both.
    let mut above: Vec<usize> = vec![name];
    above.extend(std::iter::repeat_n(2 * CELLS + 2, values.len() / 2));
    let places = values.iter().step_by(2).map(place);
    output.text(&table::line(std::iter::once("").chain(places), &above))?;
    let names = values.iter().map(|value| first(&value.name, 3));
    output.text(&table::line(
        std::iter::once("host".to_owned()).chain(names),
        &widths,
    ))?;
    for report in hosts {
        let cell = |value: &ValueReport| {
            let own = report.values.iter().find(|own| same(own, value));
            own.map_or_else(String::new, |own| first(own.verdict.word(), CELLS))
        };
        let cells = std::iter::once(report.host.clone()).chain(values.iter().map(cell));
        output.text(&table::line(cells, &widths))?;
    }
    let mut told: Vec<&str> = Vec::new();
    for value in values {
        if !told.contains(&value.name.as_str()) {
            told.push(&value.name);
        }
    }
    let legend: Vec<String> = told
        .iter()
        .map(|name| format!("{}: {name}", first(name, 3)))
        .collect();
    paragraph(
        output,
        &format!(
            "{}; impl: missing, which this Windows takes as wanted. -o csv has every value.",
            legend.join(", ")
        ),
    )?;
    output.text("")
}

/// Cells for the names of hosts.
fn name_width(hosts: &[&HostReport], most: usize) -> usize {
    let longest = hosts.iter().map(|report| report.host.chars().count()).max();
    longest.unwrap_or(0).clamp(4, most.clamp(4, 30))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn endpoints(output: &mut Output, report: &HostReport) -> Result<(), Failure> {
    let room = table::line_width();
    let host = room.saturating_sub(VERDICT + 22 + 8 + 24 + 9 + 10).clamp(24, 44);
    let widths = [VERDICT, 22, host, 8, 24, 9];
    output.text(&format!("Endpoints as seen from {}:", report.host))?;
    output.text(&table::line(
        ["verdict", "outcome", "endpoint", "protocol", "issuer", "time"],
        &widths,
    ))?;
    for endpoint in &report.endpoints {
        let cells = [
            endpoint.verdict.word().to_owned(),
            serde_json::to_value(endpoint.outcome).map_or_else(|_| String::new(), |word| plain(&word)),
            format!("{}:{}", endpoint.host, endpoint.port),
            endpoint.protocol.clone().unwrap_or_default(),
            endpoint.issuer.clone().unwrap_or_default(),
            format!("{} ms", endpoint.milliseconds),
        ];
        output.text(&table::line(cells, &widths))?;
    }
    for endpoint in report
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.verdict.is_finding())
    {
        let text = format!("{}:{}: {}", endpoint.host, endpoint.port, endpoint.detail);
        paragraph(output, &text)?;
    }
    for note in &report.notes {
        paragraph(output, note)?;
    }
    Ok(())
}

/// One row a value and one an endpoint, for spreadsheets. `Path,Name,Value` stand as Microsoft's script prints them.
pub fn rows(output: &mut Output, reports: &[HostReport]) -> Result<(), Failure> {
    for report in reports {
        for value in report.values.iter().chain(&report.further) {
            let found = value.value.as_ref().map_or_else(|| "Not Found".to_owned(), plain);
            output.row(&json!({
                "Host": report.host,
                "Path": value.path,
                "Name": value.name,
                "Value": found,
                "Type": value.kind,
                "Verdict": value.verdict,
                "Reason": value.reason,
            }))?;
        }
        for endpoint in &report.endpoints {
            output.row(&json!({
                "Host": report.host,
                "Path": endpoint.host,
                "Name": endpoint.port.to_string(),
                "Value": endpoint.outcome,
                "Type": endpoint.protocol,
                "Verdict": endpoint.verdict,
                "Reason": endpoint.detail,
            }))?;
        }
    }
    Ok(())
}

/// What would have to change, as a difference.
pub fn difference(hosts: &[CheckedHost]) -> Result<(), Failure> {
    let mut output = Output::new(Some(crate::cli::arguments::OutputFormat::Table));
    for host in hosts {
        let changes = fix::changes(host);
        let notes = fix::notes(host);
        output.text(&format!("{}: {} to set", host.report.host, changes.len()))?;
        let mut path = "";
        for change in &changes {
            if change.path != path {
                path = &change.path;
                output.text(&format!("  {path}"))?;
            }
            output.text(&format!("  - {} = {}", change.name, change.before))?;
            output.text(&format!("  + {} = {}", change.name, change.after))?;
        }
        for note in notes {
            paragraph(&mut output, &note)?;
        }
    }
    output.finish()
}

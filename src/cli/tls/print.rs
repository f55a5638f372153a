//! Tables of `handover tls check`: values of hosts side by side, then endpoints.

use serde_json::{Value, json};

use crate::{
    cli::{Failure, Output, table},
    domain::tls::{HostReport, ValueReport},
    engine::tls_check::{CheckedHost, fix},
};

/// So many hosts stand side by side; more are one line each.
const SIDE_BY_SIDE: usize = 4;
/// Cells of the words for a verdict.
const VERDICT: usize = 8;

/// A table for people.
pub fn table(output: &mut Output, reports: &[HostReport]) -> Result<(), Failure> {
    let hosts: Vec<&HostReport> = reports
        .iter()
        .filter(|report| !report.values.is_empty())
        .collect();
    summary(output, &hosts)?;
    if !hosts.is_empty() && hosts.len() <= SIDE_BY_SIDE {
        values(output, &hosts)?;
    }
    for report in &hosts {
        for note in &report.notes {
            paragraph(output, &format!("{}: {note}", report.host))?;
        }
    }
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
    let name = hosts
        .iter()
        .map(|report| report.host.len())
        .max()
        .unwrap_or(0)
        .clamp(4, 30);
    let widths = [name, 16, 12, 12, 7, VERDICT];
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
    for report in hosts {
        paragraph(output, &format!("{}: {}", report.host, report.client_reason))?;
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
    }
    output.finish()
}

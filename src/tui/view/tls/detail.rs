//! A host, a value or an endpoint in full.

use crate::{
    domain::tls::{EndpointReport, Score, Verdict},
    tui::{
        model::{Model, Reading},
        widget::Canvas,
    },
};

use super::{
    super::lines::{Line, hanging, line},
    endpoints::outcome_word,
    style,
    values::{found, label},
    word,
};

/// Cells for the names.
const NAMES: u16 = 18;

struct Text<'c, 'b> {
    canvas: &'c Canvas<'b>,
    width: u16,
    lines: Vec<Line>,
}

impl Text<'_, '_> {
    fn entry(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let theme = self.canvas.theme;
        let (name, value) = ((name, theme.muted), (value, theme.text));
        self.lines
            .extend(hanging(self.canvas, self.width, name, value, NAMES));
    }

    fn verdict(&mut self, verdict: Verdict, reason: &str) {
        let theme = self.canvas.theme;
        let head = (word(verdict), style(theme, verdict));
        self.lines.extend(hanging(
            self.canvas,
            self.width,
            head,
            (reason, theme.text),
            NAMES,
        ));
    }

    fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::new());
        }
        self.lines.push(line(text, self.canvas.theme.heading));
    }

    fn muted(&mut self, text: &str) {
        for part in self.canvas.wrap(text, self.width) {
            self.lines.push(line(part, self.canvas.theme.muted));
        }
    }
}

fn text<'c, 'b>(canvas: &'c Canvas<'b>, width: u16) -> Text<'c, 'b> {
    Text {
        canvas,
        width,
        lines: Vec::new(),
    }
}

fn score(score: Score) -> String {
    format!("{} of {}", score.good, score.of)
}

/// One host: both summary lines, then every value.
pub fn host(canvas: &Canvas<'_>, width: u16, model: &Model, at: usize) -> Vec<Line> {
    let mut text = text(canvas, width);
    let Some(row) = model.tls.hosts.get(at) else {
        return text.lines;
    };
    text.entry("Read from", &row.request.source.origin());
    let host = match &row.reading {
        Reading::Waiting => {
            text.muted("reading the registry...");
            return text.lines;
        }
        Reading::Unread(unread) => {
            text.verdict(Verdict::Fail, &unread.message);
            text.entry("What to do", unread.advice.as_deref().unwrap_or_default());
            return text.lines;
        }
        Reading::Read(host) => host,
    };
    let report = &host.report;
    text.entry(
        "Windows Server",
        report
            .windows
            .as_deref()
            .unwrap_or("not known; judged as 2016 to 2025"),
    );
    text.entry(
        "Microsoft strict",
        &format!("{} set as the script wants them", score(report.strict)),
    );
    text.entry(
        "Agent",
        &format!(
            "{} set as the agent's setup wants them",
            score(report.strict_agent)
        ),
    );
    let client = if report.client_tls12 {
        Verdict::Ok
    } else {
        Verdict::Fail
    };
    text.entry("Client TLS 1.2", if report.client_tls12 { "yes" } else { "NO" });
    text.verdict(client, &report.client_reason);
    for note in &report.notes {
        text.entry("Note", note);
    }
    for (title, values) in [
        ("Microsoft's values", &report.values),
        ("Further values", &report.further),
    ] {
        if values.is_empty() {
            continue;
        }
        text.heading(title);
        for value in values {
            text.verdict(value.verdict, &format!("{} = {}", label(value), found(value)));
            text.entry("", &value.reason);
        }
    }
    text.lines
}

/// One value.
pub fn value(canvas: &Canvas<'_>, width: u16, model: &Model, host: usize, at: usize) -> Vec<Line> {
    let mut text = text(canvas, width);
    let Some(value) = model.tls.value(host, at) else {
        text.muted("This value is no longer listed; Esc goes back.");
        return text.lines;
    };
    text.entry("Key", &value.path);
    text.entry("Name", &value.name);
    text.entry("Found", &found(value));
    text.entry("Type", value.kind.as_deref().unwrap_or_default());
    text.entry("Needed", &value.expected);
    text.verdict(value.verdict, &value.reason);
    if !value.covered {
        text.entry(
            "Note",
            "The source does not speak of this key, so that it is missing is an assumption.",
        );
    }
    text.lines
}

/// One endpoint.
pub fn endpoint(canvas: &Canvas<'_>, width: u16, model: &Model, at: usize) -> Vec<Line> {
    let mut text = text(canvas, width);
    let Some(row) = model.tls.endpoints.get(at) else {
        text.muted("This endpoint is no longer listed; Esc goes back.");
        return text.lines;
    };
    let endpoint = &row.endpoint;
    text.entry("What for", &endpoint.purpose);
    let roles: Vec<&str> = endpoint.roles.iter().map(|role| role.word()).collect();
    text.entry("Needed by", &roles.join(", "));
    text.entry(
        "Needed",
        if endpoint.required {
            "always"
        } else {
            "only where another way is closed"
        },
    );
    match &row.report {
        Some(report) => {
            seen(&mut text, report);
            for note in &model.tls.notes {
                text.lines.push(Line::new());
                text.muted(note);
            }
        }
        None => text.muted("probing..."),
    }
    text.lines
}

fn seen(text: &mut Text<'_, '_>, report: &EndpointReport) {
    text.heading("Seen");
    text.verdict(
        report.verdict,
        &format!("{}: {}", outcome_word(report.outcome), report.detail),
    );
    text.entry("Addresses", &report.addresses.join(", "));
    text.entry("Through proxy", report.proxy.as_deref().unwrap_or_default());
    text.entry("Version", report.protocol.as_deref().unwrap_or_default());
    text.entry("Suite", report.suite.as_deref().unwrap_or_default());
    text.entry("Also offered", &report.old_protocols.join(", "));
    text.entry("Public list", report.public_trust.as_deref().unwrap_or_default());
    text.entry("This machine", report.system_trust.as_deref().unwrap_or_default());
    text.entry("Windows' own TLS", report.schannel.as_deref().unwrap_or_default());
    text.entry("Took", &format!("{} ms", report.milliseconds));
    if !report.chain.is_empty() {
        text.heading("Certificates as sent");
        for certificate in &report.chain {
            text.entry("Subject", &certificate.subject);
            text.entry("Signed by", &certificate.issuer);
            let from = certificate.not_before.as_deref().unwrap_or("?");
            let until = certificate.not_after.as_deref().unwrap_or("?");
            text.entry("Valid", &format!("{from} to {until}"));
        }
    }
}

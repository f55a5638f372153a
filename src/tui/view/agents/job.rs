//! One synchronization job in full.

use crate::{
    domain::synchronization::{EXECUTION_COUNTS, Execution},
    engine::synchronization::{JobSeen, Running},
    tui::{
        model::{Model, job_state},
        view::{
            figures::{counted, duration, grouped, rough},
            lines::{Line, hanging, line, padded},
        },
        widget::{Canvas, bar, sparkline},
    },
};

use super::style;

/// Cells for the names at the left.
const INDENT: u16 = 20;
/// Runs that a sparkline shows.
const RUNS: u16 = 40;

/// The lines of a job.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, configuration: &str, job: &str) -> Vec<Line> {
    let Some(seen) = model.agents.job(configuration, job) else {
        return vec![
            line("The service does not list this job any more.", canvas.theme.warn),
            line(
                "It was deleted, or its configuration was. Esc goes back.",
                canvas.theme.muted,
            ),
        ];
    };
    let mut lines = Vec::new();
    state(canvas, width, model, seen, &mut lines);
    schedule(canvas, width, model, seen, &mut lines);
    runs(canvas, width, model, seen, &mut lines);
    rest(canvas, width, model, configuration, seen, &mut lines);
    lines
}

fn heading(canvas: &Canvas<'_>, text: &str, lines: &mut Vec<Line>) {
    if !lines.is_empty() {
        lines.push(Line::new());
    }
    lines.push(line(text, canvas.theme.heading));
}

fn row(canvas: &Canvas<'_>, width: u16, name: &str, value: &str) -> Vec<Line> {
    let theme = canvas.theme;
    hanging(canvas, width, (name, theme.muted), (value, theme.text), INDENT)
}

fn state(canvas: &Canvas<'_>, width: u16, model: &Model, seen: &JobSeen, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let tab = &model.agents;
    let status = &seen.job.status;
    let (word, tone) = job_state(seen);
    let style = style(canvas, tone);
    lines.extend(hanging(
        canvas,
        width,
        ("State", theme.muted),
        (word, style),
        INDENT,
    ));
    if let Some(quarantine) = &status.quarantine {
        let reason = (quarantine.reason.word(), theme.bad);
        lines.extend(hanging(canvas, width, ("Reason", theme.muted), reason, INDENT));
        lines.extend(row(canvas, width, "Since", &tab.time(quarantine.since)));
        lines.extend(row(
            canvas,
            width,
            "Next attempt",
            &tab.time(quarantine.next_attempt),
        ));
        if quarantine.series_count > 1 {
            let text = format!(
                "{} in a row since {}",
                quarantine.series_count,
                tab.time(quarantine.series_began)
            );
            lines.extend(row(canvas, width, "Quarantines", &text));
        }
    }
    let error = status
        .quarantine
        .as_ref()
        .and_then(|quarantine| quarantine.error.as_ref())
        .or_else(|| status.last.as_ref()?.error.as_ref());
    if let Some(error) = error {
        if !error.code.is_empty() {
            lines.extend(row(canvas, width, "Error code", &error.code));
        }
        if !error.message.is_empty() {
            lines.extend(row(canvas, width, "Error", &error.message));
        }
    }
    if let Some(advice) = &seen.advice {
        lines.extend(row(canvas, width, "Meaning", &advice.meaning));
        let action = (advice.action.as_str(), theme.info);
        lines.extend(hanging(
            canvas,
            width,
            ("What to do", theme.muted),
            action,
            INDENT,
        ));
    }
    for progress in &status.progress {
        let whole = u64::try_from(progress.total).unwrap_or(0);
        let text = match whole {
            0 => format!("{} {}", signed(progress.done), progress.units),
            _ => format!(
                "{} {} of {} {}",
                bar(
                    canvas.glyphs,
                    20,
                    u64::try_from(progress.done).unwrap_or(0),
                    whole
                ),
                signed(progress.done),
                signed(progress.total),
                progress.units
            ),
        };
        lines.extend(row(canvas, width, "Under way", &text));
    }
    if seen.running == Running::Perhaps {
        let text = "No run has ended for several times its usual cadence: it runs long, or it hangs.";
        lines.extend(hanging(
            canvas,
            width,
            ("", theme.muted),
            (text, theme.warn),
            INDENT,
        ));
    }
    if status.failures_in_a_row > 0 {
        let text = format!(
            "{} in a row failed as a whole",
            counted_signed(status.failures_in_a_row)
        );
        lines.extend(hanging(
            canvas,
            width,
            ("Failures", theme.muted),
            (&text, theme.warn),
            INDENT,
        ));
    }
    if status.escrows_pruned {
        let text = "errors of single objects in the initial cycle were dropped by the service";
        lines.extend(row(canvas, width, "Escrows", text));
    }
}

fn counted_signed(number: i64) -> String {
    counted(usize::try_from(number).unwrap_or(0), "run", "runs")
}

fn schedule(canvas: &Canvas<'_>, width: u16, model: &Model, seen: &JobSeen, lines: &mut Vec<Line>) {
    let schedule = &seen.job.schedule;
    heading(canvas, "Schedule", lines);
    lines.extend(row(canvas, width, "Schedule", schedule.state.word()));
    let stated = schedule.stated().map_or_else(|| schedule.interval.clone(), rough);
    let every = match seen.cadence {
        Some(cadence) => format!("{} as measured; the service states {stated}", rough(cadence)),
        None => format!("not measured yet; the service states {stated}"),
    };
    lines.extend(row(canvas, width, "Runs every", &every));
    if schedule.expiration.is_some() {
        lines.extend(row(
            canvas,
            width,
            "Ends",
            &model.agents.time(schedule.expiration),
        ));
    }
    let status = &seen.job.status;
    lines.extend(row(
        canvas,
        width,
        "First in step",
        &model.agents.time(status.steady_first),
    ));
    lines.extend(row(
        canvas,
        width,
        "Last in step",
        &model.agents.time(status.steady_last),
    ));
}

fn runs(canvas: &Canvas<'_>, width: u16, model: &Model, seen: &JobSeen, lines: &mut Vec<Line>) {
    let status = &seen.job.status;
    heading(canvas, "Runs", lines);
    let table = [
        ("Last", &status.last),
        ("Last good", &status.last_good),
        ("Last with writes", &status.last_good_with_exports),
    ];
    for (name, execution) in table {
        lines.extend(row(canvas, width, name, &run_words(model, execution.as_ref())));
    }
    if !seen.history.is_empty() {
        let seconds: Vec<u64> = seen
            .history
            .iter()
            .filter_map(|point| point.seconds)
            .map(|seconds| (seconds.max(0.0) * 10.0) as u64)
            .collect();
        let exports: Vec<u64> = seen
            .history
            .iter()
            .map(|point| u64::try_from(point.exports).unwrap_or(0))
            .collect();
        let cells = RUNS.min(width.saturating_sub(INDENT + 24));
        for (name, values, most) in [
            (
                "Durations",
                &seconds,
                seconds
                    .iter()
                    .max()
                    .map(|most| format!("longest {:.1} s", *most as f64 / 10.0)),
            ),
            (
                "Writes",
                &exports,
                exports
                    .iter()
                    .max()
                    .map(|most| format!("most {}", grouped(*most))),
            ),
        ] {
            if let Some(most) = most {
                lines.push(vec![
                    (padded(canvas, name, INDENT), canvas.theme.muted),
                    (sparkline(canvas.glyphs, cells, values), canvas.theme.info),
                    (format!("  {most}"), canvas.theme.muted),
                ]);
            }
        }
    }
    let Some(last) = &status.last else {
        return;
    };
    heading(canvas, "Counters", lines);
    lines.push(vec![
        (" ".repeat(usize::from(INDENT + 14)), canvas.theme.text),
        (
            format!("{:>11}  {:>11}", "last", "last good"),
            canvas.theme.heading,
        ),
    ]);
    for count in &EXECUTION_COUNTS {
        let good = status
            .last_good
            .as_ref()
            .map_or_else(|| "-".to_owned(), |good| signed((count.value)(&good.counts)));
        lines.push(vec![
            (padded(canvas, count.title, INDENT + 14 + 4), canvas.theme.muted),
            (
                format!("{:>7}  {good:>11}", signed((count.value)(&last.counts))),
                canvas.theme.text,
            ),
        ]);
    }
}

fn signed(number: i64) -> String {
    match u64::try_from(number) {
        Ok(number) => grouped(number),
        Err(_) => number.to_string(),
    }
}

/// When a run ended, how, and how long it took.
fn run_words(model: &Model, execution: Option<&Execution>) -> String {
    let Some(execution) = execution else {
        return "never".to_owned();
    };
    let took = match (execution.began, execution.ended) {
        (Some(began), Some(ended)) => std::time::Duration::try_from(ended.duration_since(began))
            .ok()
            .map_or_else(String::new, |took| format!(", {}", duration(took))),
        _ => String::new(),
    };
    format!(
        "{}, {}{took}",
        model.agents.time(execution.ended),
        execution.state.word()
    )
}

fn rest(
    canvas: &Canvas<'_>,
    width: u16,
    model: &Model,
    configuration: &str,
    seen: &JobSeen,
    lines: &mut Vec<Line>,
) {
    let status = &seen.job.status;
    if !status.entries.is_empty() {
        heading(canvas, "Entries in step", lines);
        for entry in &status.entries {
            lines.extend(row(canvas, width, &entry.key, &signed(entry.value)));
        }
    }
    if !seen.job.settings.is_empty() {
        heading(canvas, "Settings", lines);
        for setting in &seen.job.settings {
            lines.extend(row(canvas, width, &setting.name, &setting.value));
        }
    }
    heading(canvas, "Names", lines);
    lines.extend(row(canvas, width, "Kind", seen.job.kind().word()));
    lines.extend(row(
        canvas,
        width,
        "Template",
        seen.job.template_id.as_deref().unwrap_or("none"),
    ));
    lines.extend(row(canvas, width, "Job id", &seen.job.id));
    lines.extend(named_configuration(canvas, width, model, configuration));
    if let Some(activity) = status.last.as_ref().and_then(|last| last.activity.as_deref()) {
        lines.extend(row(canvas, width, "Activity id", activity));
    }
    if let Some(url) = &status.troubleshooting_url {
        lines.extend(row(canvas, width, "Help", url));
    }
}

fn named_configuration(canvas: &Canvas<'_>, width: u16, model: &Model, configuration: &str) -> Vec<Line> {
    let mut lines = row(
        canvas,
        width,
        "Configuration",
        model.agents.name_of(configuration),
    );
    lines.extend(row(canvas, width, "Configuration id", configuration));
    if let Some(known) = model.agents.configuration(configuration) {
        lines.extend(row(
            canvas,
            width,
            "Direction",
            known.direction().unwrap_or("unknown"),
        ));
        let enabled = match known.enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "unknown",
        };
        lines.extend(row(canvas, width, "Service principal", enabled));
    }
    lines
}

/// The lines of a configuration without a job.
pub fn configuration_lines(canvas: &Canvas<'_>, width: u16, model: &Model, configuration: &str) -> Vec<Line> {
    let mut lines = vec![
        line(
            "This configuration has no synchronization job.",
            canvas.theme.warn,
        ),
        Line::new(),
    ];
    lines.extend(named_configuration(canvas, width, model, configuration));
    lines
}

//! Searching, sorting and holding 600,000 mailboxes and 100,000 rows of a log, each figure beside an anchor measured in the
//! same run.
//!
//! `cargo bench --bench table`. Ends with exit code 1 when a limit is missed. The limits are those of a keystroke: a
//! substring filter must be done within a frame, a fuzzy one before it feels late.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "table/logs.rs"]
mod logs;
#[path = "cockpit/model.rs"]
mod model;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use handover::domain::arrange::{self, Column, Sort, Stop};
use handover::domain::filter::Filter;
use handover::domain::table::{MailboxTable, Row, TableSnapshot};
use handover::domain::{Mailbox, ObjectId, RecipientType, SourceOfAuthority};
use jiff::Timestamp;
use memchr::memmem;
use nucleo_matcher::{Config, Matcher, Utf32Str};

const ROWS: usize = 600_000;
const ROUNDS: usize = 6;
const GO_ON: Stop<'static> = &|| false;

/// What an administrator types, character by character.
const TYPED: [&str; 8] = [
    "smith",
    "anna.mei",
    "contoso.com",
    "zimmermann",
    "shared room",
    "x9",
    "!test garcia",
    "flag:onprem mil",
];

const TYPED_LOOSELY: [&str; 4] = ["~asmith", "~gmnn", "~zzq", "~contoso"];

fn main() -> ExitCode {
    let mut limits = Limits { missed: false };
    let before = resident_bytes();
    let (table, text, mut appends) = tenant();
    let snapshot = table.snapshot();
    let held = table.memory_bytes();
    println!(
        "memory 600,000 rows: {} bytes per row, {:.0} MB in all (limit 150 MB), {:.1} x the searchable text; resident {}",
        held / ROWS,
        held as f64 / 1e6,
        held as f64 / text.len() as f64,
        before
            .zip(resident_bytes())
            .map_or("unknown".to_owned(), |(before, after)| {
                format!(
                    "{:.0} MB more, {:.0} MB of which the bench's copy of the text",
                    (after - before) / 1e6,
                    text.len() as f64 / 1e6
                )
            }),
    );
    limits.check(held <= 150_000_000);

    println!(
        "append 1,000 rows, on the loop, a snapshot outstanding: p50 {}, worst {} (limit 16 ms)",
        percentile(&mut appends, 50),
        percentile(&mut appends, 100)
    );
    limits.check(
        appends
            .last()
            .is_some_and(|worst| *worst <= Duration::from_millis(16)),
    );

    sort(&snapshot, &mut limits);
    let sorted = arrange::order(&snapshot, Sort::default(), GO_ON).unwrap_or_default();
    limits.within_three_attempts(|limits| substring(&snapshot, &sorted, &text, limits));
    limits.within_three_attempts(|limits| fuzzy(&snapshot, &sorted, limits));
    logs::measure(&mut limits);
    if limits.missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

struct Limits {
    missed: bool,
}

impl Limits {
    /// A busy machine lengthens the slowest answers of everything, anchors included; a code that is too slow misses its
    /// limit every time.
    fn within_three_attempts(&mut self, mut measure: impl FnMut(&mut Self)) {
        for _ in 0..3 {
            let mut attempt = Self { missed: false };
            measure(&mut attempt);
            if !attempt.missed {
                return;
            }
        }
        self.missed = true;
    }

    fn check(&mut self, held: bool) {
        if !held {
            println!("  ^ limit missed");
            self.missed = true;
        }
    }
}

fn sort(snapshot: &TableSnapshot, limits: &mut Limits) {
    for column in [
        Column::DisplayName,
        Column::UserPrincipalName,
        Column::WhenChanged,
    ] {
        let sort = Sort {
            column,
            descending: false,
        };
        let ours = median(
            (0..3)
                .map(|_| timed(|| arrange::order(snapshot, sort, GO_ON)))
                .collect(),
        );
        let anchor = timed(|| {
            let mut keys: Vec<(String, Row)> = (0..snapshot.len() as Row)
                .filter_map(|row| {
                    let mailbox = snapshot.row(row)?;
                    let key = match column {
                        Column::DisplayName => mailbox.display_name.to_lowercase(),
                        Column::UserPrincipalName => mailbox.user_principal_name.to_lowercase(),
                        _ => mailbox.when_changed.map_or(String::new(), |at| at.to_string()),
                    };
                    Some((key, row))
                })
                .collect();
            keys.sort();
            keys
        });
        println!(
            "sort 600,000 rows by {}: {} (limit 500 ms), {:.2} x a plain sort of lower-cased keys ({})",
            column.title(),
            shown(ours),
            ratio(ours, anchor),
            shown(anchor)
        );
        limits.check(ours <= Duration::from_millis(500));
    }
}

fn substring(snapshot: &TableSnapshot, sorted: &[Row], text: &str, limits: &mut Limits) {
    let mut cold = Vec::new();
    let mut typed = Vec::new();
    let mut anchor = Vec::new();
    for _ in 0..ROUNDS {
        for line in TYPED {
            let mut previous: Option<(Filter, Vec<Row>)> = None;
            for filter in keystrokes(line) {
                cold.push(timed(|| arrange::filter(snapshot, sorted, &filter, None, GO_ON)));
                let wider = previous.as_ref().map(|(filter, rows)| (filter, rows.as_slice()));
                let start = Instant::now();
                let rows = arrange::filter(snapshot, sorted, &filter, wider, GO_ON).unwrap_or_default();
                typed.push(start.elapsed());
                let needle = filter.to_string();
                let needle = needle.rsplit([' ', ':']).next().unwrap_or_default().to_owned();
                anchor.push(timed(|| memmem::find_iter(text.as_bytes(), &needle).count()));
                previous = Some((filter, rows));
            }
        }
    }
    let mut cold_best = best_of_rounds(&cold);
    let (cold_total, anchor_total) = (cold.iter().sum(), anchor.iter().sum());
    println!(
        "filter substring 600,000 rows, four columns, while typing: p50 {}, p99 {} (limit 16 ms)",
        percentile(&mut typed, 50),
        percentile(&mut typed, 99)
    );
    limits.check(typed[typed.len() * 99 / 100] <= Duration::from_millis(16));
    println!(
        "filter substring 600,000 rows, four columns, from scratch: p50 {}, p99 {} (limit 16 ms), \
         p99 of the best of {ROUNDS} rounds {}, {:.1} x one memmem pass over the same bytes (p50 {}, p99 {})",
        percentile(&mut cold, 50),
        percentile(&mut cold, 99),
        percentile(&mut cold_best, 99),
        ratio(cold_total, anchor_total),
        percentile(&mut anchor, 50),
        percentile(&mut anchor, 99)
    );
    limits.check(cold[cold.len() * 99 / 100] <= Duration::from_millis(16));
}

fn fuzzy(snapshot: &TableSnapshot, sorted: &[Row], limits: &mut Limits) {
    let mut ours = Vec::new();
    let mut anchor = Vec::new();
    for round in 0..ROUNDS {
        for line in TYPED_LOOSELY {
            for filter in keystrokes(line) {
                ours.push(timed(|| arrange::filter(snapshot, sorted, &filter, None, GO_ON)));
                if round == 0 {
                    let needle = filter.to_string();
                    anchor.push(timed(|| naive_fuzzy(snapshot, needle.trim_start_matches('~'))));
                }
            }
        }
    }
    let mut ours_best = best_of_rounds(&ours);
    let ours_mean = ours.iter().sum::<Duration>() / ours.len() as u32;
    let anchor_mean = anchor.iter().sum::<Duration>() / anchor.len() as u32;
    println!(
        "filter fuzzy 600,000 rows, four columns, ranked: p50 {}, p99 {} (limit 50 ms), \
         p99 of the best of {ROUNDS} rounds {}, {:.2} x a naive loop of the same matcher (p50 {})",
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        percentile(&mut ours_best, 99),
        ratio(ours_mean, anchor_mean),
        percentile(&mut anchor, 50)
    );
    limits.check(ours[ours.len() * 99 / 100] <= Duration::from_millis(50));
}

/// Every text of every row through the matcher, best score first.
fn naive_fuzzy(snapshot: &TableSnapshot, needle: &str) -> Vec<(u16, Row)> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut haystack, mut characters) = (Vec::new(), Vec::new());
    let needle = Utf32Str::new(needle, &mut characters);
    let mut scored = Vec::new();
    for row in 0..snapshot.len() as Row {
        let Some(mailbox) = snapshot.row(row) else {
            continue;
        };
        let texts = [
            mailbox.display_name,
            mailbox.user_principal_name,
            mailbox.primary_smtp_address,
            mailbox.alias,
        ];
        let best = texts
            .iter()
            .filter_map(|text| matcher.fuzzy_match(Utf32Str::new(text, &mut haystack), needle))
            .max();
        scored.extend(best.map(|score| (score, row)));
    }
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored
}

/// The filters that typing a line passes through.
fn keystrokes(line: &str) -> Vec<Filter> {
    let ends = line
        .char_indices()
        .map(|(at, character)| at + character.len_utf8());
    ends.filter_map(|end| Filter::parse(&line[..end], Timestamp::UNIX_EPOCH).ok())
        .collect()
}

/// A tenant, its searchable text in one piece for the anchor, and how long each batch took.
fn tenant() -> (MailboxTable, String, Vec<Duration>) {
    const FIRST: [&str; 24] = [
        "Anna",
        "Ben",
        "Carla",
        "David",
        "Elena",
        "Farid",
        "Grace",
        "Hassan",
        "Ines",
        "Jonas",
        "Katarzyna",
        "Liam",
        "Mia",
        "Noah",
        "Olga",
        "Paul",
        "Quentin",
        "Rosa",
        "Søren",
        "Tomáš",
        "Ursula",
        "Víctor",
        "Wei",
        "Zoë",
    ];
    const LAST: [&str; 24] = [
        "Smith",
        "Meier",
        "Garcia",
        "Kowalski",
        "Nguyen",
        "Okafor",
        "Rossi",
        "Müller",
        "Dubois",
        "Ivanova",
        "Johansson",
        "Kim",
        "Lopez",
        "Miller",
        "Novák",
        "O'Brien",
        "Patel",
        "Quinn",
        "Rodriguez",
        "Schneider",
        "Tanaka",
        "Ünal",
        "Vandenberg",
        "Zimmermann",
    ];
    const DOMAINS: [&str; 4] = [
        "contoso.com",
        "emea.contoso.com",
        "fabrikam.example",
        "contoso.onmicrosoft.com",
    ];
    let mut random = fastrand::Rng::with_seed(600_000);
    let mut table = MailboxTable::new();
    let mut text = String::new();
    let plain = |name: &str| -> String { name.chars().filter(char::is_ascii_alphanumeric).collect() };
    let mut batch = Vec::new();
    let mut appends = Vec::new();
    for number in 0..ROWS {
        let first = FIRST[random.usize(..FIRST.len())];
        let last = LAST[random.usize(..LAST.len())];
        let domain = DOMAINS[random.usize(..DOMAINS.len())];
        let alias = format!("{}.{}{number}", plain(first), plain(last)).to_lowercase();
        let shared = random.u8(..10) == 0;
        let user_principal_name = format!("{alias}@{domain}");
        let mailbox = Mailbox {
            id: ObjectId(uuid::Uuid::from_u128(random.u128(..))),
            display_name: if shared {
                format!("Shared Room {last} {number}")
            } else {
                format!("{first} {last}")
            },
            // one in five signs in with another name than the address
            primary_smtp_address: match random.u8(..5) {
                0 => format!("{}.{number}@{domain}", plain(last)),
                _ => user_principal_name.clone(),
            },
            user_principal_name,
            alias,
            recipient_type: if shared {
                RecipientType::Shared
            } else {
                RecipientType::User
            },
            dir_synced: Some(random.u8(..4) > 0),
            authority: SourceOfAuthority::from_flag(Some(random.bool())),
            when_changed: Timestamp::from_second(1_700_000_000 + random.i64(0..60_000_000)).ok(),
        };
        let lower = |part: &str| part.to_lowercase();
        text.push_str(&lower(&mailbox.display_name));
        text.push('\n');
        text.push_str(&mailbox.user_principal_name);
        text.push('\n');
        if mailbox.primary_smtp_address != mailbox.user_principal_name {
            text.push_str(&lower(&mailbox.primary_smtp_address));
        }
        text.push('\n');
        text.push_str(&mailbox.alias);
        text.push('\n');
        batch.push(mailbox);
        if batch.len() == 1000 {
            let outstanding = table.snapshot();
            let batch = std::mem::take(&mut batch);
            appends.push(timed(|| table.append(batch)));
            drop(outstanding);
        }
    }
    table.append(batch);
    (table, text, appends)
}

fn timed<Answer>(work: impl FnOnce() -> Answer) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The quickest of all rounds for each keystroke: what it costs where nothing else runs.
fn best_of_rounds(times: &[Duration]) -> Vec<Duration> {
    let keystrokes = times.len() / ROUNDS;
    let rounds = |place: usize| times[place..].iter().step_by(keystrokes).min().copied();
    (0..keystrokes).filter_map(rounds).collect()
}

fn percentile(times: &mut [Duration], percent: usize) -> String {
    times.sort();
    let place = times.len() * percent / 100;
    shown(times.get(place).or(times.last()).copied().unwrap_or_default())
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn ratio(ours: Duration, anchor: Duration) -> f64 {
    ours.as_secs_f64() / anchor.as_secs_f64()
}

/// Resident memory of this process, where the system tells.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<f64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024.0)
}

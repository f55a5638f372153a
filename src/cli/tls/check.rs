//! `handover tls check`.

use std::{fs, path::Path};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{arguments::TlsCheckArguments, print, sources};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        config::{Settings, process_environment},
        note, runtime,
        signals::cancel_on_interrupt,
    },
    domain::{
        text::clean,
        tls::{EndpointReport, HostReport},
    },
    engine::tls_check::{
        CheckEvent, CheckRequest, CheckedHost, Unread, check,
        fix::{self, Format},
        wire_report,
    },
    tls::{EndpointList, probe::ProbeOptions},
};

/// Reads, judges, probes, prints.
pub fn run(global: &Global, arguments: &TlsCheckArguments) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    let hosts = sources::hosts(&settings, arguments)?;
    let mut endpoints = Vec::new();
    if arguments.probe {
        let roles = match arguments.role.as_slice() {
            [] => &sources::EVERYBODY,
            named => named,
        };
        let (list, assumed) = sources::endpoints(&settings, roles)?;
        for text in assumed.into_iter().chain(without_tenant(&list)) {
            note(&text);
        }
        endpoints = list.endpoints;
    }
    if hosts.is_empty() && endpoints.is_empty() {
        return Err(Failure::usage("there is nothing to look at: this machine has no Windows registry").advise(
            "Name files with --reg, hosts with --via ssh:user@host or --hosts, or probe the endpoints with --probe.",
        ));
    }
    let request = CheckRequest { hosts, endpoints };
    let runtime = runtime()?;
    let found = runtime.block_on(gather(request));
    // A resolver that hangs outlives its probe; nobody waits for it.
    runtime.shutdown_background();
    if found.interrupted {
        note("Interrupted: not everything was looked at, and nothing was changed.");
        return Ok(Exit::Interrupted);
    }
    let mut failed = tell_unread(&found.unread);
    if let Some(why) = &found.unprobed {
        note(why);
        failed = true;
    }
    if arguments.apply {
        return apply(&settings, arguments, found);
    }
    if let Some(format) = arguments.fix_script {
        return scripts(&found.hosts, format, arguments.out.as_deref(), failed);
    }
    if let Some(format) = arguments.undo_script {
        print_one(&found.hosts, format, |host| fix::undo(host, format))?;
        return Ok(if failed { Exit::PartlyFailed } else { Exit::Done });
    }
    if arguments.diff {
        print::difference(&found.hosts)?;
        let any = |host: &CheckedHost| !fix::changes(host).is_empty() || fix::has_undecided(host);
        return Ok(exit(found.hosts.iter().any(any), failed));
    }
    let mut reports: Vec<HostReport> = found.hosts.into_iter().map(|host| host.report).collect();
    if !found.endpoints.is_empty() {
        reports.push(wire_report(found.endpoints, found.notes));
    }
    let findings = reports.iter().any(|report| report.worst().is_finding());
    let mut output = Output::new(global.output);
    if output.is_table() {
        print::table(&mut output, &reports)?;
    } else if output.is_flat() {
        print::rows(&mut output, &reports)?;
    } else {
        for report in &reports {
            output.row(report)?;
        }
    }
    output.finish()?;
    Ok(exit(findings, failed))
}

/// What is said of names that could not be made.
fn without_tenant(list: &EndpointList) -> Option<String> {
    (!list.without_tenant.is_empty()).then(|| {
        format!(
            "Not probed, since the profile names the tenant by a domain and not by its id: {}.",
            list.without_tenant.join(", ")
        )
    })
}

fn exit(findings: bool, failed: bool) -> Exit {
    match (failed, findings) {
        (true, _) => Exit::PartlyFailed,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Done,
    }
}

/// What a check brought, in the order of the request.
struct Found {
    hosts: Vec<CheckedHost>,
    endpoints: Vec<EndpointReport>,
    unread: Vec<(String, Unread)>,
    notes: Vec<String>,
    /// Why no endpoint was probed at all.
    unprobed: Option<String>,
    /// It was ended before all was told.
    interrupted: bool,
}

async fn gather(request: CheckRequest) -> Found {
    let names: Vec<String> = request.hosts.iter().map(|host| host.source.origin()).collect();
    let mut hosts: Vec<Option<CheckedHost>> = vec![None; request.hosts.len()];
    let mut endpoints: Vec<Option<EndpointReport>> = vec![None; request.endpoints.len()];
    let (mut unread, mut notes, mut unprobed) = (Vec::new(), Vec::new(), None);
    let (sender, mut events) = mpsc::channel(64);
    // Programs that read other hosts are ended before this one is.
    let cancel = CancellationToken::new();
    cancel_on_interrupt(cancel.clone());
    let work = check(request.into(), ProbeOptions::default(), sender, cancel.clone());
    let take_in = async {
        while let Some(event) = events.recv().await {
            match event {
                CheckEvent::Host(at, Ok(host)) => hosts[at] = Some(*host),
                CheckEvent::Host(at, Err(error)) => unread.push((names[at].clone(), error)),
                CheckEvent::Endpoint(at, report) => endpoints[at] = Some(*report),
                CheckEvent::Notes(told) => notes = told,
                CheckEvent::Unprobed(why) => unprobed = Some(why),
            }
        }
    };
    tokio::join!(work, take_in);
    Found {
        hosts: hosts.into_iter().flatten().collect(),
        endpoints: endpoints.into_iter().flatten().collect(),
        unread,
        notes,
        unprobed,
        interrupted: cancel.is_cancelled(),
    }
}

fn tell_unread(unread: &[(String, Unread)]) -> bool {
    for (origin, error) in unread {
        note(&format!("{}: {}", clean(origin), error.message));
        if let Some(advice) = &error.advice {
            note(&format!("  {advice}"));
        }
    }
    !unread.is_empty()
}

/// Prints the fix of the one host, or writes those of all of them.
fn scripts(hosts: &[CheckedHost], format: Format, out: Option<&Path>, failed: bool) -> Result<Exit, Failure> {
    match out {
        None => print_one(hosts, format, |host| fix::script(host, format))?,
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
            for host in hosts {
                let fix = folder.join(fix::file_name(host, format));
                let (fix, undo) = fix::save(host, &fix).map_err(|error| Failure::usage(error.to_string()))?;
                note(&format!(
                    "{}: {} and {}",
                    host.report.host,
                    fix.display(),
                    undo.display()
                ));
            }
        }
    }
    Ok(if failed { Exit::PartlyFailed } else { Exit::Done })
}

/// A registry file is printed as plain text: Windows reads that as well as its own wide form, which shells that pass text on
/// would spoil.
fn print_one(
    hosts: &[CheckedHost],
    format: Format,
    text: impl Fn(&CheckedHost) -> Vec<u8>,
) -> Result<(), Failure> {
    use std::io::Write;
    match hosts {
        [] => Err(Failure::new(Exit::PartlyFailed, "no host was read")),
        [host] => {
            let mut bytes = text(host);
            if format == Format::Registry {
                bytes = fix::as_text(&bytes).replace('\n', "\r\n").into_bytes();
                if !bytes.is_ascii() {
                    return Err(
                        Failure::usage("this registry file holds letters that a shell may spoil").advise(
                            "Have the fix and its undo written to a folder: --fix-script reg --out DIR.",
                        ),
                    );
                }
            }
            for line in fix::notes(host) {
                note(&line);
            }
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes)?;
            out.flush()?;
            Ok(())
        }
        _ => Err(Failure::usage(format!(
            "{} hosts were read, and only one script can be printed",
            hosts.len()
        ))
        .advise("Name one host, or a folder with --out.")),
    }
}

/// Sets the values on this machine.
fn apply(settings: &Settings, arguments: &TlsCheckArguments, found: Found) -> Result<Exit, Failure> {
    let Some(host) = found.hosts.iter().find(|host| host.here) else {
        if !found.unread.is_empty() {
            return Err(Failure::new(
                Exit::PartlyFailed,
                "the registry of this machine could not be read; nothing was changed",
            ));
        }
        return Err(
            Failure::usage("only the registry of the Windows that Handover runs on can be changed")
                .advise("Write a script with --fix-script ps1 and run it on the host."),
        );
    };
    for line in fix::notes(host) {
        note(&line);
    }
    let undecided = fix::has_undecided(host);
    if fix::changes(host).is_empty() && undecided {
        note("Nothing was changed: what has to change could not be read, as told above.");
        return Ok(Exit::Findings);
    }
    if fix::changes(host).is_empty() {
        note("Nothing to change: every value is set as Microsoft's script wants it.");
        return Ok(Exit::Done);
    }
    if !settings.may_write() {
        return Err(
            Failure::new(Exit::Refused, "read-only: nothing was changed").advise("Add --write to lift it.")
        );
    }
    let phrase = fix::phrase(host);
    if arguments.confirm.as_deref() != Some(phrase.as_str()) {
        print::difference(std::slice::from_ref(host))?;
        return Err(Failure::new(Exit::Refused, "not confirmed: nothing was changed")
            .advise(format!("Look at the changes, then add --confirm \"{phrase}\".")));
    }
    let applied = runtime()?.block_on(fix::apply(host, &settings.data_dir));
    let backup = applied.map_err(|error| {
        let exit = match error {
            fix::FixError::Stale => Exit::Refused,
            _ => Exit::PartlyFailed,
        };
        let failure = Failure::new(exit, error.to_string());
        match error.advice() {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    })?;
    match backup {
        Some(backup) => note(&format!(
            "The values are set; those before stand in {}. Restart Windows so that they count.",
            backup.display()
        )),
        None => note("Nothing to change: every value was set already."),
    }
    Ok(exit(undecided, false))
}

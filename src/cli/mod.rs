//! The command line: one file per verb; prints, never decides.

mod agents;
pub mod arguments;
mod cockpit;
mod completions;
pub mod config;
mod connection;
mod doctor;
mod exit;
mod info;
mod init;
mod jobs;
mod mailboxes;
mod output;
mod runs;
mod sandbox;
mod sign_in;
mod signals;
mod synchronization;
mod table;
mod tls;

use std::{io::Write, process::ExitCode};

use arguments::{Arguments, Verb};
use clap::Parser;
pub use exit::{Exit, Failure};
use output::Output;
pub use tls::demo_request;

/// Runs one verb and tells how it ended.
pub fn main() -> ExitCode {
    // The one crypto provider; a second installation attempt in this process would be harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe while printing help is not worth a word.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                Exit::Usage.code()
            } else {
                Exit::Done.code()
            });
        }
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            report(&failure);
            failure.exit.into()
        }
    }
}

fn report(failure: &Failure) {
    if failure.quiet {
        return;
    }
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(
        stderr,
        "handover: {}",
        crate::domain::text::clean(&failure.message)
    );
    if let Some(advice) = &failure.advice {
        let _ = writeln!(stderr, "  {}", crate::domain::text::clean(advice));
    }
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { global, verb } = arguments;
    let verb = verb.unwrap_or_else(|| Verb::Tui(arguments::TuiArguments::default()));
    match verb {
        Verb::Tui(start) => cockpit::tui(&global, &start),
        Verb::Demo(demo) => cockpit::demo(&global, &demo),
        Verb::Sandbox(sandbox) => sandbox::run(&sandbox),
        Verb::Init(init) => init::run(&global, &init),
        Verb::Login { keep_secret } => sign_in::login(&global, keep_secret),
        Verb::Logout => sign_in::logout(&global),
        Verb::Whoami => sign_in::whoami(&global),
        Verb::Agents(verb) => agents::run(&global, &verb),
        Verb::Jobs(verb) => jobs::run(&global, &verb),
        Verb::Mailboxes(verb) => mailboxes::run(&global, &verb),
        Verb::Runs(verb) => runs::run(&global, &verb),
        Verb::Tls(verb) => tls::run(&global, &verb),
        Verb::Doctor(doctor) => doctor::run(&global, &doctor),
        Verb::Info => info::run(&global),
        Verb::Completions { shell } => completions::completions(shell),
        Verb::Man => completions::manual(),
    }
}

/// The async runtime of one verb. Two workers are enough: the work is waiting for answers.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// A note for the person: on standard error, so that results stay clean.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", crate::domain::text::clean(text));
}

//! `handover sandbox`: serves the embedded tenant until ended (design section 4).

use std::{io::Write, path::Path, time::Duration};

use super::{Exit, Failure, arguments::SandboxArguments, runtime};
use crate::sandbox::{CloudSyncOptions, CloudSyncSize, Faults, Options, Sandbox};

/// Serves until Ctrl-C or the end of the process.
pub fn run(arguments: &SandboxArguments) -> Result<Exit, Failure> {
    let faults =
        Faults::parse(&arguments.faults).map_err(|error| Failure::usage(format!("--faults: {error}")))?;
    let options = Options {
        listen: arguments.listen,
        mailboxes: arguments.mailboxes,
        seed: arguments.seed,
        eligible_first: 0,
        latency: Duration::from_millis(arguments.latency_ms),
        concurrency: arguments.concurrency,
        faults,
        cloud_sync: CloudSyncOptions {
            size: match arguments.cloud_sync.as_str() {
                "full" => CloudSyncSize::Full,
                _ => CloudSyncSize::Demo,
            },
            pace: arguments.pace,
            ..CloudSyncOptions::default()
        },
    };
    runtime()?.block_on(async {
        let sandbox = Sandbox::start(options)
            .await
            .map_err(|error| Failure::usage(format!("the sandbox can't start: {error}")))?;
        if let Some(path) = &arguments.write_config {
            write_private(path, sandbox.ready().config_toml().as_bytes())?;
        }
        let mut ready = serde_json::to_vec(sandbox.ready())?;
        ready.push(b'\n');
        // The ready file comes last: whoever waits for it finds everything else in place.
        if let Some(path) = &arguments.ready_file {
            write_private(path, &ready)?;
        }
        let mut out = std::io::stdout().lock();
        out.write_all(&ready)?;
        out.flush()?;
        drop(out);
        tokio::signal::ctrl_c().await?;
        sandbox.stop().await;
        Ok(Exit::Done)
    })
}

/// Writes a file at once and for its owner only: a reader never sees half of it.
fn write_private(path: &Path, content: &[u8]) -> Result<(), Failure> {
    crate::journal::write_private(path, content).map_err(|error| Failure::file(path, error))
}

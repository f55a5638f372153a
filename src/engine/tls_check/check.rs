//! The check itself: hosts are read and endpoints probed at once; each is told as soon as it is known.

use std::{path::Path, sync::Arc};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        registry::RegistryImage,
        tls::{Endpoint, EndpointReport, HostSource, WindowsVersion},
    },
    host::{HostError, Limits, Via, collect, collector::AT_ONCE, registry_file},
    tls::{self, probe},
};

use super::{CheckEvent, CheckWork, CheckedHost, HostRequest, RegistrySource, Unread};

/// The largest file that is read, in bytes: an export of a whole hive is smaller.
const LARGEST_FILE: u64 = 512 << 20;

/// Does the work; ends when everything is told or `cancel` is.
pub async fn check(
    work: CheckWork,
    options: probe::ProbeOptions,
    events: mpsc::Sender<CheckEvent>,
    cancel: CancellationToken,
) {
    let turns = Semaphore::new(AT_ONCE);
    let hosts = work.hosts.into_iter().map(|(at, request)| {
        let (events, cancel, turns) = (events.clone(), &cancel, &turns);
        async move {
            // A closed semaphore there is none of; without a turn it goes on all the same.
            let _turn = turns.acquire().await;
            if cancel.is_cancelled() {
                return;
            }
            let answer = host(request, cancel).await;
            if !cancel.is_cancelled() {
                // Nobody who listens, nobody to tell.
                let _ = events.send(CheckEvent::Host(at, answer.map(Box::new))).await;
            }
        }
    });
    let hosts = futures_util::future::join_all(hosts);
    tokio::join!(hosts, endpoints(work.endpoints, options, &events, &cancel));
}

async fn endpoints(
    endpoints: Vec<(usize, Endpoint)>,
    options: probe::ProbeOptions,
    events: &mpsc::Sender<CheckEvent>,
    cancel: &CancellationToken,
) {
    if endpoints.is_empty() {
        return;
    }
    let (places, endpoints): (Vec<usize>, Vec<Endpoint>) = endpoints.into_iter().unzip();
    // Reports are few and must not wait for whoever draws them.
    let (reports, mut coming) = mpsc::unbounded_channel();
    let probing = async move {
        let told = reports.clone();
        let on = move |at: usize, report: &EndpointReport| {
            let _ = told.send(CheckEvent::Endpoint(places[at], Box::new(report.clone())));
        };
        let told = match probe::probe_all(endpoints, options, cancel.clone(), on).await {
            Ok(run) => CheckEvent::Notes(run.notes),
            Err(error) => CheckEvent::Unprobed(error.to_string()),
        };
        let _ = reports.send(told);
    };
    let forward = async {
        while let Some(event) = coming.recv().await {
            if events.send(event).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(probing, forward);
}

async fn host(request: HostRequest, cancel: &CancellationToken) -> Result<CheckedHost, Unread> {
    let via = match request.source.clone() {
        RegistrySource::Export(bytes) => return blocking(move || export(&request, &bytes)).await,
        RegistrySource::File(path) => return blocking(move || export(&request, &read_file(&path)?)).await,
        RegistrySource::Host(via) => via,
    };
    let collected = collect(&via, &tls::wanted_keys(), Limits::default(), cancel).await?;
    let windows = request.windows.or(collected.windows);
    let source = match via {
        Via::Local => HostSource::Local,
        Via::Ssh(_) => HostSource::Ssh,
    };
    let request = HostRequest {
        name: collected.name,
        ..request
    };
    let mut host = judged(&request, source, collected.image, windows);
    host.report.notes.splice(0..0, collected.notes);
    Ok(host)
}

impl From<HostError> for Unread {
    fn from(error: HostError) -> Self {
        Self {
            advice: Some(error.advice()),
            message: error.to_string(),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unread> + Send + 'static,
) -> Result<T, Unread> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Unread {
            message: "reading it failed in a way that was not foreseen".to_owned(),
            advice: Some("Please report this, with the file if it may be shared.".to_owned()),
        })
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>, Unread> {
    let failed = |error: std::io::Error| Unread {
        message: format!("{} can't be read: {error}", path.display()),
        advice: None,
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST_FILE {
        return Err(Unread {
            message: format!(
                "{} is {} MB large, which is more than a registry export",
                path.display(),
                length >> 20
            ),
            advice: Some(
                "Export only the keys that count: a check of any smaller file names those it misses."
                    .to_owned(),
            ),
        });
    }
    std::fs::read(path).map_err(failed)
}

fn export(request: &HostRequest, bytes: &[u8]) -> Result<CheckedHost, Unread> {
    let read = registry_file::read(bytes).map_err(|error| Unread {
        message: error.to_string(),
        advice: None,
    })?;
    let mut host = judged(request, read.source, read.image, request.windows);
    host.report.notes.splice(0..0, read.notes);
    Ok(host)
}

fn judged(
    request: &HostRequest,
    source: HostSource,
    image: RegistryImage,
    windows: Option<WindowsVersion>,
) -> CheckedHost {
    let report = tls::judge(&request.name, &request.source.origin(), source, &image, windows);
    CheckedHost {
        here: request.source == RegistrySource::Host(Via::Local),
        windows,
        image: Arc::new(image),
        report,
    }
}

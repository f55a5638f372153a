//! Endpoints as seen from this machine, which is no host whose registry was read.

use crate::domain::tls::{EndpointReport, HostReport, HostSource, Score};

/// The name of this machine, as far as the system tells it.
pub fn this_machine() -> String {
    let told = if cfg!(windows) {
        std::env::var("COMPUTERNAME").ok()
    } else {
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .or_else(|| std::env::var("HOSTNAME").ok())
    };
    let told = told.map(|name| name.trim().to_owned());
    told.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this machine".to_owned())
}

/// Endpoints as a report of their own: what this machine reaches says nothing about another one.
pub fn wire_report(endpoints: Vec<EndpointReport>, notes: Vec<String>) -> HostReport {
    HostReport {
        host: this_machine(),
        source: HostSource::Wire,
        origin: "this machine".to_owned(),
        windows: None,
        strict: Score::default(),
        strict_agent: Score::default(),
        client_tls12: false,
        client_reason: "no registry was read".to_owned(),
        values: Vec::new(),
        further: Vec::new(),
        endpoints,
        notes,
    }
}

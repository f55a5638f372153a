//! Which hosts and endpoints a check looks at: from options, and from the profile.

use super::arguments::TlsCheckArguments;
use crate::{
    cli::{
        Failure,
        config::{ConfiguredHost, Settings, process_environment},
    },
    domain::{
        Cloud, Endpoints,
        tls::{Endpoint, EndpointRole, WindowsVersion},
    },
    engine::tls_check::{HostRequest, RegistrySource, this_machine},
    host::Via,
    tls::{EndpointList, EndpointNames, endpoint_list},
};

/// Whose endpoints are looked at unless somebody says otherwise.
pub const EVERYBODY: [EndpointRole; 3] = [EndpointRole::Connect, EndpointRole::Agent, EndpointRole::Handover];

/// The hosts that the profile names.
fn hosts_of(settings: &Settings) -> Result<Vec<HostRequest>, Failure> {
    let hosts = settings.hosts(&process_environment)?;
    let request = |host: ConfiguredHost| HostRequest {
        name: host.name,
        source: RegistrySource::Host(host.via),
        windows: None,
    };
    Ok(hosts.into_iter().map(request).collect())
}

/// The hosts that the options name; without any, this machine where it is a Windows, and the profile's hosts.
pub fn hosts(settings: &Settings, arguments: &TlsCheckArguments) -> Result<Vec<HostRequest>, Failure> {
    let mut hosts: Vec<HostRequest> = arguments
        .reg
        .iter()
        .map(|file| HostRequest::file(file.clone(), arguments.windows))
        .collect();
    for text in &arguments.via {
        let via = settings.via(text, &process_environment)?;
        let name = match &via {
            Via::Local => this_machine(),
            Via::Ssh(ssh) => ssh.target().host().to_owned(),
        };
        hosts.push(HostRequest {
            name,
            source: RegistrySource::Host(via),
            windows: arguments.windows,
        });
    }
    if arguments.hosts {
        let named = hosts_of(settings)?;
        if named.is_empty() {
            return Err(Failure::usage("the profile names no hosts")
                .advise("Add sections such as [profile.NAME.hosts.aadc01], or use --via ssh:user@host."));
        }
        hosts.extend(named);
    }
    if hosts.is_empty() && cfg!(windows) {
        hosts.push(here(arguments.windows));
    }
    Ok(hosts)
}

fn here(windows: Option<WindowsVersion>) -> HostRequest {
    HostRequest {
        name: this_machine(),
        source: RegistrySource::Host(Via::Local),
        windows,
    }
}

/// The endpoints of the profile's cloud; of the worldwide one where nothing is configured.
pub fn endpoints(
    settings: &Settings,
    roles: &[EndpointRole],
) -> Result<(EndpointList, Option<String>), Failure> {
    let (endpoints, tenant, note) = match (&settings.profile_name, settings.config_exists) {
        (None, false) => {
            let note =
                "No profile is configured: the endpoints of the worldwide cloud are probed.".to_owned();
            (Endpoints::published(Cloud::Global), None, Some(note))
        }
        _ => {
            let profile = settings.profile(&process_environment)?;
            (Some(profile.endpoints), Some(profile.tenant), None)
        }
    };
    let Some(services) = endpoints else {
        return Ok((EndpointList::default(), note));
    };
    let names = EndpointNames {
        services: &services,
        tenant: tenant.and_then(|tenant| tenant.parse().ok()),
        roles,
    };
    Ok((endpoint_list(&names), note))
}

/// What the cockpit looks at: this machine where it is a Windows, the profile's hosts, all endpoints of its cloud.
pub fn request_of_profile(settings: &Settings) -> Result<(Vec<HostRequest>, Vec<Endpoint>), Failure> {
    let mut found = hosts_of(settings)?;
    let local = |host: &HostRequest| host.source == RegistrySource::Host(Via::Local);
    if cfg!(windows) && !found.iter().any(local) {
        found.insert(0, here(None));
    }
    let (list, _) = endpoints(settings, &EVERYBODY)?;
    Ok((found, list.endpoints))
}

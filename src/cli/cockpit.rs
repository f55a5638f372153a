//! `handover`, `handover tui` and `handover demo`: the cockpit.

use std::{sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::{
    Exit, Failure,
    arguments::{ColorChoice, DemoArguments, Global, GlyphChoice, TuiArguments},
    config::{Settings, process_environment},
    connection::{credentials, sessions},
    info,
    init::NewProfile,
    note, runtime, tls,
};
use crate::{
    cloud::auth::{Credentials, MemoryStore, SecretStore},
    domain::{Endpoints, Profile, SignInMethod},
    engine::{session::CloudSessions, tls_check::CheckRequest},
    sandbox::{Faults, Options, Sandbox, tls_endpoints::TlsEndpoints},
    tls::probe::ProbeOptions,
    tui::{
        self, Glyphs, Keymap, Setup, TABS, Tab, Theme,
        cockpit::{CockpitOptions, ExitReason},
        event_loop::Clock,
        runtime::{Access, CheckSource, ProfileSource, WriteConfiguration},
    },
};

/// Latency of the demo tenant: what a service a continent away feels like, so that progress can be watched.
const DEMO_LATENCY: Duration = Duration::from_millis(250);
/// Requests the demo tenant serves at once.
const DEMO_CONCURRENCY: usize = 8;
/// At the top of the demo's list nothing is in the way of a first handover: 200 rows as they come, or the first 200 users
/// and shared mailboxes, which reach some 215 rows down. What is blocked or there already comes below.
const DEMO_ELIGIBLE_FIRST: usize = 260;

/// The cockpit on the configured profile; the set-up dialog when there is none.
pub fn tui(global: &Global, start: &TuiArguments) -> Result<Exit, Failure> {
    let clock = Clock::start();
    let settings = Settings::load(global, &process_environment)?;
    let profile = match settings.profile(&process_environment) {
        Ok(profile) => Some(profile),
        // Nothing configured at all: the dialog writes the first file. A broken or misnamed profile stays an error.
        Err(_) if settings.profile_name.is_none() && !settings.config_exists => None,
        Err(failure) => return Err(failure),
    };
    let source = match &profile {
        Some(profile) => ProfileSource::Ready(Box::new(Access {
            profile: profile.clone(),
            credentials: credentials(),
            keep: None,
        })),
        None => ProfileSource::None,
    };
    let tenant = Tenant {
        profile,
        source,
        opener: sessions(None),
        data_dir: settings.data_dir.clone(),
        check_source: configured_checks(&settings),
    };
    run(global, &settings, start, tenant, clock)
}

/// The cockpit on an embedded tenant. Its runs live in a temporary folder unless `--data-dir` names one.
pub fn demo(global: &Global, arguments: &DemoArguments) -> Result<Exit, Failure> {
    let clock = Clock::start();
    let settings = Settings::load(
        &Global {
            config: None,
            profile: None,
            ..global.clone()
        },
        &process_environment,
    )?;
    let temporary = match &global.data_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("handover-demo-").tempdir()?),
    };
    let data_dir = temporary
        .as_ref()
        .map_or_else(|| settings.data_dir.clone(), |folder| folder.path().to_path_buf());
    let options = Options {
        mailboxes: arguments.mailboxes,
        seed: arguments.seed,
        eligible_first: DEMO_ELIGIBLE_FIRST,
        latency: DEMO_LATENCY,
        concurrency: DEMO_CONCURRENCY,
        faults: Faults::default(),
        ..Options::default()
    };
    // Agents can be read by people only: where the tour starts there, a person signs in, and the sandbox approves.
    let method = match arguments.start.tab.as_deref().and_then(Tab::named) {
        Some(Tab::Agents) => SignInMethod::DeviceCode,
        _ => SignInMethod::ClientSecret,
    };
    // The first frame must not wait for the tenant: it starts when the first job asks for the profile.
    let source = ProfileSource::Later(Box::pin(async move {
        let failed = |message: String| tui::Failure {
            message,
            ..tui::Failure::default()
        };
        let sandbox = Sandbox::start(options)
            .await
            .map_err(|error| failed(format!("the demo tenant can't start: {error}")))?;
        let ready = sandbox.ready();
        let endpoints = Endpoints::custom(&ready.login, &ready.graph, &ready.exchange)
            .map_err(|error| failed(error.to_string()))?;
        let profile = demo_profile(
            endpoints,
            ready.tenant_id.clone(),
            method,
            method.is_app_only().then(|| ready.client_id.clone()),
        );
        let credentials = Credentials {
            client_secret: Some(SecretString::from(ready.client_secret.clone())),
            ..Credentials::default()
        };
        Ok(Access {
            profile,
            credentials,
            keep: Some(Box::new(sandbox)),
        })
    }));
    let placeholder = Endpoints::custom("http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1/")
        .map_err(|error| Failure::usage(error.to_string()))?;
    let profile = demo_profile(placeholder, "contoso.onmicrosoft.com".to_owned(), method, None);
    // A tenant of an hour leaves nothing in the keyring.
    let store: Arc<dyn SecretStore> = Arc::new(MemoryStore::new("a demo keeps no sign-in"));
    let opener = CloudSessions {
        secret_store: Box::new(move || Arc::clone(&store)),
        ..sessions(None)
    };
    let tenant = Tenant {
        profile: Some(profile),
        source,
        opener,
        data_dir,
        check_source: demo_checks(),
    };
    run(global, &settings, &arguments.start, tenant, clock)
}

/// What a TLS check looks at: the profile says it. Read again at each check, since the set-up dialog may write it.
fn configured_checks(settings: &Settings) -> CheckSource {
    let settings = settings.clone();
    Arc::new(move || {
        let found = tls::request_of_profile(&settings).map_err(|failure| tui::Failure {
            message: failure.message,
            advice: failure.advice,
            ..tui::Failure::default()
        });
        let found =
            found.map(|(hosts, endpoints)| (CheckRequest { hosts, endpoints }, ProbeOptions::default()));
        Box::pin(async move { found })
    })
}

/// Three hosts from exports, and local servers of every kind under the names of real ones.
fn demo_checks() -> CheckSource {
    let servers = Arc::new(tokio::sync::OnceCell::new());
    Arc::new(move || {
        let servers = Arc::clone(&servers);
        Box::pin(async move {
            let servers = servers.get_or_try_init(TlsEndpoints::start).await;
            let servers = servers.map_err(|error| tui::Failure::new(error.to_string()))?;
            Ok(tls::demo_request(servers))
        })
    })
}

fn demo_profile(
    endpoints: Endpoints,
    tenant: String,
    method: SignInMethod,
    client_id: Option<String>,
) -> Profile {
    Profile {
        name: "demo".to_owned(),
        tenant,
        method,
        client_id,
        endpoints,
    }
}

/// What the cockpit works with.
struct Tenant {
    profile: Option<Profile>,
    source: ProfileSource,
    opener: CloudSessions,
    data_dir: std::path::PathBuf,
    check_source: CheckSource,
}

fn run(
    global: &Global,
    settings: &Settings,
    start: &TuiArguments,
    tenant: Tenant,
    clock: Clock,
) -> Result<Exit, Failure> {
    let tab = match &start.tab {
        None => Tab::default(),
        Some(name) => Tab::named(name).ok_or_else(|| {
            let known: Vec<String> = TABS.iter().map(|info| info.title.to_lowercase()).collect();
            Failure::usage(format!("there is no tab `{name}`"))
                .advise(format!("Tabs of this version: {}.", known.join(", ")))
        })?,
    };
    if let Some(filter) = &start.filter
        && tab == Tab::Mailboxes
    {
        super::mailboxes::parse_filter(filter)?;
    }
    let colour = match global.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => process_environment("NO_COLOR").is_none(),
    };
    let theme_name = if colour {
        settings.file.ui.theme.as_deref().unwrap_or("dark")
    } else {
        "mono"
    };
    let theme = Theme::named(theme_name).map_err(|error| Failure::usage(format!("[ui] theme: {error}")))?;
    let keymap = match &settings.file.ui.keymap {
        None => Keymap::standard().map_err(|error| Failure::usage(error.to_string()))?,
        Some(path) => {
            let folder = settings.config_path.parent().unwrap_or(std::path::Path::new("."));
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
            Keymap::with_user(&text).map_err(|error| Failure::file(&path, error))?
        }
    };
    let mut policy = settings.policy;
    policy.read_only = !settings.may_write();
    let options = CockpitOptions {
        settings: tui::Settings {
            profile: tenant.profile,
            policy,
            theme,
            colour,
            glyphs: glyphs(global.glyphs),
            keymap,
            zone: TimeZone::system(),
            filter: start.filter.clone().unwrap_or_default(),
            tab,
        },
        source: tenant.source,
        opener: tenant.opener,
        data_dir: tenant.data_dir,
        write_configuration: writer(global.clone()),
        startup: info::startup(settings),
        check_source: tenant.check_source,
        synchronized: true,
        clock,
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(tui::cockpit::run(options));
    // What writes was waited for; a resolver or a certificate check that hangs in the system outlives its job, and
    // nobody waits for it.
    runtime.shutdown_background();
    let reason = ended.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(match reason {
        ExitReason::Quit => Exit::Done,
        ExitReason::Interrupted { runs } => {
            for run in runs {
                note(&format!(
                    "Run {run} was interrupted. Go on with `handover mailboxes resume {run} --write`."
                ));
            }
            Exit::Interrupted
        }
    })
}

/// Unicode where the terminal is known to draw it.
fn glyphs(choice: GlyphChoice) -> Glyphs {
    let unicode = match choice {
        GlyphChoice::Unicode => true,
        GlyphChoice::Ascii => false,
        // Windows Terminal falls back to other fonts, the classic console does not.
        GlyphChoice::Auto if cfg!(windows) && process_environment("WT_SESSION").is_none() => {
            return Glyphs::CLASSIC_CONSOLE;
        }
        GlyphChoice::Auto if cfg!(windows) => true,
        GlyphChoice::Auto => {
            let plain_terminal = matches!(
                process_environment("TERM").as_deref(),
                None | Some("linux" | "dumb" | "vt100" | "vt220")
            );
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(process_environment)
                .unwrap_or_default();
            let locale = locale.to_ascii_lowercase();
            !plain_terminal && (locale.contains("utf-8") || locale.contains("utf8"))
        }
    };
    if unicode { Glyphs::UNICODE } else { Glyphs::ASCII }
}

/// Writes what the set-up dialog gathered.
fn writer(global: Global) -> WriteConfiguration {
    Arc::new(move |setup: Setup| {
        let failure = |failure: Failure| tui::Failure {
            message: failure.message,
            advice: failure.advice,
            ..tui::Failure::default()
        };
        let new = NewProfile {
            name: setup.tenant.split('.').next().unwrap_or("default").to_owned(),
            cloud: setup.cloud.word().to_owned(),
            tenant: setup.tenant,
            method: setup.method.word().to_owned(),
            client_id: setup.client_id,
            directory: None,
        };
        let settings = new.write(&global, false).map_err(failure)?;
        let profile = settings.profile(&process_environment).map_err(failure)?;
        Ok((profile, settings.config_path.display().to_string()))
    })
}

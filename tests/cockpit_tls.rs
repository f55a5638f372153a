//! The TLS tab: key scripts against the model, and pictures of every state of it.

// Helpers beside tests may fail loudly too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/cockpit.rs"]
mod support;

use std::{path::PathBuf, sync::Arc};

use handover::{
    domain::tls::{
        Certainty, CertificateFacts, Endpoint, EndpointReport, EndpointRole, EndpointSpeech, ProbeOutcome,
        Verdict,
    },
    engine::tls_check::{CheckEvent, CheckedHost, HostRequest, RegistrySource, Unread, check},
    host::{Via, ssh::Ssh},
    sandbox::tls_endpoints::exports,
    tls::probe::ProbeOptions,
    tui::{
        CheckScope, Context, Effect, Failure, Glyphs, JobId, Layer, Model, Msg, Now, Reading, Settings, Tab,
        Theme, TlsEffect, TlsMsg, TlsPane, TlsSubject,
    },
};
use support::*;
use tokio_util::sync::CancellationToken;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

fn tls_settings() -> Settings {
    Settings {
        tab: Tab::Tls,
        ..settings()
    }
}

/// The demo's three servers, and one that could not be read.
fn requests() -> Vec<HostRequest> {
    let mut requests: Vec<HostRequest> = exports()
        .into_iter()
        .map(|export| HostRequest {
            name: export.host.to_owned(),
            source: RegistrySource::Export(Arc::from(export.bytes)),
            windows: None,
        })
        .collect();
    requests.push(HostRequest {
        name: "dc7".into(),
        source: RegistrySource::Host(Via::Ssh(Ssh::new("admin@dc7").unwrap())),
        windows: None,
    });
    requests
}

/// What the engine makes of the demo's exports.
fn judged() -> Vec<CheckedHost> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (sender, mut events) = tokio::sync::mpsc::channel(16);
        let request = handover::engine::tls_check::CheckRequest {
            hosts: requests()[..3].to_vec(),
            endpoints: Vec::new(),
        };
        check(
            request.into(),
            ProbeOptions::default(),
            sender,
            CancellationToken::new(),
        )
        .await;
        let mut hosts = vec![None; 3];
        while let Some(event) = events.recv().await {
            match event {
                CheckEvent::Host(at, host) => hosts[at] = Some(*host.unwrap()),
                other => panic!("{other:?}"),
            }
        }
        hosts.into_iter().flatten().collect()
    })
}

fn endpoint(host: &str, port: u16, required: bool) -> Endpoint {
    Endpoint {
        host: host.into(),
        port,
        speech: if port == 80 {
            EndpointSpeech::Http
        } else {
            EndpointSpeech::Tls
        },
        path: None,
        required,
        roles: vec![EndpointRole::Connect, EndpointRole::Agent],
        purpose: "sign-in".into(),
        certainty: Certainty::Documented,
    }
}

fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint("login.microsoftonline.com", 443, true),
        endpoint("adminwebservice.microsoftonline.com", 443, true),
        endpoint(
            "00000000-0000-0000-0000-000000000001.registration.msappproxy.net",
            443,
            true,
        ),
        endpoint("crl.microsoft.com", 80, true),
        endpoint("login.windows.net", 8080, false),
    ]
}

fn seen(endpoint: &Endpoint, verdict: Verdict, outcome: ProbeOutcome, detail: &str) -> EndpointReport {
    let shaken = matches!(outcome, ProbeOutcome::Reached | ProbeOutcome::Intercepted);
    EndpointReport {
        host: endpoint.host.clone(),
        port: endpoint.port,
        speech: endpoint.speech,
        required: endpoint.required,
        roles: endpoint.roles.clone(),
        purpose: endpoint.purpose.clone(),
        certainty: endpoint.certainty,
        verdict,
        outcome,
        detail: detail.into(),
        addresses: vec!["20.190.160.1".into()],
        proxy: None,
        protocol: shaken.then(|| "TLS 1.3".into()),
        suite: shaken.then(|| "TLS_AES_256_GCM_SHA384".into()),
        issuer: shaken.then(|| "C=US, O=DigiCert Inc, CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1".into()),
        expires: shaken.then(|| "2027-03-01T23:59:59Z".into()),
        public_trust: shaken.then(|| "trusted".into()),
        system_trust: shaken.then(|| "trusted".into()),
        chain: match shaken {
            true => vec![CertificateFacts {
                subject: format!("CN={}", endpoint.host),
                issuer: "C=US, O=DigiCert Inc, CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1".into(),
                not_before: Some("2026-09-01T00:00:00Z".into()),
                not_after: Some("2027-03-01T23:59:59Z".into()),
            }],
            false => Vec::new(),
        },
        old_protocols: Vec::new(),
        schannel: None,
        clock_ahead_seconds: None,
        milliseconds: 47,
    }
}

fn tls_job(cockpit: &Cockpit) -> JobId {
    cockpit.job(|effect| match effect {
        Effect::Tls(
            TlsEffect::Check { job, .. } | TlsEffect::SaveFix { job, .. } | TlsEffect::ApplyFix { job, .. },
        ) => Some(*job),
        _ => None,
    })
}

fn tell(cockpit: &mut Cockpit, event: CheckEvent) {
    let job = tls_job(cockpit);
    cockpit.send(Msg::Tls(TlsMsg::Told { job, event }));
}

/// Just opened: the check has begun, nothing is known.
fn opened(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = Cockpit::signed_in(settings, size);
    let job = tls_job(&cockpit);
    cockpit.send(Msg::Tls(TlsMsg::Begun {
        job,
        found: Ok((requests(), endpoints())),
    }));
    cockpit.wait(10_000);
    cockpit
}

/// Hosts are read, endpoints are coming.
fn under_way(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = opened(settings, size);
    for (at, host) in judged().into_iter().enumerate() {
        tell(&mut cockpit, CheckEvent::Host(at, Ok(Box::new(host))));
    }
    let endpoints = endpoints();
    let reports = [
        seen(
            &endpoints[0],
            Verdict::Ok,
            ProbeOutcome::Reached,
            "Reached over TLS 1.3.",
        ),
        seen(
            &endpoints[1],
            Verdict::Fail,
            ProbeOutcome::Intercepted,
            "Someone on the way opens this connection: the certificate is signed by Contoso Web Gateway.",
        ),
        seen(
            &endpoints[3],
            Verdict::Warn,
            ProbeOutcome::PageInstead,
            "A web page stands where a list was asked for.",
        ),
    ];
    for (at, report) in [0, 1, 3].into_iter().zip(reports) {
        tell(&mut cockpit, CheckEvent::Endpoint(at, Box::new(report)));
    }
    cockpit
}

/// All is known.
fn checked(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = under_way(settings, size);
    let endpoints = endpoints();
    tell(
        &mut cockpit,
        CheckEvent::Host(
            3,
            Err(Unread {
                message: "admin@dc7: its ssh host key is not known here".into(),
                advice: Some("Run `ssh admin@dc7` once in a terminal and compare the fingerprint.".into()),
            }),
        ),
    );
    for (at, outcome) in [(2, ProbeOutcome::Silent), (4, ProbeOutcome::Refused)] {
        let verdict = if at == 2 { Verdict::Fail } else { Verdict::Info };
        let report = seen(&endpoints[at], verdict, outcome, "Nothing was said within 10 s.");
        tell(&mut cockpit, CheckEvent::Endpoint(at, Box::new(report)));
    }
    tell(
        &mut cockpit,
        CheckEvent::Notes(vec![
            "A handshake here does not prove that Windows' own TLS can do it.".into(),
        ]),
    );
    let job = tls_job(&cockpit);
    cockpit.send(Msg::Tls(TlsMsg::Ended { job, result: Ok(()) }));
    cockpit.wait(10_000);
    cockpit.effects.clear();
    cockpit
}

/// The first host is this machine.
fn here(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = checked(settings, size);
    cockpit.press("R");
    let job = tls_job(&cockpit);
    let mut requests = requests();
    requests.truncate(1);
    cockpit.send(Msg::Tls(TlsMsg::Begun {
        job,
        found: Ok((requests, Vec::new())),
    }));
    let host = CheckedHost {
        here: true,
        ..judged().pop().unwrap()
    };
    tell(&mut cockpit, CheckEvent::Host(0, Ok(Box::new(host))));
    cockpit.send(Msg::Tls(TlsMsg::Ended { job, result: Ok(()) }));
    cockpit.wait(10_000);
    cockpit.effects.clear();
    cockpit
}

fn large() -> Cockpit {
    checked(tls_settings(), LARGE)
}

fn note(cockpit: &Cockpit) -> String {
    cockpit
        .model
        .notes
        .history()
        .back()
        .map_or_else(String::new, |note| note.text.clone())
}

#[test]
fn the_tab_checks_by_itself_when_it_is_first_shown_and_without_a_sign_in() {
    let mut cockpit = Cockpit::started(settings(), LARGE);
    assert!(cockpit.model.tls.job.is_none());
    cockpit.press("5");
    assert_eq!(cockpit.model.tab, Tab::Tls);
    assert!(cockpit.model.session.identity.is_none());
    let begun = |cockpit: &Cockpit| {
        let check = |effect: &&Effect| {
            matches!(
                effect,
                Effect::Tls(TlsEffect::Check {
                    scope: CheckScope::Everything,
                    ..
                })
            )
        };
        cockpit.effects.iter().filter(check).count()
    };
    assert_eq!(begun(&cockpit), 1);
    cockpit.press("4 5");
    assert_eq!(begun(&cockpit), 1, "what is known stays");
}

#[test]
fn without_a_profile_the_tab_opens_all_the_same() {
    let settings = Settings {
        profile: None,
        ..tls_settings()
    };
    let cockpit = Cockpit::started(settings, LARGE);
    assert!(cockpit.model.layers.is_empty(), "no set-up dialog in the way");
    assert!(cockpit.model.tls.is_busy());
}

#[test]
fn a_check_at_work_is_not_begun_twice() {
    let mut cockpit = opened(tls_settings(), LARGE);
    cockpit.effects.clear();
    cockpit.press("R");
    assert!(cockpit.effects.is_empty());
    assert!(
        note(&cockpit).contains("a check is at work"),
        "{}",
        note(&cockpit)
    );
}

#[test]
fn answers_of_an_earlier_check_are_dropped() {
    let mut cockpit = large();
    let report = seen(&endpoints()[0], Verdict::Fail, ProbeOutcome::Reset, "cut");
    cockpit.send(Msg::Tls(TlsMsg::Told {
        job: JobId(1),
        event: CheckEvent::Endpoint(0, Box::new(report)),
    }));
    assert_eq!(
        cockpit.model.tls.endpoints[0].report.as_ref().unwrap().verdict,
        Verdict::Ok
    );
}

#[test]
fn values_follow_the_host_under_the_cursor() {
    let mut cockpit = large();
    assert!(
        cockpit
            .model
            .tls
            .values()
            .take(8)
            .all(|value| value.verdict == Verdict::Ok)
    );
    cockpit.press("j j");
    let failing = cockpit
        .model
        .tls
        .values()
        .filter(|value| value.verdict == Verdict::Fail)
        .count();
    assert!(failing >= 4, "{failing}");
    cockpit.press("tab j j enter");
    assert!(matches!(
        cockpit.model.tls.screen.as_ref().map(|screen| &screen.subject),
        Some(TlsSubject::Value(2, 2))
    ));
    cockpit.press("esc");
    assert!(cockpit.model.tls.screen.is_none());
}

#[test]
fn findings_stand_first_and_the_cursor_goes_with_its_endpoint() {
    let mut cockpit = under_way(tls_settings(), LARGE);
    let order =
        |cockpit: &Cockpit| -> Vec<usize> { cockpit.model.tls.shown_endpoints().map(|(at, _)| at).collect() };
    assert_eq!(order(&cockpit), [1, 3, 0, 2, 4]);
    cockpit.press("tab tab j");
    assert_eq!(cockpit.model.tls.subject(), Some(TlsSubject::Endpoint(3)));
    let report = seen(&endpoints()[2], Verdict::Fail, ProbeOutcome::Silent, "silent");
    tell(&mut cockpit, CheckEvent::Endpoint(2, Box::new(report)));
    assert_eq!(order(&cockpit), [1, 2, 3, 0, 4]);
    assert_eq!(cockpit.model.tls.subject(), Some(TlsSubject::Endpoint(3)));
}

#[test]
fn a_file_is_read_beside_the_others_and_can_be_forgotten() {
    let mut cockpit = large();
    cockpit.press("i").type_text("/srv/export.reg");
    cockpit.press("enter");
    let asked = cockpit.effects.iter().find_map(|effect| match effect {
        Effect::Tls(TlsEffect::Check { scope, files, .. }) => Some((scope.clone(), files.clone())),
        _ => None,
    });
    let path = PathBuf::from("/srv/export.reg");
    let request = HostRequest::file(path.clone(), None);
    assert_eq!(asked, Some((CheckScope::Host(request.clone()), vec![path])));
    let job = tls_job(&cockpit);
    let mut all = requests();
    all.push(request);
    cockpit.send(Msg::Tls(TlsMsg::Begun {
        job,
        found: Ok((all, endpoints())),
    }));
    assert!(
        matches!(cockpit.model.tls.hosts[0].reading, Reading::Read(_)),
        "what is known stays"
    );
    cockpit.press("G delete");
    assert_eq!(cockpit.model.tls.hosts.len(), 5, "not while it is being read");
    cockpit.send(Msg::Tls(TlsMsg::Ended { job, result: Ok(()) }));
    cockpit.press("delete");
    assert_eq!(cockpit.model.tls.hosts.len(), 4);
    assert!(cockpit.model.tls.files.is_empty());
    cockpit.press("G delete");
    assert!(note(&cockpit).contains("only files"), "{}", note(&cockpit));
}

#[test]
fn the_fix_shows_exactly_what_is_missing_and_is_saved_with_its_undo() {
    let mut cockpit = large();
    cockpit.press("f");
    assert!(
        cockpit.screen().contains("Nothing to change"),
        "{}",
        cockpit.screen()
    );
    cockpit.press("s");
    assert!(note(&cockpit).contains("nothing to change"), "{}", note(&cockpit));
    cockpit.press("esc j f");
    let Some(Layer::Fix(screen)) = cockpit.model.layers.last() else {
        panic!("no fix");
    };
    assert_eq!(screen.changes.len(), 7);
    cockpit.press("s enter");
    let path = cockpit.effects.iter().find_map(|effect| match effect {
        Effect::Tls(TlsEffect::SaveFix { path, .. }) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(path.as_deref(), Some("aadc02-tls-fix.ps1"));
    let job = tls_job(&cockpit);
    cockpit.send(Msg::Tls(TlsMsg::FixSaved {
        job,
        result: Ok(("/x/aadc02-tls-fix.ps1".into(), "/x/aadc02-tls-undo.ps1".into())),
    }));
    assert!(cockpit.screen().contains("/x/aadc02-tls-undo.ps1"));
}

#[test]
fn a_fix_is_applied_to_this_machine_only_in_write_mode_and_after_a_typed_phrase() {
    let mut cockpit = large();
    cockpit.press("j f a");
    assert!(
        note(&cockpit).contains("only this machine's registry"),
        "{}",
        note(&cockpit)
    );
    let mut cockpit = here(tls_settings(), LARGE);
    cockpit.press("f a");
    assert!(note(&cockpit).contains("read-only"), "{}", note(&cockpit));
    cockpit.model.settings.policy.read_only = false;
    cockpit.press("a enter");
    let applied = |cockpit: &Cockpit| {
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Tls(TlsEffect::ApplyFix { .. })))
    };
    assert!(!applied(&cockpit), "an empty line is no confirmation");
    cockpit.type_text("AGENT01 5");
    cockpit.press("enter");
    assert!(applied(&cockpit), "{}", cockpit.screen());
    let job = tls_job(&cockpit);
    cockpit.effects.clear();
    cockpit.send(Msg::Tls(TlsMsg::FixApplied {
        job,
        result: Ok(Some("/data/agent01.reg".into())),
    }));
    assert!(cockpit.screen().contains("/data/agent01.reg"));
    let again = |effect: &Effect| matches!(effect, Effect::Tls(TlsEffect::Check { .. }));
    assert!(cockpit.effects.iter().any(again), "what was set is read again");
}

#[test]
fn a_check_that_can_not_begin_says_why() {
    let mut cockpit = Cockpit::signed_in(tls_settings(), LARGE);
    let job = tls_job(&cockpit);
    let failure = Failure::new("host `aadc01` has via = \"ssh\" but no target");
    cockpit.send(Msg::Tls(TlsMsg::Begun {
        job,
        found: Err(failure.clone()),
    }));
    cockpit.send(Msg::Tls(TlsMsg::Ended {
        job,
        result: Err(failure),
    }));
    assert!(!cockpit.model.tls.is_busy());
    assert!(cockpit.screen().contains("but no target"), "{}", cockpit.screen());
}

#[test]
fn the_filter_goes_over_hosts_and_endpoints() {
    let mut cockpit = large();
    cockpit.press("/").type_text("msapp");
    cockpit.press("enter");
    assert_eq!(cockpit.model.tls.length(TlsPane::Endpoints), 1);
    assert_eq!(cockpit.model.tls.length(TlsPane::Hosts), 0);
    cockpit.press("esc");
    assert_eq!(cockpit.model.tls.length(TlsPane::Hosts), 4);
    assert_eq!(cockpit.model.context(), Context::Tls);
}

#[test]
fn an_idle_tab_needs_no_timer() {
    let cockpit = large();
    assert_eq!(cockpit.model.wake_at(), None);
    let _: (&Model, Now) = (&cockpit.model, cockpit.now());
}

/// Plain ASCII without colour on the small screen, Unicode on the large one; both again with their colours.
fn pictures(name: &str, make: impl Fn(Settings, (u16, u16)) -> Cockpit, keys: &str) {
    for (size, glyphs) in [(SMALL, Glyphs::ASCII), (LARGE, Glyphs::UNICODE)] {
        let settings = Settings {
            glyphs,
            ..tls_settings()
        };
        let mut cockpit = make(settings, size);
        cockpit.press(keys);
        let screen = cockpit.screen();
        if size == SMALL {
            assert!(screen.is_ascii(), "{name} holds more than ASCII:\n{screen}");
        }
        let (columns, rows) = size;
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), screen);
        });
        let settings = Settings {
            glyphs,
            theme: Theme::named("dark").unwrap(),
            ..tls_settings()
        };
        let mut cockpit = make(settings, size);
        cockpit.press(keys);
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}-{columns}x{rows}-dark"), cockpit.styled());
        });
    }
}

#[test]
fn pictures_of_the_tab() {
    pictures("tls-begun", opened, "");
    pictures("tls-under-way", under_way, "");
    pictures("tls", checked, "");
    pictures("tls-missing", checked, "j");
    pictures("tls-unread", checked, "G");
    pictures("tls-endpoints", checked, "tab tab j");
}

#[test]
fn pictures_of_what_is_shown_in_full() {
    pictures("tls-host", checked, "j j enter");
    pictures("tls-value", checked, "j j tab j enter");
    pictures("tls-endpoint", checked, "tab tab enter");
    pictures("tls-fix", checked, "j j f");
    pictures("tls-help", checked, "?");
    pictures(
        "tls-apply",
        |settings, size| {
            let mut cockpit = here(settings, size);
            cockpit.model.settings.policy.read_only = false;
            cockpit
        },
        "f a",
    );
}

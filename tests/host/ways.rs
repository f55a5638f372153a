//! Answers that arrive: through arguments and standard input, through noise, through a jump host, from many hosts.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use handover::{
    domain::{
        registry::{KeyPath, Lookup, RegistryData},
        tls::WindowsVersion,
    },
    host::{HostError, Limits, Via, collect, collect_all, powershell},
};
use tokio_util::sync::CancellationToken;

use super::{
    reading_script::is_well_formed,
    server::{Server, install},
};

const CLIENT: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";
const NET: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";
const DENIED: &str = r"HKLM\SECURITY";
const ODD: &str = "HKLM\\SOFTWARE\\Jörg's \u{2019}key";

fn keys() -> Vec<KeyPath> {
    [CLIENT, NET, DENIED, ODD]
        .iter()
        .map(|path| KeyPath::new(path))
        .collect()
}

async fn read(server: &Server, target: &str) -> Result<handover::host::CollectedHost, HostError> {
    collect(
        &Via::Ssh(server.ssh(target)),
        &keys(),
        Limits::default(),
        &CancellationToken::new(),
    )
    .await
}

#[tokio::test]
async fn values_arrive_with_type_state_and_every_character() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    let host = read(&server, "open").await.unwrap();
    assert_eq!(host.name, "AADC01");
    assert_eq!(host.windows, Some(WindowsVersion::Server2022));
    assert_eq!(host.build, Some(20348));
    assert_eq!(host.product.as_deref(), Some("Windows Server 2022 Standard"));
    assert!(host.notes.is_empty(), "{:?}", host.notes);
    let look = |path: &str, name: &str| host.image.lookup(&KeyPath::new(path), name);
    assert_eq!(
        host.image.data(&KeyPath::new(CLIENT), "Enabled"),
        Some(&RegistryData::Dword(u32::MAX))
    );
    assert_eq!(look(NET, "SchUseStrongCrypto"), Lookup::Missing);
    assert_eq!(look(DENIED, "x"), Lookup::Denied);
    assert_eq!(
        host.image.data(&KeyPath::new(ODD), "Näme"),
        Some(&RegistryData::Text("ü\"".into()))
    );
    let version = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    assert!(matches!(look(version, "UBR"), Lookup::Found(_)));
    assert_eq!(look(version, "DigitalProductId"), Lookup::Missing);
    // The script was too long for a command line of cmd.exe.
    assert_eq!(server.deliveries(), ["input"]);
    let script = server.script();
    assert!(script.contains(r"'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319'"));
    assert!(script.contains(r"('HKEY_LOCAL_MACHINE\SOFTWARE\J'+[char]246+'rg''s '+[char]8217+'key')"));
    assert!(script.is_ascii());
    assert!(is_well_formed(&script), "{script}");
    let reader = server.command();
    assert!(reader.contains("$input") && is_well_formed(&reader), "{reader}");
}

#[tokio::test]
async fn a_short_script_travels_as_an_argument() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    server.answer(r#"[{"x":"\u00e4"}]"#);
    let script = powershell::Script::new("'[]'").texts("Names", ["a'b; rm -rf /", "$(whoami)", "%PATH%"]);
    let answer = powershell::run(
        &Via::Ssh(server.ssh("open")),
        &script,
        Limits::default(),
        &CancellationToken::new(),
    )
    .await
    .unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap()[0]["x"], "ä");
    assert_eq!(server.deliveries(), ["argument"]);
    assert!(is_well_formed(&server.command()));
    assert!(
        server
            .script()
            .contains("$Names=@('a''b; rm -rf /','$(whoami)','%PATH%')\n'[]'")
    );
}

#[tokio::test]
async fn noise_before_behind_and_beside_the_answer_does_no_harm() {
    let behaviour = r#"
echo 'Welcome! Your log-on script says {"format":2}'
echo '#< CLIXML' >&2
echo '<Objs Version="1.1.0.1"><Obj S="progress"><AV>Preparing modules</AV></Obj><S S="Warning">odd_x000D__x000A_</S></Objs>' >&2
head -c 52428800 /dev/zero | tr '\0' e >&2
answer
echo 'bye <0123 >'
exit 3
"#;
    let Some(server) = Server::start(behaviour) else {
        return;
    };
    assert_eq!(read(&server, "open").await.unwrap().name, "AADC01");
}

#[tokio::test]
async fn the_newer_powershell_alone_is_found() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    fs::remove_file(server.far().join("powershell.exe")).unwrap();
    install(&server.far().join("pwsh"));
    assert_eq!(read(&server, "open").await.unwrap().name, "AADC01");
}

#[tokio::test]
async fn the_accounts_configuration_applies() {
    let Some(server) = Server::start("answer") else {
        return;
    };
    assert_eq!(read(&server, "commanded").await.unwrap().name, "AADC01");
    let before = server.log().matches("Accepted publickey").count();
    assert_eq!(read(&server, "behind").await.unwrap().name, "AADC01");
    // The jump host and, through it, the target.
    let after = server.log().matches("Accepted publickey").count();
    assert_eq!(after - before, 2);
}

#[tokio::test]
async fn many_hosts_are_read_side_by_side_but_not_all_at_once() {
    let behaviour = r#"
echo start >>"$here/visits"
sleep 0.7
echo end >>"$here/visits"
answer
"#;
    let Some(server) = Server::start(behaviour) else {
        return;
    };
    let hosts: Vec<Via> = (0..20)
        .map(|number| {
            let name = if number == 7 { "stranger" } else { "open" };
            Via::Ssh(server.ssh(name))
        })
        .collect();
    let keys = keys();
    let cancel = CancellationToken::new();
    let results: Vec<_> = collect_all(&hosts, &keys, Limits::default(), &cancel)
        .collect()
        .await;
    let places: BTreeSet<usize> = results.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, (0..20).collect());
    for (place, result) in &results {
        assert_eq!(result.is_err(), *place == 7, "{place}: {result:?}");
    }
    let visits = fs::read_to_string(server.far().join("visits")).unwrap();
    let mut now = 0;
    let mut most = 0;
    for line in visits.lines() {
        now += if line == "start" { 1 } else { -1 };
        most = most.max(now);
    }
    assert!((2..=8).contains(&most), "{most} at once");
}

#[tokio::test]
async fn a_cancelled_round_ends_soon_and_leaves_nothing_running() {
    let Some(server) = Server::start("sleep 30") else {
        return;
    };
    let hosts: Vec<Via> = ["open", "behind", "open", "behind"]
        .map(|name| Via::Ssh(server.ssh(name)))
        .into_iter()
        .collect();
    let keys = keys();
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        later.cancel();
    });
    let started = Instant::now();
    let results: Vec<_> = collect_all(&hosts, &keys, Limits::default(), &cancel)
        .collect()
        .await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(results.len(), 4);
    for (_, result) in results {
        assert!(matches!(result, Err(HostError::Cancelled { .. })), "{result:?}");
    }
    // The ssh to a jump host ends by itself when the one it serves is gone.
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.clients() > 0 {
        assert!(Instant::now() < deadline, "{} left running", server.clients());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

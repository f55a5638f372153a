//! Registry exports of three servers: everything set, values missing, TLS 1.2 switched off. Written as `reg export`
//! writes them: UTF-16 with a byte order mark and CRLF (facts/connect section 5.3).

/// An export and the server it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Name of the server.
    pub host: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

const WOW: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319";
const NET: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";
const RELEASE: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
const WINDOWS: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const SCHANNEL: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL";
const SUITES: &str =
    r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002";
const FIPS: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy";

/// A dword as it stands in a file.
fn dword(number: u32) -> String {
    format!("dword:{number:08x}")
}

/// Texts as they stand in a file: UTF-16, each ended by a zero, one more at the end.
fn texts(texts: &[&str]) -> String {
    let mut bytes: Vec<String> = Vec::new();
    let units = texts
        .iter()
        .flat_map(|text| text.encode_utf16().chain([0]))
        .chain([0]);
    for unit in units {
        let [low, high] = unit.to_le_bytes();
        bytes.extend([format!("{low:02x}"), format!("{high:02x}")]);
    }
    format!("hex(7):{}", bytes.join(","))
}

fn text(text: &str) -> String {
    format!("\"{text}\"")
}

/// What every server has: which Windows, which .NET, which suites.
fn common(product: &str, build: &str, release: u32) -> Vec<(String, Vec<(&'static str, String)>)> {
    let suites = [
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ];
    vec![
        (
            WINDOWS.to_owned(),
            vec![("ProductName", text(product)), ("CurrentBuild", text(build))],
        ),
        (RELEASE.to_owned(), vec![("Release", dword(release))]),
        (SUITES.to_owned(), vec![("Functions", texts(&suites))]),
        (FIPS.to_owned(), vec![("Enabled", dword(0))]),
    ]
}

fn framework(system_default: u32, strong: u32) -> Vec<(&'static str, String)> {
    vec![
        ("SystemDefaultTlsVersions", dword(system_default)),
        ("SchUseStrongCrypto", dword(strong)),
    ]
}

fn protocol(enabled: u32, by_default: u32) -> Vec<(&'static str, String)> {
    vec![
        ("Enabled", dword(enabled)),
        ("DisabledByDefault", dword(by_default)),
    ]
}

fn export(host: &'static str, keys: Vec<(String, Vec<(&'static str, String)>)>) -> Export {
    let mut file = "Windows Registry Editor Version 5.00\r\n".to_owned();
    for (key, values) in keys {
        file.push_str(&format!("\r\n[{key}]\r\n"));
        for (name, data) in values {
            file.push_str(&format!("\"{name}\"={data}\r\n"));
        }
    }
    file.push_str("\r\n");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(file.encode_utf16().flat_map(u16::to_le_bytes));
    Export { host, bytes }
}

/// The three of them.
pub fn exports() -> Vec<Export> {
    let good = || framework(1, 1);
    let tls12 = |side: &str| format!(r"{SCHANNEL}\Protocols\TLS 1.2\{side}");
    let mut all_set = common("Windows Server 2022 Standard", "20348", 533_320);
    all_set.extend([
        (WOW.to_owned(), good()),
        (NET.to_owned(), good()),
        (SCHANNEL.to_owned(), Vec::new()),
        (tls12("Server"), protocol(1, 0)),
        // Any value but zero switches it on; this is how Microsoft's own tools write it.
        (tls12("Client"), protocol(0xffff_ffff, 0)),
    ]);
    let mut missing = common("Windows Server 2016 Standard", "14393", 461_814);
    missing.extend([
        (WOW.to_owned(), Vec::new()),
        (NET.to_owned(), vec![("SchUseStrongCrypto", dword(1))]),
        (SCHANNEL.to_owned(), Vec::new()),
    ]);
    let mut disabled = common("Windows Server 2019 Standard", "17763", 528_049);
    disabled.extend([
        (WOW.to_owned(), framework(0, 0)),
        (
            NET.to_owned(),
            vec![
                ("SystemDefaultTlsVersions", text("1")),
                ("SchUseStrongCrypto", dword(1)),
            ],
        ),
        (SCHANNEL.to_owned(), Vec::new()),
        (tls12("Server"), protocol(1, 0)),
        (tls12("Client"), protocol(0, 1)),
    ]);
    vec![
        export("AADC01", all_set),
        export("AADC02", missing),
        export("AGENT01", disabled),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_what_a_windows_server_writes() {
        let all = exports();
        assert_eq!(all.len(), 3);
        for export in &all {
            assert_eq!(export.bytes[..2], [0xff, 0xfe]);
            let units: Vec<u16> = export.bytes[2..]
                .chunks(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            let text = String::from_utf16(&units).unwrap();
            assert!(text.starts_with("Windows Registry Editor Version 5.00\r\n\r\n["));
            assert!(text.lines().all(|line| line.len() < 4_000));
        }
    }
}

//! Verdicts for 200 hosts from files, beside reading the same bytes and decoding their text.
//!
//! `cargo bench --bench tls`. Ends with exit code 1 when the limit is missed.

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use encoding_rs::{Encoding, UTF_8};
use handover::{
    domain::{
        registry::{KeyPath, RegistryData, RegistryEdit, RegistryImage, registry_file},
        tls::HostReport,
    },
    host, tls,
};

const HOSTS: usize = 200;
const LIMIT: Duration = Duration::from_millis(200);
/// Values of other programs beside those that matter, as an export of whole branches has them.
const OTHER_VALUES: usize = 400;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            println!("no folder for the files: {error}");
            return ExitCode::FAILURE;
        }
    };
    let files = match write_files(folder.path()) {
        Ok(files) => files,
        Err(error) => {
            println!("the files could not be written: {error}");
            return ExitCode::FAILURE;
        }
    };
    let bytes: u64 = files
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.len())
        .sum();
    let (mut ours, mut anchor, mut findings) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let reports: Vec<HostReport> = files.iter().filter_map(|file| report(file)).collect();
        ours.push(start.elapsed());
        if reports.len() != HOSTS {
            println!("{} of {HOSTS} files were read", reports.len());
            return ExitCode::FAILURE;
        }
        findings = reports
            .iter()
            .filter(|report| report.worst().is_finding())
            .count();
        let start = Instant::now();
        for file in &files {
            black_box(decode(file));
        }
        anchor.push(start.elapsed());
    }
    let (ours, anchor) = (median(ours), median(anchor));
    let reached = ours <= LIMIT;
    println!(
        "{}  verdicts for {HOSTS} hosts from {:.1} MB of files: {ours:.1?} (limit {LIMIT:?}), {findings} of them with findings; \
         anchor: reading and decoding the same files: {anchor:.1?}, ratio {:.1}",
        if reached { "reached" } else { "MISSED" },
        bytes as f64 / 1e6,
        ours.as_secs_f64() / anchor.as_secs_f64(),
    );
    ExitCode::from(u8::from(!reached))
}

fn report(file: &Path) -> Option<HostReport> {
    let bytes = fs::read(file).ok()?;
    let read = host::registry_file::read(&bytes).ok()?;
    let name = file.file_name()?.to_str()?;
    Some(tls::judge(name, name, read.source, &read.image, None))
}

fn decode(file: &Path) -> Option<usize> {
    let bytes = fs::read(file).ok()?;
    let (encoding, start) = Encoding::for_bom(&bytes).unwrap_or((UTF_8, 0));
    let (text, _) = encoding.decode_without_bom_handling(bytes.get(start..)?);
    Some(text.len())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One file per host, in turn as export, as output of `reg query` and as output of Microsoft's script; every third host lacks
/// values.
fn write_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for host in 0..HOSTS {
        let image = image(host);
        let (ending, bytes) = match host % 4 {
            0 | 1 => ("reg", registry_file(&image.edits(), &[])),
            2 => ("txt", query(&image).into_bytes()),
            _ => ("csv", script(&image).into_bytes()),
        };
        let file = folder.join(format!("host{host}.{ending}"));
        fs::write(&file, bytes)?;
        files.push(file);
    }
    Ok(files)
}

fn image(host: usize) -> RegistryImage {
    let mut image = RegistryImage::new();
    for key in tls::wanted_keys() {
        image.cover(&key);
    }
    for requirement in tls::requirements() {
        if host % 3 != 0 || requirement.agent {
            image.set(&requirement.key(), requirement.name, requirement.remedy());
        }
    }
    let other = KeyPath::new(r"HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers");
    for number in 0..OTHER_VALUES {
        let key = other.child(&format!("Provider {}", number / 10));
        let data = match number % 3 {
            0 => RegistryData::Dword(u32::try_from(number).unwrap_or_default()),
            1 => RegistryData::Text(format!("value {number} of host {host}")),
            _ => RegistryData::Binary(vec![7; 24]),
        };
        image.set(&key, &format!("Name {number}"), data);
    }
    image
}

fn query(image: &RegistryImage) -> String {
    let mut text = String::new();
    for edit in image.edits() {
        match edit {
            RegistryEdit::CreateKey(key) => text.push_str(&format!("\r\n{}\r\n", key.long())),
            RegistryEdit::SetValue { name, data, .. } => {
                let shown = match &data {
                    RegistryData::Dword(number) => format!("{number:#x}"),
                    RegistryData::Text(text) => text.clone(),
                    other => other.bytes().iter().map(|byte| format!("{byte:02X}")).collect(),
                };
                text.push_str(&format!("    {name}    {}    {shown}\r\n", data.type_name()));
            }
            RegistryEdit::DeleteValue { .. } | RegistryEdit::DeleteKey(_) => {}
        }
    }
    text.push_str("\r\n");
    text
}

fn script(image: &RegistryImage) -> String {
    let mut text = String::from("\"Path\",\"Name\",\"Value\"\r\n");
    for requirement in tls::requirements() {
        let value = match image.data(&requirement.key(), requirement.name) {
            Some(RegistryData::Dword(number)) => number.to_string(),
            _ => "Not Found".to_owned(),
        };
        text.push_str(&format!(
            "\"{}\",\"{}\",\"{value}\"\r\n",
            requirement.key().drive(),
            requirement.name
        ));
    }
    text
}

//! Output of Microsoft's TLS script as CSV, table and list: every shape ends, and what one shape tells of an object the
//! others tell too.
#![no_main]

use handover::{
    domain::{registry::RegistryImage, tls::HostSource},
    host::registry_file::read,
};
use handover_fuzz::{assert_all_clean, bounded, choice};
use libfuzzer_sys::fuzz_target;

const STARTS: [&str; 5] = [
    "Path,Name,Value\n",
    "\"Path\";\"Name\";\"Value\"\r\n",
    "#TYPE X\n\"Path\"\t\"Name\"\t\"Value\"\n",
    "Path                 Name       Value\n----                 ----       -----\n",
    "Path : HKLM:\\A\n",
];

fn told(bytes: &[u8]) -> RegistryImage {
    let Ok(told) = read(bytes) else {
        panic!("the header makes it output of the script");
    };
    assert_eq!(told.source, HostSource::MicrosoftScript);
    assert_all_clean(&told.notes);
    told.image
}

fuzz_target!(|bytes: &[u8]| {
    let (start, rest) = choice(bytes);
    if rest.contains(&0) {
        return;
    }
    bounded(rest.len(), || {
        let start = STARTS[start % STARTS.len()];
        told(&[start.as_bytes(), rest].concat());
        // One object made of plain words.
        let word = |part: usize| -> String {
            let part = rest.split(|byte| *byte == b'\n').nth(part).unwrap_or_default();
            part.iter()
                .copied()
                .filter(u8::is_ascii_alphanumeric)
                .take(20)
                .map(char::from)
                .collect()
        };
        let (key, name, value) = (word(0), word(1), word(2));
        if key.is_empty() || name.is_empty() || value.is_empty() {
            return;
        }
        let csv = told(format!("Path,Name,Value\nHKLM:\\{key},{name},{value}\n").as_bytes());
        let table =
            told(format!("Path Name Value\n---- ---- -----\nHKLM:\\{key} {name} {value}\n").as_bytes());
        let list = told(format!("Path  : HKLM:\\{key}\nName  : {name}\nValue : {value}\n").as_bytes());
        assert_eq!(csv, table);
        assert_eq!(csv, list);
    });
});

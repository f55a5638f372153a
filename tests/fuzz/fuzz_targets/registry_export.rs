//! Registry exports: what is read can be written and read again, and a remedy leads there and back.
#![no_main]

use handover::{
    domain::{
        registry::{RegistryImage, registry_file},
        tls::HostSource,
    },
    host::registry_file::read,
    tls::{self, remediation},
};
use handover_fuzz::{assert_all_clean, bounded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    bounded(bytes.len(), || {
        let Ok(told) = read(&[b"Windows Registry Editor Version 5.00\n", bytes].concat()) else {
            panic!("the header alone makes it an export");
        };
        assert_eq!(told.source, HostSource::RegFile);
        assert_all_clean(&told.notes);
        // Where nothing is told every remedy is the same, and the tests have it.
        if told.image.keys().next().is_some() {
            assert_writable(&told.image);
            assert_there_and_back(told.image);
        }
    });
});

/// What is written is read back, as long as no name breaks its line.
fn assert_writable(image: &RegistryImage) {
    let breaks = |text: &str| text.contains(['\r', '\n', '\0', ']', '\u{feff}']);
    if image
        .keys()
        .any(|key| breaks(key.as_str()) || key.as_str().trim() != key.as_str())
        || image.values().any(|(_, value)| breaks(&value.name))
    {
        return;
    }
    let Ok(again) = read(&registry_file(&image.edits(), &[])) else {
        panic!("what is written is an export");
    };
    assert!(image.values().eq(again.image.values()), "{:?}", again.notes);
}

fn assert_there_and_back(image: RegistryImage) {
    let remedy = remediation::plan(&image);
    let _ = (
        remedy.script(remediation::Format::PowerShell),
        remedy.undo(remediation::Format::Registry),
    );
    let mut changed = image.clone();
    for edit in remedy.edits() {
        changed.apply(&edit);
    }
    let unseen = remedy
        .notes()
        .iter()
        .filter(|note| note.ends_with("left alone."))
        .count();
    let met = tls::requirements()
        .iter()
        .filter(|one| one.is_met(&changed))
        .count();
    assert_eq!(met + unseen, tls::requirements().len());
    for edit in remedy.undo_edits() {
        changed.apply(&edit);
    }
    assert!(image.values().eq(changed.values()));
}

//! Output of `reg query`: whatever stands below the first key, numbers and names stay as they are.
#![no_main]

use handover::{
    domain::{registry::KeyPath, registry::RegistryData, tls::HostSource},
    host::registry_file::read,
};
use handover_fuzz::{assert_all_clean, bounded};
use libfuzzer_sys::fuzz_target;

const START: &[u8] = b"HKEY_LOCAL_MACHINE\\SOFTWARE\\A\r\n    First    REG_DWORD    0x2a\r\n";

fuzz_target!(|bytes: &[u8]| {
    // A zero byte early on makes the text look like UTF-16.
    if bytes.contains(&0) {
        return;
    }
    bounded(bytes.len(), || {
        let Ok(told) = read(&[START, bytes].concat()) else {
            panic!("the first line makes it a query");
        };
        assert_eq!(told.source, HostSource::RegQuery);
        assert_all_clean(&told.notes);
        let first = told.image.data(&KeyPath::new(r"HKLM\SOFTWARE\A"), "first");
        // Overwritten at most, which is noted.
        assert!(first == Some(&RegistryData::Dword(42)) || !told.notes.is_empty());
    });
});

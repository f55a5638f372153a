//! Directory exports, LDIF and CSV: the same text is the same export in every encoding, and an object is found again.
#![no_main]

use handover::{
    directory::DirectoryExport,
    domain::{CloudAttributes, Directory, DirectoryMatch, DirectoryObject},
};
use handover_fuzz::{assert_all_clean, assert_clean, bounded, utf16};
use libfuzzer_sys::fuzz_target;

/// Format, entries, problems and objects; or why there are none.
type Told = Result<(&'static str, u64, Vec<String>, Vec<DirectoryObject>), String>;

fn told(bytes: &[u8]) -> Told {
    match DirectoryExport::read(bytes, "export", None) {
        Ok(export) => {
            let summary = export.summary();
            assert_all_clean(&summary.problems);
            export
                .objects()
                .iter()
                .take(8)
                .for_each(|object| assert_found(&export, object));
            Ok((
                summary.format.word(),
                summary.entries,
                summary.problems.clone(),
                export.objects().to_vec(),
            ))
        }
        Err(error) => {
            assert_clean(&error.to_string());
            Err(error.to_string())
        }
    }
}

fn assert_found(export: &DirectoryExport, object: &DirectoryObject) {
    for (attribute, value) in object.all() {
        let _ = (
            object.flag(attribute),
            object.number(attribute),
            object.guid(attribute),
        );
        let _ = (object.time(attribute), value);
    }
    let _ = (export.by_name(object.name()), object.anchor());
    if let Some(name) = object.text("userPrincipalName") {
        let mut cloud = CloudAttributes::default();
        cloud.0.insert("UserPrincipalName".to_owned(), name.into());
        assert!(
            !matches!(export.find(&cloud), DirectoryMatch::Missing),
            "{name:?}"
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    bounded(4 * bytes.len(), || {
        let plain = told(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        // A zero byte makes the text look like UTF-16; a mark of its own is one too many.
        if text.contains('\0') || text.starts_with('\u{feff}') {
            return;
        }
        for encoded in [
            [b"\xef\xbb\xbf", bytes].concat(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(told(&encoded), plain);
        }
    });
});

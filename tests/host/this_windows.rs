//! The registry of this Windows (Wine's under Linux): a key of the test's own below HKCU.

use std::process::Command;

use handover::{
    domain::registry::{KeyPath, Lookup, RegistryData, RegistryEdit},
    host::{Limits, Via, collect, local_registry},
};
use tokio_util::sync::CancellationToken;

fn set(key: &KeyPath, name: &str, data: RegistryData) -> RegistryEdit {
    RegistryEdit::SetValue {
        key: key.clone(),
        name: name.to_owned(),
        data,
    }
}

async fn look(keys: &[KeyPath]) -> handover::host::CollectedHost {
    collect(&Via::Local, keys, Limits::default(), &CancellationToken::new())
        .await
        .unwrap()
}

#[tokio::test]
async fn changes_are_made_and_the_backup_takes_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let top = KeyPath::new(&format!(
        r"HKCU\Software\Handover test {}",
        uuid::Uuid::new_v4().simple()
    ));
    let old = top.child("Old ü");
    let client = top.child("Protocols").child("TLS 1.2").child("AES 128/128");
    // A number of three bytes. (A text without its final zero would not do: reg.exe gives it one on import.)
    let odd = vec![1, 2, 3];
    let start = [
        set(&old, "Wrong type", RegistryData::Text("1".into())),
        set(&old, "", RegistryData::ExpandableText("%PATH% ä".into())),
        set(&old, "Odd", RegistryData::Other(4, odd)),
        set(&old, "List", RegistryData::Texts(vec!["a".into(), "b".into()])),
        set(&old, "Long", RegistryData::Qword(u64::MAX)),
        set(&old, "Bytes", RegistryData::Binary((0..100).collect())),
        set(&old, "Right", RegistryData::Dword(u32::MAX)),
    ];
    let first = local_registry::apply(&start, &folder.path().join("first.reg")).unwrap();
    assert_eq!(first.changed, 7);
    let keys = [old.clone(), client.clone()];
    let before = look(&keys).await.image;
    for edit in &start {
        let RegistryEdit::SetValue { key, name, data } = edit else {
            unreachable!()
        };
        assert_eq!(before.data(key, name), Some(data), "{name}");
    }
    assert_eq!(before.lookup(&client, "Enabled"), Lookup::Missing);
    assert_eq!(before.key_exists(&top.child("Protocols")), Some(false));

    let backup = folder.path().join("second ü.reg");
    let edits = [
        set(&old, "Wrong type", RegistryData::Dword(1)),
        set(&old, "Right", RegistryData::Dword(u32::MAX)),
        RegistryEdit::DeleteValue {
            key: old.clone(),
            name: "Odd".into(),
        },
        set(&client, "Enabled", RegistryData::Dword(1)),
    ];
    let second = local_registry::apply(&edits, &backup).unwrap();
    assert_eq!((second.changed, second.already_there), (3, 1));
    let changed = look(&keys).await.image;
    assert_eq!(changed.data(&client, "Enabled"), Some(&RegistryData::Dword(1)));
    assert_eq!(changed.data(&old, "Wrong type"), Some(&RegistryData::Dword(1)));
    assert_eq!(changed.lookup(&old, "Odd"), Lookup::Missing);

    // Windows' own tool takes it back.
    let imported = Command::new("reg").arg("import").arg(&backup).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    assert_eq!(look(&keys).await.image, before);

    let last = [RegistryEdit::DeleteKey(top.clone())];
    local_registry::apply(&last, &folder.path().join("third.reg")).unwrap();
    assert_eq!(look(&[old]).await.image.key_exists(&top), Some(false));
}

#[tokio::test]
async fn this_machine_tells_its_windows() {
    let host = look(&[KeyPath::new(r"HKLM\SOFTWARE\Handover is not here")]).await;
    assert!(host.build.is_some(), "{host:?}");
    assert!(host.windows.is_some(), "{host:?}");
    assert!(!host.name.is_empty());
    assert!(host.notes.is_empty(), "{:?}", host.notes);
}

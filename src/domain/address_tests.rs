use proptest::prelude::*;

use super::*;

fn list() -> Vec<String> {
    [
        "SMTP:Jo.Doe@contoso.com",
        "smtp:jo@contoso.com",
        "x500:/o=Old/cn=Recipients/cn=jo",
        "smtp:jo@contoso.mail.onmicrosoft.com",
        "SIP:jo@contoso.com",
    ]
    .map(String::from)
    .to_vec()
}

fn edit(edit: AddressEdit) -> Result<EditedAddresses, AddressEditError> {
    edit_addresses(&list(), &edit, Some(&["contoso.com".into()]))
}

#[test]
fn entries_are_read_and_written_unchanged() {
    for text in list()
        .iter()
        .map(String::as_str)
        .chain(["EUM:12;phone-context=a.b", "x:a:b"])
    {
        assert_eq!(text.parse::<ProxyAddress>().unwrap().to_string(), text);
    }
    for text in ["", ":", "no-colon", "smtp:", " smtp:a@b.c", "s p:a"] {
        assert!(text.parse::<ProxyAddress>().is_err(), "{text}");
    }
}

#[test]
fn syntax_of_smtp_addresses() {
    for text in [
        "a@b.c",
        "smtp:a.b+c@d-e.f",
        "SMTP:o'neil@b.example",
        "zoë@bücher.example",
    ] {
        assert!(ProxyAddress::smtp(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "@b.c",
        "a@",
        "a@b",
        "a b@c.d",
        "a@b..c",
        ".a@b.c",
        "a..b@c.d",
        "a@-b.c",
        "a\u{1b}@b.c",
        "a@b.c\n\"@x",
    ] {
        assert!(ProxyAddress::smtp(text).is_err(), "{text}");
    }
}

#[test]
fn adding() {
    assert_eq!(
        edit(AddressEdit::Add("new@contoso.com".into()))
            .unwrap()
            .addresses[5],
        "smtp:new@contoso.com"
    );
    let duplicate = edit(AddressEdit::Add("JO.DOE@contoso.com".into()));
    assert!(matches!(duplicate, Err(AddressEditError::Duplicate(_))));
    let foreign = edit(AddressEdit::Add("a@fabrikam.example".into())).unwrap_err();
    assert!(
        foreign.to_string().contains("not an accepted domain"),
        "{foreign}"
    );
    assert!(matches!(
        edit(AddressEdit::Add("nonsense".into())),
        Err(AddressEditError::Syntax(_))
    ));
    assert_eq!(
        edit(AddressEdit::Add("X500:/o=A/cn=b".into())).unwrap().addresses[5],
        "X500:/o=A/cn=b"
    );
}

#[test]
fn removing() {
    let removed = edit(AddressEdit::Remove("JO@contoso.com".into())).unwrap();
    assert_eq!(removed.addresses.len(), 4);
    assert!(removed.warnings.is_empty());
    assert!(matches!(
        edit(AddressEdit::Remove("jo.doe@contoso.com".into())),
        Err(AddressEditError::RemovesPrimary(_))
    ));
    assert!(matches!(
        edit(AddressEdit::Remove("x@contoso.com".into())),
        Err(AddressEditError::NotThere(_))
    ));
    let x500 = edit(AddressEdit::Remove("x500:/o=Old/cn=Recipients/cn=jo".into())).unwrap();
    assert!(x500.warnings[0].contains("undeliverable"));
    let routing = edit(AddressEdit::Remove("jo@contoso.mail.onmicrosoft.com".into())).unwrap();
    assert!(routing.warnings[0].contains("routing"));
    let single = vec!["SMTP:a@contoso.com".to_owned(), "SIP:a@contoso.com".to_owned()];
    assert!(matches!(
        edit_addresses(&single, &AddressEdit::Remove("a@contoso.com".into()), None),
        Err(AddressEditError::RemovesLast(_))
    ));
}

#[test]
fn the_old_primary_becomes_secondary() {
    let changed = edit(AddressEdit::SetPrimary("jo@contoso.com".into())).unwrap();
    assert_eq!(
        changed.addresses[..2],
        ["smtp:Jo.Doe@contoso.com", "SMTP:jo@contoso.com"]
    );
    let added = edit(AddressEdit::SetPrimary("new@contoso.com".into())).unwrap();
    assert_eq!(added.addresses[5], "SMTP:new@contoso.com");
    assert!(matches!(
        edit(AddressEdit::SetPrimary("jo.doe@contoso.com".into())),
        Err(AddressEditError::Duplicate(_))
    ));
    let foreign = edit(AddressEdit::SetPrimary("jo@contoso.mail.onmicrosoft.com".into()));
    assert!(matches!(foreign, Err(AddressEditError::ForeignDomain { .. })));
    let broken = edit_addresses(&["smtp:a@b.c".into()], &AddressEdit::Add("d@b.c".into()), None);
    assert_eq!(broken, Err(AddressEditError::NotOnePrimary(0)));
}

#[test]
fn lists_are_compared_as_sets_with_the_primary_apart() {
    let same = compare_addresses(
        &[
            "smtp:b@x.y",
            "SMTP:A@x.y",
            "SPO:SPO_1",
            "smtp:a@t.onmicrosoft.com",
        ],
        &["SMTP:a@x.y", "smtp:B@x.y"],
    );
    assert_eq!(same.primaries, None);
    assert!(same.only_first.is_empty() && same.only_second.is_empty());
    assert_eq!(same.noise, ["SPO:SPO_1", "smtp:a@t.onmicrosoft.com"]);
    let other = compare_addresses(
        &["SMTP:a@x.y", "smtp:b@x.y"],
        &["smtp:a@x.y", "SMTP:b@x.y", "X500:/o=1"],
    );
    assert_eq!(
        other.primaries,
        Some((Some("a@x.y".into()), Some("b@x.y".into())))
    );
    assert_eq!(other.only_second, ["X500:/o=1"]);
}

proptest! {
    #[test]
    fn edits_keep_exactly_one_primary(edits in prop::collection::vec((0..3u8, "[a-d]{1,2}(@contoso\\.com)?"), 0..40)) {
        let mut addresses = list();
        for (kind, text) in edits {
            let edit = match kind {
                0 => AddressEdit::Add(text),
                1 => AddressEdit::Remove(text),
                _ => AddressEdit::SetPrimary(text),
            };
            if let Ok(edited) = edit_addresses(&addresses, &edit, None) {
                addresses = edited.addresses;
            }
            prop_assert_eq!(addresses.iter().filter(|entry| entry.starts_with("SMTP:")).count(), 1);
            let mut seen: Vec<String> = addresses.iter().map(|entry| entry.to_lowercase()).collect();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), addresses.len());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = text.parse::<ProxyAddress>();
        let _ = ProxyAddress::smtp(&text);
        let _ = edit_addresses(&list(), &AddressEdit::Add(text.clone()), None);
        let _ = edit_addresses(&list(), &AddressEdit::Remove(text), None);
    }
}

//! The language: what it accepts, what it refuses and with which words.

use proptest::prelude::*;

use super::*;
use crate::domain::table::MailboxTable;
use crate::domain::table::tests::{any_mailbox, mailbox};
use crate::domain::{Mailbox, RecipientType, SourceOfAuthority};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn filter(line: &str) -> Filter {
    Filter::parse(line, now()).unwrap()
}

fn accepts(line: &str, mailbox: Mailbox) -> bool {
    let mut table = MailboxTable::new();
    table.append(vec![mailbox]);
    filter(line).matches(&table.row(0).unwrap())
}

fn room() -> Mailbox {
    Mailbox {
        display_name: "Room \"Zürich\" 4.2".into(),
        user_principal_name: "R42@contoso.com".into(),
        primary_smtp_address: "room.zurich@sub.contoso.com".into(),
        alias: "r42".into(),
        recipient_type: RecipientType::Room,
        dir_synced: None,
        authority: SourceOfAuthority::Cloud,
        when_changed: Some("2026-11-20T08:00:00Z".parse().unwrap()),
        ..mailbox(0x0f8c_2b00_0000_0000_0000_0000_0000_0000)
    }
}

#[test]
fn types_have_short_names() {
    let linked = Mailbox {
        recipient_type: RecipientType::from_wire("LinkedMailbox"),
        ..room()
    };
    for line in [
        "type:linked",
        "type:LinkedMailbox",
        "type:room,linked",
        "!type:scheduling",
    ] {
        assert!(accepts(line, linked.clone()), "{line}");
    }
    assert!(!accepts("type:user", linked));
    assert_eq!(RecipientType::from_wire("SchedulingMailbox").word(), "scheduling");
    assert_eq!(RecipientType::from_wire("NewMailbox").word(), "NewMailbox");
}

#[test]
fn terms_mean_what_they_say() {
    for accepted in [
        "",
        "zürich",
        "ZÜRICH",
        "room r42",
        "room !test",
        "type:room",
        "type:RoomMailbox",
        "type:user,room",
        "!type:user",
        "flag:cloud",
        "flag:onprem,cloud",
        "synced:unknown",
        "domain:sub.contoso.com",
        "domain:@SUB.contoso.com",
        "name:zür",
        "upn:r42@",
        "mail:zurich",
        "alias:R42",
        "id:0f8c2b00-00",
        "id:{0F8C",
        "\"room \"",
        "\"\"\"zürich\"\" 4\"",
        "changed:<7d",
        "changed:7d",
        "changed:>24h",
        "changed:2026-11-20",
        "changed:>=2026-11-20",
        "changed:<=2026-11-20",
        "changed:>2026-11-20T07:59:59Z",
        "~rmzrch",
        "name:~zh",
        "smith,room",
        "!!room",
        "room,",
        "4.2 \"zür",
    ] {
        assert!(accepts(accepted, room()), "{accepted}");
    }
    for refused in [
        "test",
        "!room",
        "room smith",
        "type:user",
        "flag:onprem",
        "synced:yes",
        "synced:no",
        "domain:contoso.com",
        "name:r42",
        "alias:room",
        "id:0f8d",
        "changed:>7d",
        "changed:>2026-11-20",
        "changed:<2026-11-20",
        "changed:2026-11-21",
        "~hcrz",
        "name:~r43",
        "!smith,room",
        "\"room zürich\"",
    ] {
        assert!(!accepts(refused, room()), "{refused}");
    }
}

#[test]
fn a_mailbox_without_time_of_change_is_neither_young_nor_old() {
    assert!(!accepts("changed:<7d", mailbox(1)));
    assert!(!accepts("changed:>7d", mailbox(1)));
    assert!(accepts("!changed:<7d", mailbox(1)));
}

#[test]
fn errors_say_where_and_what_to_do() {
    for (line, position, words) in [
        (
            "smith tpye:room",
            6,
            "`tpye` is not a filter key at character 7; did you mean `type:`? the keys are type, flag",
        ),
        (
            "dept:sales",
            0,
            "the keys are type, flag, synced, domain, name, upn, mail, alias, id, changed",
        ),
        (
            "type:rom",
            5,
            "`type:` does not know `rom` at character 6; did you mean `room`?",
        ),
        (
            "flag:cloud,onperm",
            11,
            "did you mean `onprem`? it takes cloud, onprem, unknown",
        ),
        ("flag:~cloud", 5, "it takes cloud"),
        ("changed:soon", 8, "`soon` is neither an age nor a day"),
        ("changed:<99999999999999w", 8, "neither an age"),
        ("changed:>2026-13-01", 8, "neither an age"),
        ("id:xyz", 3, "not the beginning of an object id"),
        ("a type:", 2, "write for example `type:room,equipment`"),
        ("!", 0, "write a word after it"),
        ("domain:@", 7, "domain:contoso.com"),
    ] {
        let error = Filter::parse(line, now()).unwrap_err();
        assert_eq!(error.position, position, "{line}");
        assert!(error.to_string().contains(words), "{line}: {error}");
    }
}

#[test]
fn messages_repeat_nothing_dangerous() {
    let error = Filter::parse("type:\u{1b}]0;x\u{7}\u{202e}", now())
        .unwrap_err()
        .to_string();
    assert!(!error.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{error}");
}

#[test]
fn narrowing_is_recognized() {
    for (narrow, wide) in [
        ("smith", ""),
        ("smith", "smi"),
        ("smith type:room", "smi"),
        ("smith !test", "smith !testing"),
        ("type:room", "type:room,user"),
        ("!type:room,user", "!type:room"),
        ("name:smith", "smit"),
        ("~smith", "~smi"),
        ("id:0f8c", "id:0f"),
    ] {
        assert!(filter(narrow).narrows(&filter(wide)), "{narrow} / {wide}");
    }
    for (other, wide) in [
        ("smi", "smith"),
        ("smith", "name:smith"),
        ("smith !testing", "smith !test"),
        ("type:room,user", "type:room"),
        ("~smith", "smi"),
        ("!smith", "smith"),
        ("domain:a.example", "domain:example"),
    ] {
        assert!(!filter(other).narrows(&filter(wide)), "{other} / {wide}");
    }
}

/// Lines that look like filters, and any text at all.
pub(in crate::domain) fn any_line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[ab.@ßΣςİ漢\"~!,:]{0,3}",
        "\"[ab ,:\"]{0,4}\"",
        Just("room".to_owned())
    ];
    let term = ("!{0,2}", "((name|upn|mail|alias|domain):)?", "~?", value)
        .prop_map(|(not, key, fuzzy, value)| format!("{not}{key}{fuzzy}{value}"));
    let fixed = prop::sample::select(vec![
        "type:room",
        "!type:user,TeamMailbox",
        "type:\"\"",
        "type:\"x y\"",
        "flag:cloud,unknown",
        "synced:yes",
        "synced:unknown",
        "changed:<600w",
        "changed:>=2010-01-01",
        "id:0",
        "!id:00000000-0000-0005",
    ]);
    let term = prop_oneof![2 => term, 1 => fixed.prop_map(str::to_owned)];
    prop_oneof![4 => prop::collection::vec(term, 0..4).prop_map(|terms| terms.join(" ")), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_displayed_is_understood_as_the_same(line in any_line()) {
        if let Ok(first) = Filter::parse(&line, now()) {
            let shown = first.to_string();
            let second = Filter::parse(&shown, now());
            prop_assert_eq!(second.as_ref(), Ok(&first), "{}", shown);
        }
    }

    #[test]
    fn whatever_narrows_is_contained(narrow in any_line(), wide in any_line(), mailbox in any_mailbox()) {
        if let (Ok(narrow), Ok(wide)) = (Filter::parse(&narrow, now()), Filter::parse(&wide, now()))
            && narrow.narrows(&wide)
        {
            let mut table = MailboxTable::new();
            table.append(vec![mailbox]);
            let row = table.row(0).unwrap();
            prop_assert!(!narrow.matches(&row) || wide.matches(&row));
        }
    }
}

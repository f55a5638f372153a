//! The table against plain mailboxes.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::text;

/// A mailbox with everything derived from its number.
pub(in crate::domain) fn mailbox(number: u128) -> Mailbox {
    Mailbox {
        id: ObjectId(Uuid::from_u128(number)),
        display_name: format!("Anna {number}"),
        user_principal_name: format!("anna{number}@contoso.com"),
        primary_smtp_address: format!("anna{number}@contoso.com"),
        alias: format!("anna{number}"),
        recipient_type: RecipientType::User,
        dir_synced: Some(true),
        authority: SourceOfAuthority::OnPremises,
        when_changed: None,
    }
}

pub(in crate::domain) fn any_mailbox() -> impl Strategy<Value = Mailbox> {
    let text = || prop_oneof!["[aAbB.@ßΣςİ漢]{0,6}", any::<String>()];
    let authority = prop_oneof![
        Just(SourceOfAuthority::Cloud),
        Just(SourceOfAuthority::OnPremises),
        Just(SourceOfAuthority::Unknown)
    ];
    let kind = prop_oneof![
        Just(RecipientType::User),
        Just(RecipientType::Room),
        Just(RecipientType::Other("TeamMailbox".to_owned()))
    ];
    let seconds = prop::option::of(-1_000_000_000_i64..4_000_000_000);
    (
        0_u128..200,
        text(),
        text(),
        prop::option::of(text()),
        text(),
        authority,
        kind,
        any::<Option<bool>>(),
        seconds,
    )
        .prop_map(
            |(id, display_name, upn, mail, alias, authority, recipient_type, dir_synced, seconds)| Mailbox {
                id: ObjectId(Uuid::from_u128(id << 64)),
                display_name,
                primary_smtp_address: mail.unwrap_or_else(|| upn.clone()),
                user_principal_name: upn,
                alias,
                recipient_type,
                dir_synced,
                authority,
                when_changed: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            },
        )
}

fn assert_holds(row: MailboxRow<'_>, mailbox: &Mailbox) {
    assert_eq!(row.id, mailbox.id);
    assert_eq!(row.display_name, text::clean(&mailbox.display_name));
    assert_eq!(row.user_principal_name, text::clean(&mailbox.user_principal_name));
    assert_eq!(
        row.primary_smtp_address,
        text::clean(&mailbox.primary_smtp_address)
    );
    assert_eq!(row.alias, text::clean(&mailbox.alias));
    assert_eq!(*row.recipient_type, mailbox.recipient_type);
    assert_eq!(row.dir_synced, mailbox.dir_synced);
    assert_eq!(row.authority, mailbox.authority);
    assert_eq!(row.when_changed, mailbox.when_changed);
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(mailboxes in prop::collection::vec(any_mailbox(), 0..60)) {
        let mut table = MailboxTable::new();
        let appended = table.append(mailboxes.clone());
        let mut expected: Vec<Mailbox> = Vec::new();
        for mailbox in mailboxes {
            match expected.iter_mut().find(|known| known.id == mailbox.id) {
                Some(known) => known.authority = mailbox.authority,
                None => expected.push(mailbox),
            }
        }
        prop_assert_eq!(appended.added, expected.len());
        prop_assert_eq!(table.len(), expected.len());
        for (number, mailbox) in expected.iter().enumerate() {
            let row = table.find(mailbox.id).unwrap();
            prop_assert_eq!(row as usize, number);
            assert_holds(table.row(row).unwrap(), mailbox);
            let section = &table.sections[0];
            for column in TextColumn::ALL {
                let original = table.row(row).unwrap().text(column);
                prop_assert_eq!(section.chunk.search_text(number, column), text::fold(original));
            }
        }
        let cloud = expected.iter().filter(|mailbox| mailbox.authority == SourceOfAuthority::Cloud).count();
        prop_assert_eq!(table.counts().cloud, cloud);
    }
}

#[test]
fn rows_run_on_across_chunks() {
    let mut table = MailboxTable::new();
    let count = CHUNK_ROWS * 2 + 10;
    let appended = table.append((0..count as u128).map(mailbox).collect());
    assert_eq!(
        appended,
        Appended {
            added: count,
            duplicates: 0
        }
    );
    for number in [0, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS * 2, count - 1] {
        assert_holds(table.row(number as Row).unwrap(), &mailbox(number as u128));
        assert_eq!(table.find(mailbox(number as u128).id), Some(number as Row));
    }
    assert_eq!(table.row(count as Row), None);
    assert_eq!(table.find(mailbox(count as u128).id), None);
}

#[test]
fn a_row_is_replaced_in_its_place() {
    let mut table = MailboxTable::new();
    table.append((0..5_000).map(mailbox).collect());
    let before = table.snapshot();
    let mut changed = mailbox(4_100);
    changed.primary_smtp_address = "Renamed@contoso.com".into();
    changed.recipient_type = RecipientType::Shared;
    changed.dir_synced = Some(false);
    changed.authority = SourceOfAuthority::Cloud;
    assert!(table.replace(&changed));
    assert!(!table.replace(&changed), "reads the same");
    assert!(!table.replace(&mailbox(9_999)), "not in the table");
    for row in 0..5_000 {
        let expected = if row == 4_100 {
            changed.clone()
        } else {
            mailbox(row.into())
        };
        assert_holds(table.row(row).unwrap(), &expected);
    }
    assert_eq!(table.find(changed.id), Some(4_100));
    let counts = table.counts();
    assert_eq!((counts.total, counts.cloud, counts.dir_synced), (5_000, 1, 4_999));
    assert!(table.generation() > before.generation());
    assert_holds(before.row(4_100).unwrap(), &mailbox(4_100));
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut table = MailboxTable::new();
    table.append(vec![mailbox(1)]);
    let before = table.snapshot();
    let generation = table.generation();
    table.append(vec![mailbox(2)]);
    assert!(table.set_authority(0, SourceOfAuthority::Cloud));
    let moved = table.generation();
    assert!(!table.set_authority(0, SourceOfAuthority::Cloud));
    assert!(!table.set_authority(99, SourceOfAuthority::Cloud));
    assert_eq!(table.generation(), moved);
    assert_eq!(before.len(), 1);
    assert_eq!(before.row(1), None);
    assert_eq!(before.row(0).unwrap().authority, SourceOfAuthority::OnPremises);
    assert_eq!(table.row(0).unwrap().authority, SourceOfAuthority::Cloud);
    assert_eq!(
        table.counts(),
        Counts {
            total: 2,
            cloud: 1,
            on_premises: 1,
            unknown: 0,
            dir_synced: 2
        }
    );
    assert_eq!(before.generation(), generation);
    assert!(table.generation() > generation);
}

#[test]
fn snapshots_may_leave_the_loop() {
    fn may_leave<Value: Send + Sync + 'static>() {}
    may_leave::<TableSnapshot>();
    may_leave::<crate::domain::filter::Filter>();
}

#[test]
fn an_endless_name_is_cut() {
    let mut table = MailboxTable::new();
    table.append(vec![Mailbox {
        display_name: "İ".repeat(100_000),
        ..mailbox(1)
    }]);
    assert_eq!(table.row(0).unwrap().display_name, "İ".repeat(1024));
    assert_eq!(table.row(0).unwrap().alias, "anna1");
}

//! The fast search and sort against their plain definitions.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::filter::tests::any_line;
use crate::domain::table::tests::{any_mailbox, mailbox};
use crate::domain::table::{MailboxRow, MailboxTable};
use crate::domain::text::fold;
use crate::domain::{Mailbox, SourceOfAuthority};

const GO_ON: Stop<'static> = &|| false;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn parse(line: &str) -> Filter {
    Filter::parse(line, now()).unwrap()
}

fn table(mailboxes: Vec<Mailbox>) -> MailboxTable {
    let mut table = MailboxTable::new();
    table.append(mailboxes);
    table
}

fn key(row: MailboxRow<'_>, column: Column) -> (String, Option<Timestamp>, u8) {
    let text = |text: &str| (fold(text).into_owned(), None, 0);
    match column {
        Column::DisplayName => text(row.display_name),
        Column::PrimarySmtpAddress => text(row.primary_smtp_address),
        Column::UserPrincipalName => text(row.user_principal_name),
        Column::Alias => text(row.alias),
        Column::RecipientType => text(row.recipient_type.word()),
        Column::Id => text(&row.id.to_string()),
        Column::WhenChanged => (String::new(), row.when_changed, 0),
        Column::Authority => (String::new(), None, row.authority as u8),
        Column::DirSynced => {
            let place = match row.dir_synced {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            };
            (String::new(), None, place)
        }
    }
}

fn plainly_sorted(snapshot: &TableSnapshot, sort: Sort) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..snapshot.len() as Row).collect();
    rows.sort_by(|one, other| {
        let keys = [*one, *other].map(|row| key(snapshot.row(row).unwrap(), sort.column));
        if sort.descending {
            keys[1].cmp(&keys[0])
        } else {
            keys[0].cmp(&keys[1])
        }
    });
    rows
}

fn any_sort() -> impl Strategy<Value = Sort> {
    (prop::sample::select(Column::all().to_vec()), any::<bool>()).prop_map(|(info, descending)| Sort {
        column: info.column,
        descending,
    })
}

#[test]
fn the_column_table_is_in_order() {
    for info in Column::all() {
        assert_eq!(info.column.info(), info);
        assert_eq!(Column::from_word(info.word), Some(info.column));
    }
}

#[test]
fn stopped_work_has_no_answer() {
    let snapshot = table((0..10).map(mailbox).collect()).snapshot();
    assert_eq!(order(&snapshot, Sort::default(), &|| true), None);
    assert_eq!(filter(&snapshot, &[], &parse("anna"), None, &|| true), None);
    assert_eq!(
        arrange(&snapshot, &parse("anna"), Sort::default(), &|| true),
        None
    );
}

#[test]
fn late_rows_come_last() {
    let mut table = table(vec![mailbox(5), mailbox(3)]);
    let order = order(&table.snapshot(), Sort::default(), GO_ON).unwrap();
    table.append(vec![mailbox(1)]);
    assert_eq!(
        filter(&table.snapshot(), &order, &parse("anna"), None, GO_ON),
        Some(vec![1, 0, 2])
    );
}

#[test]
fn loose_matches_are_ranked() {
    let name = |number, name: &str| Mailbox {
        display_name: name.into(),
        ..mailbox(number)
    };
    let snapshot = table(vec![
        name(1, "S-m-i-t-h"),
        name(2, "Smith"),
        name(3, "Jones"),
        name(4, "Smith"),
    ])
    .snapshot();
    let found = arrange(&snapshot, &parse("name:~smith"), Sort::default(), GO_ON);
    assert_eq!(found, Some(vec![1, 3, 0]));
}

/// More than one chunk and more than one thread, compared row by row.
#[test]
fn a_large_table_answers_like_a_small_one() {
    let mut mailboxes: Vec<Mailbox> = (0..140_000).map(mailbox).collect();
    for (number, mailbox) in mailboxes.iter_mut().enumerate() {
        if number % 7 == 0 {
            mailbox.authority = SourceOfAuthority::Cloud;
        }
        if number % 1000 == 3 {
            mailbox.display_name = "Zoë Žižek".into();
        }
    }
    let snapshot = table(mailboxes).snapshot();
    let sort = Sort {
        column: Column::DisplayName,
        descending: true,
    };
    let sorted = order(&snapshot, sort, GO_ON).unwrap();
    assert_eq!(*sorted, plainly_sorted(&snapshot, sort));
    for line in [
        "žiž",
        "anna77",
        "!anna1",
        "flag:cloud 99",
        "name:7 upn:8",
        "9999,zoë",
        "alias:anna13999 !flag:cloud",
        "xyz",
    ] {
        let wanted = parse(line);
        let expected: Vec<Row> = sorted
            .iter()
            .copied()
            .filter(|row| wanted.matches(&snapshot.row(*row).unwrap()))
            .collect();
        assert_eq!(
            filter(&snapshot, &sorted, &wanted, None, GO_ON),
            Some(expected),
            "{line}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn sorting_agrees_with_its_definition(mailboxes in prop::collection::vec(any_mailbox(), 0..40), sort in any_sort()) {
        let snapshot = table(mailboxes).snapshot();
        prop_assert_eq!(&*order(&snapshot, sort, GO_ON).unwrap(), &plainly_sorted(&snapshot, sort));
    }

    #[test]
    fn searching_agrees_with_its_definition(
        mailboxes in prop::collection::vec(any_mailbox(), 0..400),
        lines in (any_line(), any_line()),
        sort in any_sort(),
    ) {
        let (Ok(first), Ok(second)) = (Filter::parse(&lines.0, now()), Filter::parse(&lines.1, now())) else {
            return Ok(());
        };
        let snapshot = table(mailboxes).snapshot();
        let sorted = order(&snapshot, sort, GO_ON).unwrap();
        let mut previous: Option<(&Filter, Vec<Row>)> = None;
        let both = Filter::parse(&format!("{first} {second}"), now()).unwrap();
        for wanted in [&first, &both] {
            let mut expected: Vec<Row> =
                sorted.iter().copied().filter(|row| wanted.matches(&snapshot.row(*row).unwrap())).collect();
            let before = previous.as_ref().map(|(filter, rows)| (*filter, rows.as_slice()));
            let mut found = filter(&snapshot, &sorted, wanted, before, GO_ON).unwrap();
            previous = Some((wanted, found.clone()));
            if wanted.is_ranked() {
                found.sort_unstable();
                expected.sort_unstable();
            }
            prop_assert_eq!(&found, &expected, "{}", wanted);
        }
    }
}

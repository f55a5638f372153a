//! The filter language: what is printed is understood as the same filter, the search over a table agrees with the meaning
//! of each row, and messages are clean.
#![no_main]

use handover::domain::{
    Mailbox, ObjectId, RecipientType, SourceOfAuthority,
    arrange::{Sort, arrange},
    filter::Filter,
    table::MailboxTable,
};
use handover_fuzz::{assert_clean, bounded};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    bounded(text.len(), || {
        let now = Timestamp::from_second(1_795_000_000).expect("a time in 2026");
        let filters: Vec<Filter> = text
            .split('\n')
            .take(3)
            .filter_map(|line| match Filter::parse(line, now) {
                Ok(filter) => Some(filter),
                Err(error) => {
                    assert!(error.position <= line.chars().count());
                    assert_clean(&error.to_string());
                    None
                }
            })
            .collect();
        let mut table = MailboxTable::new();
        table.append(text.split(' ').take(20).enumerate().map(mailbox).collect());
        let snapshot = table.snapshot();
        for filter in &filters {
            let printed = filter.to_string();
            assert_clean(&printed);
            assert_eq!(Filter::parse(&printed, now).as_ref(), Ok(filter), "{printed:?}");
            let mut found = arrange(&snapshot, filter, Sort::default(), &|| false).expect("nobody stops it");
            found.sort_unstable();
            let meant: Vec<_> = (0..snapshot.len() as u32)
                .filter(|row| snapshot.row(*row).is_some_and(|row| filter.matches(&row)))
                .collect();
            assert_eq!(found, meant, "{printed:?}");
        }
        if let [narrow, wide, ..] = filters.as_slice()
            && narrow.narrows(wide)
        {
            for row in (0..snapshot.len() as u32).filter_map(|row| snapshot.row(row)) {
                assert!(!narrow.matches(&row) || wide.matches(&row), "{narrow} / {wide}");
            }
        }
    });
});

/// A mailbox of one word of the input.
fn mailbox((number, word): (usize, &str)) -> Mailbox {
    let word = handover::domain::text::clean(word).into_owned();
    let id = format!("00000000-0000-4000-8000-{number:012}");
    Mailbox {
        id: id.parse::<ObjectId>().expect("an id"),
        display_name: word.clone(),
        user_principal_name: format!("{word}@contoso.com"),
        primary_smtp_address: format!("a@{word}"),
        alias: format!("{word}{number}"),
        recipient_type: if number % 2 == 0 {
            RecipientType::from_wire(&word)
        } else {
            RecipientType::Shared
        },
        dir_synced: [None, Some(true), Some(false)][number % 3],
        authority: SourceOfAuthority::from_flag([None, Some(true), Some(false)][number / 3 % 3]),
        when_changed: Timestamp::from_second(1_794_000_000 + 90_000 * number as i64).ok(),
    }
}

//! Pages of mailboxes: the quick reader of the inventory and the thorough one of snapshots see the same list, and what
//! people see of it is clean.
#![no_main]

use handover::{
    cloud::exchange::fuzzing::{PageRead, attributes_page, guess_next_link, inventory_page},
    domain::{Mailbox, ServiceError},
};
use handover_fuzz::{assert_all_clean, assert_clean, assert_clean_error, bounded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    bounded(bytes.len(), || {
        let _ = guess_next_link(bytes);
        let quick = inventory_page(bytes);
        assert_readable(&quick);
        let thorough = attributes_page(bytes);
        if let (Ok(quick), Ok(thorough)) = (&quick, &thorough) {
            assert_eq!(quick.has_list, thorough.has_list);
            assert_eq!(quick.next_link, thorough.next_link);
            assert_eq!(quick.warnings, thorough.warnings);
            assert_eq!(quick.errors, thorough.errors);
            let (count, ids): (u64, Vec<_>) =
                (quick.without_id, quick.rows.iter().map(|row| row.0).collect());
            assert_eq!(count, thorough.without_id);
            assert_eq!(ids, thorough.rows.iter().map(|row| row.0).collect::<Vec<_>>());
            for ((_, mailbox), (_, attributes)) in quick.rows.iter().zip(&thorough.rows) {
                assert_eq!(mailbox.authority, attributes.authority());
                assert_eq!(mailbox.dir_synced, attributes.flag("IsDirSynced"));
            }
        }
    });
});

fn assert_readable(page: &Result<PageRead<Mailbox>, ServiceError>) {
    match page {
        Ok(page) => {
            assert_all_clean(&page.warnings);
            for (text, code) in &page.errors {
                assert_clean(text);
                assert_all_clean(code);
            }
            for (_, mailbox) in &page.rows {
                assert_clean(&mailbox.display_name);
                assert_clean(&mailbox.user_principal_name);
                assert_clean(&mailbox.primary_smtp_address);
                assert_clean(&mailbox.alias);
                assert_clean(mailbox.recipient_type.wire_name());
            }
        }
        Err(error) => assert_clean_error(error),
    }
}

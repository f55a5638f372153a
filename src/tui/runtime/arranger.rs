//! Filters and sorts off the loop, and keeps what the next keystroke can build on.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    domain::{
        arrange::{self, Column, Sort},
        filter::Filter,
        table::{Row, TableSnapshot},
    },
    tui::ArrangeRequest,
};

/// Which content an order or a result belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    /// Rises when another table takes the place of the last one: tables count their generations on their own.
    epoch: u64,
    generation: u64,
    rows: usize,
}

impl Source {
    /// Whether something that was made from `earlier` holds for this content too. Rows never change but for who may edit
    /// them, so what does not look at that outlives a run.
    fn has_kept(self, earlier: Self, looks_at_authority: bool) -> bool {
        let same_rows = (self.epoch, self.rows) == (earlier.epoch, earlier.rows);
        same_rows && (!looks_at_authority || self.generation == earlier.generation)
    }
}

#[derive(Default)]
struct Kept {
    order: Option<KeptOrder>,
    result: Option<KeptResult>,
}

struct KeptOrder {
    source: Source,
    sort: Option<Sort>,
    rows: Arc<Vec<Row>>,
}

struct KeptResult {
    source: Source,
    sort: Option<Sort>,
    filter: Filter,
    rows: Arc<Vec<Row>>,
}

/// Answers requests for the rows of the view; the latest one only.
#[derive(Default)]
pub(super) struct Arranger {
    latest: AtomicU64,
    epoch: AtomicU64,
    kept: Mutex<Kept>,
}

impl Arranger {
    /// Another table may come: nothing kept so far says anything about it.
    pub(super) fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that this request is under way; older ones stop.
    pub(super) fn announce(&self, request: &ArrangeRequest) {
        self.latest.fetch_max(request.generation, Ordering::SeqCst);
    }

    /// The rows of the view; nothing when a newer request came in between. Blocks.
    pub(super) fn arrange(&self, request: &ArrangeRequest) -> Option<Vec<Row>> {
        let stop = || self.latest.load(Ordering::Relaxed) > request.generation;
        let source = Source {
            epoch: self.epoch.load(Ordering::SeqCst),
            generation: request.table.generation(),
            rows: request.table.len(),
        };
        let order = self.order(source, &request.table, request.sort, &stop)?;
        let previous = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let result = kept.result.as_ref();
            result
                .filter(|result| result.sort == request.sort)
                .filter(|result| source.has_kept(result.source, result.filter.tests_authority()))
                .map(|result| (result.filter.clone(), Arc::clone(&result.rows)))
        };
        let previous = previous.as_ref().map(|(filter, rows)| (filter, rows.as_slice()));
        let rows = arrange::filter(&request.table, &order, &request.filter, previous, &stop)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.result = Some(KeptResult {
            source,
            sort: request.sort,
            filter: request.filter.clone(),
            rows: Arc::new(rows.clone()),
        });
        Some(rows)
    }

    fn order(
        &self,
        source: Source,
        table: &TableSnapshot,
        sort: Option<Sort>,
        stop: arrange::Stop<'_>,
    ) -> Option<Arc<Vec<Row>>> {
        {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let by_authority = sort.is_some_and(|sort| sort.column == Column::Authority);
            let order = kept.order.as_ref().filter(|order| order.sort == sort);
            if let Some(order) = order.filter(|order| source.has_kept(order.source, by_authority)) {
                return Some(Arc::clone(&order.rows));
            }
        }
        let rows = match sort {
            Some(sort) => arrange::order(table, sort, stop)?,
            None => Arc::new((0..u32::try_from(table.len()).unwrap_or(u32::MAX)).collect()),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.order = Some(KeptOrder {
            source,
            sort,
            rows: Arc::clone(&rows),
        });
        Some(rows)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Mailbox, ObjectId, RecipientType, SourceOfAuthority, table::MailboxTable};

    fn table(names: &[&str]) -> MailboxTable {
        let mut table = MailboxTable::new();
        let mailbox = |(number, name): (usize, &&str)| Mailbox {
            id: ObjectId(uuid::Uuid::from_u128(number as u128 + 1)),
            display_name: (*name).to_owned(),
            user_principal_name: format!("{name}@contoso.com"),
            primary_smtp_address: format!("{name}@contoso.com"),
            alias: (*name).to_owned(),
            recipient_type: RecipientType::User,
            dir_synced: Some(true),
            authority: SourceOfAuthority::OnPremises,
            when_changed: None,
        };
        table.append(names.iter().enumerate().map(mailbox).collect());
        table
    }

    fn request(generation: u64, table: &MailboxTable, filter: &str, sort: Option<Sort>) -> ArrangeRequest {
        ArrangeRequest {
            generation,
            table: table.snapshot(),
            filter: Filter::parse(filter, Timestamp::UNIX_EPOCH).unwrap(),
            sort,
        }
    }

    const BY_NAME: Option<Sort> = Some(Sort {
        column: Column::DisplayName,
        descending: false,
    });

    #[test]
    fn narrowing_and_widening_give_what_a_fresh_search_gives() {
        let table = table(&["anna", "bert", "hanna", "carl"]);
        let arranger = Arranger::default();
        for (generation, filter, expected) in [
            (1, "", vec![0, 1, 3, 2]),
            (2, "ann", vec![0, 2]),
            (3, "hann", vec![2]),
            (4, "r", vec![1, 3]),
        ] {
            let request = request(generation, &table, filter, BY_NAME);
            arranger.announce(&request);
            assert_eq!(arranger.arrange(&request), Some(expected), "{filter}");
        }
        assert_eq!(
            arranger.arrange(&request(4, &table, "", None)),
            Some(vec![0, 1, 2, 3])
        );
    }

    #[test]
    fn an_order_by_name_outlives_a_change_of_flags_and_one_by_flag_does_not() {
        let mut table = table(&["carl", "anna", "bert"]);
        let arranger = Arranger::default();
        let by_flag = Some(Sort {
            column: Column::Authority,
            descending: false,
        });
        let order = || {
            let kept = arranger.kept.lock().unwrap();
            kept.order.as_ref().map(|order| Arc::as_ptr(&order.rows)).unwrap()
        };
        assert_eq!(
            arranger.arrange(&request(1, &table, "flag:onprem", BY_NAME)),
            Some(vec![1, 2, 0])
        );
        let before = order();
        table.set_authority(2, SourceOfAuthority::Cloud);
        assert_eq!(
            arranger.arrange(&request(2, &table, "flag:onprem", BY_NAME)),
            Some(vec![1, 0])
        );
        assert_eq!(order(), before);
        assert_eq!(
            arranger.arrange(&request(3, &table, "", by_flag)),
            Some(vec![2, 0, 1])
        );
        table.set_authority(1, SourceOfAuthority::Cloud);
        assert_eq!(
            arranger.arrange(&request(4, &table, "", by_flag)),
            Some(vec![1, 2, 0])
        );
    }

    #[test]
    fn a_reloaded_table_is_sorted_afresh() {
        let arranger = Arranger::default();
        let (before, after) = (table(&["anna", "bert"]), table(&["zoe", "bert"]));
        assert_eq!(
            arranger.arrange(&request(1, &before, "", BY_NAME)),
            Some(vec![0, 1])
        );
        arranger.forget();
        assert_eq!(
            arranger.arrange(&request(2, &after, "", BY_NAME)),
            Some(vec![1, 0])
        );
    }

    #[test]
    fn an_older_request_stops() {
        let table = table(&["anna"; 1]);
        let arranger = Arranger::default();
        arranger.announce(&request(9, &table, "", BY_NAME));
        assert_eq!(arranger.arrange(&request(8, &table, "", BY_NAME)), None);
    }
}

//! How the attribute writeback names a user. Guides disagree: `User_<id>` and `User`, or the bare id and `user`
//! (facts/graph section 3.3); the first is tried first.

use uuid::Uuid;

use crate::domain::synchronization::{JobKind, OnDemandSubject};

/// The spellings of a subject to try, in order.
pub(super) fn spellings(job: &str, subject: &OnDemandSubject) -> Vec<OnDemandSubject> {
    let bare = subject.object_id.trim();
    if JobKind::of(job, None) != JobKind::ExchangeAttributeWriteback || Uuid::try_parse(bare).is_err() {
        return vec![subject.clone()];
    }
    vec![
        OnDemandSubject {
            object_id: format!("User_{bare}"),
            object_type: "User".to_owned(),
        },
        OnDemandSubject {
            object_id: bare.to_owned(),
            object_type: "user".to_owned(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_ids_of_the_writeback_have_two_spellings() {
        let subject = |id: &str| OnDemandSubject {
            object_id: id.to_owned(),
            object_type: "user".to_owned(),
        };
        let id = "0f6f5b1e-0000-4000-8000-000000000001";
        let writeback = "Entra2ADExchangeOnlineAttributeWriteback.t.j";
        let tried: Vec<String> = spellings(writeback, &subject(id))
            .into_iter()
            .map(|subject| subject.object_id)
            .collect();
        assert_eq!(tried, [format!("User_{id}"), id.to_owned()]);
        assert_eq!(spellings("AD2AADProvisioning.t.j", &subject(id)).len(), 1);
        assert_eq!(spellings(writeback, &subject("User_x")).len(), 1);
    }
}

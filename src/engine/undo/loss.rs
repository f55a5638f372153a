//! What going back on-premises would overwrite: values of the cloud that the directory does not hold.

use crate::{
    domain::{
        CloudAttributes, DirectoryMatch, Overwrite,
        difference::{self, Difference, DifferenceClass},
    },
    engine::plan::Described,
};

/// The values of one mailbox that going back would lose.
pub(super) fn losses(
    described: &Described,
    found: &DirectoryMatch<'_>,
    differences: &[Difference],
    before: &CloudAttributes,
    now: &CloudAttributes,
) -> Vec<Overwrite> {
    let edits = difference::edits_since(before, now);
    let mut lost = Vec::new();
    // Where the directory tells, it decides: an edit that was written there is safe, an older drift is not.
    let known =
        |difference: &&Difference| found.object().is_some() && difference.class != DifferenceClass::Unknown;
    let decided: Vec<&Difference> = differences.iter().filter(known).collect();
    for difference in decided.iter().filter(|difference| difference.would_be_lost) {
        lost.push(Overwrite {
            id: described.id,
            primary_smtp_address: described.primary_smtp_address.clone(),
            attribute: difference.cloud_attribute.to_owned(),
            directory_attribute: difference.directory_attribute.to_owned(),
            cloud: difference.cloud.clone(),
            directory: difference.directory.clone(),
        });
    }
    for edit in edits {
        let settled = decided.iter().any(|difference| {
            difference.cloud_attribute == edit.cloud_attribute
                && difference.directory_attribute == edit.directory_attribute
        });
        // An edit back to nothing on both sides leaves no row, and nothing to lose.
        let both_empty = found.object().is_some()
            && edit.now.is_empty()
            && !differences
                .iter()
                .any(|difference| difference.cloud_attribute == edit.cloud_attribute);
        if !settled && !both_empty {
            lost.push(Overwrite {
                id: described.id,
                primary_smtp_address: described.primary_smtp_address.clone(),
                attribute: edit.cloud_attribute.to_owned(),
                directory_attribute: edit.directory_attribute.to_owned(),
                cloud: edit.now,
                directory: None,
            });
        }
    }
    lost
}

//! Mailboxes read by object id, ten at once, and the search for properties a tenant does not know.

use serde_json::Value;

use super::{
    ExchangeClient,
    attributes::{IDENTITY, PROOF, SNAPSHOT},
    cmdlet::Cmdlet,
    row::attributes,
};
use crate::{
    cloud::transport::Effect,
    domain::{CloudAttributes, ErrorClass, ObjectId, ServiceError},
};

/// The answer for one mailbox.
type Lookup = Result<CloudAttributes, ServiceError>;

impl ExchangeClient {
    /// Reads all snapshot attributes; answers in request order. The outer error counts for every mailbox.
    pub async fn read(&self, ids: &[ObjectId]) -> Result<Vec<Lookup>, ServiceError> {
        self.look_up(ids, SNAPSHOT).await
    }

    /// Reads what proves a write; answers in request order. The outer error counts for every mailbox.
    pub async fn reread(&self, ids: &[ObjectId]) -> Result<Vec<Lookup>, ServiceError> {
        self.look_up(ids, PROOF).await
    }

    /// Writes; answers in request order. The outer error counts for every mailbox, and in the class
    /// [`ErrorClass::Lost`] every mailbox may or may not have been written.
    pub async fn write(&self, cmdlets: &[Cmdlet]) -> Result<Vec<Result<(), ServiceError>>, ServiceError> {
        let answers = self.batch(cmdlets, None, Effect::Write).await?;
        Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
    }

    async fn look_up(&self, ids: &[ObjectId], names: &[&str]) -> Result<Vec<Lookup>, ServiceError> {
        let select = self.dropped.select(names);
        let answers = self.look_up_once(ids, &select).await?;
        let refusal = answers
            .iter()
            .find_map(|answer| answer.as_ref().err().filter(|error| is_about_select(error)));
        if let Some(error) = refusal.cloned()
            && let Some(shorter) = self.shorter_select(&error, names, &select).await?
        {
            return self.look_up_once(ids, &shorter).await;
        }
        Ok(answers)
    }

    async fn look_up_once(&self, ids: &[ObjectId], select: &str) -> Result<Vec<Lookup>, ServiceError> {
        let cmdlets: Vec<Cmdlet> = ids.iter().map(|id| Cmdlet::get_mailbox(*id)).collect();
        let answers = self.batch(&cmdlets, Some(select), Effect::Read).await?;
        Ok(ids
            .iter()
            .zip(answers)
            .map(|(id, answer)| answer.and_then(|rows| the_row_of(*id, rows)))
            .collect())
    }

    /// After `error` of a request with `select`: a select of `names` without those that the tenant rejects. Nothing
    /// when that is the same and asking again is no use. Looks for such names once per client.
    pub(super) async fn shorter_select(
        &self,
        error: &ServiceError,
        names: &[&str],
        select: &str,
    ) -> Result<Option<String>, ServiceError> {
        if !is_about_select(error) {
            return Ok(None);
        }
        // Others that fail at the same time wait here for the result instead of looking too.
        let mut looked = self.dropped.looked.lock().await;
        if !*looked {
            self.look_for_rejected_names().await?;
            *looked = true;
        }
        Ok(Some(self.dropped.select(names)).filter(|shorter| shorter != select))
    }

    async fn look_for_rejected_names(&self) -> Result<(), ServiceError> {
        if !self.accepts(&[IDENTITY]).await? {
            // Not even the identity alone: the fault lies elsewhere.
            return Ok(());
        }
        let mut open = vec![SNAPSHOT];
        while let Some(group) = open.pop() {
            if group == [IDENTITY] || self.accepts(group).await? {
                continue;
            }
            if group.len() == 1 {
                self.dropped.add(group);
            } else {
                let (front, back) = group.split_at(group.len() / 2);
                open.extend([front, back]);
            }
        }
        Ok(())
    }

    /// Whether the service takes these names in `$select`.
    async fn accepts(&self, names: &[&str]) -> Result<bool, ServiceError> {
        let token = self.token().await?;
        let mut request = self.invoke(
            &token,
            &Cmdlet::any_mailbox(),
            Some(&names.join(",")),
            Effect::Read,
        )?;
        request.operation = format!("Get-Mailbox x1, probing {} properties", names.len());
        for (name, value) in &mut request.headers {
            if *name == "Prefer" {
                "odata.maxpagesize=1".clone_into(value);
            }
        }
        match self.read_envelope(&request).await {
            Ok(_) => Ok(true),
            Err(error) if is_about_select(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether an error can come from a name in `$select`: how a tenant rejects one is not documented, so every lasting
/// refusal of the request itself is looked into.
fn is_about_select(error: &ServiceError) -> bool {
    matches!(error.class, ErrorClass::Rejected | ErrorClass::Unsupported)
        && matches!(error.status, Some(200 | 400 | 500))
}

/// The row of the mailbox that was asked for, and of no other.
fn the_row_of(id: ObjectId, rows: Vec<Value>) -> Lookup {
    if rows.is_empty() {
        return Err(
            ServiceError::new(ErrorClass::NotFound, format!("no mailbox has the id {id}"))
                .with_advice("It was removed or is no mailbox any more. Load the inventory again."),
        );
    }
    rows.into_iter()
        .filter_map(attributes)
        .find(|(found, _)| *found == id)
        .map(|(_, attributes)| attributes)
        .ok_or_else(|| {
            ServiceError::new(
                ErrorClass::Malformed,
                format!("the service was asked for the mailbox {id} and answered with another one"),
            )
            .with_advice("Nothing was changed. Note the request id and report it.")
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_mailbox_asked_for_counts() {
        let id: ObjectId = "0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap();
        let row = json!({IDENTITY: id.to_string(), "Alias": "a"});
        let other = json!({IDENTITY: "0f6f5b1e-0000-4000-8000-000000000002"});
        assert_eq!(
            the_row_of(id, vec![other.clone(), row]).unwrap().text("Alias"),
            Some("a")
        );
        assert_eq!(
            the_row_of(id, vec![other]).unwrap_err().class,
            ErrorClass::Malformed
        );
        assert_eq!(
            the_row_of(id, vec![json!(1)]).unwrap_err().class,
            ErrorClass::Malformed
        );
        assert_eq!(the_row_of(id, vec![]).unwrap_err().class, ErrorClass::NotFound);
    }
}

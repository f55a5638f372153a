//! Whether whole user objects were handed to the cloud (facts/graph section 6, `onPremisesSyncBehavior`).

use serde_json::Value;

use super::{
    GraphClient,
    batch::Part,
    error::malformed,
    place::{Place, Version},
    subject::AUTHORITY,
};
use crate::domain::{
    ErrorClass, ObjectId, ServiceError,
    wire::{Wire, member, wire},
};

wire! {
    /// The authority over an object.
    pub(super) struct BehaviorAnswer = "onPremisesSyncBehavior" {
        is_cloud_managed: Option<bool> = "isCloudManaged",
    }
}

impl GraphClient {
    /// For each user whether the whole object is cloud-managed; nothing only where Graph said that there is no such
    /// information.
    ///
    /// All or nothing: users that Graph would not answer for make the call an error of class [`ErrorClass::Throttled`]
    /// or [`ErrorClass::Transient`] once retries are used up. A refusal for lack of rights is one of class
    /// [`ErrorClass::Permission`]: it would be the same for all.
    pub async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        let places: Vec<Place> = ids.iter().map(place).collect::<Result<_, _>>()?;
        let parts = self
            .read_parts(Version::V1, &places, "onPremisesSyncBehavior", &AUTHORITY)
            .await?;
        parts.into_iter().map(flag).collect()
    }
}

fn place(id: &ObjectId) -> Result<Place, ServiceError> {
    let place = Place::v1("users").id(&id.to_string())?;
    Ok(place
        .then("onPremisesSyncBehavior")
        .with("$select", "isCloudManaged"))
}

fn flag(part: Part) -> Result<Option<bool>, ServiceError> {
    let body = match part {
        Ok(body) => body,
        // The only way to say that there is no such information.
        Err(error) if error.class == ErrorClass::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match (
        member(&body, "isCloudManaged"),
        BehaviorAnswer::of(Some(&body)).is_cloud_managed,
    ) {
        (Some(Value::Null), _) => Ok(None),
        (_, Some(flag)) => Ok(Some(flag)),
        (_, None) => Err(malformed(
            "Graph answered without saying whether the object is cloud-managed",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_null_and_not_found_mean_that_there_is_no_such_information() {
        let class = |part| flag(part).map_err(|error| error.class);
        assert_eq!(class(Ok(json!({"isCloudManaged": true}))), Ok(Some(true)));
        assert_eq!(class(Ok(json!({"isCloudManaged": "False"}))), Ok(Some(false)));
        assert_eq!(class(Ok(json!({"isCloudManaged": null}))), Ok(None));
        assert_eq!(
            class(Err(ServiceError::new(ErrorClass::NotFound, "no"))),
            Ok(None)
        );
        for body in [json!({}), json!({"isCloudManaged": 7}), Value::Null] {
            assert_eq!(class(Ok(body)), Err(ErrorClass::Malformed));
        }
        let refused = ServiceError::new(ErrorClass::Rejected, "no");
        assert_eq!(class(Err(refused)), Err(ErrorClass::Rejected));
    }
}

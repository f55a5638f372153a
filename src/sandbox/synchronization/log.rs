//! The provisioning log (facts/graph section 5.1).

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{self, Ticks};
use super::directory::{Population, purpose};
use super::error_text::ErrorText;
use super::filter::{Field, Kind as FieldKind, Operation as Op, Row, Value as Found};
use super::job::Label;
use crate::sandbox::login::Caller;
use crate::sandbox::seed::{mix, uuid};

/// So many entries are kept; the oldest go.
const KEPT: usize = 250_000;

/// What can be filtered, and how (facts/graph section 5.1); nothing else can.
pub(super) const FIELDS: &[Field] = &[
    Field(
        "activityDateTime",
        FieldKind::Time,
        &[Op::Equal, Op::Greater, Op::Less],
    ),
    Field("id", FieldKind::Text, &[Op::Equal, Op::Contains]),
    Field("jobId", FieldKind::Text, &[Op::Equal, Op::Contains]),
    Field("cycleId", FieldKind::Text, &[Op::Equal, Op::Contains]),
    Field("changeId", FieldKind::Text, &[Op::Equal, Op::Contains]),
    Field("initiatedBy", FieldKind::Text, &[Op::Equal, Op::Contains]),
    Field(
        "durationInMilliseconds",
        FieldKind::Number,
        &[Op::Equal, Op::Greater, Op::Less],
    ),
];

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Action {
    Other,
    Create,
    Update,
    Delete,
    StagedDelete,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::StagedDelete => "stagedDelete",
        }
    }
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Status {
    Success,
    Failure,
    Skipped,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
        }
    }
}

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Subject {
    Person(u32),
    Group(u32),
}

/// Who set something off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Initiator {
    Service,
    User,
    Application(String),
}

impl Initiator {
    pub fn of(caller: &Caller) -> Self {
        if caller.app_only {
            Self::Application(caller.client.clone())
        } else {
            Self::User
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Service => "",
            Self::User => "admin@contoso.onmicrosoft.com",
            Self::Application(id) => id,
        }
    }
}

/// One entry.
pub(in crate::sandbox) struct Entry {
    pub at: Ticks,
    pub number: u32,
    pub label: Arc<Label>,
    pub cycle: u64,
    pub subject: Subject,
    pub action: Action,
    pub status: Status,
    pub error: Option<&'static ErrorText>,
    pub by: Initiator,
}

/// All entries, the oldest first.
#[derive(Default)]
pub(in crate::sandbox) struct Log {
    pub entries: std::collections::VecDeque<Entry>,
    written: u32,
}

impl Log {
    /// Writes an entry, with the number it gets.
    pub fn write(&mut self, mut entry: Entry) {
        self.written += 1;
        entry.number = self.written;
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    /// The number the next entry gets.
    pub fn next_number(&self) -> u32 {
        self.written + 1
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Entry {
    fn id(&self, seed: u64) -> Uuid {
        uuid(seed, self.number, purpose::LOG)
    }

    fn change(&self, seed: u64) -> Uuid {
        uuid(seed, self.number, purpose::CHANGE)
    }

    fn cycle_id(&self, seed: u64) -> Uuid {
        uuid(seed, self.label.number << 20 ^ self.cycle as u32, purpose::CYCLE)
    }

    fn milliseconds(&self, seed: u64) -> i64 {
        40 + (mix(seed, self.number.into(), purpose::DICE) % 900) as i64
    }

    pub fn json(&self, people: &Population) -> Value {
        let seed = people.tenant.seed;
        let kind = self.label.kind;
        let (source, mut target) = self.identities(people);
        let out_of_scope = self.error.is_some_and(|error| error.code == "NotInScope");
        if out_of_scope || self.action == Action::Create && self.status != Status::Success {
            target =
                json!({ "id": "", "displayName": "", "identityType": target["identityType"], "details": {} });
        }
        let system = |name: &str, number: u64| {
            let id = uuid(seed, self.label.number, purpose::DIRECTORY + number * 0x100);
            json!({ "id": id, "displayName": name, "details": {} })
        };
        let mut target_system = system(kind.target_system, 2);
        target_system["details"] = json!({
            "ApplicationId": self.label.principal,
            "ServicePrincipalId": self.label.principal,
            "ServicePrincipalDisplayName": self.label.principal_name,
        });
        json!({
            "id": self.id(seed),
            "activityDateTime": clock::whole_text(self.at),
            "tenantId": people.tenant.id,
            "jobId": self.label.job,
            "cycleId": self.cycle_id(seed),
            "changeId": self.change(seed),
            "provisioningAction": self.action.word(),
            "durationInMilliseconds": self.milliseconds(seed),
            "servicePrincipal": { "id": self.label.principal, "displayName": self.label.principal_name },
            "sourceSystem": system(kind.source_system, 1),
            "targetSystem": target_system,
            "initiatedBy": self.initiator(),
            "sourceIdentity": source,
            "targetIdentity": target,
            "provisioningStatusInfo": {
                "status": self.status.word(),
                "errorInformation": self.error.map(|error| json!({
                    "errorCode": error.code,
                    "reason": error.reason,
                    "additionalDetails": null,
                    "errorCategory": if self.status == Status::Failure { "failure" } else { "nonServiceFailure" },
                    "recommendedAction": error.recommended,
                })),
            },
            "provisioningSteps": self.steps(),
            "modifiedProperties": self.modified(people),
        })
    }

    fn initiator(&self) -> Value {
        let (name, kind) = match &self.by {
            Initiator::Service => ("Azure AD Provisioning Service", "system"),
            Initiator::User => ("Sandbox Admin", "user"),
            Initiator::Application(_) => ("Sandbox application", "application"),
        };
        json!({ "id": self.by.id(), "displayName": name, "initiatorType": kind })
    }

    /// Source and target; Active Directory knows objects by their objectGUID.
    fn identities(&self, people: &Population) -> (Value, Value) {
        let kind = self.label.kind;
        let identity = |id: Uuid, name: &str, details: Value| json!({ "id": id, "displayName": name, "identityType": if kind.groups { "Group" } else { "user" }, "details": details });
        match self.subject {
            Subject::Person(index) => {
                let person = people.person(index);
                let on_premises = identity(
                    person.guid,
                    &person.name,
                    json!({ "objectGUID": person.guid, "distinguishedName": person.dn, "userPrincipalName": person.upn }),
                );
                let mut cloud = identity(
                    person.object_id,
                    &person.name,
                    json!({ "id": person.object_id, "userPrincipalName": person.upn }),
                );
                cloud["identityType"] = "User".into();
                if kind.from_directory {
                    (on_premises, cloud)
                } else {
                    (cloud, on_premises)
                }
            }
            Subject::Group(index) => {
                let id = people.group_id(index);
                let name = format!("Group {index:02}");
                let target = uuid(people.tenant.seed, index, purpose::PERSON_GUID + 0x100);
                (
                    identity(id, &name, json!({ "id": id })),
                    identity(target, &name, json!({})),
                )
            }
        }
    }

    fn steps(&self) -> Value {
        let failed = self.status.word();
        let out_of_scope = self.error.is_some_and(|error| error.code == "NotInScope");
        let mut steps = vec![
            step(
                "EntryImport",
                "import",
                "success",
                "Received the object from the source",
                json!({}),
            ),
            step(
                "EntrySynchronizationScoping",
                "scoping",
                if out_of_scope { "skipped" } else { "success" },
                "Determined whether the object is in scope",
                json!({ "Scoping filter evaluation passed": if out_of_scope { "False" } else { "True" } }),
            ),
        ];
        if out_of_scope {
            return steps.into();
        }
        let duplicate = self.error.is_some_and(|error| error.code.contains("Duplicate"));
        let matching = if duplicate { failed } else { "success" };
        steps.push(step(
            "EntryImport",
            "matching",
            matching,
            "Retrieved the object of the target",
            json!({}),
        ));
        if !duplicate {
            let name = match self.action {
                Action::Create => "EntryExportAdd",
                Action::Delete | Action::StagedDelete => "EntryExportDelete",
                Action::Other | Action::Update => "EntryExportUpdate",
            };
            steps.push(step(
                name,
                "export",
                failed,
                "Wrote the object to the target",
                json!({}),
            ));
        }
        steps.into()
    }

    fn modified(&self, people: &Population) -> Value {
        if self.status != Status::Success || !matches!(self.action, Action::Create | Action::Update) {
            return json!([]);
        }
        let Subject::Person(index) = self.subject else {
            return json!([{ "displayName": "member", "oldValue": null, "newValue": "1 added" }]);
        };
        let person = people.person(index);
        if self.action == Action::Create {
            return json!([
                { "displayName": "displayName", "oldValue": null, "newValue": person.name },
                { "displayName": "userPrincipalName", "oldValue": null, "newValue": person.upn },
            ]);
        }
        let choices = [
            ("department", "Sales", "Marketing"),
            ("extensionAttribute7", "", "7"),
            ("telephoneNumber", "+1 555 0100", "+1 555 0199"),
            ("title", "Engineer", "Lead Engineer"),
        ];
        let (name, old, new) = choices[self.number as usize % choices.len()];
        json!([{ "displayName": name, "oldValue": old, "newValue": new }])
    }
}

fn step(name: &str, kind: &str, status: &str, description: &str, details: Value) -> Value {
    json!({
        "name": name,
        "provisioningStepType": kind,
        "status": status,
        "description": description,
        "details": details,
    })
}

/// An entry as filters see it.
pub(super) struct Seen<'a>(pub &'a Entry, pub u64);

impl Row for Seen<'_> {
    fn value(&self, field: &str) -> Found {
        let Self(entry, seed) = self;
        match field {
            "activityDateTime" => Found::Number(entry.at / clock::SECOND * clock::SECOND),
            "id" => Found::Text(entry.id(*seed).to_string()),
            "jobId" => Found::Text(entry.label.job.clone()),
            "cycleId" => Found::Text(entry.cycle_id(*seed).to_string()),
            "changeId" => Found::Text(entry.change(*seed).to_string()),
            "initiatedBy" => Found::Text(entry.by.id().to_owned()),
            _ => Found::Number(entry.milliseconds(*seed)),
        }
    }
}

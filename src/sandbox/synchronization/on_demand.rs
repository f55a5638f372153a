//! Provisioning on demand (facts/graph section 3.3).

use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::clock::{self, SECOND, Ticks};
use super::directory::{Person, Population, purpose};
use super::error_text::{self, DUPLICATE, ErrorText, NOT_IN_SCOPE};
use super::job::Job;
use super::kind::{DIRECTORY, Kind};
use super::log::{Action, Entry, Initiator, Status, Subject};
use super::routes::Context;
use super::scope::{Scope, takes_group};
use super::{audit, jobs};
use crate::sandbox::reply::Reply;
use crate::sandbox::seed::uuid;

type Answer = Result<Reply, Box<Reply>>;

/// Attributes that an import shows although nobody filled them, beside numbered ones.
const EMPTY: [&str; 34] = [
    "assistant",
    "c",
    "co",
    "comment",
    "company",
    "countryCode",
    "department",
    "departmentNumber",
    "description",
    "division",
    "employeeID",
    "employeeNumber",
    "employeeType",
    "facsimileTelephoneNumber",
    "givenName",
    "homePhone",
    "info",
    "initials",
    "ipPhone",
    "l",
    "mail",
    "manager",
    "middleName",
    "mobile",
    "otherMailbox",
    "pager",
    "physicalDeliveryOfficeName",
    "postalCode",
    "preferredLanguage",
    "sn",
    "st",
    "streetAddress",
    "telephoneNumber",
    "title",
];
/// Numbered attributes, and how many of each there are.
const NUMBERED: [(&str, u32); 5] = [
    ("extensionAttribute", 15),
    ("msExchExtensionCustomAttribute", 5),
    ("msDS-cloudExtensionAttribute", 20),
    ("msExchExtensionAttribute", 30),
    ("employeeCustom", 5),
];

/// How long it takes.
const TAKEN: Ticks = 2 * SECOND;

fn attribute_names() -> impl Iterator<Item = String> {
    let numbered = NUMBERED
        .iter()
        .flat_map(|(name, many)| (1..=*many).map(move |number| format!("{name}{number}")));
    EMPTY.iter().map(|name| (*name).to_owned()).chain(numbered)
}

/// What came of it.
enum Outcome {
    Done,
    Skipped,
    Failed {
        code: String,
        message: String,
        recommended: &'static str,
    },
}

/// `POST provisionOnDemand`
pub(super) fn provision(context: &mut Context, place: usize, at: usize) -> Answer {
    if let Err(wait) = context.sync.on_demand.take(Instant::now()) {
        return Err(context.throttled(wait).into());
    }
    let body = context.json()?;
    let kind = context.sync.configurations[place].jobs[at].kind();
    let invalid = |code: &str, text: &str| Box::new(context.nested(400, code, Some(text)));
    let parameters = match body["parameters"].as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => {
            return Err(invalid(
                "InvalidRequest",
                "Exactly one set of parameters is expected.",
            ));
        }
    };
    if parameters["ruleId"] != kind.rule {
        return Err(invalid(
            "InvalidRuleId",
            "The rule does not exist in the schema of the job.",
        ));
    }
    let subject = match parameters["subjects"].as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => return Err(invalid("InvalidSubjects", "Exactly one subject is expected.")),
    };
    let (Some(id), Some(object_type)) = (subject["objectId"].as_str(), subject["objectTypeName"].as_str())
    else {
        return Err(invalid(
            "InvalidSubjects",
            "A subject has an objectId and an objectTypeName.",
        ));
    };
    let expected = if kind.groups { "group" } else { "user" };
    if !object_type.eq_ignore_ascii_case(expected) {
        return Err(invalid(
            "InvalidSubjects",
            "The object type is not provisioned by this job.",
        ));
    }
    let (world, now) = (context.world, context.now);
    let sync = &mut *context.sync;
    let domain = sync.configurations[place].domain();
    let trouble = sync.topology.trouble(domain.as_deref(), now);
    let people = Population {
        tenant: &world.tenant,
        domains: &sync.domains,
    };
    let job = &mut sync.configurations[place].jobs[at];
    job.writes.on_demand += 1;
    let job = &*job;
    let (who, outcome) = judge(job, id, trouble, domain.as_deref(), &people);
    let report = Report {
        job,
        people: &people,
        id,
        who: &who,
        outcome: &outcome,
        now,
        change: sync.log.next_number(),
    };
    let (key, value) = (report.key(), report.value());
    let entry = who.subject(&people).map(|subject| {
        let (action, status, error): (_, _, Option<&'static ErrorText>) = match outcome {
            Outcome::Done => (Action::Update, Status::Success, None),
            Outcome::Skipped => (Action::Other, Status::Skipped, Some(NOT_IN_SCOPE)),
            Outcome::Failed { .. } => (Action::Update, Status::Failure, Some(DUPLICATE)),
        };
        Entry {
            at: now,
            number: 0,
            label: std::sync::Arc::clone(&job.label),
            cycle: 500_000 + job.writes.on_demand,
            subject,
            action,
            status,
            error,
            by: Initiator::of(context.caller),
        }
    });
    if let Some(entry) = entry {
        sync.log.write(entry);
    }
    jobs::note(context, place, audit::ON_DEMAND, None);
    let body = json!({
        // The service behind shows through.
        "@odata.context": "https://syncfabric.windowsazure.com/api/$metadata#microsoft.synchronization.stringKeyStringValuePair",
        "key": key.to_string(),
        "value": value.to_string(),
    });
    Ok(Reply::json(200, &body))
}

/// The object that was meant.
enum Who {
    Person(Person),
    Group(u32),
    Nobody,
}

impl Who {
    fn subject(&self, _: &Population) -> Option<Subject> {
        match self {
            Self::Person(person) => Some(Subject::Person(person.index)),
            Self::Group(index) => Some(Subject::Group(*index)),
            Self::Nobody => None,
        }
    }
}

fn judge(
    job: &Job,
    id: &str,
    trouble: Option<&str>,
    domain: Option<&str>,
    people: &Population,
) -> (Who, Outcome) {
    let kind = job.kind();
    let failed = |code: &str, message: &str, recommended| Outcome::Failed {
        code: code.to_owned(),
        message: message.to_owned(),
        recommended,
    };
    if let Some(code) = trouble.map(str::to_owned).or_else(|| job.ordered_failure.clone()) {
        let failure = error_text::failure(&code);
        return (
            Who::Nobody,
            failed(&failure.code, &failure.message, "Check the agents of the domain."),
        );
    }
    let unknown = || {
        failed(
            "EntryNotFound",
            "The object could not be found in the source.",
            "Check the id of the object.",
        )
    };
    if kind.groups {
        return match people.group_by_id(id) {
            Some(group) if takes_group(group) => (Who::Group(group), Outcome::Done),
            Some(group) => (Who::Group(group), Outcome::Skipped),
            None => (Who::Nobody, unknown()),
        };
    }
    let person = if kind.from_directory {
        people.by_dn(id).filter(|person| {
            Some(people.domain_of(person.index)) == domain && !job.pending_deletes.contains(&person.index)
        })
    } else {
        people.by_id(id)
    };
    let Some(person) = person else {
        return (Who::Nobody, unknown());
    };
    let outcome = if !Scope::of(job).takes(job, &person, people) {
        Outcome::Skipped
    } else if people.is_ambiguous(person.index) {
        failed(DUPLICATE.code, DUPLICATE.reason, DUPLICATE.recommended)
    } else {
        Outcome::Done
    };
    (Who::Person(person), outcome)
}

/// The answer, being written.
struct Report<'a> {
    job: &'a Job,
    people: &'a Population<'a>,
    /// The subject as it was asked for.
    id: &'a str,
    who: &'a Who,
    outcome: &'a Outcome,
    now: Ticks,
    change: u32,
}

impl Report<'_> {
    fn kind(&self) -> &'static Kind {
        self.job.kind()
    }

    fn key(&self) -> Value {
        match self.outcome {
            Outcome::Done => json!({ "result": "Success", "details": {} }),
            Outcome::Skipped => {
                json!({ "result": "Skipped", "details": { "errorCode": "NotInScope", "errorMessage": NOT_IN_SCOPE.reason } })
            }
            Outcome::Failed { code, message, .. } => {
                json!({ "result": "Failure", "details": { "errorCode": code, "errorMessage": message } })
            }
        }
    }

    fn value(&self) -> Value {
        // A group that is left out, and an object nobody knows, have no story (facts/graph section 3.3).
        let name = match self.who {
            Who::Nobody => return json!({}),
            Who::Group(_) if matches!(self.outcome, Outcome::Skipped) => return json!({}),
            Who::Group(index) => format!("Group {index:02}"),
            Who::Person(person) => person.upn.clone(),
        };
        let seed = self.people.tenant.seed;
        let change = uuid(seed, self.change, purpose::CHANGE);
        let (source, target) = self.identities();
        let object = if self.kind().groups { "Group" } else { "user" };
        let status = match self.outcome {
            Outcome::Done => json!({ "status": "Success" }),
            Outcome::Skipped => {
                json!({ "status": "Skipped", "errorCode": "NotInScope", "reason": NOT_IN_SCOPE.reason })
            }
            Outcome::Failed {
                code,
                message,
                recommended,
            } => json!({
                "status": "Failure",
                "errorCode": code,
                "reason": message,
                "additionalDetails": null,
                "errorCategory": "Failure",
                "recommendedAction": recommended,
            }),
        };
        json!({
            "action": if matches!(self.outcome, Outcome::Done) { "Update" } else { "Other" },
            "changeId": change,
            "startTime": clock::text(self.begun()),
            "endTime": clock::text(self.now),
            "reportableIdentifier": name,
            "statusInfo": status,
            "sourceIdentity": { "id": source, "type": object, "displayName": name },
            "sourceSystem": { "name": self.kind().source_system, "details": {} },
            "targetIdentity": { "id": if matches!(self.outcome, Outcome::Done) { target } else { String::new() }, "type": object },
            "targetSystem": { "name": self.kind().target_system, "details": {} },
            "modifiedProperties": self.modified(),
            "provisioningSteps": self.steps(),
        })
    }

    /// When it began: the answer comes when all is over.
    fn begun(&self) -> Ticks {
        self.now - TAKEN
    }

    fn identities(&self) -> (String, String) {
        let (on_premises, cloud) = match self.who {
            Who::Person(person) => (person.guid, person.object_id),
            Who::Group(index) => (
                uuid(self.people.tenant.seed, *index, purpose::PERSON_GUID + 0x100),
                self.people.group_id(*index),
            ),
            Who::Nobody => (Uuid::nil(), Uuid::nil()),
        };
        if self.kind().from_directory {
            (on_premises.to_string(), cloud.to_string())
        } else {
            (cloud.to_string(), on_premises.to_string())
        }
    }

    fn modified(&self) -> Value {
        match (self.outcome, self.who) {
            (Outcome::Done, Who::Person(person)) => json!([
                { "displayName": "DisplayName", "newValue": person.name },
                { "displayName": "Department", "oldValue": "Sales", "newValue": "Marketing" },
            ]),
            (Outcome::Done, _) => json!([{ "displayName": "members", "newValue": "2 added" }]),
            _ => json!([]),
        }
    }

    fn steps(&self) -> Value {
        let mut at = self.begun();
        let mut step = |name: &str, kind: &str, status: &str, description: &str, details: Value| {
            at += SECOND / 3 + 1_234_567;
            json!({ "name": name, "type": kind, "status": status, "description": description, "timestamp": clock::text(at), "details": details })
        };
        let target = self.kind().target_system;
        let skipped = matches!(self.outcome, Outcome::Skipped);
        let source = self.kind().source_system;
        let mut steps = vec![
            step(
                "EntryImportUpdate",
                "Import",
                "Success",
                &format!("Received the object from {source}"),
                self.attributes(),
            ),
            step(
                "EntrySynchronizationScoping",
                "Scoping",
                if skipped { "Skipped" } else { "Success" },
                "Determined whether the object is in scope",
                json!({ "Scoping filter evaluation passed": if skipped { "False" } else { "True" } }),
            ),
        ];
        match self.outcome {
            Outcome::Skipped => steps.push(step(
                "EntrySynchronizationSkip",
                "Export",
                "Skipped",
                "The object was left out",
                json!({ "SkipReason": "NotInScope" }),
            )),
            Outcome::Failed { code, message, .. } => steps.push(step(
                "EntryImport",
                "Matching",
                "Failure",
                message,
                json!({ "ErrorCode": code }),
            )),
            Outcome::Done => {
                let found = format!("Found the object in {target}");
                steps.push(step("EntryImport", "Matching", "Success", &found, json!({})));
                let written = format!("Wrote the object to {target}");
                steps.push(step(
                    "EntryExportUpdate",
                    "Export",
                    "Success",
                    &written,
                    json!({}),
                ));
            }
        }
        steps.into()
    }

    /// From Active Directory more than a hundred attributes, mostly empty.
    fn attributes(&self) -> Value {
        let mut all = Map::new();
        if let Who::Person(person) = self.who {
            if self.kind().source_system == DIRECTORY {
                all.insert("distinguishedName".into(), person.dn.clone().into());
                all.insert("objectGUID".into(), person.guid.to_string().into());
            } else {
                all.insert("objectId".into(), person.object_id.to_string().into());
            }
            all.insert("displayName".into(), person.name.clone().into());
            all.insert("userPrincipalName".into(), person.upn.clone().into());
            all.insert("mailNickname".into(), person.alias.clone().into());
        } else {
            all.insert("objectId".into(), self.id.into());
        }
        for name in attribute_names().filter(|_| self.kind().source_system == DIRECTORY) {
            all.entry(name).or_insert_with(|| "".into());
        }
        Value::Object(all)
    }
}

//! A mailbox service in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use handover::{
    directory::DirectoryExport,
    domain::{
        CloudAttributes, ErrorClass, Mailbox, ObjectId, ServiceError, Target, TenantName, rules::RunFacts,
    },
    engine::{
        InventoryEnd, InventoryQuery, ItemAnswer, MailboxService, Organization, TransportState, WriteRequest,
    },
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub fn id(number: u128) -> ObjectId {
    ObjectId(Uuid::from_u128(number))
}

pub fn tenant() -> TenantName {
    TenantName {
        id: "aaaaaaaa-0000-0000-0000-000000000000".into(),
        domain: "contoso.onmicrosoft.com".into(),
    }
}

/// Facts with nothing wrong and a version attested.
pub fn facts() -> RunFacts {
    RunFacts {
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        connect_version: Some("2.5.190.0".into()),
        ..RunFacts::default()
    }
}

/// A synchronized user mailbox, still on-premises.
pub fn mailbox(number: u128) -> Value {
    json!({
        "ExternalDirectoryObjectId": id(number).to_string(), "DisplayName": format!("User {number}"),
        "UserPrincipalName": format!("u{number}@contoso.com"), "PrimarySmtpAddress": format!("u{number}@contoso.com"),
        "WindowsEmailAddress": format!("u{number}@contoso.com"), "Alias": format!("u{number}"),
        "EmailAddresses": [format!("SMTP:u{number}@contoso.com"), format!("smtp:u{number}@contoso.mail.onmicrosoft.com")],
        "RecipientTypeDetails": "UserMailbox", "IsDirSynced": true, "IsExchangeCloudManaged": false,
        "CustomAttribute1": "Sales", "MailboxMoveStatus": "None"
    })
}

/// The same mailbox with other values.
pub fn with(number: u128, changes: Value) -> Value {
    let mut mailbox = mailbox(number);
    mailbox
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    mailbox
}

pub fn attributes(mailbox: Value) -> CloudAttributes {
    serde_json::from_value(mailbox).unwrap()
}

/// The directory's side of mailboxes 1 to `count`, equal to [`mailbox`].
pub fn export(count: u128, changes: &[(&str, &str)]) -> Arc<DirectoryExport> {
    let mut text = String::new();
    for number in 1..=count {
        let mut object = format!(
            "dn: CN=User {number},DC=x\nobjectClass: user\nuserPrincipalName: u{number}@contoso.com\nmail: u{number}@contoso.com\n\
             mailNickname: u{number}\nproxyAddresses: SMTP:u{number}@contoso.com\nextensionAttribute1: Sales\n\
             msExchRecipientTypeDetails: 2147483648\nmsExchRemoteRecipientType: 1\nwhenChanged: 20261001100000.0Z\n\n"
        );
        for (from, to) in changes {
            object = object.replace(from, to);
        }
        text.push_str(&object);
    }
    let as_of = "2026-11-20T11:00:00Z".parse().unwrap();
    Arc::new(DirectoryExport::read(text.as_bytes(), "test", Some(as_of)).unwrap())
}

#[derive(Default)]
pub struct Fake {
    pub mailboxes: Mutex<BTreeMap<ObjectId, CloudAttributes>>,
    /// Answers for single mailboxes instead of their attributes.
    pub faults: BTreeMap<ObjectId, ErrorClass>,
    /// Fails every call of the list.
    pub list_fault: Option<ErrorClass>,
    /// Mailboxes whose whole object was handed over; or the error of that question.
    pub whole_objects: Option<Result<Vec<ObjectId>, ErrorClass>>,
    /// The question about whole objects fails for every batch with this mailbox.
    pub whole_object_fault: Option<(ObjectId, ErrorClass)>,
    /// Users that the question about whole objects does not find.
    pub unknown_users: Vec<ObjectId>,
    pub reads: AtomicUsize,
    pub surveys: AtomicUsize,
}

impl Fake {
    pub fn new(mailboxes: impl IntoIterator<Item = Value>) -> Self {
        let mailboxes = mailboxes
            .into_iter()
            .map(attributes)
            .map(|cloud| {
                (
                    cloud.text("ExternalDirectoryObjectId").unwrap().parse().unwrap(),
                    cloud,
                )
            })
            .collect();
        Self {
            mailboxes: Mutex::new(mailboxes),
            ..Self::default()
        }
    }

    fn answer(&self, id: &ObjectId) -> ItemAnswer<CloudAttributes> {
        if let Some(class) = self.faults.get(id) {
            return Err(ServiceError::new(*class, "a fault\u{1b} of the test"));
        }
        let mailboxes = self.mailboxes.lock().unwrap();
        mailboxes
            .get(id)
            .cloned()
            .ok_or_else(|| ServiceError::new(ErrorClass::NotFound, "no such mailbox"))
    }
}

impl MailboxService for Fake {
    async fn inventory(
        &self,
        _: InventoryQuery,
        _: mpsc::Sender<Vec<Mailbox>>,
        _: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        unreachable!("plans ask for full attributes")
    }

    async fn survey(
        &self,
        _: InventoryQuery,
        pages: mpsc::Sender<Vec<CloudAttributes>>,
        cancel: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        self.surveys.fetch_add(1, Ordering::Relaxed);
        if let Some(class) = self.list_fault {
            return Err(ServiceError::new(class, "no list"));
        }
        let rows: Vec<CloudAttributes> = self.mailboxes.lock().unwrap().values().cloned().collect();
        for page in rows.chunks(7) {
            if cancel.is_cancelled() {
                break;
            }
            pages.send(page.to_vec()).await.ok();
        }
        Ok(InventoryEnd {
            rows: rows.len() as u64,
            without_id: 1,
            flag_present: Some(true),
            warnings: Vec::new(),
        })
    }

    async fn read(&self, ids: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        assert!(ids.len() <= Self::BATCH);
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(ids.iter().map(|id| self.answer(id)).collect())
    }

    async fn reread(&self, _: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        unreachable!("planning proves nothing")
    }

    async fn write(&self, _: &[WriteRequest]) -> Result<Vec<ItemAnswer<()>>, ServiceError> {
        unreachable!("planning writes nothing")
    }

    async fn organization(&self) -> Result<Organization, ServiceError> {
        Ok(Organization {
            tenant: tenant(),
            display_name: "Contoso".into(),
            cloud_by_default: Some(false),
            sync_enabled: Some(true),
            accepted_domains: vec!["contoso.com".into()],
            last_sync: Some(facts().now),
        })
    }

    async fn set_tenant_default(&self, _: Target) -> Result<(), ServiceError> {
        unreachable!("planning writes nothing")
    }

    async fn allowed_cmdlets(&self) -> Result<Vec<String>, ServiceError> {
        Ok(vec!["Get-Mailbox".into(), "Set-Mailbox".into()])
    }

    async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        if let Some((id, class)) = self.whole_object_fault
            && ids.contains(&id)
        {
            return Err(ServiceError::new(class, "too many requests"));
        }
        match &self.whole_objects {
            None => Ok(vec![Some(false); ids.len()]),
            Some(Ok(moved)) => Ok(ids
                .iter()
                .map(|id| (!self.unknown_users.contains(id)).then(|| moved.contains(id)))
                .collect()),
            Some(Err(class)) => Err(ServiceError::new(*class, "403")),
        }
    }

    fn dropped_attributes(&self) -> Vec<String> {
        vec!["MailTip".into()]
    }

    fn transport(&self) -> watch::Receiver<TransportState> {
        watch::channel(TransportState::default()).1
    }
}

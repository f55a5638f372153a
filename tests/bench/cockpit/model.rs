//! A cockpit signed in to a tenant that needs no service: its effects are answered at once.

use std::collections::VecDeque;

use handover::{
    domain::{
        Endpoints, Mailbox, ObjectId, Policy, Profile, RecipientType, SignInMethod, SourceOfAuthority,
        TenantName,
    },
    engine::{InventoryEnd, Organization},
    tui::{Effect, Glyphs, Identity, Keymap, Model, Msg, Now, Settings, Tab, Theme, update},
};
use jiff::Timestamp;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

fn settings() -> Settings {
    Settings {
        profile: Some(Profile {
            name: "bench".to_owned(),
            tenant: "contoso.onmicrosoft.com".to_owned(),
            method: SignInMethod::DeviceCode,
            client_id: None,
            endpoints: Endpoints::custom("http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")
                .unwrap(),
        }),
        policy: Policy::default(),
        theme: Theme::named("dark").unwrap(),
        colour: true,
        glyphs: Glyphs::UNICODE,
        keymap: Keymap::standard().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        filter: String::new(),
        tab: Tab::Mailboxes,
    }
}

/// A model with so many mailboxes in its table.
pub fn loaded(rows: u32, size: (u16, u16)) -> Model {
    let mut model = Model::new(settings(), size, Now::default());
    let mut queue = VecDeque::from([Msg::Started]);
    while let Some(message) = queue.pop_front() {
        for effect in update(&mut model, message) {
            answer(effect, rows, &mut queue);
        }
    }
    assert_eq!(
        model.mailboxes.rows().len(),
        rows as usize,
        "the table is not loaded"
    );
    model
}

/// Answers an effect as a service that is infinitely fast.
pub fn answer(effect: Effect, rows: u32, queue: &mut VecDeque<Msg>) {
    match effect {
        Effect::SignIn { job } => queue.push_back(Msg::SignedIn {
            job,
            result: Ok(Identity {
                name: "anna@contoso.com".to_owned(),
                tenant_id: TENANT.to_owned(),
                note: None,
            }),
        }),
        Effect::ReadOrganization { job } => queue.push_back(Msg::Organization {
            job,
            result: Ok(Organization {
                tenant: TenantName {
                    id: TENANT.to_owned(),
                    domain: "contoso.onmicrosoft.com".to_owned(),
                },
                display_name: "Contoso".to_owned(),
                cloud_by_default: Some(false),
                sync_enabled: Some(true),
                accepted_domains: Vec::new(),
                last_sync: None,
            }),
        }),
        Effect::LoadInventory { job, .. } => {
            for first in (0..rows).step_by(1_000) {
                let mailboxes = (first..rows.min(first + 1_000)).map(mailbox).collect();
                queue.push_back(Msg::MailboxesLoaded { job, mailboxes });
            }
            let end = InventoryEnd {
                rows: u64::from(rows),
                flag_present: Some(true),
                ..InventoryEnd::default()
            };
            queue.push_back(Msg::InventoryEnded { job, result: Ok(end) });
        }
        Effect::Arrange(request) => queue.push_back(Msg::Arranged {
            generation: request.generation,
            rows: (0..u32::try_from(request.table.len()).unwrap()).collect(),
        }),
        Effect::ListRuns { job } => queue.push_back(Msg::Runs {
            job,
            result: Ok(Vec::new()),
        }),
        Effect::ListWaves { job } => queue.push_back(Msg::Waves {
            job,
            result: Ok(Vec::new()),
        }),
        _ => {}
    }
}

/// Names of different lengths, some with letters beyond ASCII, as tenants have them.
fn mailbox(number: u32) -> Mailbox {
    const FIRST: [&str; 8] = [
        "Anna",
        "Björn",
        "Zoë",
        "Maximilian",
        "Li",
        "Şule",
        "Jean-Baptiste",
        "Olu",
    ];
    const LAST: [&str; 8] = [
        "Müller",
        "Ng",
        "Fernández",
        "van der Berg",
        "Kowalski",
        "O'Brien",
        "Çelik",
        "Smith",
    ];
    let name = format!(
        "{} {} {number}",
        FIRST[number as usize % 8],
        LAST[number as usize / 8 % 8]
    );
    let alias = format!("user{number}");
    Mailbox {
        id: ObjectId(uuid::Uuid::from_u128(u128::from(number) + 1)),
        display_name: name,
        user_principal_name: format!("{alias}@contoso.com"),
        primary_smtp_address: format!("{alias}@mail.contoso.com"),
        alias,
        recipient_type: if number.is_multiple_of(9) {
            RecipientType::Shared
        } else {
            RecipientType::User
        },
        dir_synced: Some(!number.is_multiple_of(5)),
        authority: SourceOfAuthority::from_flag(Some(number.is_multiple_of(3))),
        when_changed: Timestamp::from_second(1_790_000_000 + i64::from(number)).ok(),
    }
}

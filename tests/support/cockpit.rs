//! A cockpit without a terminal: keys in, effects and cells out.

#![allow(dead_code)]

use std::{sync::Arc, time::Duration};

use handover::{
    domain::{
        Change, Cloud, CloudAttributes, Endpoints, Finding, Mailbox, ObjectId, Overwrite, PLAN_FORMAT, Plan,
        PlanContent, PlanItem, Policy, Profile, RecipientType, Service, Severity, SignInMethod,
        SourceOfAuthority, Target, TenantName, arrange,
    },
    engine::{
        InventoryEnd, Organization,
        information::{Addresses, Information, Rules, Variable},
    },
    tui::{
        Chord, Connection, Effect, Glyphs, Identity, JobId, Keymap, Model, Msg, Now, Settings, Tab, Theme,
        update, view,
    },
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier},
};
use uuid::Uuid;

pub fn timestamp(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn id(number: u64) -> ObjectId {
    ObjectId(Uuid::from_u64_pair(0x1111_2222_3333_4444, number))
}

pub fn profile() -> Profile {
    Profile {
        name: "contoso".into(),
        tenant: "contoso.onmicrosoft.com".into(),
        method: SignInMethod::DeviceCode,
        client_id: None,
        endpoints: Endpoints::published(Cloud::Global).unwrap(),
    }
}

pub fn settings() -> Settings {
    Settings {
        profile: Some(profile()),
        policy: Policy::default(),
        theme: Theme::named("mono").unwrap(),
        colour: true,
        glyphs: Glyphs::ASCII,
        keymap: Keymap::standard().unwrap(),
        zone: TimeZone::UTC,
        filter: String::new(),
        tab: Tab::Mailboxes,
    }
}

/// Names and addresses like a real tenant's, repeatable.
pub fn mailbox(number: u64) -> Mailbox {
    const GIVEN: [&str; 8] = [
        "Anna", "Bernd", "Chiara", "Dmitri", "Emeka", "Fatima", "Gustav", "Hana",
    ];
    const FAMILY: [&str; 7] = [
        "Schmidt",
        "Okafor",
        "Rossi",
        "Novak",
        "Lindqvist",
        "Haddad",
        "Tanaka",
    ];
    let given = GIVEN[number as usize % GIVEN.len()];
    let family = FAMILY[number as usize / 3 % FAMILY.len()];
    let alias = format!("{}.{}{number}", given.to_lowercase(), family.to_lowercase());
    let (recipient_type, display_name) = match number % 11 {
        7 => (RecipientType::Shared, format!("{family} Team Inbox")),
        9 => (RecipientType::Room, format!("Room {number} North Wing")),
        10 => (
            RecipientType::Other("SchedulingMailbox".into()),
            format!("Booking {number}"),
        ),
        _ => (RecipientType::User, format!("{given} {family}")),
    };
    Mailbox {
        id: id(number),
        display_name,
        user_principal_name: format!("{alias}@contoso.com"),
        primary_smtp_address: format!("{alias}@contoso.com"),
        alias,
        recipient_type,
        dir_synced: match number % 13 {
            5 => Some(false),
            12 => None,
            _ => Some(true),
        },
        authority: match number % 5 {
            3 => SourceOfAuthority::Cloud,
            4 if number % 20 == 4 => SourceOfAuthority::Unknown,
            _ => SourceOfAuthority::OnPremises,
        },
        when_changed: Some(timestamp("2026-11-01T08:00:00Z") + Duration::from_secs(number * 977)),
    }
}

pub fn tenant() -> TenantName {
    TenantName {
        id: "00000000-0000-0000-0000-000000000001".into(),
        domain: "contoso.onmicrosoft.com".into(),
    }
}

pub struct Cockpit {
    pub model: Model,
    pub effects: Vec<Effect>,
    milliseconds: u64,
}

impl Cockpit {
    pub fn new(settings: Settings, size: (u16, u16)) -> Self {
        let mut cockpit = Self {
            model: Model::new(settings, size, Now::default()),
            effects: Vec::new(),
            milliseconds: 0,
        };
        cockpit.wait(1_000);
        cockpit
    }

    /// Started, nothing answered yet.
    pub fn started(settings: Settings, size: (u16, u16)) -> Self {
        let mut cockpit = Self::new(settings, size);
        cockpit.send(Msg::Started);
        cockpit
    }

    /// Signed in, organisation read, so many mailboxes loaded, notes lapsed.
    pub fn loaded(settings: Settings, size: (u16, u16), mailboxes: u64) -> Self {
        let mut cockpit = Self::signed_in(settings, size);
        let job = cockpit.job(|effect| match effect {
            Effect::LoadInventory { job, .. } => Some(*job),
            _ => None,
        });
        for from in (0..mailboxes).step_by(1_000) {
            cockpit.send(Msg::MailboxesLoaded {
                job,
                mailboxes: (from..mailboxes.min(from + 1_000)).map(mailbox).collect(),
            });
        }
        cockpit.send(Msg::InventoryEnded {
            job,
            result: Ok(InventoryEnd {
                rows: mailboxes,
                flag_present: Some(true),
                ..InventoryEnd::default()
            }),
        });
        cockpit.wait(10_000);
        cockpit.effects.clear();
        cockpit
    }

    pub fn signed_in(settings: Settings, size: (u16, u16)) -> Self {
        let mut cockpit = Self::started(settings, size);
        let job = cockpit.job(|effect| match effect {
            Effect::SignIn { job } => Some(*job),
            _ => None,
        });
        for service in [Service::Login, Service::Graph, Service::Exchange] {
            cockpit.send(Msg::Connection {
                service,
                connection: Connection::Connected,
            });
        }
        cockpit.send(Msg::SignedIn {
            job,
            result: Ok(Identity {
                name: "admin@contoso.com".into(),
                tenant_id: tenant().id,
                note: None,
            }),
        });
        let job = cockpit.job(|effect| match effect {
            Effect::ReadOrganization { job } => Some(*job),
            _ => None,
        });
        cockpit.send(Msg::Organization {
            job,
            result: Ok(Organization {
                tenant: tenant(),
                display_name: "Contoso".into(),
                cloud_by_default: Some(false),
                sync_enabled: Some(true),
                accepted_domains: Vec::new(),
                last_sync: None,
            }),
        });
        let job = cockpit.job(|effect| match effect {
            Effect::ListRuns { job } => Some(*job),
            _ => None,
        });
        cockpit.send(Msg::Runs {
            job,
            result: Ok(Vec::new()),
        });
        cockpit
    }

    pub fn now(&self) -> Now {
        let elapsed = Duration::from_millis(self.milliseconds);
        Now {
            elapsed,
            wall: timestamp("2026-11-22T14:02:00Z") + elapsed,
        }
    }

    pub fn wait(&mut self, milliseconds: u64) {
        self.milliseconds += milliseconds;
        let now = self.now();
        self.send(Msg::Tick(now));
    }

    /// Sends a message; arrangements are answered at once, as the loop would a moment later.
    pub fn send(&mut self, msg: Msg) {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            for effect in update(&mut self.model, msg) {
                if let Effect::Arrange(request) = &effect {
                    let rows = match request.sort {
                        Some(sort) => {
                            arrange::arrange(&request.table, &request.filter, sort, &|| false).unwrap()
                        }
                        None => {
                            let order: Arc<Vec<u32>> = Arc::new((0..request.table.len() as u32).collect());
                            arrange::filter(&request.table, &order, &request.filter, None, &|| false).unwrap()
                        }
                    };
                    waiting.push(Msg::Arranged {
                        generation: request.generation,
                        rows,
                    });
                }
                self.effects.push(effect);
            }
        }
    }

    /// Presses keys, written as in a keymap with spaces between; half a second passes before each.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.wait(500);
            let chord: Chord = key.parse().unwrap_or_else(|error| panic!("{key}: {error}"));
            self.send(Msg::Key(chord));
        }
        self
    }

    /// Types a text letter by letter.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.send(Msg::Key(Chord::plain(handover::tui::Key::Char(character))));
        }
        self
    }

    /// The job of the newest effect that fits.
    pub fn job(&self, fits: impl Fn(&Effect) -> Option<JobId>) -> JobId {
        self.effects.iter().rev().find_map(fits).expect("no such effect")
    }

    /// The job of the newest plan.
    pub fn plan_job(&self) -> JobId {
        self.job(|effect| match effect {
            Effect::BuildPlan { job, .. } | Effect::UndoPlan { job, .. } | Effect::AcceptLoss { job, .. } => {
                Some(*job)
            }
            _ => None,
        })
    }

    /// The job of the newest run.
    pub fn run_job(&self) -> JobId {
        self.job(|effect| match effect {
            Effect::Apply { job, .. } | Effect::Resume { job, .. } => Some(*job),
            _ => None,
        })
    }

    pub fn draw(&self) -> Buffer {
        let area = Rect::new(0, 0, self.model.size.0, self.model.size.1);
        let mut buffer = Buffer::empty(area);
        view(&self.model, area, &mut buffer);
        buffer
    }

    /// The screen as text, without trailing blanks.
    pub fn screen(&self) -> String {
        text_of(&self.draw(), |_, symbol| symbol.to_owned())
    }

    /// The screen with a marker wherever the style changes.
    pub fn styled(&self) -> String {
        let mut last = String::new();
        text_of(&self.draw(), |cell, symbol| {
            let style = marker(cell.0, cell.1);
            if symbol == " " && style.is_empty() && last.is_empty() {
                return symbol.to_owned();
            }
            let change = if style == last {
                String::new()
            } else {
                format!("{{{style}}}")
            };
            last = style;
            format!("{change}{symbol}")
        })
    }
}

fn marker(colour: Color, modifier: Modifier) -> String {
    let mut words = Vec::new();
    if colour != Color::Reset {
        words.push(colour.to_string().to_lowercase());
    }
    for (flag, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "under"),
        (Modifier::REVERSED, "reverse"),
    ] {
        if modifier.contains(flag) {
            words.push(word.into());
        }
    }
    words.join("+")
}

fn text_of(buffer: &Buffer, mut symbol: impl FnMut((Color, Modifier), &str) -> String) -> String {
    let area = buffer.area;
    let mut text = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in area.left()..area.right() {
            let cell = &buffer[(x, y)];
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            line += &symbol((cell.fg, cell.modifier), cell.symbol());
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn finding(rule: &str, severity: Severity, text: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        text: text.into(),
        advice: None,
    }
}

/// A plan over so many mailboxes, with warnings and blocked ones.
pub fn plan(target: Target, count: u64) -> Arc<Plan> {
    let item = |number: u64, findings: Vec<Finding>| {
        let mailbox = mailbox(number);
        PlanItem {
            id: mailbox.id,
            display_name: mailbox.display_name,
            primary_smtp_address: mailbox.primary_smtp_address,
            findings,
        }
    };
    let hold = || {
        finding(
            "litigation-hold",
            Severity::Warn,
            "A litigation hold is set; after the handover it is kept in the cloud only.",
        )
    };
    let items = (0..count)
        .map(|number| {
            item(
                number,
                if number % 50 == 7 {
                    vec![hold()]
                } else {
                    Vec::new()
                },
            )
        })
        .collect();
    let blocked = vec![
        item(
            1_005,
            vec![finding(
                "not-dir-synced",
                Severity::Block,
                "The mailbox is not synchronized from Active Directory; there is nothing to hand over.",
            )],
        ),
        item(
            1_018,
            vec![finding(
                "not-dir-synced",
                Severity::Block,
                "The mailbox is not synchronized from Active Directory; there is nothing to hand over.",
            )],
        ),
        item(
            1_021,
            vec![finding(
                "type-not-supported",
                Severity::Block,
                "A SchedulingMailbox can't be handed over.",
            )],
        ),
    ];
    let overwrites = match target {
        Target::Cloud => Vec::new(),
        Target::OnPremises => vec![Overwrite {
            id: id(3),
            primary_smtp_address: "dmitri.okafor3@contoso.com".into(),
            attribute: "CustomAttribute1".into(),
            directory_attribute: "extensionAttribute1".into(),
            cloud: "wave 4".into(),
            directory: Some(String::new()),
            snapshot: None,
            lost: Vec::new(),
        }],
    };
    seal(PlanContent {
        format: PLAN_FORMAT.into(),
        created_at: timestamp("2026-11-22T14:01:30Z"),
        created_by: "admin@contoso.com".into(),
        tool_version: "0.1.0".into(),
        tenant: tenant(),
        change: Change::SetAuthority { target },
        items,
        already_there: 40,
        blocked,
        run_findings: vec![finding("connect-not-attested", Severity::Warn, "The version of Connect Sync is not known; below 2.5.190.0 the flag flips back.")],
        irreversible: vec!["After 24 hours the directory may have changed: undo then writes today's directory values, not those of today's snapshot.".into()],
        undo_of: None,
        overwrites,
        loss_accepted: false,
    })
}

pub fn seal(content: PlanContent) -> Arc<Plan> {
    Arc::new(Plan::seal(content).unwrap())
}

/// The cloud side of a mailbox.
pub fn attributes(authority: bool) -> CloudAttributes {
    let value = serde_json::json!({
        "DisplayName": "Dmitri Okafor",
        "EmailAddresses": [
            "SMTP:dmitri.okafor3@contoso.com",
            "smtp:dmitri@contoso.com",
            "smtp:dmitri.okafor3@contoso.mail.onmicrosoft.com",
            "x500:/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn=dmitri"
        ],
        "CustomAttribute1": "wave 4",
        "HiddenFromAddressListsEnabled": false,
        "IsExchangeCloudManaged": authority,
        "LitigationHoldEnabled": "False",
        "ForwardingAddress": null
    });
    serde_json::from_value(value).unwrap()
}

/// What is in use on some machine.
pub fn information() -> Information {
    let variable = |name: &str, value: &str, meaning: &str| Variable {
        name: name.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    let text = |text: &str| Some(text.to_owned());
    Information {
        version: "0.1.0".into(),
        config_file: "/home/admin/.config/handover/config.toml".into(),
        config_file_exists: false,
        data_directory: "/home/admin/.local/share/handover".into(),
        runs: "/home/admin/.local/share/handover/runs".into(),
        waves: "/home/admin/.local/share/handover/waves".into(),
        locks: "/home/admin/.local/share/handover/locks".into(),
        copied: "/home/admin/.local/share/handover/copied".into(),
        shared_locks: text("/tmp"),
        profile: text("contoso"),
        profiles: vec!["contoso".into(), "fabrikam".into()],
        tenant: text("contoso.onmicrosoft.com"),
        cloud: text("global"),
        sign_in: text("device-code"),
        client_id: None,
        endpoints: Some(Addresses {
            login: "https://login.microsoftonline.com/".into(),
            graph: "https://graph.microsoft.com/".into(),
            exchange: "https://outlook.office365.com/".into(),
        }),
        secrets: "memory, for this process only (there is no Secret Service in this session)".into(),
        policy: Rules {
            read_only: true,
            confirm_above: 25,
            max_changes: 0,
        },
        environment: vec![
            variable("HANDOVER_PROFILE", "not set", "profile"),
            variable(
                "HANDOVER_CLIENT_SECRET",
                "set",
                "secret of the app registration; never written anywhere",
            ),
        ],
    }
}

/// Opens the screen that shows what is in use, and answers it.
pub fn open_information(cockpit: &mut Cockpit) {
    cockpit.press(":").type_text("info").press("enter");
    let job = cockpit.job(|effect| match effect {
        Effect::ReadInformation { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::Information {
        job,
        result: Ok(Box::new(information())),
    });
}

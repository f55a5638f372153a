//! The set-up dialog of the first run: where the tenant lives and how to sign in.

use crate::{
    domain::{Cloud, SignInMethod},
    tui::{context::Context, effect::Setup, widget::TextField},
};

/// The clouds to choose from; a custom one is written into the file by hand.
pub const CLOUDS: [(Cloud, &str); 4] = [
    (Cloud::Global, "global"),
    (Cloud::GccHigh, "gcc-high"),
    (Cloud::Dod, "dod"),
    (Cloud::China, "china"),
];

/// The sign-in methods to choose from.
pub const METHODS: [SignInMethod; 5] = [
    SignInMethod::DeviceCode,
    SignInMethod::Browser,
    SignInMethod::ClientSecret,
    SignInMethod::Certificate,
    SignInMethod::AzureCli,
];

/// A field of the dialog, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetupField {
    /// The tenant domain.
    #[default]
    Tenant,
    /// Which cloud.
    Cloud,
    /// How to sign in.
    Method,
    /// The app registration.
    Client,
    /// The button.
    Save,
}

/// The fields in order.
pub const FIELDS: [SetupField; 5] = [
    SetupField::Tenant,
    SetupField::Cloud,
    SetupField::Method,
    SetupField::Client,
    SetupField::Save,
];

/// The dialog.
#[derive(Clone, Debug, Default)]
pub struct SetupForm {
    /// The field with the cursor.
    pub field: SetupField,
    /// Index into [`CLOUDS`].
    pub cloud: usize,
    /// Index into [`METHODS`].
    pub method: usize,
    /// The tenant domain.
    pub tenant: TextField,
    /// The app registration.
    pub client: TextField,
    /// What is wrong.
    pub error: Option<String>,
    /// The file is being written.
    pub saving: bool,
}

impl SetupForm {
    /// Text fields take letters, the others don't.
    pub fn context(&self) -> Context {
        match self.field {
            SetupField::Tenant | SetupField::Client => Context::Text,
            _ => Context::Dialog,
        }
    }

    /// Goes to the next or the previous field.
    pub fn turn(&mut self, forward: bool) {
        let at = FIELDS.iter().position(|field| *field == self.field).unwrap_or(0);
        let step = if forward { 1 } else { FIELDS.len() - 1 };
        self.field = FIELDS[(at + step) % FIELDS.len()];
    }

    /// Turns a choice field.
    pub fn choose(&mut self, forward: bool) {
        let turned = |at: usize, count: usize| (at + if forward { 1 } else { count - 1 }) % count;
        match self.field {
            SetupField::Cloud => self.cloud = turned(self.cloud, CLOUDS.len()),
            SetupField::Method => self.method = turned(self.method, METHODS.len()),
            _ => {}
        }
    }

    /// The text field with the cursor.
    pub fn text_field(&mut self) -> Option<&mut TextField> {
        match self.field {
            SetupField::Tenant => Some(&mut self.tenant),
            SetupField::Client => Some(&mut self.client),
            _ => None,
        }
    }

    /// What was chosen, or what is missing.
    pub fn finish(&self) -> Result<Setup, (SetupField, &'static str)> {
        let tenant = self.tenant.text().trim();
        if tenant.is_empty() {
            return Err((
                SetupField::Tenant,
                "type the tenant, such as contoso.onmicrosoft.com",
            ));
        }
        let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
        if !tenant.chars().all(is_name) || !(tenant.contains('.') || uuid::Uuid::try_parse(tenant).is_ok()) {
            return Err((
                SetupField::Tenant,
                "this is neither a domain such as contoso.onmicrosoft.com nor a tenant id",
            ));
        }
        let client = self.client.text().trim();
        if !client.is_empty() && uuid::Uuid::try_parse(client).is_err() {
            return Err((
                SetupField::Client,
                "a client id looks like 00000000-0000-0000-0000-000000000000",
            ));
        }
        let method = METHODS.get(self.method).copied().unwrap_or_default();
        if client.is_empty() && method.is_app_only() {
            return Err((
                SetupField::Client,
                "this sign-in needs the client id of your app registration",
            ));
        }
        Ok(Setup {
            cloud: CLOUDS.get(self.cloud).map_or(Cloud::Global, |(cloud, _)| *cloud),
            tenant: tenant.to_owned(),
            method,
            client_id: (!client.is_empty()).then(|| client.to_owned()),
        })
    }
}

//! What the sign-in service remembers.

use std::collections::HashMap;
use std::time::Instant;

use ring::hmac;

use super::scope::Scope;
use super::{PublicKey, Refusal};
use crate::sandbox::seed::mix;
use crate::sandbox::tenant::{Tenant, purpose};

/// Access tokens live this long unless the control service says otherwise.
const LIFETIME: i64 = 3600;

/// A device code waiting for its person.
pub(super) struct DeviceCode {
    pub client: String,
    pub scope: Scope,
    pub expires: Instant,
    pub last_poll: Option<Instant>,
    pub polls: u32,
    pub approved: bool,
}

/// An authorization code waiting to be redeemed.
pub(super) struct Code {
    pub client: String,
    pub redirect: String,
    pub challenge: String,
    pub nonce: Option<String>,
    pub scope: Scope,
    pub expires: Instant,
    pub redeemed: bool,
}

/// All state of the sign-in service.
pub(in crate::sandbox) struct SignIns {
    pub(super) key: hmac::Key,
    /// Tokens of an older generation are no longer accepted.
    pub(super) generation: u64,
    pub(super) lifetime: i64,
    pub(super) device_codes: HashMap<String, DeviceCode>,
    pub(super) codes: HashMap<String, Code>,
    /// Clients by refresh token. An older token stays good, as Entra ID keeps it.
    pub(super) refresh_tokens: HashMap<String, String>,
    pub(super) public_key: Option<PublicKey>,
    pub(super) ordered_refusal: Option<Refusal>,
    serial: u64,
    seed: u64,
}

impl SignIns {
    pub fn new(tenant: &Tenant) -> Self {
        let secret = mix(tenant.seed, 3, purpose::SECRET).to_be_bytes();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret.repeat(4)),
            generation: 0,
            lifetime: LIFETIME,
            device_codes: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            public_key: None,
            ordered_refusal: None,
            serial: 0,
            seed: tenant.seed,
        }
    }

    /// A text that was not given out before.
    pub(super) fn ticket(&mut self, prefix: &str) -> String {
        self.serial += 1;
        let part = |purpose| mix(self.seed, self.serial, purpose);
        format!(
            "{prefix}{:016x}{:016x}{:016x}",
            part(0x71),
            part(0x72),
            part(0x73)
        )
    }

    /// Makes every access token given out so far invalid.
    pub fn expire_tokens(&mut self) {
        self.generation += 1;
    }

    /// Makes every refresh token given out so far invalid.
    pub fn revoke(&mut self) {
        self.refresh_tokens.clear();
        self.expire_tokens();
    }

    /// Lifetime of access tokens from now on, in seconds.
    pub fn set_lifetime(&mut self, seconds: i64) {
        self.lifetime = seconds;
    }

    /// Lets all waiting device codes in.
    pub fn approve(&mut self) -> usize {
        self.device_codes
            .values_mut()
            .for_each(|code| code.approved = true);
        self.device_codes.len()
    }

    /// Lets all waiting device codes expire.
    pub fn expire_device_codes(&mut self) {
        let now = Instant::now();
        self.device_codes.values_mut().for_each(|code| code.expires = now);
    }

    /// Certificate assertions must carry a signature of this key from now on.
    pub fn register_key(&mut self, key: PublicKey) {
        self.public_key = Some(key);
    }

    /// Every sign-in ends in this refusal until it is taken back.
    pub fn order_refusal(&mut self, refusal: Option<Refusal>) {
        self.ordered_refusal = refusal;
    }
}

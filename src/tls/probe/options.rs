//! How to probe.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use rustls::pki_types::CertificateDer;

/// The longest a probe of one endpoint takes.
pub const BOUND: Duration = Duration::from_secs(10);

/// Which proxy stands between this machine and the endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// The one of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), else on Windows the one of the
    /// system settings, as for every other request of Handover.
    #[default]
    System,
    /// None, whatever the environment says.
    None,
    /// This one, for every host: `http://host:port`.
    Fixed(String),
}

/// How to probe. The default is right for real endpoints; the rest serves tests and the demo, which put local servers
/// under real names.
#[derive(Clone, Debug)]
pub struct ProbeOptions {
    /// The longest that one endpoint takes; [`BOUND`] by default.
    pub bound: Duration,
    /// Which proxy.
    pub proxy: ProxyChoice,
    /// Names and ports that are not looked up but stand for these addresses. Further addresses are tried in order.
    pub resolve: HashMap<(String, u16), Vec<SocketAddr>>,
    /// Authorities that count as if this machine trusted them, beside those it does.
    pub system_roots: Vec<CertificateDer<'static>>,
    /// Authorities that count as if the public trusted them, beside those it does.
    pub public_roots: Vec<CertificateDer<'static>>,
    /// Whether Windows' own TLS is asked too, where there is one. It knows nothing of the authorities above, so that it
    /// would refuse every local server that one of them signed for.
    pub schannel: bool,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            bound: BOUND,
            proxy: ProxyChoice::System,
            resolve: HashMap::new(),
            system_roots: Vec::new(),
            public_roots: Vec::new(),
            schannel: true,
        }
    }
}

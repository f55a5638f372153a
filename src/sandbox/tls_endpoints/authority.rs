//! Throw-away authorities and the certificates they sign. Keys live in memory only.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

type Signer = CertifiedIssuer<'static, KeyPair>;

/// A root and the authority below it, as the public ones are built.
struct Authority {
    root: Signer,
    issuing: Signer,
}

/// The one that plays the public, and the company's.
pub struct Authorities {
    public: Authority,
    company: Authority,
}

/// A chain, leaf first, and the leaf's key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

fn authority_params(organization: &str, name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
        .distinguished_name
        .push(DnType::OrganizationName, organization);
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

impl Authority {
    fn new(organization: &str, root: &str, issuing: &str) -> Result<Self, rcgen::Error> {
        let root = CertifiedIssuer::self_signed(authority_params(organization, root)?, KeyPair::generate()?)?;
        let issuing = CertifiedIssuer::signed_by(
            authority_params(organization, issuing)?,
            KeyPair::generate()?,
            &root,
        )?;
        Ok(Self { root, issuing })
    }

    fn sign(&self, params: CertificateParams) -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let signer: &Issuer<'_, KeyPair> = &self.issuing;
        let leaf = params.signed_by(&key, signer)?;
        Ok(Identity {
            chain: vec![leaf.der().clone(), self.issuing.as_ref().der().clone()],
            key: private(&key),
        })
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.serialize_der()).into()
}

fn leaf_params(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, host);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

impl Authorities {
    pub fn new() -> Result<Self, rcgen::Error> {
        Ok(Self {
            public: Authority::new(
                "Demo Public Trust",
                "Demo Public Root",
                "Demo Public Issuing CA 1",
            )?,
            company: Authority::new("Contoso", "Contoso Corporate Root", "Contoso Web Gateway")?,
        })
    }

    pub fn public_root(&self) -> CertificateDer<'static> {
        self.public.root.as_ref().der().clone()
    }

    pub fn company_root(&self) -> CertificateDer<'static> {
        self.company.root.as_ref().der().clone()
    }

    /// For this name, from the public.
    pub fn good(&self, host: &str) -> Result<Identity, rcgen::Error> {
        self.public.sign(leaf_params(host)?)
    }

    /// For this name, from the company's proxy.
    pub fn intercepted(&self, host: &str) -> Result<Identity, rcgen::Error> {
        self.company.sign(leaf_params(host)?)
    }

    /// For this name, over since years.
    pub fn expired(&self, host: &str) -> Result<Identity, rcgen::Error> {
        let mut params = leaf_params(host)?;
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.public.sign(params)
    }

    /// For this name, signed by itself.
    pub fn self_signed(host: &str) -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = leaf_params(host)?.self_signed(&key)?;
        Ok(Identity {
            chain: vec![certificate.der().clone()],
            key: private(&key),
        })
    }
}

//! From what was seen to a word and a sentence that says what happened.

use rustls::AlertDescription;

use super::{
    certificate::is_self_issued,
    handshake::Broken,
    route::Failure,
    trust::{Opinions, Refusal},
};
use crate::domain::{
    text::clean_to,
    tls::{CertificateFacts, ProbeOutcome},
};

/// A chain longer than this is followed by hardly any client; rustls stops after six intermediates.
const LONG_CHAIN: usize = 8;

/// What both lists of authorities say, as an outcome (facts/connect section 5.5): public and machine agree, only the
/// machine trusts it, or neither does.
pub fn of_trust(opinions: &Opinions, chain: &[CertificateFacts], host: &str) -> Failure {
    let leaf = chain.first();
    let issuer = leaf.map_or("nobody", |leaf| leaf.issuer.as_str());
    let length = match chain.len() {
        count if count > LONG_CHAIN => {
            format!(" The chain has {count} certificates, more than clients follow.")
        }
        _ => String::new(),
    };
    let told = |outcome, text: String| Failure::new(outcome, text + &length);
    let until = |date: Option<&String>| date.map_or_else(|| "an unreadable date".to_owned(), Clone::clone);
    match (&opinions.public, &opinions.system) {
        (Ok(()), Ok(())) => told(
            ProbeOutcome::Reached,
            "The certificate is trusted by the public and by this machine.".to_owned(),
        ),
        (Ok(()), Err(Refusal::Unchecked(reason))) => told(
            ProbeOutcome::Reached,
            format!(
                "The certificate is trusted by the public. This machine's own list of authorities could not be asked: {reason}."
            ),
        ),
        (Ok(()), Err(Refusal::UnknownAuthority)) => told(
            ProbeOutcome::AuthorityUnknownHere,
            format!(
                "The certificate is trusted by the public, but this machine does not know its authority ({issuer})."
            ),
        ),
        _ if opinions.either(&Refusal::Expired) => told(
            ProbeOutcome::CertificateExpired,
            format!(
                "The certificate of {issuer} was valid until {}.",
                until(leaf.and_then(|leaf| leaf.not_after.as_ref()))
            ),
        ),
        _ if opinions.either(&Refusal::NotYetValid) => told(
            ProbeOutcome::CertificateExpired,
            format!(
                "The certificate of {issuer} is not valid before {}.",
                until(leaf.and_then(|leaf| leaf.not_before.as_ref()))
            ),
        ),
        _ if opinions.either(&Refusal::WrongName) => told(
            ProbeOutcome::CertificateWrongName,
            format!(
                "The certificate is not for {host} but for {}.",
                leaf.map_or("an unknown name", |leaf| leaf.subject.as_str())
            ),
        ),
        _ if opinions.either(&Refusal::Revoked) => told(
            ProbeOutcome::CertificateUntrusted,
            format!("The certificate of {issuer} was revoked."),
        ),
        // Windows reports an authority that it lacks, and that the server does not send, as a chain without an end.
        (Ok(()), Err(reason)) => told(
            ProbeOutcome::AuthorityUnknownHere,
            format!(
                "The certificate is trusted by the public, but not by this machine ({reason}): as a rule it does not know the authority ({issuer})."
            ),
        ),
        (Err(_), Ok(())) => told(
            ProbeOutcome::Intercepted,
            format!("This machine trusts the certificate, the public does not: it was signed by {issuer}."),
        ),
        _ if chain.len() == 1 && leaf.is_some_and(is_self_issued) => told(
            ProbeOutcome::CertificateUntrusted,
            format!("The certificate is signed by itself ({issuer})."),
        ),
        (Err(reason), _) if *reason != Refusal::UnknownAuthority => told(
            ProbeOutcome::CertificateUntrusted,
            format!("The certificate of {issuer} is not accepted: {reason}."),
        ),
        (_, Err(Refusal::Unchecked(reason))) => told(
            ProbeOutcome::CertificateUntrusted,
            format!(
                "The public does not know the authority that signed the certificate: {issuer}. Whether this machine does is unknown, since its list could not be asked: {reason}."
            ),
        ),
        _ => told(
            ProbeOutcome::CertificateUntrusted,
            format!(
                "Neither the public nor this machine knows the authority that signed the certificate: {issuer}."
            ),
        ),
    }
}

/// A good outcome says so when the server would also take old versions; a bad one mentions it.
pub fn with_old_versions(told: Failure, old: &[String]) -> Failure {
    if old.is_empty() {
        return told;
    }
    let outcome = match told.outcome {
        ProbeOutcome::Reached => ProbeOutcome::OldProtocolsOffered,
        other => other,
    };
    Failure::new(
        outcome,
        format!(
            "{} The server would also take {}.",
            told.detail,
            old.join(" and ")
        ),
    )
}

/// Compares with what Windows' own TLS saw, which decides for the products: where it fails and Handover does not, the
/// machine's settings are in the way; where it works and Handover does not, the products may be fine.
pub fn with_schannel(told: Failure, schannel: Option<&Result<String, String>>) -> Failure {
    let handover_works = matches!(
        told.outcome,
        ProbeOutcome::Reached | ProbeOutcome::OldProtocolsOffered | ProbeOutcome::Intercepted
    );
    match schannel {
        Some(Err(reason)) if handover_works => Failure::new(
            ProbeOutcome::SchannelFailed,
            format!(
                "Handover can speak TLS with this host, but Windows' own TLS failed: {reason}. {}",
                told.detail
            ),
        ),
        Some(Ok(agreed)) if !handover_works => Failure::new(
            told.outcome,
            format!(
                "{} Windows' own TLS got through ({agreed}), so the products may, too.",
                told.detail
            ),
        ),
        _ => told,
    }
}

/// A handshake that failed where no further question helps.
pub fn of_broken(broken: &Broken, first_bytes: &[u8], seconds: f32) -> Failure {
    match broken {
        Broken::Silent if first_bytes.is_empty() => Failure::new(
            ProbeOutcome::Silent,
            format!("Connected, but the TLS hello got no answer within {seconds:.0} s."),
        ),
        Broken::Silent => Failure::new(
            ProbeOutcome::Silent,
            format!(
                "Connected, but the server stopped in the middle of the handshake; waited {seconds:.0} s."
            ),
        ),
        Broken::Cut => Failure::new(
            ProbeOutcome::Reset,
            "Connected, but the connection was cut during the TLS handshake.",
        ),
        Broken::NotTls => Failure::new(
            ProbeOutcome::NotTls,
            format!(
                "Something answered that does not speak TLS; it said `{}`.",
                banner(first_bytes)
            ),
        ),
        Broken::Alert(AlertDescription::UnrecognisedName) => Failure::new(
            ProbeOutcome::HandshakeFailed,
            "The server says that it does not know this name (unrecognized_name).",
        ),
        Broken::Alert(alert) => Failure::new(
            ProbeOutcome::HandshakeFailed,
            format!("The server refused the handshake with the alert {alert:?}."),
        ),
        Broken::Incompatible(reason) => Failure::new(
            ProbeOutcome::HandshakeFailed,
            format!(
                "The server's TLS does not fit TLS 1.2 or 1.3: {}.",
                clean_to(reason, 200)
            ),
        ),
        Broken::Other(reason) => Failure::new(
            ProbeOutcome::HandshakeFailed,
            format!("TLS failed: {}.", clean_to(reason, 200)),
        ),
    }
}

/// The first line of what is not TLS, for a reader.
fn banner(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().next().unwrap_or_default();
    clean_to(line, 60).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(subject: &str, issuer: &str) -> CertificateFacts {
        CertificateFacts {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            not_before: None,
            not_after: None,
        }
    }

    #[test]
    fn the_table_of_trust_holds_for_every_pair_of_opinions() {
        use Refusal::{Expired, NotYetValid, Revoked, Unchecked, UnknownAuthority, WrongName};
        let unchecked = || Err(Unchecked("no list".to_owned()));
        let signed = [leaf("CN=a", "CN=authority")];
        let own = [leaf("CN=a", "CN=a")];
        for (public, system, chain, expected) in [
            (Ok(()), Ok(()), &signed, ProbeOutcome::Reached),
            (Ok(()), unchecked(), &signed, ProbeOutcome::Reached),
            (
                Ok(()),
                Err(UnknownAuthority),
                &signed,
                ProbeOutcome::AuthorityUnknownHere,
            ),
            (Err(UnknownAuthority), Ok(()), &signed, ProbeOutcome::Intercepted),
            (
                Err(UnknownAuthority),
                Err(UnknownAuthority),
                &signed,
                ProbeOutcome::CertificateUntrusted,
            ),
            (
                Err(UnknownAuthority),
                unchecked(),
                &signed,
                ProbeOutcome::CertificateUntrusted,
            ),
            (
                Err(UnknownAuthority),
                Err(UnknownAuthority),
                &own,
                ProbeOutcome::CertificateUntrusted,
            ),
            (
                Err(Expired),
                Err(Expired),
                &signed,
                ProbeOutcome::CertificateExpired,
            ),
            (
                Err(UnknownAuthority),
                Err(Expired),
                &signed,
                ProbeOutcome::CertificateExpired,
            ),
            (
                Err(NotYetValid),
                Err(NotYetValid),
                &own,
                ProbeOutcome::CertificateExpired,
            ),
            (
                Err(WrongName),
                Err(WrongName),
                &signed,
                ProbeOutcome::CertificateWrongName,
            ),
            (
                Err(UnknownAuthority),
                Err(WrongName),
                &signed,
                ProbeOutcome::CertificateWrongName,
            ),
            (Ok(()), Err(Revoked), &signed, ProbeOutcome::CertificateUntrusted),
            (
                Ok(()),
                Err(Refusal::Other("CERT_E_CHAINING".to_owned())),
                &signed,
                ProbeOutcome::AuthorityUnknownHere,
            ),
        ] {
            let opinions = Opinions { public, system };
            let told = of_trust(&opinions, chain, "a");
            assert_eq!(told.outcome, expected, "{opinions:?}");
            assert!(told.detail.ends_with('.'), "{}", told.detail);
        }
        let both = Opinions {
            public: Err(UnknownAuthority),
            system: Err(UnknownAuthority),
        };
        assert!(of_trust(&both, &own, "a").detail.contains("itself"));
        let unasked = Opinions {
            public: Err(UnknownAuthority),
            system: unchecked(),
        };
        let told = of_trust(&unasked, &signed, "a").detail;
        assert!(told.contains("could not be asked: no list"), "{told}");
        let long = vec![leaf("CN=a", "CN=b"); 20];
        assert!(of_trust(&both, &long, "a").detail.contains("20 certificates"));
    }

    #[test]
    fn windows_own_tls_decides_for_the_products() {
        let good = || Failure::new(ProbeOutcome::Reached, "Fine.");
        let bad = || Failure::new(ProbeOutcome::NoCommonSuite, "No suite.");
        let failed = Err("no algorithm in common".to_owned());
        let works = Ok("TLS 1.2, TLS_RSA_WITH_AES_128_GCM_SHA256".to_owned());
        assert_eq!(with_schannel(good(), None), good());
        assert_eq!(with_schannel(good(), Some(&works)), good());
        assert_eq!(with_schannel(bad(), Some(&failed)), bad());
        let told = with_schannel(good(), Some(&failed));
        assert_eq!(told.outcome, ProbeOutcome::SchannelFailed);
        assert!(told.detail.contains("no algorithm in common"));
        let told = with_schannel(bad(), Some(&works));
        assert_eq!(told.outcome, ProbeOutcome::NoCommonSuite);
        assert!(told.detail.contains("got through (TLS 1.2"));
    }

    #[test]
    fn banners_are_cut_and_cleaned() {
        assert_eq!(banner(b"220 \x1b[31mmail\r\nmore"), "220 [31mmail");
        assert_eq!(banner(&[b'a'; 500]).len(), 60);
        assert_eq!(banner(&[0xff, 0xfe]), "\u{fffd}\u{fffd}");
    }
}

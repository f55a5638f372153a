//! What stands in a certificate, for a reader.

use jiff::Timestamp;
use x509_parser::{
    prelude::{FromDer, X509Certificate},
    time::ASN1Time,
    x509::X509Name,
};

use crate::domain::{text::clean_to, tls::CertificateFacts};

const LONGEST_NAME: usize = 300;

/// Subject, issuer and dates of a certificate in DER. Bytes that are no certificate give texts that say so.
pub fn facts(der: &[u8]) -> CertificateFacts {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => CertificateFacts {
            subject: name(certificate.subject()),
            issuer: name(certificate.issuer()),
            not_before: time(certificate.validity().not_before),
            not_after: time(certificate.validity().not_after),
        },
        Err(_) => CertificateFacts {
            subject: "(unreadable certificate)".to_owned(),
            issuer: "(unreadable certificate)".to_owned(),
            not_before: None,
            not_after: None,
        },
    }
}

fn name(name: &X509Name<'_>) -> String {
    let text = name.to_string();
    let cleaned = clean_to(&text, LONGEST_NAME);
    if cleaned.trim().is_empty() {
        "(empty name)".to_owned()
    } else {
        cleaned.into_owned()
    }
}

fn time(time: ASN1Time) -> Option<String> {
    Some(Timestamp::from_second(time.timestamp()).ok()?.to_string())
}

/// Whether a certificate names itself as its issuer.
pub fn is_self_issued(facts: &CertificateFacts) -> bool {
    facts.subject == facts.issuer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_certificate_is_said() {
        assert_eq!(facts(b"").subject, "(unreadable certificate)");
        assert_eq!(facts(&[0x30; 400]).not_after, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            facts(&bytes);
            let mut sequence = vec![0x30, 0x82, 0, 200];
            sequence.extend(bytes);
            facts(&sequence);
        }
    }
}

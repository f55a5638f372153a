//! Headers of services: `Retry-After` in both places that read it, and `Location`, which must not lead outside the cloud.
#![no_main]

use std::time::Duration;

use handover::{
    cloud::{auth, transport},
    domain::{Cloud, Endpoints, Service},
};
use handover_fuzz::{assert_clean_error, bounded};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Beyond any date a header can name.
const LONGEST: Duration = Duration::from_secs(400_000_000_000);

fuzz_target!(|bytes: &[u8]| {
    bounded(bytes.len(), || {
        let text = String::from_utf8_lossy(bytes);
        let wait = transport::retry_after(&text, Timestamp::UNIX_EPOCH);
        assert_eq!(
            wait,
            transport::retry_after(&format!(" {text}\t"), Timestamp::UNIX_EPOCH)
        );
        assert!(wait.is_none_or(|wait| wait <= LONGEST || text.trim().parse::<f64>().is_ok()));
        if let Some(wait) = auth::fuzzing::retry_after(bytes) {
            assert!(wait <= LONGEST || text.trim().parse::<f64>().is_ok());
        }
        for cloud in [Cloud::Global, Cloud::China] {
            let endpoints = Endpoints::published(cloud).expect("a published cloud");
            for service in [Service::Graph, Service::Exchange] {
                let root = endpoints.root(service).clone();
                follow(&endpoints, service, root, &text);
            }
        }
    });
});

/// Follows one redirect after the other: each stays in the cloud, and they end.
fn follow(endpoints: &Endpoints, service: Service, root: Url, locations: &str) {
    let mut visited = vec![root];
    for location in locations.split('\n') {
        match transport::fuzzing::next_hop(endpoints, service, &visited, location) {
            Ok(url) => {
                assert!(endpoints.may_receive_token(service, &url), "{url}");
                assert_eq!(url.scheme(), "https");
                assert!(!visited.contains(&url));
                visited.push(url);
            }
            Err(error) => assert_clean_error(&error),
        }
    }
    assert!(visited.len() <= 16, "{} hops", visited.len());
}

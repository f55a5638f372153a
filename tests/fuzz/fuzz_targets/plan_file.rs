//! Plan files: a plan reads back as it was sealed, and one that was changed in any byte is refused or means the same.
#![no_main]

use handover::domain::{PLAN_FORMAT, Plan, PlanContent};
use handover_fuzz::{bounded, choice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    bounded(16 * bytes.len(), || {
        let (place, rest) = choice(bytes);
        let (change, rest) = choice(rest);
        if let Ok(plan) = Plan::parse(rest) {
            assert_same(&plan);
        }
        let Ok(mut content) = serde_json::from_slice::<PlanContent>(rest) else {
            return;
        };
        content.format = PLAN_FORMAT.to_owned();
        let plan = Plan::seal(content).expect("a content can be hashed");
        let mut file = assert_same(&plan);
        let place = place % file.len();
        file[place] ^= (change % 255 + 1) as u8;
        if let Ok(changed) = Plan::parse(&file) {
            assert_eq!(changed, plan);
        }
        assert!(Plan::parse(&file[..place]).is_err());
    });
});

/// The file of a plan, which must read back as the same plan.
fn assert_same(plan: &Plan) -> Vec<u8> {
    let file = plan.to_bytes().expect("a plan can be written");
    assert_eq!(&Plan::parse(&file).expect("a plan can be read"), plan);
    file
}

//! The writeback of Exchange attributes: created step by step, resumed, and given its missing mapping.

use handover::{
    domain::{ErrorClass, synchronization::ScheduleState},
    engine::synchronization::{
        SynchronizationAction,
        mail_mapping::{MailMapping, mail_mapping},
        steering::SteeringError,
        writeback::{WritebackHealth, writeback_state},
    },
};

use crate::{
    stage::Stage,
    synchronization::{Fake, World, error, world},
};

fn create() -> SynchronizationAction {
    SynchronizationAction::CreateAttributeWriteback {
        domain: "d0.com".to_owned(),
    }
}

fn schema(more: &str) -> Vec<u8> {
    format!(
        r#"{{ "version":"1", "keep":1.50,"synchronizationRules":[{{"id":"r","containerFilter":{{"includedContainers":["OU=A,DC=x"]}},
        "objectMappings":[{{"name":"Users","sourceObjectName":"User","targetObjectName":"user","attributeMappings":[
        {{"targetAttributeName":"proxyAddresses","source":{{"type":"Attribute","name":"ProxyAddresses"}}}}{more}]}}]}}]}}"#
    )
    .into_bytes()
}

fn writeback_job(fake: &Fake) -> (String, String) {
    let world = fake.world();
    let configuration = world
        .configurations
        .iter()
        .find(|configuration| configuration.id.starts_with("configuration"))
        .unwrap();
    let id = configuration.id.clone();
    let job = world.jobs[&id][0].id.clone();
    (id, job)
}

#[tokio::test(start_paused = true)]
async fn it_is_created_started_and_seen() {
    let mut tenant = world(1, 3);
    tenant.replication = 4;
    let stage = Stage::new(tenant);
    assert!(
        writeback_state(&*stage.fake)
            .await
            .unwrap()
            .configurations
            .is_empty()
    );
    let outcome = stage.done(create()).await;
    assert_eq!(outcome.confirmed, Some(true), "{:?}", outcome.found);
    assert_eq!(outcome.created.len(), 2);
    assert_eq!(stage.fake.asked("instantiate"), 1);
    let (configuration, job) = writeback_job(&stage.fake);
    assert_eq!(stage.fake.world().domains[&configuration], "d0.com");
    assert_eq!(
        stage
            .fake
            .world()
            .job(&configuration, &job)
            .unwrap()
            .schedule
            .state,
        ScheduleState::Active
    );
    assert_eq!(
        stage.phases(),
        ["intent", "step", "step", "step", "step", "outcome"]
    );
    stage.fake.world().schemas.insert(job, schema(""));
    let state = writeback_state(&*stage.fake).await.unwrap();
    assert_eq!(state.configurations[0].health, WritebackHealth::Waiting);
    assert_eq!(state.configurations[0].mail, Some(MailMapping::Missing));
    assert!(
        matches!(stage.prepare(create()).await, Err(SteeringError::Impossible(_))),
        "once only"
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_step_fails_doing_it_again_makes_nothing_twice() {
    for step in ["instantiate", "create-job", "set-domain", "start"] {
        let stage = Stage::new(world(1, 3));
        stage
            .fake
            .world()
            .failures
            .insert(step.to_owned(), [error(ErrorClass::Transient)].into());
        let plan = stage.prepare(create()).await.unwrap();
        match stage.carry_out(&plan, "").await {
            Ok(outcome) => {
                assert_eq!(outcome.confirmed, Some(false), "{step}");
                assert!(
                    outcome.found.iter().any(|line| line.contains("again to go on")),
                    "{step}"
                );
            }
            Err(_) => assert_eq!(step, "instantiate"),
        }
        let outcome = stage.done(create()).await;
        assert_eq!(outcome.confirmed, Some(true), "{step}: {:?}", outcome.found);
        let world = stage.fake.world();
        assert_eq!(world.configurations.len(), 2, "{step}");
        let made: &World = &world;
        assert_eq!(made.jobs.values().map(Vec::len).sum::<usize>(), 4, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_make_nothing_twice_either() {
    for step in ["instantiate", "create-job", "set-domain", "start"] {
        let stage = Stage::new(world(1, 3));
        stage.fake.world().lost.insert(step.to_owned(), 1);
        let outcome = stage.done(create()).await;
        assert_eq!(outcome.confirmed, Some(true), "{step}: {:?}", outcome.found);
        assert_eq!(stage.fake.asked(step), 1, "{step}");
        assert_eq!(stage.fake.world().configurations.len(), 2, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_no_domain() {
    let stage = Stage::new(world(1, 3));
    for wrong in ["", "contoso", "a..b", "a b.com", "x/y.com"] {
        let refused = stage
            .prepare(SynchronizationAction::CreateAttributeWriteback {
                domain: wrong.to_owned(),
            })
            .await;
        assert!(matches!(refused, Err(SteeringError::Impossible(_))), "{wrong}");
    }
}

async fn with_writeback(schema: Vec<u8>) -> (Stage, SynchronizationAction, String) {
    let stage = Stage::new(world(1, 3));
    stage.done(create()).await;
    let (configuration, job) = writeback_job(&stage.fake);
    stage.fake.world().schemas.insert(job.clone(), schema);
    let action = SynchronizationAction::AddMailMapping {
        configuration,
        job: job.clone(),
    };
    (stage, action, job)
}

#[tokio::test(start_paused = true)]
async fn just_the_missing_mapping_is_added() {
    let before = schema("");
    let (stage, action, job) = with_writeback(before.clone()).await;
    let plan = stage.prepare(action.clone()).await.unwrap();
    let change = plan.schema.clone().unwrap();
    assert!(
        change.difference.iter().all(|line| line.starts_with('+')),
        "{:?}",
        change.difference
    );
    let outcome = stage.carry_out(&plan, "").await.unwrap();
    assert_eq!(outcome.confirmed, Some(true), "{:?}", outcome.found);
    let after = stage.fake.world().schemas[&job].clone();
    assert_eq!(mail_mapping(&after), MailMapping::Present);
    // One piece was put in; every other byte is as it was.
    let same = before
        .iter()
        .zip(&after)
        .take_while(|(old, new)| old == new)
        .count();
    let added = after.len() - before.len();
    assert_eq!(before[same..], after[same + added..]);
    assert!(matches!(
        stage.prepare(action).await,
        Err(SteeringError::Impossible(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_somebody_changed_meanwhile_is_refused_and_shown() {
    let (stage, action, job) = with_writeback(schema("")).await;
    let plan = stage.prepare(action).await.unwrap();
    let theirs = String::from_utf8(schema(""))
        .unwrap()
        .replace("OU=A,DC=x", "OU=B,DC=x");
    stage
        .fake
        .world()
        .schemas
        .insert(job.clone(), theirs.clone().into_bytes());
    let Err(SteeringError::Changed { difference, .. }) = stage.carry_out(&plan, "").await else {
        panic!("not refused");
    };
    assert_eq!(difference.len(), 2, "{difference:?}");
    assert!(
        difference[0].starts_with("- ") && difference[0].contains("OU=A,DC=x"),
        "{difference:?}"
    );
    assert!(difference[1].starts_with("+ ") && difference[1].contains("OU=B,DC=x"));
    assert_eq!(
        stage.fake.world().schemas[&job],
        theirs.into_bytes(),
        "theirs stays"
    );
}

#[tokio::test(start_paused = true)]
async fn a_custom_mapping_of_mail_stays() {
    let custom =
        r#",{"targetAttributeName":"mail","source":{"type":"Function","expression":"Trim([Mail])"}}"#;
    let (stage, action, _) = with_writeback(schema(custom)).await;
    let refused = stage.prepare(action).await;
    assert!(
        matches!(&refused, Err(SteeringError::Impossible(text)) if text.contains("Trim([Mail])")),
        "{refused:?}"
    );
}

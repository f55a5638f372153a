//! Lists in pages, and chains of pages that are not what they should be.

use handover::domain::{ErrorClass, synchronization::LogQuery};
use serde_json::{Value, json};

use crate::desk::{Asked, Desk, Said, fine, refused};

fn page(asked: &Asked) -> u64 {
    asked
        .option("$skiptoken")
        .map_or(0, |token| token.parse().unwrap())
}

fn root(asked: &Asked) -> String {
    let host = asked
        .head
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_default();
    format!("http://{host}/graph")
}

fn of(asked: &Asked, rows: Value, next: Option<u64>) -> Said {
    let mut body = json!({ "value": rows });
    if let Some(next) = next {
        // An order, a case and an encoding that a rebuilt link would not have.
        body["@odata.nextLink"] =
            format!("{}/{}?$skiptoken={next}&X=%7e%2F&$TOP=1", root(asked), asked.path).into();
    }
    fine(&body)
}

#[tokio::test]
async fn links_are_followed_verbatim_over_empty_pages() {
    let desk = Desk::start(|_, asked| {
        let number = page(asked);
        let rows = if number == 1 {
            json!([])
        } else {
            json!([{ "id": format!("job{number}") }])
        };
        of(asked, rows, (number < 3).then_some(number + 1))
    })
    .await;
    let jobs = desk.client(false).jobs("sp").await.unwrap();
    let ids: Vec<&str> = jobs.iter().map(|job| job.id.as_str()).collect();
    assert_eq!(ids, ["job0", "job2", "job3"]);
    assert!(
        desk.asked()[3].target.ends_with("?$skiptoken=3&X=%7e%2F&$TOP=1"),
        "{}",
        desk.asked()[3].target
    );
}

#[tokio::test]
async fn a_link_to_another_host_gets_nothing() {
    let foreign = Desk::start(|_, _| fine(&json!({"value": []}))).await;
    let link = "https://graph.microsoft.com.evil.example/v1.0/x";
    let desk = Desk::start(move |_, _| fine(&json!({"value": [{"id": "j"}], "@odata.nextLink": link}))).await;
    let client = desk.client(false);
    let error = client.jobs("sp").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::ForeignHost);
    assert!(error.message.contains("evil.example") && !error.message.contains("the-token"));
    let (_, _, next) = client.provisioning_log(&LogQuery::default(), None).await.unwrap();
    let error = client
        .provisioning_log(&LogQuery::default(), next.as_deref())
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::ForeignHost);
    assert!(foreign.asked().is_empty());
    assert_eq!(desk.asked().len(), 2);
}

#[tokio::test]
async fn circles_end() {
    let desk = Desk::start(|_, asked| {
        let next = if page(asked) == 3 { 1 } else { page(asked) + 1 };
        of(asked, json!([{"id": "j"}]), Some(next))
    })
    .await;
    let client = desk.client(false);
    let error = client.jobs("sp").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
    assert!(desk.asked().len() <= 5, "{}", desk.asked().len());
}

#[tokio::test]
async fn log_pages_are_fetched_one_at_a_time() {
    let desk = Desk::start(|_, asked| {
        let number = page(asked);
        let rows = json!([{"id": format!("l{number}"), "jobId": "wanted", "activityDateTime": "2026-11-22T10:00:00Z"}, {"id": "x", "jobId": "other"}]);
        of(asked, rows, (number < 2).then_some(number + 1))
    })
    .await;
    let client = desk.client(false);
    let query = LogQuery {
        job_id: Some("wanted".to_owned()),
        ..LogQuery::default()
    };
    let mut next: Option<String> = None;
    let mut ids = Vec::new();
    loop {
        let (received, entries, after) = client.provisioning_log(&query, next.as_deref()).await.unwrap();
        assert_eq!(received, 2);
        ids.extend(entries.into_iter().map(|entry| entry.id));
        match after {
            Some(after) => next = Some(after),
            None => break,
        }
    }
    assert_eq!(ids, ["l0", "l1", "l2"]);
    assert_eq!(desk.asked().len(), 3);
    let error = client
        .provisioning_log(&query, Some("nonsense"))
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
}

#[tokio::test]
async fn filters_that_are_refused_are_done_here_and_not_asked_again() {
    let desk = Desk::start(|_, asked| {
        if asked.option("$filter").is_some_and(|filter| filter.contains("jobId")) {
            return refused(400, "BadRequest", "Invalid filter clause");
        }
        of(asked, json!([{"id": "mine", "jobId": "j", "activityDateTime": "2026-11-22T10:00:00Z"}, {"id": "other", "jobId": "k", "activityDateTime": "2026-11-22T10:00:00Z"}]), None)
    })
    .await;
    let client = desk.client(false);
    let query = LogQuery {
        job_id: Some("j".to_owned()),
        after: Some("2026-11-21T00:00:00Z".parse().unwrap()),
        ..LogQuery::default()
    };
    for _ in 0..2 {
        let (received, entries, _) = client.provisioning_log(&query, None).await.unwrap();
        assert_eq!((received, entries.len(), entries[0].id.as_str()), (2, 1, "mine"));
    }
    let filters: Vec<String> = desk
        .asked()
        .iter()
        .map(|asked| asked.option("$filter").unwrap().to_owned())
        .collect();
    assert_eq!(
        filters,
        [
            "jobId eq 'j' and activityDateTime gt 2026-11-21T00:00:00Z",
            "activityDateTime gt 2026-11-21T00:00:00Z",
            "activityDateTime gt 2026-11-21T00:00:00Z",
        ]
    );
}

//! Levers of Cloud Sync, below `{control}/synchronization/`; the table stands in `sandbox/control.rs`.

use serde_json::{Value, json};

use super::clock::SECOND;
use super::directory::Population;
use super::kind::PROVISIONING;
use super::scope::{Scope, takes_group};
use super::{CloudSync, jobs, schema, story};
use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::Tenant;
use crate::sandbox::world::World;

/// The most seconds that pass at once.
const LONGEST: i64 = 30 * 24 * 3600;
/// The most people who vanish at once.
const MOST_REMOVED: usize = 10_000;
/// How many examples a list of subjects gives.
const EXAMPLES: usize = 5;

/// Answers a request below `synchronization/`; nothing for what does not exist.
pub(in crate::sandbox) fn serve(world: &World, post: bool, path: &str, body: &str) -> Option<Reply> {
    let tenant = &world.tenant;
    let mut sync = world.cloud_sync();
    let now = sync.advance(tenant);
    let text = body.trim();
    let parts: Vec<&str> = path.split('/').collect();
    let done = || Reply::new(204, Vec::new());
    let bad = |text: &str| Reply::text(400, text);
    Some(match (post, parts.as_slice()) {
        (true, ["pace"]) => match text.parse() {
            Ok(pace) if sync.clock.set_pace(pace) => done(),
            _ => bad("The body is how many seconds pass in a second, from 0.001 to 100000."),
        },
        (true, ["advance"]) => match text.parse::<i64>() {
            Ok(seconds @ 0..=LONGEST) => {
                sync.clock.advance(seconds * SECOND);
                sync.advance(tenant);
                done()
            }
            _ => bad("The body is how many seconds pass at once, from 0 to 2592000."),
        },
        (true, ["story"]) => match text {
            "on" | "off" => {
                sync.story = if text == "on" {
                    story::from(now)
                } else {
                    Vec::new()
                };
                done()
            }
            _ => bad("The body is on or off."),
        },
        (true, ["agents", id, what]) => {
            let Some(agent) = sync.topology.agent_mut(id) else {
                return Some(Reply::text(404, "There is no such agent."));
            };
            agent.silent = match *what {
                "silence" => Some(now),
                "vanish" => Some(now - super::topology::FORGOTTEN_AFTER),
                "revive" => None,
                _ => return None,
            };
            done()
        }
        (_, ["jobs", id, what]) => {
            let Some((place, at)) = sync.find_job(id) else {
                return Some(Reply::text(404, "There is no such job."));
            };
            return job(&mut sync, tenant, (place, at), (post, what), text);
        }
        _ => return None,
    })
}

fn job(
    sync: &mut CloudSync,
    tenant: &Tenant,
    (place, at): (usize, usize),
    (post, what): (bool, &str),
    text: &str,
) -> Option<Reply> {
    let now = sync.clock.now();
    let full = sync.options.size == super::CloudSyncSize::Full;
    let job = &mut sync.configurations[place].jobs[at];
    match (post, what) {
        (true, "delete") => {
            sync.configurations[place].jobs.remove(at);
        }
        (true, "fail") => job.ordered_failure = Some(text.to_owned()).filter(|code| !code.is_empty()),
        (true, "removals") => {
            let many = text.parse::<usize>().ok().filter(|many| *many <= MOST_REMOVED);
            let (Some(many), true) = (many, job.kind().is(PROVISIONING)) else {
                return Some(Reply::text(
                    400,
                    "The body is how many people vanish from the source of an AD2AADProvisioning job.",
                ));
            };
            story::remove(sync, tenant, place, at, many);
        }
        (true, "restore") => {
            job.pending_deletes.clear();
            job.staged = false;
        }
        (true, "schema") => {
            // Somebody else changes the schema: the first object mapping gets another name.
            let old = jobs::schema_text(job, tenant.seed, jobs::weight(full));
            let mut changed: Value = serde_json::from_slice(&old).unwrap_or_default();
            job.schema_at = now;
            job.writes.schema += 1;
            changed["version"] = schema::version(job, tenant.seed).into();
            if let Some(name) = changed.pointer_mut("/synchronizationRules/0/objectMappings/0/name") {
                *name = format!("{} (changed)", name.as_str().unwrap_or_default()).into();
            }
            job.schema = Some(changed.to_string().into_bytes());
        }
        (false, "subjects") => return Some(Reply::json(200, &subjects(sync, tenant, place, at))),
        _ => return None,
    }
    Some(Reply::new(204, Vec::new()))
}

/// Examples of subjects to provision on demand, by what will come of them.
fn subjects(sync: &CloudSync, tenant: &Tenant, place: usize, at: usize) -> Value {
    let people = sync.people(tenant);
    let job = &sync.configurations[place].jobs[at];
    let domain = sync.configurations[place].domain().unwrap_or_default();
    let (mut taken, mut left_out, mut failing) = (Vec::new(), Vec::new(), Vec::new());
    if job.kind().groups {
        for group in 0..people.groups() {
            let list = if takes_group(group) {
                &mut taken
            } else {
                &mut left_out
            };
            list.push(people.group_id(group).to_string());
        }
    } else {
        let scope = Scope::of(job);
        let managed = people.cloud_managed().into_iter();
        let own = (0..u64::from(people.of_domain(&domain))).map(|nth| people.nth_of(&domain, nth));
        for index in managed.chain(own) {
            let person = people.person(index);
            if job.kind().from_directory && !in_domain(&people, index, &domain)
                || job.pending_deletes.contains(&index)
            {
                continue;
            }
            let id = if job.kind().from_directory {
                person.dn.clone()
            } else {
                format!("User_{}", person.object_id)
            };
            let list = if !scope.takes(job, &person, &people) {
                &mut left_out
            } else if people.is_ambiguous(index) {
                &mut failing
            } else {
                &mut taken
            };
            if list.len() < EXAMPLES && !list.contains(&id) {
                list.push(id);
            }
            if [&taken, &left_out, &failing]
                .iter()
                .all(|list| list.len() == EXAMPLES)
            {
                break;
            }
        }
    }
    for list in [&mut taken, &mut left_out] {
        list.truncate(EXAMPLES);
    }
    json!({ "inScope": taken, "outOfScope": left_out, "failing": failing })
}

fn in_domain(people: &Population, index: u32, domain: &str) -> bool {
    people.domain_of(index) == domain
}

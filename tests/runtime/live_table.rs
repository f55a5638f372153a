//! The whole cockpit but the terminal: keys to model, effects to runtime, answers back to the model.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use handover::{
    domain::{Policy, SourceOfAuthority},
    tui::{Chord, Effect, Key, Layer, Model, Msg, Now, RunWork, update},
};
use jiff::Timestamp;

use super::{Cockpit, support::settings};

struct Driven {
    model: Model,
    cockpit: Cockpit,
    start: Instant,
    /// Keys seem to be pressed a second apart: dialogs swallow the ones that come at once.
    skipped: Duration,
    loads: usize,
    arrangements: usize,
}

fn has_loaded(model: &Model) -> bool {
    model.mailboxes.loading.is_none() && !model.mailboxes.table.is_empty()
}

impl Driven {
    /// A cockpit that may write, with its table loaded and filtered.
    async fn loaded(folder: &Path, mailboxes: usize, latency: Duration, filter: &str) -> Self {
        let policy = Policy {
            read_only: false,
            confirm_above: 10_000,
            ..Policy::default()
        };
        let cockpit = Cockpit::start_with(folder, mailboxes, latency, policy);
        let mut settings = settings();
        settings.policy = policy;
        settings.filter = filter.to_owned();
        let mut driven = Self {
            model: Model::new(settings, (120, 40), Now::default()),
            cockpit,
            start: Instant::now(),
            skipped: Duration::ZERO,
            loads: 0,
            arrangements: 0,
        };
        driven.take(Msg::Started);
        driven.until("loading", has_loaded).await;
        driven.until("the first view", view_is_complete).await;
        driven
    }

    fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.take(Msg::Key(Chord::plain(Key::Char(character))));
        }
    }

    fn take(&mut self, msg: Msg) {
        let now = Now {
            elapsed: self.start.elapsed() + self.skipped,
            wall: Timestamp::now(),
        };
        for msg in [Msg::Tick(now), msg] {
            for effect in update(&mut self.model, msg) {
                self.loads += usize::from(matches!(effect, Effect::LoadInventory { .. }));
                self.arrangements += usize::from(matches!(effect, Effect::Arrange(_)));
                self.cockpit.runtime.perform(effect);
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.skipped += Duration::from_secs(1);
            let chord: Chord = key.parse().unwrap();
            self.take(Msg::Key(chord));
        }
    }

    /// Takes answers in until something holds; timers that the model asks for run too.
    async fn until(&mut self, what: &str, mut holds: impl FnMut(&Model) -> bool) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !holds(&self.model) {
            assert!(
                Instant::now() < patience,
                "{what}: {:?}",
                self.model.notes.history()
            );
            let answer = self.cockpit.answers.recv();
            match tokio::time::timeout(Duration::from_millis(20), answer).await {
                Ok(answer) => self.take(answer.unwrap()),
                Err(_) => {
                    let now = self.start.elapsed() + self.skipped;
                    if self.model.wake_at().is_some_and(|due| due <= now) {
                        self.take(Msg::Resize(120, 40));
                    }
                }
            }
        }
    }

    fn flags(&self) -> Vec<(handover::domain::ObjectId, SourceOfAuthority)> {
        let table = &self.model.mailboxes.table;
        let rows = (0..table.len() as u32).map(|row| table.row(row).unwrap());
        let mut flags: Vec<_> = rows.map(|row| (row.id, row.authority)).collect();
        flags.sort_unstable_by_key(|(id, _)| *id);
        flags
    }
}

/// Whether the view shows what the table and the filter say.
fn view_is_complete(model: &Model) -> bool {
    let tab = &model.mailboxes;
    let fits = |row: &u32| tab.filter.matches(&tab.table.row(*row).unwrap());
    tab.rows().len() == (0..tab.table.len() as u32).filter(fits).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_shows_each_flag_as_the_run_turns_it_without_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let latency = Duration::from_millis(60);
    let mut driven = Driven::loaded(folder.path(), 1_500, latency, "flag:onprem synced:yes type:user").await;
    let (shown, before) = (
        driven.model.mailboxes.rows().len(),
        driven.model.mailboxes.table.counts(),
    );

    driven.press("A p");
    let is_plan = |model: &Model| matches!(model.layers.last(), Some(Layer::Plan(_)));
    driven.until("the plan", is_plan).await;
    driven.press("a tab enter");
    assert!(driven.model.run_active());
    let (loads_before, arranged_before, began) = (driven.loads, driven.arrangements, Instant::now());
    let mut seen = Vec::new();
    let over = |model: &Model| {
        let counts = model.mailboxes.table.counts();
        if model.run_active() && seen.last() != Some(&counts.cloud) {
            seen.push(counts.cloud);
        }
        model.run.as_ref().is_some_and(|run| run.outcome.is_some())
    };
    driven.until("the run", over).await;
    let ran = began.elapsed();

    let outcome = driven
        .model
        .run
        .as_ref()
        .unwrap()
        .outcome
        .clone()
        .unwrap()
        .unwrap();
    let done = outcome.summary.done as usize;
    assert!(done > 200, "{:?}", outcome.summary);
    let after = driven.model.mailboxes.table.counts();
    assert_eq!(after.cloud, before.cloud + done);
    assert_eq!(after.on_premises, before.on_premises - done);
    assert!(seen.len() > 3, "flags came all at once: {seen:?}");
    driven.until("the last view", view_is_complete).await;
    assert_eq!(driven.model.mailboxes.rows().len(), shown - done);
    assert_eq!(driven.loads, loads_before, "the table was reloaded");
    let arrangements = (driven.arrangements - arranged_before) as u128;
    assert!(
        arrangements <= ran.as_millis() / 300 + 2,
        "{arrangements} in {ran:?}"
    );

    // The truth, read again, is what the table shows already.
    let flags = driven.flags();
    let followed = driven.model.mailboxes.table.generation();
    driven.press("esc R");
    driven.until("the reload", has_loaded).await;
    assert_eq!(driven.loads, loads_before + 1);
    driven
        .until(
            "the new table in place of the one that followed the run",
            |model| model.mailboxes.table.generation() < followed,
        )
        .await;
    assert_eq!(driven.flags(), flags);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_shows_its_new_primary_address_without_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let mut driven = Driven::loaded(folder.path(), 60, Duration::ZERO, "flag:cloud synced:yes").await;
    let before = driven.model.mailboxes.cursor().unwrap().to_mailbox();
    driven.press("a");
    let is_read = |model: &Model| matches!(model.layers.last(), Some(Layer::Addresses(editor)) if editor.before.is_some());
    driven.until("the addresses", is_read).await;
    driven.press("a");
    driven.type_text("renamed.mailbox@contoso.com");
    driven.press("enter p enter");
    let is_plan = |model: &Model| matches!(model.layers.last(), Some(Layer::Plan(_)));
    driven.until("the plan", is_plan).await;
    driven.press("a tab enter");
    let is_over = |model: &Model| model.run.as_ref().is_some_and(|run| run.outcome.is_some());
    driven.until("the run", is_over).await;
    let loads = driven.loads;
    let is_renamed = |model: &Model| {
        let table = &model.mailboxes.table;
        let row = table.row(table.find(before.id).unwrap()).unwrap();
        row.primary_smtp_address == "renamed.mailbox@contoso.com"
    };
    driven.until("the new address in the row", is_renamed).await;
    assert_eq!(driven.loads, loads);
    let table = &driven.model.mailboxes.table;
    let row = table.row(table.find(before.id).unwrap()).unwrap();
    assert_eq!(row.user_principal_name, before.user_principal_name);

    // The list of runs and the record of this one say what it was.
    driven.press("o");
    let is_listed = |model: &Model| model.runs.as_ref().is_some_and(|runs| !runs.is_empty());
    driven.until("the runs", is_listed).await;
    let listed = driven.model.runs.as_ref().unwrap()[0].clone();
    assert_eq!(listed.work, RunWork::Addresses);
    assert_eq!((listed.done, listed.already_there, listed.failed), (1, 0, 0));
    driven.press("enter");
    let is_shown =
        |model: &Model| matches!(model.layers.last(), Some(Layer::Record(screen)) if screen.detail.is_some());
    driven.until("the record", is_shown).await;
}

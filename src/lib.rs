//! # Handover
//!
//! A terminal cockpit for administrators who hand the source of authority of Exchange attributes to Exchange Online,
//! mailbox by mailbox. This page is the architecture guide: how data flows, what the words mean, where things go.
//!
//! ## Data flow, one way round
//!
//! ```text
//! terminal events --+
//! job events -------+-> one bounded channel<Msg> -> drain -> update(&mut Model, Msg) -> Vec<Effect> -> runtime -> engine
//! clock ------------+                                 |       (pure: no I/O, no clock)                         jobs
//!                                                     +-> view(&Model, Rect, &mut Buffer), only when something changed
//! ```
//!
//! - [`tui`] owns the model by value; nothing is shared behind a lock. `update` and `view` are pure, so key scripts and
//!   snapshots test them without a terminal. The runtime turns effects into tokio tasks, whose answers are messages.
//! - [`cli`] runs the same engine jobs for the headless verbs. It prints; it never decides.
//! - [`engine`] holds the use cases. It speaks to [`engine::MailboxService`] and to files, not to HTTP.
//! - [`cloud`] signs in and speaks HTTPS; [`directory`] reads Active Directory exports; [`journal`] keeps runs on disk.
//! - [`host`] reads the registry of Windows hosts: this one, others through the system's ssh, files that were brought along.
//!   Over ssh it only reads. [`tls`] judges what it read, plans what to change, and probes endpoints.
//! - [`domain`] holds types and rules and knows no I/O and no clock.
//! - [`sandbox`] is the tenant for `demo` and for tests. It shares no wire code with [`cloud`]: two ends that agree only
//!   with each other would prove nothing.
//!
//! Dependencies point one way, kept by `tests/architecture.rs`:
//! `tui, cli -> engine -> cloud, directory, host, tls, journal -> domain`.
//!
//! ## Words
//!
//! | word | meaning |
//! |---|---|
//! | source of authority | who may edit the Exchange attributes of a mailbox: Active Directory or the cloud |
//! | flag | `IsExchangeCloudManaged`: true once the authority is in the cloud |
//! | target | the side a change moves to: `cloud` or `on-premises` |
//! | plan | a file that says what will change, sealed with a hash; nothing is written without one |
//! | run | one application of a plan, with a folder of its own |
//! | snapshot | all cloud attributes of a mailbox, on disk before its first write |
//! | intent, outcome | journal records before and after a write; an intent without outcome is re-read, never repeated blindly |
//! | settled | a mailbox whose outcome is in the journal |
//! | wave | a named selection of mailboxes |
//! | finding | what a rule says about a mailbox or a run: info, warn or block |
//! | overwrite | a cloud value that Active Directory would replace after the way back |
//!
//! ## The life of a write
//!
//! read in full -> snapshot (fsync) -> intent (fsync) -> `Set-Mailbox` -> read again -> outcome (fsync). The outcome follows
//! the second read, not the answer: services report failures that are none, and answers get lost. See [`engine::apply`].
//!
//! ## Where do I add …
//!
//! - **a rule** that blocks or warns: a row in `assets/rules.toml` and its check in [`domain::rules`].
//! - **an attribute** to snapshot or compare: the tables in [`cloud::exchange`] and [`domain::difference`].
//! - **advice** for an error: a row in `assets/advice/*.toml`.
//! - **a registry value** that TLS depends on: a row in the table of [`tls`]'s requirements; **an endpoint**: a row in
//!   `assets/tls/endpoints.toml`.
//! - **a key or command**: a row in the action table of [`tui`] and, for a default key, in `assets/keymap.toml`. Help, palette
//!   and hint bar follow.
//! - **an endpoint** to probe: a row in `assets/tls/endpoints.toml`; a way it can fail: [`domain::tls::ProbeOutcome`] and its row
//!   in `src/tls/probe/conclusion.rs`.
//! - **a verb**: a type in [`cli::arguments`] and a file in `src/cli`; it calls an engine job.
//! - **a service call**: a method of the port in [`engine`], its client in [`cloud`], its other end in [`sandbox`], written from
//!   the documents and not from the client.
//! - **a fact of a Windows host**: a reading script beside `src/host/collector/registry.ps1`, run by [`host::powershell::run`];
//!   `tests/host/reading_script.rs` lists every command it may use.
//! - **a screen**: a view in `src/tui/view`, a snapshot at 80x24 and 120x40, colour and mono.
//!
//! ## What was verified against what
//!
//! No live tenant so far. Clients are tested against [`sandbox`], hand-written hostile servers and sample payloads from
//! public documents; certificate assertions against an independent verifier. The README says it in full.

pub mod cli;
pub mod cloud;
pub mod directory;
pub mod domain;
pub mod engine;
pub mod host;
pub mod journal;
pub mod sandbox;
pub mod tls;
pub mod tui;

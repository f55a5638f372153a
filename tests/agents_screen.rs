//! The Agents tab as it runs: the real watch, runtime, loop and terminal over a Cloud Sync in memory.
//!
//! The program inside the pseudo terminal is this test binary itself, started again with a variable set.

#![cfg(target_os = "linux")]
// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "terminal/pty.rs"]
mod pty;
#[path = "support/synchronization.rs"]
mod synchronization;

use std::{
    cell::RefCell,
    io::{self, Write},
    path::Path,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent};
use futures_util::{future::BoxFuture, stream};
use handover::{
    cloud::{
        auth::{AuthError, Credentials, Identity, MemoryStore, SecretStore, SignInDisplay},
        transport,
    },
    domain::{Endpoints, Policy, Profile, ServiceError, SignInMethod, synchronization::QuarantineReason},
    engine::{
        CloudMailboxes,
        information::Startup,
        session::{CloudSessions, OpenSession, Session, SignIn},
    },
    tui::{
        Effect, Failure, Glyphs, Keymap, Model, Msg, Settings, Tab, Theme, WatchOrder,
        event_loop::{CHANNEL, Clock, Display, EventLoop},
        runtime::{Access, ProfileSource, Runtime, RuntimeOptions},
        screen::{Features, Screen},
        terminal::{CopyError, Signals, Terminal, frame_interval},
    },
};
use pty::Pty;
use ratatui::layout::Size;
use synchronization::{Fake, quarantine, world};
use tokio::{sync::mpsc, time::Instant};

const SOON: Duration = Duration::from_secs(10);

/// Somebody who is signed in at once.
struct Person;

impl SignIn for Person {
    fn sign_in(&self) -> BoxFuture<'_, Result<Identity, AuthError>> {
        Box::pin(async {
            Ok(Identity {
                subject: "anna@contoso.com".to_owned(),
                tenant_id: "00000000-0000-0000-0000-000000000001".to_owned(),
                app_only: false,
                services: Vec::new(),
                refresh_token: None,
            })
        })
    }
}

struct Sessions(Arc<Fake>);

impl OpenSession for Sessions {
    type Service = CloudMailboxes;

    fn open(
        &self,
        profile: &Profile,
        credentials: Credentials,
        display: Arc<dyn SignInDisplay>,
    ) -> Result<Session<CloudMailboxes>, ServiceError> {
        let cloud = CloudSessions {
            secret_store: Box::new(|| {
                let store: Arc<dyn SecretStore> = Arc::new(MemoryStore::new("a test"));
                store
            }),
            transport: transport::Settings::default(),
        };
        let mut session = cloud.open(profile, credentials, display)?;
        session.synchronization = self.0.clone();
        session.sign_in = Arc::new(Person);
        Ok(session)
    }
}

fn profile() -> Profile {
    Profile {
        name: "test".to_owned(),
        tenant: "contoso.com".to_owned(),
        method: SignInMethod::DeviceCode,
        client_id: None,
        endpoints: Endpoints::custom("http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1/").unwrap(),
    }
}

fn runtime(fake: &Arc<Fake>, data_dir: &Path, messages: mpsc::Sender<Msg>) -> Runtime<Sessions> {
    let options = RuntimeOptions {
        opener: Sessions(Arc::clone(fake)),
        source: ProfileSource::Ready(Box::new(Access {
            profile: profile(),
            credentials: Credentials::default(),
            keep: None,
        })),
        policy: Policy::default(),
        data_dir: data_dir.to_owned(),
        write_configuration: Arc::new(|_| Err(Failure::new("not in this test"))),
        check_source: Arc::new(|| Box::pin(async { Ok(Default::default()) })),
        startup: Startup {
            config_file: data_dir.join("config.toml"),
            profiles: Vec::new(),
            environment: Vec::new(),
            secret_store: Arc::new(|| Arc::new(MemoryStore::new("a test"))),
        },
    };
    Runtime::new(options, messages)
}

fn model(size: (u16, u16), clock: Clock) -> Model {
    let settings = Settings {
        profile: Some(profile()),
        policy: Policy::default(),
        theme: Theme::named("dark").unwrap(),
        glyphs: Glyphs::ASCII,
        colour: true,
        keymap: Keymap::standard().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        filter: String::new(),
        tab: Tab::Agents,
    };
    Model::new(settings, size, clock.now())
}

/// Only Cloud Sync is there: nothing answers for mailboxes.
fn is_of_the_tab(effect: &Effect) -> bool {
    matches!(effect, Effect::SignIn { .. } | Effect::Watch(_))
}

/// A frame: when it was written, and its bytes.
type Frame = (Instant, Vec<u8>);

/// Keeps what was drawn, and when.
#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Vec<Frame>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push((Instant::now(), bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Display for Paper {
    fn size(&self) -> io::Result<Size> {
        Ok(Size::new(120, 40))
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn continued(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn copy(&mut self, _: &str) -> Result<(), CopyError> {
        Ok(())
    }
}

impl Paper {
    /// When the first frame with this text was written, of those after `since`.
    async fn shown(&self, text: &str, since: Instant) -> Instant {
        tokio::time::timeout(SOON, async {
            loop {
                let found = self.0.borrow().iter().find_map(|(at, bytes)| {
                    let here = *at >= since && String::from_utf8_lossy(bytes).contains(text);
                    here.then_some(*at)
                });
                if let Some(at) = found {
                    return at;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("`{text}` was never drawn"))
    }
}

#[tokio::test]
async fn an_update_reaches_the_screen_within_100_ms_of_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new(world(5, 20));
    let (sender, messages) = mpsc::channel(CHANNEL);
    let mut runtime = runtime(&fake, folder.path(), sender);
    let clock = Clock::start();
    let paper = Paper::default();
    let (keys, mut pressed) = mpsc::unbounded_channel::<io::Result<Event>>();
    let mut event_loop = EventLoop::new(
        model((120, 40), clock),
        paper.clone(),
        Screen::new(Size::new(120, 40), Features::default()),
        stream::poll_fn(move |context| pressed.poll_recv(context)),
        messages,
        clock,
        frame_interval(),
    );
    event_loop.first_frame().unwrap();
    let mut signals = Signals::listen().unwrap();
    let mut perform = |effect: Effect| {
        if is_of_the_tab(&effect) {
            runtime.perform(effect);
        }
    };
    let script = async {
        let start = Instant::now();
        paper.shown("d4.com", start).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        for configuration in 0..5 {
            let name = format!("d{configuration}");
            let changed = Instant::now();
            {
                let mut world = fake.world();
                let job = &mut world.jobs.get_mut(&name).unwrap()[1];
                job.status.quarantine = Some(quarantine(QuarantineReason::TooManyDeletes, "TooManyDeletes"));
            }
            keys.send(Ok(Event::Key(KeyEvent::from(KeyCode::Char('R')))))
                .unwrap();
            let drawn = paper.shown("quarantine", changed).await;
            let call = format!("jobs {name}");
            let answered = fake
                .world()
                .asked
                .iter()
                .filter(|asked| asked.call == call)
                .map(|asked| asked.at + fake.latency)
                .find(|answered| *answered >= changed)
                .expect("the jobs were asked for");
            let took = drawn.saturating_duration_since(answered);
            assert!(
                took <= Duration::from_millis(100),
                "{name}: drawn {took:?} after the answer"
            );
            // All are asked for anew; the next change must not meet an answer that is under way.
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    };
    tokio::select! {
        end = event_loop.run(&mut signals, &mut perform) => panic!("the loop ended: {end:?}"),
        () = script => {}
    }
}

/// Not a test of its own: what runs inside the pseudo terminal. A watch that reads twice a second, over a Cloud Sync in
/// which nothing happens.
#[test]
fn app_inside() {
    if std::env::var_os(pty::INSIDE).is_none() {
        return;
    }
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    executor.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let terminal = Terminal::enter().unwrap();
        let size = terminal.size().unwrap();
        let screen = Screen::new(size, Features::from_environment(true));
        let fake = Fake::new(world(5, 20));
        let (sender, messages) = mpsc::channel(CHANNEL);
        let runtime = Arc::new(Mutex::new(runtime(&fake, folder.path(), sender)));
        let mut event_loop = EventLoop::new(
            model((size.width, size.height), clock),
            terminal,
            screen,
            EventStream::new(),
            messages,
            clock,
            frame_interval(),
        );
        event_loop.first_frame().unwrap();
        let mut signals = Signals::listen().unwrap();
        let refresher = Arc::clone(&runtime);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                refresher
                    .lock()
                    .unwrap()
                    .perform(Effect::Watch(WatchOrder::Refresh));
            }
        });
        let mut perform = |effect: Effect| {
            if is_of_the_tab(&effect) {
                runtime.lock().unwrap().perform(effect);
            }
        };
        let end = event_loop.run(&mut signals, &mut perform).await;
        drop(event_loop);
        println!("left: {end:?} after {} readings", fake.asked("jobs"));
    });
}

#[test]
fn an_idle_agents_tab_writes_nothing_though_it_is_read_again_and_again() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut pty = Pty::start(columns, rows, &[]);
        pty.wait_for("15 active", SOON);
        // The note about the sign-in lapses.
        std::thread::sleep(Duration::from_secs(6));
        let (bytes, cpu) = (pty.bytes(), pty.cpu_ticks());
        std::thread::sleep(Duration::from_secs(5));
        let shown = pty.with_screen(|screen| screen.contents());
        assert_eq!(
            pty.bytes() - bytes,
            0,
            "an idle tab wrote at {columns}x{rows}:\n{shown}"
        );
        // Fifty readings in these five seconds, where a real tenant has one in some seconds.
        let cpu = pty.cpu_ticks() - cpu;
        assert!(cpu <= 100, "an idle tab used {cpu} ticks of the processor");
        pty.signal("TERM");
        pty.wait_for("left: Terminated", SOON);
        let said = pty.with_screen(|screen| screen.contents());
        let readings: usize = said
            .split(" after ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap();
        assert!(readings >= 20, "the watch has read {readings} times only");
    }
}

//! The program inside the pseudo terminal: the real terminal, screen and loop, without services.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use crossterm::event::{Event, EventStream};
use futures_util::Stream;
use handover::{
    domain::Policy,
    tui::{
        Glyphs, Keymap, Model, Settings, Tab, Theme,
        event_loop::{CHANNEL, Clock, EventLoop},
        screen::{Features, Screen},
        terminal::{Signals, Terminal, frame_interval},
    },
};
use tokio::sync::mpsc;

/// Runs until a signal ends it and says how it ended.
pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = Clock::start();
        let terminal = match Terminal::enter() {
            Ok(terminal) => terminal,
            Err(error) => {
                println!("{error}");
                return;
            }
        };
        let size = terminal.size().unwrap();
        let screen = Screen::new(size, Features::from_environment(true));
        let model = Model::new(settings(), (size.width, size.height), clock.now());
        let (_sender, messages) = mpsc::channel(CHANNEL);
        let input = Keys {
            stream: EventStream::new(),
            panic_at: std::env::var_os("HANDOVER_TEST_PANIC")
                .map(|_| Instant::now() + Duration::from_millis(200)),
        };
        if std::env::var_os("HANDOVER_TEST_JOB_PANIC").is_some() {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                panic!("a job panicked on purpose");
            });
        }
        let mut event_loop =
            EventLoop::new(model, terminal, screen, input, messages, clock, frame_interval());
        let mut signals = Signals::listen().unwrap();
        event_loop.first_frame().unwrap();
        let end = event_loop.run(&mut signals, &mut |_| {}).await;
        drop(event_loop);
        println!("left: {end:?}");
    });
}

fn settings() -> Settings {
    Settings {
        profile: None,
        policy: Policy::default(),
        theme: Theme::named("dark").unwrap(),
        glyphs: Glyphs::ASCII,
        colour: true,
        keymap: Keymap::standard().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        filter: String::new(),
        tab: Tab::Mailboxes,
    }
}

/// The keyboard, and a panic on the drawing thread when asked for.
struct Keys {
    stream: EventStream,
    panic_at: Option<Instant>,
}

impl Stream for Keys {
    type Item = std::io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(at) = self.panic_at {
            if at <= Instant::now() {
                panic!("a panic on purpose");
            }
            let waker = context.waker().clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                waker.wake();
            });
        }
        Pin::new(&mut self.stream).poll_next(context)
    }
}

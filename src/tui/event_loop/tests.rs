use std::{cell::RefCell, rc::Rc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::*;
use crate::tui::{Settings, Tab, screen::Features};

/// What was drawn, when, and which size the stand-in for the terminal has.
#[derive(Debug, Default)]
struct Log {
    frames: Vec<(Instant, usize)>,
    size: Size,
    suspended: usize,
    copied: Vec<String>,
    broken: bool,
}

#[derive(Clone, Debug, Default)]
struct Paper(Rc<RefCell<Log>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.borrow_mut();
        if log.broken {
            return Err(io::Error::other("gone"));
        }
        log.frames.push((Instant::now(), bytes.len()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Display for Paper {
    fn size(&self) -> io::Result<Size> {
        Ok(self.0.borrow().size)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.0.borrow_mut().suspended += 1;
        Ok(())
    }

    fn continued(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn copy(&mut self, text: &str) -> Result<(), CopyError> {
        self.0.borrow_mut().copied.push(text.to_owned());
        Ok(())
    }
}

fn settings() -> Settings {
    Settings {
        profile: None,
        policy: crate::domain::Policy::default(),
        theme: crate::tui::Theme::named("dark").unwrap(),
        glyphs: crate::tui::Glyphs::ASCII,
        colour: true,
        keymap: crate::tui::Keymap::standard().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        filter: String::new(),
        tab: Tab::Mailboxes,
    }
}

type Events = stream::BoxStream<'static, io::Result<Event>>;

struct Bench {
    paper: Paper,
    keys: UnboundedSender<io::Result<Event>>,
    messages: Sender<Msg>,
    event_loop: EventLoop<Paper, Events>,
}

fn bench(interval: Duration) -> Bench {
    let paper = Paper::default();
    paper.0.borrow_mut().size = Size::new(80, 24);
    let (keys, mut pressed) = mpsc::unbounded_channel();
    let (messages, received) = mpsc::channel(CHANNEL);
    let clock = Clock::start();
    let event_loop = EventLoop::new(
        Model::new(settings(), (80, 24), clock.now()),
        paper.clone(),
        Screen::new(Size::new(80, 24), Features::default()),
        stream::poll_fn(move |context| pressed.poll_recv(context)).boxed(),
        received,
        clock,
        interval,
    );
    Bench {
        paper,
        keys,
        messages,
        event_loop,
    }
}

fn press(code: KeyCode, modifiers: KeyModifiers) -> io::Result<Event> {
    Ok(Event::Key(KeyEvent::new(code, modifiers)))
}

fn calls() -> Msg {
    Msg::Calls(Vec::new())
}

#[tokio::test]
async fn the_first_frame_needs_nothing_and_rest_writes_nothing() {
    let Bench {
        paper,
        mut event_loop,
        keys: _keys,
        messages: _messages,
    } = bench(Duration::from_millis(33));
    event_loop.first_frame().unwrap();
    assert_eq!(paper.0.borrow().frames.len(), 1);
    let mut signals = Signals::listen().unwrap();
    let mut effects = Vec::new();
    let mut perform = |effect: Effect| effects.push(effect);
    // What `Started` asks for is not answered here: after it the screen has nothing to do.
    let _ = time::timeout(
        Duration::from_millis(100),
        event_loop.run(&mut signals, &mut perform),
    )
    .await;
    let before = paper.0.borrow().frames.len();
    let _ = time::timeout(
        Duration::from_millis(100),
        event_loop.run_on(&mut signals, &mut perform),
    )
    .await;
    assert_eq!(paper.0.borrow().frames.len(), before, "an idle screen wrote");
}

#[tokio::test]
async fn a_key_gets_through_a_flood_and_frames_keep_their_distance() {
    let Bench {
        paper,
        keys,
        messages,
        mut event_loop,
    } = bench(Duration::from_millis(33));
    event_loop.first_frame().unwrap();
    let flood = tokio::spawn(async move {
        loop {
            for _ in 0..100 {
                if messages.send(calls()).await.is_err() {
                    return;
                }
            }
        }
    });
    let started = Instant::now();
    let pressed_at = Rc::new(RefCell::new(None));
    let stop = async {
        time::sleep(Duration::from_millis(300)).await;
        *pressed_at.borrow_mut() = Some(Instant::now());
        // The end of the input stands for a key here: it is found in the same place.
        drop(keys);
        future::pending::<()>().await;
    };
    let mut signals = Signals::listen().unwrap();
    let mut perform = |_| {};
    let end = tokio::select! {
        end = event_loop.run(&mut signals, &mut perform) => end,
        () = stop => unreachable!(),
    };
    assert_eq!(end, LoopEnd::Terminated);
    let reaction = pressed_at.borrow().unwrap().elapsed();
    assert!(reaction < Duration::from_millis(100), "{reaction:?}");
    let most = started.elapsed().as_millis() / 33 + 2;
    assert!(paper.0.borrow().frames.len() as u128 <= most);
    flood.abort();
}

#[tokio::test]
async fn a_broken_terminal_ends_the_loop() {
    let Bench {
        paper,
        mut event_loop,
        keys: _keys,
        messages,
    } = bench(Duration::ZERO);
    event_loop.first_frame().unwrap();
    paper.0.borrow_mut().broken = true;
    paper.0.borrow_mut().size = Size::new(100, 30);
    event_loop.screen.invalidate();
    messages.send(Msg::Resize(100, 30)).await.unwrap();
    let mut signals = Signals::listen().unwrap();
    assert_eq!(
        event_loop.run(&mut signals, &mut |_| {}).await,
        LoopEnd::Terminated
    );
}

#[tokio::test]
async fn a_resize_asks_the_terminal_for_its_size() {
    let Bench {
        paper,
        mut event_loop,
        keys,
        messages: _messages,
    } = bench(Duration::ZERO);
    event_loop.first_frame().unwrap();
    paper.0.borrow_mut().size = Size::new(120, 40);
    for wrong in [10, 200] {
        keys.send(Ok(Event::Resize(wrong, wrong))).unwrap();
    }
    let mut signals = Signals::listen().unwrap();
    let _ = time::timeout(
        Duration::from_millis(50),
        event_loop.run(&mut signals, &mut |_| {}),
    )
    .await;
    assert_eq!(event_loop.model.size, (120, 40));
    assert_eq!(event_loop.screen.area().width, 120);
}

#[tokio::test]
async fn keys_reach_the_model_in_order() {
    let Bench {
        mut event_loop,
        keys,
        paper: _paper,
        messages: _messages,
    } = bench(Duration::ZERO);
    event_loop.first_frame().unwrap();
    keys.send(press(KeyCode::Char('c'), KeyModifiers::CONTROL))
        .unwrap();
    keys.send(press(KeyCode::Char('q'), KeyModifiers::NONE)).unwrap();
    let batch = next_events(&mut event_loop.input).await.unwrap();
    assert_eq!(batch.len(), 2, "all that is there is taken in at once");
}

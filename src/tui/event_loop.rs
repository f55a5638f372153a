//! The loop: waits, drains, updates, draws.
//!
//! Input comes first, so that Ctrl-C works under any load of job messages. After each wait everything that is there is
//! taken in before at most one frame is drawn; frames keep their distance, but the first key after a rest draws at
//! once. While nothing happens nothing wakes: timers run only while the model asks for them.

use std::{
    future,
    io::{self, Write},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::{sync::mpsc, time};

use super::{
    Effect, Model, Msg, Now,
    screen::Screen,
    terminal::{CopyError, Input, Signal, Signals, Terminal},
    update, view,
};

/// Messages of jobs that may wait; a job that is faster than the loop waits for it.
pub const CHANNEL: usize = 64;
/// How long job messages are taken in before input and drawing get their turn again.
const DRAIN_TIME: Duration = Duration::from_millis(8);
/// Input events taken in at once.
const DRAIN_EVENTS: usize = 512;
/// Keys of a paste on a console arrive within this time of each other.
const PASTE_GAP: Duration = Duration::from_millis(4);
/// The longest paste that is waited for.
const PASTE_TIME: Duration = Duration::from_millis(400);

/// What the loop draws on: the terminal, or a stand-in of a test.
pub trait Display: Write {
    /// Columns and rows now.
    fn size(&self) -> io::Result<Size>;
    /// Stops the process until it is continued; the next frame is drawn in full.
    fn suspend(&mut self) -> io::Result<()>;
    /// The process was continued; whether the next frame must be drawn in full.
    fn continued(&mut self) -> io::Result<bool>;
    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &str) -> Result<(), CopyError>;
}

impl Display for Terminal {
    fn size(&self) -> io::Result<Size> {
        Self::size(self)
    }

    fn suspend(&mut self) -> io::Result<()> {
        Self::suspend(self)
    }

    fn continued(&mut self) -> io::Result<bool> {
        Self::continued(self)
    }

    fn copy(&mut self, text: &str) -> Result<(), CopyError> {
        Self::copy(self, text)
    }
}

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// The administrator quit.
    Quit,
    /// The operating system ended the session, or the terminal is gone.
    Terminated,
}

/// Both clocks of the process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// The time.
    pub fn now(self) -> Now {
        Now {
            elapsed: self.start.elapsed(),
            wall: Timestamp::now(),
        }
    }
}

/// Model, screen and everything that speaks to them.
#[derive(Debug)]
pub struct EventLoop<D, I> {
    /// The state of the cockpit.
    pub model: Model,
    /// What is drawn on.
    pub display: D,
    screen: Screen,
    input: I,
    translate: Input,
    messages: mpsc::Receiver<Msg>,
    clock: Clock,
    interval: Duration,
    last_frame: Option<Instant>,
    dirty: bool,
    end: Option<LoopEnd>,
}

impl<D: Display, I: Stream<Item = io::Result<Event>> + Unpin> EventLoop<D, I> {
    /// A loop that has drawn nothing yet. `interval` is the least time between two frames.
    pub fn new(
        model: Model,
        display: D,
        screen: Screen,
        input: I,
        messages: mpsc::Receiver<Msg>,
        clock: Clock,
        interval: Duration,
    ) -> Self {
        Self {
            model,
            display,
            screen,
            input,
            translate: Input::of_this_platform(),
            messages,
            clock,
            interval,
            last_frame: None,
            dirty: true,
            end: None,
        }
    }

    /// Draws the first frame: nothing else may happen before it.
    pub fn first_frame(&mut self) -> io::Result<()> {
        self.draw()
    }

    /// Runs until the administrator quits or the session ends. `perform` starts what effects ask for and must not wait;
    /// `Suspend`, `Quit` and copies that succeed never reach it.
    pub async fn run(&mut self, signals: &mut Signals, perform: &mut impl FnMut(Effect)) -> LoopEnd {
        self.dispatch(vec![Msg::Started], perform);
        self.run_on(signals, perform).await
    }

    /// The loop itself.
    async fn run_on(&mut self, signals: &mut Signals, perform: &mut impl FnMut(Effect)) -> LoopEnd {
        loop {
            if let Some(end) = self.end {
                return end;
            }
            self.dirty |= self.model.take_dirty();
            let frame_due = self.frame_due();
            if frame_due.is_some_and(|due| due <= Instant::now()) {
                if self.draw().is_err() {
                    return LoopEnd::Terminated;
                }
                continue;
            }
            let wake = self.wake_due().into_iter().chain(frame_due).min();
            tokio::select! {
                biased;
                signal = signals.next() => self.signal(signal, perform),
                events = next_events(&mut self.input) => self.take_input(events, perform).await,
                message = self.messages.recv() => self.take_messages(message, perform),
                () = sleep_until(wake) => self.tick(perform),
            }
        }
    }

    fn frame_due(&self) -> Option<Instant> {
        let due = || {
            self.last_frame
                .map_or_else(Instant::now, |last| last + self.interval)
        };
        self.dirty.then(due)
    }

    fn wake_due(&self) -> Option<Instant> {
        self.model
            .wake_at()
            .and_then(|elapsed| self.clock.start.checked_add(elapsed))
    }

    fn draw(&mut self) -> io::Result<()> {
        let model = &self.model;
        self.screen
            .draw(&mut self.display, |area, buffer| view(model, area, buffer))?;
        self.last_frame = Some(Instant::now());
        self.dirty = false;
        Ok(())
    }

    /// A timer woke the loop: for a frame, or because the model waits for the time to pass.
    fn tick(&mut self, perform: &mut impl FnMut(Effect)) {
        if self.wake_due().is_some_and(|due| due <= Instant::now()) {
            self.dispatch(Vec::new(), perform);
        }
    }

    fn signal(&mut self, signal: Signal, perform: &mut impl FnMut(Effect)) {
        match signal {
            Signal::Terminate => {
                self.dispatch(vec![Msg::Terminate], perform);
                self.end = Some(LoopEnd::Terminated);
            }
            Signal::Suspend => self.suspend(perform),
            Signal::Continued => match self.display.continued() {
                Ok(true) => self.repaint(perform),
                Ok(false) => {}
                Err(_) => self.end = Some(LoopEnd::Terminated),
            },
        }
    }

    fn suspend(&mut self, perform: &mut impl FnMut(Effect)) {
        match self.display.suspend() {
            Ok(()) => self.repaint(perform),
            Err(_) => self.end = Some(LoopEnd::Terminated),
        }
    }

    /// Draws everything afresh in the size the terminal has now.
    fn repaint(&mut self, perform: &mut impl FnMut(Effect)) {
        self.screen.invalidate();
        self.dirty = true;
        if let Ok(size) = self.display.size() {
            self.screen.resize(size);
            if self.model.size != (size.width, size.height) {
                self.dispatch(vec![Msg::Resize(size.width, size.height)], perform);
            }
        }
    }

    async fn take_input(&mut self, events: Option<Vec<Event>>, perform: &mut impl FnMut(Effect)) {
        let Some(mut events) = events else {
            // The terminal is gone.
            self.dispatch(vec![Msg::Terminate], perform);
            self.end = Some(LoopEnd::Terminated);
            return;
        };
        let began = Instant::now();
        while self.translate.may_be_a_paste(&events) && began.elapsed() < PASTE_TIME {
            match time::timeout(PASTE_GAP, next_events(&mut self.input)).await {
                Ok(Some(more)) => events.extend(more),
                Ok(None) | Err(_) => break,
            }
        }
        let batch = self.translate.translate(events, Instant::now());
        if batch.resized {
            self.repaint(perform);
        }
        self.dispatch(batch.messages, perform);
    }

    /// Takes in what jobs have sent, for a bounded time.
    fn take_messages(&mut self, first: Option<Msg>, perform: &mut impl FnMut(Effect)) {
        let began = Instant::now();
        let mut next = first;
        self.tell_time(perform);
        while let Some(message) = next {
            self.apply(message, perform);
            next = if began.elapsed() < DRAIN_TIME {
                self.messages.try_recv().ok()
            } else {
                None
            };
        }
    }

    fn dispatch(&mut self, messages: Vec<Msg>, perform: &mut impl FnMut(Effect)) {
        self.tell_time(perform);
        for message in messages {
            self.apply(message, perform);
        }
    }

    fn tell_time(&mut self, perform: &mut impl FnMut(Effect)) {
        self.apply(Msg::Tick(self.clock.now()), perform);
    }

    fn apply(&mut self, message: Msg, perform: &mut impl FnMut(Effect)) {
        for effect in update(&mut self.model, message) {
            match effect {
                Effect::Quit => self.end = Some(LoopEnd::Quit),
                Effect::Suspend => self.suspend(perform),
                Effect::Copy(text) => {
                    if self.display.copy(&text).is_err() {
                        perform(Effect::Copy(text));
                    }
                }
                effect => perform(effect),
            }
        }
    }
}

/// Waits for input and takes in everything that is there; nothing when the terminal is gone.
///
/// Losing the race in a `select!` loses no event: after the first one nothing waits any more.
async fn next_events(input: &mut (impl Stream<Item = io::Result<Event>> + Unpin)) -> Option<Vec<Event>> {
    let mut events = vec![input.next().await?.ok()?];
    while events.len() < DRAIN_EVENTS {
        let polled = future::poll_fn(|context| Poll::Ready(Pin::new(&mut *input).poll_next(context))).await;
        match polled {
            Poll::Ready(Some(Ok(event))) => events.push(event),
            // An end or an error is found again by the next call.
            Poll::Ready(_) | Poll::Pending => break,
        }
    }
    Some(events)
}

/// Sleeps until the moment; forever without one.
async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => time::sleep_until(moment.into()).await,
        None => future::pending().await,
    }
}

#[cfg(test)]
mod tests;

//! A child process with bounds: time, output, cancellation.

use std::{io, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

/// What a program says about its troubles fits in this; the rest is read and thrown away.
const LARGEST_COMPLAINT: usize = 64 * 1024;
/// How long a finished program's pipes may stay open. A child that it left behind (ssh's shared connections do that) holds
/// them for as long as it lives.
const PIPES_CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What one run of a script may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From start to end, connecting included.
    pub time: Duration,
    /// Bytes of standard output.
    pub output: usize,
}

impl Default for Limits {
    /// A minute, because PowerShell takes ten seconds to start on a busy server, and 16 MiB.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            output: 16 * 1024 * 1024,
        }
    }
}

/// A program that ran to its end.
#[derive(Debug)]
pub(super) struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub output: Vec<u8>,
    /// The start of standard error.
    pub complaint: Vec<u8>,
}

/// Why there is no [`Finished`].
#[derive(Debug)]
pub(super) enum ProcessError {
    /// No such program.
    NotFound,
    /// It could not be started, or its pipes broke.
    Broken(io::Error),
    /// It ran longer than allowed and was ended.
    TimedOut,
    /// It wrote more than allowed and was ended.
    TooMuchOutput,
    /// The caller gave up, and it was ended.
    Cancelled,
}

/// Runs a program with `input` on its standard input.
///
/// It never outlives the call: a limit, a cancellation and a dropped future all end it, on Unix with whatever it started,
/// such as the ssh that goes through a jump host.
pub(super) async fn run(
    mut command: Command,
    input: &[u8],
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<Finished, ProcessError> {
    command
        .stdin(if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Its own console: PowerShell sets the code page of the one it has, and the cockpit's must stay as it is.
    #[cfg(windows)]
    command.creation_flags(0x0800_0000);
    // Keys typed into the cockpit's terminal must not reach it as signals.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProcessError::NotFound,
        _ => ProcessError::Broken(error),
    })?;
    #[cfg(unix)]
    let mut group = Group::of(&child);
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(ProcessError::Cancelled),
        ended = tokio::time::timeout(limits.time, converse(&mut child, input, limits.output)) => {
            ended.unwrap_or(Err(ProcessError::TimedOut))
        }
    };
    #[cfg(unix)]
    match ended.is_ok() {
        true => group.0 = None,
        false => group.end(),
    }
    if ended.is_err() {
        // Already gone is fine; what counts is that it is not left behind.
        let _ = child.kill().await;
    }
    ended
}

/// The processes of a program, by the number of their leader; ended when this is dropped.
#[cfg(unix)]
struct Group(Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    /// Those of a program that leads its own group and has not been waited for: its number can't be another's yet.
    fn of(child: &Child) -> Self {
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        Self(number.and_then(rustix::process::Pid::from_raw))
    }

    fn end(&mut self) {
        if let Some(leader) = self.0.take() {
            // Nobody left to end is as good.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

async fn converse(child: &mut Child, input: &[u8], largest_output: usize) -> Result<Finished, ProcessError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that ends without reading says why in its own words.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    let code = {
        let read = async {
            tokio::try_join!(
                read_bounded(stdout, &mut output, largest_output),
                read_start(stderr, &mut complaint)
            )
        };
        let read = async { tokio::join!(read, write).0 };
        tokio::pin!(read);
        tokio::select! {
            // Pipes that close tell that nothing more comes; the end of the process follows.
            done = &mut read => {
                done?;
                child.wait().await.map_err(ProcessError::Broken)?.code()
            }
            status = child.wait() => {
                let code = status.map_err(ProcessError::Broken)?.code();
                if let Ok(done) = tokio::time::timeout(PIPES_CLOSE_WITHIN, &mut read).await {
                    done?;
                }
                code
            }
        }
    };
    Ok(Finished {
        code,
        output,
        complaint,
    })
}

async fn read_bounded(
    source: Option<impl AsyncRead + Unpin>,
    into: &mut Vec<u8>,
    largest: usize,
) -> Result<(), ProcessError> {
    let Some(source) = source else { return Ok(()) };
    let mut source = source.take(largest as u64 + 1);
    source.read_to_end(into).await.map_err(ProcessError::Broken)?;
    if into.len() > largest {
        return Err(ProcessError::TooMuchOutput);
    }
    Ok(())
}

async fn read_start(source: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Result<(), ProcessError> {
    let Some(mut source) = source else { return Ok(()) };
    let mut piece = [0; 8 * 1024];
    loop {
        let count = source.read(&mut piece).await.map_err(ProcessError::Broken)?;
        if count == 0 {
            return Ok(());
        }
        let room = LARGEST_COMPLAINT.saturating_sub(into.len());
        into.extend_from_slice(&piece[..count.min(room)]);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    fn limits(milliseconds: u64, output: usize) -> Limits {
        Limits {
            time: Duration::from_millis(milliseconds),
            output,
        }
    }

    #[tokio::test]
    async fn input_output_and_exit_code_pass() {
        let input = vec![b'x'; 300_000];
        let done = run(
            shell("wc -c; echo no >&2; exit 7"),
            &input,
            limits(5_000, 100),
            &CancellationToken::new(),
        )
        .await
        .unwrap();
        assert_eq!(done.code, Some(7));
        assert_eq!(String::from_utf8_lossy(&done.output).trim(), "300000");
        assert_eq!(done.complaint, b"no\n");
    }

    #[tokio::test]
    async fn limits_end_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("alive");
        let late = format!("sleep 1; touch '{}'", mark.display());
        let token = CancellationToken::new();
        let started = Instant::now();
        let error = run(
            shell(&format!("exec 3>&1; {late}")),
            b"",
            limits(200, 100),
            &token,
        )
        .await
        .unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut), "{error:?}");
        let error = run(shell("yes"), b"", limits(20_000, 1_000_000), &token)
            .await
            .unwrap_err();
        assert!(matches!(error, ProcessError::TooMuchOutput), "{error:?}");
        let cancelled = token.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancelled.cancel();
        });
        let error = run(shell(&late), b"", limits(20_000, 100), &token)
            .await
            .unwrap_err();
        assert!(matches!(error, ProcessError::Cancelled), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        assert!(!mark.exists(), "the program went on after its end");
    }

    #[tokio::test]
    async fn what_a_program_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("alive");
        let text = format!("(sleep 1; touch '{}') & wait", mark.display());
        let error = run(shell(&text), b"", limits(200, 100), &CancellationToken::new())
            .await
            .unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut), "{error:?}");
        let dropped = {
            let token = CancellationToken::new();
            let running = run(shell(&text), b"", limits(20_000, 100), &token);
            tokio::time::timeout(Duration::from_millis(200), running).await
        };
        assert!(dropped.is_err());
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(!mark.exists(), "its child went on");
    }

    #[tokio::test]
    async fn a_child_left_behind_does_not_hold_the_answer() {
        let started = Instant::now();
        let done = run(
            shell("sleep 30 & echo done"),
            b"",
            limits(20_000, 100),
            &CancellationToken::new(),
        )
        .await
        .unwrap();
        assert_eq!(done.output, b"done\n");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn a_missing_program_is_told_apart() {
        let error = run(
            Command::new("/nowhere/ssh"),
            b"",
            Limits::default(),
            &CancellationToken::new(),
        )
        .await
        .unwrap_err();
        assert!(matches!(error, ProcessError::NotFound), "{error:?}");
    }
}

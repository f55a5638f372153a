//! The program as a user has it: a sandbox process, a data folder, and the binary itself.
//!
//! Talks to the sandbox's control service with a hand-written HTTP/1.1 client, so that no client code of the crate is
//! asked whether the client code of the crate works.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A sandbox process; ended when dropped.
pub struct Sandbox {
    child: Child,
    ready: Value,
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// Starts `handover sandbox` with the given further arguments and waits until it serves.
    pub fn start(mailboxes: usize, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready_file = folder.path().join("ready.json");
        let child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args([
                "sandbox",
                "--listen",
                "127.0.0.1:0",
                "--mailboxes",
                &mailboxes.to_string(),
                "--seed",
                "7",
            ])
            .arg("--ready-file")
            .arg(&ready_file)
            .arg("--write-config")
            .arg(folder.path().join("config.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let ready = loop {
            if let Some(ready) = std::fs::read(&ready_file)
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            {
                break ready;
            }
            assert!(Instant::now() < deadline, "the sandbox did not get ready");
            std::thread::sleep(Duration::from_millis(5));
        };
        Self { child, ready, folder }
    }

    /// A member of the ready file.
    pub fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// The data folder of the administrator.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path in the test's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with configuration, data folder and secret of this sandbox in place.
    pub fn handover(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
        command
            .env_remove("HANDOVER_PROFILE")
            .env("HANDOVER_CONFIG", self.folder.path().join("config.toml"))
            .env("HANDOVER_DATA_DIR", self.data_dir())
            .env("HANDOVER_CLIENT_SECRET", self.ready("clientSecret"))
            .env("HANDOVER_NO_KEYRING", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs a verb and returns exit code, standard output as JSON and standard error.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.handover().args(arguments).output().unwrap())
    }

    /// Runs a verb that must end with an exit code.
    #[track_caller]
    pub fn expect(&self, code: i32, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(
            ended.code,
            Some(code),
            "{arguments:?}\nstdout: {}\nstderr: {}",
            ended.stdout,
            ended.stderr
        );
        ended
    }

    /// `GET` on the control service.
    pub fn control(&self, path: &str) -> Value {
        let (status, body) = request("GET", &format!("{}{path}", self.ready("control")), "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// `POST` on the control service.
    pub fn steer(&self, path: &str, body: &str) {
        let (status, answer) = request("POST", &format!("{}{path}", self.ready("control")), body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
    }

    /// The truth about the tenant.
    pub fn state(&self, name: &str) -> u64 {
        self.control("/state")[name].as_u64().unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A verb that ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; nothing when killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout: {}\nstderr: {}", self.stdout, self.stderr))
    }
}

/// One request over a fresh connection.
pub fn request(method: &str, url: &str, body: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head
        .lines()
        .any(|line| line.eq_ignore_ascii_case("transfer-encoding: chunked"));
    (status, if chunked { unchunk(body) } else { body.to_owned() })
}

fn unchunk(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        text.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    text
}

/// The only run folder of a data folder.
pub fn only_run(data_dir: &Path) -> PathBuf {
    let mut runs = run_folders(data_dir);
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// Every run folder of a data folder. What a crash left of one that was being made is hidden, and no run.
pub fn run_folders(data_dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data_dir.join("runs")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

//! A real `sshd` as an ordinary process on loopback, with keys and configuration of its own, and on its far side a program
//! called `powershell.exe`.
//!
//! That program is no PowerShell: it is a shell script that takes the arguments PowerShell takes, decodes the script it is
//! given, keeps it for the test to look at, and behaves as the test says. What it proves is the way there and back.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use handover::host::ssh::Ssh;

const SSHD: &str = "/usr/sbin/sshd";
/// Where Debian's sshd wants to lock its children in.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

const STAND_IN: &str = r#"#!/bin/sh
# No PowerShell: takes its arguments, keeps the script, behaves as the test says.
here=$(dirname "$0")
encoded=
while [ $# -gt 0 ]; do
  case $1 in
    -EncodedCommand) encoded=$2; shift ;;
    -OutputFormat) shift ;;
    -NoLogo|-NoProfile|-NonInteractive) ;;
    *) echo "unexpected argument: $1" >&2; exit 64 ;;
  esac
  shift
done
script=$here/script.$$
printf %s "$encoded" | base64 -d | iconv -f UTF-16LE -t UTF-8 >"$script" || exit 65
cp "$script" "$here/last-command"
last=$(sed -n "s/.*-ceq '\(#[0-9a-f]*\)'.*/\1/p" "$script")
if [ -n "$last" ]; then
  cat >"$script"
  [ "$(tail -n 1 "$script")" = "$last" ] || exit 66
  echo input >>"$here/deliveries"
else
  echo argument >>"$here/deliveries"
fi
token=$(sed -n "s/^'<\([0-9a-f]\{32\}\)'$/\1/p" "$script" | head -n 1)
[ -n "$token" ] || exit 67
mv "$script" "$here/last-script"
answer() {
  printf '<%s\r\n' "$token"
  cat "$here/answer.json"
  printf '\r\n%s>\r\n' "$token"
}
. "$here/behaviour"
"#;

/// An sshd with its far side; ended when dropped.
pub struct Server {
    daemon: Child,
    folder: tempfile::TempDir,
    port: u16,
    /// Keeps the silent port open.
    _silent: TcpListener,
}

impl Server {
    /// Starts one whose stand-in behaves as this piece of shell says (`answer` writes the answer). `None`, with the reason
    /// printed, where there is no sshd; that fails when `HANDOVER_REQUIRE_SSHD` is set.
    pub fn start(behaviour: &str) -> Option<Self> {
        if let Err(reason) = usable() {
            assert!(
                std::env::var_os("HANDOVER_REQUIRE_SSHD").is_none(),
                "no test against a real sshd: {reason}"
            );
            println!("SKIPPED, no test against a real sshd: {reason}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for key in ["host_key", "client_key", "other_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f"])
                .arg(path.join(key))
                .status()
                .unwrap();
            assert!(made.success());
        }
        fs::copy(path.join("client_key.pub"), path.join("authorized_keys")).unwrap();
        let far = path.join("far");
        fs::create_dir(&far).unwrap();
        install(&far.join("powershell.exe"));
        fs::write(far.join("behaviour"), behaviour).unwrap();
        fs::write(far.join("answer.json"), include_str!("answer.json")).unwrap();
        let port = free_port();
        let log = fs::File::create(path.join("log")).unwrap();
        let config = path.join("sshd_config");
        fs::write(&config, sshd_configuration(path, port)).unwrap();
        let daemon = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            daemon,
            folder,
            port,
            _silent: silent,
        };
        server.write_client_configuration();
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                Instant::now() < deadline,
                "sshd does not listen: {}",
                server.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The far side's folder, which its path starts with.
    pub fn far(&self) -> PathBuf {
        self.path().join("far")
    }

    /// The client's configuration, for `ssh -F`.
    pub fn configuration(&self) -> PathBuf {
        self.path().join("ssh_config")
    }

    /// The way to a host of the client's configuration.
    pub fn ssh(&self, target: &str) -> Ssh {
        Ssh::new(target).unwrap().with_configuration(self.configuration())
    }

    /// What sshd logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// The last script that arrived.
    pub fn script(&self) -> String {
        fs::read_to_string(self.far().join("last-script")).unwrap()
    }

    /// What the last `-EncodedCommand` held: the script, or what reads it from standard input.
    pub fn command(&self) -> String {
        fs::read_to_string(self.far().join("last-command")).unwrap()
    }

    /// How the scripts arrived, one word a line: `argument` or `input`.
    pub fn deliveries(&self) -> Vec<String> {
        let text = fs::read_to_string(self.far().join("deliveries")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Puts another answer in place.
    pub fn answer(&self, json: &str) {
        fs::write(self.far().join("answer.json"), json).unwrap();
    }

    fn write_client_configuration(&self) {
        let path = self.path().display();
        let port = self.port;
        let host_key = fs::read_to_string(self.path().join("host_key.pub")).unwrap();
        let other_key = fs::read_to_string(self.path().join("other_key.pub")).unwrap();
        fs::write(
            self.path().join("known"),
            format!("[127.0.0.1]:{port} {host_key}"),
        )
        .unwrap();
        fs::write(
            self.path().join("changed"),
            format!("[127.0.0.1]:{port} {other_key}"),
        )
        .unwrap();
        let silent = self._silent.local_addr().unwrap().port();
        let closed = free_port();
        let user = user();
        let text = format!(
            r"
IgnoreUnknown UseKeychain
UseKeychain yes
Host stranger
  UserKnownHostsFile {path}/nothing
Host changed
  UserKnownHostsFile {path}/changed
Host refused
  IdentityFile {path}/other_key
Host closed
  Port {closed}
Host silent
  Port {silent}
Host nowhere
  HostName host.invalid
Host behind
  ProxyJump open
Host behind-stranger
  ProxyJump stranger
Host quiet
  LogLevel QUIET
  UserKnownHostsFile {path}/nothing
Host commanded
  RemoteCommand echo other
Host * !refused
  IdentityFile {path}/client_key
Host *
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentitiesOnly yes
  UserKnownHostsFile {path}/known
  GlobalKnownHostsFile /dev/null
"
        );
        fs::write(self.configuration(), text).unwrap();
    }

    /// Processes of this account whose command line names the client's configuration.
    pub fn clients(&self) -> usize {
        let configuration = self.configuration().display().to_string();
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
            .filter(|line| String::from_utf8_lossy(line).contains(&configuration))
            .count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Makes a stand-in at this path.
pub fn install(path: &Path) {
    fs::write(path, STAND_IN).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn usable() -> Result<(), String> {
    for (program, argument) in [("ssh", "-V"), ("ssh-keygen", "-?"), ("iconv", "--version")] {
        if Command::new(program)
            .arg(argument)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            return Err(format!("{program} is not installed"));
        }
    }
    if !Path::new(SSHD).is_file() {
        return Err(format!("{SSHD} is missing; install openssh-server"));
    }
    if user() == "root" && !Path::new(PRIVILEGE_SEPARATION).is_dir() {
        fs::create_dir(PRIVILEGE_SEPARATION)
            .or_else(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(error),
            })
            .map_err(|error| format!("{PRIVILEGE_SEPARATION}: {error}"))?;
    }
    Ok(())
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn sshd_configuration(path: &Path, port: u16) -> String {
    let folder = path.display();
    fs::write(path.join("banner"), "*** Authorised use only ***\n").unwrap();
    format!(
        "Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 100
LogLevel VERBOSE
Banner {folder}/banner
SetEnv PATH={folder}/far:/usr/bin:/bin
"
    )
}

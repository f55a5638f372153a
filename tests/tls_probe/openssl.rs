//! Authorities, certificates and servers made by the `openssl` program.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use tempfile::TempDir;

/// A folder with keys, certificates and an authority's books.
pub struct Workshop {
    folder: TempDir,
}

/// Files of a certificate with its key, and who signed it.
#[derive(Clone)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Certificates to send after the leaf, in one file.
    pub chain: Option<PathBuf>,
}

impl Identity {
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(&self.certificate).unwrap()
    }
}

/// What to write into a certificate.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub name: &'a str,
    pub authority: bool,
    pub from: &'a str,
    pub until: &'a str,
    pub rsa: bool,
}

impl<'a> Wanted<'a> {
    /// For one host, valid for years around any day a test may run.
    pub fn host(name: &'a str) -> Self {
        Self {
            name,
            authority: false,
            from: "20200101000000Z",
            until: "20491231000000Z",
            rsa: false,
        }
    }
}

const BOOKS: &str = "[ca]\ndefault_ca=books\n[books]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n\
    default_md=sha256\npolicy=policy\nunique_subject=no\ncopy_extensions=copy\n[policy]\ncommonName=supplied\n\
    [req]\ndistinguished_name=name\n[name]\n";

impl Workshop {
    /// `None`, with a word to the reader, where there is no `openssl`.
    pub fn open() -> Option<Self> {
        let found = Command::new("openssl")
            .arg("version")
            .stdout(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os("HANDOVER_REQUIRE_OPENSSL").is_none(),
                "the program `openssl` is required here and missing"
            );
            println!("not tested: the program `openssl` is missing");
            return None;
        }
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("books.cnf"), BOOKS).unwrap();
        fs::write(folder.path().join("index.txt"), "").unwrap();
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// An authority that signed itself.
    pub fn authority(&self, name: &str) -> Identity {
        self.issue(
            None,
            &Wanted {
                authority: true,
                ..Wanted::host(name)
            },
        )
    }

    /// A certificate signed by an authority, or by itself.
    pub fn issue(&self, signer: Option<&Identity>, wanted: &Wanted<'_>) -> Identity {
        let number = fs::read_dir(self.folder.path()).unwrap().count();
        let file = |ending: &str| format!("{number}.{ending}");
        let (key, request, certificate) = (file("key"), file("request"), file("certificate"));
        let kind: &[&str] = if wanted.rsa {
            &["rsa:2048"]
        } else {
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        };
        let subject = format!("/CN={}", wanted.name);
        let constraints = if wanted.authority {
            "basicConstraints=critical,CA:TRUE"
        } else {
            "basicConstraints=CA:FALSE"
        };
        let names = format!("subjectAltName=DNS:{}", wanted.name);
        let mut arguments = vec!["req", "-config", "books.cnf", "-new", "-nodes", "-newkey"];
        arguments.extend(kind);
        arguments.extend(["-keyout", &key, "-out", &request, "-subj", &subject]);
        arguments.extend(["-addext", constraints]);
        if !wanted.authority {
            arguments.extend(["-addext", &names]);
        }
        self.run(&arguments);
        let mut arguments = vec!["ca", "-batch", "-notext", "-config", "books.cnf"];
        arguments.extend(["-in", &request, "-out", &certificate]);
        arguments.extend(["-startdate", wanted.from, "-enddate", wanted.until]);
        let signer_files = signer.map(|signer| (text(&signer.certificate), text(&signer.key)));
        match &signer_files {
            Some((signer, signer_key)) => arguments.extend(["-cert", signer, "-keyfile", signer_key]),
            None => arguments.extend(["-selfsign", "-keyfile", &key]),
        }
        self.run(&arguments);
        Identity {
            certificate: self.path(&certificate),
            key: self.path(&key),
            chain: None,
        }
    }

    /// Puts certificates into one file, to be sent after the leaf.
    pub fn bundle(&self, certificates: &[&Identity]) -> PathBuf {
        let text: String = certificates
            .iter()
            .map(|identity| fs::read_to_string(&identity.certificate).unwrap())
            .collect();
        let path = self.path("bundle.pem");
        fs::write(&path, text).unwrap();
        path
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A running `openssl s_server`; ends with its owner.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Any free port, with further arguments such as `-tls1_2`.
    pub fn start(identity: &Identity, arguments: &[&str]) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-www"]);
        command
            .arg("-cert")
            .arg(&identity.certificate)
            .arg("-key")
            .arg(&identity.key);
        if let Some(chain) = &identity.chain {
            command.arg("-cert_chain").arg(chain);
        }
        let mut child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("ACCEPT ")
                    .and_then(|address| address.trim().parse().ok())
            })
            .expect("the server tells its address");
        // Whatever it prints later must not fill the pipe.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! A handshake by Schannel, Windows' own TLS, which is what the products use. Windows only.
//!
//! Compiled and run under Wine at best so far; Wine's Schannel stands on GnuTLS and proves nothing about Windows'.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use schannel::{
    schannel_cred::{Direction, SchannelCred},
    tls_stream::{Builder, HandshakeError},
};

use super::{
    handshake::suite_name,
    hello::{Answer, read_answer},
};
use crate::domain::text::clean_to;

/// Keeps the server's first bytes, in which version and suite stand: Schannel's binding does not tell them.
struct Heard {
    stream: TcpStream,
    first: Vec<u8>,
    /// When the handshake has to be over: a server that sends a byte now and then must not hold it for ever.
    deadline: Instant,
}

const KEPT: usize = 8 * 1024;

impl Read for Heard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let length = self.stream.read(buffer)?;
        let room = KEPT.saturating_sub(self.first.len()).min(length);
        self.first.extend(&buffer[..room]);
        Ok(length)
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Shakes hands with the machine's settings and its own judgement of the certificate; waits for the server for `bound`
/// at most. Version and suite, or why it failed; `None` where it could not be tried.
pub fn shake(stream: TcpStream, host: &str, bound: Duration) -> Option<Result<String, String>> {
    let prepared = stream
        .set_nonblocking(false)
        .and_then(|()| stream.set_write_timeout(Some(bound)))
        .and_then(|()| SchannelCred::builder().acquire(Direction::Outbound));
    let credentials = prepared.ok()?;
    let heard = Heard {
        stream,
        first: Vec::new(),
        deadline: Instant::now() + bound,
    };
    let told = match Builder::new().domain(host).connect(credentials, heard) {
        Ok(stream) => match read_answer(&stream.get_ref().first) {
            Answer::ServerHello { version, suite } => {
                Ok(format!("{}, {}", version.name(), suite_name(suite)))
            }
            _ => Ok("works".to_owned()),
        },
        Err(HandshakeError::Failure(error)) => Err(clean_to(&error.to_string(), 200).into_owned()),
        Err(HandshakeError::Interrupted(_)) => Err("no answer in time".to_owned()),
    };
    Some(told)
}

//! TCP connections that a handler can cut, as a failing network would.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Which of the sandbox's addresses a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The address of the ready file.
    Main,
    /// The second port on the same host, where redirects lead.
    Regional,
    /// Another host: whatever arrives here went astray.
    Foreign,
}

/// A listening socket.
pub(super) struct Door {
    pub listener: TcpListener,
    pub place: Place,
}

/// What a handler knows of its connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub place: Place,
    pub peer: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Connection {
    /// From now on nothing is read or written: the peer sees the connection close without an answer.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Door>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self {
            place: stream.io().place,
            peer: *stream.remote_addr(),
            cut: Arc::clone(&stream.io().cut),
        }
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // Small answers must not wait for the peer's acknowledgement; without it they are only slower.
                    let _ = stream.set_nodelay(true);
                    return (
                        Wire {
                            stream,
                            place: self.place,
                            cut: Arc::default(),
                        },
                        peer,
                    );
                }
                // Out of file handles, or the peer left already: the next attempt may work.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A TCP stream that ends once it is cut.
pub(super) struct Wire {
    stream: TcpStream,
    place: Place,
    cut: Arc<AtomicBool>,
}

impl Wire {
    fn open(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.open() {
            Ok(stream) => stream.poll_read(context, buffer),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.open() {
            Ok(stream) => stream.poll_write(context, buffer),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.open() {
            Ok(stream) => stream.poll_flush(context),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.open() {
            Ok(stream) => stream.poll_write_vectored(context, buffers),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

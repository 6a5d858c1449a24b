//! Watches a connection's bytes for the times of the log: when a request's first byte arrived, and when
//! its answer was fully sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::log::Log;

/// What one connection's bytes and its requests tell each other. HTTP/1.1 carries one request at a time,
/// so one of each is enough.
#[derive(Debug)]
pub struct Conn {
    log: Arc<Log>,
    times: Mutex<Times>,
}

#[derive(Debug, Default)]
struct Times {
    first: Option<Instant>,
    closing: Option<u64>,
}

impl Conn {
    /// A new connection.
    pub fn new(log: Arc<Log>) -> Arc<Self> {
        Arc::new(Self { log, times: Mutex::default() })
    }

    fn times(&self) -> std::sync::MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the first byte of the request in progress arrived. Called once its head is read.
    pub fn request_began(&self) -> Instant {
        let mut times = self.times();
        times.closing = None;
        times.first.unwrap_or_else(Instant::now)
    }

    /// The request is read to its end: what arrives from now on belongs to the next.
    pub fn request_read(&self) {
        self.times().first = None;
    }

    fn answer_ends(&self, seq: u64) {
        self.times().closing = Some(seq);
        self.log.ended(seq, Instant::now());
    }

    fn arrived(&self) {
        self.times().first.get_or_insert_with(Instant::now);
    }

    /// Taken before the bytes go out: whoever acts on them cannot be seen to act before this.
    fn sends(&self) {
        let closing = self.times().closing;
        if let Some(seq) = closing {
            self.log.ended(seq, Instant::now());
        }
    }

    fn flushed(&self) {
        let closing = self.times().closing.take();
        if let Some(seq) = closing {
            self.log.written(seq);
        }
    }
}

/// A stream whose bytes are noticed.
#[derive(Debug)]
pub struct Tap<T> {
    inner: T,
    conn: Arc<Conn>,
}

impl<T> Tap<T> {
    /// Around a stream.
    pub fn new(inner: T, conn: Arc<Conn>) -> Self {
        Self { inner, conn }
    }
}

impl<T> Drop for Tap<T> {
    fn drop(&mut self) {
        self.conn.flushed();
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Tap<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.conn.arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.conn.sends();
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.conn.sends();
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        self.conn.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The connection is to be closed, in the middle of an answer or without one.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a fault of the sandbox breaks the connection")]
pub struct Broken;

/// How far a cut body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// All of it is sent.
    No,
    /// Half of the first piece is still to be sent.
    Ahead,
    /// It is on its way out.
    Flushing,
    /// Nothing more comes.
    Done,
}

/// An answer's body that says when it is over.
pub struct Tracked {
    inner: super::Body,
    conn: Arc<Conn>,
    seq: Option<u64>,
    cut: Cut,
}

impl Tracked {
    /// Around the body of the answer to request `seq`.
    pub fn new(inner: super::Body, conn: Arc<Conn>, seq: u64) -> Self {
        Self { inner, conn, seq: Some(seq), cut: Cut::No }
    }

    /// The same, of which only the first half goes out.
    pub fn cut(inner: super::Body, conn: Arc<Conn>, seq: u64) -> Self {
        Self { inner, conn, seq: Some(seq), cut: Cut::Ahead }
    }

    fn over(&mut self) {
        if let Some(seq) = self.seq.take() {
            self.conn.answer_ends(seq);
        }
    }

    /// Half of the first piece, then, once that is out, the end of the connection.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.cut {
            Cut::No | Cut::Ahead => {
                let piece = ready!(Pin::new(&mut self.inner).poll_frame(cx));
                let bytes =
                    piece.and_then(Result::ok).and_then(|frame| frame.into_data().ok()).unwrap_or_default();
                self.cut = Cut::Flushing;
                Poll::Ready(Some(Ok(Frame::data(bytes.slice(..bytes.len() / 2)))))
            }
            Cut::Flushing => {
                self.cut = Cut::Done;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Cut::Done => {
                self.over();
                Poll::Ready(Some(Err(Broken)))
            }
        }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.over();
    }
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.cut != Cut::No {
            return self.poll_cut(cx);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if frame.is_none() || self.inner.is_end_stream() {
            self.over();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|never| match never {})))
    }

    fn is_end_stream(&self) -> bool {
        self.cut == Cut::No && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut == Cut::No { self.inner.size_hint() } else { SizeHint::default() }
    }
}

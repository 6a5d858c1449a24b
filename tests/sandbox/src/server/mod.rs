//! The running sandbox: two loopback listeners over one [`State`], on a thread of its own.
//!
//! What the services answer is not decided here; this is transport, credentials and the request log.

pub mod auth;
mod aws;
mod environment;
mod exchange;
pub mod fault;
mod kill;
mod kube;
pub mod log;
mod serve;
pub mod session;
mod tap;
mod tls;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use jiff::Timestamp;

use crate::real::front::Backend;
use crate::real::{self, Components};
use crate::state::State;
use environment::Scratch;

pub use log::Entry;

/// Where a layer of the world comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A built-in world's name.
    BuiltIn(String),
    /// A world file.
    File(PathBuf),
    /// A world file's text, and what to call it in errors.
    Text {
        /// Stands in for the file's name.
        name: String,
        /// One or more YAML documents.
        text: String,
    },
}

impl Source {
    /// As `--world` reads its value: a built-in name, else a file.
    pub fn parse(value: &str) -> Self {
        if crate::world::builtin(value).is_some() {
            Self::BuiltIn(value.to_owned())
        } else {
            Self::File(PathBuf::from(value))
        }
    }

    /// A layer given as text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { name: "layer".to_owned(), text: text.into() }
    }
}

/// Which Kubernetes side a sandbox has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Kubernetes {
    /// The sandbox's own small API server and controllers.
    #[default]
    Builtin,
    /// The real components, run on this machine.
    Real(Components),
}

/// How to start a sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// The layers, first to last; none means the built-in world `bare`.
    pub worlds: Vec<Source>,
    /// Where the request log goes, one JSON line a request.
    pub log: Option<PathBuf>,
    /// Before every answer.
    pub latency: Duration,
    /// Lifecycle durations are divided by this.
    pub speed: f64,
    /// Faults as on the command line (`service=fsx,operation=…,error=…`), after those of the world.
    pub faults: Vec<String>,
    /// After this many writes of COMMAND nothing of it is answered or applied any more; see [`Sandbox::killed`].
    pub kill_after_writes: Option<u64>,
    /// The Kubernetes side.
    pub kubernetes: Kubernetes,
    /// An existing directory for the raw exchanges of the AWS side; the default is what `FSXCTL_SANDBOX_EXCHANGES` names.
    pub exchanges: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            worlds: Vec::new(),
            log: None,
            latency: Duration::ZERO,
            speed: 600.0,
            faults: Vec::new(),
            kill_after_writes: None,
            kubernetes: Kubernetes::Builtin,
            exchanges: std::env::var_os(exchange::VARIABLE).filter(|it| !it.is_empty()).map(PathBuf::from),
        }
    }
}

/// Why a sandbox could not be started or saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A world cannot be read.
    #[error(transparent)]
    World(#[from] crate::world::WorldError),
    /// A `--fault` cannot be read.
    #[error("fault {spec:?}: {why}")]
    Fault {
        /// As given.
        spec: String,
        /// What is wrong with it.
        why: String,
    },
    /// The real control plane.
    #[error("{why}")]
    Real {
        /// What did not start, with the end of its log.
        why: String,
    },
    /// A file, a socket or a certificate.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
    },
}

impl Error {
    pub(crate) fn io(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Io { what: what.into(), why: why.to_string() }
    }
}

/// An answer's body; never fails.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) use kube::status as kube_status;
pub(crate) use serve::whole as full;

/// A running sandbox; stops when dropped. Start it from any thread, with or without a runtime.
#[derive(Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
    /// Of a real cluster: dropped in this order.
    host: Mutex<Option<real::Host>>,
    plane: Mutex<Option<real::Shared>>,
    scratch: Scratch,
    endpoint: String,
    kubeconfig: String,
    env: Vec<(String, String)>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What the listeners share.
#[derive(Debug)]
pub(crate) struct Inner {
    /// The world, shared with the watches of the Kubernetes side.
    state: Arc<Mutex<State>>,
    log: Arc<log::Log>,
    exchanges: Option<exchange::Exchanges>,
    latency: Duration,
    kill: kill::Kill,
    hosts: [u16; 2],
    due: Mutex<Due>,
    /// The way to the real API server, once it is up.
    backend: OnceLock<Backend>,
}

/// What a request came to.
struct Answered {
    response: Response<Body>,
    error: Option<String>,
    /// What the road does to it.
    road: Option<fault::Transport>,
}

/// When the ticker has to look at the world again.
#[derive(Debug, Default, Clone, Copy)]
struct Due {
    changed: bool,
    next: Option<Timestamp>,
}

impl Inner {
    /// The world. A panic of one request must not take the others with it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request was meant for this listener (a page in a browser cannot forge this header).
    fn is_host(&self, parts: &http::request::Parts, kube: bool) -> bool {
        let named = parts.headers.get(http::header::HOST).and_then(|v| v.to_str().ok());
        let port = self.hosts[usize::from(kube)];
        named.is_some_and(|host| host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}"))
    }

    /// A request may have begun something: the ticker must ask when it is due.
    fn touched(&self) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).changed = true;
    }

    async fn answer_kube(&self, parts: http::request::Parts, body: Bytes) -> Answered {
        let mut road = None;
        {
            let mut state = self.lock();
            aws::advance(&mut state);
            match kube::strike(&mut state, &parts) {
                Some(fault::Strike::Refusal(error)) => {
                    return Answered { response: kube::refusal(&error), error: Some(error.code), road };
                }
                Some(fault::Strike::Transport(transport)) => road = Some(transport),
                None => {}
            }
        }
        if road.is_some_and(|road| !road.arrives()) {
            return Answered { response: Response::new(full(Bytes::new())), error: None, road };
        }
        let response = match self.backend.get() {
            Some(backend) => backend.forward(parts, body).await,
            None => crate::kube::respond(self.state.clone(), Request::from_parts(parts, body)).await,
        };
        self.touched();
        let error = response.extensions().get::<crate::kube::http::Reason>().map(|reason| reason.0.clone());
        Answered { response, error, road }
    }

    /// Moves the world every 20 ms when something is due.
    async fn tick(self: Arc<Self>) {
        let mut ticker = tokio::time::interval(Duration::from_millis(20));
        ticker.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticker.tick().await;
            let now = Timestamp::now();
            let due = *self.due.lock().unwrap_or_else(PoisonError::into_inner);
            if due.changed || due.next.is_some_and(|next| next <= now) {
                let mut state = self.lock();
                let next = state.advance(now);
                *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Due { changed: false, next };
            }
        }
    }
}

impl Sandbox {
    /// Loads the world, binds both listeners and serves until dropped.
    ///
    /// # Errors
    /// A world that cannot be read, a fault that cannot be, or no free port.
    pub fn start(options: Options) -> Result<Self, Error> {
        let Options { worlds, log, latency, speed, faults, kill_after_writes, kubernetes, exchanges } =
            options;
        let mut state = crate::world::load(&worlds, speed)?;
        for spec in faults {
            let fault = fault::parse(&spec).map_err(|why| Error::Fault { spec, why })?;
            state.faults.push(fault);
        }
        state.real_side = kubernetes != Kubernetes::Builtin;
        let bind = || {
            let listener =
                std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|why| Error::io("bind", why))?;
            listener.set_nonblocking(true).map_err(|why| Error::io("bind", why))?;
            let port = listener.local_addr().map_err(|why| Error::io("bind", why))?.port();
            Ok::<_, Error>((listener, port))
        };
        let ((aws, aws_port), (kube, kube_port)) = (bind()?, bind()?);
        let tls = tls::make()?;
        let expires = state.caller_expires;
        let keys = session::issue_until(&mut state, &crate::call::Principal::Caller, expires);
        let token = session::issue_kube_token(&mut state);
        let ca = kube::encoded(&tls.ca);
        let named = crate::world::serve_cluster(&mut state, &format!("https://127.0.0.1:{kube_port}"), &ca);
        let endpoint = format!("http://127.0.0.1:{aws_port}");
        let kubeconfig = kube::kubeconfig(&named.arn, &named.endpoint, &named.ca, &token);
        let scratch = Scratch::new(&state.hex(12))?;
        scratch.write("kubeconfig", &kubeconfig)?;
        scratch.write("aws-config", "")?;
        scratch.write("aws-credentials", "")?;
        let env = environment::pairs(&scratch, &endpoint, &state.region, &keys);
        let exchanges = exchanges.map(|directory| exchange::Exchanges::new(&directory));
        let inner = Arc::new(Inner {
            state: Arc::new(Mutex::new(state)),
            log: Arc::new(log::Log::new(log.as_deref())?),
            exchanges,
            latency,
            kill: kill::Kill::after(kill_after_writes),
            hosts: [aws_port, kube_port],
            due: Mutex::new(Due { changed: true, next: None }),
            backend: OnceLock::new(),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (runtime, thread) = spawn(inner.clone(), [aws, kube], tls.acceptor, stopped)?;
        let sandbox = Self {
            inner,
            host: Mutex::default(),
            plane: Mutex::default(),
            scratch,
            endpoint,
            kubeconfig,
            env,
            stop: Some(stop),
            thread: Some(thread),
        };
        if let Kubernetes::Real(components) = kubernetes {
            sandbox.begin_real(&components, &runtime, (kube_port, &ca)).map_err(|why| Error::Real { why })?;
        }
        Ok(sandbox)
    }

    /// Starts the real control plane and gives it what the world holds.
    fn begin_real(
        &self,
        components: &Components,
        runtime: &tokio::runtime::Handle,
        (port, ca): (u16, &str),
    ) -> Result<(), String> {
        let (issuer, objects, token) = {
            let mut state = self.inner.lock();
            let issuer = state.rows("eks.clusters").first();
            let issuer = issuer.and_then(|cluster| cluster["identity"]["oidc"]["issuer"].as_str());
            let issuer = issuer.unwrap_or("https://kubernetes.default.svc").to_owned();
            (issuer, state.kube.dump(), state.hex(48))
        };
        let directory = self.scratch.path().join("real");
        std::fs::create_dir(&directory).map_err(|why| format!("{}: {why}", directory.display()))?;
        let plane = real::Plane::start(components, &directory, &issuer, &self.endpoint, &token)?;
        let plane = Arc::new(plane);
        *held(&self.plane) = Some(plane.clone());
        let tls = crate::https::trust(plane.authority())?;
        let backend = Backend::new(plane.admin().port(), &tls, &token);
        let cluster = Arc::new(real::Cluster::new(plane.clone()));
        // From here on pods that are made are admitted as on EKS.
        let _ = self.inner.backend.set(backend.clone());
        real::admission(plane.admin(), port, ca)?;
        let objects = real::but_of_addons(&cluster, &self.inner.lock(), objects);
        real::world(plane.admin(), &objects)?;
        plane.begin_nodes()?;
        {
            let mut state = self.inner.lock();
            state.kube = crate::kube::KubeStore::default();
            state.real = Some(cluster);
            real::addons(&mut state);
        }
        let inner = self.inner.clone();
        let target =
            real::Target { state: self.inner.state.clone(), changed: Arc::new(move || inner.touched()) };
        let _within = runtime.enter();
        real::keep(&backend, &Arc::new(target));
        let host = real::Host::start(plane, self.inner.state.clone(), self.endpoint.clone())?;
        *held(&self.host) = Some(host);
        self.inner.touched();
        self.settled()?;
        Ok(())
    }

    /// Waits for the copy of the cluster, its nodes, and the workloads of the add-ons that the world begins with.
    fn settled(&self) -> Result<(), String> {
        let since = std::time::Instant::now();
        loop {
            let Some(missing) = real::missing(&self.inner.lock()) else { return Ok(()) };
            if let Some(why) = self.broken() {
                return Err(why);
            }
            if since.elapsed() > Duration::from_secs(90) {
                return Err(format!("the cluster did not settle in 90 s: {missing}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A process of the real control plane that has ended by itself, and what it said last.
    pub fn broken(&self) -> Option<String> {
        held(&self.plane).as_ref().and_then(|plane| plane.broken())
    }

    /// The real API server as its administrator, for a test that looks past the sandbox's listener.
    pub fn admin(&self) -> Option<real::Admin> {
        held(&self.plane).as_ref().map(|plane| plane.admin().clone())
    }

    /// Ends the real control plane, for one that is never dropped.
    pub fn end_real(&self) {
        held(&self.host).take();
        self.inner.lock().real = None;
        // While the sandbox still answers the API server's questions.
        held(&self.plane).take();
    }

    /// The AWS listener, for instance `http://127.0.0.1:40001`.
    pub fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    /// The kubeconfig's text (context = the cluster's ARN, user = a static token).
    pub fn kubeconfig(&self) -> String {
        self.kubeconfig.clone()
    }

    /// The environment of COMMAND: name and value, `KUBECONFIG` (a file that lives as long as the
    /// sandbox) included.
    pub fn env(&self) -> Vec<(String, String)> {
        self.env.clone()
    }

    /// A private directory that lives as long as the sandbox.
    pub fn directory(&self) -> &std::path::Path {
        self.scratch.path()
    }

    /// The world as it stands, as a world file that loads again without loss.
    pub fn snapshot(&self) -> String {
        let mut state = self.inner.lock();
        aws::advance(&mut state);
        let Some(whole) = real::pulled(&state) else { return crate::world::save(&state) };
        let copy = std::mem::replace(&mut state.kube, whole);
        let saved = crate::world::save(&state);
        state.kube = copy;
        saved
    }

    /// The requests so far, in order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        self.inner.log.entries()
    }

    /// Becomes `true` at the moment of [`Options::kill_after_writes`]: whoever runs COMMAND must end it with SIGKILL
    /// and all that it started. The write is applied; its answer and all others never come.
    pub fn killed(&self) -> tokio::sync::watch::Receiver<bool> {
        self.inner.kill.notice()
    }

    /// The same for the next COMMAND: `--kill-after-writes` begins to count anew. Call it from outside of any runtime,
    /// when the last COMMAND has ended.
    pub fn kill_after(&self, writes: Option<u64>) {
        self.inner.kill.again(writes);
    }

    /// The living world, for a test that looks at or changes what no API shows.
    pub fn with_state<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.inner.lock();
        aws::advance(&mut state);
        let answer = use_it(&mut state);
        self.inner.touched();
        answer
    }
}

fn held<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end_real();
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.inner.log.finish();
    }
}

/// A thread with a runtime of its own, so that the caller needs none and may block.
fn spawn(
    inner: Arc<Inner>,
    listeners: [std::net::TcpListener; 2],
    tls: tokio_rustls::TlsAcceptor,
    stopped: tokio::sync::oneshot::Receiver<()>,
) -> Result<(tokio::runtime::Handle, std::thread::JoinHandle<()>), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sandbox")
        .enable_all()
        .build()
        .map_err(|why| Error::io("start a runtime", why))?;
    let handle = runtime.handle().clone();
    let [aws, kube] = listeners;
    let (aws, kube) = {
        let _within = runtime.enter();
        let tokio =
            |listener| tokio::net::TcpListener::from_std(listener).map_err(|why| Error::io("listen", why));
        (tokio(aws)?, tokio(kube)?)
    };
    let serve = move || {
        runtime.spawn(serve::serve_aws(inner.clone(), aws));
        runtime.spawn(serve::serve_kube(inner.clone(), kube, tls));
        runtime.spawn(inner.tick());
        let _ = runtime.block_on(stopped);
        runtime.shutdown_background();
    };
    std::thread::Builder::new()
        .name("sandbox".to_owned())
        .spawn(serve)
        .map(|thread| (handle, thread))
        .map_err(|why| Error::io("start a thread", why))
}

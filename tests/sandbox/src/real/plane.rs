//! The control plane of one sandbox: its processes from start to end.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::config::{self, Settings};
use super::keeper::{Kept, Stack, Start};
use super::{Admin, Components};
use crate::https;

/// The control plane is up after 4 to 6 s on two idle cores; this much is waited for on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const BEAT: Duration = Duration::from_millis(50);

/// A running control plane; ends when dropped.
#[derive(Debug)]
pub struct Plane {
    settings: Settings,
    /// The API server hangs in its own shutdown when etcd goes first, so the order counts.
    kept: Mutex<Stack>,
    admin: Admin,
    authority: Vec<u8>,
}

impl Plane {
    /// Starts it and waits until it can be used: the API server is ready and service accounts are made. Where somebody
    /// else took one of its ports meanwhile, it starts anew on others.
    ///
    /// # Errors
    /// What did not start, with the end of its log.
    pub fn start(
        components: &Components,
        directory: &Path,
        issuer: &str,
        endpoint: &str,
        token: &str,
    ) -> Result<Self, String> {
        let mut left = 3;
        loop {
            left -= 1;
            let settings = Settings {
                components: components.clone(),
                directory: directory.to_owned(),
                ports: config::free_ports()?,
                issuer: issuer.to_owned(),
                endpoint: endpoint.to_owned(),
                token: token.to_owned(),
            };
            match Self::once(settings) {
                Err(why) if left > 0 && why.contains("address already in use") => {
                    let _ = std::fs::remove_dir_all(directory);
                    std::fs::create_dir(directory).map_err(|why| why.to_string())?;
                }
                outcome => return outcome,
            }
        }
    }

    fn once(settings: Settings) -> Result<Self, String> {
        let (directory, token) = (settings.directory.as_path(), settings.token.as_str());
        settings.write()?;
        let mut stack = Stack::default();
        let kept = &mut stack.0;
        for line in settings.first() {
            kept.push(begin(&settings, line)?);
        }
        let until = Instant::now() + PATIENCE;
        let authority = awaited(kept, until, "its certificate", || {
            std::fs::read(directory.join(config::AUTHORITY)).ok().filter(|pem| pem.ends_with(b"-----\n"))
        })?;
        let admin = Admin::new(settings.api_port(), token, https::trust(&authority)?);
        awaited(kept, until, "readyz", || admin.get("/readyz"))?;
        let kubeconfig = settings.kubeconfig(token);
        std::fs::write(directory.join(config::KUBECONFIG), kubeconfig).map_err(|why| why.to_string())?;
        super::load::crds(&admin, &settings.components)?;
        for line in settings.then() {
            kept.push(begin(&settings, line)?);
        }
        awaited(kept, until, "service accounts", || {
            admin.get("/api/v1/namespaces/default/serviceaccounts/default")
        })?;
        Ok(Self { settings, kept: Mutex::new(stack), admin, authority })
    }

    /// Starts kwok. Nodes are to be there before it: it fills in what they do not say of themselves.
    ///
    /// # Errors
    /// The system's words.
    pub fn begin_nodes(&self) -> Result<(), String> {
        let [port] = config::free_ports()?;
        let kept = begin(&self.settings, self.settings.kwok_line(port))?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).0.push(kept);
        Ok(())
    }

    /// The API server as its administrator.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The API server's certificates, PEM.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// What its processes were told.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The programs.
    pub fn components(&self) -> &Components {
        &self.settings.components
    }

    /// Where logs and sockets are.
    pub fn directory(&self) -> &PathBuf {
        &self.settings.directory
    }

    /// A process that has ended by itself, with the end of its log.
    pub fn broken(&self) -> Option<String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0.iter_mut().find_map(Kept::ended)
    }
}

fn begin(settings: &Settings, (name, arguments): config::Line) -> Result<Kept, String> {
    Kept::start(Start {
        keeper: &settings.components.keeper,
        name,
        directory: &settings.directory,
        program: settings.components.program(name),
        arguments,
        environment: config::environment(&settings.directory),
    })
}

fn awaited<T>(
    kept: &mut [Kept],
    until: Instant,
    what: &str,
    mut look: impl FnMut() -> Option<T>,
) -> Result<T, String> {
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if let Some(end) = kept.iter_mut().find_map(Kept::ended) {
            return Err(end);
        }
        if Instant::now() > until {
            return Err(format!("the control plane did not come up in {} s ({what})", PATIENCE.as_secs()));
        }
        std::thread::sleep(BEAT);
    }
}

/// The control plane as the rest of the sandbox holds it.
pub type Shared = Arc<Plane>;

//! The environment that makes ordinary AWS and Kubernetes clients talk to the sandbox.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Error;

/// A private directory that is removed with the sandbox.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, readable by its owner only.
    ///
    /// # Errors
    /// The system's words.
    pub fn new(unique: &str) -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("fsxctl-sandbox-{unique}"));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|why| Error::io(path.display().to_string(), why))?;
        Ok(Self(path))
    }

    /// Writes a new file into it, readable by its owner only.
    ///
    /// # Errors
    /// The system's words.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        let wrong = |why| Error::io(path.display().to_string(), why);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(wrong)?;
        file.write_all(text.as_bytes()).map_err(wrong)?;
        Ok(path)
    }

    /// A path in it.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The pairs for COMMAND. `AWS_DEFAULT_REGION` is there because boto3 reads only that one.
pub fn pairs(scratch: &Scratch, endpoint: &str, region: &str, keys: &Value) -> Vec<(String, String)> {
    let file = |name: &str| scratch.path().join(name).display().to_string();
    let key = |name: &str| keys[name].as_str().unwrap_or_default().to_owned();
    let loopback = "127.0.0.1,localhost";
    [
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", region.to_owned()),
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", key("AccessKeyId")),
        ("AWS_SECRET_ACCESS_KEY", key("SecretAccessKey")),
        ("AWS_SESSION_TOKEN", key("SessionToken")),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_CONFIG_FILE", file("aws-config")),
        ("AWS_SHARED_CREDENTIALS_FILE", file("aws-credentials")),
        ("KUBECONFIG", file("kubeconfig")),
        ("NO_PROXY", loopback.to_owned()),
        ("no_proxy", loopback.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

//! One of the two sides: a client of its API server, and what came of a scenario there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt as _};
use kube::client::Body;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use super::scenario::{Scenario, Step, Until};

/// How long a step that waits may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(25);

/// A client without credentials, and the administrator's token.
#[derive(Clone)]
pub struct Side {
    client: kube::Client,
    token: String,
}

/// An answer as it came.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers that are compared, by name.
    pub headers: BTreeMap<String, String>,
    /// JSON, a list of JSON documents (a watch), or a text.
    pub body: Value,
}

/// What became of a scenario: the answers, or what did not work, by step.
pub type Answers = Vec<(String, Result<Answer, String>)>;

/// Headers that a client may rely on.
const HEADERS: &[&str] = &["content-type", "warning", "retry-after", "allow"];

impl Side {
    /// From the text of a kubeconfig with a token.
    pub async fn of(kubeconfig: &str) -> Result<Self, String> {
        let told = |why: kube::config::KubeconfigError| why.to_string();
        let parsed = Kubeconfig::from_yaml(kubeconfig).map_err(told)?;
        let mut config = kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
            .await
            .map_err(told)?;
        config.auth_info = AuthInfo::default();
        config.proxy_url = None;
        let client = kube::Client::try_from(config).map_err(|why| why.to_string())?;
        let document: Value = serde_yaml::from_str(kubeconfig).map_err(|why| why.to_string())?;
        let token = document["users"][0]["user"]["token"].as_str().ok_or("the kubeconfig has no token")?;
        Ok(Self { client, token: token.to_owned() })
    }

    /// Sends one request and reads the whole answer.
    async fn ask(&self, request: http::Request<Body>) -> Result<Answer, String> {
        let answer = tokio::time::timeout(PATIENCE, self.ask_at_leisure(request)).await;
        answer.unwrap_or_else(|_| Err("no end of the answer".to_owned()))
    }

    async fn ask_at_leisure(&self, request: http::Request<Body>) -> Result<Answer, String> {
        let response = self.client.send(request).await.map_err(|why| why.to_string())?;
        let status = response.status().as_u16();
        let mut headers = BTreeMap::new();
        for name in HEADERS {
            let values: Vec<&str> =
                response.headers().get_all(*name).iter().filter_map(|v| v.to_str().ok()).collect();
            if !values.is_empty() {
                headers.insert((*name).to_owned(), values.join("\n"));
            }
        }
        let bytes = response.into_body().collect_bytes().await.map_err(|why| why.to_string())?;
        Ok(Answer { status, headers, body: read(&String::from_utf8_lossy(&bytes)) })
    }

    fn request(&self, step: &Step, fill: &Fill) -> Result<http::Request<Body>, String> {
        let mut builder = http::Request::builder().method(step.method()).uri(fill.text(step.path()));
        builder = builder.header("user-agent", "conformance/1");
        if let Some(media) = step.content_type() {
            builder = builder.header("content-type", media);
        }
        for (name, value) in &step.headers {
            builder = builder.header(name, fill.text(value));
        }
        let bearer = step.bearer.as_ref().map_or_else(|| self.token.clone(), |b| fill.text(b));
        if !bearer.is_empty() {
            builder = builder.header("authorization", format!("Bearer {bearer}"));
        }
        let body = match (&step.body, &step.text) {
            (Some(value), _) => fill.text(&value.to_string()),
            (None, Some(text)) => fill.text(text),
            (None, None) => String::new(),
        };
        builder.body(Body::from(body.into_bytes())).map_err(|why| why.to_string())
    }

    async fn step(&self, step: &Step, fill: &Fill) -> Result<Answer, String> {
        let begin = Instant::now();
        loop {
            let answer = self.ask(self.request(step, fill)?).await?;
            let done = step.until.as_ref().is_none_or(|until| until.met(&answer, fill));
            if done || begin.elapsed() > PATIENCE {
                return if done { Ok(answer) } else { Err(format!("waited in vain; last {answer:?}")) };
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Runs a scenario in a namespace made for it.
    pub async fn run(&self, scenario: &Scenario, run: &str) -> Answers {
        let namespace = format!("c-{}-{run}", scenario.name);
        let mut fill = Fill { kept: BTreeMap::new(), namespace: namespace.clone(), run: run.to_owned() };
        let mut answers = Answers::new();
        if let Err(why) = self.make_namespace(&namespace).await {
            answers.push(("namespace".into(), Err(why)));
            return answers;
        }
        let mut beside: Vec<(usize, BoxFuture<'_, Result<Answer, String>>)> = Vec::new();
        for step in &scenario.steps {
            if step.pause > 0.0 {
                tokio::time::sleep(Duration::from_secs_f64(step.pause)).await;
            }
            if step.beside {
                let side = self.clone();
                let request = side.request(step, &fill);
                let task = tokio::spawn(async move { side.ask(request?).await });
                let ended = task.map(|end| end.map_err(|why| why.to_string())?).boxed();
                beside.push((answers.len(), ended));
                answers.push((step.step.clone(), Err("never ended".into())));
                continue;
            }
            let answer = self.step(step, &fill).await;
            if let Ok(answer) = &answer {
                for (name, pointer) in &step.keep {
                    let value = answer.body.pointer(pointer).map(plain).unwrap_or_default();
                    fill.kept.insert(name.clone(), value);
                }
            }
            answers.push((step.step.clone(), answer));
        }
        for (at, ended) in beside {
            answers[at].1 = ended.await;
        }
        answers
    }

    /// The namespace, and the service account that the controller makes in it.
    async fn make_namespace(&self, name: &str) -> Result<(), String> {
        let fill = Fill::default();
        let make =
            Step::plain("POST /api/v1/namespaces").with(serde_json::json!({"metadata": {"name": name}}));
        let made = self.step(&make, &fill).await?;
        if made.status != 201 {
            return Err(format!("namespace {name}: {}", made.body));
        }
        let path = format!("GET /api/v1/namespaces/{name}/serviceaccounts/default");
        let mut look = Step::plain(&path);
        look.until = Some(Until { status: Some(200), at: None, is: None });
        self.step(&look, &fill).await.map(drop)
    }
}

impl Step {
    fn plain(send: &str) -> Self {
        Self {
            step: String::new(),
            send: send.to_owned(),
            media: None,
            body: None,
            text: None,
            headers: BTreeMap::new(),
            bearer: None,
            status: 200,
            keep: BTreeMap::new(),
            until: None,
            only: Vec::new(),
            beside: false,
            pause: 0.0,
        }
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl Until {
    fn met(&self, answer: &Answer, fill: &Fill) -> bool {
        let status = self.status.is_none_or(|status| status == answer.status);
        let at = self.at.as_ref().is_none_or(|pointer| {
            let found = answer.body.pointer(pointer).unwrap_or(&Value::Null);
            match &self.is {
                Some(Value::String(text)) => plain(found) == fill.text(text),
                Some(value) => value == found,
                None => !found.is_null(),
            }
        });
        status && at
    }
}

/// What the words of a scenario that begin with `$` stand for.
#[derive(Debug, Clone, Default)]
struct Fill {
    kept: BTreeMap<String, String>,
    namespace: String,
    run: String,
}

impl Fill {
    fn text(&self, text: &str) -> String {
        let mut out = text.replace("$NS", &self.namespace).replace("$RUN", &self.run);
        for (name, value) in &self.kept {
            out = out.replace(&format!("${{{name}}}"), value);
        }
        out
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// JSON, else one JSON document a line, else a text.
fn read(text: &str) -> Value {
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    match lines {
        Ok(lines) if !lines.is_empty() => Value::Array(lines),
        _ => Value::String(text.to_owned()),
    }
}

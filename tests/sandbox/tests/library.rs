//! The sandbox as other programs' tests use it: in process, from any kind of thread.

use std::io::{Read, Write};
use std::net::TcpStream;

use fsxctl_sandbox::{Options, Sandbox, Source};

/// An unsigned request, as short as HTTP allows.
fn get(endpoint: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_starts_within_a_runtime_and_without_one() {
    let start = || Sandbox::start(Options::default()).unwrap();
    drop(start());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let sandbox = start();
        assert!(sandbox.kubeconfig().contains("arn:aws:eks:us-west-2:111122223333:cluster/hp-eks"));
        let names: Vec<String> = sandbox.env().into_iter().map(|(name, _)| name).collect();
        assert!(
            names.iter().any(|name| name == "AWS_ENDPOINT_URL")
                && names.iter().any(|name| name == "KUBECONFIG")
        );
    });
}

#[test]
fn its_files_and_ports_are_gone_when_it_is_dropped() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let (folder, endpoint) = (sandbox.directory().to_owned(), sandbox.endpoint());
    assert!(folder.join("kubeconfig").is_file());
    drop(sandbox);
    assert!(!folder.exists());
    assert!(TcpStream::connect(endpoint.trim_start_matches("http://")).is_err());
}

#[test]
fn unsigned_requests_and_other_hosts_are_refused() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let endpoint = sandbox.endpoint();
    let host = endpoint.trim_start_matches("http://");
    let unsigned = get(&endpoint, host);
    assert!(unsigned.contains("MissingAuthenticationToken"), "{unsigned}");
    assert!(get(&endpoint, "evil.example").starts_with("HTTP/1.1 421"));
    let log = sandbox.log();
    assert!(log.iter().all(|entry| entry.status >= 400 && entry.ended_ms.is_some()), "{log:?}");
    assert_eq!(log.len(), 1, "the other host never became a request");
}

#[test]
fn a_snapshot_is_a_world() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.with_state(|state| state.denied.push("fsx:DescribeFileSystems".to_owned()));
    let again = Options { worlds: vec![Source::text(sandbox.snapshot())], ..Options::default() };
    let again = Sandbox::start(again).unwrap();
    assert_eq!(again.with_state(|state| state.denied.clone()), ["fsx:DescribeFileSystems"]);
    assert!(Sandbox::start(Options { faults: vec!["x".to_owned()], ..Options::default() }).is_err());
}

/// The client of a fault: one request on one connection, as a raw socket sees it. With the caller's keys in its
/// header it is COMMAND's.
fn ask(sandbox: &Sandbox, operation: &str, body: &str) -> (String, std::io::Result<()>) {
    let env = sandbox.env();
    let value = |name: &str| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let endpoint = sandbox.endpoint();
    let host = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_millis(1500))).unwrap();
    let form = format!("Action={operation}&Version=2010-05-08&{body}");
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-Amz-Security-Token: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/20260102/us-west-2/iam/aws4_request, SignedHeaders=host, \
         Signature={}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        value("AWS_SESSION_TOKEN"),
        value("AWS_ACCESS_KEY_ID"),
        "a".repeat(64),
        form.len(),
    )
    .unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).map(drop);
    (String::from_utf8_lossy(&answer).into_owned(), end)
}

fn provider(n: u8) -> String {
    format!("Url=https%3A%2F%2Fexample.com%2F{n}&ClientIDList.member.1=sts.amazonaws.com")
}

fn providers(sandbox: &Sandbox) -> usize {
    sandbox.with_state(|state| state.rows("iam.OpenIDConnectProviders").len())
}

#[test]
fn the_road_loses_cuts_and_replaces_answers() {
    // The fault, whether the request is applied, whether the connection is closed, what came, and the log's words.
    for (fault, applied, closed, came, status, error) in [
        ("timeout", false, false, "", 0, Some("timeout")),
        ("reset", false, true, "", 0, Some("reset")),
        ("not-json", false, true, "text/html", 200, Some("not-json")),
        ("truncated", true, true, "<CreateOpenIDConnectProviderResponse", 200, Some("truncated")),
        ("slow:200ms", true, true, "</CreateOpenIDConnectProviderResponse>", 200, None),
        ("503", false, true, "ServiceUnavailable", 503, Some("ServiceUnavailable")),
    ] {
        let spec = format!("service=iam,operation=CreateOpenID*,error={fault},times=1");
        let sandbox = Sandbox::start(Options { faults: vec![spec], ..Options::default() }).unwrap();
        let (answer, end) = ask(&sandbox, "CreateOpenIDConnectProvider", &provider(1));
        assert_eq!(end.is_ok(), closed, "{fault}: {end:?}");
        assert!(answer.contains(came) && answer.is_empty() == came.is_empty(), "{fault}: {answer}");
        assert_eq!(providers(&sandbox), usize::from(applied), "{fault}");
        let entry = sandbox.log().pop().unwrap();
        assert_eq!((entry.status, entry.error.as_deref()), (status, error), "{fault}");
        if fault == "truncated" {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.expect("it promises a length");
            assert_eq!(body.len(), length / 2, "{answer}");
        }
        let (answer, _) = ask(&sandbox, "ListOpenIDConnectProviders", "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{fault} strikes once: {answer}");
    }
}

#[test]
fn the_last_write_before_the_kill_is_applied_and_nothing_after_it() {
    let sandbox = Sandbox::start(Options { kill_after_writes: Some(2), ..Options::default() }).unwrap();
    let killed = sandbox.killed();
    for _ in 0..2 {
        // The second is refused, and a refused write changes nothing and does not count.
        let (answer, _) = ask(&sandbox, "CreateOpenIDConnectProvider", &provider(1));
        assert!(!answer.is_empty());
    }
    assert!(!*killed.borrow());
    let (answer, end) = ask(&sandbox, "CreateOpenIDConnectProvider", &provider(2));
    assert!(answer.is_empty() && end.is_err(), "{answer}");
    assert!(*killed.borrow());
    let (answer, _) = ask(&sandbox, "CreateOpenIDConnectProvider", &provider(3));
    assert_eq!((answer.as_str(), providers(&sandbox)), ("", 2));
    let (answer, _) = ask(&sandbox, "ListOpenIDConnectProviders", "");
    assert_eq!(answer, "", "also what only asks is not answered");
}

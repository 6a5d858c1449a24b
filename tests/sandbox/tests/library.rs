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

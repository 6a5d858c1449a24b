use super::*;

const ALL: (u16, u16) = (1018, 1023);
type Ranges = &'static [(u16, u16)];
const OPEN: Ranges = &[];

fn group(id: &str) -> Peer {
    Peer::Group { id: id.into(), account: None }
}

fn cidr(text: &str) -> Peer {
    Peer::Cidr(text.into())
}

fn list(id: &str) -> Peer {
    Peer::PrefixList(id.into())
}

fn rule(protocol: &str, from: i32, to: i32, peer: Peer) -> Rule {
    Rule { protocol: protocol.into(), from: Some(from), to: Some(to), peer, description: None }
}

fn lists() -> PrefixLists {
    BTreeMap::from([("pl-read".to_owned(), vec!["10.0.1.0/24".to_owned(), "10.0.2.0/24".to_owned()])])
}

/// Nodes that wear two groups and live in two subnets.
fn judged(rules: &[Rule]) -> Coverage {
    let groups = ["sg-node".to_owned(), "sg-extra".to_owned()];
    let cidrs = ["10.0.1.0/24".to_owned(), "10.0.2.0/24".to_owned()];
    coverage(rules, &LUSTRE_PORTS, Reach { groups: &groups, cidrs: &cidrs }, &lists())
}

#[test]
fn rules_add_up_to_what_lustre_needs() {
    let low = |peer| rule("tcp", 988, 988, peer);
    let high = |peer| rule("tcp", 1018, 1023, peer);
    let table: Vec<(Vec<Rule>, Ranges)> = vec![
        (vec![], &LUSTRE_PORTS),
        (vec![low(group("sg-node")), high(group("sg-node"))], OPEN),
        (vec![low(group("sg-node")), high(group("sg-extra"))], OPEN),
        (vec![low(group("sg-other")), high(group("sg-other"))], &LUSTRE_PORTS),
        (vec![low(group("sg-node"))], &[ALL]),
        (vec![high(group("sg-node"))], &[(988, 988)]),
        (vec![rule("tcp", 988, 1023, group("sg-node"))], OPEN),
        (vec![rule("tcp", 0, 65_535, group("sg-node"))], OPEN),
        (vec![rule("6", 900, 1100, group("sg-node"))], OPEN),
        (vec![rule("TCP", 900, 1100, group("sg-node"))], OPEN),
        (vec![rule("udp", 0, 65_535, group("sg-node"))], &LUSTRE_PORTS),
        (vec![rule("17", 0, 65_535, group("sg-node"))], &LUSTRE_PORTS),
        (vec![rule("icmp", -1, -1, group("sg-node"))], &LUSTRE_PORTS),
        (vec![rule("tcp", 2049, 2049, group("sg-node"))], &LUSTRE_PORTS),
        (vec![Rule::all_traffic(group("sg-node"))], OPEN),
        (vec![Rule::all_traffic(group("sg-other"))], &LUSTRE_PORTS),
        (vec![rule("-1", -1, -1, cidr("0.0.0.0/0"))], OPEN),
        (vec![rule("-1", -1, -1, Peer::Cidr6("::/0".into()))], &LUSTRE_PORTS),
        (vec![low(group("sg-node")), rule("tcp", 1021, 1023, group("sg-node"))], &[(1018, 1020)]),
        (
            vec![
                low(group("sg-node")),
                rule("tcp", 1018, 1019, group("sg-node")),
                rule("tcp", 1022, 1100, group("sg-node")),
            ],
            &[(1020, 1021)],
        ),
        (vec![rule("tcp", 0, 1020, group("sg-node")), rule("tcp", 1021, 2000, cidr("10.0.0.0/16"))], OPEN),
        (vec![rule("tcp", 988, 1023, cidr("10.0.1.0/24"))], &LUSTRE_PORTS),
        (
            vec![rule("tcp", 988, 1023, cidr("10.0.1.0/24")), rule("tcp", 988, 1023, cidr("10.0.2.0/24"))],
            OPEN,
        ),
        (
            vec![rule("tcp", 988, 1023, cidr("10.0.1.0/24")), rule("tcp", 988, 988, cidr("10.0.2.0/24"))],
            &[ALL],
        ),
        (
            vec![rule("tcp", 988, 1023, cidr("10.0.1.0/25")), rule("tcp", 988, 1023, cidr("10.0.2.0/24"))],
            &LUSTRE_PORTS,
        ),
        (vec![rule("tcp", 988, 1023, list("pl-read"))], OPEN),
        (vec![rule("tcp", 988, 988, list("pl-read")), high(cidr("10.0.0.0/8"))], OPEN),
        (vec![rule("tcp", 988, 1023, cidr("no block"))], &LUSTRE_PORTS),
        (vec![Rule { from: None, to: None, ..low(group("sg-node")) }], &LUSTRE_PORTS),
        (
            vec![Rule::tcp(LUSTRE_PORTS[0], group("sg-node")), Rule::tcp(LUSTRE_PORTS[1], group("sg-node"))],
            OPEN,
        ),
    ];
    for (rules, closed) in table {
        let found = judged(&rules);
        assert_eq!(found.uncovered, closed, "{rules:?}");
        assert_eq!((found.undecided.is_empty(), found.is_open()), (true, closed.is_empty()), "{rules:?}");
    }
}

#[test]
fn an_unread_prefix_list_is_not_a_closed_port() {
    let found = judged(&[rule("tcp", 988, 988, list("pl-hidden"))]);
    assert_eq!((found.uncovered, found.undecided), (vec![ALL], vec![(988, 988)]));
    assert_eq!(found.unread_lists, ["pl-hidden"]);
    let found = judged(&[rule("tcp", 988, 1023, list("pl-hidden")), rule("tcp", 988, 988, group("sg-node"))]);
    assert_eq!((found.uncovered, found.undecided), (vec![], vec![ALL]));
    let found = judged(&[rule("tcp", 988, 1023, list("pl-hidden")), Rule::all_traffic(group("sg-node"))]);
    assert!(found.is_open() && found.unread_lists.is_empty());
}

#[test]
fn blocks_cannot_cover_addresses_that_are_not_known() {
    let groups = ["sg-node".to_owned()];
    let reach = Reach { groups: &groups, cidrs: &[] };
    let anywhere = [Rule::all_traffic(cidr("0.0.0.0/0"))];
    assert_eq!(uncovered(&anywhere, &LUSTRE_PORTS, reach, &lists()), LUSTRE_PORTS);
    assert_eq!(uncovered(&[Rule::all_traffic(group("sg-node"))], &LUSTRE_PORTS, reach, &lists()), OPEN);
}

#[test]
fn egress_is_open_when_nothing_has_to_be_added() {
    let table = [
        (vec![Rule::all_traffic(cidr("0.0.0.0/0"))], true),
        (vec![Rule::all_traffic(cidr("0.0.0.0/1")), Rule::all_traffic(cidr("128.0.0.0/1"))], true),
        (vec![rule("tcp", 0, 65_535, cidr("0.0.0.0/0"))], true),
        (vec![rule("tcp", 988, 1023, cidr("0.0.0.0/0"))], true),
        (vec![rule("tcp", 443, 443, cidr("0.0.0.0/0"))], false),
        (vec![Rule::all_traffic(cidr("10.0.0.0/8"))], false),
        (vec![Rule::all_traffic(group("sg-node"))], false),
        (vec![Rule::all_traffic(Peer::Cidr6("::/0".into()))], false),
        (vec![], false),
    ];
    for (rules, open) in table {
        assert_eq!(egress_open(&rules), open, "{rules:?}");
    }
}

#[test]
fn efa_counts_groups_only() {
    let groups = ["sg-node".to_owned()];
    assert!(all_traffic_open(&[Rule::all_traffic(group("sg-node"))], &groups));
    assert!(!all_traffic_open(&[Rule::all_traffic(cidr("0.0.0.0/0"))], &groups));
    assert!(!all_traffic_open(&[rule("tcp", 0, 65_535, group("sg-node"))], &groups));
    assert!(!all_traffic_open(&[Rule::all_traffic(group("sg-other"))], &groups));
}

#[test]
fn a_group_is_judged_towards_itself_both_ways() {
    let shared = SecurityGroup {
        id: "sg-shared".into(),
        name: "hyperpod".into(),
        vpc: "vpc-1".into(),
        description: String::new(),
        tags: BTreeMap::new(),
        ingress: vec![Rule::all_traffic(group("sg-shared"))],
        egress: vec![Rule::all_traffic(cidr("0.0.0.0/0"))],
    };
    let cidrs = ["10.0.1.0/24".to_owned()];
    assert_eq!(shared.closed_to_itself(&cidrs, &lists()), OPEN);
    let silent = SecurityGroup { egress: vec![], ..shared.clone() };
    assert_eq!(silent.closed_to_itself(&cidrs, &lists()), LUSTRE_PORTS);
    let closed = SecurityGroup { ingress: vec![rule("tcp", 988, 988, group("sg-shared"))], ..shared };
    assert_eq!(closed.closed_to_itself(&cidrs, &lists()), [ALL]);
}

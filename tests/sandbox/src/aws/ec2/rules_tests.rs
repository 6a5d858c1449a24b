//! Rules of security groups: how they are merged, named and judged.

use super::*;

fn permission(protocol: &str, ports: Option<(i64, i64)>, place: &str, entry: Value) -> Value {
    let mut value = json!({"IpProtocol": protocol});
    value[place] = Value::Array(vec![entry]);
    if let Some((from, to)) = ports {
        value["FromPort"] = json!(from);
        value["ToPort"] = json!(to);
    }
    value
}

fn rule(permission: &Value) -> Rule {
    of_permission(permission, false).remove(0)
}

#[test]
fn pairs_of_the_same_ports_share_an_entry() {
    let mut group = json!({"GroupId": "sg-1", "IpPermissions": [], "IpPermissionsEgress": []});
    let a = rule(&permission("tcp", Some((988, 988)), "UserIdGroupPairs", json!({"GroupId": "sg-1"})));
    let b = rule(&permission("6", Some((988, 988)), "UserIdGroupPairs", json!({"GroupId": "sg-2"})));
    let c = rule(&permission("tcp", Some((988, 988)), "IpRanges", json!({"CidrIp": "10.0.0.0/8"})));
    let d = rule(&permission("tcp", Some((1018, 1023)), "UserIdGroupPairs", json!({"GroupId": "sg-1"})));
    for rule in [&a, &b, &c, &d] {
        insert(&mut group, rule);
    }
    let permissions = list(&group, "IpPermissions");
    assert_eq!(permissions.len(), 2);
    assert_eq!(list(&permissions[0], "UserIdGroupPairs").len(), 2);
    assert_eq!(list(&permissions[0], "IpRanges").len(), 1);
    assert_eq!(list(&permissions[0], "Ipv6Ranges").len(), 0);
    remove(&mut group, &d);
    assert_eq!(list(&group, "IpPermissions").len(), 1);
    remove(&mut group, &a);
    assert_eq!(of_group(&group), [c, b]);
}

#[test]
fn ids_are_stable_and_distinct() {
    let a = rule(&permission("tcp", Some((988, 988)), "UserIdGroupPairs", json!({"GroupId": "sg-1"})));
    let b = rule(&permission("tcp", Some((988, 988)), "UserIdGroupPairs", json!({"GroupId": "sg-2"})));
    assert_eq!(a.id("sg-1"), a.id("sg-1"));
    assert_ne!(a.id("sg-1"), b.id("sg-1"));
    assert_ne!(a.id("sg-1"), a.id("sg-2"));
    assert!(a.id("sg-1").starts_with("sgr-0") && a.id("sg-1").len() == 21);
}

#[test]
fn unions_of_rules_permit() {
    let mut state = State::new("111122223333", "us-west-2");
    let later = (state.now + jiff::SignedDuration::from_secs(5)).to_string();
    let group = |id: &str, permissions: Value| json!({"GroupId": id, "IpPermissions": permissions});
    let pair = |id: &str| json!({"GroupId": id});
    state
        .rows_mut("ec2.PrefixLists")
        .push(json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "10.0.0.0/24"}]}));
    let rows = [
        group("sg-self", json!([permission("tcp", Some((988, 988)), "UserIdGroupPairs", pair("sg-self"))])),
        group("sg-six", json!([permission("6", Some((900, 1023)), "UserIdGroupPairs", pair("sg-six"))])),
        group("sg-all", json!([permission("-1", None, "UserIdGroupPairs", pair("sg-all"))])),
        group("sg-udp", json!([permission("udp", Some((988, 988)), "UserIdGroupPairs", pair("sg-udp"))])),
        group(
            "sg-list",
            json!([permission("tcp", Some((988, 988)), "PrefixListIds", json!({"PrefixListId": "pl-1"}))]),
        ),
        group(
            "sg-part",
            json!([permission("tcp", Some((988, 988)), "IpRanges", json!({"CidrIp": "10.0.0.0/25"}))]),
        ),
        group(
            "sg-v6",
            json!([permission("tcp", Some((988, 988)), "Ipv6Ranges", json!({"CidrIpv6": "::/0"}))]),
        ),
        group(
            "sg-late",
            json!([permission("-1", None, "IpRanges", json!({"CidrIp": "0.0.0.0/0", "$visibleAt": later}))]),
        ),
    ];
    state.rows_mut("ec2.SecurityGroups").extend(rows);
    let table: [(&[&str], bool); 10] = [
        (&["sg-self"], true),
        (&["sg-six"], true),
        (&["sg-all"], true),
        (&["sg-udp"], false),
        (&["sg-list"], true),
        (&["sg-part"], false),
        (&["sg-v6"], false),
        (&["sg-late"], false),
        (&["sg-udp", "sg-self"], true),
        (&[], false),
    ];
    let block = "10.0.0.0/24".parse().ok();
    for (groups, expected) in table {
        let door = Door { groups, egress: false, seen_by: Some(state.now) };
        let found = permits(&state, door, 988, End { groups, block });
        assert_eq!(found, expected, "{groups:?}");
    }
    let door = Door { groups: &["sg-late"], egress: false, seen_by: None };
    assert!(permits(&state, door, 988, End { groups: &[], block }));
}

//! Calls to FSx as a client makes them, on a world of one VPC.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::handle;
use crate::aws::ec2;
use crate::aws::ec2::value::{list, text, texts};
use crate::call::{Answer, Call, Client, Principal};
use crate::state::State;

mod creation;
mod repositories;
mod updates;

fn call_of(service: &str, operation: &str, input: Value) -> Call {
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input,
        principal: Principal::Caller,
        client: Client::Command,
        region: "us-west-2".to_owned(),
    }
}

fn fsx(state: &mut State, operation: &str, input: Value) -> Answer {
    handle(state, &call_of("fsx", operation, input))
}

fn code(answer: &Answer) -> &str {
    answer.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok")
}

/// A VPC with a roomy and a tight subnet; `sg-ok` lets Lustre through, `sg-shut` does not, `sg-cidr` does
/// for the whole of `subnet-1`, `sg-efa` allows everything to itself.
fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    state.speed = 1.0;
    let itself = |group: &str, from: i64, to: i64| json!({"IpProtocol": "tcp", "FromPort": from, "ToPort": to, "UserIdGroupPairs": [{"GroupId": group}]});
    let all = |group: &str| json!([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]);
    let cidr = json!([{"IpProtocol": "tcp", "FromPort": 988, "ToPort": 988, "IpRanges": [{"CidrIp": "10.20.1.0/24"}]}]);
    for (table, rows) in [
        ("ec2.Vpcs", json!([{"VpcId": "vpc-1", "CidrBlock": "10.20.0.0/16"}, {"VpcId": "vpc-2"}])),
        (
            "ec2.Subnets",
            json!([
                {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.20.1.0/24"},
                {"SubnetId": "subnet-tight", "VpcId": "vpc-1", "CidrBlock": "10.20.2.0/28", "AvailableIpAddressCount": 3},
            ]),
        ),
        (
            "ec2.SecurityGroups",
            json!([
                {"GroupId": "sg-ok", "VpcId": "vpc-1", "IpPermissions": [itself("sg-ok", 988, 988), itself("sg-ok", 1018, 1023)]},
                {"GroupId": "sg-shut", "VpcId": "vpc-1"},
                {"GroupId": "sg-cidr", "VpcId": "vpc-1", "IpPermissions": cidr},
                {"GroupId": "sg-efa", "VpcId": "vpc-1", "IpPermissions": all("sg-efa"), "IpPermissionsEgress": all("sg-efa")},
                {"GroupId": "sg-far", "VpcId": "vpc-2"},
            ]),
        ),
    ] {
        *state.rows_mut(table) = rows.as_array().cloned().unwrap_or_default();
    }
    ec2::derive(&mut state);
    super::derive(&mut state);
    state
}

/// A legal PERSISTENT_2 input with `more` laid over it at the top level.
fn input(more: Value) -> Value {
    let mut input = json!({
        "FileSystemType": "LUSTRE", "StorageCapacity": 2400, "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-ok"],
        "LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 250},
    });
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    input
}

fn create(state: &mut State, more: Value) -> Value {
    fsx(state, "CreateFileSystem", input(more)).unwrap()["FileSystem"].clone()
}

/// Lets time pass.
fn pass(state: &mut State, time: Duration) {
    state.now += SignedDuration::try_from(time).unwrap();
    let now = state.now;
    state.advance(now);
}

fn seen(state: &mut State, id: &str) -> Value {
    list(&fsx(state, "DescribeFileSystems", json!({"FileSystemIds": [id]})).unwrap(), "FileSystems")[0]
        .clone()
}

fn interfaces(state: &State, subnet: &str) -> Vec<Value> {
    state
        .rows("ec2.NetworkInterfaces")
        .iter()
        .filter(|row| text(row, "SubnetId") == subnet)
        .cloned()
        .collect()
}

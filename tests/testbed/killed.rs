//! Killed after each write and repeated, on the real API server: the end is that of a run which nobody killed.

use serde_json::{Value, json};

use crate::Test;
use crate::bed::{Bed, Beds};
use crate::roads::ownership;

pub const TESTS: &[Test] = &[("killed::after_each_write_and_repeated", each_write)];

const WORDS: &str = "setup dynamic --yes -q --identity irsa --driver addon -n team-a --create-namespace";

fn each_write(beds: &Beds) {
    let (killed, after) = beds.own(&["bare"], |bed| {
        let mut killed = 0;
        loop {
            bed.world.sandbox.kill_after(Some(1));
            let run = bed.world.fsxctl(WORDS);
            match run.code {
                None => killed += 1,
                Some(0) => break,
                Some(code) => panic!("{code} after {killed} kills: {}", run.show()),
            }
            assert!(killed < 40, "it never ends");
        }
        bed.world.sandbox.kill_after(None);
        let again = bed.ok(WORDS);
        assert_eq!(again.writes(), Vec::<String>::new(), "{}", again.show());
        ownership(
            bed,
            &[
                "/apis/storage.k8s.io/v1/storageclasses/fsx-sc",
                "/api/v1/namespaces/team-a/persistentvolumeclaims/fsx-claim",
            ],
        );
        (killed, left(bed))
    });
    assert!(killed >= 8, "only {killed} writes");
    let never = beds.builtin(&["bare"]);
    never.ok(WORDS);
    assert_eq!(after, left(&never));
}

/// What a set-up leaves, without what the API server or AWS number.
fn left(bed: &Bed) -> Value {
    let class = bed.get("/apis/storage.k8s.io/v1/storageclasses/fsx-sc").unwrap_or_default();
    let claim = bed.claim("team-a", "fsx-claim").unwrap_or_default();
    let account =
        bed.get("/api/v1/namespaces/kube-system/serviceaccounts/fsx-csi-controller-sa").unwrap_or_default();
    let (roles, providers, systems) = bed.world.sandbox.with_state(|state| {
        let role =
            state.find("iam.Roles", "RoleName", "FSXLCSI-hp-eks-us-west-2").cloned().unwrap_or_default();
        let documents = json!([role["AssumeRolePolicyDocument"], role["InlinePolicies"], role["Tags"]]);
        (documents, state.rows("iam.OpenIDConnectProviders").len(), state.rows("fsx.FileSystems").len())
    });
    json!({
        "class": [class["parameters"], class["mountOptions"], class["reclaimPolicy"], class["allowVolumeExpansion"]],
        "claim": [claim["spec"]["resources"], claim["spec"]["accessModes"], claim["status"]["phase"], claim["metadata"]["labels"]],
        "role of the service account": account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"],
        "roles": roles, "providers": providers, "file systems": systems,
        "creations": bed.creations(&claim).len().max(systems),
    })
}

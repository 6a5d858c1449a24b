//! Worlds of identity, installation and places, one thing broken in each.

use crate::case::{Case, check};

/// One more claim of the class: the provisioner tries to make its file system with the identity that it really has.
const CLAIM: &str = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: more, namespace: default, creationTimestamp: now-1h}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}}]}";

/// The controller's pods are made anew, so that EKS gives them what their service account has now.
const RESTARTED: &str = "kubernetes: {objects: [
  {apiVersion: v1, kind: Pod, metadata: {name: fsx-csi-controller-qdxjvkp9g8-clvtx, namespace: kube-system}, $absent: true},
  {apiVersion: v1, kind: Pod, metadata: {name: fsx-csi-controller-qdxjvkp9g8-z7dc8, namespace: kube-system}, $absent: true}]}";

/// Neither annotation nor association.
const NO_ASSOCIATION: &str = "aws: {eks: {podIdentityAssociations: [{clusterName: hp-eks, namespace: kube-system, serviceAccount: fsx-csi-controller-sa, $absent: true}], addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, podIdentityAssociations: []}]}}";

/// IRSA: the role of the annotation.
const ANNOTATED: &str = "kubernetes: {objects: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: fsx-csi-controller-sa, namespace: kube-system, annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2\"}}}]}";

/// A trust policy of IRSA for this service account of the cluster's issuer.
macro_rules! web_trust {
    ($account:literal) => {
        concat!(
            "aws: {iam: {OpenIDConnectProviders: [{Url: \"https://oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90\", ClientIDList: [sts.amazonaws.com]}], Roles: [{RoleName: FSXLCSI-hp-eks-us-west-2, AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Federated: \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90\"}, Action: \"sts:AssumeRoleWithWebIdentity\", Condition: {StringEquals: {\"oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:aud\": sts.amazonaws.com, \"oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:sub\": \"system:serviceaccount:",
            $account,
            "\"}}}]}}]}}"
        )
    };
}

/// No provider, and a role that trusts the one that is missing.
const NO_PROVIDER: &str = "aws: {iam: {OpenIDConnectProviders: [{Url: \"https://oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90\", $absent: true}]}}";

/// A policy of the role instead of AmazonFSxFullAccess.
macro_rules! policy {
    ($actions:literal) => {
        concat!(
            "aws: {iam: {Roles: [{RoleName: FSXLCSI-hp-eks-us-west-2, AttachedPolicies: [], InlinePolicies: {fsx: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: [",
            $actions,
            "], Resource: \"*\"}]}}}]}}"
        )
    };
}

const SERVICE_TRUST: &str = "aws: {iam: {Roles: [{RoleName: FSXLCSI-hp-eks-us-west-2, AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: pods.eks.amazonaws.com}, Action: \"sts:AssumeRole\"}]}}]}}";

const NO_AGENT: &str = "
aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, $absent: true}]}}
kubernetes: {objects: [{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: eks-pod-identity-agent, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: eks-pod-identity-agent-8pvg6, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: eks-pod-identity-agent-gcsx8, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: eks-pod-identity-agent-gnbv9, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: eks-pod-identity-agent-p4cmz, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: eks-pod-identity-agent-w2d9w, namespace: kube-system}, $absent: true}]}";

const AWS_SECRET: &str = "
aws: {iam: {Users: [{UserName: old, AccessKeys: [{AccessKeyId: AKIAOLDOLDOLDOLDOLD1, SecretAccessKey: notvalidanymore0notvalidanymore0notvali}], AttachedPolicies: []}]}}
kubernetes: {objects: [{apiVersion: v1, kind: Secret, metadata: {name: aws-secret, namespace: kube-system}, data: {key_id: QUtJQU9MRE9MRE9MRE9MRE9MRDE=, access_key: bm90dmFsaWRhbnltb3JlMG5vdHZhbGlkYW55bW9yZTBub3R2YWxp}}]}";

#[test]
fn irsa() {
    check(&[
        Case {
            name: "A-01 no OIDC provider",
            world: &[
                "done",
                NO_ASSOCIATION,
                ANNOTATED,
                web_trust!("kube-system:fsx-csi-controller-sa"),
                NO_PROVIDER,
                RESTARTED,
                CLAIM,
            ],
            until: "No OpenIDConnect provider found",
            finds: &[
                "FSX-AUTH-01 error failed OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90",
                "FSX-BIND-50 error blocked by FSX-AUTH-01 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "A-02 the role trusts another account",
            world: &[
                "done",
                NO_ASSOCIATION,
                ANNOTATED,
                web_trust!("fsx:fsx-csi-controller-sa"),
                RESTARTED,
                CLAIM,
            ],
            until: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            finds: &[
                "FSX-AUTH-02 error failed Role FSXLCSI-hp-eks-us-west-2",
                "FSX-BIND-50 error blocked by FSX-AUTH-02 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "IRSA that is right, its pods made after the annotation",
            world: &[
                "done",
                NO_ASSOCIATION,
                ANNOTATED,
                web_trust!("kube-system:fsx-csi-controller-sa"),
                RESTARTED,
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
    ]);
}

#[test]
fn roles() {
    check(&[
        Case {
            name: "A-03 the node's role",
            world: &["done", NO_ASSOCIATION, RESTARTED, CLAIM],
            until: "fsx:CreateFileSystem",
            finds: &[
                "FSX-AUTH-03 error failed ServiceAccount kube-system/fsx-csi-controller-sa",
                "FSX-BIND-50 error blocked by FSX-AUTH-03 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "A-04 pods older than the annotation",
            world: &[
                "done",
                NO_ASSOCIATION,
                ANNOTATED,
                web_trust!("kube-system:fsx-csi-controller-sa"),
                CLAIM,
            ],
            until: "",
            finds: &[
                "FSX-AUTH-04 error failed Deployment kube-system/fsx-csi-controller",
                "FSX-BIND-50 error blocked by FSX-AUTH-04 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "H-07 the node's role may",
            world: &[
                "done",
                NO_ASSOCIATION,
                RESTARTED,
                "aws: {iam: {Roles: [{RoleName: hp-eks-nodes, InlinePolicies: {fsx: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"fsx:*\", Resource: \"*\"}, {Effect: Allow, Action: \"iam:CreateServiceLinkedRole\", Resource: \"*\"}]}}}, {RoleName: hp-cluster-execution, InlinePolicies: {fsx: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"fsx:*\", Resource: \"*\"}]}}}]}}",
            ],
            until: "",
            finds: &[
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-07 info failed ServiceAccount kube-system/fsx-csi-controller-sa",
            ],
        },
        Case {
            name: "A-17 static keys",
            world: &["done", AWS_SECRET, RESTARTED, CLAIM],
            until: "CreateFileSystem failed",
            finds: &[
                "FSX-AUTH-17 error failed Secret kube-system/aws-secret",
                "FSX-BIND-50 error blocked by FSX-AUTH-17 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn policies() {
    check(&[
        Case {
            name: "A-05 no fsx:TagResource",
            world: &[
                "done",
                policy!(
                    "\"fsx:CreateFileSystem\", \"fsx:DeleteFileSystem\", \"fsx:UpdateFileSystem\", \"fsx:DescribeFileSystems\", \"iam:CreateServiceLinkedRole\", \"iam:AttachRolePolicy\", \"iam:PutRolePolicy\""
                ),
                CLAIM,
            ],
            until: "fsx:TagResource",
            finds: &[
                "FSX-AUTH-05 error failed Role FSXLCSI-hp-eks-us-west-2",
                "FSX-BIND-50 error blocked by FSX-AUTH-05 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "A-08 no fsx:UpdateFileSystem",
            world: &[
                "done",
                policy!(
                    "\"fsx:CreateFileSystem\", \"fsx:DeleteFileSystem\", \"fsx:TagResource\", \"fsx:DescribeFileSystems\", \"iam:CreateServiceLinkedRole\", \"iam:AttachRolePolicy\", \"iam:PutRolePolicy\""
                ),
                "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, spec: {resources: {requests: {storage: 2400Gi}}}}]}",
            ],
            until: "fsx:UpdateFileSystem",
            finds: &[
                "FSX-AUTH-08 error failed Role FSXLCSI-hp-eks-us-west-2",
                "FSX-FS-14 error blocked by FSX-AUTH-08 FileSystem fs-f9ae16274b82e466c",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn pod_identity() {
    check(&[
        Case {
            name: "A-10 no agent",
            world: &["done", NO_AGENT, CLAIM],
            until: "169.254.170.23",
            finds: &[
                "FSX-AUTH-10 error failed Addon eks-pod-identity-agent",
                "FSX-BIND-50 error blocked by FSX-AUTH-10 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "A-12 no sts:TagSession",
            world: &["done", SERVICE_TRUST, CLAIM],
            until: "CreateFileSystem failed",
            finds: &[
                "FSX-AUTH-12 error failed Role FSXLCSI-hp-eks-us-west-2",
                "FSX-BIND-50 error blocked by FSX-AUTH-12 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn installation() {
    check(&[
        Case {
            name: "I-07 the controller scaled to 0",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: fsx-csi-controller, namespace: kube-system}, spec: {replicas: 0}}]}",
                CLAIM,
            ],
            until: "for a volume to be created",
            finds: &[
                "FSX-INST-07 error failed Deployment kube-system/fsx-csi-controller",
                "FSX-BIND-50 error blocked by FSX-INST-07 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "I-08 no CSIDriver",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: fsx.csi.aws.com}, $absent: true}]}",
                "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: late, namespace: default, creationTimestamp: now-1h}, spec: {nodeName: hyperpod-i-0a10000000000000b, containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}",
            ],
            until: "Attach timeout",
            finds: &[
                "FSX-INST-08 error failed CSIDriver fsx.csi.aws.com",
                "FSX-MNT-16 error blocked by FSX-INST-08 Pod default/late",
                "FSX-MNT-50 error blocked by FSX-INST-08 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "I-06 a second copy in another chart",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: hyperpod-inference-system}}, {apiVersion: apps/v1, kind: Deployment, metadata: {name: fsx-csi-controller, namespace: hyperpod-inference-system, creationTimestamp: now-1d, labels: {app.kubernetes.io/name: aws-fsx-csi-driver, app.kubernetes.io/managed-by: Helm}}, spec: {replicas: 1, selector: {matchLabels: {app: fsx-csi-controller}}, template: {metadata: {labels: {app: fsx-csi-controller, app.kubernetes.io/name: aws-fsx-csi-driver}}, spec: {serviceAccountName: default, containers: [{name: fsx-plugin, image: \"public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.8.0\"}]}}}}]}",
            ],
            until: "",
            finds: &[
                "FSX-INST-06 warning failed CSIDriver fsx.csi.aws.com",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "I-04 the add-on collides with a chart",
            world: &[
                "done",
                "aws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, status: CREATE_FAILED, health: {issues: [{code: ConfigurationConflict, message: \"Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: DaemonSet.apps fsx-csi-node - .spec.template.spec.tolerations\", resourceIds: []}]}}]}}\nkubernetes: {objects: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: fsx-csi-controller, namespace: kube-system, labels: {app.kubernetes.io/managed-by: Helm}, annotations: {meta.helm.sh/release-name: fsx, meta.helm.sh/release-namespace: kube-system}}}]}",
            ],
            until: "",
            finds: &[
                "FSX-INST-04 warning failed Addon aws-fsx-csi-driver",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn places() {
    check(&[
        Case {
            name: "S-01 a taint that the node plugin does not tolerate",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: fsx-csi-node, namespace: kube-system}, spec: {template: {spec: {tolerations: []}}}}, {apiVersion: v1, kind: Pod, metadata: {name: fsx-csi-node-lzmzj, namespace: kube-system}, $absent: true}, {apiVersion: v1, kind: Node, metadata: {name: hyperpod-i-0a10000000000000b}, spec: {taints: [{key: nvidia.com/gpu, value: \"true\", effect: NoSchedule}]}}]}",
                "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: late, namespace: default, creationTimestamp: now-1h}, spec: {nodeName: hyperpod-i-0a10000000000000b, containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}",
            ],
            until: "not found in the list of registered",
            finds: &[
                "FSX-SCHED-01 error failed Node hyperpod-i-0a10000000000000b",
                "FSX-MNT-50 error blocked by FSX-SCHED-01 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "S-03 the taint of the start stays",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Node, metadata: {name: hyperpod-i-0a10000000000000b}, spec: {taints: [{key: fsx.csi.aws.com/agent-not-ready, effect: NoExecute}]}}]}",
            ],
            until: "",
            finds: &[
                "FSX-SCHED-03 warning failed Node hyperpod-i-0a10000000000000b",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "S-07 a pod on Fargate",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Node, metadata: {name: fargate-ip-10-20-1-77.us-west-2.compute.internal, creationTimestamp: now-2h, labels: {eks.amazonaws.com/compute-type: fargate, kubernetes.io/os: linux, topology.kubernetes.io/zone: us-west-2a}}, status: {addresses: [{type: InternalIP, address: 10.20.1.77}], conditions: [{type: Ready, status: \"True\"}]}}]}",
                "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: late, namespace: default, creationTimestamp: now-1h}, spec: {nodeName: fargate-ip-10-20-1-77.us-west-2.compute.internal, containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}",
            ],
            until: "mount",
            finds: &[
                "FSX-SCHED-07 error failed Pod default/late",
                "FSX-MNT-50 error blocked by FSX-SCHED-07 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "H-25 fewer plugins than nodes, and one node is Fargate",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Node, metadata: {name: fargate-ip-10-20-1-77.us-west-2.compute.internal, creationTimestamp: now-2h, labels: {eks.amazonaws.com/compute-type: fargate, kubernetes.io/os: linux, topology.kubernetes.io/zone: us-west-2a}}, status: {addresses: [{type: InternalIP, address: 10.20.1.77}], conditions: [{type: Ready, status: \"True\"}]}}]}",
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "S-09 every node is tainted",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Node, metadata: {name: hyperpod-i-0a10000000000000a}, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}}, {apiVersion: v1, kind: Node, metadata: {name: hyperpod-i-0a10000000000000b}, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}}, {apiVersion: v1, kind: Node, metadata: {name: hyperpod-i-0b10000000000000a}, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}}, {apiVersion: v1, kind: Node, metadata: {name: ip-10-20-1-101.us-west-2.compute.internal}, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}}, {apiVersion: v1, kind: Node, metadata: {name: ip-10-20-65-101.us-west-2.compute.internal}, spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}]}}, ]}",
                RESTARTED,
                CLAIM,
            ],
            until: "nodes are available",
            finds: &[
                "FSX-SCHED-09 error failed Deployment kube-system/fsx-csi-controller",
                "FSX-INST-05 error blocked by FSX-SCHED-09 Addon aws-fsx-csi-driver",
                "FSX-BIND-50 error blocked by FSX-SCHED-09 PersistentVolumeClaim default/more",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn hyperpod() {
    check(&[
        Case {
            name: "HP-01 a group with a network of its own",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0d10000000000000d, GroupName: gpu-own, Description: own, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0d10000000000000d}, {GroupId: sg-0b10000000000000b}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}], NetworkInterfaces: [{NetworkInterfaceId: eni-0b10000000000000a, Groups: [{GroupId: sg-0d10000000000000d}]}]}, sagemaker: {Clusters: [{ClusterName: hp-cluster, InstanceGroups: [{InstanceGroupName: gpu, InstanceType: ml.p5.48xlarge, CurrentCount: 2, TargetCount: 2, ExecutionRole: \"arn:aws:iam::111122223333:role/hp-cluster-execution\"}, {InstanceGroupName: cpu, InstanceType: ml.m5.4xlarge, CurrentCount: 1, TargetCount: 1, ExecutionRole: \"arn:aws:iam::111122223333:role/hp-cluster-execution\", OverrideVpcConfig: {Subnets: [subnet-0b10000000000000b], SecurityGroupIds: [sg-0d10000000000000d]}}]}]}}",
            ],
            until: "",
            finds: &[
                "FSX-NET-07 error failed SecurityGroup sg-0b10000000000000b",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-HP-01 info failed InstanceGroup hp-cluster/cpu",
            ],
        },
        Case {
            name: "HP-02 a team's namespace without a claim",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: hyperpod-ns-team}}, {apiVersion: v1, kind: Pod, metadata: {name: train, namespace: hyperpod-ns-team, creationTimestamp: now-1h}, spec: {containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}",
            ],
            until: "",
            finds: &[
                "FSX-HP-02 error failed Pod hyperpod-ns-team/train",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

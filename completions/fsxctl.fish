# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fsxctl_global_optspecs
    string join \n r/region= p/profile= kubeconfig= context= as= o/output= output-file= color= no-input q/quiet v/verbose log-format= trace-calls= timeout= request-timeout= h/help V/version
end

function __fish_fsxctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fsxctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fsxctl_using_subcommand
    set -l cmd (__fish_fsxctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fsxctl -n "__fish_fsxctl_needs_command" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_needs_command" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -s V -l version -d 'Print version'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "setup" -d 'Set up Lustre storage on a cluster, whole or one part alone; asks when no part is named'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "byo" -d 'Use a file system that is there already: PersistentVolume and claim, checked first'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "share" -d 'Give further namespaces a claim of the same file system, or take it away'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "migrate" -d 'Install the driver, or give it its role, in another way than now'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "status" -d 'Show cluster, identity, driver, classes, claims and file systems, and whether they are all right'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "verify" -d 'Mount a claim on nodes of every group: write, lock, read from another node, and leave nothing behind'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "doctor" -d 'Find what is wrong, root cause first, with its evidence and the way out'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "explain" -d 'Explain a check, a StorageClass parameter, an exit code, or an error of a mount'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "env" -d 'Show which settings are in force and where each comes from'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "permissions" -d 'Show the IAM actions and RBAC rules that a command needs'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "images" -d 'List the container images that a set-up pulls, to mirror or to allow them'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "schema" -d 'Print a JSON Schema of a document that fsxctl prints'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "man" -d 'Print the manual page (roff)'
complete -c fsxctl -n "__fish_fsxctl_needs_command" -f -a "version" -d 'Print the version'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -f -a "dynamic" -d 'Identity, network, driver, StorageClass and claim; waits until the claim is Bound'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -f -a "identity" -d 'The driver\'s identity alone: OIDC provider and role, or Pod Identity association'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -f -a "network" -d 'The network alone: security group and rules for tcp 988 and 1018-1023'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and not __fish_seen_subcommand_from dynamic identity network driver" -f -a "driver" -d 'The CSI driver alone'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l identity -d 'How the driver gets its role: auto, irsa, pod-identity or none [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l role-arn -d 'Use this role instead of making one [default: one is made]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l role-name -d 'Name of the role [default: FSXLCSI-<cluster>-<region>]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l role-path -d 'Path of the role [default: /]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l permissions-boundary -d 'Permissions boundary of the role [default: none]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l policy -d 'What the role may do: minimal, managed (AmazonFSxFullAccess) or a policy\'s ARN [default: minimal]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l service-account -d 'The controller\'s service account [default: kube-system/fsx-csi-controller-sa]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l driver -d 'How the driver is installed: auto, addon, helm or existing [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l driver-version -d 'Version of the add-on (v1.9.0-eksbuild.1) or chart (1.17.0) [default: the cluster version\'s default, the newest]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l chart -d 'With Helm: the chart, a path or oci:// reference [default: aws-fsx-csi-driver of the driver\'s own repository]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l helm-value -d 'With Helm: a value of the chart, for instance controller.timeout=15m (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l security-group -d 'The file system\'s security group: an id, auto or create [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l subnet -d 'The file system\'s subnet: an id or auto [default: auto, the zone where most nodes are]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l class -d 'Name of the StorageClass [default: fsx-sc]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l deployment-type -d 'Deployment type: SCRATCH_1, SCRATCH_2, PERSISTENT_1 or PERSISTENT_2 [default: PERSISTENT_2]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l storage-type -d 'Storage type: SSD or HDD [default: SSD]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l throughput -d 'Throughput in MB/s per TiB: 125, 250, 500 or 1000 for PERSISTENT_2, 50, 100 or 200 for PERSISTENT_1 (HDD: 12 or 40); not for scratch [default: 250 for PERSISTENT_2]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l compression -d 'Data compression: LZ4 or NONE [default: LZ4]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l lustre-version -d 'Lustre version: 2.10, 2.12 or 2.15 [default: 2.15]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l metadata-iops -d 'Metadata IOPS of PERSISTENT_2: auto, 1500, 3000, 6000, 12000 or a multiple of 12000 [default: not set]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l kms-key -d 'KMS key for encryption at rest, by id or ARN [default: AWS\'s own key]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l mount-option -d 'Mount option (repeatable) [default: flock]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l reclaim -d 'What happens to the file system when the claim goes: Retain or Delete [default: Retain]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l s3-import -d 'Legacy S3 link: import path, s3://bucket/prefix [default: no link]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l s3-export -d 'Legacy S3 link: export path, in the bucket of the import path [default: no export]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l auto-import -d 'Legacy S3 link, what is imported by itself: NONE, NEW, NEW_CHANGED or NEW_CHANGED_DELETED [default: not set]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l backup-days -d 'Days that automatic backups are kept, 0 to 90 [default: 0]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l maintenance -d 'Weekly maintenance, d:HH:MM in UTC (1 = Monday) [default: FSx chooses]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l extra-tag -d 'Tag of the file system (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l param -d 'Any other StorageClass parameter of the driver (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l claim -d 'Name of the claim [default: fsx-claim]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s n -l namespace -d 'Namespace of the claim [default: the kube context\'s, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l size -d 'Size of the claim, for instance 2400Gi [default: 1200Gi]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l output-dir -d 'Write the manifests of class and claim into this directory as well, also with --dry-run [default: no files]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l only -d 'Only these parts: identity, network, driver, storage' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l skip -d 'All but these parts' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l no-node-rules -d 'Do not touch the nodes\' security groups'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l efa -d 'Elastic Fabric Adapter: all traffic between file system and nodes'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l create-namespace -d 'Make the namespace if it is not there'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l round-up -d 'Take the next legal size when SIZE is none'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l verify -d 'Prove it: pods on nodes of every group mount the claim, write, read, and are removed again'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from dynamic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l identity -d 'How the driver gets its role: auto, irsa, pod-identity or none [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l role-arn -d 'Use this role instead of making one [default: one is made]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l role-name -d 'Name of the role [default: FSXLCSI-<cluster>-<region>]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l role-path -d 'Path of the role [default: /]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l permissions-boundary -d 'Permissions boundary of the role [default: none]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l policy -d 'What the role may do: minimal, managed (AmazonFSxFullAccess) or a policy\'s ARN [default: minimal]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l service-account -d 'The controller\'s service account [default: kube-system/fsx-csi-controller-sa]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from identity" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l security-group -d 'The file system\'s security group: an id, auto or create [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l subnet -d 'The file system\'s subnet: an id or auto [default: auto, the zone where most nodes are]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l no-node-rules -d 'Do not touch the nodes\' security groups'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l efa -d 'Elastic Fabric Adapter: all traffic between file system and nodes'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from network" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l driver -d 'How the driver is installed: auto, addon, helm or existing [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l driver-version -d 'Version of the add-on (v1.9.0-eksbuild.1) or chart (1.17.0) [default: the cluster version\'s default, the newest]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l chart -d 'With Helm: the chart, a path or oci:// reference [default: aws-fsx-csi-driver of the driver\'s own repository]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l helm-value -d 'With Helm: a value of the chart, for instance controller.timeout=15m (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l identity -d 'How the driver gets its role: auto, irsa, pod-identity or none [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l role-arn -d 'Use this role instead of making one [default: one is made]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l role-name -d 'Name of the role [default: FSXLCSI-<cluster>-<region>]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l role-path -d 'Path of the role [default: /]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l permissions-boundary -d 'Permissions boundary of the role [default: none]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l policy -d 'What the role may do: minimal, managed (AmazonFSxFullAccess) or a policy\'s ARN [default: minimal]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l service-account -d 'The controller\'s service account [default: kube-system/fsx-csi-controller-sa]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l upgrade -d 'Bring the driver that is there to --driver-version, else to the newest that fits'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l list-versions -d 'Show which builds of the add-on there are for this Kubernetes, and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand setup; and __fish_seen_subcommand_from driver" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l fs-id -d 'The file system, by id [default: chosen from a list on a terminal]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s n -l namespace -d 'Namespace of the claim (repeatable; each gets a volume and a claim) [default: the kube context\'s, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l pv-name -d 'Name of the PersistentVolume; only with one namespace [default: <fs-id>-<namespace>-<claim>]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l size -d 'Size that volume and claim state; it limits nothing [default: the file system\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l claim -d 'Name of the claim [default: fsx-claim]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l mount-option -d 'Mount option (repeatable) [default: flock]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l sub-directory -d 'A directory of the file system instead of the whole: the driver cannot, and this says what can [default: the whole]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l skip-check -d 'Tell what this check finds and go on: ports, route, version or driver (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l rebind -d 'Use a Released volume of this file system again, for the claim that is asked for'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l create-namespace -d 'Make a namespace that is not there'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l read-only -d 'Mount it read-only on every node (mount option ro)'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l open-ports -d 'Open tcp 988 and 1018-1023 where they are closed, with tagged rules in the groups of file system and nodes'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l install-driver -d 'Install the driver if it is not there, without a role: mounting needs none'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l verify -d 'Prove it: pods on nodes of every group mount the claim, write, read, and are removed again'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand byo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l fs-id -d 'The file system, by id [default: the only one that volumes of the cluster use]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l namespaces -d 'Namespaces that get a volume and a claim of the file system, as a list (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l namespace-selector -d 'The same for every namespace that carries these labels, for instance team=ml [default: --namespaces]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l claim -d 'Name of the claim [default: fsx-claim]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l mount-option -d 'Mount option (repeatable) [default: flock]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l sub-directory -d 'A directory of the file system instead of the whole: the driver cannot, and this says what can [default: the whole]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l skip-check -d 'Tell what this check finds and go on: ports, route, version or driver (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l remove -d 'Take volume and claim away from these namespaces; file system and data stay'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l create-namespace -d 'Make a namespace that is not there'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l read-only -d 'Mount it read-only on every node (mount option ro)'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l open-ports -d 'Open tcp 988 and 1018-1023 where they are closed, with tagged rules in the groups of file system and nodes'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l install-driver -d 'Install the driver if it is not there, without a role: mounting needs none'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand share" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -f -a "driver" -d 'How the driver is installed: Helm or manifests to the EKS add-on, the add-on to Helm'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and not __fish_seen_subcommand_from driver identity" -f -a "identity" -d 'How the driver gets its role: IRSA to EKS Pod Identity, and back'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l to -d 'Where to: addon or helm' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l driver-version -d 'Version of the add-on or chart [default: the cluster version\'s default, the newest]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l chart -d 'With Helm: the chart, a path or oci:// reference [default: aws-fsx-csi-driver of the driver\'s own repository]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l helm-value -d 'With Helm: a value of the chart, for instance controller.timeout=15m (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l identity -d 'How the driver gets its role: auto, irsa, pod-identity or none [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l role-arn -d 'Use this role instead of making one [default: one is made]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l role-name -d 'Name of the role [default: FSXLCSI-<cluster>-<region>]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l role-path -d 'Path of the role [default: /]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l permissions-boundary -d 'Permissions boundary of the role [default: none]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l policy -d 'What the role may do: minimal, managed (AmazonFSxFullAccess) or a policy\'s ARN [default: minimal]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l service-account -d 'The controller\'s service account [default: kube-system/fsx-csi-controller-sa]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from driver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l to -d 'Where to: pod-identity or irsa' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l role-arn -d 'The driver\'s role, by ARN [default: the one it has]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l role-name -d 'The driver\'s role, by name [default: the one it has]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l adopt -d 'Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks for each object that stands in the way' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l tag -d 'Tag of every AWS object made (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s y -l yes -l approve -d 'Apply without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l dry-run -d 'Show the plan and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l wait -d 'Wait for the result [default]'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l no-wait -d 'End when the last write was accepted'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand migrate; and __fish_seen_subcommand_from identity" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s n -l namespace -d 'Claims and pods of this namespace alone, and nothing that is of none [default: all namespaces]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l interval -d 'How long to wait between two looks with --watch, from 1s [default: 5s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s A -l all-namespaces -d 'Claims and pods of all namespaces, which is what it shows without any flag'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s w -l watch -d 'Look again and again: redrawn on a terminal, elsewhere a line for each change; Ctrl-C ends it'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l claim -d 'Name of the claim to mount [default: fsx-claim]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s n -l namespace -d 'Namespace of the claim; the pods are made there [default: the kube context\'s, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l nodes -d 'On so many nodes, spread over groups and zones [default: one of every group, at least two]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l node-selector -d 'Only on nodes with these labels, for instance topology.kubernetes.io/zone=us-west-2a [default: all labels]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l size -d 'Size of the file that each node writes, for instance 1Gi [default: 64Mi]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l image -d 'Image of the pods: POSIX sh, coreutils or busybox, flock [default: public.ecr.aws/docker/library/busybox:1.37]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l run-as -d 'Run as this user and group instead of root without capabilities [default: 0:0]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l run -d 'With --cleanup-only: only what this run made, also while it is under way [default: every run that is over]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l all-nodes -d 'On every node, also on those that are cordoned or not ready'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l cleanup-only -d 'Only remove Jobs that earlier runs left behind'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s A -l all-namespaces -d 'With --cleanup-only: in every namespace'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s y -l yes -l approve -d 'Create the pods without asking'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l dry-run -d 'Show what would be created and stop'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s c -l cluster -d 'EKS cluster, by name or ARN [default: the kube context\'s, else the Region\'s only one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l hyperpod -d 'HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l pvc -d 'What keeps this claim from being used, and nothing else [default: everything]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l pod -d 'What keeps this pod from its volumes, and nothing else [default: everything]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l fs-id -d 'What is wrong with this file system and what depends on it, and nothing else [default: everything]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l manifest -d 'Review StorageClasses, volumes, claims and pods in a file, in a directory and below, or on stdin (-); nothing else is looked at, and no credentials are needed (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l only -d 'Only these checks: ids, globs such as FSX-NET-*, or areas such as NET (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l skip -d 'All but these checks (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l since -d 'Events of this time count, for instance 30m [default: 1h]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l fail-on -d 'Ends with 3 or 4 from this severity on [default: error]' -r -f -a "error\t'3 when something is broken'
warning\t'4 as well when something should be acted on'
info\t'4 as well when something is worth knowing'
unknown\t'As error, and 4 when something could not be looked at'
never\t'0 whatever is found'"
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l show-passed -d 'Show as well what was looked at and is right, or was left out'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List the checks, by area'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand doctor; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand explain" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l export -d 'Print `export NAME=\'value\'` lines for a shell'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand env" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l iam -d 'Print the IAM policy document alone, as JSON'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l rbac -d 'Print the Kubernetes roles and bindings alone, ready for kubectl apply'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand permissions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s c -l cluster -d 'Read the images from a cluster that runs the driver, by name or ARN; without it nothing is called' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand images" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand schema" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand man" -s h -l help -d 'Print help'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s r -l region -d 'AWS Region, for instance us-west-2 [default: the kube context\'s, else the profile\'s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s p -l profile -d 'AWS profile [default: AWS_PROFILE, else default]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l kubeconfig -d 'Kubeconfig to use instead of the cluster\'s own endpoint [default: none is needed]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l context -d 'Context of the kubeconfig to use [default: the current one]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l as -d 'Kubernetes user to impersonate [default: nobody]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s o -l output -d 'Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown [default: human]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l output-file -d 'Write the answer to a file as well (repeatable)' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l color -d 'When to use colour: auto, always or never [default: auto]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l log-format -d 'Form of everything on stderr: text, or json for one object a line [default: text]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l trace-calls -d 'Write one JSON line for every AWS and Kubernetes call into this file [default: no file]' -r -F
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l timeout -d 'How long to wait for the result, for instance 45m or 1h30m [default: 30m]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l request-timeout -d 'How long one call may take, for instance 20s [default: 30s]' -r
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -l no-input -d 'Never ask'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s q -l quiet -d 'Print the answer and errors only'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s v -l verbose -d 'Say more: -v reasons and permissions, -vv every call'
complete -c fsxctl -n "__fish_fsxctl_using_subcommand version" -s h -l help -d 'Print help'

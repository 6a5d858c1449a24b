"""SageMaker: HyperPod clusters and their nodes."""


def talk(side):
    """All of it."""
    sagemaker = lambda operation, **arguments: side.ask("sagemaker", operation, **arguments)
    sagemaker("ListClusters")
    sagemaker("ListClusters", NameContains="nobody")
    sagemaker("DescribeCluster", ClusterName="hp-cluster")
    sagemaker("DescribeCluster", ClusterName="nobody")
    nodes = sagemaker("ListClusterNodes", ClusterName="hp-cluster")
    sagemaker("ListClusterNodes", ClusterName="hp-cluster", MaxResults=1)
    sagemaker("ListClusterNodes", ClusterName="nobody")
    node = nodes["ClusterNodeSummaries"][0]["InstanceId"]
    side.keep("node", node)
    sagemaker("DescribeClusterNode", ClusterName="hp-cluster", NodeId=node)
    sagemaker("DescribeClusterNode", ClusterName="hp-cluster", NodeId="i-0123456789abcdef0")
    sagemaker("DescribeClusterNode", ClusterName="nobody", NodeId=node)

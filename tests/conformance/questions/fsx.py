"""FSx: file systems, backups, repositories."""
from .words import ACCOUNT, NOBODY, pairs

# The HyperPod cluster's, from the world `bare`; the group lets Lustre through.
SUBNET, GROUP = "subnet-0a10000000000000a", "sg-0b10000000000000b"
LUSTRE = {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 250, "DataCompressionType": "LZ4"}


def talk(side):
    """All of it."""
    fsx = lambda operation, **arguments: side.ask("fsx", operation, **arguments)
    creation(side, fsx)
    changes(side, fsx)
    backups(side, fsx)
    repositories(side, fsx)
    fsx("DeleteFileSystem", FileSystemId=side.id["fs"])
    fsx("DeleteFileSystem", FileSystemId=f"fs-{NOBODY}")
    fsx("DeleteFileSystem", FileSystemId="malformed")


def creation(side, fsx):
    """Making one, and how not to."""
    subnet = [SUBNET]
    right = {"FileSystemType": "LUSTRE", "StorageCapacity": 1200, "SubnetIds": subnet, "LustreConfiguration": LUSTRE,
             "SecurityGroupIds": [GROUP], "FileSystemTypeVersion": "2.15", "StorageType": "SSD"}
    made = fsx("CreateFileSystem", **right, ClientRequestToken="one", Tags=pairs(team="a"))
    side.keep("fs", made["FileSystem"]["FileSystemId"])
    side.keep("fs-arn", made["FileSystem"]["ResourceARN"])
    fsx("CreateFileSystem", **right, ClientRequestToken="one", Tags=pairs(team="a"))
    fsx("CreateFileSystem", **{**right, "StorageCapacity": 2400}, ClientRequestToken="one")
    fsx("CreateFileSystem", **{**right, "StorageCapacity": 1300})
    fsx("CreateFileSystem", **{**right, "SubnetIds": [f"subnet-{NOBODY}"]})
    fsx("CreateFileSystem", **{**right, "SecurityGroupIds": [f"sg-{NOBODY}"]})
    fsx("CreateFileSystem", **{**right, "LustreConfiguration": {**LUSTRE, "PerUnitStorageThroughput": 7}})
    fsx("CreateFileSystem", **{**right, "LustreConfiguration": {**LUSTRE, "DeploymentType": "PERSISTENT_9"}})
    fsx("CreateFileSystem", StorageCapacity=1200, SubnetIds=subnet)
    fsx("CreateFileSystem", FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=subnet)
    fsx("DescribeFileSystems", FileSystemIds=[side.id["fs"]])
    fsx("DescribeFileSystems", FileSystemIds=[f"fs-{NOBODY}"])
    fsx("DescribeFileSystems", FileSystemIds=["malformed"])
    fsx("DescribeFileSystems", MaxResults=1)
    fsx("DescribeFileSystems", MaxResults=1, NextToken="rubbish")
    ready(side, side.id["fs"])
    fsx("DescribeFileSystems", FileSystemIds=[side.id["fs"]])


def ready(side, name):
    """Waits for a file system."""
    side.until("fsx", "describe_file_systems", lambda it: it["FileSystems"][0]["Lifecycle"] != "CREATING", FileSystemIds=[name])


def changes(side, fsx):
    """Tags and updates."""
    arn = side.id["fs-arn"]
    fsx("TagResource", ResourceARN=arn, Tags=pairs(team="b", stage="c"))
    fsx("ListTagsForResource", ResourceARN=arn)
    fsx("UntagResource", ResourceARN=arn, TagKeys=["stage"])
    fsx("ListTagsForResource", ResourceARN=arn)
    gone = f"arn:aws:fsx:us-west-2:{ACCOUNT}:file-system/fs-{NOBODY}"
    fsx("ListTagsForResource", ResourceARN=gone)
    fsx("TagResource", ResourceARN=gone, Tags=pairs(team="b"))
    fsx("UntagResource", ResourceARN=gone, TagKeys=["team"])
    fsx("UpdateFileSystem", FileSystemId=side.id["fs"], StorageCapacity=3600)
    fsx("UpdateFileSystem", FileSystemId=side.id["fs"], StorageCapacity=1200)
    fsx("UpdateFileSystem", FileSystemId=f"fs-{NOBODY}", StorageCapacity=2400)
    fsx("UpdateFileSystem", FileSystemId=side.id["fs"], LustreConfiguration={"DataCompressionType": "NONE"})


def backups(side, fsx):
    """Backups and what is made of them."""
    settled = lambda it: it["Backups"][0]["Lifecycle"] not in ("CREATING", "PENDING", "COPYING", "TRANSFERRING")
    made = fsx("CreateBackup", FileSystemId=side.id["fs"], Tags=pairs(team="a"))
    backup = side.keep("backup", made.get("Backup", {}).get("BackupId", "backup-0a10000000000000a"))
    fsx("CreateBackup", FileSystemId=f"fs-{NOBODY}")
    side.until("fsx", "describe_backups", settled, BackupIds=[backup])
    fsx("DescribeBackups", BackupIds=[backup])
    fsx("DescribeBackups", BackupIds=[f"backup-{NOBODY}"])
    copy = fsx("CopyBackup", SourceBackupId=backup)
    fsx("CopyBackup", SourceBackupId=f"backup-{NOBODY}")
    if copy:
        side.until("fsx", "describe_backups", settled, BackupIds=[copy["Backup"]["BackupId"]])
    made = fsx("CreateFileSystemFromBackup", BackupId=backup, SubnetIds=[SUBNET])
    fsx("CreateFileSystemFromBackup", BackupId=f"backup-{NOBODY}", SubnetIds=[SUBNET])
    if made:
        ready(side, made["FileSystem"]["FileSystemId"])
    fsx("DeleteBackup", BackupId=backup)
    fsx("DeleteBackup", BackupId=f"backup-{NOBODY}")


def repositories(side, fsx):
    """Data repositories and tasks."""
    name, bucket = side.id["fs"], "s3://amzn-s3-demo-bucket/in/"
    made = fsx("CreateDataRepositoryAssociation", FileSystemId=name, FileSystemPath="/in", DataRepositoryPath=bucket,
               S3={"AutoImportPolicy": {"Events": ["NEW", "CHANGED"]}})
    fsx("CreateDataRepositoryAssociation", FileSystemId=f"fs-{NOBODY}", FileSystemPath="/in", DataRepositoryPath=bucket)
    fsx("CreateDataRepositoryAssociation", FileSystemId=name, FileSystemPath="/in/more", DataRepositoryPath=bucket)
    association = made.get("Association", {}).get("AssociationId", f"dra-{NOBODY}")
    side.until("fsx", "describe_data_repository_associations", lambda it: it["Associations"][0]["Lifecycle"] != "CREATING",
               AssociationIds=[association])
    fsx("DescribeDataRepositoryAssociations", AssociationIds=[association])
    fsx("DescribeDataRepositoryAssociations", AssociationIds=["dra-0123456789abcdef9"])
    fsx("UpdateDataRepositoryAssociation", AssociationId=association, S3={"AutoExportPolicy": {"Events": ["DELETED"]}})
    fsx("UpdateDataRepositoryAssociation", AssociationId="dra-0123456789abcdef9", ImportedFileChunkSize=512)
    task = {"FileSystemId": name, "Type": "IMPORT_METADATA_FROM_REPOSITORY", "Paths": [bucket], "Report": {"Enabled": False}}
    made = fsx("CreateDataRepositoryTask", **task)
    fsx("CreateDataRepositoryTask", **{**task, "FileSystemId": f"fs-{NOBODY}"})
    number = made.get("DataRepositoryTask", {}).get("TaskId", "task-0123456789abcdef0")
    fsx("DescribeDataRepositoryTasks", TaskIds=[number])
    fsx("DescribeDataRepositoryTasks", TaskIds=["task-0123456789abcdef9"])
    fsx("CancelDataRepositoryTask", TaskId=number)
    fsx("CancelDataRepositoryTask", TaskId="task-0123456789abcdef9")
    side.until("fsx", "describe_data_repository_tasks", lambda it: it["DataRepositoryTasks"][0]["Lifecycle"] in (
        "CANCELED", "SUCCEEDED"), TaskIds=[number])
    fsx("DeleteDataRepositoryAssociation", AssociationId=association, DeleteDataInFileSystem=False)
    fsx("DeleteDataRepositoryAssociation", AssociationId="dra-0123456789abcdef9", DeleteDataInFileSystem=False)

//! StorageClass parameters as the driver reads them (aws-fsx-csi-driver, pkg/driver/controller.go), and its rounding.

use serde_json::{Map, Value, json};

/// A status of the CSI driver: code and description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rpc {
    /// gRPC code, for instance `InvalidArgument`.
    pub code: &'static str,
    /// Description.
    pub text: String,
}

impl Rpc {
    /// A status.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl std::fmt::Display for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rpc error: code = {} desc = {}", self.code, self.text)
    }
}

fn number(params: &Value, key: &str) -> Result<Option<i64>, Rpc> {
    let Some(text) = params[key].as_str() else { return Ok(None) };
    let bad = || Rpc::new("InvalidArgument", format!("{key} must be a number"));
    text.parse().map(Some).map_err(|_| bad())
}

/// Go's `strconv.ParseBool`.
fn boolean(params: &Value, key: &str) -> Result<bool, Rpc> {
    match params[key].as_str() {
        None => Ok(false),
        Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(true),
        Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(false),
        Some(_) => Err(Rpc::new("InvalidArgument", format!("{key} must be a bool"))),
    }
}

/// The size that the driver asks for, in GiB.
pub fn round(params: &Value, gib: i64) -> i64 {
    let up = |step: i64| (gib + step - 1) / step * step;
    let (storage, deployment) = (
        params["storageType"].as_str().unwrap_or_default(),
        params["deploymentType"].as_str().unwrap_or_default(),
    );
    if storage == "HDD" {
        return up(if params["perUnitStorageThroughput"] == "12" { 6000 } else { 1800 });
    }
    if matches!(deployment, "" | "SCRATCH_1") {
        return up(if gib < 3600 { 1200 } else { 3600 });
    }
    if gib <= 1200 { up(1200) } else { up(2400) }
}

fn tags(params: &Value, name: &str) -> Result<Value, Rpc> {
    let mut list = vec![json!({"Key": "CSIVolumeName", "Value": name})];
    if let Some(extra) = params["extraTags"].as_str() {
        for one in extra.split(',') {
            let parts: Vec<&str> = one.split('=').collect();
            let [key, value] = parts.as_slice() else {
                return Err(Rpc::new("InvalidArgument", format!("invalid extraTag {one} was provided")));
            };
            list.push(json!({"Key": key, "Value": value}));
        }
    }
    Ok(Value::Array(list))
}

fn lustre(params: &Value) -> Result<Value, Rpc> {
    let mut config = Map::new();
    for (key, member) in [
        ("deploymentType", "DeploymentType"),
        ("dataCompressionType", "DataCompressionType"),
        ("driveCacheType", "DriveCacheType"),
        ("weeklyMaintenanceStartTime", "WeeklyMaintenanceStartTime"),
        ("s3ImportPath", "ImportPath"),
        ("s3ExportPath", "ExportPath"),
        ("autoImportPolicy", "AutoImportPolicy"),
    ] {
        if let Some(text) = params[key].as_str().filter(|t| !t.is_empty()) {
            config.insert(member.into(), json!(text));
        }
    }
    if let Some(throughput) = number(params, "perUnitStorageThroughput")?.filter(|n| *n != 0) {
        config.insert("PerUnitStorageThroughput".into(), json!(throughput));
    }
    if let Some(days) = number(params, "automaticBackupRetentionDays")?.filter(|n| *n != 0) {
        config.insert("AutomaticBackupRetentionDays".into(), json!(days));
        if let Some(at) = params["dailyAutomaticBackupStartTime"].as_str() {
            config.insert("DailyAutomaticBackupStartTime".into(), json!(at));
        }
    }
    for (key, member) in [("copyTagsToBackups", "CopyTagsToBackups"), ("efaEnabled", "EfaEnabled")] {
        if boolean(params, key)? {
            config.insert(member.into(), json!(true));
        }
    }
    let iops = number(params, "metadataIops")?;
    if let Some(mode) = params["metadataConfigurationMode"].as_str().filter(|t| !t.is_empty()) {
        let mut metadata = json!({"Mode": mode});
        if let Some(iops) = iops.filter(|n| *n != 0) {
            metadata["Iops"] = json!(iops);
        }
        config.insert("MetadataConfiguration".into(), metadata);
    }
    Ok(Value::Object(config))
}

/// The input of CreateFileSystem for a volume of that name.
///
/// # Errors
/// What the driver says of parameters that it does not take.
pub fn create_input(params: &Value, name: &str, gib: i64) -> Result<Value, Rpc> {
    let config = lustre(params)?;
    let tags = tags(params, name)?;
    let subnet = params["subnetId"].as_str().unwrap_or_default();
    if subnet.is_empty() {
        let text = format!("Could not create volume {name:?}: SubnetId is required");
        return Err(Rpc::new("Internal", text));
    }
    let mut input = json!({
        "ClientRequestToken": name, "FileSystemType": "LUSTRE", "StorageCapacity": round(params, gib),
        "SubnetIds": [subnet],
        // No trimming, and nothing given is one empty string: so does the driver.
        "SecurityGroupIds": params["securityGroupIds"].as_str().unwrap_or_default().split(',').collect::<Vec<_>>(),
        "Tags": tags, "LustreConfiguration": config,
    });
    for (key, member) in [
        ("storageType", "StorageType"),
        ("kmsKeyId", "KmsKeyId"),
        ("fileSystemTypeVersion", "FileSystemTypeVersion"),
    ] {
        if let Some(text) = params[key].as_str().filter(|t| !t.is_empty()) {
            input[member] = json!(text);
        }
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_as_the_driver_rounds() {
        for (params, gib, rounded) in [
            (json!({}), 1, 1200),
            (json!({}), 2500, 3600),
            (json!({}), 3600, 3600),
            (json!({}), 3601, 7200),
            (json!({"deploymentType": "PERSISTENT_2"}), 1200, 1200),
            (json!({"deploymentType": "PERSISTENT_2"}), 1201, 2400),
            (json!({"deploymentType": "SCRATCH_2"}), 2401, 4800),
            (json!({"storageType": "HDD", "perUnitStorageThroughput": "12"}), 100, 6000),
            (json!({"storageType": "HDD", "perUnitStorageThroughput": "40"}), 1801, 3600),
        ] {
            assert_eq!(round(&params, gib), rounded, "{params} {gib}");
        }
    }

    #[test]
    fn parameters_that_the_driver_refuses() {
        for (params, text) in [
            (
                json!({}),
                "rpc error: code = Internal desc = Could not create volume \"pvc-1\": SubnetId is required",
            ),
            (
                json!({"perUnitStorageThroughput": "fast"}),
                "rpc error: code = InvalidArgument desc = perUnitStorageThroughput must be a number",
            ),
            (
                json!({"efaEnabled": "yes"}),
                "rpc error: code = InvalidArgument desc = efaEnabled must be a bool",
            ),
            (
                json!({"extraTags": ""}),
                "rpc error: code = InvalidArgument desc = invalid extraTag  was provided",
            ),
            (
                json!({"extraTags": "a=b=c"}),
                "rpc error: code = InvalidArgument desc = invalid extraTag a=b=c was provided",
            ),
        ] {
            assert_eq!(create_input(&params, "pvc-1", 1200).expect_err("refused").to_string(), text);
        }
    }

    #[test]
    fn what_is_sent() {
        let params = json!({
            "subnetId": "subnet-a", "securityGroupIds": "sg-a, sg-b", "deploymentType": "PERSISTENT_2",
            "perUnitStorageThroughput": "250", "automaticBackupRetentionDays": "0", "metadataIops": "1500",
            "extraTags": "team=ml", "nonsense": "x",
        });
        let input = create_input(&params, "pvc-1", 1200).expect("taken");
        assert_eq!(input["SecurityGroupIds"], json!(["sg-a", " sg-b"]));
        assert_eq!(
            input["LustreConfiguration"],
            json!({"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 250}),
            "metadataIops alone and a retention of 0 are not sent"
        );
        assert_eq!(input["Tags"][1], json!({"Key": "team", "Value": "ml"}));
        assert_eq!(input["ClientRequestToken"], "pvc-1");
    }
}

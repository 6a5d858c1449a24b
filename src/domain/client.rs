//! Which kernels can mount which Lustre versions.
//!
//! The kernel tells the client: its release names the distribution (`6.1.141-155.222.amzn2023.x86_64`), and each
//! distribution's kernels come with one client version. What the release does not tell is not judged.
//! Source: [Lustre file system and client kernel compatibility](https://docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html).

/// A kernel line: what its release holds, from which kernel on, and which file-system versions its client mounts.
struct Row {
    /// Part of the release that names the distribution.
    mark: &'static str,
    /// The first kernel of the row, as numbers: version, then build.
    from: &'static [u64],
    /// Versions that it mounts.
    mounts: &'static [&'static str],
}

const NEW: &[&str] = &["2.12", "2.15"];
const EVERY: &[&str] = &["2.10", "2.12", "2.15"];
const OLD: &[&str] = &["2.10", "2.12"];

/// Most specific first: the first row that a kernel reaches decides.
const ROWS: &[Row] = &[
    Row { mark: ".amzn2023.", from: &[6, 1], mounts: NEW },
    Row { mark: ".amzn2.", from: &[5, 10, 144, 127, 601], mounts: EVERY },
    Row { mark: ".amzn2.", from: &[5, 10], mounts: OLD },
    Row { mark: ".amzn2.", from: &[5, 4, 214, 120, 368], mounts: EVERY },
    Row { mark: ".amzn2.", from: &[5, 4], mounts: OLD },
    Row { mark: ".amzn2.", from: &[4, 14, 294, 220, 533], mounts: EVERY },
    Row { mark: ".amzn2.", from: &[4, 14], mounts: OLD },
    Row { mark: ".el10_", from: &[6, 12], mounts: &["2.15"] },
    Row { mark: ".el9_", from: &[5, 14], mounts: NEW },
    Row { mark: ".el8_", from: &[4, 18], mounts: EVERY },
    Row { mark: "-aws", from: &[6, 2], mounts: NEW },
    Row { mark: "-aws", from: &[5, 15], mounts: EVERY },
];

/// The version of a file system of which FSx tells none: what was the default before versions were told.
const UNTOLD: &str = "2.10";

/// Whether a node with this kernel release can mount a file system of this version (`2.15`; none is read as 2.10, as
/// FSx does not tell the version of old ones). None when the release does not tell.
pub fn mounts(version: Option<&str>, kernel: &str) -> Option<bool> {
    let version = version.unwrap_or(UNTOLD);
    // Of versions that are newer than the matrix nothing is known.
    if !EVERY.contains(&version) {
        return None;
    }
    let numbers: Vec<u64> =
        kernel.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let row = ROWS.iter().find(|row| kernel.contains(row.mark) && numbers.as_slice() >= row.from);
    if let Some(row) = row {
        return Some(row.mounts.contains(&version));
    }
    // Bottlerocket's releases name no distribution: a 6.x kernel comes with a 2.15 client wherever it has one.
    let is_new = numbers.first().is_some_and(|major| *major >= 6);
    (is_new && version == "2.10").then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_mount_what_the_matrix_says() {
        for (kernel, version, can) in [
            ("6.1.141-155.222.amzn2023.x86_64", Some("2.15"), Some(true)),
            ("6.1.141-155.222.amzn2023.x86_64", Some("2.12"), Some(true)),
            ("6.1.141-155.222.amzn2023.x86_64", Some("2.10"), Some(false)),
            ("6.1.141-155.222.amzn2023.x86_64", None, Some(false)),
            ("6.12.30-40.amzn2023.aarch64", Some("2.10"), Some(false)),
            ("5.10.239-236.958.amzn2.x86_64", Some("2.10"), Some(true)),
            ("5.10.239-236.958.amzn2.x86_64", Some("2.15"), Some(true)),
            ("5.10.109-104.500.amzn2.x86_64", Some("2.15"), Some(false)),
            ("5.10.144-127.601.amzn2.x86_64", Some("2.15"), Some(true)),
            ("4.14.294-220.533.amzn2.x86_64", Some("2.15"), Some(true)),
            ("4.14.290-217.505.amzn2.x86_64", Some("2.15"), Some(false)),
            ("6.8.0-1029-aws", Some("2.10"), Some(false)),
            ("5.15.0-1051-aws", Some("2.10"), Some(true)),
            ("6.12.0-124.8.1.el10_1.x86_64", Some("2.12"), Some(false)),
            ("5.14.0-570.12.1.el9_6.x86_64", Some("2.12"), Some(true)),
            ("4.18.0-553.el8_10.x86_64", Some("2.10"), Some(true)),
            ("6.1.134", Some("2.10"), Some(false)),
            ("6.1.134", Some("2.15"), None),
            ("5.15.180", Some("2.10"), None),
            ("", Some("2.15"), None),
            ("6.1.141-155.222.amzn2023.x86_64", Some("2.17"), None),
        ] {
            assert_eq!(mounts(version, kernel), can, "{kernel} and {version:?}");
        }
    }
}

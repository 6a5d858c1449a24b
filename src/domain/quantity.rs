//! Sizes as Kubernetes writes them.
//!
//! Source: [Quantity](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
//! FSx counts in GiB, so a size becomes whole GiB, rounded up, and is printed in `Gi`.

use std::fmt;

const GIB: u128 = 1 << 30;

/// A text that is no size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoQuantity {
    /// The text that was given.
    pub given: String,
    /// What is wrong with it.
    pub reason: &'static str,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for NoQuantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no size: {}", super::names::short(&self.given), self.reason)?;
        match &self.suggestion {
            Some(it) => write!(out, "; did you mean `{it}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NoQuantity {}

/// The bytes of a Kubernetes quantity such as `1200Gi`, `1.2Ti`, `5T`, `1e12` or `1288490188800`, rounded up.
///
/// # Errors
/// What is wrong, and what was probably meant.
pub fn parse_bytes(text: &str) -> Result<u128, NoQuantity> {
    let fail = |reason, suggestion| Err(NoQuantity { given: text.to_owned(), reason, suggestion });
    let digits_end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits_end);
    if text.is_empty() {
        return fail("it is empty", None);
    }
    if text.starts_with(['-', '+']) {
        return fail("it must be a plain positive number with a unit", None);
    }
    let Some((digits, decimals)) = decimal(number) else {
        return fail("it must begin with a number", None);
    };
    let Some(factor) = unit_factor(unit) else {
        let near = near_unit(unit).map(|it| format!("{number}{it}"));
        return fail("its unit is none of Ki, Mi, Gi, Ti, Pi, Ei, k, M, G, T, P, E", near);
    };
    let bytes = digits.checked_mul(factor).map(|it| it.div_ceil(decimals));
    bytes.map_or_else(|| fail("it is too large", None), Ok)
}

/// The GiB of a Kubernetes quantity, rounded up.
///
/// # Errors
/// What is wrong, and what was probably meant.
pub fn parse_gib(text: &str) -> Result<u64, NoQuantity> {
    let bytes = parse_bytes(text)?;
    let too_large = |_| NoQuantity { given: text.to_owned(), reason: "it is too large", suggestion: None };
    u64::try_from(bytes.div_ceil(GIB)).map_err(too_large)
}

/// The quantity of so many GiB, always in `Gi`: FSx's sizes are rarely whole `Ti`.
pub fn print_gib(gib: u64) -> String {
    format!("{gib}Gi")
}

/// `1.2` as (12, 10).
fn decimal(number: &str) -> Option<(u128, u128)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?))
}

fn unit_factor(unit: &str) -> Option<u128> {
    let power = |exponent| Some(1_u128 << (10 * exponent));
    let ten = |exponent| 10_u128.checked_pow(exponent);
    match unit {
        "" => Some(1),
        "Ki" => power(1),
        "Mi" => power(2),
        "Gi" => power(3),
        "Ti" => power(4),
        "Pi" => power(5),
        "Ei" => power(6),
        "k" => ten(3),
        "M" => ten(6),
        "G" => ten(9),
        "T" => ten(12),
        "P" => ten(15),
        "E" => ten(18),
        _ => {
            let exponent = unit.strip_prefix(['e', 'E'])?;
            ten(exponent.parse().ok().filter(|it| *it <= 18)?)
        }
    }
}

/// The legal unit someone meant by `GB`, `gib`, `TiB`, `tb` and the like.
fn near_unit(unit: &str) -> Option<&'static str> {
    let lower = unit.trim().to_lowercase();
    let units = [("k", "Ki"), ("m", "Mi"), ("g", "Gi"), ("t", "Ti"), ("p", "Pi"), ("e", "Ei")];
    let suffixes = ["", "b", "i", "ib"];
    units
        .into_iter()
        .find(|(letter, _)| suffixes.iter().any(|it| lower == format!("{letter}{it}")))
        .map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_become_whole_gib() {
        let table = [
            ("1200Gi", 1200),
            ("1Ti", 1024),
            ("2Ti", 2048),
            ("1.2Ti", 1229),
            ("1.5Ti", 1536),
            (".5Ti", 512),
            ("1.Ti", 1024),
            ("0.1Gi", 1),
            ("1Pi", 1_048_576),
            ("1Ei", 1_073_741_824),
            ("1288490188800", 1200),
            ("1288490188801", 1201),
            ("1200", 1),
            ("0", 0),
            ("1200G", 1118),
            ("1.2T", 1118),
            ("5T", 4657),
            ("1e12", 932),
            ("1E12", 932),
            ("2E", 1_862_645_150),
            ("1024Mi", 1),
            ("1025Mi", 2),
            ("1048576Ki", 1),
            ("1000000k", 1),
            ("1000000M", 932),
            ("1P", 931_323),
        ];
        for (text, gib) in table {
            assert_eq!(parse_gib(text), Ok(gib), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_what_was_meant() {
        let table = [
            ("1200GB", Some("1200Gi")),
            ("1200gi", Some("1200Gi")),
            ("1200g", Some("1200Gi")),
            ("1200 Gi", Some("1200Gi")),
            ("2TiB", Some("2Ti")),
            ("1.2tb", Some("1.2Ti")),
            ("5K", Some("5Ki")),
            ("5m", Some("5Mi")),
            ("", None),
            ("Gi", None),
            (".", None),
            ("1.2.3Gi", None),
            ("-5Gi", None),
            ("+5Gi", None),
            ("12Zi", None),
            ("1e", Some("1Ei")),
            ("1e99", None),
            ("twelve", None),
            ("999999999999999999999999999999999999999Ei", None),
            ("999999999999999Ei", None),
        ];
        for (text, suggestion) in table {
            let error = parse_gib(text).unwrap_err();
            assert_eq!(error.suggestion.as_deref(), suggestion, "{text}: {error}");
        }
    }

    #[test]
    fn a_size_is_printed_in_gi_and_a_part_of_a_byte_is_a_byte() {
        assert_eq!(print_gib(2048), "2048Gi");
        assert_eq!((parse_bytes("0.1"), parse_bytes("1.00000000001Ki")), (Ok(1), Ok(1025)));
        assert_eq!(parse_gib(&print_gib(38_400)), Ok(38_400));
    }
}

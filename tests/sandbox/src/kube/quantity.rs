//! Resource quantities (`1200Gi`, `500m`): parsing to a number and back. No rounding rules.

/// The value of a quantity in thousandths of its unit, `None` when it is not one.
pub fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(split);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (factor, divisor) = scale(suffix)?;
    let mut mantissa: i128 = 0;
    for c in whole.chars().chain(fraction.chars()) {
        mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(c.to_digit(10)?))?;
    }
    let below = divisor.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let value = mantissa.checked_mul(factor)?.checked_mul(1000)?;
    // Anything finer than a thousandth is rounded up, as the API server does.
    let milli = value.checked_add(below - 1)? / below;
    Some(if negative { -milli } else { milli })
}

/// The one form in which the API server writes a quantity (k8s.io/apimachinery, api/resource, `CanonicalizeBytes`): the
/// suffix's family stays, the digits become as few as they can. `None` when the text is none.
pub fn canonical(text: &str) -> Option<String> {
    let value = parse(text)?;
    let small = value.abs() < 1024 * 1000;
    if text.ends_with('i') && !small {
        // Bytes in powers of 1024, whole ones.
        let mut rest = (value + if value > 0 { 999 } else { 0 }) / 1000;
        let mut power = 0;
        while power + 1 < BINARY.len() && rest % 1024 == 0 {
            rest /= 1024;
            power += 1;
        }
        return Some(format!("{rest}{}", BINARY[power]));
    }
    if value == 0 {
        return Some("0".to_owned());
    }
    let (mut rest, mut power) = (value, 0);
    while power + 1 < DECIMAL.len() && rest % 1000 == 0 {
        rest /= 1000;
        power += 1;
    }
    if text.contains(['e', 'E']) && !text.ends_with('E') {
        let exponent = 3 * i32::try_from(power).ok()? - 3;
        return Some(if exponent == 0 { rest.to_string() } else { format!("{rest}e{exponent}") });
    }
    Some(format!("{rest}{}", DECIMAL[power]))
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Thousandths first: that is what a value is counted in here.
const DECIMAL: [&str; 8] = ["m", "", "k", "M", "G", "T", "P", "E"];

fn scale(suffix: &str) -> Option<(i128, i128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        other => {
            let exponent: u32 = other.strip_prefix(['e', 'E'])?.parse().ok()?;
            (10_i128.checked_pow(exponent)?, 1)
        }
    })
}

/// The value in whole units (bytes), rounded up.
pub fn bytes(text: &str) -> Option<i128> {
    parse(text).map(|milli| if milli > 0 { (milli + 999) / 1000 } else { milli / 1000 })
}

/// The value in GiB, rounded up, as the CSI driver's `BytesToGiB` after rounding.
pub fn gib(text: &str) -> Option<i64> {
    bytes(text).and_then(|b| i64::try_from((b + (1 << 30) - 1) >> 30).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, expected) in [
            ("1200Gi", Some("1200Gi")),
            ("1228800Mi", Some("1200Gi")),
            ("1.5Ti", Some("1536Gi")),
            ("1288490188800", Some("1288490188800")),
            ("1200000000000", Some("1200G")),
            ("2E", Some("2E")),
            ("0.5", Some("500m")),
            ("0", Some("0")),
            ("0Gi", Some("0")),
            ("100m", Some("100m")),
            ("1e3", Some("1e3")),
            ("much", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn quantities() {
        for (text, bytes_) in [
            ("1200Gi", Some(1_288_490_188_800)),
            ("1.2Ti", Some(1_319_413_953_332)),
            ("0.5", Some(1)),
            ("1500m", Some(2)),
            ("1e3", Some(1000)),
            ("12E", Some(12_000_000_000_000_000_000)),
            ("1200 Gi", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bytes(text), bytes_, "{text}");
        }
        assert_eq!(gib("1200Gi"), Some(1200));
        assert_eq!(gib("1201000Mi"), Some(1173));
    }
}

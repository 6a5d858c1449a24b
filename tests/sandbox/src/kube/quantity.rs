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

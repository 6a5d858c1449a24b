//! Values with one exact spelling, and the nearest one to what was typed.

use std::fmt;

/// A name that is not one of the legal ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// What was being named, such as `deployment type`.
    pub what: &'static str,
    /// The text that was given.
    pub given: String,
    /// Every legal spelling.
    pub legal: Vec<&'static str>,
    /// The legal spelling nearest to the given text, when one is near enough to be meant.
    pub nearest: Option<&'static str>,
}

impl UnknownName {
    /// An error that lists `legal` and picks the nearest of them.
    pub fn new(what: &'static str, given: &str, legal: Vec<&'static str>) -> Self {
        let nearest = nearest_name(given, &legal);
        Self { what, given: given.to_owned(), legal, nearest }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no {} (legal: {})", self.given, self.what, self.legal.join(", "))?;
        match self.nearest {
            Some(nearest) => write!(out, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownName {}

/// The candidate with the smallest edit distance to `given`, ignoring case and `-` against `_`.
///
/// `None` when none is near: at most half of the shorter word may change, or one word holds the other.
pub fn nearest_name<'a>(given: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let typed = folded(given);
    let judged = candidates.iter().map(|candidate| {
        let legal = folded(candidate);
        let distance = distance(&typed, &legal);
        (distance, is_near(&typed, &legal, distance), *candidate)
    });
    judged
        .filter(|(_, near, _)| *near)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// How many letters are to be changed, added, left out or swapped to come from one text to the other.
pub fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(one, other)
}

fn is_near(typed: &str, legal: &str, distance: usize) -> bool {
    let shorter = typed.chars().count().min(legal.chars().count());
    let holds = shorter >= 4 && (legal.contains(typed) || typed.contains(legal));
    holds || distance * 2 <= shorter
}

/// Lower case, with `-` read as `_`.
pub fn folded(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

/// Defines an enum whose variants have one exact spelling, that of AWS where AWS has one, in JSON, in `as_str`, in `Display` and in `FromStr`.
macro_rules! spelled {
    ($(#[$meta:meta])* $name:ident, $what:literal, { $($(#[$doc:meta])* $variant:ident = $text:tt,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of its documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The exact spelling.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value a person meant: case does not matter and `-` counts as `_`.
            ///
            /// `FromStr` is exact instead, because services and the driver are.
            ///
            /// # Errors
            /// The legal spellings and the nearest one.
            pub fn from_typed(text: &str) -> Result<Self, $crate::domain::spelling::UnknownName> {
                let typed = $crate::domain::spelling::folded(text);
                let found = Self::ALL.iter().find(|it| $crate::domain::spelling::folded(it.as_str()) == typed);
                found.copied().ok_or_else(|| Self::unknown(text))
            }

            fn unknown(text: &str) -> $crate::domain::spelling::UnknownName {
                let legal = Self::ALL.iter().map(|it| it.as_str()).collect();
                $crate::domain::spelling::UnknownName::new($what, text, legal)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::spelling::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().find(|it| it.as_str() == text).copied().ok_or_else(|| Self::unknown(text))
            }
        }
    };
}
pub(crate) use spelled;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        let legal = ["subnetId", "fileSystemTypeVersion", "perUnitStorageThroughput", "s3ExportPath"];
        let table = [
            ("subnetID", Some("subnetId")),
            ("sbunetId", Some("subnetId")),
            ("privateSubnetId", Some("subnetId")),
            ("throughput", Some("perUnitStorageThroughput")),
            ("s3OutputPath", Some("s3ExportPath")),
            ("s3-export-path", Some("s3ExportPath")),
            ("fileSystemId", None),
            ("id", None),
            ("", None),
        ];
        for (given, nearest) in table {
            assert_eq!(nearest_name(given, &legal), nearest, "{given}");
        }
    }
}

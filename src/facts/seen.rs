//! Found, missing or hidden: the three answers that looking can give.

use serde::{Deserialize, Serialize};

/// What looking for something came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Seen<T> {
    /// It is there.
    Found(T),
    /// It is proved not to be there.
    Missing,
    /// It could not be looked at. Never to be read as absence.
    Hidden(Veil),
}

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Veil {
    /// The missing IAM action (`iam:GetRole`), or RBAC verb and resource (`get serviceaccounts in kube-system`).
    pub permission: String,
    /// What the service said.
    pub cause: String,
}

impl<T> Seen<T> {
    /// The value, if it was found.
    pub const fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Missing | Self::Hidden(_) => None,
        }
    }

    /// The veil, if it was hidden.
    pub const fn hidden(&self) -> Option<&Veil> {
        match self {
            Self::Hidden(veil) => Some(veil),
            Self::Found(_) | Self::Missing => None,
        }
    }

    /// Whether it is proved to be absent.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Changes the value and keeps the other two answers.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Found(value) => Seen::Found(change(value)),
            Self::Missing => Seen::Missing,
            Self::Hidden(veil) => Seen::Hidden(veil),
        }
    }
}

impl<T> From<Option<T>> for Seen<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Found)
    }
}

//! The signs that begin every line about a change or a finding; they carry the meaning, colour only helps.

use super::Style;
use crate::steps::{Sign, Verb};

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `+`: is created.
    Create,
    /// `~`: is changed.
    Change,
    /// `-`: is deleted.
    Delete,
    /// `=`: is kept as it is.
    Keep,
    /// `!`: is blocked or broken.
    Blocked,
    /// `?`: cannot be told.
    Unknown,
}

impl Mark {
    /// Every sign.
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Change, Self::Delete, Self::Keep, Self::Blocked, Self::Unknown];

    /// The ASCII character.
    pub const fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Delete => '-',
            Self::Keep => '=',
            Self::Blocked => '!',
            Self::Unknown => '?',
        }
    }

    /// The label of what it stands in front of.
    pub const fn style(self) -> Style {
        match self {
            Self::Create => Style::Created,
            Self::Change => Style::Changed,
            Self::Delete => Style::Removed,
            Self::Keep => Style::Kept,
            Self::Blocked => Style::Blocked,
            Self::Unknown => Style::Unknown,
        }
    }

    /// The sign that a text already begins with, and the text behind it.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|mark| {
            text.strip_prefix(mark.sign()).and_then(|rest| rest.strip_prefix(' ')).map(|rest| (mark, rest))
        })
    }
}

impl From<Verb> for Mark {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Create => Self::Create,
            Verb::Update => Self::Change,
            Verb::Delete => Self::Delete,
        }
    }
}

impl From<Sign> for Mark {
    fn from(sign: Sign) -> Self {
        match sign {
            Sign::Keep => Self::Keep,
            Sign::Unknown => Self::Unknown,
            Sign::Warn => Self::Blocked,
        }
    }
}

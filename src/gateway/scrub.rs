//! Takes secrets out of words that come from outside.

use std::error::Error as StdError;

/// An error with its causes, nearest first, without repetitions and without secrets.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        next = cause.source();
    }
    scrub(&words)
}

/// Marks that a secret follows, up to the next delimiter.
const MARKS: [&str; 12] = [
    "k8s-aws-v1.",
    "Bearer ",
    "X-Amz-Signature=",
    "X-Amz-Security-Token=",
    "X-Amz-Credential=",
    "Signature=",
    "aws_secret_access_key=",
    "AWS_SECRET_ACCESS_KEY=",
    "AWS_SESSION_TOKEN=",
    "aws_session_token=",
    "token=",
    "password=",
];

/// Replaces what follows a mark with `***`.
pub(super) fn scrub(words: &str) -> String {
    let mut text = words.to_owned();
    for mark in MARKS {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((head, tail)) = rest.split_once(mark) {
            clean.push_str(head);
            clean.push_str(mark);
            clean.push_str("***");
            rest = tail
                .find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '\'' | ',' | ')'))
                .map_or("", |at| tail.get(at..).unwrap_or_default());
        }
        clean.push_str(rest);
        text = clean;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_signatures_and_keys_are_cut_out() {
        for words in [
            "GET https://sts/?X-Amz-Security-Token=geheim&X-Amz-Signature=geheim failed",
            "header \"Bearer geheim\" refused",
            "token k8s-aws-v1.geheim is bad, k8s-aws-v1.geheim too",
            "env AWS_SECRET_ACCESS_KEY=geheim",
        ] {
            let clean = scrub(words);
            assert!(!clean.contains("geheim"), "{clean}");
            assert!(clean.contains("***"), "{clean}");
        }
        assert_eq!(scrub("nothing to hide"), "nothing to hide");
    }
}

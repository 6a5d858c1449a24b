//! Makes text from outside harmless: what a terminal would obey, or show as nothing, becomes visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal, or an eye, is misled by this character.
///
/// Control characters (C0, DEL, C1) are obeyed by terminals; line and paragraph separators forge lines;
/// bidirectional controls reorder what is read; zero-width characters and tags make two names look alike.
pub(super) const fn is_hostile(char: char) -> bool {
    matches!(char,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hostile character shown as `\n`, `\t`, `\r` or `\u{1b}`.
///
/// One line stays one line, so that no foreign text can begin a line of ours.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_hostile(char) => shown.extend(char.escape_unicode()),
            _ => shown.push(char),
        }
    }
    Cow::Owned(shown)
}

/// A JSON text with every hostile character inside its strings as `\uXXXX`.
pub(super) fn escape_json(json: &str) -> Cow<'_, str> {
    escape_strings(json, |char, shown| {
        for unit in char.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

/// The same for readers of YAML, who do not join surrogates: `\UXXXXXXXX` past the first 65,536 characters.
pub(super) fn escape_json_for_yaml(json: &str) -> Cow<'_, str> {
    escape_strings(json, |char, shown| {
        _ = match u32::from(char) {
            code @ ..=0xffff => write!(shown, "\\u{code:04x}"),
            code => write!(shown, "\\U{code:08x}"),
        };
    })
}

/// Writes hostile characters of a JSON text in another way. JSON has them nowhere but inside its strings,
/// except for the line breaks between its tokens.
fn escape_strings(json: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let hostile = |char: char| char != '\n' && is_hostile(char);
    if !json.contains(hostile) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        if hostile(char) { write(char, &mut shown) } else { shown.push(char) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_shown_and_not_obeyed() {
        let rows = [
            ("fsx-claim", "fsx-claim"),
            ("größe 容量 🦀", "größe 容量 🦀"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("ok\rerror: forged", "ok\\rerror: forged"),
            ("a\nnext: rm -rf /", "a\\nnext: rm -rf /"),
            ("a\tb", "a\\tb"),
            ("nul\0", "nul\\u{0}"),
            ("del\u{7f}", "del\\u{7f}"),
            ("c1\u{9b}31m", "c1\\u{9b}31m"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
            ("fsx\u{200b}-sc", "fsx\\u{200b}-sc"),
            ("line\u{2028}two", "line\\u{2028}two"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
        ];
        for (text, shown) in rows {
            assert_eq!(escape(text), shown);
            assert!(!escape(text).contains(is_hostile));
        }
    }

    #[test]
    fn json_stays_json_and_reads_back_the_same() {
        let text = "esc \u{1b} c1 \u{9b} bidi \u{202e} tag \u{e0041} del \u{7f} crab 🦀";
        let json = serde_json::to_string_pretty(&serde_json::json!({ "a": text })).unwrap();
        let shown = escape_json(&json);
        assert!(!shown.contains(|char: char| char != '\n' && is_hostile(char)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["a"], text);
    }
}

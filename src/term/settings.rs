//! What the terminal can do and may be asked, decided once from the environment and the flags.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use crate::report::View;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// On terminals, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The flags that matter to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `--color`.
    pub color: Color,
    /// `--log-format`.
    pub log_format: LogFormat,
    /// `-q`: only the answer and errors.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
    /// `--no-input`.
    pub no_input: bool,
}

/// Which streams are terminals, and how wide they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ttys {
    /// Whether stdin is one.
    pub stdin: bool,
    /// Whether stdout is one.
    pub stdout: bool,
    /// Whether stderr is one.
    pub stderr: bool,
    /// Columns of the first of stdout and stderr that is a terminal.
    pub columns: Option<usize>,
}

impl Ttys {
    /// Those of this process.
    pub fn found() -> Self {
        let (stdout, stderr) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let screen = match (stdout, stderr) {
            (true, _) => Some(console::Term::stdout()),
            (false, true) => Some(console::Term::stderr()),
            (false, false) => None,
        };
        let columns = screen.and_then(|screen| screen.size_checked()).map(|(_, columns)| columns.into());
        Self { stdin: std::io::stdin().is_terminal(), stdout, stderr, columns }
    }
}

/// The terminal as far as this run may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Which streams are terminals.
    pub ttys: Ttys,
    /// Columns that a page may take; [`usize::MAX`] when nothing limits them, so that a pipe gets whole lines.
    pub width: usize,
    /// Whether stdout is coloured.
    pub color_stdout: bool,
    /// Whether stderr is coloured.
    pub color_stderr: bool,
    /// Whether a line may be redrawn on stderr.
    pub live: bool,
    /// Whether somebody can be asked.
    pub asks: bool,
    /// Whether the cursor can be moved, so that a list is redrawn in place.
    pub moves: bool,
    /// The flags.
    pub flags: Flags,
}

/// Lines shorter than this are no help to anybody.
const NARROWEST: usize = 20;

impl Term {
    /// The terminal of this process.
    pub fn found(env: &BTreeMap<String, String>, flags: Flags) -> Self {
        Self::new(Ttys::found(), env, flags)
    }

    /// The terminal that these streams, variables and flags make.
    pub fn new(ttys: Ttys, env: &BTreeMap<String, String>, flags: Flags) -> Self {
        let value = |name: &str| env.get(name).map_or("", String::as_str);
        let is_ci = !matches!(value("CI"), "" | "0" | "false");
        let is_dumb = value("TERM") == "dumb";
        let columns = value("COLUMNS").trim().parse().ok().filter(|columns| *columns >= NARROWEST);
        Self {
            ttys,
            width: columns.or(ttys.columns.filter(|columns| *columns >= NARROWEST)).unwrap_or(usize::MAX),
            color_stdout: is_coloured(ttys.stdout, env, flags.color),
            color_stderr: is_coloured(ttys.stderr, env, flags.color),
            // The calls that -vv logs go to stderr too, and a line that is redrawn would tear them.
            live: ttys.stderr && !is_ci && !is_dumb && flags.verbose < 2,
            asks: ttys.stdin && ttys.stderr && !is_ci && !flags.no_input,
            moves: ttys.stderr && !matches!(value("TERM"), "" | "dumb"),
            flags,
        }
    }

    /// How pages are to be laid out.
    pub const fn view(&self) -> View {
        View { width: self.width, verbose: self.flags.verbose > 0 }
    }
}

/// The flag first; then `NO_COLOR`, then `CLICOLOR_FORCE`; then what the stream can do and `CLICOLOR` wants.
fn is_coloured(is_terminal: bool, env: &BTreeMap<String, String>, color: Color) -> bool {
    let value = |name: &str| env.get(name).map_or("", String::as_str);
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if !value("NO_COLOR").is_empty() => false,
        Color::Auto if !matches!(value("CLICOLOR_FORCE"), "" | "0") => true,
        Color::Auto => is_terminal && !matches!(value("TERM"), "" | "dumb") && value("CLICOLOR") != "0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Ttys = Ttys { stdin: true, stdout: true, stderr: true, columns: Some(90) };
    const NONE: Ttys = Ttys { stdin: false, stdout: false, stderr: false, columns: None };

    fn term(ttys: Ttys, env: &[(&str, &str)], flags: Flags) -> Term {
        let mut all = BTreeMap::from([("TERM".to_owned(), "xterm-256color".to_owned())]);
        all.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Term::new(ttys, &all, flags)
    }

    #[test]
    fn colour_follows_flag_then_environment_then_terminal() {
        type Row = (Ttys, &'static [(&'static str, &'static str)], Color, bool);
        let rows: [Row; 13] = [
            (ALL, &[], Color::Auto, true),
            (NONE, &[], Color::Auto, false),
            (NONE, &[], Color::Always, true),
            (ALL, &[], Color::Never, false),
            (ALL, &[("NO_COLOR", "1")], Color::Auto, false),
            (ALL, &[("NO_COLOR", "")], Color::Auto, true),
            (ALL, &[("NO_COLOR", "1")], Color::Always, true),
            (NONE, &[("CLICOLOR_FORCE", "1")], Color::Auto, true),
            (NONE, &[("CLICOLOR_FORCE", "0")], Color::Auto, false),
            (ALL, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], Color::Auto, false),
            (ALL, &[("CLICOLOR", "0")], Color::Auto, false),
            (ALL, &[("TERM", "dumb")], Color::Auto, false),
            (ALL, &[("TERM", "")], Color::Auto, false),
        ];
        for (ttys, env, color, wanted) in rows {
            let term = term(ttys, env, Flags { color, ..Flags::default() });
            assert_eq!((term.color_stdout, term.color_stderr), (wanted, wanted), "{env:?} {color:?}");
        }
    }

    #[test]
    fn only_the_stream_that_is_a_terminal_is_coloured() {
        let piped = Ttys { stdout: false, ..ALL };
        let term = term(piped, &[], Flags::default());
        assert_eq!((term.color_stdout, term.color_stderr), (false, true));
    }

    #[test]
    fn width_is_that_of_columns_then_of_the_terminal_then_endless() {
        assert_eq!(term(ALL, &[], Flags::default()).width, 90);
        assert_eq!(term(ALL, &[("COLUMNS", "60")], Flags::default()).width, 60);
        assert_eq!(term(NONE, &[("COLUMNS", "60")], Flags::default()).width, 60);
        assert_eq!(term(ALL, &[("COLUMNS", "wide")], Flags::default()).width, 90);
        assert_eq!(term(ALL, &[("COLUMNS", "0")], Flags::default()).width, 90);
        assert_eq!(term(NONE, &[], Flags::default()).width, usize::MAX);
    }

    #[test]
    fn nobody_is_asked_and_nothing_redrawn_where_nobody_looks() {
        let default = Flags::default();
        let rows = [
            (term(ALL, &[], default), true, true),
            (term(Ttys { stdout: false, ..ALL }, &[], default), true, true),
            (term(Ttys { stdin: false, ..ALL }, &[], default), false, true),
            (term(Ttys { stderr: false, ..ALL }, &[], default), false, false),
            (term(ALL, &[("CI", "true")], default), false, false),
            (term(ALL, &[("CI", "false")], default), true, true),
            (term(ALL, &[("TERM", "dumb")], default), true, false),
            (term(ALL, &[], Flags { no_input: true, ..default }), false, true),
            (term(ALL, &[], Flags { verbose: 2, ..default }), true, false),
        ];
        for (term, asks, live) in rows {
            assert_eq!((term.asks, term.live), (asks, live), "{term:?}");
        }
    }
}

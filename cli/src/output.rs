//! The one place that prints results.

use std::io::{self, Write};

use serde::Serialize;

use crate::claim;
use crate::exit::Exit;

/// What a command answers: data, a text for people, and how the process ends.
pub trait Human: Serialize {
    /// The text for people: a short table or a few lines, without a line feed at the end.
    fn human(&self) -> String;

    /// What people have to know besides, where the text is made to be passed on: it goes to stderr.
    fn aside(&self) -> Option<String> {
        None
    }

    /// How the process ends.
    fn exit(&self) -> Exit {
        Exit::Success
    }
}

/// An answer whose type is forgotten.
pub trait Output {
    /// As JSON, indented.
    fn json(&self) -> String;
    /// As a text for people.
    fn text(&self) -> String;
    /// What people have to know besides.
    fn beside(&self) -> Option<String>;
    /// How the process ends.
    fn code(&self) -> Exit;
}

impl<T: Human> Output for T {
    fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("outputs have string keys only")
    }

    fn text(&self) -> String {
        self.human()
    }

    fn beside(&self) -> Option<String> {
        self.aside()
    }

    fn code(&self) -> Exit {
        self.exit()
    }
}

/// Prints an answer to stdout, and what has to be said beside it to stderr.
pub fn print(output: &dyn Output, json: bool) -> Exit {
    let text = if json {
        output.json()
    } else {
        if let Some(beside) = output.beside() {
            line(&mut io::stderr(), &claim::lines(&beside));
        }
        claim::lines(&output.text())
    };
    line(&mut io::stdout(), &text);
    output.code()
}

/// Writes a text and a line feed. A reader that went away is not an error worth a word.
pub(crate) fn line(to: &mut impl Write, text: &str) {
    let _gone = writeln!(to, "{text}").and_then(|()| to.flush());
}

//! The one place that prints results.

use std::io::{self, Write};

use serde::Serialize;

use crate::claim;
use crate::exit::Exit;

/// What a command answers: data, a text for people, and how the process ends.
pub trait Human: Serialize {
    /// The text for people: a short table or a few lines, without a line feed at the end.
    fn human(&self) -> String;

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

    fn code(&self) -> Exit {
        self.exit()
    }
}

/// Prints an answer to stdout.
pub fn print(output: &dyn Output, json: bool) -> Exit {
    let text = if json {
        output.json()
    } else {
        claim::lines(&output.text())
    };
    line(&mut io::stdout(), &text);
    output.code()
}

/// Writes a text and a line feed. A reader that went away is not an error worth a word.
pub(crate) fn line(to: &mut impl Write, text: &str) {
    let _gone = writeln!(to, "{text}").and_then(|()| to.flush());
}

//! The one place that prints errors.

use std::io;

use bulla_core::OperationId;
use serde::Serialize;

use super::Error;
use crate::claim;
use crate::exit::Exit;
use crate::output::line;

/// An error as `--json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: String,
    causes: Vec<String>,
    remedy: Option<String>,
    /// Operations that a delta builds on and that the wallet does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<OperationId>,
}

/// Prints an error to stderr.
pub fn print(error: &Error, json: bool) -> Exit {
    let body = Body {
        code: error.code(),
        message: error.to_string(),
        causes: error.causes(),
        remedy: error.remedy(),
        missing: match error {
            Error::Wallet(cause) => cause.missing(),
            _ => Vec::new(),
        },
    };
    print_body(body, json);
    error.exit()
}

/// Prints what clap says about arguments it cannot read, or the help it was asked for.
pub fn usage(refusal: &clap::Error, json: bool) -> Exit {
    if !refusal.use_stderr() {
        line(&mut io::stdout(), refusal.to_string().trim_end());
        return Exit::Success;
    }
    if json {
        let text = refusal.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<_> = first.split_whitespace().collect();
        let body = Body {
            code: "usage",
            message: words.join(" ").trim_start_matches("error: ").to_owned(),
            causes: Vec::new(),
            remedy: Some("try `bulla --help`".to_owned()),
            missing: Vec::new(),
        };
        print_body(body, json);
    } else if refusal.print().is_err() {
        return Exit::Usage;
    }
    Exit::Usage
}

fn print_body(body: Body<'_>, json: bool) {
    let text = if json {
        let report = Report { error: body };
        serde_json::to_string_pretty(&report).expect("the report has string keys only")
    } else {
        human(&body)
    };
    line(&mut io::stderr(), &text);
}

fn human(body: &Body<'_>) -> String {
    let mut lines = vec![format!("error: {}", body.message)];
    lines.extend(body.missing.iter().map(|id| format!("missing: {id}")));
    lines.extend(body.causes.iter().map(|cause| format!("because: {cause}")));
    lines.extend(body.remedy.iter().map(|remedy| format!("remedy: {remedy}")));
    claim::lines(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_got_into_an_error_cannot_move_the_cursor() {
        let body = Body {
            code: "source",
            message: "the server said \x1b[2Jsettled".to_owned(),
            causes: vec!["\u{202e}deltes".to_owned()],
            remedy: None,
            missing: Vec::new(),
        };
        let expected = "error: the server said �[2Jsettled\nbecause: �deltes";
        assert_eq!(human(&body), expected);
    }
}

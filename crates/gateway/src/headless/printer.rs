//! What goes to standard output, in the format that was asked for.

use crate::headless::{
    messages::Verdict,
    options::{Output, Shown, Verbosity},
    pipe::Pipe,
};
use gimlet_hygiene::screen::{self, Channel};
use serde_json::Value;

/// Writes messages, or keeps them back, as the format says.
pub(crate) struct Printer {
    pub(crate) pipe: Pipe,
    output: Output,
    verbosity: Verbosity,
    shown: Shown,
    array_begun: bool,
}

impl Printer {
    pub(crate) fn new(pipe: Pipe, output: Output, verbosity: Verbosity, shown: Shown) -> Self {
        Self {
            pipe,
            output,
            verbosity,
            shown,
            array_begun: false,
        }
    }

    /// True when messages before the result are written at all.
    pub(crate) fn wants_messages(&self) -> bool {
        match (self.output, self.verbosity) {
            (Output::StreamJson, _) | (Output::Json, Verbosity::All) => true,
            (Output::Text, _) | (Output::Json, Verbosity::Result) => false,
        }
    }

    /// A message before the result.
    pub(crate) fn message(&mut self, json: &str) {
        if self.wants_messages() {
            self.json_line(json);
        }
    }

    /// A turn's result.
    pub(crate) fn result(&mut self, result: &Value, verdict: &Verdict) {
        match self.output {
            Output::Json | Output::StreamJson => self.json_line(&result.to_string()),
            Output::Text if verdict.is_error => {}
            Output::Text => {
                let text = match self.shown {
                    Shown::ToPerson => screen::clean(Channel::ModelText, &verdict.text),
                    Shown::ToProgram => verdict.text.as_str().into(),
                };
                self.pipe.push(&text);
                if !text.ends_with('\n') {
                    self.pipe.push("\n");
                }
            }
        }
    }

    /// Writes what the format needs at its end.
    pub(crate) fn finish(&mut self) {
        if std::mem::take(&mut self.array_begun) {
            self.pipe.push("\n]\n");
        }
    }

    fn json_line(&mut self, json: &str) {
        let in_array = self.output == Output::Json && self.verbosity == Verbosity::All;
        if in_array {
            let before = if self.array_begun { ",\n" } else { "[\n" };
            self.array_begun = true;
            self.pipe.push(before);
        }
        match self.shown {
            Shown::ToPerson => self.pipe.push(&screen::json(json)),
            Shown::ToProgram => self.pipe.push(json),
        }
        if !in_array {
            self.pipe.push("\n");
        }
    }
}

//! From a scene's text to a scene. Every fault names its line.

use super::{Act, Answers, Ending, Line, Repeats, Scene, Setup, Speaker, Staff, Step};
use gimlet_protocol::{CallId, Mode, Reply, ReplyScope, ReturnedHow};
use serde_json::{Value, json};
use std::{collections::VecDeque, fmt};

/// What is wrong with a scene, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneFault {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a fragment.
    pub why: String,
}

impl fmt::Display for SceneFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.why)
    }
}

impl std::error::Error for SceneFault {}

type Parsed<T> = Result<T, String>;

pub(super) fn scene(path: &str, text: &str) -> Result<Scene, SceneFault> {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        reader.line(verb, rest.trim()).map_err(|why| SceneFault {
            path: path.to_owned(),
            line: reader.number,
            why,
        })?;
    }
    if !reader
        .steps
        .iter()
        .any(|step| matches!(step.act, Act::Prompt(_)))
    {
        let why = "a scene needs at least one `prompt`".to_owned();
        return Err(SceneFault {
            path: path.to_owned(),
            line: reader.number,
            why,
        });
    }
    let Reader {
        setup,
        lines,
        steps,
        ..
    } = reader;
    Ok(Scene {
        path: path.to_owned(),
        setup,
        lines,
        steps,
    })
}

#[derive(Default)]
struct Reader {
    number: usize,
    setup: Setup,
    lines: Vec<Line>,
    steps: Vec<Step>,
    calls: usize,
    /// Calls of the last line that made any, whose end no step has told yet.
    untold: VecDeque<CallId>,
}

impl Reader {
    fn line(&mut self, verb: &str, rest: &str) -> Parsed<()> {
        match verb {
            "model" => return self.reply(Speaker::First, rest),
            "fallback" => return self.reply(Speaker::Fallback, rest),
            "and" => return self.item(rest),
            _ => {}
        }
        if self.steps.is_empty() && self.set_up(verb, rest)? {
            return Ok(());
        }
        let acts = self.acts(verb, rest)?;
        let number = self.number;
        self.steps
            .extend(acts.into_iter().map(|act| Step { number, act }));
        Ok(())
    }

    /// True when the line belongs to the setup.
    fn set_up(&mut self, verb: &str, rest: &str) -> Parsed<bool> {
        let setup = &mut self.setup;
        match verb {
            "files" => match file(rest)? {
                (name, Some(bytes)) => setup.files.push((name, bytes)),
                (name, None) => return Err(format!("{name} is missing anyway before the start")),
            },
            "mode" => setup.mode = mode(rest)?,
            "allow" => setup.allow.push(given(rest, "a rule")?.to_owned()),
            "deny" => setup.deny.push(given(rest, "a rule")?.to_owned()),
            "workers" => setup.workers = Staff::Workers,
            "nobody" => setup.answers = Answers::Nobody,
            "limit" => match rest.split_once(' ') {
                Some(("turns", turns)) => setup.max_turns = Some(number(turns)?),
                Some(("budget", usd)) => setup.max_budget_usd = Some(number(usd)?),
                _ => return Err("a limit is `turns N` or `budget USD`".to_owned()),
            },
            "price" => {
                let (input, output) = rest
                    .split_once(' ')
                    .ok_or("a price is `INPUT OUTPUT`, for a million tokens")?;
                setup.price = Some((number(input)?, number(output)?));
            }
            "schema" => setup.answer_schema = Some(json_value(rest)?),
            "uncrashed" => setup.uncrashed = Some(given(rest, "the reason")?.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn acts(&mut self, verb: &str, rest: &str) -> Parsed<Vec<Act>> {
        Ok(vec![match verb {
            "prompt" | "follow-up" => Act::Prompt(text(given(rest, "a text")?)?),
            "steer" => Act::Steer(text(given(rest, "a text")?)?),
            "edit-queued" => Act::EditQueued(text(given(rest, "a text")?)?),
            "withdraw" => Act::EditQueued(String::new()),
            "asks" => Act::Asks(text(rest)?),
            "answer" => Act::Answer(answer(rest)?),
            "interrupt" => return self.interrupt(rest),
            "mode" => Act::Mode(mode(rest)?),
            "write" => match file(rest)? {
                (name, Some(bytes)) => Act::Write(name, bytes),
                (_, None) => return Err("only a text can be written".to_owned()),
            },
            "runs" => Act::Runs(self.call_of(rest)?),
            "speaks" => Act::Speaks(self.silent_text()?),
            "returns" => {
                let (how, rest) = how(rest);
                Act::Returns(self.next_untold()?, how, text(rest)?)
            }
            "refused" => Act::Refused(self.next_untold()?, text(rest)?),
            "faults" => {
                let (class, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                Act::Faults(given(class, "a class")?.to_owned(), text(rest)?)
            }
            "rests" => Act::Rests,
            "files" => {
                let (name, bytes) = file(rest)?;
                Act::Finds(name, bytes)
            }
            "requests" => Act::Requests(number(rest)?),
            "hears" => Act::Hears(text(given(rest, "a text")?)?),
            "allow" | "deny" | "nobody" | "limit" | "price" | "schema" | "uncrashed"
            | "workers" => {
                return Err(format!("`{verb}` belongs before the first step"));
            }
            _ => return Err(format!("there is no line that starts with `{verb}`")),
        }])
    }

    fn interrupt(&mut self, rest: &str) -> Parsed<Vec<Act>> {
        Ok(match rest.split_once(' ') {
            None if rest.is_empty() => vec![Act::Interrupt],
            Some(("during", "reply")) => vec![Act::Speaks(self.silent_text()?), Act::Interrupt],
            Some(("during", tool)) => vec![Act::Runs(self.call_of(tool)?), Act::Interrupt],
            _ => {
                return Err(
                    "an interrupt comes `during TOOL`, `during reply`, or at once".to_owned(),
                );
            }
        })
    }

    /// The text before the silence of the last line that falls silent.
    fn silent_text(&self) -> Parsed<String> {
        let silent = self
            .lines
            .iter()
            .rev()
            .find(|line| line.ending == Ending::Silence);
        silent
            .map(|line| line.text.clone())
            .ok_or_else(|| "no line above falls silent with `and wait`".to_owned())
    }

    fn call_of(&self, tool: &str) -> Parsed<CallId> {
        // The first of the latest line that calls it: those after it wait for it.
        let mut calls = self.lines.iter().rev().flat_map(|line| &line.calls);
        let known = calls.find(|(_, known)| known == tool);
        known
            .map(|(id, _)| id.clone())
            .ok_or_else(|| format!("no line above calls `{tool}`"))
    }

    fn next_untold(&mut self) -> Parsed<CallId> {
        let next = self.untold.pop_front();
        next.ok_or_else(|| "every call of the model's line above has its end already".to_owned())
    }

    fn reply(&mut self, speaker: Speaker, rest: &str) -> Parsed<()> {
        self.lines.push(Line {
            number: self.number,
            speaker,
            items: Vec::new(),
            calls: Vec::new(),
            text: String::new(),
            fails: None,
            repeats: Repeats::Once,
            ending: Ending::Ends,
        });
        self.item(rest)
    }

    fn item(&mut self, rest: &str) -> Parsed<()> {
        let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let rest = rest.trim();
        let line = self
            .lines
            .last_mut()
            .ok_or("`and` goes on a line of the model; there is none")?;
        let item = match kind {
            "say" => {
                let said = text(given(rest, "a text")?)?;
                line.text.push_str(&said);
                json!({ "type": "text", "text": said })
            }
            "thought" => json!({ "type": "thought", "text": text(given(rest, "a text")?)? }),
            "call" | "broken" => {
                let (tool, input) = rest
                    .split_once(' ')
                    .ok_or("a call needs a tool and its input")?;
                self.calls += 1;
                let id = CallId(format!("c{}", self.calls));
                if line.calls.is_empty() {
                    self.untold.clear();
                }
                self.untold.push_back(id.clone());
                line.calls.push((id.clone(), tool.to_owned()));
                if kind == "call" {
                    json!({ "type": "call", "tool": tool, "input": json_value(input)?, "id": id })
                } else {
                    json!({ "type": "broken_call", "tool": tool, "raw": text(input)?, "id": id })
                }
            }
            "usage" => {
                let mut usage = json_value(rest)?;
                let object = usage.as_object_mut().ok_or("usage is an object")?;
                object.insert("type".to_owned(), json!("usage"));
                usage
            }
            "wait" => {
                line.ending = Ending::Silence;
                json!({ "type": "wait" })
            }
            "pause" => json!({ "type": "pause" }),
            "length" => json!({ "type": "length" }),
            "decline" => json!({ "type": "decline", "text": text(rest)? }),
            "fail" => failure(line, rest)?,
            _ => return Err(format!("a model does not `{kind}`")),
        };
        line.items.push(item);
        Ok(())
    }
}

/// `CLASS [always] [status N] [after MS] ["text"]`.
fn failure(line: &mut Line, rest: &str) -> Parsed<Value> {
    let (words, told) = match rest.find('"') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    let mut words = words.split_whitespace();
    let class = words.next().ok_or("a failure has a class")?;
    let mut item = json!({ "type": "fail", "class": class });
    line.fails = Some(class.to_owned());
    while let Some(word) = words.next() {
        let mut figure = || -> Parsed<u64> { number(words.next().unwrap_or_default()) };
        match word {
            "always" => line.repeats = Repeats::Always,
            "status" => item["status"] = json!(figure()?),
            "after" => item["retry_after_ms"] = json!(figure()?),
            _ => return Err(format!("a failure is not `{word}`")),
        }
    }
    if !told.is_empty() {
        item["text"] = json!(text(told)?);
    }
    Ok(item)
}

fn answer(rest: &str) -> Parsed<Reply> {
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let allow = |scope, input| {
        // `answer session 2` takes the second offer.
        let offer = rest
            .parse::<usize>()
            .map_or(0, |number| number.saturating_sub(1));
        Reply::Allow {
            scope,
            offer,
            input,
        }
    };
    Ok(match word {
        "once" => allow(ReplyScope::Once, None),
        "turn" => allow(ReplyScope::Turn, None),
        "session" => allow(ReplyScope::Session, None),
        "always" => allow(ReplyScope::Always, None),
        "edit" => allow(ReplyScope::Once, Some(json_value(rest)?)),
        "deny" if rest.is_empty() => Reply::Deny { reason: None },
        "deny" => Reply::Deny {
            reason: Some(text(rest)?),
        },
        _ => return Err("an answer is once, turn, session, always, deny or edit".to_owned()),
    })
}

fn how(rest: &str) -> (ReturnedHow, &str) {
    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "failed" => (ReturnedHow::Failed, after),
        "interrupted" => (ReturnedHow::Interrupted, after),
        "timed-out" => (ReturnedHow::TimedOut, after),
        _ => (ReturnedHow::Done, rest),
    }
}

fn mode(name: &str) -> Parsed<Mode> {
    Mode::named(name).ok_or_else(|| format!("there is no mode `{name}`"))
}

/// `PATH = "text"`, `PATH = base64 "…"` or `PATH = missing`.
fn file(rest: &str) -> Parsed<(String, Option<Vec<u8>>)> {
    let (path, value) = rest.split_once('=').ok_or("a file is `PATH = \"text\"`")?;
    let value = value.trim();
    let bytes = match value.strip_prefix("base64") {
        _ if value == "missing" => None,
        Some(code) => Some(decode(&text(code.trim())?)?),
        None => Some(text(value)?.into_bytes()),
    };
    Ok((given(path.trim(), "a path")?.to_owned(), bytes))
}

/// Base64 with its standard letters; padding may be left out.
fn decode(code: &str) -> Parsed<Vec<u8>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in code.trim_end_matches('=').chars() {
        let value = LETTERS
            .find(letter)
            .ok_or_else(|| format!("`{letter}` is no letter of base64"))?;
        held = (held << 6) | u32::try_from(value).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
        }
    }
    Ok(bytes)
}

/// A text in the quotes of JSON, or as it stands when it has none.
fn text(rest: &str) -> Parsed<String> {
    if rest.starts_with('"') {
        return serde_json::from_str(rest)
            .map_err(|error| format!("the text is not closed well: {error}"));
    }
    Ok(rest.to_owned())
}

fn json_value(rest: &str) -> Parsed<Value> {
    serde_json::from_str(rest).map_err(|error| format!("no JSON: {error}"))
}

fn number<T: std::str::FromStr>(rest: &str) -> Parsed<T> {
    rest.trim()
        .parse()
        .map_err(|_| format!("`{rest}` is not a number that fits here"))
}

fn given<'a>(rest: &'a str, what: &str) -> Parsed<&'a str> {
    if rest.is_empty() {
        Err(format!("{what} is missing"))
    } else {
        Ok(rest)
    }
}

#[cfg(test)]
mod tests;

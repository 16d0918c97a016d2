//! Cases of text from outside: what reaches the terminal, and what the model.

use super::{Outcome, text, texts};
use gimlet_hygiene::screen::{Channel, Screen, as_data, for_model};
use serde_json::Value;

/// The envelope that a text is tried against.
const ENVELOPE: &str = "tool-result";
/// Text is split into pieces of these sizes, too: nothing may depend on how it arrives.
const PIECE_BYTES: [usize; 5] = [1, 2, 3, 7, usize::MAX];
/// What the sanitiser marks with.
const MARKS: &[char] = &['⟨', '⟦'];

pub(super) fn judge(case: &Value) -> Result<Outcome, String> {
    let channel = channel(text(case, "channel")?)?;
    let pieces = match case.get("chunks") {
        Some(_) => texts(case, "chunks")?,
        None => vec![text(case, "input")?.to_owned()],
    };
    let expect = case.get("expect").ok_or("`expect` is missing")?;
    let input = pieces.concat();
    let given = pieces.iter().map(String::as_bytes).collect();
    let splits = PIECE_BYTES.map(|size| input.as_bytes().chunks(size).collect());
    for pieces in std::iter::once::<Vec<&[u8]>>(given).chain(splits) {
        let output = through(channel, &pieces);
        if let Some(expected) = shown(expect, &input, &output)? {
            let got = format!("{output:?}");
            return Ok(Outcome::Differs { expected, got });
        }
    }
    Ok(match received(expect, &input)? {
        None => Outcome::Agrees,
        Some(expected) => Outcome::Differs {
            expected,
            got: format!("{:?}", for_model(&input)),
        },
    })
}

/// The text behind the sanitiser.
fn through(channel: Channel, pieces: &[&[u8]]) -> String {
    let mut screen = Screen::new(channel);
    let mut output = String::new();
    for piece in pieces {
        screen.push(piece, &mut output);
    }
    screen.finish(&mut output);
    output
}

fn channel(name: &str) -> Result<Channel, String> {
    Ok(match name {
        "tool_output" => Channel::ToolOutput,
        "model_text" => Channel::ModelText,
        "file_content" => Channel::FileContent,
        "message" | "error" | "log" => Channel::Message,
        "permission_prompt" => Channel::PermissionPrompt,
        "trust_dialog" => Channel::TrustDialog,
        "branch_name" | "file_name" | "session_name" | "name" => Channel::Name,
        "mcp_tool_name" | "mcp_server_name" => Channel::McpToolName,
        "mcp_description" => Channel::McpDescription,
        "status_line" => Channel::StatusLine,
        other => return Err(format!("there is no channel `{other}`")),
    })
}

/// What of the expectation does not hold on the terminal.
fn shown(expect: &Value, input: &str, output: &str) -> Result<Option<String>, String> {
    let Some((plain, is_closed)) = without_colours(output) else {
        return Ok(Some("no sequences but colours".to_owned()));
    };
    if !is_closed {
        return Ok(Some("colours are closed".to_owned()));
    }
    for class in texts(expect, "no")? {
        if has(&class, &plain)? {
            return Ok(Some(format!("no {class}")));
        }
    }
    for part in texts(expect, "show")? {
        if !plain.contains(&part) {
            return Ok(Some(format!("{part:?} is shown")));
        }
    }
    // Without sequences and control characters nothing can act; marks and colours cannot.
    if !texts(expect, "no_side_effect")?.is_empty() && plain.chars().any(acts) {
        return Ok(Some("nothing acts".to_owned()));
    }
    if flag(expect, "unchanged") && output != input {
        return Ok(Some("the text as it is".to_owned()));
    }
    let marks = |text: &str| {
        let mark = |c: char| MARKS.contains(&c) || matches!(c, '\u{2400}'..='\u{2421}');
        text.chars().filter(|c| mark(*c)).count()
    };
    let is_labelled = plain.starts_with("[mcp] ") || plain.starts_with("[text of the server] ");
    if flag(expect, "mark") && !is_labelled && marks(&plain) <= marks(input) {
        return Ok(Some("a mark".to_owned()));
    }
    Ok(None)
}

/// What of the expectation does not hold for the model.
fn received(expect: &Value, input: &str) -> Result<Option<String>, String> {
    let Some(wanted) = expect.get("model") else {
        return Ok(None);
    };
    let fault = match wanted.as_str() {
        Some("no_tags") => has("TAG", &for_model(input))?.then(|| "no tags".to_owned()),
        Some("no_smuggling") => {
            let received = for_model(input);
            let selects =
                |c: char| matches!(c, '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}');
            (has("TAG", &received)? || received.contains(selects))
                .then(|| "nothing is smuggled".to_owned())
        }
        Some("as_data") => {
            let close = format!("</{ENVELOPE}>");
            let tried = as_data(ENVELOPE, &format!("{input}{close}"));
            (tried.matches(&close).count() != 1).then(|| "it stays in its envelope".to_owned())
        }
        Some(other) => return Err(format!("`model` is `{other}`, which nothing is")),
        None => return Err("`model` is no text".to_owned()),
    };
    Ok(fault)
}

fn flag(expect: &Value, name: &str) -> bool {
    expect.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The text without colours, and whether they are closed; nothing where another sequence is.
fn without_colours(text: &str) -> Option<(String, bool)> {
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut is_closed = true;
    for part in parts {
        let (codes, rest) = part.strip_prefix('[')?.split_once('m')?;
        if !codes
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b';')
        {
            return None;
        }
        is_closed = codes
            .split(';')
            .all(|code| matches!(code, "0" | "" | "39" | "22" | "23" | "24" | "29"));
        out.push_str(rest);
    }
    Some((out, is_closed))
}

fn has(class: &str, text: &str) -> Result<bool, String> {
    let is: fn(char) -> bool = match class {
        "ESC" => |c| c == '\u{1b}',
        "C0" => |c| (c < ' ' && !matches!(c, '\t' | '\n')) || c == '\u{7f}',
        "C1" => |c| matches!(c, '\u{80}'..='\u{9f}'),
        "BIDI" => {
            |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        }
        "TAG" => |c| matches!(c, '\u{e0000}'..='\u{e007f}'),
        "ZW" => {
            |c| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}')
        }
        other => return Err(format!("there is no class of characters `{other}`")),
    };
    Ok(text.contains(is))
}

/// Whether a terminal does something on this character.
fn acts(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

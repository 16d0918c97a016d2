//! What a question tells: the command or change, the risk, and why it is asked.

use super::Act;
use crate::{
    diff::{View, between, draw},
    draw::{Look, changes, indented, short_path, spread},
    state::Asking,
    strings,
    text::{cut, wrap},
    theme::Role,
};
use gimlet_hygiene::screen::{Channel, clean};
use gimlet_protocol::{Access, Confinement, Reason, Risk, Verdict};
use ratatui::text::{Line, Span};
use serde_json::Value;

/// Folders that may be written that are named in a question.
const MOST_WRITABLE: usize = 3;

/// The first line: what is asked, and how dangerous it is.
pub(super) fn title(text: &str, risk: Option<Risk>, look: &Look<'_>) -> Line<'static> {
    let right = match risk {
        Some(Risk::Low) => look.line(Role::Dim, strings::RISK_LOW),
        Some(Risk::Medium) => look.line(Role::Warning, strings::RISK_MEDIUM),
        Some(Risk::High) => look.line(Role::Bad, strings::RISK_HIGH),
        None => Line::default(),
    };
    spread(
        look.line(Role::Strong, text.to_owned()),
        right,
        look.columns,
    )
}

/// The plan, whole.
pub(super) fn plan(asking: &Asking, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![title(strings::PLAN_TITLE, None, look), Line::default()];
    let plan = asking
        .input
        .get("plan")
        .and_then(Value::as_str)
        .unwrap_or_default();
    lines.extend(crate::state::Prose::whole(plan).all(look.columns, look.theme));
    lines.push(Line::default());
    lines
}

/// The whole of what a permission is asked for.
pub(super) fn permission(asking: &Asking, explained: bool, look: &Look<'_>) -> Vec<Line<'static>> {
    let question = &asking.question;
    let head = clean(Channel::PermissionPrompt, &question.title);
    let head = strings::may_it(&head.replace('\n', " "));
    let mut lines = vec![title(&head, Some(question.risk), look)];
    lines.extend(what(asking, look));
    if let Some(about) = asking.input.get("description").and_then(Value::as_str) {
        let about = cut(
            &clean(Channel::PermissionPrompt, about).replace('\n', " "),
            look.columns,
        );
        lines.push(look.line(Role::Dim, about));
    }
    let parts = question.parts.iter();
    let asks: Vec<_> = parts
        .filter(|part| part.verdict != Verdict::Allow)
        .collect();
    for part in &asks {
        // A call of one part says what it is by itself.
        if question.parts.len() > 1 {
            let what = clean(Channel::PermissionPrompt, &part.what).replace('\n', " ");
            lines.extend(bullet(&what, Role::Text, look));
        }
        for reason in &part.because {
            lines.extend(because(reason, look));
        }
    }
    if asks.is_empty() {
        for reason in &question.because {
            lines.extend(because(reason, look));
        }
    }
    if let Some(confinement) = &question.confinement {
        let (text, role) = confinement_text(confinement, look);
        lines.extend(bullet(&clean(Channel::PermissionPrompt, &text), role, look));
    }
    if explained {
        for part in question
            .parts
            .iter()
            .filter(|part| part.verdict == Verdict::Allow)
        {
            let what = clean(Channel::PermissionPrompt, &part.what).replace('\n', " ");
            lines.extend(bullet(&strings::goes_through(&what), Role::Dim, look));
        }
        for offer in question.offers.iter().flat_map(|offer| &offer.grants) {
            lines.extend(bullet(
                &strings::rule(&offer.title, &offer.rule),
                Role::Dim,
                look,
            ));
        }
        lines.push(look.line(Role::Strong, strings::TOUCHES));
        for access in &question.accesses {
            lines.extend(bullet(&access_text(access, look), Role::Text, look));
        }
    }
    lines.push(Line::default());
    lines
}

/// The command, or the change, or the input as it is.
fn what(asking: &Asking, look: &Look<'_>) -> Vec<Line<'static>> {
    let member = |name: &str| asking.input.get(name).and_then(Value::as_str);
    if let Some(command) = member("command") {
        return shown("$ ", command, look);
    }
    let mut lines = Vec::new();
    if let Some(path) = member("file_path").or_else(|| member("notebook_path")) {
        let path = clean(Channel::PermissionPrompt, path);
        lines.extend(shown("", &short_path(&path, look.cwd), look));
    }
    let file = member("file_path").unwrap_or_default();
    let change = match (
        member("old_string"),
        member("new_string"),
        member("content"),
    ) {
        (Some(old), Some(new), _) => difference(file, old, new, look),
        (None, _, Some(content)) => difference(file, "", content, look),
        (_, _, _) => Vec::new(),
    };
    if change.is_empty() {
        let (from_patch, _) = changes(Some(&asking.input), &asking.input, usize::MAX, look);
        lines.extend(from_patch);
    }
    lines.extend(change);
    let edits = asking.input.get("edits").and_then(Value::as_array);
    for edit in edits.into_iter().flatten() {
        let text = |name: &str| edit.get(name).and_then(Value::as_str).unwrap_or_default();
        lines.extend(difference(
            file,
            text("old_string"),
            text("new_string"),
            look,
        ));
    }
    if lines.is_empty() {
        let text = serde_json::to_string_pretty(&asking.input).unwrap_or_default();
        lines.extend(shown("", &text, look));
    }
    lines
}

/// A text that is decided by, every character visible and no line left out.
fn shown(mark: &'static str, text: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    let text = clean(Channel::PermissionPrompt, text);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mark = if number == 0 { mark } else { "  " };
        let mark = if mark.len() > look.columns / 2 {
            ""
        } else {
            mark
        };
        let columns = look.columns.saturating_sub(mark.len()).max(1);
        let line = marked(line, look);
        for (row, line) in wrap(&line, columns, &Line::default())
            .into_iter()
            .enumerate()
        {
            let mark = if row == 0 { mark } else { "  " };
            let mark = if mark.len() > look.columns / 2 {
                ""
            } else {
                mark
            };
            let mark = look.span(Role::Accent, mark);
            lines.push(crate::draw::indented_by(mark, line));
        }
    }
    lines
}

/// What the sanitiser made visible stands out.
fn marked(line: &str, look: &Look<'_>) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut rest = line;
    let is_mark = |letter: char| matches!(letter, '⟦' | '⟨' | '\u{2400}'..='\u{2426}');
    while let Some(at) = rest.find(is_mark) {
        let (before, after) = rest.split_at(at);
        let end = match after.chars().next() {
            Some(open @ ('⟦' | '⟨')) => {
                let close = if open == '⟦' { '⟧' } else { '⟩' };
                after
                    .find(close)
                    .map_or(after.len(), |end| end + close.len_utf8())
            }
            Some(letter) => letter.len_utf8(),
            None => after.len(),
        };
        let (mark, after) = after.split_at(end);
        spans.push(look.span(Role::Code, before.to_owned()));
        spans.push(look.span(Role::Unseen, mark.to_owned()));
        rest = after;
    }
    spans.push(look.span(Role::Code, rest.to_owned()));
    Line::from(spans)
}

/// What a change takes away and what it puts there.
fn difference(path: &str, old: &str, new: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    let view = View {
        columns: look.columns,
        theme: look.theme,
        path,
        most_lines: usize::MAX,
    };
    draw(&between(old, new, 3), &view).lines
}

fn because(reason: &Reason, look: &Look<'_>) -> Vec<Line<'static>> {
    let source = reason.source.as_ref();
    let place = source.map_or_else(String::new, |source| format!(" ({source})"));
    let text = strings::because(&reason.judge, &format!("{}{place}", reason.text));
    bullet(&clean(Channel::PermissionPrompt, &text), Role::Dim, look)
}

/// What the operating system will allow, whatever the command tries.
fn confinement_text(confinement: &Confinement, look: &Look<'_>) -> (String, Role) {
    match confinement {
        Confinement::Open { why } => (strings::not_confined(why), Role::Warning),
        Confinement::Refused { why } => (strings::cannot_run(why), Role::Bad),
        Confinement::Held(bounds) => {
            let name = |path: &std::path::Path| {
                if path == look.cwd {
                    strings::THIS_FOLDER.to_owned()
                } else if bounds.temporary.as_deref() == Some(path) {
                    strings::OWN_TEMPORARY.to_owned()
                } else {
                    short_path(&path.display().to_string(), look.cwd)
                }
            };
            let mut paths: Vec<String> =
                bounds.write.iter().take(MOST_WRITABLE).map(name).collect();
            let more = bounds.write.iter().count().saturating_sub(MOST_WRITABLE);
            if more > 0 {
                paths.push(strings::and_more(more));
            }
            let text = strings::confined_to(&paths.join(", "), bounds.network, bounds.strength);
            (text, Role::Dim)
        }
    }
}

fn bullet(text: &str, role: Role, look: &Look<'_>) -> Vec<Line<'static>> {
    let columns = look.columns.saturating_sub(2).max(1);
    let line = Line::styled(text.replace('\n', " "), look.theme.style(role));
    let rows = wrap(&line, columns, &Line::default())
        .into_iter()
        .enumerate();
    rows.map(|(row, line)| indented(if row == 0 { "· " } else { "  " }, line))
        .collect()
}

fn access_text(access: &Access, look: &Look<'_>) -> String {
    let path = |path: &std::path::Path| short_path(&path.display().to_string(), look.cwd);
    let text = match access {
        Access::Read { path: at } => format!("reads {}", path(at)),
        Access::Write { path: at } => format!("writes {}", path(at)),
        Access::Run { command, cwd } => format!("runs {command} in {}", path(cwd)),
        Access::Reach { host } => format!("talks to {host}"),
        Access::Publish { text, to } => {
            format!("publishes to {} {}: {text}", to.kind, to.address)
        }
        Access::Spawn { kind } => format!("starts a worker: {kind}"),
        Access::Escalate { why } => format!("leaves the confinement: {why}"),
        Access::Person { what, .. } => what.clone(),
    };
    clean(Channel::PermissionPrompt, &text).into_owned()
}

/// Answers for longer than once, with exactly what they grant.
pub(super) fn lasting(asking: &Asking, offer: usize) -> Vec<(Act, String)> {
    let question = &asking.question;
    let Some(offered) = question.offers.get(offer) else {
        return Vec::new();
    };
    let grants: Vec<String> = offered
        .grants
        .iter()
        .map(|grant| clean(Channel::PermissionPrompt, &grant.title).replace('\n', " "))
        .collect();
    let grants = grants.join("; ");
    let more = if question.offers.len() > 1 {
        strings::MORE_OFFERS
    } else {
        ""
    };
    let lapses = question.lapses_after_minutes;
    let mut acts = vec![
        (Act::Turn, strings::allow_turn(&grants)),
        (Act::Session, strings::allow_session(&grants, lapses, more)),
    ];
    if let Some(file) = &question.saved_in {
        acts.push((Act::Always, strings::allow_always(&grants, file)));
    }
    acts
}

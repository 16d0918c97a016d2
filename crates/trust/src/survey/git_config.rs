//! Git's configuration, read without git: the keys that make it run a program or read other
//! files.

/// Keys that are one of their section, in lower case.
const WHOLE: [&str; 17] = [
    "core.alternaterefscommand",
    "core.askpass",
    "core.attributesfile",
    "core.editor",
    "core.fsmonitor",
    "core.gitproxy",
    "core.hookspath",
    "core.pager",
    "core.sshcommand",
    "core.worktree",
    "diff.external",
    "gpg.program",
    "include.path",
    "interactive.difffilter",
    "sequence.editor",
    "http.proxy",
    "init.templatedir",
];

/// Keys by section and last part; what stands between is any name.
const BY_NAME: [(&str, &str); 20] = [
    ("credential", "helper"),
    ("diff", "command"),
    ("diff", "textconv"),
    ("difftool", "cmd"),
    ("filter", "clean"),
    ("filter", "process"),
    ("filter", "smudge"),
    ("gpg", "program"),
    ("gpg", "defaultkeycommand"),
    ("includeif", "path"),
    ("merge", "driver"),
    ("mergetool", "cmd"),
    ("protocol", "allow"),
    ("remote", "receivepack"),
    ("remote", "uploadpack"),
    ("remote", "vcs"),
    ("tar", "command"),
    ("trailer", "cmd"),
    ("trailer", "command"),
    ("uploadpack", "packobjectshook"),
];

/// The dangerous keys with their values and lines.
pub(super) fn dangerous(text: &str) -> Vec<(usize, String, String)> {
    let mut out = Vec::new();
    let mut section = String::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let mut rest = line.trim();
        if let Some(head) = rest.strip_prefix('[') {
            let Some((name, after)) = head_of(head) else {
                continue;
            };
            section = name;
            rest = after.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let mut whole = rest.to_owned();
        while whole.ends_with('\\') && !whole.ends_with("\\\\") {
            whole.pop();
            match lines.next() {
                Some((_, more)) => whole.push_str(more),
                None => break,
            }
        }
        let (key, value) = whole.split_once('=').unwrap_or((&whole, "true"));
        let value = value.trim();
        let full = format!("{section}.{}", key.trim().to_ascii_lowercase());
        if is_dangerous(&full, value) {
            out.push((number, full, value.to_owned()));
        }
    }
    out
}

/// The section that `name "sub"] rest` begins, its own name in lower case, and the rest.
fn head_of(head: &str) -> Option<(String, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    let end = head.char_indices().find(|(_, c)| {
        let ends = *c == ']' && !quoted;
        if *c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = *c == '\\' && !escaped;
        ends
    })?;
    let inside = head.get(..end.0)?;
    let after = head.get(end.0 + 1..)?;
    let name = match inside.split_once('"') {
        Some((name, sub)) => {
            let sub = sub.trim_end().trim_end_matches('"');
            format!("{}.{sub}", name.trim().to_ascii_lowercase())
        }
        // The old form `[section.sub]` is all in lower case.
        None => inside.trim().to_ascii_lowercase(),
    };
    Some((name, after))
}

fn is_dangerous(key: &str, value: &str) -> bool {
    let off = ["", "false", "no", "off", "0"].contains(&value.to_ascii_lowercase().as_str());
    if off {
        return false;
    }
    if key == "core.fsmonitor" {
        // The built-in monitor is git itself.
        return !["true", "yes", "on", "1"].contains(&value.to_ascii_lowercase().as_str());
    }
    if WHOLE.contains(&key) {
        return true;
    }
    let (Some((section, _)), Some((_, last))) = (key.split_once('.'), key.rsplit_once('.')) else {
        return false;
    };
    match section {
        "alias" => value.trim_start_matches('"').starts_with('!'),
        "submodule" => last == "update" && value.trim_start_matches('"').starts_with('!'),
        "pager" => !["true", "yes", "on", "1"].contains(&value),
        "url" => last == "insteadof" || last == "pushinsteadof",
        _ => BY_NAME.contains(&(section, last)),
    }
}

#[cfg(test)]
mod tests;

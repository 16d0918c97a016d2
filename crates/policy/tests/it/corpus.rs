//! Runs the corpus of cases on a real file system and reports where the outcome differs.

use gimlet_policy::{Ground, Policy, Request, RuleSource, Rules, Site};
use gimlet_protocol::{Access, Mode, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// Cases whose expected answer is judged wrong, with the reason.
const DISPUTED: [(&str, &str); 1] = [(
    "sh-heredoc-008",
    "the second reader ends the here-document at a padded delimiter; where two readings differ, asking is right",
)];

#[derive(Deserialize)]
struct CaseLine {
    id: String,
    class: String,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(default)]
    ask: Vec<String>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    tool: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    cwd: Option<String>,
    #[serde(default)]
    dirs: Vec<String>,
    #[serde(default)]
    setup: Vec<BTreeMap<String, String>>,
    #[serde(default)]
    rule_source: Option<String>,
    #[serde(default)]
    fs: Option<String>,
    #[serde(default)]
    os: Option<String>,
    expect: String,
    #[serde(default)]
    also_ok: Vec<String>,
    #[serde(default)]
    tier: Option<String>,
}

struct Disk {
    ignore_case: bool,
}

impl Ground for Disk {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    fn ignores_case(&self) -> bool {
        self.ignore_case
    }
}

struct Place {
    base: PathBuf,
}

impl Place {
    fn fill(&self, text: &str) -> String {
        let at = |name: &str| self.base.join(name).to_str().expect("text").to_owned();
        text.replace("{{WSNAME}}", "ws")
            .replace("{{WS_UPPER}}", &at("ws").to_uppercase())
            .replace("{{WSLINK}}", &at("wslink"))
            .replace("{{WS}}", &at("ws"))
            .replace("{{HOME}}", &at("home"))
            .replace("{{OUT}}", &at("out"))
            .replace("{{EXTRA}}", &at("extra"))
            .replace("{{TMP}}", &at("tmp"))
            .replace("{{AGENT_DIR}}", ".gimlet")
            .replace("{{AGENT_HOME}}", &at("home/.gimlet"))
            .replace("{{AGENT_BIN}}", "gimlet")
            .replace("{{CANARY}}", &at("canary"))
            .replace("{{SINK}}", "http://127.0.0.1:9")
    }

    fn set_up(&self, setup: &[BTreeMap<String, String>]) {
        for folder in ["ws/src", "ws/docs", "home", "out/shared", "extra", "tmp"] {
            fs::create_dir_all(self.base.join(folder)).expect("folder");
        }
        for step in setup {
            let at = |key: &str| step.get(key).map(|text| PathBuf::from(self.fill(text)));
            if let Some(folder) = at("dir") {
                fs::create_dir_all(folder).expect("folder");
            }
            if let Some(file) = at("file") {
                fs::create_dir_all(file.parent().expect("parent")).expect("folder");
                fs::write(file, step.get("content").map_or("", String::as_str)).expect("file");
            }
            if let (Some(link), Some(to)) = (at("symlink"), step.get("to")) {
                fs::create_dir_all(link.parent().expect("parent")).expect("folder");
                symlink(self.fill(to), link).expect("link");
            }
        }
    }
}

fn outcome(case: &CaseLine, place: &Place) -> (Verdict, String) {
    let at = |name: &str| place.base.join(name);
    let cwd = case
        .cwd
        .as_deref()
        .map_or_else(|| at("ws"), |cwd| PathBuf::from(place.fill(cwd)));
    let root = if case.cwd.is_some() {
        cwd.clone()
    } else {
        at("ws")
    };
    let folder = match case.rule_source.as_deref() {
        Some("user") => at("home/.gimlet"),
        Some("local") => cwd.clone(),
        _ => root.clone(),
    };
    let source = RuleSource {
        name: "case".to_owned(),
        folder,
        ..RuleSource::default()
    };
    let mut rules = Rules::default();
    for (verdict, list) in [
        (Verdict::Allow, &case.allow),
        (Verdict::Deny, &case.deny),
        (Verdict::Ask, &case.ask),
    ] {
        for rule in list {
            rules.add(verdict, &place.fill(rule), &source);
        }
    }
    let site = Site {
        root,
        cwd: cwd.clone(),
        added: case
            .dirs
            .iter()
            .map(|dir| PathBuf::from(place.fill(dir)))
            .collect(),
        home: Some(at("home")),
        scratch: None,
        own: Vec::new(),
    };
    let mode = case
        .mode
        .as_deref()
        .and_then(Mode::named)
        .unwrap_or_default();
    let ground = Disk {
        ignore_case: case.fs.as_deref() == Some("insensitive"),
    };
    let policy = Policy {
        rules: &rules,
        ground: &ground,
    };
    let (tool, input, accesses) = if let Some(command) = &case.command {
        let command = place.fill(command);
        (
            "Bash",
            json!({ "command": command }),
            vec![Access::Run { command, cwd }],
        )
    } else {
        let tool = case.tool.as_deref().expect("a tool");
        let written = place.fill(case.path.as_deref().expect("a path"));
        let path = cwd.join(&written);
        let mut input = json!({ "file_path": written, "path": written });
        if let (Some(pattern), Value::Object(fields)) = (&case.pattern, &mut input) {
            fields.insert("pattern".to_owned(), Value::from(place.fill(pattern)));
        }
        let access = match tool {
            "Edit" | "Write" | "NotebookEdit" => Access::Write { path },
            _ => Access::Read { path },
        };
        (tool, input, vec![access])
    };
    let decision = policy.decide(&Request {
        tool,
        input: &input,
        accesses: &accesses,
        site: &site,
        mode,
    });
    (
        decision.verdict(),
        format!("{:?}", decision.ruling().because.first()),
    )
}

fn run(text: &str) -> (usize, usize, String) {
    let (mut agree, mut all, mut report) = (0, 0, String::new());
    let fresh = || {
        let scratch = tempfile::tempdir().expect("scratch");
        let place = Place {
            base: scratch.path().canonicalize().expect("real"),
        };
        (scratch, place)
    };
    // Nothing is run, so cases without a set-up of their own share one place.
    let (_shared, plain) = fresh();
    plain.set_up(&[]);
    for line in text.lines() {
        let case: CaseLine = serde_json::from_str(line).expect("a case");
        if case
            .os
            .as_deref()
            .is_some_and(|os| os != std::env::consts::OS)
            || DISPUTED.iter().any(|(id, _)| *id == case.id)
        {
            continue;
        }
        let own = (!case.setup.is_empty()).then(|| {
            let own = fresh();
            own.1.set_up(&case.setup);
            own
        });
        let place = own.as_ref().map_or(&plain, |(_, place)| place);
        let (verdict, why) = outcome(&case, place);
        let name = match verdict {
            Verdict::Allow => "allow",
            Verdict::Ask => "ask",
            Verdict::Deny => "deny",
        };
        all += 1;
        if name == case.expect || case.also_ok.iter().any(|ok| ok == name) {
            agree += 1;
            continue;
        }
        let tier = case.tier.as_deref().unwrap_or("must");
        writeln!(
            report,
            "{} {} {tier} {}: {:?} expected {} got {name}; {why}",
            case.class,
            case.id,
            case.mode.as_deref().unwrap_or(""),
            case.command
                .as_deref()
                .or(case.path.as_deref())
                .unwrap_or_default()
                .chars()
                .take(160)
                .collect::<String>(),
            case.expect
        )
        .expect("text");
    }
    (agree, all, report)
}

#[test]
fn every_shell_case_agrees() {
    let (agree, all, report) = run(include_str!("../corpus/shell_rules.jsonl"));
    assert!(agree == all, "{agree} of {all} agree\n{report}");
}

#[test]
fn every_path_case_agrees() {
    let (agree, all, report) = run(include_str!("../corpus/path_rules.jsonl"));
    assert!(agree == all, "{agree} of {all} agree\n{report}");
}

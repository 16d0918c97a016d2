//! Cases of permission: shell commands and files, judged with the rules and the mode that the
//! case gives, in a scratch folder that is set up as it says.

use super::{Outcome, text, texts};
use gimlet_host::{HostOptions, LocalHost};
use gimlet_policy::{Ground, Policy, Request, RuleSource, Rules, Site};
use gimlet_ports::{GlobQuery, Host as _, Scene, Stop};
use gimlet_protocol::{Access, Desk, Mode, SessionId, Verdict};
use gimlet_tools::{ToolOptions, toolbox};
use serde_json::{Map, Value, json};
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(super) fn judge(case: &Value) -> Result<Outcome, String> {
    let expected = text(case, "expect")?.to_owned();
    let os = case.get("os").and_then(Value::as_str);
    if os.is_some_and(|os| os != std::env::consts::OS) {
        // Its spelling means something else here.
        return Ok(Outcome::Elsewhere);
    }
    let place = Place::new().map_err(|error| format!("the scratch folder: {error}"))?;
    place
        .set_up(case)
        .map_err(|error| format!("the set-up: {error}"))?;
    let got = place.verdict(case)?;
    if let Some(leaked) = place.leaked(case)? {
        return Ok(Outcome::Differs {
            expected: format!("nothing of {leaked}"),
            got: format!("{leaked} is found"),
        });
    }
    let agrees = got == expected || texts(case, "also_ok")?.iter().any(|ok| ok == got);
    Ok(if agrees {
        Outcome::Agrees
    } else {
        Outcome::Differs {
            expected,
            got: got.to_owned(),
        }
    })
}

/// A scratch folder with what the placeholders of cases stand for.
struct Place {
    _scratch: tempfile::TempDir,
    base: PathBuf,
}

/// The disk, with names compared as the case wants.
struct Disk {
    ignores_case: bool,
}

impl Ground for Disk {
    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    fn ignores_case(&self) -> bool {
        self.ignores_case
    }
}

impl Place {
    fn new() -> io::Result<Self> {
        let scratch = tempfile::tempdir()?;
        let base = scratch.path().canonicalize()?;
        for folder in ["ws/src", "ws/docs", "home", "out/shared", "extra", "tmp"] {
            fs::create_dir_all(base.join(folder))?;
        }
        Ok(Self {
            _scratch: scratch,
            base,
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// The text with its placeholders filled.
    fn fill(&self, text: &str) -> String {
        let at = |name: &str| self.at(name).display().to_string();
        let upper = at("ws").to_uppercase();
        let values = [
            ("{{WSNAME}}", "ws".to_owned()),
            ("{{WS_UPPER}}", upper),
            ("{{WSLINK}}", at("wslink")),
            ("{{WS}}", at("ws")),
            ("{{HOME}}", at("home")),
            ("{{OUT}}", at("out")),
            ("{{EXTRA}}", at("extra")),
            ("{{TMP}}", at("tmp")),
            ("{{AGENT_DIR}}", ".gimlet".to_owned()),
            ("{{AGENT_HOME}}", at("home/.gimlet")),
            ("{{AGENT_BIN}}", "gimlet".to_owned()),
            ("{{CANARY}}", at("canary")),
            ("{{SINK}}", "http://127.0.0.1:9".to_owned()),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }

    fn set_up(&self, case: &Value) -> io::Result<()> {
        let steps = case.get("setup").and_then(Value::as_array);
        for step in steps.into_iter().flatten() {
            let field = |name: &str| step.get(name).and_then(Value::as_str);
            let path = |name: &str| field(name).map(|text| PathBuf::from(self.fill(text)));
            let parent = |path: &Path| path.parent().map_or(Ok(()), fs::create_dir_all);
            if let Some(folder) = path("dir") {
                fs::create_dir_all(folder)?;
            }
            if let Some(file) = path("file") {
                parent(&file)?;
                fs::write(file, field("content").unwrap_or_default())?;
            }
            if let (Some(link), Some(to)) = (path("symlink"), field("to")) {
                parent(&link)?;
                symlink(self.fill(to), link)?;
            }
            if let (Some(link), Some(to)) = (path("hardlink"), path("to")) {
                parent(&link)?;
                fs::hard_link(to, link)?;
            }
        }
        Ok(())
    }

    fn verdict(&self, case: &Value) -> Result<&'static str, String> {
        let field = |name: &str| case.get(name).and_then(Value::as_str);
        let cwd = field("cwd").map_or_else(|| self.at("ws"), |cwd| PathBuf::from(self.fill(cwd)));
        let folder = match field("rule_source") {
            Some("user") => self.at("home/.gimlet"),
            _ => cwd.clone(),
        };
        let source = RuleSource {
            name: "the case".to_owned(),
            folder,
            ..RuleSource::default()
        };
        let mut rules = Rules::default();
        for (verdict, name) in [
            (Verdict::Allow, "allow"),
            (Verdict::Ask, "ask"),
            (Verdict::Deny, "deny"),
        ] {
            for rule in texts(case, name)? {
                rules.add(verdict, &self.fill(&rule), &source);
            }
        }
        let mode = match field("mode") {
            Some(name) => Mode::named(name).ok_or_else(|| format!("there is no mode `{name}`"))?,
            None => Mode::Default,
        };
        let scene = Scene {
            session: SessionId::new("case"),
            root: cwd.clone(),
            cwd: cwd.clone(),
            added: texts(case, "dirs")?
                .iter()
                .map(|dir| PathBuf::from(self.fill(dir)))
                .collect(),
            home: Some(self.at("home")),
            scratch: self.at("session"),
            mode,
            output_chars: 30_000,
            desk: Arc::new(Desk::default()),
            grants: Arc::default(),
        };
        let (tool, input, accesses) = match field("command") {
            Some(command) => {
                let command = self.fill(command);
                let access = Access::Run {
                    command: command.clone(),
                    cwd,
                };
                ("Bash", json!({ "command": command }), vec![access])
            }
            None => self.file_call(case, &scene)?,
        };
        let site: Site = gimlet_policy::site(&scene, &[]);
        let ground = Disk {
            ignores_case: field("fs") == Some("insensitive"),
        };
        let policy = Policy {
            rules: &rules,
            ground: &ground,
        };
        let decision = policy.decide(&Request {
            tool,
            input: &input,
            accesses: &accesses,
            site: &site,
            mode,
        });
        Ok(match decision.verdict() {
            Verdict::Allow => "allow",
            Verdict::Ask => "ask",
            Verdict::Deny => "deny",
        })
    }

    /// What a search finds and must not: it is put there, and the real search is made.
    fn leaked(&self, case: &Value) -> Result<Option<String>, String> {
        let hidden = texts(case, "must_exclude")?;
        if hidden.is_empty() {
            return Ok(None);
        }
        let failed = |error: io::Error| format!("the search: {error}");
        let root = self.at("ws").join(text(case, "path")?);
        for name in &hidden {
            fs::write(root.join(name), "secret").map_err(failed)?;
        }
        let query = GlobQuery {
            root: root.clone(),
            pattern: text(case, "pattern")?.to_owned(),
            limit: usize::MAX,
            include_ignored: true,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(failed)?;
        let host = LocalHost::new(HostOptions::default());
        let found = runtime
            .block_on(host.glob(query, &Stop::new()))
            .map_err(|fault| format!("the search: {fault}"))?;
        let is_found = |name: &&String| found.paths.contains(&root.join(name));
        Ok(hidden.iter().find(is_found).cloned())
    }

    /// A call of a file tool: what it touches is what the real tool plans.
    fn file_call<'c>(
        &self,
        case: &'c Value,
        scene: &Scene,
    ) -> Result<(&'c str, Value, Vec<Access>), String> {
        let tool = text(case, "tool")?;
        let written = self.fill(text(case, "path")?);
        let pattern = case
            .get("pattern")
            .and_then(Value::as_str)
            .map(|pattern| self.fill(pattern));
        let mut input = Map::new();
        let mut put = |name: &str, value: &str| input.insert(name.to_owned(), Value::from(value));
        match tool {
            "Glob" | "Grep" => {
                put("path", &written);
                put("pattern", pattern.as_deref().unwrap_or("*"));
            }
            "NotebookEdit" => {
                put("notebook_path", &written);
                put("new_source", "x");
            }
            "Write" => {
                put("file_path", &written);
                put("content", "x");
            }
            "Edit" => {
                put("file_path", &written);
                put("old_string", "a");
                put("new_string", "b");
            }
            _ => {
                put("file_path", &written);
            }
        }
        let input = Value::Object(input);
        let set = toolbox(ToolOptions::default()).map_err(|fault| fault.to_string())?;
        let planned = set
            .toolbox
            .get(tool)
            .and_then(|tool| tool.plan(&input, scene).ok());
        // As written, too: links are followed before `..`.
        let path = scene.cwd.join(&written);
        let mut accesses = planned.map(|plan| plan.accesses).unwrap_or_default();
        accesses.push(match tool {
            "Edit" | "Write" | "NotebookEdit" | "MultiEdit" => Access::Write { path },
            _ => Access::Read { path },
        });
        Ok((tool, input, accesses))
    }
}

//! The doctor: looks at everything that Gimlet needs and says what is there.

use crate::{auth, launch::Launch, local, sandbox::Keeper};
use gimlet_protocol::Strength;
use gimlet_providers::local::{LocalServer, usual_candidates};
use gimlet_settings::{Dirs, Settings, env_vars};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// As needed.
    Good,
    /// Works, but something is missing that would help.
    Note,
    /// Gimlet cannot do its work like this.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What was found.
    pub finding: Finding,
    /// In a fragment.
    pub text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How long a program may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(3);

/// Looks at everything. Reads only; connects to nothing but the keyring and
/// this machine's own ports.
pub fn examine(launch: &Launch) -> Vec<Check> {
    let mut checks = vec![check(
        "gimlet",
        Finding::Good,
        env!("CARGO_PKG_VERSION"),
        None,
    )];
    let spec = match launch.load_spec() {
        Ok(spec) => spec,
        Err(fault) => {
            checks.push(check("folders", Finding::Bad, format!("{fault:?}"), None));
            return checks;
        }
    };
    checks.push(trust(launch));
    let (settings, faults) = Settings::survey(&spec);
    for fault in &faults {
        checks.push(check(
            "settings",
            Finding::Bad,
            fault.to_string(),
            Some(fault.hint()),
        ));
    }
    for notice in &settings.notices {
        let finding = if notice.is_warning() {
            Finding::Note
        } else {
            Finding::Good
        };
        checks.push(check("settings", finding, notice.to_string(), None));
    }
    if faults.is_empty() {
        let from = settings
            .source_of("model")
            .map_or_else(String::new, |source| format!(", from {source}"));
        let model = crate::launch::model_name(&settings);
        let from = if settings.model.is_none() {
            ", the default".to_owned()
        } else {
            from
        };
        checks.push(check(
            "model",
            Finding::Good,
            format!("{model}{from}"),
            None,
        ));
    }
    checks.extend(keys(&settings, &spec.dirs));
    checks.extend(servers(&local::find(&usual_candidates())));
    checks.extend(programs(&settings));
    checks.push(terminal(&settings));
    checks.push(confinement(&settings));
    checks.extend(folders(&spec.dirs));
    checks
}

fn keys(settings: &Settings, dirs: &Dirs) -> Vec<Check> {
    let mut checks = Vec::new();
    for (provider, place) in auth::status(settings, dirs) {
        let (finding, hint) = match &place {
            auth::KeyPlace::Missing => (
                Finding::Note,
                Some(format!(
                    "set {} or run `gimlet auth login {provider}`; `gimlet demo` needs no key",
                    env_vars::ANTHROPIC_API_KEY.name
                )),
            ),
            auth::KeyPlace::Unknown(_) => (Finding::Bad, None),
            auth::KeyPlace::Variable(_) | auth::KeyPlace::Keyring | auth::KeyPlace::File => {
                (Finding::Good, None)
            }
        };
        checks.push(check(
            &format!("key of {provider}"),
            finding,
            place.to_string(),
            hint,
        ));
        if let Some(url) = settings.base_url(provider) {
            let source = settings.source_of(&format!("providers.{provider}.baseUrl"));
            let from = source.map_or_else(String::new, |source| format!(", from {source}"));
            let text = format!("{}{from}", without_password(url));
            checks.push(check(
                &format!("address of {provider}"),
                Finding::Good,
                text,
                None,
            ));
        }
    }
    checks.push(match auth::credentials(dirs).keyring_status() {
        Ok(()) => check("keyring", Finding::Good, "answers", None),
        Err(why) => {
            let hint = format!(
                "keys are kept in {}",
                auth::credentials(dirs).path().display()
            );
            check("keyring", Finding::Note, why, Some(hint))
        }
    });
    checks
}

/// An address without the name and password that may stand in it.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{path}"),
        None => url.to_owned(),
    }
}

/// Whether the folder is trusted.
fn trust(launch: &Launch) -> Check {
    match crate::trust::report(launch) {
        Ok(report) => {
            let (finding, hint) = if report.is_settled() {
                (Finding::Good, None)
            } else {
                let hint = "`gimlet trust` shows what it would do, `gimlet trust grant` trusts it";
                (Finding::Note, Some(hint.to_owned()))
            };
            check("trust", finding, report.summary(), hint)
        }
        Err(fault) => check("trust", Finding::Bad, words(&fault), None),
    }
}

fn words(fault: &gimlet_ports::OpenFault) -> String {
    match fault {
        gimlet_ports::OpenFault::User { text, .. }
        | gimlet_ports::OpenFault::Config { text, .. }
        | gimlet_ports::OpenFault::Environment { text, .. } => text.clone(),
    }
}

/// The model servers of this machine.
fn servers(found: &[LocalServer]) -> Vec<Check> {
    if found.is_empty() {
        return vec![check("local server", Finding::Note, "none found", None)];
    }
    let found = found.iter().map(|server| {
        let hint = local::usage(server).map(|usage| format!("use it with `{usage}`"));
        check("local server", Finding::Good, local::offer(server), hint)
    });
    found.collect()
}

fn programs(settings: &Settings) -> Vec<Check> {
    let table = [
        (
            "git",
            Finding::Note,
            "install git: without it there are no branches, diffs and worktrees",
        ),
        (
            "bash",
            Finding::Note,
            "install bash: commands then run in sh",
        ),
    ];
    let path = settings
        .env
        .raw(&env_vars::PATH)
        .map(std::ffi::OsStr::to_owned);
    table
        .into_iter()
        .map(
            |(name, missing, hint)| match which::which_in(name, path.clone(), "/") {
                Ok(program) => match version_of(&program) {
                    Some(version) => check(
                        name,
                        Finding::Good,
                        format!("{version} ({})", program.display()),
                        None,
                    ),
                    None => check(
                        name,
                        Finding::Bad,
                        format!("{} does not tell its version", program.display()),
                        None,
                    ),
                },
                Err(_) => check(name, missing, "not found", Some(hint.to_owned())),
            },
        )
        .collect()
}

/// The first line that a program prints for `--version`, within the limit.
fn version_of(program: &Path) -> Option<String> {
    // Far from the folder: a version is told without a look at what lies there.
    let mut child = Command::new(program)
        .arg("--version")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let began = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if began.elapsed() > VERSION_LIMIT {
            child.kill().ok()?;
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

fn terminal(settings: &Settings) -> Check {
    use std::io::IsTerminal as _;
    let term = settings.env.text(&env_vars::TERM).unwrap_or("not set");
    let text = if std::io::stdout().is_terminal() {
        let colours = if settings.env.raw(&env_vars::NO_COLOR).is_some() {
            ", NO_COLOR is set"
        } else {
            ""
        };
        format!("TERM={term}{colours}")
    } else {
        "standard output is no terminal".to_owned()
    };
    check("terminal", Finding::Good, text, None)
}

/// What commands are held to here.
fn confinement(settings: &Settings) -> Check {
    if settings.sandbox.disabled {
        let text = "commands are not confined: sandbox.enabled is false";
        return check("confinement", Finding::Note, text, None);
    }
    let strength = Keeper::strength();
    let strength = settings
        .sandbox
        .strength
        .map_or(strength, |most| most.min(strength));
    let finding = if strength == Strength::Namespaces {
        Finding::Good
    } else {
        Finding::Note
    };
    let hint = "`gimlet sandbox doctor` tries what holds".to_owned();
    check("confinement", finding, strength.about(), Some(hint))
}

fn folders(dirs: &Dirs) -> Vec<Check> {
    let table = [
        ("config", &dirs.config),
        ("data", &dirs.data),
        ("cache", &dirs.cache),
    ];
    table
        .into_iter()
        .map(|(name, path)| {
            let name = format!("{name} folder");
            match writable(path) {
                Ok(there) => check(
                    &name,
                    Finding::Good,
                    format!("{}{there}", path.display()),
                    None,
                ),
                Err(why) => {
                    let hint = "make it writable, or set GIMLET_HOME to another folder".to_owned();
                    check(
                        &name,
                        Finding::Bad,
                        format!("{}: {why}", path.display()),
                        Some(hint),
                    )
                }
            }
        })
        .collect()
}

/// Tries whether a file could be made there, without leaving one.
fn writable(path: &Path) -> Result<&'static str, String> {
    let mut nearest: PathBuf = path.to_owned();
    while !nearest.exists() {
        nearest = match nearest.parent() {
            Some(parent) => parent.to_owned(),
            None => return Err("nothing of it exists".to_owned()),
        };
    }
    tempfile::tempfile_in(&nearest).map_err(|error| error.to_string())?;
    Ok(if nearest == path {
        ""
    } else {
        " (made when it is needed)"
    })
}

fn check(name: &str, finding: Finding, text: impl Into<String>, hint: Option<String>) -> Check {
    Check {
        name: name.to_owned(),
        finding,
        text: text.into(),
        hint,
    }
}

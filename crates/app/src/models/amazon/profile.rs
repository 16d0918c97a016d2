//! The profiles in `~/.aws`, and the sign-ins beside them.

use gimlet_settings::{Env, env_vars};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Sections with their members.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Both files, as far as they are there.
#[derive(Debug)]
pub(super) struct Profiles {
    config: Sections,
    credentials: Sections,
    paths: [Option<PathBuf>; 2],
    home: Option<PathBuf>,
}

impl Profiles {
    pub(super) fn read(env: &Env) -> Result<Self, String> {
        let home = env.path(&env_vars::HOME);
        let in_home = |name: &str| home.as_ref().map(|home| home.join(".aws").join(name));
        let config = env
            .path(&env_vars::AWS_CONFIG_FILE)
            .or_else(|| in_home("config"));
        let credentials = env
            .path(&env_vars::AWS_SHARED_CREDENTIALS_FILE)
            .or_else(|| in_home("credentials"));
        Ok(Self {
            config: sections(config.as_deref())?,
            credentials: sections(credentials.as_deref())?,
            paths: [config, credentials],
            home,
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.credentials.contains_key(name) || self.profile(name).is_some()
    }

    pub(super) fn places(&self) -> String {
        let paths = self.paths.iter().flatten();
        let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
        paths.join(" or ")
    }

    /// A member of a profile; the file of keys counts first.
    pub(super) fn get(&self, name: &str, key: &str) -> Option<&str> {
        let keys = self.credentials.get(name).and_then(|keys| keys.get(key));
        keys.or_else(|| self.profile(name)?.get(key))
            .map(String::as_str)
    }

    pub(super) fn session(&self, name: &str, key: &str) -> Option<&str> {
        let session = self.config.get(&format!("sso-session {name}"))?;
        session.get(key).map(String::as_str)
    }

    fn profile(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.config
            .get(&format!("profile {name}"))
            .or_else(|| self.config.get(name))
    }

    /// The token of a sign-in that is not over.
    pub(super) fn signed_in(&self, start: &str, now: jiff::Timestamp) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct SignedIn {
            start_url: String,
            access_token: String,
            expires_at: String,
        }
        let folder = self.home.as_ref()?.join(".aws/sso/cache");
        let files = fs::read_dir(folder).ok()?.flatten();
        let mut found: Vec<(jiff::Timestamp, String)> = files
            .filter_map(|file| {
                let text = fs::read_to_string(file.path()).ok()?;
                let kept: SignedIn = serde_json::from_str(&text).ok()?;
                // Older tools wrote `UTC` at the end.
                let end = kept.expires_at.replace("UTC", "Z").parse().ok()?;
                let same = kept.start_url.trim_end_matches('/') == start.trim_end_matches('/');
                (same && end > now).then_some((end, kept.access_token))
            })
            .collect();
        found.sort();
        found.pop().map(|(_, token)| token)
    }
}

fn sections(path: Option<&Path>) -> Result<Sections, String> {
    let Some(path) = path else {
        return Ok(Sections::new());
    };
    match fs::read_to_string(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sections::new()),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

fn parse(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            let words: Vec<&str> = name.split_whitespace().collect();
            let name = words.join(" ");
            sections.entry(name.clone()).or_default();
            current = Some(name);
        } else if let (false, Some(name), Some((key, value))) =
            (is_nested, &current, line.split_once('='))
        {
            let value = value.split(" #").next().unwrap_or_default().trim();
            let members = sections.entry(name.clone()).or_default();
            members.insert(key.trim().to_owned(), value.to_owned());
        }
    }
    sections
}

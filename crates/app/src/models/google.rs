//! Where Google's credentials come from, in the order that its own tools use.

use gimlet_providers::GoogleIdentity;
use gimlet_settings::{Env, env_vars};
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What is needed to ask Vertex AI.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) project: String,
    pub(crate) location: String,
    pub(crate) identity: GoogleIdentity,
}

/// Finds project, location and credentials. Asks nobody: that happens with the first request.
pub(crate) fn place(
    env: &Env,
    project: Option<&str>,
    location: Option<&str>,
) -> Result<Place, String> {
    let found = credentials(env)?;
    let text = found.as_ref().map(|(_, text)| text.as_str());
    let from_file = || {
        let file: Value = serde_json::from_str(text?).ok()?;
        let project = file["project_id"].as_str();
        project
            .or_else(|| file["quota_project_id"].as_str())
            .map(str::to_owned)
    };
    let project = project
        .or_else(|| env.text(&env_vars::GOOGLE_CLOUD_PROJECT))
        .map(str::to_owned)
        .or_else(from_file)
        .ok_or(
            "Vertex AI needs a project: set GOOGLE_CLOUD_PROJECT, or `providers.vertex.project`",
        )?;
    let location = location
        .or_else(|| env.text(&env_vars::GOOGLE_CLOUD_LOCATION))
        .unwrap_or("global")
        .to_owned();
    let identity = match found {
        Some((path, text)) => GoogleIdentity::parse(&text)
            .map_err(|why| format!("{} is not usable: {why}", path.display()))?,
        None => GoogleIdentity::Machine { address: None },
    };
    Ok(Place {
        project,
        location,
        identity,
    })
}

fn credentials(env: &Env) -> Result<Option<(PathBuf, String)>, String> {
    let unreadable =
        |path: &Path, error: &io::Error| format!("{} cannot be read: {error}", path.display());
    if let Some(path) = env.path(&env_vars::GOOGLE_APPLICATION_CREDENTIALS) {
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        return Ok(Some((path, text)));
    }
    let Some(home) = env.path(&env_vars::HOME) else {
        return Ok(None);
    };
    let path = home.join(".config/gcloud/application_default_credentials.json");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

//! The whole product but for its command line: settings, hub, gate, engine, tools, host,
//! store and the scripted model as it is reached by name.

use crate::ground::Ground;
use gimlet_app::{Answers, Hub, Launch};
use gimlet_engine::RetryPolicy;
use gimlet_ports::{ModelRequest, Sessions};
use gimlet_testkit::scenario::{self, Scene, Speaker, Staff, Stage};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) struct Whole {
    launch: Launch,
    root: PathBuf,
}

impl Whole {
    pub(crate) fn new(scene: &Scene, ground: &Ground) -> Self {
        for speaker in [Speaker::First, Speaker::Fallback] {
            let script = scene.script(speaker, attempts).to_string();
            fs::write(ground.script(speaker), script).unwrap();
        }
        let setup = &scene.setup;
        let launch = Launch {
            cwd: ground.root(),
            env: ground.env(),
            model: Some("scripted".to_owned()),
            fallback_model: scene.has_fallback().then(|| ground.fallback()),
            permission_mode: Some(setup.mode),
            allowed_tools: setup.allow.clone(),
            disallowed_tools: setup.deny.clone(),
            max_turns: setup.max_turns,
            max_budget_usd: setup.max_budget_usd,
            json_schema: setup.answer_schema.clone(),
            settings: (setup.workers == Staff::None).then(|| r#"{"maxWorkers":0}"#.to_owned()),
            answers: match setup.answers {
                scenario::Answers::Person => Answers::FromClient,
                scenario::Answers::Nobody => Answers::FromNobody,
            },
            ..Launch::default()
        };
        Self {
            launch,
            root: ground.root(),
        }
    }
}

/// How often the engine asks when it fails with the same class each time.
fn attempts(class: &str) -> usize {
    let policy = RetryPolicy::default();
    let attempts = match class {
        "busy" => policy.busy_attempts,
        "cut" => policy.cut_attempts,
        "garbage" => policy.garbage_attempts,
        _ => 1,
    };
    usize::try_from(attempts).unwrap()
}

impl Stage for Whole {
    fn root(&self) -> &Path {
        &self.root
    }

    fn sessions(&self) -> Result<Arc<dyn Sessions>, String> {
        let hub = Hub::new(self.launch.clone()).map_err(|fault| format!("{fault:?}"))?;
        Ok(hub)
    }

    fn take_crash(&self) -> bool {
        false
    }

    fn requests(&self) -> Option<Vec<ModelRequest>> {
        None
    }
}

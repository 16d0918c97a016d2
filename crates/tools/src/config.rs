//! `Config`: reads settings, and changes one in the person's own file.

use crate::{freshness::tell, limits::EDIT_BYTES, paths};
use gimlet_ports::{
    HostFault, Plan, Preference, Preferences, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn,
    WriteHow,
};
use gimlet_protocol::{Access, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The tool.
pub(crate) struct Config {
    /// `None` where there are no settings to look at.
    pub(crate) preferences: Option<Arc<dyn Preferences>>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ConfigInput {
    /// Such as `permissions.defaultMode`; all without it
    #[serde(default, alias = "key")]
    setting: Option<String>,
    /// JSON
    #[serde(default)]
    value: Option<Value>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigData {
    success: bool,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_value: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    setting: String,
    value: String,
    source: String,
}

impl Config {
    fn preferences(&self) -> Result<&dyn Preferences, ToolFault> {
        let none = || ToolFault::Tell("there are no settings here".to_owned());
        self.preferences.as_deref().ok_or_else(none)
    }
}

impl ConfigInput {
    /// What is to be changed, if anything.
    fn change(&self) -> Result<Option<(&str, &Value)>, ToolFault> {
        match (&self.setting, &self.value) {
            (_, None) => Ok(None),
            (Some(setting), Some(value)) => Ok(Some((setting, value))),
            (None, Some(_)) => Err(ToolFault::Tell("say which setting".to_owned())),
        }
    }
}

impl Tool for Config {
    type Input = ConfigInput;
    type Output = ConfigData;

    const CARD: ToolCard = ToolCard {
        name: "Config",
        about: include_str!("config.md"),
        risk: Risk::Medium,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "asks before it changes a setting",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, input: &ConfigInput, scene: &Scene) -> Result<Plan, ToolFault> {
        let preferences = self.preferences()?;
        let Some((setting, value)) = input.change()? else {
            return Ok(Plan {
                title: "look at the settings".to_owned(),
                risk: Risk::Low,
                accesses: Vec::new(),
            });
        };
        let path = preferences.path();
        Ok(Plan {
            title: format!("set {setting} to {value} in {}", paths::title(scene, &path)),
            risk: Risk::Medium,
            accesses: vec![
                Access::Write { path },
                Access::Person {
                    what: format!("set {setting} to {value}"),
                    alone: "Leave the setting as it is and say what you would change.".to_owned(),
                },
            ],
        })
    }

    async fn run(
        &self,
        input: ConfigInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<ConfigData>, ToolFault> {
        let preferences = self.preferences()?;
        let Some((setting, value)) = input.change()? else {
            let rows = preferences.show(input.setting.as_deref());
            return Ok(shown(rows.map_err(ToolFault::Tell)?, input.setting));
        };
        let path = preferences.path();
        let (text, hash) = match cx.host.read(&path, EDIT_BYTES).await {
            Ok((bytes, stamp)) => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| ToolFault::Tell("the file is not UTF-8 text".to_owned()))?;
                (text, Some(stamp.hash))
            }
            Err(HostFault::NotFound { .. }) => (String::new(), None),
            Err(fault) => return Err(tell(&fault, &cx.scene)),
        };
        let after = preferences
            .changed(&text, setting, value)
            .map_err(ToolFault::Tell)?;
        let how = WriteHow {
            make_folders: true,
            must_be_new: hash.is_none(),
            expect_hash: hash,
        };
        let written = cx.host.write(&path, after.as_bytes(), how).await;
        written.map_err(|fault| tell(&fault, &cx.scene))?;
        let text = format!(
            "set {setting} to {value} in {}; it counts from the next session on",
            path.display()
        );
        let data = ConfigData {
            success: true,
            operation: "set",
            new_value: Some(value.clone()),
            setting: Some(setting.to_owned()),
            values: Vec::new(),
        };
        Ok(ToolReturn::text(text, data))
    }
}

fn shown(rows: Vec<Preference>, setting: Option<String>) -> ToolReturn<ConfigData> {
    let lines: Vec<String> = rows
        .iter()
        .map(|row| format!("{} = {}  ({})", row.key, row.value, row.source))
        .collect();
    let text = if lines.is_empty() {
        "nothing is set: the built-in value counts".to_owned()
    } else {
        lines.join("\n")
    };
    let values = rows
        .into_iter()
        .map(|row| Row {
            setting: row.key,
            value: row.value,
            source: row.source,
        })
        .collect();
    let data = ConfigData {
        success: true,
        operation: "get",
        setting,
        new_value: None,
        values,
    };
    ToolReturn::text(text, data)
}

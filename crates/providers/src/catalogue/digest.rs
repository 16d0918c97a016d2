//! A public catalogue, as models.dev gives it, turned into our lines.

use super::line::Known;
use gimlet_ports::{ModelMore, Price, PriceTier, ToolCalling};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The public catalogue's names of providers, and ours. Others keep their names.
const PROVIDERS: &[(&str, &str)] = &[
    ("amazon-bedrock", "bedrock"),
    ("google", "gemini"),
    ("google-vertex", "vertex"),
    ("google-vertex-anthropic", "vertex"),
    ("togetherai", "together"),
    ("fireworks-ai", "fireworks"),
    ("moonshotai", "moonshot"),
    ("alibaba", "qwen"),
    ("github-models", "github"),
];
/// Providers whose models are listed.
const LISTED: &[&str] = &[
    "anthropic",
    "azure",
    "bedrock",
    "cerebras",
    "deepseek",
    "fireworks",
    "gemini",
    "github",
    "groq",
    "minimax",
    "mistral",
    "moonshot",
    "openai",
    "openrouter",
    "qwen",
    "together",
    "vertex",
    "xai",
    "zai",
];

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    reasoning: bool,
    #[serde(default)]
    tool_call: Option<bool>,
    #[serde(default)]
    structured_output: bool,
    #[serde(default)]
    knowledge: Option<String>,
    #[serde(default)]
    reasoning_options: Vec<Switch>,
    #[serde(default)]
    modalities: Modalities,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cost: Option<Cost>,
}

#[derive(Deserialize)]
struct Switch {
    #[serde(default)]
    values: Vec<Option<String>>,
}

#[derive(Default, Deserialize)]
struct Modalities {
    #[serde(default)]
    input: Vec<String>,
    #[serde(default)]
    output: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Limit {
    #[serde(default)]
    context: u64,
    #[serde(default)]
    output: u64,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(default)]
    input: Option<f64>,
    #[serde(default)]
    output: Option<f64>,
    #[serde(default)]
    cache_read: Option<f64>,
    #[serde(default)]
    cache_write: Option<f64>,
    #[serde(default)]
    tiers: Vec<Tier>,
    #[serde(default)]
    context_over_200k: Option<Box<Cost>>,
}

#[derive(Deserialize)]
struct Tier {
    tier: Size,
    #[serde(flatten)]
    cost: Flat,
}

#[derive(Deserialize)]
struct Size {
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
struct Flat {
    input: f64,
    output: f64,
    #[serde(default)]
    cache_read: Option<f64>,
    #[serde(default)]
    cache_write: Option<f64>,
}

/// The lines, sorted, under a remark that says when they were taken.
///
/// # Errors
/// When the text is no such catalogue.
pub fn digest(json: &str, day: &str) -> Result<String, String> {
    let providers: BTreeMap<String, Provider> = serde_json::from_str(json)
        .map_err(|error| format!("it is no catalogue of models: {error}"))?;
    let mut lines: BTreeMap<String, Known> = BTreeMap::new();
    for (id, provider) in providers {
        let renamed = PROVIDERS.iter().find(|(theirs, _)| *theirs == id);
        let ours = renamed.map_or(id.as_str(), |(_, ours)| ours);
        if !LISTED.contains(&ours) {
            continue;
        }
        for (name, model) in provider.models {
            let is_plain = !name.contains(|c: char| c.is_whitespace() || c.is_control());
            if let Some(known) = model.known(&name).filter(|_| is_plain) {
                lines.insert(format!("{ours}/{name}"), known);
            }
        }
    }
    if lines.is_empty() {
        return Err("it names no models of a provider that is known here".to_owned());
    }
    let mut out = format!("# gimlet models 1 {day}\n");
    for (key, known) in lines {
        out.push_str(&known.write(&key));
        out.push('\n');
    }
    Ok(out)
}

impl Model {
    fn known(self, name: &str) -> Option<Known> {
        let Limit { context, output } = self.limit;
        let speaks = self.modalities.output.is_empty()
            || self.modalities.output.iter().any(|kind| kind == "text");
        if context == 0 || !speaks {
            return None;
        }
        let takes = |kind: &str| self.modalities.input.iter().any(|known| known == kind);
        let switches = self.reasoning_options.into_iter();
        Some(Known {
            context_tokens: context,
            max_output_tokens: if output == 0 {
                context / 4
            } else {
                output.min(context)
            },
            images: takes("image"),
            documents: takes("pdf"),
            thinking: self.reasoning,
            more: ModelMore {
                tools: if self.tool_call.unwrap_or(true) {
                    ToolCalling::Native
                } else {
                    ToolCalling::Missing
                },
                answers: self.structured_output,
                efforts: switches.flat_map(|s| s.values).flatten().collect(),
                knowledge: self.knowledge.filter(|day| !day.contains('\t')),
                tiers: self.cost.as_ref().map(Cost::tiers).unwrap_or_default(),
                edit_format: super::edit_format(name),
            },
            price: self.cost.as_ref().and_then(Cost::price),
        })
    }
}

impl Cost {
    fn price(&self) -> Option<Price> {
        let input = self.input?;
        Some(Price {
            input,
            output: self.output?,
            cache_read: self.cache_read.unwrap_or(input),
            cache_write: self.cache_write.unwrap_or(input),
        })
    }

    fn tiers(&self) -> Vec<PriceTier> {
        if self.tiers.is_empty() {
            let over = self
                .context_over_200k
                .as_ref()
                .and_then(|cost| cost.price());
            let above = 200_000;
            return over
                .map(|price| PriceTier { above, price })
                .into_iter()
                .collect();
        }
        let tiers = self.tiers.iter().map(|Tier { tier, cost }| PriceTier {
            above: tier.size,
            price: Price {
                input: cost.input,
                output: cost.output,
                cache_read: cost.cache_read.unwrap_or(cost.input),
                cache_write: cost.cache_write.unwrap_or(cost.input),
            },
        });
        tiers.collect()
    }
}

//! The feature registry: behaviour that is not yet, or no longer, everyone's.

use std::collections::BTreeSet;

/// How far a behaviour has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// May change or go at any time.
    Experimental,
    /// Meant to stay; its details may change.
    Preview,
    /// Stays. The switch goes with the next release.
    Stable,
    /// Gone. The switch does nothing.
    Removed,
}

impl Stage {
    /// The name that people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::Preview => "preview",
            Self::Stable => "stable",
            Self::Removed => "removed",
        }
    }
}

/// A behaviour with a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Tool input arrives while the model still writes it.
    FineGrainedToolStreaming,
}

/// What is known of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureCard {
    /// The name of its switch.
    pub name: &'static str,
    /// How far it has come.
    pub stage: Stage,
    /// The crate that asks for it.
    pub owner: &'static str,
    /// The version that added it.
    pub since: &'static str,
    /// The version that takes the switch away, where that is decided.
    pub removal: Option<&'static str>,
    /// Whether it is on where nobody says anything.
    pub default_on: bool,
    /// What it does, one sentence.
    pub about: &'static str,
}

impl Feature {
    /// Every feature.
    pub const ALL: &'static [Self] = &[Self::FineGrainedToolStreaming];

    /// What is known of it.
    pub fn card(self) -> FeatureCard {
        match self {
            Self::FineGrainedToolStreaming => FeatureCard {
                name: "fine-grained-tool-streaming",
                stage: Stage::Preview,
                owner: "providers",
                since: "0.1.0",
                removal: None,
                default_on: true,
                about: "Asks the provider to send tool input while it is being written, instead \
                        of checked and whole.",
            },
        }
    }

    /// The feature of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.card().name == name)
    }
}

/// Which features are on. Each behaviour asks through one function of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    on: BTreeSet<Feature>,
}

impl Default for Features {
    fn default() -> Self {
        let on = Feature::ALL
            .iter()
            .copied()
            .filter(|feature| feature.card().default_on);
        Self { on: on.collect() }
    }
}

impl Features {
    /// True when tool input is to arrive while the model still writes it.
    pub fn streams_tool_input(&self) -> bool {
        self.is_on(Feature::FineGrainedToolStreaming)
    }

    /// Every feature with whether it is on, for a listing.
    pub fn list(&self) -> impl Iterator<Item = (FeatureCard, bool)> {
        Feature::ALL
            .iter()
            .map(|feature| (feature.card(), self.is_on(*feature)))
    }

    pub(crate) fn set(&mut self, feature: Feature, on: bool) {
        if on {
            self.on.insert(feature);
        } else {
            self.on.remove(&feature);
        }
    }

    fn is_on(&self, feature: Feature) -> bool {
        self.on.contains(&feature)
    }
}

/// Splits `a,-b` into names with their switch. Spaces and empty parts do not count.
pub(crate) fn switches(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split(',').map(str::trim).filter_map(|part| {
        let (name, on) = match part.strip_prefix('-') {
            Some(name) => (name.trim(), false),
            None => (part, true),
        };
        (!name.is_empty()).then_some((name, on))
    })
}

#[cfg(test)]
mod tests;

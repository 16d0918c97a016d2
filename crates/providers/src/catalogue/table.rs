//! Anthropic's models as models.dev lists them (November 2026), newest first.

use super::{Reasoning, Row, Unreasoned};
use gimlet_ports::Price;

const MILLION: u64 = 1_000_000;

const fn price(input: f64, output: f64, cache_read: f64, cache_write: f64) -> Price {
    Price {
        input,
        output,
        cache_read,
        cache_write,
    }
}

const TOGGLED: Reasoning = Reasoning::Adaptive(Unreasoned::Type("disabled"));
const ALWAYS: Reasoning = Reasoning::Adaptive(Unreasoned::Never);

/// The models that the table knows.
pub(super) const ANTHROPIC: &[Row] = &[
    Row {
        name: "claude-opus-5-5",
        aliases: &["opus"],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(4.0, 20.0, 0.2, 5.0),
        reasoning: ALWAYS,
        refuses_forced_tool: true,
    },
    Row {
        name: "claude-sonnet-5-5",
        aliases: &["sonnet"],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(2.0, 10.0, 0.2, 2.5),
        reasoning: Reasoning::Adaptive(Unreasoned::Type("between_tools")),
        refuses_forced_tool: true,
    },
    Row {
        name: "claude-fable-5-1",
        aliases: &["fable"],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(10.0, 50.0, 0.25, 12.5),
        reasoning: ALWAYS,
        refuses_forced_tool: true,
    },
    Row {
        name: "claude-haiku-4-5",
        aliases: &["haiku"],
        context_tokens: 200_000,
        max_output_tokens: 64_000,
        price: price(1.0, 5.0, 0.1, 1.25),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-fable-5",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(10.0, 50.0, 1.0, 12.5),
        reasoning: ALWAYS,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-5",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(5.0, 25.0, 0.5, 6.25),
        reasoning: TOGGLED,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-sonnet-5",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(2.0, 10.0, 0.2, 2.5),
        reasoning: TOGGLED,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-8",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(5.0, 25.0, 0.5, 6.25),
        reasoning: TOGGLED,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-7",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(5.0, 25.0, 0.5, 6.25),
        reasoning: TOGGLED,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-6",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(5.0, 25.0, 0.5, 6.25),
        reasoning: Reasoning::AdaptiveOrBudget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-sonnet-4-6",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 128_000,
        price: price(3.0, 15.0, 0.3, 3.75),
        reasoning: Reasoning::AdaptiveOrBudget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-5",
        aliases: &[],
        context_tokens: 200_000,
        max_output_tokens: 64_000,
        price: price(5.0, 25.0, 0.5, 6.25),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-sonnet-4-5",
        aliases: &[],
        context_tokens: MILLION,
        max_output_tokens: 64_000,
        price: price(3.0, 15.0, 0.3, 3.75),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-1",
        aliases: &[],
        context_tokens: 200_000,
        max_output_tokens: 32_000,
        price: price(15.0, 75.0, 1.5, 18.75),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-opus-4-0",
        aliases: &[],
        context_tokens: 200_000,
        max_output_tokens: 32_000,
        price: price(15.0, 75.0, 1.5, 18.75),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
    Row {
        name: "claude-sonnet-4-0",
        aliases: &[],
        context_tokens: 200_000,
        max_output_tokens: 64_000,
        price: price(3.0, 15.0, 0.3, 3.75),
        reasoning: Reasoning::Budget,
        refuses_forced_tool: false,
    },
];

//! The vendors, one row each.

use super::{
    AfterTool, AnswerForm, CallIds, ChatQuirks, Documents, EmptyContent, ForcedTool, Images,
    MaxTokens, Parallel, Place, ReasoningBack, ReasoningSwitch, Schemas, SessionMember, SystemRole,
    UsageOption, Vendor, Words,
};

/// A vendor of which nothing is known.
pub(super) const PLAIN: ChatQuirks = ChatQuirks {
    max_tokens: MaxTokens::MaxTokens,
    usage: UsageOption::Asked,
    empty_content: EmptyContent::Blank,
    forced_tool: ForcedTool::Named,
    call_ids: CallIds::Forty,
    reasoning_back: ReasoningBack::Dropped,
    reasoning: ReasoningSwitch::Unsaid,
    images: Images::Sent,
    documents: Documents::Noted,
    session: SessionMember::Unsent,
    after_tool: AfterTool::Said,
    answer: AnswerForm::Schema,
    schemas: Schemas::Whole,
    parallel: Parallel::Unsaid,
    system: SystemRole::System,
};

/// Servers that people run themselves: they pass reasoning on to the model's own template.
const OWN: ChatQuirks = ChatQuirks {
    call_ids: CallIds::Any,
    reasoning_back: ReasoningBack::AsReceived,
    ..PLAIN
};

const HOSTED: Vendor = Vendor {
    name: "",
    base_url: "",
    place: Place::Hosted,
    hosts: &[],
    quirks: PLAIN,
    extras: &[],
};

/// Every vendor that is known.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        hosts: &["api.openai.com"],
        quirks: ChatQuirks {
            max_tokens: MaxTokens::MaxCompletionTokens,
            empty_content: EmptyContent::Null,
            documents: Documents::Files,
            session: SessionMember::PromptCacheKey,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "openrouter",
        base_url: "https://openrouter.ai/api/v1",
        hosts: &["openrouter.ai"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::AsReceived,
            reasoning: ReasoningSwitch::Reasoning,
            documents: Documents::Files,
            session: SessionMember::SessionId,
            ..PLAIN
        },
        // Claude keeps nothing unless it is told to.
        extras: &[("anthropic/", r#""cache_control":{"type":"ephemeral"}"#)],
        ..HOSTED
    },
    Vendor {
        name: "deepseek",
        base_url: "https://api.deepseek.com/v1",
        hosts: &["api.deepseek.com"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::Required,
            reasoning: ReasoningSwitch::Thinking,
            images: Images::Noted,
            answer: AnswerForm::Object,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "moonshot",
        base_url: "https://api.moonshot.ai/v1",
        hosts: &["moonshot.ai", "moonshot.cn", "kimi.com"],
        quirks: ChatQuirks {
            call_ids: CallIds::Any,
            reasoning_back: ReasoningBack::Required,
            session: SessionMember::PromptCacheKey,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "zai",
        base_url: "https://api.z.ai/api/paas/v4",
        hosts: &["z.ai", "bigmodel.cn"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::AsReceived,
            reasoning: ReasoningSwitch::Thinking,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "qwen",
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        hosts: &["aliyuncs.com"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::AsReceived,
            reasoning: ReasoningSwitch::EnableThinking,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "minimax",
        base_url: "https://api.minimax.io/v1",
        hosts: &["minimax.io", "minimaxi.com"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::AsReceived,
            images: Images::Noted,
            ..PLAIN
        },
        // Otherwise reasoning stands in the text.
        extras: &[("", r#""reasoning_split":true"#)],
        ..HOSTED
    },
    Vendor {
        name: "mistral",
        base_url: "https://api.mistral.ai/v1",
        hosts: &["mistral.ai"],
        quirks: ChatQuirks {
            usage: UsageOption::Unasked,
            call_ids: CallIds::Nine,
            after_tool: AfterTool::Bridged,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "groq",
        base_url: "https://api.groq.com/openai/v1",
        hosts: &["api.groq.com"],
        quirks: ChatQuirks {
            max_tokens: MaxTokens::MaxCompletionTokens,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "xai",
        base_url: "https://api.x.ai/v1",
        hosts: &["x.ai"],
        quirks: ChatQuirks {
            max_tokens: MaxTokens::MaxCompletionTokens,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "together",
        base_url: "https://api.together.xyz/v1",
        hosts: &["together.xyz", "together.ai"],
        ..HOSTED
    },
    Vendor {
        name: "fireworks",
        base_url: "https://api.fireworks.ai/inference/v1",
        hosts: &["fireworks.ai"],
        quirks: ChatQuirks {
            reasoning_back: ReasoningBack::AsReceived,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "cerebras",
        base_url: "https://api.cerebras.ai/v1",
        hosts: &["cerebras.ai"],
        quirks: ChatQuirks {
            max_tokens: MaxTokens::MaxCompletionTokens,
            images: Images::Noted,
            schemas: Schemas::Plain,
            ..PLAIN
        },
        ..HOSTED
    },
    Vendor {
        name: "github",
        base_url: "https://models.github.ai/inference",
        hosts: &["models.github.ai"],
        ..HOSTED
    },
    Vendor {
        name: "ollama",
        base_url: "http://127.0.0.1:11434/v1",
        place: Place::Own,
        quirks: ChatQuirks {
            reasoning: ReasoningSwitch::Effort,
            ..OWN
        },
        ..HOSTED
    },
    Vendor {
        name: "lmstudio",
        base_url: "http://127.0.0.1:1234/v1",
        place: Place::Own,
        quirks: ChatQuirks {
            forced_tool: ForcedTool::Required,
            ..OWN
        },
        ..HOSTED
    },
    Vendor {
        name: "llamacpp",
        base_url: "http://127.0.0.1:8080/v1",
        place: Place::Own,
        quirks: ChatQuirks {
            forced_tool: ForcedTool::Required,
            reasoning: ReasoningSwitch::Template,
            ..OWN
        },
        ..HOSTED
    },
    Vendor {
        name: "vllm",
        base_url: "http://127.0.0.1:8000/v1",
        place: Place::Own,
        quirks: ChatQuirks {
            reasoning: ReasoningSwitch::Template,
            ..OWN
        },
        ..HOSTED
    },
    Vendor {
        name: "sglang",
        base_url: "http://127.0.0.1:30000/v1",
        place: Place::Own,
        quirks: ChatQuirks {
            reasoning: ReasoningSwitch::Template,
            ..OWN
        },
        ..HOSTED
    },
    Vendor {
        name: "jan",
        base_url: "http://127.0.0.1:1337/v1",
        place: Place::Own,
        quirks: OWN,
        ..HOSTED
    },
    // A gateway: what stands behind it may refuse what it does not know.
    Vendor {
        name: "litellm",
        base_url: "http://127.0.0.1:4000/v1",
        place: Place::Own,
        ..HOSTED
    },
];

pub(super) const UNSAID: Words = Words {
    off: "",
    adaptive: "",
    budget: "",
};

// A model without reasoning answers any effort but `none` with an error.
pub(super) const EFFORT: Words = Words {
    off: r#""reasoning_effort":"none""#,
    adaptive: "",
    budget: "",
};

// Some models cannot do without, and answer "off" with an error.
pub(super) const REASONING: Words = Words {
    off: "",
    adaptive: r#""reasoning":{"enabled":true}"#,
    budget: r#""reasoning":{"max_tokens":$tokens}"#,
};

pub(super) const THINKING: Words = Words {
    off: r#""thinking":{"type":"disabled"}"#,
    adaptive: r#""thinking":{"type":"enabled"}"#,
    budget: r#""thinking":{"type":"enabled"}"#,
};

pub(super) const ENABLE_THINKING: Words = Words {
    off: r#""enable_thinking":false"#,
    adaptive: r#""enable_thinking":true"#,
    budget: r#""enable_thinking":true,"thinking_budget":$tokens"#,
};

pub(super) const TEMPLATE: Words = Words {
    off: r#""chat_template_kwargs":{"enable_thinking":false}"#,
    adaptive: "",
    budget: "",
};

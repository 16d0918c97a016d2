//! How providers are reached, and what the person knows of their models.

use super::{Key, Scope, Shape};

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        shape,
        scope: Scope::NotRepository,
        default: "",
        about,
    }
}

pub(super) const PROVIDER_KEYS: &[Key] = &[
    key(
        "baseUrl",
        Shape::Address,
        "The address that requests go to, instead of the provider's own.",
    ),
    key(
        "wire",
        Shape::OneOf(&["anthropic", "responses", "chat", "gemini", "converse"]),
        "The interface that the provider speaks, where it is not the one that Gimlet takes for \
         this name; `chat` for names that it does not know.",
    ),
    key(
        "keyHeader",
        Shape::OneOf(&["bearer", "api-key", "x-api-key", "x-goog-api-key"]),
        "The header that carries the key; `bearer` is `authorization: Bearer`.",
    ),
    key(
        "headers",
        Shape::TextByName,
        "More headers for every request.",
    ),
    key(
        "extraBody",
        Shape::Json,
        "Members for the body of every request; one that Gimlet writes too is replaced.",
    ),
    key(
        "quirks",
        Shape::Object(QUIRK_KEYS),
        "How the provider's Chat Completions differ from what Gimlet knows of it.",
    ),
    key(
        "models",
        Shape::ObjectByName(MODEL_KEYS),
        "What you know of single models: it counts before the catalogue.",
    ),
    key(
        "region",
        Shape::Text,
        "Amazon Bedrock: the region, such as `eu-central-1`.",
    ),
    key(
        "profile",
        Shape::Text,
        "Amazon Bedrock: the profile in `~/.aws` whose credentials are used.",
    ),
    key("project", Shape::Text, "Vertex AI: the project that pays."),
    key(
        "location",
        Shape::Text,
        "Vertex AI: where models run, such as `global` or `europe-west1`.",
    ),
    key(
        "apiVersion",
        Shape::Text,
        "Azure: the version of the interface, where one must be named.",
    ),
    key(
        "serviceTier",
        Shape::Text,
        "OpenAI and Bedrock: the tier that requests are served in, such as `flex`.",
    ),
    key(
        "store",
        Shape::Flag,
        "OpenAI's Responses: the provider keeps replies, and requests say only what is new.",
    ),
];

const QUIRK_KEYS: &[Key] = &[
    key(
        "maxTokens",
        Shape::OneOf(&["maxTokens", "maxCompletionTokens"]),
        "The member that limits the reply's tokens.",
    ),
    key(
        "usage",
        Shape::OneOf(&["asked", "unasked"]),
        "Whether counts must be asked for.",
    ),
    key(
        "emptyContent",
        Shape::OneOf(&["blank", "null"]),
        "What stands for the text of a message that only calls tools.",
    ),
    key(
        "forcedTool",
        Shape::OneOf(&["named", "required", "unsaid"]),
        "How one tool is forced.",
    ),
    key(
        "callIds",
        Shape::OneOf(&["forty", "nine", "any"]),
        "What the ids of calls may look like: up to forty plain characters, exactly nine, or any.",
    ),
    key(
        "reasoningBack",
        Shape::OneOf(&["dropped", "asReceived", "required"]),
        "Which reasoning goes back to the provider.",
    ),
    key(
        "reasoning",
        Shape::OneOf(&[
            "unsaid",
            "effort",
            "reasoning",
            "thinking",
            "enableThinking",
            "template",
        ]),
        "How reasoning is switched.",
    ),
    key(
        "images",
        Shape::OneOf(&["sent", "noted"]),
        "Whether pictures are sent, or a note stands for them.",
    ),
    key(
        "documents",
        Shape::OneOf(&["noted", "files"]),
        "Whether documents that are no text are sent as files.",
    ),
    key(
        "session",
        Shape::OneOf(&["unsent", "promptCacheKey", "sessionId"]),
        "The member that carries the session, so that its requests meet one cache.",
    ),
    key(
        "afterTool",
        Shape::OneOf(&["said", "bridged"]),
        "Whether a person may speak right after a tool's result.",
    ),
    key(
        "answer",
        Shape::OneOf(&["schema", "object", "unsaid"]),
        "How the form of an answer is asked for.",
    ),
    key(
        "schemas",
        Shape::OneOf(&["whole", "plain"]),
        "Whether the schemas of tools go out with words such as `format` and `minimum`.",
    ),
    key(
        "parallel",
        Shape::OneOf(&["unsaid", "one"]),
        "Whether a reply is held to one call.",
    ),
    key(
        "system",
        Shape::OneOf(&["system", "developer", "user"]),
        "The role of the system prompt.",
    ),
];

const MODEL_KEYS: &[Key] = &[
    key(
        "contextTokens",
        Shape::Whole {
            min: 1_000,
            max: 100_000_000,
        },
        "Tokens of input and output together.",
    ),
    key(
        "maxOutputTokens",
        Shape::Whole {
            min: 1,
            max: 10_000_000,
        },
        "Tokens that one reply may have.",
    ),
    key(
        "inputPrice",
        Shape::Price,
        "Dollars for a million tokens of input.",
    ),
    key(
        "outputPrice",
        Shape::Price,
        "Dollars for a million tokens of output.",
    ),
    key(
        "cacheReadPrice",
        Shape::Price,
        "Dollars for a million tokens that the provider's cache held.",
    ),
    key(
        "cacheWritePrice",
        Shape::Price,
        "Dollars for a million tokens that are written to the provider's cache.",
    ),
    key("images", Shape::Flag, "Takes pictures."),
    key("documents", Shape::Flag, "Takes PDF documents."),
    key("thinking", Shape::Flag, "Reasons before it answers."),
    key(
        "tools",
        Shape::OneOf(&["native", "text"]),
        "`text` for a model whose interface has no tool calls: they go through its text.",
    ),
    key(
        "editFormat",
        Shape::OneOf(&["search-replace", "patch", "whole-file"]),
        "The kind of edit that it makes best.",
    ),
];

//! The neutral message: what every provider's dialect is translated from and to.

use crate::{CallId, Verbatim};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person, tool results and reminders.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation as the model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "FlatBlock")]
pub enum Block {
    /// Plain text.
    Text {
        /// The text.
        text: String,
        /// The provider's own form, where it must be replayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    /// The model's reasoning. Empty text with an opaque form is redacted reasoning.
    Thought {
        /// The readable part.
        text: String,
        /// The provider's own form with its signature.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Opaque>,
    },
    /// The model asks for a tool.
    Call(Call),
    /// What a call gave back.
    Result {
        /// The call that is answered.
        call: CallId,
        /// Text, images and documents only.
        content: Vec<Block>,
        /// False when the tool failed or was refused.
        ok: bool,
    },
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
        media_type: String,
        /// Base64, standard alphabet with padding.
        data: String,
    },
    /// A document, such as a PDF.
    Document {
        /// For instance `application/pdf`.
        media_type: String,
        /// Base64, standard alphabet with padding.
        data: String,
        /// Shown to the model as the document's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// A block of the provider that has no neutral form and is replayed as it came.
    Kept {
        /// The provider's own form.
        opaque: Opaque,
    },
}

impl Block {
    /// A text block without provider data.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            opaque: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BlockType {
    Text,
    Thought,
    Call,
    Result,
    Image,
    Document,
    Kept,
}

/// A block as it is read: derived code for tagged enums reads into a buffer first, in which
/// the provider's own text would be lost.
#[derive(Deserialize)]
struct FlatBlock {
    r#type: BlockType,
    text: Option<String>,
    opaque: Option<Opaque>,
    id: Option<CallId>,
    tool: Option<String>,
    #[serde(default, deserialize_with = "given_value")]
    input: Option<Value>,
    broken: Option<String>,
    call: Option<CallId>,
    content: Option<Vec<Block>>,
    ok: Option<bool>,
    media_type: Option<String>,
    data: Option<String>,
    title: Option<String>,
}

/// Tells `null` from a member that is not there.
fn given_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<FlatBlock> for Block {
    type Error = String;

    fn try_from(flat: FlatBlock) -> Result<Self, String> {
        fn given<T>(field: &str, value: Option<T>) -> Result<T, String> {
            value.ok_or_else(|| format!("missing field `{field}`"))
        }
        let opaque = flat.opaque;
        Ok(match flat.r#type {
            BlockType::Text => Self::Text {
                text: given("text", flat.text)?,
                opaque,
            },
            BlockType::Thought => Self::Thought {
                text: given("text", flat.text)?,
                opaque,
            },
            BlockType::Call => Self::Call(Call {
                id: given("id", flat.id)?,
                tool: given("tool", flat.tool)?,
                input: given("input", flat.input)?,
                broken: flat.broken,
                opaque,
            }),
            BlockType::Result => Self::Result {
                call: given("call", flat.call)?,
                content: given("content", flat.content)?,
                ok: given("ok", flat.ok)?,
            },
            BlockType::Image => Self::Image {
                media_type: given("media_type", flat.media_type)?,
                data: given("data", flat.data)?,
            },
            BlockType::Document => Self::Document {
                media_type: given("media_type", flat.media_type)?,
                data: given("data", flat.data)?,
                title: flat.title,
            },
            BlockType::Kept => Self::Kept {
                opaque: given("opaque", opaque)?,
            },
        })
    }
}

/// A tool call as the model made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Unique within the session.
    pub id: CallId,
    /// The tool's name as the model wrote it.
    pub tool: String,
    /// The input, keys in the order in which the model wrote them.
    pub input: Value,
    /// Why the input is not what the model meant: it was no valid JSON. `input` then is
    /// `{"INVALID_JSON": "<what the model wrote>"}`, so that the call can be replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The provider's own form, where it must be replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

/// What a provider returned and wants back, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opaque {
    /// The dialect that understands it, such as `anthropic`. Others leave it out.
    pub dialect: String,
    /// The provider's JSON.
    pub data: Verbatim,
}

//! Pieces of what a person or a tool shows.

use super::super::vendor::{ChatQuirks, Documents, Images};
use crate::wire_text::{data_url, document_text, titled};
use gimlet_protocol::Block;
use serde::Serialize;
use std::borrow::Cow;

/// A piece of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
    File { file: File },
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl {
    url: String,
}

#[derive(Debug, Serialize)]
pub(super) struct File {
    filename: String,
    file_data: String,
}

/// The text of a piece that is text.
pub(super) fn text_of<'a>(part: &'a Part<'_>) -> Option<&'a str> {
    match part {
        Part::Text { text } => Some(text),
        Part::ImageUrl { .. } | Part::File { .. } => None,
    }
}

/// A block of a person or a result; `None` for what is shown otherwise, or is empty.
pub(super) fn part<'a>(block: &'a Block, quirks: &ChatQuirks) -> Option<Part<'a>> {
    match block {
        Block::Text { text, .. } => {
            (!text.trim().is_empty()).then_some(Part::Text { text: text.into() })
        }
        Block::Image { media_type, data } => Some(match quirks.images {
            Images::Sent => Part::ImageUrl {
                image_url: ImageUrl {
                    url: data_url(media_type, data),
                },
            },
            Images::Noted => note(format!(
                "[a picture ({media_type}) that this model cannot see]"
            )),
        }),
        Block::Document {
            media_type,
            data,
            title,
        } => Some(document(
            media_type,
            data,
            title.as_deref(),
            quirks.documents,
        )),
        Block::Thought { .. } | Block::Call(_) | Block::Result { .. } | Block::Kept { .. } => None,
    }
}

/// A text document goes as text; others as files, or a note stands for them.
fn document<'a>(media_type: &str, data: &str, title: Option<&str>, others: Documents) -> Part<'a> {
    let name = title.unwrap_or("document");
    if let Some(text) = document_text(media_type, data) {
        return note(titled(name, &text));
    }
    match others {
        Documents::Files => Part::File {
            file: File {
                filename: name.to_owned(),
                file_data: data_url(media_type, data),
            },
        },
        Documents::Noted => note(format!(
            "[the document \"{name}\" ({media_type}) that this model cannot read]"
        )),
    }
}

fn note<'a>(text: String) -> Part<'a> {
    Part::Text { text: text.into() }
}

//! PDFs: small ones as documents, pages of large ones as text.

use super::{PdfFile, ReadData, Subject, TextFile, seen};
use crate::limits::{PDF_DOCUMENT_BYTES, PDF_PAGES_A_CALL, PDF_PAGES_UNASKED, READ_BYTES};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gimlet_ports::{ToolFault, ToolReturn};
use gimlet_protocol::{Block, Stamp};
use pdf_extract::{Document, OutputError, PlainTextOutput, output_doc_page};
use std::ops::RangeInclusive;

pub(super) async fn show(
    subject: Subject<'_>,
    pages: Option<&str>,
) -> Result<ToolReturn<ReadData>, ToolFault> {
    let Subject {
        path,
        name,
        bytes,
        stamp,
    } = subject;
    let asked = pages.map(parse).transpose()?;
    let small = stamp.size <= PDF_DOCUMENT_BYTES;
    let broken = |why: String| ToolFault::Tell(format!("{name} could not be read as a PDF: {why}"));
    let (bytes, looked) = tokio::task::spawn_blocking(move || {
        let looked = look(&bytes, asked, small);
        (bytes, looked)
    })
    .await
    .map_err(|_| broken("the reader failed on it".to_owned()))?;
    let marks = vec![seen(
        path,
        Stamp {
            whole: true,
            ..stamp.clone()
        },
    )];
    let file_path = path.display().to_string();
    match looked.map_err(|error| broken(error.to_string()))? {
        Looked::TooMany { pages } => Err(ToolFault::Tell(format!(
            "{name} has {pages} pages; give pages, such as \"1-{PDF_PAGES_A_CALL}\" (at most \
             {PDF_PAGES_A_CALL} a call)"
        ))),
        Looked::PastEnd { pages } => Err(ToolFault::Tell(format!(
            "{name} has {pages} pages; none of those was asked for"
        ))),
        Looked::Whole { pages } => {
            let about = format!("[PDF {name}: {pages} pages, {} bytes]", stamp.size);
            let base64 = BASE64_STANDARD.encode(bytes);
            let document = Block::Document {
                media_type: "application/pdf".to_owned(),
                data: base64.clone(),
                title: path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            };
            let data = ReadData::Pdf(PdfFile {
                file_path,
                base64,
                original_size: stamp.size,
            });
            let content = vec![Block::text(about), document];
            Ok(ToolReturn {
                content,
                data,
                marks,
                failed: false,
            })
        }
        Looked::Text { text, pages, cut } => {
            let mut shown = text;
            if cut {
                shown.push_str("\n[the text is cut here by the size limit; ask for fewer pages]");
            }
            let lines = u64::try_from(shown.lines().count()).unwrap_or(u64::MAX);
            let data = ReadData::Text(TextFile {
                file_path,
                content: shown.clone(),
                num_lines: lines,
                start_line: 1,
                total_lines: lines,
                truncated_by_token_cap: cut,
            });
            let text = format!("[PDF {name}: text of its pages, {pages} in all]\n{shown}");
            Ok(ToolReturn {
                content: vec![Block::text(text)],
                data,
                marks,
                failed: false,
            })
        }
    }
}

/// What a look into the file gave.
enum Looked {
    /// Goes to the model as it is.
    Whole { pages: usize },
    /// The text of some pages.
    Text {
        text: String,
        pages: usize,
        cut: bool,
    },
    /// Needs `pages`.
    TooMany { pages: usize },
    /// No page of these numbers.
    PastEnd { pages: usize },
}

fn look(
    bytes: &[u8],
    asked: Option<RangeInclusive<u32>>,
    small: bool,
) -> Result<Looked, OutputError> {
    let mut document = Document::load_mem(bytes)?;
    if document.is_encrypted() {
        document.decrypt("")?;
    }
    let pages = document.get_pages().len();
    let count = u32::try_from(pages).unwrap_or(u32::MAX);
    let range = match asked {
        Some(range) => range,
        None if count > PDF_PAGES_UNASKED => return Ok(Looked::TooMany { pages }),
        None if small => return Ok(Looked::Whole { pages }),
        None => 1..=count,
    };
    if *range.start() > count {
        return Ok(Looked::PastEnd { pages });
    }
    let mut text = String::new();
    for number in *range.start()..=(*range.end()).min(count) {
        let mut page = String::new();
        output_doc_page(&document, &mut PlainTextOutput::new(&mut page), number)?;
        text.extend([format!("--- page {number} ---\n{}\n", page.trim())]);
        if text.len() > READ_BYTES {
            let at = (0..=READ_BYTES)
                .rev()
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            text.truncate(at);
            return Ok(Looked::Text {
                text,
                pages,
                cut: true,
            });
        }
    }
    Ok(Looked::Text {
        text,
        pages,
        cut: false,
    })
}

/// Reads `3`, `1-5` or `7-`.
fn parse(pages: &str) -> Result<RangeInclusive<u32>, ToolFault> {
    let wrong = || {
        ToolFault::Tell(format!(
            "pages is \"{pages}\"; write it as \"3\" or \"1-5\""
        ))
    };
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    let (first, last) = match pages.split_once('-') {
        None => (number(pages), number(pages)),
        Some((first, "")) => {
            let first = number(first);
            (
                first,
                first.map(|first| first.saturating_add(PDF_PAGES_A_CALL - 1)),
            )
        }
        Some((first, last)) => (number(first), number(last)),
    };
    let (first, last) = first.zip(last).ok_or_else(wrong)?;
    if last < first {
        return Err(wrong());
    }
    if last - first >= PDF_PAGES_A_CALL {
        return Err(ToolFault::Tell(format!(
            "pages asks for {} pages; at most {PDF_PAGES_A_CALL} a call",
            u64::from(last - first) + 1
        )));
    }
    Ok(first..=last)
}

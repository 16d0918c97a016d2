//! A body as text, by what it is: HTML, PDF, JSON, or text already; in any charset.

use super::html;
use crate::limits::PAGE_TEXT_BYTES;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use gimlet_ports::WebPage;
use pdf_extract::{Document, OutputError, PlainTextOutput, output_doc_page};
use serde_json::Value;
use url::Url;

/// Bytes in which a page of HTML says what its charset is.
const DECLARED_WITHIN: usize = 1_024;

/// The text of a page, or a fragment that says why there is none.
pub(super) fn of(page: &WebPage) -> Result<String, String> {
    let content_type = page.content_type.as_deref().unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let body = &page.body;
    if kind == "application/pdf" || body.starts_with(b"%PDF-") {
        return pdf(body).map_err(|error| format!("it is no PDF as it should be: {error}"));
    }
    let is_html = match kind.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        "" | "application/octet-stream" | "text/plain" => looks_like_html(body),
        _ => false,
    };
    let text = decoded(body, content_type, is_html);
    if text.contains('\0') {
        return Err("it is no text".to_owned());
    }
    if is_html && kind != "text/plain" {
        let base = Url::parse(&page.url).ok();
        return Ok(cut(html::to_text(&text, base.as_ref())));
    }
    let is_json = kind == "application/json" || kind.ends_with("+json");
    // What has lines of its own is readable as it is.
    if is_json
        && !text.trim_end().contains('\n')
        && let Ok(value) = serde_json::from_str::<Value>(&text)
        && let Ok(lines) = serde_json::to_string_pretty(&value)
    {
        return Ok(cut(lines));
    }
    Ok(cut(text))
}

fn looks_like_html(body: &[u8]) -> bool {
    let start = body.get(..DECLARED_WITHIN).unwrap_or(body);
    let start = String::from_utf8_lossy(start).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// The text, by its mark, its header, its own words, or what it can be.
fn decoded(body: &[u8], content_type: &str, is_html: bool) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        let rest = body.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0.into_owned();
    }
    let in_body = || {
        let start = body.get(..DECLARED_WITHIN).unwrap_or(body);
        is_html
            .then(|| declared(&String::from_utf8_lossy(start)))
            .flatten()
    };
    let encoding = declared(content_type).or_else(in_body).unwrap_or_else(|| {
        if std::str::from_utf8(body).is_ok() {
            UTF_8
        } else {
            WINDOWS_1252
        }
    });
    encoding.decode_without_bom_handling(body).0.into_owned()
}

/// The charset that a header or the start of a page names.
fn declared(text: &str) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let (_, after) = text.split_once("charset")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let after = after.trim_start_matches(['"', '\'']);
    let label = after
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')))
        .next()?;
    Encoding::for_label(label.as_bytes())
}

fn pdf(body: &[u8]) -> Result<String, OutputError> {
    let mut document = Document::load_mem(body)?;
    if document.is_encrypted() {
        document.decrypt("")?;
    }
    let mut text = String::new();
    for number in document.get_pages().into_keys() {
        let mut page = String::new();
        output_doc_page(&document, &mut PlainTextOutput::new(&mut page), number)?;
        text.extend([format!("--- page {number} ---\n{}\n", page.trim())]);
        if text.len() > PAGE_TEXT_BYTES {
            break;
        }
    }
    Ok(cut(text))
}

/// At most the bytes that are kept of a page's text.
fn cut(mut text: String) -> String {
    if text.len() > PAGE_TEXT_BYTES {
        let at = text.floor_char_boundary(PAGE_TEXT_BYTES);
        text.truncate(at);
        text.push_str("\n[the text is cut here by the size limit]");
    }
    text
}

#[cfg(test)]
mod tests;

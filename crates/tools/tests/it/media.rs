//! Images, PDFs and notebooks.

use crate::rig::Rig;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gimlet_protocol::Block;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::json;
use std::io::Cursor;

/// A picture with so much noise that it does not pack well.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut state = 1_u32;
    let image = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [red, green, blue, _] = state.to_be_bytes();
        Rgb([red, green, blue])
    });
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(image)
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

fn shown_image(blocks: &[Block]) -> (String, Vec<u8>) {
    match blocks {
        [Block::Text { .. }, Block::Image { media_type, data }] => {
            (media_type.clone(), BASE64_STANDARD.decode(data).unwrap())
        }
        other => panic!("{} blocks", other.len()),
    }
}

#[test]
fn a_small_image_is_shown_as_it_is() {
    for (format, media_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let rig = Rig::new();
        let bytes = picture(20, 10, format);
        // The content counts, not the name.
        rig.put("a.png", &bytes);
        let gave = rig.call("Read", json!({"file_path": "a.png"}));
        assert_eq!(
            gave.text,
            format!("[image a.png: 20x10, {} bytes]", bytes.len())
        );
        assert_eq!(
            shown_image(&gave.blocks),
            (media_type.to_owned(), bytes.clone())
        );
        assert_eq!(
            gave.data,
            json!({"type": "image", "file": {
                "base64": BASE64_STANDARD.encode(&bytes), "type": media_type,
                "originalSize": bytes.len(),
                "dimensions": {
                    "originalWidth": 20, "originalHeight": 10,
                    "displayWidth": 20, "displayHeight": 10
                }
            }})
        );
    }
}

#[test]
fn a_large_image_is_scaled_down() {
    let rig = Rig::new();
    let bytes = picture(1_600, 30, ImageFormat::Png);
    rig.put("a.png", &bytes);
    let gave = rig.call("Read", json!({"file_path": "a.png"}));
    assert_eq!(
        gave.text,
        format!(
            "[image a.png: 1600x30, {} bytes, shown at 1568x29]",
            bytes.len()
        )
    );
    let (_, shown) = shown_image(&gave.blocks);
    let shown = image::load_from_memory(&shown).unwrap();
    assert_eq!((shown.width(), shown.height()), (1_568, 29));
}

#[test]
fn a_broken_image_is_told() {
    let rig = Rig::new();
    let mut bytes = picture(50, 50, ImageFormat::Png);
    bytes.truncate(100);
    rig.put("a.png", bytes);
    let text = rig.fails("Read", json!({"file_path": "a.png"}));
    assert!(
        text.starts_with("a.png could not be read as an image: "),
        "{text}"
    );
}

#[test]
fn text_with_the_name_of_an_image_is_text() {
    let rig = Rig::new();
    rig.put("a.png", "no image\n");
    assert_eq!(
        rig.ok("Read", json!({"file_path": "a.png"})),
        "     1\tno image\n"
    );
}

/// A PDF with one line of text a page, made by hand.
fn pdf(pages: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..pages)
        .map(|page| format!("{} 0 R", 4 + 2 * page))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {pages} >>",
            kids.join(" ")
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    for page in 0..pages {
        let text = format!("BT /F1 24 Tf 72 700 Td (Hello page {}) Tj ET", page + 1);
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources << \
             /Font << /F1 3 0 R >> >> >>",
            5 + 2 * page
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{text}\nendstream",
            text.len()
        ));
    }
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.push_str(&format!(
        "{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}

#[test]
fn a_small_pdf_goes_to_the_model_as_a_document() {
    let rig = Rig::new();
    let bytes = pdf(2);
    rig.put("a.pdf", &bytes);
    let gave = rig.call("Read", json!({"file_path": "a.pdf"}));
    assert_eq!(
        gave.text,
        format!("[PDF a.pdf: 2 pages, {} bytes]", bytes.len())
    );
    let document = Block::Document {
        media_type: "application/pdf".to_owned(),
        data: BASE64_STANDARD.encode(&bytes),
        title: Some("a.pdf".to_owned()),
    };
    assert_eq!(gave.blocks.get(1), Some(&document));
    assert_eq!(gave.data["type"], "pdf");
    assert_eq!(gave.data["file"]["originalSize"], bytes.len());
}

#[test]
fn pages_of_a_pdf_come_as_text() {
    let rig = Rig::new();
    rig.put("a.pdf", pdf(30));
    let read = |pages: &str| {
        rig.call("Read", json!({"file_path": "a.pdf", "pages": pages}))
            .text
    };
    assert_eq!(
        read("2-3"),
        "[PDF a.pdf: text of its pages, 30 in all]\n--- page 2 ---\nHello page 2\n--- page 3 \
         ---\nHello page 3\n"
    );
    assert!(read("30").ends_with("--- page 30 ---\nHello page 30\n"));
    assert!(read("29-").ends_with("Hello page 29\n--- page 30 ---\nHello page 30\n"));
    assert_eq!(
        read("31"),
        "a.pdf has 30 pages; none of those was asked for"
    );
    assert_eq!(read("1-21"), "pages asks for 21 pages; at most 20 a call");
    for wrong in ["x", "0", "3-1", "", "-"] {
        assert_eq!(
            read(wrong),
            format!("pages is \"{wrong}\"; write it as \"3\" or \"1-5\"")
        );
    }
    assert_eq!(
        rig.fails("Read", json!({"file_path": "a.pdf"})),
        "a.pdf has 30 pages; give pages, such as \"1-20\" (at most 20 a call)"
    );
}

#[test]
fn a_broken_pdf_is_told() {
    let rig = Rig::new();
    rig.put("a.pdf", "%PDF-1.4\nnothing");
    let text = rig.fails("Read", json!({"file_path": "a.pdf"}));
    assert!(
        text.starts_with("a.pdf could not be read as a PDF: "),
        "{text}"
    );
}

#[test]
fn a_notebook_comes_with_its_outputs() {
    let rig = Rig::new();
    let image = BASE64_STANDARD.encode(picture(2, 2, ImageFormat::Png));
    let notebook = json!({
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
        "cells": [
            {"cell_type": "markdown", "id": "intro", "metadata": {}, "source": ["# Title\n", "text"]},
            {"cell_type": "code", "id": "c1", "execution_count": 7, "metadata": {}, "source": "print(1)",
             "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
                {"output_type": "display_data", "data": {"image/png": image, "text/plain": "<Figure>"}},
                {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["Trace", "E: v"]}
             ]}
        ]
    });
    rig.put("a.ipynb", notebook.to_string());
    let gave = rig.call("Read", json!({"file_path": "a.ipynb"}));
    insta::assert_snapshot!(gave.text, @r#"
    [notebook a.ipynb: 2 cells, python]
    <cell id="intro" type="markdown">
    # Title
    text
    </cell>
    <cell id="c1" type="code">
    print(1)
    </cell>
    <output>
    1
    </output>
    <output>
    <Figure>
    </output>
    <output>
    Trace
    E: v
    </output>
    "#);
    assert_eq!(
        gave.blocks.get(1),
        Some(&Block::Image {
            media_type: "image/png".to_owned(),
            data: image
        })
    );
    assert_eq!(
        gave.data["file"]["cells"][0],
        json!({
            "cell_id": "intro", "cellType": "markdown", "source": "# Title\ntext",
            "language": null, "execution_count": null, "outputs": []
        })
    );
    rig.put("b.ipynb", "{");
    let text = rig.fails("Read", json!({"file_path": "b.ipynb"}));
    assert!(text.starts_with("b.ipynb is no valid notebook: "), "{text}");
}

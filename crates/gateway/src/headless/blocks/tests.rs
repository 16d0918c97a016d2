use super::{content, read_content};
use gimlet_protocol::{Block, Opaque, Verbatim};
use serde_json::{Value, json};

#[test]
fn a_client_may_say_text_images_and_documents() {
    let said = json!([
        {"type": "text", "text": "Look."},
        {"type": "image", "source": {
            "type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "document", "title": "a.pdf", "source": {
            "type": "base64", "media_type": "application/pdf", "data": "aGk="}},
        {"type": "document", "title": "a.txt", "source": {
            "type": "text", "media_type": "text/plain", "data": "words"}},
    ]);
    let expected = vec![
        Block::text("Look."),
        Block::Image {
            media_type: "image/png".to_owned(),
            data: "aGk=".to_owned(),
        },
        Block::Document {
            media_type: "application/pdf".to_owned(),
            data: "aGk=".to_owned(),
            title: Some("a.pdf".to_owned()),
        },
        Block::text("a.txt\n\nwords"),
    ];
    assert_eq!(read_content(&said), Ok(expected));
    assert_eq!(read_content(&json!("Hi.")), Ok(vec![Block::text("Hi.")]));
}

#[test]
fn what_cannot_be_sent_on_is_refused_with_its_reason() {
    let image = |media_type: &str, data: &str| {
        let source = json!({"type": "base64", "media_type": media_type, "data": data});
        json!([{"type": "image", "source": source}])
    };
    let cases: [(Value, &str); 8] = [
        (json!("  "), "the message is empty"),
        (json!([]), "the message is empty"),
        (
            json!(7),
            "`message.content` is neither a string nor a list of blocks",
        ),
        (json!([{"text": "x"}]), "a content block has no `type`"),
        (
            json!([{"type": "tool_result", "tool_use_id": "t"}]),
            "blocks of type `tool_result` are not taken from a client",
        ),
        (
            image("image/tiff", "aGk="),
            "images of type `image/tiff` are not taken",
        ),
        (
            image("image/png", "a b="),
            "the data of a block of type `image` is not base64",
        ),
        (
            json!([{"type": "image", "source": {"type": "url", "url": "http://x"}}]),
            "the `source` of a block of type `image` is not `base64`",
        ),
    ];
    for (said, why) in cases {
        assert_eq!(read_content(&said), Err(why.to_owned()), "{said}");
    }
}

#[test]
fn one_plain_text_is_a_string_and_more_is_a_list() {
    assert_eq!(content(&[]), json!(""));
    assert_eq!(content(&[Block::text("a")]), json!("a"));
    let image = Block::Image {
        media_type: "image/png".to_owned(),
        data: "aGk=".to_owned(),
    };
    assert_eq!(
        content(&[Block::text("a"), image]),
        json!([
            {"type": "text", "text": "a"},
            {"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": "aGk="}},
        ])
    );
}

#[test]
fn a_block_of_another_dialect_is_left_out() {
    let data = Verbatim::parse(r#"{"type":"odd"}"#.to_owned()).unwrap();
    let own = |dialect: &str| Block::Kept {
        opaque: Opaque {
            dialect: dialect.to_owned(),
            data: data.clone(),
        },
    };
    assert_eq!(
        content(&[own("anthropic"), own("elsewhere")]),
        json!([{"type": "odd"}])
    );
}

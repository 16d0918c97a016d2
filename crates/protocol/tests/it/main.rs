//! The serialised shapes that the log and clients depend on.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use gimlet_protocol::{
    Access, Block, Call, CallId, Entry, EntryId, Fact, Mark, Opaque, ReplyId, Said, Stamp,
    Timestamp, Verbatim,
};
use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf};

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn opaque() -> Opaque {
    let data = Verbatim::parse(r#"{"sig":  "abc", "n": 1.50}"#.to_owned()).unwrap();
    Opaque {
        dialect: "anthropic".to_owned(),
        data,
    }
}

#[test]
fn blocks_keep_the_providers_text() {
    let blocks = vec![
        Block::Text {
            text: "a\n\"b\"".to_owned(),
            opaque: Some(opaque()),
        },
        Block::Thought {
            text: String::new(),
            opaque: Some(opaque()),
        },
        Block::Call(Call {
            id: CallId::from("c1"),
            tool: "Read".to_owned(),
            input: serde_json::Value::Null,
            broken: None,
            opaque: Some(opaque()),
        }),
        Block::Result {
            call: CallId::from("c1"),
            content: vec![Block::text("x")],
            ok: true,
        },
        Block::Image {
            media_type: "image/png".to_owned(),
            data: "AAAA".to_owned(),
        },
        Block::Document {
            media_type: "application/pdf".to_owned(),
            data: "AAAA".to_owned(),
            title: Some("t".to_owned()),
        },
        Block::Kept { opaque: opaque() },
    ];
    let text = serde_json::to_string(&blocks).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Block>>(&text).unwrap(), blocks);
}

#[test]
fn a_block_without_its_field_is_refused_by_name() {
    let error = serde_json::from_str::<Block>(r#"{"type":"text"}"#).unwrap_err();
    assert_eq!(error.to_string(), "missing field `text`");
}

#[test]
fn marks_keep_times_far_from_now() {
    for modified_ns in [
        0,
        -1,
        1_700_000_000_000_000_000,
        i128::from(i64::MAX) * 1_000,
    ] {
        let stamp = Stamp {
            hash: "h".to_owned(),
            size: u64::MAX,
            modified_ns,
            whole: true,
        };
        let mark = Mark::Seen {
            path: PathBuf::from("/a"),
            stamp,
        };
        assert_eq!(through_json(&mark), mark);
    }
}

#[test]
fn paths_that_are_no_text_survive() {
    let path = PathBuf::from(OsString::from_vec(b"/tmp/\xff\xfe".to_vec()));
    let access = Access::Write { path: path.clone() };
    assert_eq!(
        serde_json::to_string(&access).unwrap(),
        r#"{"type":"write","path":{"hex":"2f746d702ffffe"}}"#
    );
    assert_eq!(through_json(&access), access);
    let mark = Mark::Cwd { path };
    assert_eq!(through_json(&mark), mark);
}

#[test]
fn a_fact_of_a_newer_version_is_kept_as_it_stands() {
    for text in [
        r#"{"type":"dreamt","data":{"n":1.50,  "z":0,"a":1}}"#,
        r#"{"kind":1,"type":"dreamt"}"#,
        r#"{"data":null,"type":"dreamt","more":[]}"#,
        r#"{"type":"dreamt"}"#,
    ] {
        let fact: Fact = serde_json::from_str(text).unwrap();
        assert_eq!(
            fact,
            Fact::Unknown(Verbatim::parse(text.to_owned()).unwrap())
        );
        assert_eq!(serde_json::to_string(&fact).unwrap(), text);
    }
}

#[test]
fn a_known_fact_is_read_in_any_order_of_members() {
    let said = Fact::Said(Said {
        reply: ReplyId::from("r"),
        text: "hi".to_owned(),
        opaque: None,
    });
    for text in [
        r#"{"type":"said","data":{"reply":"r","text":"hi"}}"#,
        r#"{"data":{"text":"hi","reply":"r"},"type":"said"}"#,
        r#"{"x":1,"type":"said","y":2,"data":{"reply":"r","text":"hi","new":3},"z":4}"#,
    ] {
        assert_eq!(serde_json::from_str::<Fact>(text).unwrap(), said);
    }
}

#[test]
fn a_known_fact_of_another_shape_is_an_error_that_names_it() {
    let line = r#"{"id":3,"parent":2,"at":5,"fact":{"type":"said","data":{"reply":"r"}}}"#;
    let error = serde_json::from_str::<Entry>(line).unwrap_err().to_string();
    assert!(
        error.starts_with("fact `said`: missing field `text`"),
        "{error}"
    );
    let entry = Entry {
        id: EntryId(3),
        parent: None,
        at: Timestamp(5),
        fact: Fact::Began(CallId::from("c")),
    };
    assert_eq!(through_json(&entry), entry);
}

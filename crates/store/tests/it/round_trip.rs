//! Whatever the facts hold, the log gives them back.

use crate::{Home, entries, sample::returned};
use gimlet_ports::SessionLog;
use gimlet_protocol::{
    Block, Call, CallId, Called, Change, Fact, Incoming, Mark, OpKey, Opaque, Origin, ReplyId,
    Said, Stamp, Verbatim,
};
use gimlet_store::{ForkAt, Store};
use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;
use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _, path::PathBuf};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\"\\\\\u{2028}\u{feff}漢🦀a-z]{0,40}"
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((any_text(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn opaque() -> impl Strategy<Value = Opaque> {
    json().prop_map(|value| Opaque {
        dialect: "anthropic".to_owned(),
        data: Verbatim::parse(value.to_string()).unwrap(),
    })
}

fn path() -> impl Strategy<Value = PathBuf> {
    vec(1_u8..=255, 1..20).prop_map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        (any_text(), option::of(opaque())).prop_map(|(text, opaque)| Block::Text { text, opaque }),
        (any_text(), option::of(any_text())).prop_map(|(data, title)| Block::Document {
            media_type: "application/pdf".to_owned(),
            data,
            title
        }),
        opaque().prop_map(|opaque| Block::Kept { opaque }),
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        (any_text(), option::of(opaque())).prop_map(|(text, opaque)| Fact::Said(Said {
            reply: ReplyId::from("r"),
            text,
            opaque
        })),
        vec(block(), 0..4).prop_map(|content| Fact::Prompted(Incoming {
            key: OpKey::from("op"),
            origin: Origin::Person,
            content
        })),
        (any_text(), json(), option::of(opaque())).prop_map(|(id, input, opaque)| {
            let call = Call {
                id: CallId(id),
                tool: "Edit".to_owned(),
                input,
                broken: None,
                opaque,
            };
            Fact::Called(Called {
                reply: ReplyId::from("r"),
                call,
                door: None,
            })
        }),
        (any_text(), path(), any::<i64>()).prop_map(|(text, path, seconds)| {
            let modified_ns = i128::from(seconds) * 1_000_000_000;
            let stamp = Stamp {
                hash: String::new(),
                size: 1,
                modified_ns,
                whole: false,
            };
            returned("c", &text, vec![Mark::Seen { path, stamp }])
        }),
        any_text().prop_map(|title| Fact::Configured(Change::Title { title })),
        json().prop_map(|value| {
            let text = format!("{{ \"type\":\"dreamt\",  \"data\": {value}}}");
            Fact::Unknown(Verbatim::parse(text).unwrap())
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn facts_come_back_as_they_went_in(batches in vec(vec(fact(), 1..5), 1..5)) {
        let home = Home::new();
        let id = Store::fresh_id();
        let mut log = home.store.create(&id, &home.work()).unwrap();
        let mut appended = Vec::new();
        for facts in &batches {
            let new = log.append(log.last(), facts.clone()).unwrap();
            let given: Vec<&Fact> = new.iter().map(|entry| &entry.fact).collect();
            prop_assert_eq!(given, facts.iter().collect::<Vec<_>>());
            appended.extend(new);
        }
        prop_assert_eq!(&entries(log.path()), &appended);
        drop(log);
        let (log, notices) = home.store.open(&id).unwrap();
        prop_assert_eq!(notices, vec![]);
        let read: Vec<_> = log.read(None).unwrap().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read, appended);
        let copy = home.store.fork(&id, ForkAt::End, &Store::fresh_id(), &home.work()).unwrap();
        let text = |path| fs::read_to_string(path).unwrap();
        let (one, other) = (text(log.path()), text(copy.path()));
        prop_assert_eq!(one.split_once('\n').unwrap().1, other.split_once('\n').unwrap().1);
    }
}

//! One task over every wire: thirty replies with reasoning, parallel calls, pictures, errors, an
//! overload, a cut and a refusal end in the same files and the same facts, but for what only the
//! provider reads.

use crate::rig::{Rig, text_of};
use gimlet_protocol::{Fact, Mode};
use gimlet_testkit::sse::{Ending, Fault, Piece, Reply, Said, Server, Wire};
use serde_json::{Value, json};

/// Replies up to the end of a turn.
fn first_turn() -> Vec<Said> {
    let call = |id: &str, tool: &str, input: Value| Said::new([Piece::call(id, tool, input)]);
    let mut replies = vec![
        Said::new([
            Piece::thought("Two files are wanted – zwei."),
            Piece::text("I write both."),
            Piece::call(
                "call_a",
                "Write",
                json!({"file_path": "a.txt", "content": "alpha 世\n"}),
            ),
            Piece::call(
                "call_b",
                "Write",
                json!({"file_path": "b.txt", "content": "0\n"}),
            ),
        ]),
        Said::new([
            Piece::call("call_p", "Read", json!({"file_path": "picture.png"})),
            Piece::call("call_m", "Read", json!({"file_path": "missing.txt"})),
        ]),
        call(
            "call_e",
            "Edit",
            json!({"file_path": "a.txt", "old_string": "alpha", "new_string": "beta"}),
        ),
        // No such text: the edit fails, and the model is told.
        call(
            "call_w",
            "Edit",
            json!({"file_path": "a.txt", "old_string": "alpha", "new_string": "x"}),
        ),
    ];
    for at in 0..22 {
        let (old, new) = (format!("{at}\n"), format!("{}\n", at + 1));
        let input = json!({"file_path": "b.txt", "old_string": old, "new_string": new});
        replies.push(Said::new([
            Piece::thought("Count on."),
            Piece::call(&format!("call_{at}"), "Edit", input),
        ]));
    }
    replies.push(Said::text("Counted."));
    replies
}

const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, 0x49, 0x44, 0x41, 0x54, 8,
    0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// The model's name, the settings and the variables that lead to the server.
fn way(wire: Wire, server: &Server) -> (&'static str, Value, Vec<(&'static str, String)>) {
    let url = server.url();
    let key = |name| vec![(name, "sk-test-key-0123456789".to_owned())];
    let amazon = || {
        vec![
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
        ]
    };
    let at = |provider: &str, more: Value| {
        let mut given = json!({ "baseUrl": url });
        given
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ provider: given })
    };
    match wire {
        Wire::Messages => (
            "anthropic/mock",
            at("anthropic", json!({})),
            key("ANTHROPIC_API_KEY"),
        ),
        Wire::VertexMessages => (
            "vertex/claude-sonnet-4-5@20250929",
            at("vertex", json!({"project": "p"})),
            Vec::new(),
        ),
        Wire::BedrockMessages => (
            "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            at("bedrock", json!({})),
            amazon(),
        ),
        Wire::Chat => ("mine/mock", at("mine", json!({})), Vec::new()),
        Wire::Responses => (
            "openai/mock",
            at("openai", json!({"wire": "responses"})),
            key("OPENAI_API_KEY"),
        ),
        Wire::Gemini => (
            "gemini/gemini-3-mock",
            at("gemini", json!({})),
            key("GEMINI_API_KEY"),
        ),
        Wire::Converse => (
            "bedrock/amazon.nova-pro-v1:0",
            at("bedrock", json!({})),
            amazon(),
        ),
    }
}

/// A fact in a line, without what only the provider reads and what differs from run to run.
fn line(fact: &Fact, root: &str) -> Option<String> {
    Some(match fact {
        Fact::Said(said) => format!("said {}", said.text),
        Fact::Called(called) => {
            let call = &called.call;
            format!("called {} {} {}", call.id.as_str(), call.tool, call.input)
        }
        Fact::Returned(returned) => {
            let pictures = returned
                .content
                .iter()
                .filter(|block| matches!(block, gimlet_protocol::Block::Image { .. }));
            let text = text_of(&returned.content).replace(root, "~");
            let start: String = text.chars().take(60).collect();
            format!(
                "returned {} {:?} {} pictures, {start}",
                returned.call.as_str(),
                returned.how,
                pictures.count()
            )
        }
        Fact::Spent(spent) => {
            let finish = serde_json::to_value(&spent.finish).unwrap();
            format!("ended {}", finish["type"].as_str().unwrap_or_default())
        }
        _ => return None,
    })
}

/// Calls that run beside each other may end in any order.
fn in_order(mut lines: Vec<String>) -> Vec<String> {
    let is_result = |line: &String| line.starts_with("returned ");
    lines
        .chunk_by_mut(|a, b| is_result(a) && is_result(b))
        .for_each(<[String]>::sort);
    lines
}

async fn play(wire: Wire) -> (Vec<String>, [String; 2]) {
    let server = Server::start().await.unwrap();
    let granted = json!({"access_token": "ya29.token", "expires_in": 3600});
    server.serve("/token", Reply::json(200, &granted));
    let mut rig = Rig::new();
    std::fs::write(rig.work().join("picture.png"), PNG).unwrap();
    let (model, providers, variables) = way(wire, &server);
    let person = json!({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r", "token_uri": format!("{}/token", server.url())});
    let credentials = rig.file("../home/google.json", &person.to_string());
    let google = (
        "GOOGLE_APPLICATION_CREDENTIALS",
        credentials.display().to_string(),
    );
    rig.add_env(variables.into_iter().chain([google]));
    let settings = json!({"providers": providers, "permissions": {"defaultMode": "acceptEdits"}});
    rig.launch.settings = Some(settings.to_string());
    for (at, said) in first_turn().iter().enumerate() {
        if at == 3 {
            server.answer(wire.fault(Fault::Overloaded).header("retry-after", "0"));
        }
        server.answer(wire.reply(said));
    }
    server.answer(wire.reply(&Said::text("I cannot").ending(Ending::Declined)));
    let cut = Said::text("This goes on and").ending(Ending::Length);
    server.answer(wire.reply(&cut));
    server.answer(wire.reply(&Said::text(" on, to the end.")));
    let mut session = rig.begin(model).await;
    session.mode(Mode::AcceptEdits).await;
    for prompt in ["Count to 22.", "Do what you must not.", "Tell me."] {
        session.turn(prompt).await;
    }
    let root = rig.work().display().to_string();
    let facts = session.facts.iter().filter_map(|fact| line(fact, &root));
    let facts = in_order(facts.collect());
    session.close().await;
    assert_eq!(server.faults(), Vec::<String>::new(), "{wire:?}");
    (facts, [rig.text("a.txt"), rig.text("b.txt")])
}

#[tokio::test]
async fn thirty_replies_end_in_the_same_files_and_facts_over_every_wire() {
    let mut first: Option<Vec<String>> = None;
    for wire in Wire::ALL {
        let (facts, files) = play(wire).await;
        assert_eq!(files, ["beta 世\n", "22\n"], "{wire:?}: {facts:#?}");
        match &first {
            None => {
                insta::assert_debug_snapshot!("thirty_replies", facts);
                first = Some(facts);
            }
            Some(first) => assert_eq!(&facts, first, "{wire:?}"),
        }
    }
}

//! Tools through text, over a wire that has calls of its own but is not asked for them.

use crate::asking::{items, model, request, result, said, user};
use gimlet_ports::{ModelEnd, ModelItem, ReplyBlock};
use gimlet_protocol::{Block, Call};
use gimlet_providers::TextTools;
use gimlet_testkit::sse::{Ending, Reply, Said, Script, Server, Wire};
use serde_json::json;

/// The blocks of a reply in short, calls with why they are broken.
async fn heard(text: &str, ending: Ending, chars: usize) -> Vec<String> {
    let server = Server::start().await.unwrap();
    let script = Script::new().text_in_pieces(text, chars);
    server.answer(match ending {
        Ending::Natural => Reply::events(&script),
        Ending::Length | Ending::Declined => Reply::events(&script.stop("max_tokens")),
    });
    let model = TextTools::over(model(&server));
    let items = items(&*model, crate::asking::hello()).await;
    let mut streamed = String::new();
    let lines: Vec<String> = items
        .iter()
        .filter_map(|item| match item {
            ModelItem::TextDelta { text, .. } => {
                streamed.push_str(text);
                None
            }
            ModelItem::Block { block, .. } => Some(match block {
                ReplyBlock::Text { text, .. } => format!("text {text:?}"),
                ReplyBlock::Call(Call {
                    tool,
                    input,
                    broken,
                    ..
                }) => match broken {
                    None => format!("call {tool} {input}"),
                    Some(why) => format!("broken {tool}: {why}"),
                },
                other => format!("{other:?}"),
            }),
            ModelItem::End(ModelEnd::Complete | ModelEnd::Length) => None,
            ModelItem::End(end) => Some(format!("{end:?}")),
            _ => None,
        })
        .collect();
    assert!(
        !streamed.contains("tool_call>\n{"),
        "no call is shown as text: {streamed:?}"
    );
    lines
}

#[tokio::test]
async fn calls_are_found_in_text_however_it_is_cut() {
    let text = "I look at <tool_call> marks.\n<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file_path\": \"/ä\"}}\n</tool_call>\n  <tool_call>{\"name\":\"Bash\",\"arguments\":{}}</tool_call>\n";
    let expected = [
        r#"text "I look at <tool_call> marks.\n""#,
        r#"call Read {"file_path":"/ä"}"#,
        "call Bash {}",
    ];
    for chars in [1, 2, 3, 7, 1_000] {
        assert_eq!(
            heard(text, Ending::Natural, chars).await,
            expected,
            "{chars}"
        );
    }
}

#[tokio::test]
async fn what_is_not_exactly_a_call_is_a_broken_one_and_never_guessed_at() {
    let mark = |body: &str| format!("<tool_call>\n{body}\n</tool_call>");
    let cases = [
        (mark("{\"name\": \"Read\"}"), "broken Read: between "),
        (
            mark("{\"name\": \"Read\", \"arguments\": \"x\"}"),
            "broken Read: between ",
        ),
        (
            mark("{\"name\": \"Read\", \"arguments\": {}, \"id\": 1}"),
            "broken Read: between ",
        ),
        (
            mark("Read(file_path=\"/a\")"),
            "broken unreadable: between ",
        ),
        (
            mark("{\"name\": \"Fly\", \"arguments\": {}}"),
            "broken Fly: there is no tool `Fly`",
        ),
        (
            "<tool_call>\n{\"name\": \"Read\", \"arguments\": {}}".to_owned(),
            "broken Read: the call lacks its </tool_call>",
        ),
    ];
    for (text, expected) in cases {
        let heard = heard(&text, Ending::Natural, 5).await;
        let [only] = &heard[..] else {
            panic!("{text}: {heard:?}")
        };
        assert!(only.starts_with(expected), "{text}: {only}");
    }
    let cut = heard("Well.\n<tool_call>\n{\"name\": \"Re", Ending::Length, 4).await;
    assert_eq!(cut, [r#"text "Well.\n""#]);
}

#[tokio::test]
async fn results_come_back_as_text_and_the_front_of_the_request_stays() {
    let server = Server::start().await.unwrap();
    let model = TextTools::over(model(&server));
    let call =
        "<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file_path\": \"/a\"}}\n</tool_call>";
    let mut messages = vec![user(vec![Block::text("begin")])];
    for _ in 0..3 {
        server.answer(Wire::Messages.reply(&Said::text(call)));
        let heard = items(&*model, request(messages.clone())).await;
        let answer = said(&heard);
        let Some(Block::Call(call)) = answer.blocks.first() else {
            panic!("{answer:?}")
        };
        let id = call.id.clone();
        messages.push(answer);
        messages.push(user(vec![result(
            id.as_str(),
            "it says </tool_result> and <tool_call>",
        )]));
    }
    // The server checks that nothing in front changed, and that there is no call or result.
    assert_eq!(server.faults(), Vec::<String>::new());
    let last = server.requests().pop().unwrap();
    let body = last.json();
    assert_eq!(body.get("tools"), None);
    assert_eq!(
        body["messages"][1]["content"][0]["text"],
        json!(
            "<tool_call>\n{\"name\":\"Read\",\"arguments\":{\"file_path\":\"/a\"}}\n</tool_call>"
        )
    );
    let told = body["messages"][2]["content"][0]["text"].as_str().unwrap();
    assert!(
        told.ends_with("status=\"ok\">\nit says <\\/tool_result> and <tool_call>\n</tool_result>"),
        "{told}"
    );
    assert!(last.text().contains("write on a line of its own"));
}

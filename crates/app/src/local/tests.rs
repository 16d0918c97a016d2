use super::{hint, offer, usage};
use gimlet_providers::local::{LocalModel, LocalServer, ServerKind};

fn server(kind: ServerKind, models: &[&str]) -> LocalServer {
    let models = models.iter().map(|name| LocalModel {
        name: (*name).to_owned(),
        context_tokens: None,
    });
    LocalServer {
        kind,
        base_url: "http://127.0.0.1:1/v1".to_owned(),
        models: models.collect(),
    }
}

#[test]
fn the_hint_says_what_was_found_and_how_to_use_it() {
    let empty = server(ServerKind::Ollama, &[]);
    let full = server(ServerKind::LmStudio, &["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(
        offer(&full),
        "LM Studio at http://127.0.0.1:1/v1: a, b, c, d, e and 2 more"
    );
    assert_eq!(
        (usage(&empty), usage(&full).as_deref()),
        (None, Some("--model lmstudio/a"))
    );
    let expected = concat!(
        "without a key: this machine has Ollama at http://127.0.0.1:1/v1: no models yet; ",
        "LM Studio at http://127.0.0.1:1/v1: a, b, c, d, e and 2 more; use it with `--model lmstudio/a`"
    );
    assert_eq!(hint(&[empty.clone(), full]), expected);
    let expected = "without a key: this machine has Ollama at http://127.0.0.1:1/v1: no models yet; load a model there first";
    assert_eq!(hint(&[empty]), expected);
    let expected = "without a key: start a model server on this machine, such as Ollama or LM Studio; none answers now";
    assert_eq!(hint(&[]), expected);
}

use super::web;
use crate::Launch;
use gimlet_settings::Env;

fn search_host(env: &[(&str, &str)], settings: &str) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap().to_owned();
    let folders = [("GIMLET_HOME", folder.as_str()), ("HOME", folder.as_str())];
    let env: Vec<(&str, &str)> = folders.into_iter().chain(env.iter().copied()).collect();
    let launch = Launch {
        cwd: home.path().to_owned(),
        env: Env::of(env),
        settings: Some(settings.to_owned()),
        ..Launch::default()
    };
    let (settings, _) = launch.load_settings().unwrap();
    let host = web(&settings).search_host();
    host.map_err(|fault| fault.to_string())
}

#[test]
fn a_search_service_is_what_the_settings_and_its_key_make_it() {
    let brave = r#"{"webSearch": {"service": "brave"}}"#;
    let searxng = r#"{"webSearch": {"service": "searxng", "baseUrl": "http://localhost:8888/"}}"#;
    let exa = r#"{"webSearch": {"service": "exa", "baseUrl": "https://search.example"}}"#;
    let host = |name: &str| Ok(name.to_owned());
    assert_eq!(
        search_host(&[("BRAVE_API_KEY", "k")], brave),
        host("api.search.brave.com")
    );
    assert_eq!(search_host(&[], searxng), host("localhost"));
    assert_eq!(
        search_host(&[("EXA_API_KEY", "k")], exa),
        host("search.example")
    );
}

#[test]
fn what_is_missing_is_said() {
    let told = |env: &[(&str, &str)], settings: &str| search_host(env, settings).unwrap_err();
    let nothing = told(&[("TAVILY_API_KEY", "k")], "{}");
    assert!(
        nothing.starts_with("no search service is set up: the person sets `webSearch.service`"),
        "{nothing}"
    );
    assert_eq!(
        told(&[], r#"{"webSearch": {"service": "tavily"}}"#),
        "`webSearch.service` is tavily, and TAVILY_API_KEY holds no key for it"
    );
    assert_eq!(
        told(&[], r#"{"webSearch": {"service": "searxng"}}"#),
        "`webSearch.service` is searxng, and no `webSearch.baseUrl` says where it is"
    );
}

use super::*;
use gimlet_settings::{Dirs, Env};
use serde_json::json;

fn own(home: &std::path::Path, text: &str) -> OwnSettings {
    let env = Env::of([("HOME", home.as_os_str())]);
    let dirs = Dirs::find(&env).unwrap();
    std::fs::create_dir_all(&dirs.config).unwrap();
    std::fs::write(dirs.config.join("settings.json"), text).unwrap();
    let spec = LoadSpec::new(home.join("work"), env, dirs);
    let settings = Arc::new(Settings::load(&spec).unwrap());
    OwnSettings { settings, spec }
}

#[test]
fn settings_are_shown_with_their_place() {
    let home = tempfile::tempdir().unwrap();
    let own = own(
        home.path(),
        "{\"permissions\": {\"defaultMode\": \"plan\"}}",
    );
    let shown = own.show(Some("permissions.defaultMode")).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].value, "plan");
    assert!(
        shown[0].source.contains("settings.json"),
        "{}",
        shown[0].source
    );
    assert_eq!(own.show(Some("maxTurns")).unwrap(), []);
    assert_eq!(
        own.show(Some("nonsense")),
        Err("there is no setting `nonsense`".to_owned())
    );
}

#[test]
fn a_change_is_checked_before_it_is_made() {
    let home = tempfile::tempdir().unwrap();
    let own = own(home.path(), "{}");
    assert_eq!(
        own.changed("// mine\n{}\n", "maxTurns", &json!(5)).unwrap(),
        "// mine\n{\n  \"maxTurns\": 5\n}\n"
    );
    assert!(own.changed("{}", "maxTurns", &json!("many")).is_err());
    assert!(own.changed("{}", "nonsense", &json!(1)).is_err());
    assert_eq!(own.path(), own.spec.dirs.config.join("settings.json"));
}

#[test]
fn the_first_request_of_a_session_is_small() {
    let mut toolbox = gimlet_tools::toolbox(gimlet_tools::ToolOptions::default())
        .unwrap()
        .toolbox;
    for tool in gimlet_tools::upkeep_tools(None, None) {
        toolbox.add(tool).unwrap();
    }
    let tools: usize = gimlet_tools::freeze(&mut toolbox, &[])
        .iter()
        .map(|spec| {
            spec.name.len() + spec.description.len() + spec.input_schema.to_string().len() + 60
        })
        .sum();
    let system: usize = gimlet_engine::system_prompt(&gimlet_engine::PromptParts::default())
        .iter()
        .map(String::len)
        .sum();
    assert!(tools + system < 10_000, "{tools} + {system} bytes");
}

#[tokio::test]
async fn a_setting_is_changed_in_the_persons_file_and_its_comments_stay() {
    let home = tempfile::tempdir().unwrap();
    let own = own(home.path(), "{\n  // short\n  \"maxTurns\": 3\n}\n");
    let file = own.path();
    let tools = gimlet_tools::upkeep_tools(Some(Arc::new(own)), None);
    let config = tools.iter().find(|tool| tool.name() == "Config").unwrap();
    let input = json!({"setting": "maxTurns", "value": 9});
    let plan = config.plan(&input, &scene(home.path())).unwrap();
    assert_eq!(plan.accesses.len(), 2);
    let gave = config.run(input, cx(home.path())).await.unwrap();
    assert_eq!(gave.data["newValue"], 9);
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        "{\n  // short\n  \"maxTurns\": 9\n}\n"
    );
    let shown = config.run(json!({}), cx(home.path())).await.unwrap();
    assert_eq!(shown.data["values"][0]["setting"], "maxTurns");
}

#[tokio::test]
async fn the_other_sessions_of_the_folder_are_listed() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::new(home.path());
    let folder = home.path().join("work");
    let id = Store::fresh_id();
    drop(store.create(&id, &folder).unwrap());
    let shelf = OwnSessions { store, folder };
    let listed = shelf.sessions(Reach::Folder).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].about, "(no prompt yet)");
    let tools = gimlet_tools::upkeep_tools(None, Some(Arc::new(shelf)));
    let list = tools
        .iter()
        .find(|tool| tool.name() == "ListSessions")
        .unwrap();
    let gave = list
        .run(json!({"all": true}), cx(home.path()))
        .await
        .unwrap();
    assert_eq!(gave.data["total"], 1);
    assert_eq!(gave.data["sessions"][0]["sessionId"], id.as_str());
}

fn scene(home: &std::path::Path) -> gimlet_ports::Scene {
    gimlet_ports::Scene {
        session: gimlet_protocol::SessionId::new("here"),
        root: home.to_owned(),
        cwd: home.to_owned(),
        added: Vec::new(),
        home: Some(home.to_owned()),
        scratch: home.join("scratch"),
        mode: gimlet_protocol::Mode::Default,
        output_chars: 1_000,
        desk: Arc::default(),
        grants: Arc::default(),
    }
}

fn cx(home: &std::path::Path) -> gimlet_ports::ToolCx {
    gimlet_ports::ToolCx {
        call: gimlet_protocol::CallId("c1".to_owned()),
        scene: Arc::new(scene(home)),
        host: Arc::new(gimlet_host::LocalHost::new(
            gimlet_host::HostOptions::default(),
        )),
        confinement: None,
        stop: gimlet_ports::Stop::new(),
        arrived: gimlet_ports::Stop::new(),
        progress: Arc::new(drop),
    }
}

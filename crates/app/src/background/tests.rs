use super::*;
use gimlet_ports::{Launch, OutputTo, Program, SessionLog as _, StdinFrom};
use gimlet_protocol::{CallId, Fact, Mark, Returned, ReturnedHow};
use gimlet_store::Store;

#[tokio::test]
async fn tasks_are_told_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let host = LocalHost::new(HostOptions::default());
    let child = host
        .spawn(Launch {
            program: Program::Shell("exec sleep 1000".to_owned()),
            cwd: home.path().to_owned(),
            env: Vec::new(),
            stdin: StdinFrom::Null,
            output: OutputTo::Events,
            final_cwd: None,
        })
        .unwrap();
    let group = child.group();
    let started = |name: &str, group| Mark::TaskStarted {
        task: TaskId(name.to_owned()),
        command: "sleep".to_owned(),
        output: PathBuf::from("/tmp/out"),
        group,
    };
    let marks = vec![
        started("bash_1", Some(group)),
        started("bash_2", Some(group)),
        started("bash_3", None),
        Mark::TaskEnded {
            task: TaskId("bash_2".to_owned()),
            code: Some(3),
        },
    ];
    let store = Store::new(home.path());
    let id = Store::fresh_id();
    let mut log = store.create(&id, home.path()).unwrap();
    let returned = Returned {
        call: CallId("c1".to_owned()),
        how: ReturnedHow::Done,
        content: Vec::new(),
        data: None,
        marks,
        took_ms: 0,
    };
    log.append(None, vec![Fact::Returned(Box::new(returned))])
        .unwrap();
    let states = || -> Vec<TaskState> {
        let rows = task_rows(|| log.read(None)).unwrap();
        rows.iter().map(|row| row.state).collect()
    };
    let ended = TaskState::Ended { code: Some(3) };
    assert_eq!(
        states(),
        [TaskState::Running { group }, ended, TaskState::Gone]
    );
}

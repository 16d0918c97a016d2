//! Background tasks: commands that outlive the call that started them, and the session only
//! where they are detached.

mod watch;

use gimlet_ports::{
    Child, Exit, HostFault, Launch, OutputTo, Program, Reminders, Scene, StdinFrom, ToolCx,
};
use gimlet_protocol::{Mark, Returned, TaskId};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// The background tasks of a session. Dropping it ends all but the detached ones.
#[derive(Default)]
pub struct Tasks {
    all: Mutex<BTreeMap<TaskId, Task>>,
    /// Told of each start.
    begun: Notify,
}

/// A task that ended since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedTask {
    /// The task.
    pub task: TaskId,
    /// What ran.
    pub command: String,
    /// Where all its output is.
    pub output: PathBuf,
    /// How it ended.
    pub exit: Exit,
}

impl EndedTask {
    /// What belongs on the desk.
    pub fn mark(&self) -> Mark {
        Mark::TaskEnded {
            task: self.task.clone(),
            code: self.exit.code,
        }
    }

    /// What the model is told, once.
    pub fn notice(&self) -> String {
        format!(
            "background task {} {}: {}\nits output is in {}",
            self.task,
            how(self.exit),
            self.command,
            self.output.display()
        )
    }
}

/// How a task ended, in words.
pub(crate) fn how(exit: Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

struct Task {
    command: String,
    output: PathBuf,
    run: Run,
    /// True when the model knows that it ended.
    told: bool,
    look: Look,
    /// Set where its lines are told as they come.
    watch: Option<watch::Watch>,
    life: Life,
}

/// A task that has just begun.
pub(crate) struct Started {
    pub(crate) id: TaskId,
    /// Where its output goes. Absolute.
    pub(crate) output: PathBuf,
    /// For the desk, so that a later run knows of it.
    pub(crate) mark: Mark,
}

/// How long a task may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// As long as the session is open.
    Session,
    /// As long as it likes.
    Detached,
}

impl Drop for Tasks {
    /// The session is over: what is detached goes on, the rest ends as it is dropped.
    fn drop(&mut self) {
        let tasks = self.all.get_mut().unwrap_or_else(PoisonError::into_inner);
        for task in std::mem::take(tasks).into_values() {
            if let (Life::Detached, Run::Going(child)) = (task.life, task.run) {
                child.release();
            }
        }
    }
}

enum Run {
    Going(Box<dyn Child>),
    /// Someone is ending it.
    Ending,
    Ended(Exit),
}

/// How far the model has looked into a task's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Lines that were shown with their end.
    pub(crate) lines: u64,
    /// What was shown of the line after these.
    pub(crate) open_line: String,
}

/// What is known of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) command: String,
    pub(crate) output: PathBuf,
    /// `None` while it runs.
    pub(crate) exit: Option<Exit>,
    pub(crate) look: Look,
}

impl Tasks {
    /// The tasks that ended since this was asked last and that the model does not know of.
    /// Each is returned once; its mark belongs on the desk.
    pub fn ended_since_last_look(&self) -> Vec<EndedTask> {
        let mut ended = Vec::new();
        for (id, task) in self.all().iter_mut() {
            if let Some(exit) = task.exit()
                && !task.told
            {
                task.told = true;
                ended.push(EndedTask {
                    task: id.clone(),
                    command: task.command.clone(),
                    output: task.output.clone(),
                    exit,
                });
            }
        }
        ended
    }

    /// What the model does not know yet: lines of monitors, and ends of tasks. Told once.
    pub fn news(&self) -> Vec<String> {
        let mut news: Vec<String> = self
            .all()
            .iter_mut()
            .filter_map(|(id, task)| task.watch.as_mut()?.take(id))
            .collect();
        news.extend(self.ended_since_last_look().iter().map(EndedTask::notice));
        news
    }

    /// True when there is something that the model does not know yet.
    pub fn has_news(&self) -> bool {
        self.all().values_mut().any(Task::has_news)
    }

    /// Waits for the start of a task, or returns at once where one began since the last time.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// How many are running now.
    pub fn running(&self) -> usize {
        self.all()
            .values_mut()
            .filter_map(|task| task.exit().is_none().then_some(()))
            .count()
    }

    /// True where one runs that goes on when the session is over.
    pub fn some_go_on(&self) -> bool {
        let mut all = self.all();
        let mut detached = all.values_mut().filter(|task| task.life == Life::Detached);
        detached.any(|task| task.exit().is_none())
    }

    /// An id that no task of this session has had.
    fn free_id(&self, scene: &Scene) -> TaskId {
        let own = self.all();
        let mut number = own.len().max(scene.desk.tasks.len());
        loop {
            number += 1;
            let id = TaskId(format!("bash_{number}"));
            if !own.contains_key(&id) && !scene.desk.tasks.contains_key(&id) {
                return id;
            }
        }
    }

    /// Starts a command whose output goes to a file of the session's own folder.
    pub(crate) fn start(
        &self,
        command: String,
        life: Life,
        cx: &ToolCx,
    ) -> Result<Started, HostFault> {
        let id = self.free_id(&cx.scene);
        let output = cx.scene.scratch.join(format!("{id}.txt"));
        let mut child = cx.host.spawn(Launch {
            program: Program::Shell(command.clone()),
            cwd: cx.scene.cwd.clone(),
            env: Vec::new(),
            stdin: StdinFrom::Null,
            output: OutputTo::File(output.clone()),
            final_cwd: None,
        })?;
        if life == Life::Detached {
            child.let_outlive();
        }
        let mark = Mark::TaskStarted {
            task: id.clone(),
            command: command.clone(),
            output: output.clone(),
            group: Some(child.group()),
        };
        let task = Task {
            command,
            output: output.clone(),
            run: Run::Going(child),
            told: false,
            look: Look::default(),
            watch: None,
            life,
        };
        self.all().insert(id.clone(), task);
        self.begun.notify_one();
        Ok(Started { id, output, mark })
    }

    /// What is known of a task of this run.
    pub(crate) fn status(&self, id: &TaskId) -> Option<Status> {
        let mut all = self.all();
        let task = all.get_mut(id)?;
        let exit = task.exit();
        let (command, output) = (task.command.clone(), task.output.clone());
        Some(Status {
            command,
            output,
            exit,
            look: task.look.clone(),
        })
    }

    /// Notes what the model has now seen of a task.
    pub(crate) fn looked(&self, id: &TaskId, look: Look, saw_end: bool) {
        if let Some(task) = self.all().get_mut(id) {
            task.look = look;
            task.told |= saw_end;
        }
    }

    /// Ends a task with all its children; `None` where there is no such task in this run.
    pub(crate) async fn end(&self, id: &TaskId, grace: Duration) -> Option<Ended> {
        let child = {
            let mut all = self.all();
            let task = all.get_mut(id)?;
            let command = task.command.clone();
            if let Some(exit) = task.exit() {
                task.told = true;
                return Some(Ended::Before { command, exit });
            }
            task.told = true;
            match std::mem::replace(&mut task.run, Run::Ending) {
                Run::Going(child) => Some((child, command)),
                Run::Ending => None,
                Run::Ended(exit) => {
                    task.run = Run::Ended(exit);
                    return Some(Ended::Before { command, exit });
                }
            }
        };
        let (mut child, command) = child?;
        let exit = child.end(grace).await;
        if let Some(task) = self.all().get_mut(id) {
            task.run = Run::Ended(exit);
        }
        Some(Ended::Now { command, exit })
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<TaskId, Task>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reminders for Tasks {
    fn after(&self, _: &Returned, _: &dyn Fn(&str) -> bool) -> Vec<String> {
        Vec::new()
    }

    fn due(&self) -> Vec<String> {
        self.news()
    }
}

/// What the end of a task found.
pub(crate) enum Ended {
    /// It had ended by itself.
    Before {
        /// What ran.
        command: String,
        /// How it ended.
        exit: Exit,
    },
    /// It was ended.
    Now {
        /// What ran.
        command: String,
        /// How it ended.
        exit: Exit,
    },
}

impl Task {
    fn has_news(&mut self) -> bool {
        let has_events = self.watch.as_ref().is_some_and(watch::Watch::has_events);
        has_events || (self.exit().is_some() && !self.told)
    }

    fn exit(&mut self) -> Option<Exit> {
        if let Run::Going(child) = &mut self.run
            && let Some(exit) = child.ended()
        {
            self.run = Run::Ended(exit);
        }
        match &self.run {
            Run::Ended(exit) => Some(*exit),
            Run::Going(_) | Run::Ending => None,
        }
    }
}

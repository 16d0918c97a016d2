//! `gimlet` in a terminal: the client in front, the sessions on a thread of their own.

mod elsewhere;
mod place;

use crate::{
    args::RunArgs,
    consent,
    exit::{self, Exit},
    headless,
};
use elsewhere::Elsewhere;
use gimlet_app::{Answers, Hub};
use gimlet_ports::Sessions;
use gimlet_settings::{Env, env_vars};
use gimlet_tui::{
    End, Layout, Place as _, Setup,
    terminal::{Strategy, Surroundings, TtyFault, strategy::Colours},
    theme::Palette,
};
use place::Machine;
use std::sync::Arc;

pub(crate) fn run(args: &RunArgs) -> Exit {
    prepare_and_run(args).unwrap_or_else(|exit| exit)
}

fn prepare_and_run(args: &RunArgs) -> Result<Exit, Exit> {
    headless::check(args)?;
    let mut launch = headless::launch(args)?;
    launch.answers = Answers::FromClient;
    // Before anything of the folder counts.
    consent::ask(&launch)?;
    let open = headless::open_spec(args);
    let hub = Hub::new(launch.clone()).map_err(|fault| exit::open_fault(&fault))?;
    let elsewhere = Elsewhere::start(Arc::clone(&hub) as Arc<dyn Sessions>)?;
    let machine = Arc::new(Machine::new(launch, elsewhere.handle()));
    let setup = setup(args, &machine);
    let runtime = headless::runtime()?;
    let sessions = Arc::new(elsewhere);
    let end = runtime.block_on(gimlet_tui::run(
        Arc::clone(&sessions) as Arc<dyn Sessions>,
        machine,
        open,
        setup,
    ));
    for notice in hub.take_notices() {
        exit::notice(&notice);
    }
    runtime.shutdown_background();
    match end {
        Ok(End::Left(session)) => {
            if let Some(session) = session.filter(|_| !args.no_session_persistence) {
                exit::notice(&format!(
                    "`gimlet --resume {session}` goes on with this session"
                ));
            }
            Ok(Exit::Success)
        }
        Ok(End::Terminated(_)) => Ok(Exit::Terminated),
        Err(fault) => Err(tty_fault(&fault)),
    }
}

fn tty_fault(fault: &TtyFault) -> Exit {
    let hint = Some("with -p the work is done without a terminal");
    exit::complain(Exit::Environment, &fault.to_string(), hint)
}

fn setup(args: &RunArgs, machine: &Machine) -> Setup {
    let env = Env::of_process();
    let strategy = surroundings(&env).strategy();
    let kept = |name: &str| machine.recall(name);
    let palette = kept("theme").as_deref().and_then(Palette::named);
    let layout = match kept("layout").as_deref() {
        Some("full") => Layout::Full,
        _ => Layout::Inline,
    };
    Setup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        palette: first_palette(palette, &strategy),
        strategy,
        layout: if args.fullscreen {
            Layout::Full
        } else {
            layout
        },
        reduced_motion: env.is_on(&env_vars::GIMLET_REDUCED_MOTION),
        screen_reader: env.is_on(&env_vars::GIMLET_SCREEN_READER),
        vim: kept("vim").as_deref() == Some("true"),
        prompt: args.prompt.clone(),
        history: machine.history(),
        keys: machine.keys(),
        notify: !env.is_on(&env_vars::GIMLET_NO_NOTIFICATIONS),
        size: (80, 24),
        now: machine.now(),
    }
}

/// What was chosen before; without colours there is nothing to choose.
fn first_palette(kept: Option<Palette>, strategy: &Strategy) -> Palette {
    match (strategy.colours, kept) {
        (Colours::None, _) => Palette::Plain,
        (_, Some(kept)) => kept,
        (Colours::Sixteen, None) => Palette::Sixteen,
        (Colours::Indexed | Colours::True, None) => Palette::Dark,
    }
}

fn surroundings(env: &Env) -> Surroundings {
    let text = |variable| env.text(variable).unwrap_or_default().to_owned();
    Surroundings {
        term: text(&env_vars::TERM),
        term_program: text(&env_vars::TERM_PROGRAM),
        colorterm: text(&env_vars::COLORTERM),
        vte: text(&env_vars::VTE_VERSION),
        konsole: text(&env_vars::KONSOLE_VERSION),
        windows_terminal: text(&env_vars::WT_SESSION),
        tmux: text(&env_vars::TMUX),
        screen: text(&env_vars::STY),
        zellij: text(&env_vars::ZELLIJ),
        no_color: text(&env_vars::NO_COLOR),
    }
}

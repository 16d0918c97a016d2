//! What each terminal does with what it is sent: a table, so that a new terminal is a row.

/// What is known of a terminal before it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something a terminal can or cannot"
)]
pub struct Strategy {
    /// Its name.
    pub name: &'static str,
    /// It breaks rows anew when it becomes narrower.
    pub reflows: bool,
    /// It opens links, and does not print their marks.
    pub links: bool,
    /// How Shift+Enter is told from Enter.
    pub keyboard: Keyboard,
    /// It shows progress beside its title.
    pub progress: bool,
    /// How it tells the person something.
    pub notify: Notify,
    /// How pictures are shown.
    pub pictures: Pictures,
    /// It tells when its window loses the focus.
    pub focus: bool,
    /// It has a title.
    pub title: bool,
    /// It may be asked for its background and abilities.
    pub answers: bool,
    /// Which colours it shows.
    pub colours: Colours,
}

/// How modified keys are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyboard {
    /// The kitty keyboard protocol.
    Kitty,
    /// xterm's modifyOtherKeys.
    Modified,
    /// Not at all: a new line is Alt+Enter, Ctrl+J or a backslash before Enter.
    Plain,
}

/// How the person is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// OSC 9.
    Nine,
    /// OSC 99.
    NinetyNine,
    /// OSC 777.
    Triple,
    /// The bell.
    Bell,
}

/// How pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// The kitty graphics protocol.
    Kitty,
    /// iTerm2's inline images.
    Inline,
    /// Sixel.
    Sixel,
    /// Half blocks of two colours.
    Blocks,
}

/// Which colours are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// 16 million.
    True,
    /// 256.
    Indexed,
    /// 16.
    Sixteen,
    /// None.
    None,
}

/// What a process is told of the terminal that it runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `TERM`.
    pub term: String,
    /// `TERM_PROGRAM`.
    pub term_program: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `VTE_VERSION`.
    pub vte: String,
    /// `KONSOLE_VERSION`.
    pub konsole: String,
    /// `WT_SESSION`.
    pub windows_terminal: String,
    /// `TMUX`.
    pub tmux: String,
    /// `STY`.
    pub screen: String,
    /// `ZELLIJ`.
    pub zellij: String,
    /// `NO_COLOR`.
    pub no_color: String,
}

/// A terminal that does what most do and nothing more.
const PLAIN: Strategy = Strategy {
    name: "unknown",
    reflows: true,
    links: false,
    keyboard: Keyboard::Plain,
    progress: false,
    notify: Notify::Bell,
    pictures: Pictures::Blocks,
    focus: true,
    title: true,
    answers: true,
    colours: Colours::Sixteen,
};

const KITTY: Strategy = Strategy {
    name: "kitty",
    links: true,
    keyboard: Keyboard::Kitty,
    notify: Notify::NinetyNine,
    pictures: Pictures::Kitty,
    colours: Colours::True,
    ..PLAIN
};
const WEZTERM: Strategy = Strategy {
    name: "WezTerm",
    links: true,
    keyboard: Keyboard::Kitty,
    progress: true,
    notify: Notify::Triple,
    pictures: Pictures::Inline,
    colours: Colours::True,
    ..PLAIN
};
const GHOSTTY: Strategy = Strategy {
    name: "Ghostty",
    links: true,
    keyboard: Keyboard::Kitty,
    progress: true,
    notify: Notify::Nine,
    pictures: Pictures::Kitty,
    colours: Colours::True,
    ..PLAIN
};
const ITERM: Strategy = Strategy {
    name: "iTerm2",
    links: true,
    keyboard: Keyboard::Kitty,
    progress: true,
    notify: Notify::Nine,
    pictures: Pictures::Inline,
    colours: Colours::True,
    ..PLAIN
};
const APPLE: Strategy = Strategy {
    name: "Terminal.app",
    colours: Colours::Indexed,
    ..PLAIN
};
const VSCODE: Strategy = Strategy {
    name: "VS Code",
    links: true,
    keyboard: Keyboard::Plain,
    progress: true,
    pictures: Pictures::Sixel,
    colours: Colours::True,
    ..PLAIN
};
const WINDOWS: Strategy = Strategy {
    name: "Windows Terminal",
    links: true,
    progress: true,
    pictures: Pictures::Sixel,
    colours: Colours::True,
    ..PLAIN
};
const VTE: Strategy = Strategy {
    name: "GNOME Terminal",
    links: true,
    notify: Notify::Triple,
    colours: Colours::True,
    ..PLAIN
};
const KONSOLE: Strategy = Strategy {
    name: "Konsole",
    links: true,
    pictures: Pictures::Sixel,
    colours: Colours::True,
    ..PLAIN
};
const FOOT: Strategy = Strategy {
    name: "foot",
    links: true,
    keyboard: Keyboard::Kitty,
    notify: Notify::Triple,
    pictures: Pictures::Sixel,
    colours: Colours::True,
    ..PLAIN
};
const ALACRITTY: Strategy = Strategy {
    name: "Alacritty",
    links: true,
    keyboard: Keyboard::Kitty,
    colours: Colours::True,
    ..PLAIN
};
const XTERM: Strategy = Strategy {
    name: "xterm",
    reflows: false,
    keyboard: Keyboard::Modified,
    colours: Colours::Indexed,
    ..PLAIN
};
const TMUX: Strategy = Strategy {
    name: "tmux",
    keyboard: Keyboard::Modified,
    colours: Colours::Indexed,
    ..PLAIN
};
const SCREEN: Strategy = Strategy {
    name: "screen",
    reflows: false,
    focus: false,
    answers: false,
    colours: Colours::Indexed,
    ..PLAIN
};
const ZELLIJ: Strategy = Strategy {
    name: "Zellij",
    keyboard: Keyboard::Kitty,
    colours: Colours::Indexed,
    ..PLAIN
};
const CONSOLE: Strategy = Strategy {
    name: "Linux console",
    reflows: false,
    focus: false,
    title: false,
    answers: false,
    ..PLAIN
};
const DUMB: Strategy = Strategy {
    name: "dumb",
    reflows: false,
    focus: false,
    title: false,
    answers: false,
    colours: Colours::None,
    ..PLAIN
};

impl Surroundings {
    /// The row of the table that fits. What runs inside of something else has that one's.
    pub fn strategy(&self) -> Strategy {
        let mut strategy = self.row();
        if strategy.colours != Colours::None
            && ["truecolor", "24bit"].contains(&self.colorterm.as_str())
        {
            strategy.colours = Colours::True;
        } else if strategy.colours == Colours::Sixteen && self.term.contains("256color") {
            strategy.colours = Colours::Indexed;
        }
        if !self.no_color.is_empty() {
            strategy.colours = Colours::None;
        }
        strategy
    }

    fn row(&self) -> Strategy {
        let term = self.term.as_str();
        if term == "dumb" || term.is_empty() {
            return DUMB;
        }
        if !self.zellij.is_empty() {
            return ZELLIJ;
        }
        if !self.tmux.is_empty() || term.starts_with("tmux") {
            return TMUX;
        }
        if !self.screen.is_empty() || term.starts_with("screen") {
            return SCREEN;
        }
        if term == "linux" {
            return CONSOLE;
        }
        match self.term_program.as_str() {
            "WezTerm" => return WEZTERM,
            "ghostty" => return GHOSTTY,
            "iTerm.app" => return ITERM,
            "Apple_Terminal" => return APPLE,
            "vscode" => return VSCODE,
            _ => {}
        }
        for (start, strategy) in [
            ("xterm-kitty", KITTY),
            ("xterm-ghostty", GHOSTTY),
            ("wezterm", WEZTERM),
            ("foot", FOOT),
            ("alacritty", ALACRITTY),
        ] {
            if term.starts_with(start) {
                return strategy;
            }
        }
        if !self.windows_terminal.is_empty() {
            return WINDOWS;
        }
        if !self.konsole.is_empty() {
            return KONSOLE;
        }
        if !self.vte.is_empty() {
            return VTE;
        }
        if term.starts_with("xterm") {
            return XTERM;
        }
        PLAIN
    }
}

//! The contexts, and every action that a key can lead to. To add one, add a row.

use super::{Binding, Source, chord::parse_chord};
use crossterm::event::KeyEvent;

macro_rules! actions {
    ($($context:ident { $($action:ident $name:literal $chords:literal $about:literal,)* })*) => {
        /// What a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[doc = $about] $action,)*)* }

        impl Action {
            /// Every action, by contexts.
            pub const ALL: &[Self] = &[$($(Self::$action,)*)*];

            /// The name that files use.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$action => $name,)*)* }
            }

            /// What it does, in a few words.
            pub fn about(self) -> &'static str {
                match self { $($(Self::$action => $about,)*)* }
            }

            /// Where its default keys count.
            pub fn context(self) -> Context {
                match self { $($(Self::$action => Context::$context,)*)* }
            }

            /// The default chords, parted by bars.
            fn chords(self) -> &'static str {
                match self { $($(Self::$action => $chords,)*)* }
            }
        }
    };
}

/// Where keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere.
    Global,
    /// The prompt.
    Chat,
    /// The list of completions.
    Autocomplete,
    /// A question.
    Confirmation,
    /// The transcript as a page.
    Transcript,
    /// The search of prompts.
    HistorySearch,
    /// A list to choose from.
    Select,
    /// The transcript in full screen.
    Scroll,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 8] = [
        Self::Global,
        Self::Chat,
        Self::Autocomplete,
        Self::Confirmation,
        Self::Transcript,
        Self::HistorySearch,
        Self::Select,
        Self::Scroll,
    ];

    /// The name that files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "Global",
            Self::Chat => "Chat",
            Self::Autocomplete => "Autocomplete",
            Self::Confirmation => "Confirmation",
            Self::Transcript => "Transcript",
            Self::HistorySearch => "HistorySearch",
            Self::Select => "Select",
            Self::Scroll => "Scroll",
        }
    }

    /// The context of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.name() == name)
    }
}

actions! {
    Global {
        Interrupt "app:interrupt" "ctrl+c" "ends what runs, then clears the input, then leaves",
        Exit "app:exit" "ctrl+d" "leaves, when the input is empty",
        Redraw "app:redraw" "" "draws the screen anew",
        Suspend "app:suspend" "ctrl+z" "stops the program until `fg`",
        ToggleTodos "app:toggleTodos" "ctrl+t" "shows the list of things to do",
        ToggleTranscript "app:toggleTranscript" "ctrl+o" "shows the whole transcript",
        SearchHistory "history:search" "ctrl+r" "searches the prompts of before",
        HistoryPrevious "history:previous" "" "the prompt before this one",
        HistoryNext "history:next" "" "the prompt after this one",
    }
    Chat {
        Cancel "chat:cancel" "esc" "interrupts; twice clears the input, or opens the timeline",
        ClearInput "chat:clearInput" "ctrl+l" "draws the screen anew and keeps the input",
        ClearScreen "chat:clearScreen" "cmd+k" "draws the screen anew",
        CycleMode "chat:cycleMode" "shift+tab" "the next permission mode",
        PickModel "chat:modelPicker" "alt+p" "chooses the model",
        Submit "chat:submit" "enter" "sends the prompt; while a turn runs it steers",
        QueueSubmit "chat:queueSubmit" "tab|alt+enter" "queues the prompt for after the turn",
        SendNow "chat:sendNow" "ctrl+enter|ctrl+x ctrl+s" "interrupts and sends the prompt",
        Newline "chat:newline" "ctrl+j" "a new line",
        Undo "chat:undo" "ctrl+_" "takes back what was typed",
        ExternalEditor "chat:externalEditor" "ctrl+g|ctrl+x ctrl+e" "edits the prompt in the editor",
        Stash "chat:stash" "ctrl+s" "puts the prompt aside, or takes it back",
        OpenPaste "chat:openPaste" "alt+v" "opens the paste at the cursor",
    }
    Autocomplete {
        CompleteAccept "autocomplete:accept" "tab" "takes what is chosen",
        CompleteDismiss "autocomplete:dismiss" "esc" "closes the list",
        CompletePrevious "autocomplete:previous" "up" "the one above",
        CompleteNext "autocomplete:next" "down" "the one below",
    }
    Confirmation {
        ConfirmYes "confirm:yes" "enter" "takes the chosen answer",
        ConfirmNo "confirm:no" "esc" "denies",
        ConfirmPrevious "confirm:previous" "up" "the answer above",
        ConfirmNext "confirm:next" "down" "the answer below",
        ConfirmNextField "confirm:nextField" "tab" "the next field",
        ConfirmToggle "confirm:toggle" "space" "chooses or unchooses",
    }
    Transcript {
        TranscriptExit "transcript:exit" "q|esc" "back to the prompt",
    }
    HistorySearch {
        HistorySearchNext "historySearch:next" "ctrl+r" "the next that matches",
        HistorySearchAccept "historySearch:accept" "esc|tab" "takes it into the input",
        HistorySearchCancel "historySearch:cancel" "ctrl+g" "back to what was typed",
        HistorySearchExecute "historySearch:execute" "enter" "sends it",
        HistorySearchScope "historySearch:cycleScope" "ctrl+s" "this project, or all",
    }
    Select {
        SelectNext "select:next" "down|ctrl+n" "the row below",
        SelectPrevious "select:previous" "up|ctrl+p" "the row above",
        SelectAccept "select:accept" "enter" "takes the row",
        SelectCancel "select:cancel" "esc" "closes the list",
    }
    Scroll {
        ScrollLineUp "scroll:lineUp" "" "a line up",
        ScrollLineDown "scroll:lineDown" "" "a line down",
        ScrollPageUp "scroll:pageUp" "pageup" "half a screen up",
        ScrollPageDown "scroll:pageDown" "pagedown" "half a screen down",
        ScrollTop "scroll:top" "ctrl+home" "to the start",
        ScrollBottom "scroll:bottom" "ctrl+end" "to the end",
    }
}

impl Action {
    /// The first of its default keys, which is the one that components know.
    pub fn key(self) -> Option<KeyEvent> {
        let first = self.chords().split('|').next()?;
        let chord = parse_chord(first).ok()?;
        chord.first().map(|key| key.event())
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
    }
}

/// The default bindings.
pub(super) fn built_in() -> Vec<Binding> {
    let mut bindings = Vec::new();
    for action in Action::ALL {
        let chords = action.chords().split('|').filter(|chord| !chord.is_empty());
        bindings.extend(chords.filter_map(|chord| {
            Some(Binding {
                context: action.context(),
                chord: parse_chord(chord).ok()?,
                action: Some(*action),
                source: Source::BuiltIn,
            })
        }));
    }
    bindings
}

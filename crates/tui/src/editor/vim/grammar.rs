//! The language of normal and visual mode: keys to commands. Knows no text.

/// A command with everything that was typed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) register: Option<char>,
    /// None when no count was typed, which for some commands is not the same as one.
    pub(super) count: Option<usize>,
    pub(super) action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Move(Motion),
    Operate(Operator, Target),
    Insert(Entry),
    /// `x` and `X`, `s`, `D`, `C`, `Y`, `S` are operators with a target; these are not.
    Replace(char),
    ToggleCase,
    Join {
        with_blank: bool,
    },
    Put {
        is_before: bool,
    },
    Undo,
    Redo,
    Again,
    Visual {
        by_lines: bool,
    },
    /// In visual mode: the operator on what is selected.
    OperateSelected(Operator),
    ReplaceSelected(char),
    PutSelected,
    JoinSelected,
    /// In visual mode: the other end of the selection.
    OtherEnd,
    /// In visual mode: an object becomes the selection.
    Select(Object),
    Search,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Delete,
    Change,
    Yank,
    Shift(Shift),
    Recase(Case),
}

/// Which way lines are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    In,
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
    /// Each letter the other one.
    Turned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Motion(Motion),
    Object(Object),
    Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    Left,
    Right,
    Up,
    Down,
    Word(Words),
    WordBack(Words),
    WordEnd(Words),
    WordEndBack(Words),
    LineStart,
    FirstLetter,
    LineEnd,
    Find(Find),
    FindAgain,
    FindBack,
    FirstLine,
    LastLine,
    ParagraphBack,
    Paragraph,
    Pair,
}

/// What counts as a word: letters and signs apart, or anything between blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Small,
    Big,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Find {
    pub(super) sought: char,
    pub(super) is_back: bool,
    /// `t` and `T` stop beside the letter.
    pub(super) is_beside: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) is_around: bool,
    pub(super) kind: ObjectKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectKind {
    Word(Words),
    Quoted(char),
    Bracketed(char, char),
    Paragraph,
}

/// Where insert mode begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Here,
    After,
    FirstLetter,
    LineEnd,
    LineBelow,
    LineAbove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Complete(Command),
    /// More keys are awaited.
    Open,
    /// No command begins like this.
    Wrong,
}

/// Counts above this are taken for this.
const MOST_COUNT: usize = 999;

/// Control+R stands among the keys as its control character.
pub(super) const REDO: char = '\u{12}';

struct Keys<'k>(std::str::Chars<'k>);

impl Keys<'_> {
    fn next(&mut self) -> Result<char, Parsed> {
        self.0.next().ok_or(Parsed::Open)
    }

    /// A count, if one is typed here. A zero cannot begin one.
    fn count(&mut self) -> Option<usize> {
        let mut count = None;
        while let Some(digit) = self.0.clone().next().and_then(|c| c.to_digit(10)) {
            if digit == 0 && count.is_none() {
                break;
            }
            self.0.next();
            let value = count.unwrap_or(0) * 10 + digit as usize;
            count = Some(value.min(MOST_COUNT));
        }
        count
    }
}

/// Reads what was typed so far.
pub(super) fn parse(typed: &str, is_visual: bool) -> Parsed {
    match command(&mut Keys(typed.chars()), is_visual) {
        Ok(command) => Parsed::Complete(command),
        Err(parsed) => parsed,
    }
}

fn command(keys: &mut Keys<'_>, is_visual: bool) -> Result<Command, Parsed> {
    let mut register = None;
    let mut count = keys.count();
    let mut key = keys.next()?;
    if key == '"' {
        register = Some(keys.next()?);
        count = keys.count().or(count);
        key = keys.next()?;
    }
    let (action, inner) = if is_visual {
        (visual(key, keys)?, None)
    } else {
        normal(key, keys)?
    };
    let count = match (count, inner) {
        (Some(outer), Some(inner)) => Some((outer * inner).min(MOST_COUNT)),
        (outer, inner) => outer.or(inner),
    };
    Ok(Command {
        register,
        count,
        action,
    })
}

fn normal(key: char, keys: &mut Keys<'_>) -> Result<(Action, Option<usize>), Parsed> {
    let on = |operator, motion| Action::Operate(operator, Target::Motion(motion));
    let action = match key {
        'd' | 'c' | 'y' | '>' | '<' => return operation(key, keys),
        'g' => match keys.next()? {
            'u' => return operated(Operator::Recase(Case::Lower), 'u', keys),
            'U' => return operated(Operator::Recase(Case::Upper), 'U', keys),
            '~' => return operated(Operator::Recase(Case::Turned), '~', keys),
            'J' => Action::Join { with_blank: false },
            second => Action::Move(after_g(second)?),
        },
        'x' => on(Operator::Delete, Motion::Right),
        'X' => on(Operator::Delete, Motion::Left),
        's' => on(Operator::Change, Motion::Right),
        'D' => on(Operator::Delete, Motion::LineEnd),
        'C' => on(Operator::Change, Motion::LineEnd),
        'Y' => Action::Operate(Operator::Yank, Target::Lines),
        'S' => Action::Operate(Operator::Change, Target::Lines),
        'r' => Action::Replace(keys.next()?),
        '~' => Action::ToggleCase,
        'J' => Action::Join { with_blank: true },
        'p' => Action::Put { is_before: false },
        'P' => Action::Put { is_before: true },
        'i' => Action::Insert(Entry::Here),
        'a' => Action::Insert(Entry::After),
        'I' => Action::Insert(Entry::FirstLetter),
        'A' => Action::Insert(Entry::LineEnd),
        'o' => Action::Insert(Entry::LineBelow),
        'O' => Action::Insert(Entry::LineAbove),
        'u' => Action::Undo,
        REDO => Action::Redo,
        '.' => Action::Again,
        'v' => Action::Visual { by_lines: false },
        'V' => Action::Visual { by_lines: true },
        '/' => Action::Search,
        _ => Action::Move(motion(key, keys)?),
    };
    Ok((action, None))
}

fn visual(key: char, keys: &mut Keys<'_>) -> Result<Action, Parsed> {
    Ok(match key {
        'd' | 'x' | 'D' | 'X' => Action::OperateSelected(Operator::Delete),
        'c' | 's' | 'C' | 'S' => Action::OperateSelected(Operator::Change),
        'y' | 'Y' => Action::OperateSelected(Operator::Yank),
        '>' => Action::OperateSelected(Operator::Shift(Shift::In)),
        '<' => Action::OperateSelected(Operator::Shift(Shift::Out)),
        'u' => Action::OperateSelected(Operator::Recase(Case::Lower)),
        'U' => Action::OperateSelected(Operator::Recase(Case::Upper)),
        '~' => Action::OperateSelected(Operator::Recase(Case::Turned)),
        'r' => Action::ReplaceSelected(keys.next()?),
        'p' | 'P' => Action::PutSelected,
        'J' => Action::JoinSelected,
        'o' | 'O' => Action::OtherEnd,
        'v' => Action::Visual { by_lines: false },
        'V' => Action::Visual { by_lines: true },
        'i' | 'a' => Action::Select(object(key, keys)?),
        'g' => Action::Move(after_g(keys.next()?)?),
        '/' => Action::Search,
        _ => Action::Move(motion(key, keys)?),
    })
}

fn operation(key: char, keys: &mut Keys<'_>) -> Result<(Action, Option<usize>), Parsed> {
    let operator = match key {
        'd' => Operator::Delete,
        'c' => Operator::Change,
        'y' => Operator::Yank,
        '>' => Operator::Shift(Shift::In),
        _ => Operator::Shift(Shift::Out),
    };
    operated(operator, key, keys)
}

/// What an operator works on. Its own key again means whole lines.
fn operated(
    operator: Operator,
    again: char,
    keys: &mut Keys<'_>,
) -> Result<(Action, Option<usize>), Parsed> {
    let count = keys.count();
    let key = keys.next()?;
    let target = match key {
        _ if key == again => Target::Lines,
        'i' | 'a' => Target::Object(object(key, keys)?),
        'g' => match keys.next()? {
            second if second == again => Target::Lines,
            second => Target::Motion(after_g(second)?),
        },
        _ => Target::Motion(motion(key, keys)?),
    };
    Ok((Action::Operate(operator, target), count))
}

fn after_g(key: char) -> Result<Motion, Parsed> {
    match key {
        'g' => Ok(Motion::FirstLine),
        'e' => Ok(Motion::WordEndBack(Words::Small)),
        'E' => Ok(Motion::WordEndBack(Words::Big)),
        'j' => Ok(Motion::Down),
        'k' => Ok(Motion::Up),
        '0' => Ok(Motion::LineStart),
        '$' => Ok(Motion::LineEnd),
        _ => Err(Parsed::Wrong),
    }
}

fn motion(key: char, keys: &mut Keys<'_>) -> Result<Motion, Parsed> {
    Ok(match key {
        'h' | '\u{8}' => Motion::Left,
        'l' | ' ' => Motion::Right,
        'j' => Motion::Down,
        'k' => Motion::Up,
        'w' => Motion::Word(Words::Small),
        'W' => Motion::Word(Words::Big),
        'b' => Motion::WordBack(Words::Small),
        'B' => Motion::WordBack(Words::Big),
        'e' => Motion::WordEnd(Words::Small),
        'E' => Motion::WordEnd(Words::Big),
        '0' => Motion::LineStart,
        '^' | '_' => Motion::FirstLetter,
        '$' => Motion::LineEnd,
        'f' | 'F' | 't' | 'T' => Motion::Find(Find {
            sought: keys.next()?,
            is_back: matches!(key, 'F' | 'T'),
            is_beside: matches!(key, 't' | 'T'),
        }),
        ';' => Motion::FindAgain,
        ',' => Motion::FindBack,
        'G' => Motion::LastLine,
        '{' => Motion::ParagraphBack,
        '}' => Motion::Paragraph,
        '%' => Motion::Pair,
        _ => return Err(Parsed::Wrong),
    })
}

fn object(key: char, keys: &mut Keys<'_>) -> Result<Object, Parsed> {
    let kind = match keys.next()? {
        'w' => ObjectKind::Word(Words::Small),
        'W' => ObjectKind::Word(Words::Big),
        quote @ ('"' | '\'' | '`') => ObjectKind::Quoted(quote),
        '(' | ')' | 'b' => ObjectKind::Bracketed('(', ')'),
        '[' | ']' => ObjectKind::Bracketed('[', ']'),
        '{' | '}' | 'B' => ObjectKind::Bracketed('{', '}'),
        '<' | '>' => ObjectKind::Bracketed('<', '>'),
        'p' => ObjectKind::Paragraph,
        _ => return Err(Parsed::Wrong),
    };
    Ok(Object {
        is_around: key == 'a',
        kind,
    })
}

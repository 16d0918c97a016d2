//! `sed`: scripts of commands that neither write, run nor read other files.

use super::{Study, flags::Flags};
use crate::shell::Word;

pub(super) fn study(args: &[Word]) -> Study {
    let list = "-n -E -r -s -u -z -e: -l: -i? --quiet --silent --regexp-extended --separate --unbuffered --null-data --expression: --line-length: \
        --posix --in-place? --debug --sandbox";
    let parsed = Flags::new(list).parse(args);
    let mut study = Study::free();
    let mut refuse = |why: String| {
        study.not_free.get_or_insert_with(|| why.clone());
    };
    if let Some(unknown) = &parsed.unknown {
        refuse(unknown.clone());
    }
    let mut operands = parsed.operands.clone();
    let given: Vec<&Word> = parsed
        .values
        .iter()
        .filter(|(flag, _)| matches!(flag.as_str(), "-e" | "--expression"))
        .map(|(_, word)| word)
        .collect();
    let script = if given.is_empty() {
        if operands.is_empty() {
            refuse("it has no script".to_owned());
            None
        } else {
            let word = operands.remove(0);
            word.known().map(str::to_owned).or_else(|| {
                refuse("its script is not known".to_owned());
                None
            })
        }
    } else {
        let texts: Option<Vec<&str>> = given.iter().map(|word| word.known()).collect();
        texts.map(|texts| texts.join("\n")).or_else(|| {
            refuse("its script is not known".to_owned());
            None
        })
    };
    if let Some(why) = script
        .as_deref()
        .and_then(|script| Script(script.chars().collect(), 0).fault())
    {
        refuse(why);
    }
    if operands
        .iter()
        .any(|word| word.text.starts_with(['*', '?', '[']))
    {
        refuse("a wildcard may stand for a file that is named like a flag".to_owned());
    }
    let in_place: Vec<&Word> = parsed
        .values
        .iter()
        .filter(|(flag, _)| matches!(flag.as_str(), "-i" | "--in-place"))
        .map(|(_, word)| word)
        .collect();
    let fault = study.not_free.clone();
    if in_place.is_empty() && !parsed.has(&["-i", "--in-place"]) {
        study.not_edit.clone_from(&fault);
        return study.reads(operands);
    }
    study.not_free = Some(
        fault
            .clone()
            .unwrap_or_else(|| "it changes files in place".to_owned()),
    );
    study.not_edit = fault;
    if in_place
        .iter()
        .any(|suffix| suffix.text.contains(['/', '*']))
    {
        study
            .not_edit
            .get_or_insert_with(|| "its copies may be put elsewhere".to_owned());
    }
    for operand in operands {
        for suffix in &in_place {
            if !suffix.text.is_empty() {
                let mut copy = operand.clone();
                copy.text.push_str(&suffix.text);
                study.writes.push(copy);
            }
        }
        study.reads.push(operand.clone());
        study.writes.push(operand);
    }
    study
}

/// A script, and where it is read.
struct Script(Vec<char>, usize);

impl Script {
    fn peek(&self) -> Option<char> {
        self.0.get(self.1).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.1 += 1;
        Some(c)
    }

    fn skip(&mut self, set: &str) {
        while self.peek().is_some_and(|c| set.contains(c)) {
            self.1 += 1;
        }
    }

    fn line(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.next() {
            if c == '\n' {
                break;
            }
            out.push(c);
            if c == '\\' {
                out.extend(self.next());
            }
        }
        out
    }

    /// Reads up to an unescaped end; brackets hide it.
    fn until(&mut self, end: char) -> Option<()> {
        loop {
            match self.next()? {
                '\\' => {
                    self.next()?;
                }
                '\n' if end != '\n' => return None,
                c if c == end => return Some(()),
                // A class such as `[/]` is read differently by programs where it holds the end.
                '[' => {
                    let close =
                        self.0.iter().skip(self.1 + 1).position(|c| *c == ']')? + self.1 + 1;
                    if self
                        .0
                        .get(self.1..close)?
                        .iter()
                        .any(|c| *c == end || *c == '\\' || *c == '\n')
                    {
                        return None;
                    }
                }
                _ => {}
            }
        }
    }

    fn address(&mut self) -> Option<bool> {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => self.skip("0123456789"),
            Some('$') => self.1 += 1,
            Some('/') => {
                self.1 += 1;
                self.until('/')?;
                self.skip("IM");
            }
            Some('\\') => {
                self.1 += 1;
                let end = self.next()?;
                self.until(end)?;
                self.skip("IM");
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// What of the script is not known to be harmless.
    fn fault(mut self) -> Option<String> {
        let odd = || Some("its script is not understood".to_owned());
        loop {
            self.skip(" \t\n;");
            let start = self.peek()?;
            if start == '#' {
                self.line();
                continue;
            }
            match self.address() {
                None => return odd(),
                Some(false) => {}
                Some(true) => {
                    self.skip(" ");
                    if self.peek() == Some('~') {
                        self.1 += 1;
                        self.skip("0123456789");
                    }
                    if self.peek() == Some(',') {
                        self.1 += 1;
                        self.skip(" +~");
                        if self.address() != Some(true) {
                            return odd();
                        }
                    }
                }
            }
            self.skip(" !");
            match self.next() {
                Some(
                    '{' | '}' | 'p' | 'P' | 'd' | 'D' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x'
                    | '=' | 'F' | 'z',
                ) => {}
                Some('l' | 'q' | 'Q' | 'L') => {
                    self.skip(" ");
                    self.skip("0123456789");
                }
                Some('b' | 't' | 'T' | ':') => {
                    self.skip(" ");
                    while self
                        .peek()
                        .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
                    {
                        self.1 += 1;
                    }
                }
                Some('a' | 'i' | 'c') => {
                    self.line();
                }
                Some('y') => {
                    let end = self.next()?;
                    if self.until(end).is_none() || self.until(end).is_none() {
                        return odd();
                    }
                }
                Some('s') => {
                    let Some(end) = self.next() else { return odd() };
                    if end.is_alphanumeric()
                        || end == '\\'
                        || end == '\n'
                        || self.until(end).is_none()
                        || self.replacement(end).is_none()
                    {
                        return odd();
                    }
                    self.skip("gpiImM0123456789");
                    if self.peek().is_some_and(|c| !" \t\n;}#".contains(c)) {
                        return Some("a flag of its `s` may write or run something".to_owned());
                    }
                }
                Some(c) => {
                    return Some(format!(
                        "its command `{c}` may write, run or read something"
                    ));
                }
                None => return odd(),
            }
            self.skip(" \t");
            if self.peek().is_some_and(|c| !"\n;}#{".contains(c))
                && !matches!(
                    self.0.get(self.1.wrapping_sub(1)),
                    Some('{' | '}' | ' ' | '\t' | '\n')
                )
            {
                return odd();
            }
        }
    }

    fn replacement(&mut self, end: char) -> Option<()> {
        loop {
            match self.next()? {
                '\\' => {
                    self.next()?;
                }
                c if c == end => return Some(()),
                _ => {}
            }
        }
    }
}

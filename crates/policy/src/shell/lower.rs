//! From the parser's syntax tree to simple commands.

mod blocks;
mod redirects;

use super::{
    DEEPEST, LONGEST, Line, MOST_STEPS, Redirect, Start, Step, scan,
    words::{self, Dynamic, Found, UNKNOWN, Word},
};
use shuck_ast::{
    BinaryCommand, BinaryOp, BuiltinCommand, Command, DeclClause, SimpleCommand, Span, Stmt,
    StmtSeq, StmtTerminator,
};
use shuck_parser::{ShellDialect, ShellProfile, parser::Parser};
use std::{collections::BTreeMap, path::PathBuf};

/// Deepest syntax tree that the parser builds.
const DEEPEST_TREE: usize = 40;
/// Words of a loop that it is run through with.
const MOST_ROUNDS: usize = 16;

/// The folders a command may run in; `None` is one that is not known.
pub(super) type Folders = Vec<Option<PathBuf>>;

/// What is known where a text begins.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    pub(super) start: &'a Start,
    /// Loop variables; `None` where the value is not known.
    pub(super) vars: BTreeMap<String, Option<Word>>,
    pub(super) folders: Folders,
    pub(super) depth: usize,
    pub(super) shadow: bool,
}

/// The folders after a command: when it succeeded, and in any case.
struct Flow {
    ok: Folders,
    any: Folders,
}

impl Flow {
    fn same(folders: &Folders) -> Self {
        Self {
            ok: folders.clone(),
            any: folders.clone(),
        }
    }
}

fn union(left: &Folders, right: &Folders) -> Folders {
    let mut out = left.clone();
    for folder in right {
        if !out.contains(folder) {
            out.push(folder.clone());
        }
    }
    if out.len() > 8 { vec![None] } else { out }
}

/// Parses a text and adds what it does to the line.
pub(super) fn lower_text(line: &mut Line, text: &str, frame: &Frame<'_>, budget: &mut usize) {
    if text.len() > LONGEST
        || text.len() > *budget
        || frame.depth > DEEPEST
        || line.steps.len() > MOST_STEPS
    {
        line.doubt("it is too long or too deep to be analysed");
        return line.steps.extend(scan::pieces(text, frame.start));
    }
    *budget -= text.len();
    let profile = ShellProfile::native(ShellDialect::Bash);
    let parsed =
        Parser::with_limits_and_profile(text, DEEPEST_TREE, 40 * text.len() + 2000, profile)
            .parse();
    if !parsed.is_ok() {
        line.doubt("it does not parse as a whole shell command");
        line.steps.extend(scan::pieces(text, frame.start));
    }
    let mut lowerer = Lowerer {
        line,
        source: text,
        budget,
        searched: false,
    };
    lowerer.seq(&parsed.file.body, frame);
}

/// The text that a substitution yields when it is `cat` of a quoted here-document and nothing else.
pub(super) fn constant_text(inner: &str) -> Option<String> {
    if inner.len() > LONGEST {
        return None;
    }
    let profile = ShellProfile::native(ShellDialect::Bash);
    let parsed =
        Parser::with_limits_and_profile(inner, 8, 40 * inner.len() + 2000, profile).parse();
    if !parsed.is_ok() {
        return None;
    }
    let [stmt] = parsed.file.body.as_slice() else {
        return None;
    };
    let Command::Simple(simple) = &stmt.command else {
        return None;
    };
    let [redirect] = &*stmt.redirects else {
        return None;
    };
    let heredoc = redirect.heredoc()?;
    let name = inner.get(simple.name.span.start.offset()..simple.name.span.end.offset())?;
    let plain = name == "cat" && simple.args.is_empty() && simple.assignments.is_empty();
    if !plain
        || heredoc.delimiter.expands_body
        || stmt.negated
        || stmt.terminator.is_some()
        || redirect.fd.is_some()
    {
        return None;
    }
    let body = inner.get(heredoc.body.span.start.offset()..heredoc.body.span.end.offset())?;
    Some(body.trim_end_matches('\n').to_owned())
}

struct Lowerer<'l, 's> {
    line: &'l mut Line,
    source: &'s str,
    budget: &'l mut usize,
    /// True once the text was searched instead of being followed further.
    searched: bool,
}

impl Lowerer<'_, '_> {
    fn slice(&self, span: Span) -> &str {
        self.source
            .get(span.start.offset()..span.end.offset())
            .unwrap_or_default()
    }

    /// A command as it is spelled, without the operator that ends it.
    fn spelling(&self, span: Span) -> &str {
        let mut text = self.slice(span).trim();
        while let Some(rest) = text.strip_suffix(['&', '|', ';']) {
            // An escaped sign is a word, as in `find -exec … \;`.
            if rest.ends_with(['\\', '\'', '"', '>', '<']) {
                break;
            }
            text = rest.trim_end();
        }
        text
    }

    fn doubt(&mut self, text: &str) {
        self.line.doubt(text);
    }

    /// Takes in what was found inside of words.
    fn found(&mut self, found: Found, frame: &Frame<'_>) {
        for doubt in found.doubts {
            self.line.doubt(doubt);
        }
        for text in found.opaque {
            let steps = scan::pieces(&text, frame.start);
            self.line.steps.extend(steps);
        }
        for inner in found.inner {
            let frame = Frame {
                depth: frame.depth + 1,
                ..frame.clone()
            };
            lower_text(self.line, &inner, &frame, self.budget);
        }
    }

    fn words<'w>(
        &mut self,
        words: impl IntoIterator<Item = &'w shuck_ast::Word>,
        frame: &Frame<'_>,
    ) -> Vec<Word> {
        let mut found = Found::default();
        let mut out = Vec::new();
        for word in words {
            out.extend(words::decode(self.source, word, frame, &mut found));
        }
        self.found(found, frame);
        out
    }

    /// Looks for commands in a text that is not taken apart further.
    fn opaque(&mut self, span: Span, why: &str, frame: &Frame<'_>) {
        self.doubt(why);
        let opaque = vec![self.slice(span).to_owned()];
        let inner = scan::inner_commands(self.slice(span));
        self.found(
            Found {
                inner,
                opaque,
                ..Found::default()
            },
            frame,
        );
    }

    fn seq(&mut self, seq: &StmtSeq, frame: &Frame<'_>) -> Flow {
        let mut frame = frame.clone();
        let mut flow = Flow::same(&frame.folders);
        for stmt in seq.iter() {
            flow = self.stmt(stmt, &frame);
            frame.folders.clone_from(&flow.any);
        }
        flow
    }

    fn stmt(&mut self, stmt: &Stmt, frame: &Frame<'_>) -> Flow {
        if self.line.steps.len() > MOST_STEPS {
            self.doubt("it is made of too many commands");
            // The rest is searched at once: what is denied stays denied.
            if !std::mem::replace(&mut self.searched, true) {
                self.line
                    .steps
                    .extend(scan::pieces(self.source, frame.start));
            }
            return Flow::same(&frame.folders);
        }
        let redirects = self.redirects(&stmt.redirects, frame);
        let flow = match &stmt.command {
            Command::Simple(simple) => self.simple(simple, redirects, stmt.span, frame),
            Command::Builtin(builtin) => {
                self.builtin(builtin, redirects, stmt.span, frame);
                Flow::same(&frame.folders)
            }
            Command::Decl(decl) => {
                self.decl(decl, redirects, frame);
                Flow::same(&frame.folders)
            }
            other => {
                if !redirects.is_empty() {
                    self.line.steps.push(Step {
                        raw: self.slice(stmt.span).to_owned(),
                        redirects,
                        folders: frame.folders.clone(),
                        shadow: frame.shadow,
                        ..Step::default()
                    });
                }
                match other {
                    Command::Binary(binary) => self.binary(binary, frame),
                    Command::Compound(compound) => self.compound(compound, frame),
                    Command::Function(function) => {
                        self.line.steps.push(Step {
                            raw: self.slice(function.span).to_owned(),
                            folders: frame.folders.clone(),
                            more: Some(
                                "it defines a function, which changes what later commands do",
                            ),
                            shadow: frame.shadow,
                            ..Step::default()
                        });
                        self.stmt(
                            &function.body,
                            &Frame {
                                folders: vec![None],
                                ..frame.clone()
                            },
                        );
                        Flow::same(&frame.folders)
                    }
                    Command::AnonymousFunction(function) => {
                        self.opaque(
                            function.span,
                            "a function without a name is not understood",
                            frame,
                        );
                        self.stmt(&function.body, frame);
                        Flow {
                            ok: vec![None],
                            any: vec![None],
                        }
                    }
                    Command::Simple(_) | Command::Builtin(_) | Command::Decl(_) => {
                        Flow::same(&frame.folders)
                    }
                }
            }
        };
        if let Some(StmtTerminator::Background(_)) = stmt.terminator {
            return Flow::same(&frame.folders);
        }
        flow
    }

    fn simple(
        &mut self,
        simple: &SimpleCommand,
        redirects: Vec<Redirect>,
        span: Span,
        frame: &Frame<'_>,
    ) -> Flow {
        let spelled = self.slice(simple.name.span).to_owned();
        let assignments = self.assignments(&simple.assignments, frame);
        let mut words = if spelled.is_empty() {
            Vec::new()
        } else {
            self.words([&simple.name], frame)
        };
        words.extend(self.words(&simple.args, frame));
        if !spelled.is_empty() {
            self.line.spelled.push(spelled);
        }
        let flow = moved(&words, frame);
        self.line.steps.push(Step {
            raw: self.spelling(span).to_owned(),
            words,
            assignments,
            redirects,
            folders: frame.folders.clone(),
            more: None,
            shadow: frame.shadow,
        });
        flow
    }

    fn assignments(
        &mut self,
        assignments: &[shuck_ast::Assignment],
        frame: &Frame<'_>,
    ) -> Vec<(String, Word)> {
        let mut out = Vec::new();
        for assignment in assignments {
            let raw = self.slice(assignment.span).to_owned();
            let name = assignment.target.name.as_str().to_owned();
            let value = match &assignment.value {
                shuck_ast::AssignmentValue::Scalar(word)
                    if assignment.target.subscript.is_none() && !assignment.append =>
                {
                    self.words([word], frame)
                        .into_iter()
                        .next()
                        .unwrap_or_default()
                }
                _ => {
                    self.opaque(
                        assignment.span,
                        "an assignment to an array runs what its index holds",
                        frame,
                    );
                    Word {
                        raw,
                        text: UNKNOWN.to_string(),
                        dynamic: Dynamic::Unknown,
                        ..Word::default()
                    }
                }
            };
            out.push((name, value));
        }
        out
    }

    fn builtin(
        &mut self,
        builtin: &BuiltinCommand,
        redirects: Vec<Redirect>,
        span: Span,
        frame: &Frame<'_>,
    ) {
        let raw = self.slice(span).trim().to_owned();
        let name = raw
            .split(char::is_whitespace)
            .next()
            .unwrap_or_default()
            .trim_end_matches(';')
            .to_owned();
        let known = matches!(
            builtin,
            BuiltinCommand::Break(_)
                | BuiltinCommand::Continue(_)
                | BuiltinCommand::Return(_)
                | BuiltinCommand::Exit(_)
        );
        let plain = raw
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " ;$?".contains(c));
        if !known || !plain {
            self.opaque(
                span,
                "a jump with more than a number is not understood",
                frame,
            );
        }
        self.line.spelled.push(name.clone());
        self.line.steps.push(Step {
            words: vec![Word::fixed(&name)],
            raw,
            redirects,
            folders: frame.folders.clone(),
            shadow: frame.shadow,
            ..Step::default()
        });
    }

    fn decl(&mut self, decl: &DeclClause, redirects: Vec<Redirect>, frame: &Frame<'_>) {
        let raw = self.slice(decl.span).trim().to_owned();
        let inner = scan::inner_commands(&raw);
        self.found(
            Found {
                inner,
                opaque: vec![raw.clone()],
                ..Found::default()
            },
            frame,
        );
        self.line.steps.push(Step {
            words: raw.split_whitespace().map(Word::fixed).collect(),
            raw,
            redirects,
            folders: frame.folders.clone(),
            more: Some("it sets variables, which changes what later commands do"),
            shadow: frame.shadow,
            ..Step::default()
        });
    }

    fn binary(&mut self, binary: &BinaryCommand, frame: &Frame<'_>) -> Flow {
        // Chains nest to the left; a loop keeps a long one off the stack.
        let mut chain = vec![(binary.op, &*binary.right)];
        let mut left = &*binary.left;
        while let (Command::Binary(inner), true) = (&left.command, left.redirects.is_empty()) {
            chain.push((inner.op, &*inner.right));
            left = &inner.left;
        }
        let mut flow = self.stmt(left, frame);
        for (op, right) in chain.into_iter().rev() {
            let from = |folders: &Folders| Frame {
                folders: folders.clone(),
                ..frame.clone()
            };
            match op {
                BinaryOp::And => {
                    let next = self.stmt(right, &from(&flow.ok));
                    flow = Flow {
                        ok: next.ok,
                        any: union(&flow.any, &next.any),
                    };
                }
                BinaryOp::Or => {
                    let next = self.stmt(right, &from(&flow.any));
                    flow = Flow {
                        ok: union(&flow.ok, &next.ok),
                        any: union(&flow.any, &next.any),
                    };
                }
                BinaryOp::Pipe | BinaryOp::PipeAll => {
                    self.stmt(right, frame);
                    flow = Flow::same(&frame.folders);
                }
            }
        }
        flow
    }
}

/// Where a `cd` or `pushd` leads.
fn moved(words: &[Word], frame: &Frame<'_>) -> Flow {
    let [name, args @ ..] = crate::unwrap::bare(words) else {
        return Flow::same(&frame.folders);
    };
    match name.text.as_str() {
        "cd" | "pushd" => {}
        "popd" => {
            return Flow {
                ok: vec![None],
                any: vec![None],
            };
        }
        _ => return Flow::same(&frame.folders),
    }
    let mut operands = args
        .iter()
        .filter(|word| !matches!(word.text.as_str(), "-P" | "-L" | "-e" | "--" | "-PL"));
    let target = match (operands.next(), operands.next()) {
        (Some(word), None) => word
            .known()
            .filter(|text| !text.starts_with('-') && !text.is_empty()),
        (None, _) if name.text == "cd" => {
            frame.start.home.as_deref().and_then(|home| home.to_str())
        }
        _ => None,
    };
    let ok: Folders = match target {
        // `..` is left in: whether it follows a link is for the one who resolves it.
        Some(target) => frame
            .folders
            .iter()
            .map(|folder| folder.as_ref().map(|folder| folder.join(target)))
            .collect(),
        None => vec![None],
    };
    Flow {
        any: union(&frame.folders, &ok),
        ok,
    }
}

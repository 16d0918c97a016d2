//! Compound commands: branches, loops and blocks.

use super::{Flow, Folders, Frame, Lowerer, MOST_ROUNDS, union};
use crate::shell::{MOST_STEPS, Step, Word, scan};
use shuck_ast::{
    ArithmeticForCommand, CompoundCommand, ConditionalBinaryOp, ConditionalExpr, ForCommand, Span,
    StmtSeq,
};

impl Lowerer<'_, '_> {
    pub(super) fn compound(&mut self, compound: &CompoundCommand, frame: &Frame<'_>) -> Flow {
        let same = Flow::same(&frame.folders);
        match compound {
            CompoundCommand::BraceGroup(body) => self.seq(body, frame),
            CompoundCommand::Subshell(body) => {
                self.seq(body, frame);
                same
            }
            CompoundCommand::If(branch) => {
                let mut any = self.seq(&branch.condition, frame).any;
                let entry = |any: &Folders| Frame {
                    folders: any.clone(),
                    ..frame.clone()
                };
                let then = self.seq(&branch.then_branch, &entry(&any)).any;
                let mut end = union(&any, &then);
                for (condition, body) in &branch.elif_branches {
                    any = union(&any, &self.seq(condition, &entry(&any)).any);
                    end = union(&end, &self.seq(body, &entry(&any)).any);
                }
                if let Some(body) = &branch.else_branch {
                    end = union(&end, &self.seq(body, &entry(&any)).any);
                }
                Flow {
                    ok: end.clone(),
                    any: end,
                }
            }
            CompoundCommand::While(looped) => {
                self.looped(&[&looped.condition, &looped.body], frame)
            }
            CompoundCommand::Until(looped) => {
                self.looped(&[&looped.condition, &looped.body], frame)
            }
            CompoundCommand::For(looped) => self.for_loop(looped, frame),
            CompoundCommand::Case(case) => {
                self.words([&case.word], frame);
                let mut any = frame.folders.clone();
                for item in &case.cases {
                    for pattern in &item.patterns {
                        if self.slice(pattern.span).contains(['$', '`']) {
                            self.opaque(
                                pattern.span,
                                "a pattern with expansions is not understood",
                                frame,
                            );
                        }
                    }
                    any = union(
                        &any,
                        &self
                            .seq(
                                &item.body,
                                &Frame {
                                    folders: any.clone(),
                                    ..frame.clone()
                                },
                            )
                            .any,
                    );
                }
                Flow {
                    ok: any.clone(),
                    any,
                }
            }
            CompoundCommand::Time(timed) => match &timed.command {
                Some(command) => {
                    let flow = self.stmt(command, frame);
                    // The second reader takes `time` for the command's name.
                    if matches!(command.command, shuck_ast::Command::Simple(_))
                        && let Some(last) = self.line.spelled.last_mut()
                    {
                        "time".clone_into(last);
                    }
                    flow
                }
                None => same,
            },
            CompoundCommand::Arithmetic(command) => {
                self.arithmetic(command.span, frame);
                same
            }
            CompoundCommand::Conditional(command) => {
                self.conditional(&command.expression, frame);
                same
            }
            CompoundCommand::ArithmeticFor(looped) => self.arithmetic_for(looped, frame),
            CompoundCommand::Select(looped) => {
                self.words(&looped.words, frame);
                self.doubt("a menu is not understood");
                self.looped(&[&looped.body], frame)
            }
            CompoundCommand::Repeat(looped) => {
                self.doubt("a loop of another shell is not understood");
                self.looped(&[&looped.body], frame)
            }
            CompoundCommand::Foreach(looped) => {
                self.doubt("a loop of another shell is not understood");
                self.looped(&[&looped.body], frame)
            }
            CompoundCommand::Coproc(command) => {
                self.doubt("it starts a background process with pipes to it");
                self.stmt(&command.body, frame);
                same
            }
            CompoundCommand::Always(command) => {
                self.doubt("a block of another shell is not understood");
                self.seq(&command.body, frame);
                self.seq(&command.always_body, frame)
            }
        }
    }

    fn looped(&mut self, bodies: &[&StmtSeq], frame: &Frame<'_>) -> Flow {
        let from = self.line.steps.len();
        let mut any = frame.folders.clone();
        for body in bodies {
            any = union(
                &any,
                &self
                    .seq(
                        body,
                        &Frame {
                            folders: any.clone(),
                            ..frame.clone()
                        },
                    )
                    .any,
            );
        }
        if any != frame.folders {
            // The second round begins elsewhere than the first.
            for step in self.line.steps.iter_mut().skip(from) {
                step.folders = vec![None];
            }
            any = vec![None];
        }
        Flow {
            ok: any.clone(),
            any,
        }
    }

    fn for_loop(&mut self, looped: &ForCommand, frame: &Frame<'_>) -> Flow {
        let names: Vec<String> = looped
            .targets
            .iter()
            .map(|target| self.slice(target.word.span).to_owned())
            .collect();
        let odd = |name: &String| {
            !name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                || name.ends_with("path")
                || name.ends_with("proxy")
        };
        if names.len() != 1 || names.iter().any(odd) {
            self.doubt("a loop sets a variable that may change what runs");
        }
        let values = match &looped.words {
            Some(words) => self.words(words, frame).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let values = if values.len() > MOST_ROUNDS || self.line.steps.len() > MOST_STEPS / 8 {
            vec![None]
        } else {
            values
        };
        let values = if values.is_empty() {
            vec![None]
        } else {
            values
        };
        let mut any = frame.folders.clone();
        for value in values {
            let mut inner = frame.clone();
            for name in &names {
                inner.vars.insert(name.clone(), value.clone());
            }
            any = union(&any, &self.looped(&[&looped.body], &inner).any);
        }
        Flow {
            ok: any.clone(),
            any,
        }
    }

    fn arithmetic_for(&mut self, looped: &ArithmeticForCommand, frame: &Frame<'_>) -> Flow {
        self.opaque(looped.span, "arithmetic with names may run commands", frame);
        self.looped(&[&looped.body], frame)
    }

    fn arithmetic(&mut self, span: Span, frame: &Frame<'_>) {
        let number = |c: char| c.is_ascii_digit() || " +-*/%()<>=!&|^~?:".contains(c);
        let text = self.slice(span);
        let plain = text.starts_with("((") && text.chars().all(number);
        // `((a); (b))` is read as arithmetic by one reader and as commands by another.
        if !plain {
            self.opaque(span, "arithmetic with names may run commands", frame);
            let steps = scan::pieces(self.source, frame.start);
            self.line.steps.extend(steps);
        }
    }

    /// `[[ … ]]` becomes a command of its words.
    fn conditional(&mut self, expression: &ConditionalExpr, frame: &Frame<'_>) {
        let mut words = vec![Word::fixed("[[")];
        let mut todo = vec![expression];
        while let Some(expression) = todo.pop() {
            match expression {
                ConditionalExpr::Binary(both) => {
                    let counts = matches!(
                        both.op,
                        ConditionalBinaryOp::ArithmeticEq
                            | ConditionalBinaryOp::ArithmeticNe
                            | ConditionalBinaryOp::ArithmeticLe
                            | ConditionalBinaryOp::ArithmeticGe
                            | ConditionalBinaryOp::ArithmeticLt
                            | ConditionalBinaryOp::ArithmeticGt
                    );
                    if counts {
                        for side in [&both.left, &both.right] {
                            let text = self.slice(side.span());
                            if !text.chars().all(|c| c.is_ascii_digit() || c == '-') {
                                self.opaque(
                                    side.span(),
                                    "arithmetic with names may run commands",
                                    frame,
                                );
                            }
                        }
                    }
                    todo.extend([&*both.left, &*both.right]);
                }
                ConditionalExpr::Unary(one) => {
                    if matches!(self.slice(one.op_span), "-v" | "-R") {
                        let why = "the index of a variable may run commands";
                        self.opaque(one.expr.span(), why, frame);
                    }
                    todo.push(&one.expr);
                }
                ConditionalExpr::Parenthesized(inner) => todo.push(&inner.expr),
                ConditionalExpr::Word(word) => words.extend(self.words([word], frame)),
                ConditionalExpr::Regex(word) => {
                    if self.slice(word.span).contains(['$', '`']) {
                        self.opaque(
                            word.span,
                            "a pattern with expansions is not understood",
                            frame,
                        );
                    }
                }
                ConditionalExpr::Pattern(pattern) => {
                    if self.slice(pattern.span).contains(['$', '`', '(']) {
                        self.opaque(
                            pattern.span,
                            "a pattern with expansions is not understood",
                            frame,
                        );
                    }
                }
                ConditionalExpr::VarRef(variable) => {
                    self.opaque(
                        variable.span,
                        "the index of a variable may run commands",
                        frame,
                    );
                }
            }
        }
        self.line.steps.push(Step {
            raw: "[[ … ]]".to_owned(),
            words,
            folders: frame.folders.clone(),
            shadow: frame.shadow,
            ..Step::default()
        });
    }
}

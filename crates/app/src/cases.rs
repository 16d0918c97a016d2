//! Files of cases that say how Gimlet must judge: told apart by their fields, judged by the
//! parts that judge in earnest, and reported one by one.

mod output;
mod permission;
mod secrets;
mod trust;

use serde_json::Value;
use std::path::Path;

/// How much a case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Must agree.
    Must,
    /// Should agree.
    Should,
    /// Is reported, and counts for nothing.
    Bonus,
}

impl Tier {
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Bonus => "bonus",
        }
    }
}

/// A case whose answer is another than the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line of the file, from 1 on.
    pub line: usize,
    pub id: String,
    pub tier: Tier,
    pub expected: String,
    pub got: String,
}

/// A line that is no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the file, from 1 on.
    pub line: usize,
    pub why: String,
}

/// What came of a file of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseReport {
    pub mismatches: Vec<Mismatch>,
    pub malformed: Vec<Malformed>,
    /// The tier of each case that was judged.
    judged: Vec<Tier>,
    /// Cases that are about another system, which count for nothing.
    elsewhere: usize,
}

impl CaseReport {
    /// How many cases agree, and how many there are; of one tier, or of all.
    pub fn count(&self, tier: Option<Tier>) -> (usize, usize) {
        let counts = |of: Tier| tier.is_none_or(|tier| tier == of);
        let all = self.judged.iter().filter(|of| counts(**of)).count();
        let differ = self.mismatches.iter();
        (all - differ.filter(|one| counts(one.tier)).count(), all)
    }

    /// Whether a case that must agree does not.
    pub fn fails(&self) -> bool {
        self.mismatches.iter().any(|one| one.tier == Tier::Must)
    }

    /// The report in one line.
    pub fn summary(&self) -> String {
        let (agree, all) = self.count(None);
        let mut line = format!("{agree} of {all} agree");
        for tier in [Tier::Must, Tier::Should, Tier::Bonus] {
            let (agree, all) = self.count(Some(tier));
            if all > 0 {
                line.extend([format!(" · {}: {agree} of {all}", tier.name())]);
            }
        }
        if self.elsewhere > 0 {
            line.extend([format!(" · {} about other systems", self.elsewhere)]);
        }
        line
    }
}

/// What a case is about. Each kind has its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text that a terminal, a prompt or a model is to be shown.
    Output,
    /// Text with a credential in it, or with what looks like one.
    Secrets,
    /// A shell command, or a file of a tool, under rules and a mode.
    Permission,
    /// A repository, and what must not come of opening it.
    Trust,
}

impl Kind {
    fn of(case: &Value) -> Option<Self> {
        let has = |field: &str| case.get(field).is_some();
        let verdict = case.get("expect").and_then(Value::as_str);
        if has("parts") && has("text") {
            Some(Self::Secrets)
        } else if has("channel") && (has("input") || has("chunks")) {
            Some(Self::Output)
        } else if matches!(verdict, Some("allow" | "ask" | "deny"))
            && (has("command") || (has("tool") && has("path")))
        {
            Some(Self::Permission)
        } else if has("trigger") && has("state") && has("deliver") {
            Some(Self::Trust)
        } else {
            None
        }
    }
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Agrees,
    /// It is about another system.
    Elsewhere,
    Differs {
        expected: String,
        got: String,
    },
}

/// Judges every case of a file, a line each; empty lines are passed over. Cases of trust are run
/// with the program itself, which lies at `program`.
pub fn check(text: &str, program: Option<&Path>) -> CaseReport {
    let mut report = CaseReport::default();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line_number = place + 1;
        match judge(line, program) {
            Ok((id, tier, outcome)) => {
                if outcome == Outcome::Elsewhere {
                    report.elsewhere += 1;
                    continue;
                }
                report.judged.push(tier);
                if let Outcome::Differs { expected, got } = outcome {
                    report.mismatches.push(Mismatch {
                        line: line_number,
                        id,
                        tier,
                        expected,
                        got,
                    });
                }
            }
            Err(why) => report.malformed.push(Malformed {
                line: line_number,
                why,
            }),
        }
    }
    report
}

fn judge(line: &str, program: Option<&Path>) -> Result<(String, Tier, Outcome), String> {
    let case: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = text(&case, "id")?.to_owned();
    let tier = match case.get("tier").and_then(Value::as_str) {
        None | Some("must") => Tier::Must,
        Some("should") => Tier::Should,
        Some("bonus") => Tier::Bonus,
        Some(other) => return Err(format!("{id}: there is no tier `{other}`")),
    };
    let outcome = match Kind::of(&case) {
        Some(Kind::Output) => output::judge(&case),
        Some(Kind::Secrets) => secrets::judge(&case),
        Some(Kind::Permission) => permission::judge(&case),
        Some(Kind::Trust) => trust::judge(&case, program),
        None => Err("its fields are those of no kind of case".to_owned()),
    };
    match outcome {
        Ok(outcome) => Ok((id, tier, outcome)),
        Err(why) => Err(format!("{id}: {why}")),
    }
}

/// A text that a case must have.
fn text<'a>(case: &'a Value, field: &str) -> Result<&'a str, String> {
    case.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("`{field}` is missing or no text"))
}

/// A list of texts that a case may have.
fn texts(case: &Value, field: &str) -> Result<Vec<String>, String> {
    let Some(value) = case.get(field) else {
        return Ok(Vec::new());
    };
    serde_json::from_value(value.clone()).map_err(|_| format!("`{field}` is no list of texts"))
}

#[cfg(test)]
mod tests;

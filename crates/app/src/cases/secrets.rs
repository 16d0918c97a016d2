//! Cases of credentials: which go, and which near misses stay.

use super::{Outcome, text, texts};
use gimlet_hygiene::secrets::{Redactor, redact};
use serde_json::Value;

/// So many characters of a key in a row give it away.
const TELLING_CHARS: usize = 12;

pub(super) fn judge(case: &Value) -> Result<Outcome, String> {
    let secret = texts(case, "parts")?.concat();
    let input = text(case, "text")?.replace("{S}", &secret);
    let output = redact(&input).into_owned();
    for sizes in sizes(case)? {
        let split = redacted(&sizes, &input);
        if split != output {
            return Ok(Outcome::Differs {
                expected: format!("the same in pieces of {sizes:?}"),
                got: redact(&split).into_owned(),
            });
        }
    }
    let is_kept = output == input;
    let also_redacted = texts(case, "also_ok")?.iter().any(|also| also == "redact");
    match text(case, "expect")? {
        "keep" if is_kept || also_redacted => Ok(Outcome::Agrees),
        "keep" => Ok(Outcome::Differs {
            expected: "the text as it is".to_owned(),
            got: format!("{output:?}"),
        }),
        "redact" => {
            let missing = faults(case, &secret, &output, is_kept)?;
            Ok(match missing {
                None => Outcome::Agrees,
                Some(expected) => Outcome::Differs {
                    expected,
                    // The text may hold what a person put there in earnest.
                    got: redact(&output).into_owned(),
                },
            })
        }
        other => Err(format!("`expect` is `{other}`, and not `redact` or `keep`")),
    }
}

/// How the text is split: as the case has it, and into small pieces.
fn sizes(case: &Value) -> Result<Vec<Vec<usize>>, String> {
    let mut all = [1, 2, 5, 16].map(|size| vec![size]).to_vec();
    if let Some(given) = case.get("chunk_sizes") {
        let given: Vec<usize> = serde_json::from_value(given.clone())
            .map_err(|_| "`chunk_sizes` is no list of numbers".to_owned())?;
        if given.is_empty() || given.contains(&0) {
            return Err("`chunk_sizes` has no size above zero".to_owned());
        }
        all.push(given);
    }
    Ok(all)
}

/// The text behind the redactor, in pieces of these sizes over and over.
fn redacted(sizes: &[usize], input: &str) -> String {
    let mut redactor = Redactor::default();
    let mut out = String::new();
    let mut rest = input;
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary((*size).min(rest.len())));
        redactor.push(piece, &mut out);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    redactor.finish(&mut out);
    out
}

/// What of the expectation does not hold.
fn faults(
    case: &Value,
    secret: &str,
    output: &str,
    is_kept: bool,
) -> Result<Option<String>, String> {
    let part = texts(case, "must_not_contain_parts")?.concat();
    let body: Vec<char> = secret
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .collect();
    let tells = body
        .windows(TELLING_CHARS)
        .any(|run| output.contains(&run.iter().collect::<String>()));
    if is_kept || tells || (!part.is_empty() && output.contains(&part)) {
        return Ok(Some("the key is gone".to_owned()));
    }
    let lost = texts(case, "must_keep")?
        .into_iter()
        .find(|kept| !output.contains(kept.as_str()));
    Ok(lost.map(|kept| format!("{kept:?} stays")))
}

//! The bill as comma-separated values (RFC 4180).

use gimlet_app::{BillLine, BilledRequest};
use gimlet_protocol::Usage;

const NUMBERS: [&str; 7] = [
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "thinking_tokens",
    "micro_usd",
    "sent_bytes",
];

/// A line for each sum.
pub(super) fn of_lines(by: &str, lines: &[BillLine]) -> String {
    let head = [by, "requests", "failed", "unpriced"];
    let rows = lines.iter().map(|line| {
        let mut row = vec![text(&line.label)];
        row.extend([line.requests, line.failed, line.unpriced].map(|count| count.to_string()));
        row.extend(numbers(&line.usage, Some(line.micro_usd), line.sent_bytes));
        row
    });
    sheet(&head, rows)
}

/// A line for each request.
pub(super) fn of_requests(requests: &[BilledRequest]) -> String {
    let head = [
        "session", "entry", "ended_ms", "asker", "model", "tools", "failed",
    ];
    let rows = requests.iter().map(|request| {
        let mut row = vec![
            text(request.session.as_str()),
            request.entry.to_string(),
            request.at.0.to_string(),
            text(&request.asker),
            text(&request.model),
            text(&request.tools.join(" ")),
            request.failed.to_string(),
        ];
        row.extend(numbers(
            &request.usage,
            request.micro_usd,
            request.sent_bytes,
        ));
        row
    });
    sheet(&head, rows)
}

fn numbers(usage: &Usage, micro_usd: Option<u64>, sent_bytes: u64) -> [String; 7] {
    [
        usage.input_tokens.to_string(),
        usage.output_tokens.to_string(),
        usage.cache_read_tokens.to_string(),
        usage.cache_write_tokens.to_string(),
        usage.thinking_tokens.to_string(),
        micro_usd.map_or_else(String::new, |cost| cost.to_string()),
        sent_bytes.to_string(),
    ]
}

fn sheet(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines = vec![[head, &NUMBERS].concat().join(",")];
    lines.extend(rows.map(|row| row.join(",")));
    lines.join("\r\n") + "\r\n"
}

/// A quoted field. What a spreadsheet would take for a formula gets an apostrophe in front.
fn text(value: &str) -> String {
    let guard = if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", value.replace('"', "\"\""))
}

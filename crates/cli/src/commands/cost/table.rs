//! The bill as a table with bars.

use super::super::ledger::bar;
use gimlet_app::{BillLine, CacheAlarm, CostReport, CostRow};

/// Each request of a session, and the sums.
pub(super) fn of_session(report: &CostReport, alarms: &[CacheAlarm]) -> String {
    if report.requests.is_empty() {
        return "No request was made in this session.\n".to_owned();
    }
    let mut lines = vec![format!(
        "{:>6}  {:12} {:>9} {:>8} {:>9} {:>9}  {:>10}  {:>9} {:>5}  ended",
        "entry", "asked by", "input", "output", "cached", "written", "cost", "bytes", "kept"
    )];
    let dearest = report
        .requests
        .iter()
        .filter_map(|row| row.micro_usd)
        .max()
        .unwrap_or(0);
    lines.extend(report.requests.iter().map(|row| cost_line(row, dearest)));
    lines.push(String::new());
    lines.push(sum_line(report));
    for (asker, sum) in &report.by_asker {
        lines.push(format!(
            "  {asker}: {} requests, {} tokens, {}",
            sum.requests,
            sum.tokens,
            dollars(sum.micro_usd)
        ));
    }
    lines.extend(alarms.iter().map(alarm_line));
    lines.join("\n") + "\n"
}

/// A line for each sum, the whole below.
pub(super) fn of_bill(
    by: &str,
    lines: &[BillLine],
    total: &BillLine,
    alarms: &[CacheAlarm],
) -> String {
    if lines.is_empty() {
        return "No request was made in these sessions.\n".to_owned();
    }
    let dearest = lines.iter().map(|line| line.micro_usd).max().unwrap_or(0);
    let mut rows = vec![format!(
        "{:>12} {:>8} {:>12} {:>6} {:>10}  {by}",
        "cost", "requests", "tokens in", "cached", "tokens out"
    )];
    for line in lines.iter().chain([total]) {
        let is_total = std::ptr::eq(line, total);
        if is_total {
            rows.push(String::new());
        }
        let bar = if is_total {
            String::new()
        } else {
            bar(line.micro_usd, dearest)
        };
        let cost = match line.unpriced {
            0 => dollars(line.micro_usd),
            all if all == line.requests => "no price".to_owned(),
            _ => format!("{}+", dollars(line.micro_usd)),
        };
        let input = line.usage.context_tokens() - line.usage.output_tokens;
        rows.push(format!(
            "{cost:>12} {:>8} {input:>12} {:>5}% {:>10}  {}  {bar}",
            line.requests,
            percent(line.usage.cache_read_tokens, input),
            line.usage.output_tokens,
            line.label,
        ));
    }
    if total.unpriced > 0 {
        rows.push(format!(
            "{} requests have no known price and are not in the sums.",
            total.unpriced
        ));
    }
    rows.extend(alarms.iter().map(alarm_line));
    rows.join("\n") + "\n"
}

fn alarm_line(alarm: &CacheAlarm) -> String {
    format!(
        "cache lost at entry {} of {} ({}): {}% of the input came from the cache before, {}% then; {}",
        alarm.entry,
        alarm.session,
        alarm.asker,
        alarm.before_percent,
        alarm.now_percent,
        alarm.because
    )
}

fn percent(part: u64, whole: u64) -> u64 {
    (part * 100).checked_div(whole).unwrap_or(0)
}

fn cost_line(row: &CostRow, dearest: u64) -> String {
    let cost = row.micro_usd.map_or_else(|| "no price".to_owned(), dollars);
    let kept = percent(row.kept_bytes, row.sent_bytes);
    let broke = row
        .broke_because
        .as_ref()
        .map_or_else(String::new, |why| format!("; prefix broke: {why}"));
    format!(
        "{:>6}  {:12} {:>9} {:>8} {:>9} {:>9}  {cost:>10}  {:>9} {kept:>4}%  {}{broke}  {}",
        row.entry,
        row.asker,
        row.usage.input_tokens,
        row.usage.output_tokens,
        row.usage.cache_read_tokens,
        row.usage.cache_write_tokens,
        row.sent_bytes,
        row.finish,
        bar(row.micro_usd.unwrap_or(0), dearest),
    )
}

fn sum_line(report: &CostReport) -> String {
    let usage = &report.usage;
    let all_input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let hit = percent(usage.cache_read_tokens, all_input);
    let unpriced = match report.unpriced {
        0 => String::new(),
        some => format!(", {some} requests without a known price"),
    };
    format!(
        "{} requests, {} tokens in ({hit}% from the cache), {} out: {}{unpriced}",
        report.requests.len(),
        all_input,
        usage.output_tokens,
        dollars(report.micro_usd)
    )
}

pub(super) fn dollars(micro: u64) -> String {
    format!("${}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

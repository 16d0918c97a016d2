//! The bill as a picture of bars, and as a page around it. Nothing in them is fetched or run.

use super::table::dollars;
use gimlet_app::BillLine;
use std::fmt::Write as _;

/// A bar of the picture.
pub(super) struct Bar {
    label: String,
    told: String,
    length: u64,
}

const ROW_HEIGHT: usize = 24;
const LABEL_WIDTH: usize = 320;
const BAR_WIDTH: u64 = 480;
const WIDTH: usize = 960;
const HEAD_HEIGHT: usize = 48;
/// Longer labels are cut.
const LABEL_CHARS: usize = 44;

/// Bars by cost; by tokens where no request has a price.
pub(super) fn bars(lines: &[BillLine]) -> Vec<Bar> {
    let is_priced = lines.iter().any(|line| line.micro_usd > 0);
    let bar = |line: &BillLine| {
        let tokens = line.usage.context_tokens();
        Bar {
            label: line.label.clone(),
            told: if is_priced {
                dollars(line.micro_usd)
            } else {
                format!("{tokens} tokens")
            },
            length: if is_priced { line.micro_usd } else { tokens },
        }
    };
    lines.iter().map(bar).collect()
}

/// A picture, readable in light and dark.
pub(super) fn svg(title: &str, bars: &[Bar]) -> String {
    let height = HEAD_HEIGHT + bars.len() * ROW_HEIGHT + 16;
    let longest = bars.iter().map(|bar| bar.length).max().unwrap_or(0).max(1);
    let mut out = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">"#,
            "\n<style>text{{font:13px ui-monospace,monospace;fill:#24292f}}.title{{font-size:16px}}",
            ".bar{{fill:#3b7ea1}}@media(prefers-color-scheme:dark){{text{{fill:#d0d7de}}.bar{{fill:#6cb6d9}}}}</style>\n",
            "<title>{t}</title>\n",
            r#"<text class="title" x="16" y="30">{t}</text>"#,
            "\n"
        ),
        w = WIDTH,
        h = height,
        t = escaped(title)
    );
    for (row, bar) in bars.iter().enumerate() {
        let top = HEAD_HEIGHT + row * ROW_HEIGHT;
        let width = (bar.length * BAR_WIDTH).div_ceil(longest);
        let end = LABEL_WIDTH as u64 + width + 8;
        // A string that is written to cannot fail.
        let _ignored = writeln!(
            out,
            concat!(
                r#"<text x="16" y="{base}">{label}</text>"#,
                r#"<rect class="bar" x="{left}" y="{top}" width="{width}" height="16" rx="2"/>"#,
                r#"<text x="{end}" y="{base}">{told}</text>"#
            ),
            base = top + 13,
            left = LABEL_WIDTH,
            top = top,
            width = width,
            end = end,
            label = escaped(&cut(&bar.label)),
            told = escaped(&bar.told),
        );
    }
    out + "</svg>\n"
}

/// A page with the picture and the figures.
pub(super) fn page(title: &str, lines: &[BillLine], total: &BillLine) -> String {
    let mut rows = String::new();
    for line in lines.iter().chain([total]) {
        let usage = &line.usage;
        let _ignored = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&line.label),
            dollars(line.micro_usd),
            line.requests,
            usage.input_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.output_tokens,
        );
    }
    let unpriced = match total.unpriced {
        0 => String::new(),
        some => format!("<p>{some} requests have no known price and are not in the sums.</p>\n"),
    };
    format!(
        concat!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n",
            "<style>body{{font:14px ui-monospace,monospace;margin:2rem;color-scheme:light dark}}",
            "td,th{{padding:.2rem .8rem;text-align:right}}td:first-child,th:first-child{{text-align:left}}",
            "tr:last-child td{{border-top:1px solid}}svg{{max-width:100%;height:auto}}</style></head>\n<body>\n",
            "{picture}{unpriced}<table><tr><th></th><th>cost</th><th>requests</th><th>input</th>",
            "<th>cached</th><th>written</th><th>output</th></tr>\n{rows}</table>\n</body></html>\n"
        ),
        title = escaped(title),
        picture = svg(title, &bars(lines)),
        unpriced = unpriced,
        rows = rows,
    )
}

fn cut(label: &str) -> String {
    if label.chars().count() <= LABEL_CHARS {
        return label.to_owned();
    }
    label.chars().take(LABEL_CHARS - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .fold(String::new(), |mut out, c| {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                other => out.push(other),
            }
            out
        })
}

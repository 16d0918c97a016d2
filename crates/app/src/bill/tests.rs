use super::{BillBy, BillLine, BilledRequest, bill, bill_total, cache_alarms};
use gimlet_protocol::{EntryId, SessionId, Timestamp, Usage};
use jiff::tz::TimeZone;

fn request(entry: u64, tools: &[&str], cost: Option<u64>) -> BilledRequest {
    BilledRequest {
        session: SessionId("s".to_owned()),
        about: "About".to_owned(),
        project: "/work".to_owned(),
        entry: EntryId(entry),
        at: Timestamp(entry * 60_000),
        asker: "main".to_owned(),
        worker: None,
        task: None,
        model: "a/m".to_owned(),
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        failed: false,
        usage: Usage {
            input_tokens: 10_000,
            output_tokens: 7,
            ..Usage::default()
        },
        micro_usd: cost,
        sent_bytes: 100,
        broke_because: None,
    }
}

fn cached(entry: u64, percent: u64) -> BilledRequest {
    let mut request = request(entry, &[], Some(1));
    request.usage.input_tokens = 10_000 - percent * 100;
    request.usage.cache_read_tokens = percent * 100;
    request
}

fn costs(lines: &[BillLine]) -> Vec<(&str, u64, u64)> {
    lines
        .iter()
        .map(|line| (line.label.as_str(), line.micro_usd, line.requests))
        .collect()
}

#[test]
fn a_request_is_shared_between_the_calls_whose_results_it_carried_and_nothing_is_lost() {
    let requests = [
        request(1, &[], Some(50)),
        request(2, &["Read", "Read", "Bash"], Some(101)),
        request(3, &["Bash"], None),
    ];
    let lines = bill(&requests, BillBy::Tool, &TimeZone::UTC);
    assert_eq!(
        costs(&lines),
        [("Read", 68, 2), ("no tool", 50, 1), ("Bash", 33, 2)]
    );
    let mut sums = (0, Usage::default());
    for line in &lines {
        sums.0 += line.micro_usd;
        sums.1.add(&line.usage);
    }
    let total = bill_total(&requests);
    assert_eq!(sums, (total.micro_usd, total.usage));
    assert_eq!((total.requests, total.unpriced), (3, 1));
}

#[test]
fn days_are_those_of_the_persons_time_zone_and_in_their_order() {
    // 23:30 UTC is the next day in a zone one hour ahead.
    let late = 23 * 60 + 30;
    let requests = [request(late, &[], Some(9)), request(1, &[], Some(1))];
    let utc = bill(&requests, BillBy::Day, &TimeZone::UTC);
    assert_eq!(costs(&utc), [("1970-01-01", 10, 2)]);
    let ahead = TimeZone::fixed(jiff::tz::offset(1));
    let lines = bill(&requests, BillBy::Day, &ahead);
    assert_eq!(costs(&lines), [("1970-01-01", 1, 1), ("1970-01-02", 9, 1)]);
}

#[test]
fn an_alarm_names_the_request_that_lost_the_cache_and_why() {
    let mut edited = cached(4, 10);
    edited.broke_because = Some("the conversation was compacted".to_owned());
    let requests = [
        cached(1, 0),
        cached(2, 90),
        cached(3, 95),
        edited,
        cached(5, 90),
        // Seven minutes later.
        cached(12, 0),
        cached(13, 80),
        cached(14, 30),
    ];
    let alarms = cache_alarms(&requests);
    let told: Vec<(u64, &str)> = alarms
        .iter()
        .map(|alarm| (alarm.entry.0, alarm.because.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (4, "the prefix broke: the conversation was compacted"),
            (
                12,
                "7 minutes passed since the request before; providers forget sooner"
            ),
            (
                14,
                "what was sent begins as before, so the provider let go of it"
            ),
        ]
    );
}

#[test]
fn another_conversation_a_failed_or_a_small_request_raises_no_alarm() {
    let mut worker = cached(2, 0);
    worker.worker = Some(SessionId("w".to_owned()));
    let mut failed = cached(3, 0);
    failed.failed = true;
    let mut small = cached(4, 0);
    small.usage.input_tokens = 500;
    let mut other = cached(5, 0);
    other.model = "b/n".to_owned();
    let requests = [cached(1, 90), worker, failed, small, other, cached(6, 90)];
    assert_eq!(cache_alarms(&requests), []);
}

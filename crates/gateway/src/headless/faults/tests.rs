use super::{error_name, full_code};
use gimlet_ports::LogFault;

#[test]
fn a_full_disk_is_told_from_the_words_of_the_log() {
    let full = LogFault::Full {
        path: "/s/a.jsonl".into(),
    };
    assert_eq!(full_code(&full.to_string()), Some("ENOSPC"));
    let quota = LogFault::Broken {
        path: "/s/a.jsonl".into(),
        why: "Disk quota exceeded (os error 122)".to_owned(),
    };
    assert_eq!(full_code(&quota.to_string()), Some("EDQUOT"));
    let other = LogFault::Locked {
        path: "/s/a.jsonl".into(),
        pid: Some(7),
    };
    assert_eq!(full_code(&other.to_string()), None);
}

#[test]
fn statuses_refine_the_class_of_a_failure() {
    assert_eq!(error_name("busy", Some(429)), "rate_limit");
    assert_eq!(error_name("busy", Some(529)), "overloaded");
    assert_eq!(error_name("busy", Some(503)), "server_error");
    assert_eq!(error_name("rejected", Some(402)), "billing_error");
    assert_eq!(
        error_name("credentials", Some(401)),
        "authentication_failed"
    );
}

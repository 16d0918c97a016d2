//! The table of recoveries.

use super::{Recovery, recovery};
use crate::options::RetryPolicy;
use gimlet_ports::Failure;
use std::time::Duration;

fn pause_of(class: Failure, attempt: u32) -> Option<Duration> {
    match recovery(class, attempt, &RetryPolicy::default()) {
        Recovery::Again { pause, .. } => Some(pause),
        Recovery::Elsewhere | Recovery::Stop => None,
    }
}

#[test]
fn pauses_grow_and_stay_between_half_and_all_of_the_step() {
    for (attempt, full_ms) in [(1, 500), (2, 1_000), (3, 2_000), (7, 30_000)] {
        let pause = pause_of(Failure::Busy { retry_after: None }, attempt).unwrap();
        let full = Duration::from_millis(full_ms);
        assert!(
            pause >= full / 2 && pause <= full,
            "attempt {attempt}: {pause:?}"
        );
    }
}

#[test]
fn a_providers_own_pause_is_kept_to_the_millisecond() {
    let asked = Duration::from_millis(7_321);
    assert_eq!(
        pause_of(
            Failure::Busy {
                retry_after: Some(asked)
            },
            3
        ),
        Some(asked)
    );
}

#[test]
fn each_class_ends_as_the_table_says() {
    let policy = RetryPolicy::default();
    let table = [
        (Failure::Busy { retry_after: None }, 8, Recovery::Elsewhere),
        (
            Failure::Busy {
                retry_after: Some(Duration::from_secs(301)),
            },
            1,
            Recovery::Elsewhere,
        ),
        (Failure::Cut, 5, Recovery::Stop),
        (Failure::Garbage, 2, Recovery::Stop),
        (Failure::NoModel, 1, Recovery::Elsewhere),
        (Failure::TooLong, 1, Recovery::Stop),
        (Failure::Credentials, 1, Recovery::Stop),
        (Failure::Rejected, 1, Recovery::Stop),
    ];
    for (class, attempt, expected) in table {
        assert_eq!(recovery(class, attempt, &policy), expected, "{class:?}");
    }
}

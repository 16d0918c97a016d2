//! When a failed request is sent again, and after which pause.

use crate::options::RetryPolicy;
use gimlet_ports::Failure;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// What to do about a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Send it again after a pause.
    Again {
        /// How long to wait.
        pause: Duration,
        /// How many attempts are made at most.
        max: u32,
    },
    /// Go on with another model, if there is one; else stop.
    Elsewhere,
    /// Stop.
    Stop,
}

/// The table of recoveries. `attempt` is the number of the one that failed, from 1.
pub(crate) fn recovery(class: Failure, attempt: u32, policy: &RetryPolicy) -> Recovery {
    let (max, asked) = match class {
        Failure::Busy { retry_after } => (policy.busy_attempts, retry_after),
        Failure::Cut => (policy.cut_attempts, None),
        Failure::Garbage => (policy.garbage_attempts, None),
        Failure::NoModel => return Recovery::Elsewhere,
        Failure::TooLong | Failure::Credentials | Failure::Rejected => return Recovery::Stop,
    };
    if attempt >= max {
        return match class {
            Failure::Busy { .. } => Recovery::Elsewhere,
            Failure::Cut
            | Failure::Garbage
            | Failure::TooLong
            | Failure::Credentials
            | Failure::NoModel
            | Failure::Rejected => Recovery::Stop,
        };
    }
    match asked {
        Some(asked) if asked > policy.longest_asked => Recovery::Elsewhere,
        Some(asked) => Recovery::Again { pause: asked, max },
        None => Recovery::Again {
            pause: jittered(back_off(attempt, policy)),
            max,
        },
    }
}

/// Doubles with each attempt, up to the longest pause.
fn back_off(attempt: u32, policy: &RetryPolicy) -> Duration {
    let factor = 1_u32
        .checked_shl(attempt.saturating_sub(1))
        .unwrap_or(u32::MAX);
    policy
        .first_pause
        .saturating_mul(factor)
        .min(policy.longest_pause)
}

/// Between half of the pause and all of it, so that clients do not come back together.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1000;
    let percent_of_half = u32::try_from(random).unwrap_or(0);
    pause / 2 + pause / 2 * percent_of_half / 1000
}

#[cfg(test)]
mod tests;

//! When something that begins now expires.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Adds a duration to a time; one too long for the calendar never ends.
pub(crate) fn until(now: DateTime<Utc>, life: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(life).ok().and_then(|life| now.checked_add_signed(life)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

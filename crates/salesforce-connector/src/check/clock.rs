//! Compares the organisation's clock with the gateway's.
//!
//! Login history is selected by time, and Salesforce refuses a signed assertion whose time is off by minutes.

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::{Finding, Result, Severity};

use crate::connection::Connection;
use crate::findings::JWT_FLOW;

/// The difference that needs no finding.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// Measures how far the organisation's clock is ahead; `None` when its response has no `Date`.
pub(super) async fn ahead(connection: &Connection) -> Result<Option<TimeDelta>> {
    let sent = connection.clock.now();
    let response = connection.org.http().get("/services/data").without_token().send().await?;
    let received = connection.clock.now();
    Ok(response.date().map(|date| difference(date, sent, received)))
}

/// How far `date`, which has whole seconds, lies outside the time that the request took.
fn difference(date: DateTime<Utc>, sent: DateTime<Utc>, received: DateTime<Utc>) -> TimeDelta {
    let latest = date + TimeDelta::seconds(1);
    if date > received {
        date - received
    } else if latest < sent {
        latest - sent
    } else {
        TimeDelta::zero()
    }
}

/// The finding for clocks that differ by more than a minute.
pub(super) fn skew(ahead: TimeDelta) -> Option<Finding> {
    let apart = ahead.abs();
    (apart > TOLERANCE).then(|| {
        let which = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        Finding::new(
            "CLOCK_SKEW",
            Severity::Warning,
            "The gateway's clock and Salesforce's clock differ by more than a minute. Logins may be read late or twice, \
             and Salesforce may refuse signed assertions.",
            "Synchronise the clock of the gateway's machine with NTP.",
        )
        .with_seen(format!("Salesforce's clock is about {} minutes {which} the gateway's", rounded(apart)))
        .with_docs(JWT_FLOW)
    })
}

fn rounded(apart: TimeDelta) -> i64 {
    (apart + TimeDelta::seconds(30)).num_minutes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn a_server_time_during_the_request_is_no_difference() {
        assert_eq!(difference(at(100), at(100), at(103)), TimeDelta::zero());
        assert_eq!(difference(at(99), at(100), at(103)), TimeDelta::zero(), "whole seconds");
        assert_eq!(difference(at(104), at(100), at(103)), TimeDelta::seconds(1));
        assert_eq!(difference(at(90), at(100), at(103)), TimeDelta::seconds(-9));
    }

    #[test]
    fn a_clock_difference_of_a_minute_is_no_finding() {
        assert_eq!(skew(TimeDelta::seconds(60)), None);
        assert_eq!(skew(TimeDelta::seconds(-60)), None);
        let seen = |seconds| skew(TimeDelta::seconds(seconds)).unwrap().seen.unwrap();
        assert_eq!(seen(300), "Salesforce's clock is about 5 minutes ahead of the gateway's");
        assert_eq!(seen(-110), "Salesforce's clock is about 2 minutes behind the gateway's");
    }
}

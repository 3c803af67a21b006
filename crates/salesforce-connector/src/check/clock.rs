//! Whether the organisation's clock and ours agree.
//!
//! Login history is read by the organisation's time from where ours says, and a signed assertion is refused when its
//! time is off by minutes.

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::{Finding, Result, Severity};

use crate::connector::Salesforce;
use crate::findings::JWT_FLOW;

/// As far as clocks may be apart that nobody looks after.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// Measures how far the organisation's clock is ahead of ours; `None` when its answers carry no date.
pub(super) async fn ahead(link: &Salesforce) -> Result<Option<TimeDelta>> {
    let asked = link.clock.now();
    let answer = link.org.http().get("/services/data").without_token().send().await?;
    let answered = link.clock.now();
    Ok(answer.date().map(|date| beyond(date, asked, answered)))
}

/// How far `date`, which is cut to the second, lies outside the time that the exchange took.
fn beyond(date: DateTime<Utc>, asked: DateTime<Utc>, answered: DateTime<Utc>) -> TimeDelta {
    let latest = date + TimeDelta::seconds(1);
    if date > answered {
        date - answered
    } else if latest < asked {
        latest - asked
    } else {
        TimeDelta::zero()
    }
}

/// Says when the clocks are too far apart.
pub(super) fn skew(ahead: TimeDelta) -> Option<Finding> {
    let apart = ahead.abs();
    (apart > TOLERANCE).then(|| {
        let which = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        Finding::new(
            "CLOCK_SKEW",
            Severity::Warning,
            "The gateway's clock and Salesforce's are more than a minute apart: logins may be read too late or twice, \
             and signed assertions are refused.",
            "Let the gateway's machine set its clock by a time server (NTP).",
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
    fn a_date_within_the_exchange_is_on_time() {
        assert_eq!(beyond(at(100), at(100), at(103)), TimeDelta::zero());
        assert_eq!(beyond(at(99), at(100), at(103)), TimeDelta::zero(), "cut to the second");
        assert_eq!(beyond(at(104), at(100), at(103)), TimeDelta::seconds(1));
        assert_eq!(beyond(at(90), at(100), at(103)), TimeDelta::seconds(-9));
    }

    #[test]
    fn a_minute_is_not_worth_a_word() {
        assert_eq!(skew(TimeDelta::seconds(60)), None);
        assert_eq!(skew(TimeDelta::seconds(-60)), None);
        let said = |seconds| skew(TimeDelta::seconds(seconds)).unwrap().seen.unwrap();
        assert_eq!(said(300), "Salesforce's clock is about 5 minutes ahead of the gateway's");
        assert_eq!(said(-110), "Salesforce's clock is about 2 minutes behind the gateway's");
    }
}

//! Evidence of use of one kind for one account, and the days on which there was any.

use chrono::{DateTime, Utc};
use seatgraph_core::{Activity, ActivityKind};

use crate::{AccountId, Error, Result};

/// Number of days stored, the newest included.
const DAYS: i64 = 184;
const HEAD: usize = 8;
const BITS: usize = (DAYS / 8) as usize;

/// The days on which there was evidence: 8 bytes big-endian, the newest day since 1970; then 23 bytes, whose first
/// bit (the highest of the first byte) is that day, and each further bit the day before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayMap([u8; HEAD + BITS]);

impl DayMap {
    fn of(at: DateTime<Utc>) -> Self {
        let mut map = [0; HEAD + BITS];
        map[..HEAD].copy_from_slice(&day(at).to_be_bytes());
        map[HEAD] = 0x80;
        Self(map)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::Damaged("day map is of another length".to_owned()))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn newest(&self) -> i64 {
        let mut head = [0; HEAD];
        head.copy_from_slice(&self.0[..HEAD]);
        i64::from_be_bytes(head)
    }

    fn days(&self) -> impl Iterator<Item = i64> {
        let newest = self.newest();
        (0..DAYS).filter(|back| self.bit(*back)).map(move |back| newest - back)
    }

    fn bit(&self, back: i64) -> bool {
        place(back).is_some_and(|(byte, mask)| self.0[byte] & mask != 0)
    }

    /// Marks a day. Days that are too old are dropped.
    fn mark(&mut self, at: DateTime<Utc>) {
        let newest = self.newest();
        if day(at) <= newest {
            if let Some((byte, mask)) = place(newest - day(at)) {
                self.0[byte] |= mask;
            }
            return;
        }
        let mut moved = Self::of(at);
        for known in self.days() {
            if let Some((byte, mask)) = place(day(at) - known) {
                moved.0[byte] |= mask;
            }
        }
        *self = moved;
    }
}

fn place(back: i64) -> Option<(usize, u8)> {
    let back = usize::try_from(back).ok().filter(|_| back < DAYS)?;
    Some((HEAD + back / 8, 0x80 >> (back % 8)))
}

fn day(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(86_400)
}

/// Evidence of one kind for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(super) account: AccountId,
    pub(super) kind: ActivityKind,
    pub(super) last_at: DateTime<Utc>,
    pub(super) source: String,
    pub(super) days: DayMap,
}

impl Evidence {
    pub(super) fn first(account: AccountId, activity: &Activity) -> Self {
        Self {
            account,
            kind: activity.kind,
            last_at: activity.at,
            source: activity.source.clone(),
            days: DayMap::of(activity.at),
        }
    }

    pub(super) fn add(&mut self, activity: &Activity) {
        self.days.mark(activity.at);
        if activity.at > self.last_at {
            self.last_at = activity.at;
            self.source.clone_from(&activity.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(day * 86_400 + 3_600, 0).single().unwrap()
    }

    fn marked(days: &[i64]) -> DayMap {
        let mut map = DayMap::of(at(days[0]));
        for day in &days[1..] {
            map.mark(at(*day));
        }
        map
    }

    #[test]
    fn a_map_returns_its_days_newest_first() {
        assert_eq!(marked(&[20_000, 19_990, 20_003, 20_000]).days().collect::<Vec<_>>(), [20_003, 20_000, 19_990]);
    }

    #[test]
    fn the_order_of_marking_does_not_matter() {
        assert_eq!(marked(&[20_000, 19_950, 20_050]), marked(&[20_050, 20_000, 19_950]));
    }

    #[test]
    fn a_day_184_days_back_is_dropped() {
        assert_eq!(marked(&[20_000, 20_183]).days().collect::<Vec<_>>(), [20_183, 20_000]);
        assert_eq!(marked(&[20_000, 20_184]).days().collect::<Vec<_>>(), [20_184]);
        assert_eq!(marked(&[20_184, 20_000]).days().collect::<Vec<_>>(), [20_184]);
    }

    #[test]
    fn the_written_form_is_the_documented_one() {
        let bytes = marked(&[20_000, 19_999, 19_992]);
        assert_eq!(bytes.as_bytes()[..8], 20_000_i64.to_be_bytes());
        assert_eq!(bytes.as_bytes()[8..11], [0b1100_0000, 0b1000_0000, 0]);
        assert_eq!(bytes.as_bytes().len(), 31);
    }
}

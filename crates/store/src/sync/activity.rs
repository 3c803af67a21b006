//! Evidence of use: the newest of each kind, and the days on which there was any.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Activity, ActivityKind};

use super::merge::Merge;
use super::page::Prepared;
use crate::db::on_both;
use crate::schema::{accounts, activities};
use crate::types::StoredEnum;
use crate::{AccountId, Error, Result};

/// How many days are remembered, the newest included.
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

    fn read(bytes: &[u8]) -> Result<Self> {
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

    /// Marks a day. One too far back is forgotten; a newer one pushes the oldest out.
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
    fn first(account: AccountId, activity: &Activity) -> Self {
        Self {
            account,
            kind: activity.kind,
            last_at: activity.at,
            source: activity.source.clone(),
            days: DayMap::of(activity.at),
        }
    }

    fn add(&mut self, activity: &Activity) {
        self.days.mark(activity.at);
        if activity.at > self.last_at {
            self.last_at = activity.at;
            self.source.clone_from(&activity.source);
        }
    }
}

type Known = HashMap<(AccountId, ActivityKind), Evidence>;

/// Adds a page's evidence to what is known and returns what changed, in the order of its keys.
fn merge(known: &Known, accounts: &HashMap<String, AccountId>, page: &[Activity]) -> Vec<Evidence> {
    let mut merged: BTreeMap<(AccountId, &str), Evidence> = BTreeMap::new();
    for activity in page {
        let Some(account) = accounts.get(&activity.account) else { continue };
        let known = || known.get(&(*account, activity.kind)).cloned();
        let entry = merged.entry((*account, activity.kind.as_text()));
        let evidence = entry.or_insert_with(|| known().unwrap_or_else(|| Evidence::first(*account, activity)));
        evidence.add(activity);
    }
    let changed = |evidence: &Evidence| known.get(&(evidence.account, evidence.kind)) != Some(evidence);
    merged.into_values().filter(changed).collect()
}

/// More accounts than this are looked up in pieces: a statement takes only so many values on SQLite.
const PIECE: usize = 10_000;

type Row = (AccountId, String, Option<(ActivityKind, DateTime<Utc>, String, Vec<u8>)>);

pub(super) trait ActivityStatements {
    /// Merges the page's evidence; accounts that nobody knows are named in `orphans`, once for each record.
    async fn merge_activity(&mut self, page: &Prepared, orphans: &mut Vec<String>) -> Result<()>;
}

on_both! {
    impl ActivityStatements {
        async fn merge_activity(&mut self, page: &Prepared, orphans: &mut Vec<String>) -> Result<()> {
            let mut names: Vec<&str> = page.activity.iter().map(|activity| activity.account.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let (mut ids, mut known) = (HashMap::new(), Known::new());
            for names in names.chunks(PIECE) {
                let rows: Vec<Row> = accounts::table
                    .left_join(activities::table)
                    .filter(accounts::profile_id.eq(page.profile))
                    .filter(accounts::external_id.eq_any(names.to_vec()))
                    .select((
                        accounts::id,
                        accounts::external_id,
                        (activities::kind, activities::last_at, activities::source, activities::day_map).nullable(),
                    ))
                    .load(self)
                    .await?;
                for (account, name, evidence) in rows {
                    ids.insert(name, account);
                    if let Some((kind, last_at, source, days)) = evidence {
                        let days = DayMap::read(&days)?;
                        known.insert((account, kind), Evidence { account, kind, last_at, source, days });
                    }
                }
            }
            let unknown = page.activity.iter().map(|activity| &activity.account).filter(|name| !ids.contains_key(*name));
            orphans.extend(unknown.cloned());
            let changed = merge(&known, &ids, &page.activity);
            if changed.is_empty() { Ok(()) } else { self.write_evidence(changed).await }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};

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
    fn a_map_holds_the_days_it_was_told_newest_first() {
        assert_eq!(marked(&[20_000, 19_990, 20_003, 20_000]).days().collect::<Vec<_>>(), [20_003, 20_000, 19_990]);
    }

    #[test]
    fn the_order_of_telling_does_not_matter() {
        assert_eq!(marked(&[20_000, 19_950, 20_050]), marked(&[20_050, 20_000, 19_950]));
    }

    #[test]
    fn a_day_184_days_back_is_forgotten() {
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

    #[test]
    fn evidence_told_twice_changes_nothing() {
        let account = AccountId::generate();
        let ids = HashMap::from([("a".to_owned(), account)]);
        let activity = |hours| Activity {
            account: "a".to_owned(),
            kind: ActivityKind::Sso,
            at: at(20_000) + TimeDelta::hours(hours),
            source: format!("source {hours}"),
        };
        let page = [activity(2), activity(0), activity(1)];
        let first = merge(&Known::new(), &ids, &page);
        assert_eq!(
            (first.len(), first[0].last_at, first[0].source.as_str()),
            (1, at(20_000) + TimeDelta::hours(2), "source 2")
        );
        let known = Known::from([((account, ActivityKind::Sso), first[0].clone())]);
        assert_eq!(merge(&known, &ids, &page), []);
    }
}

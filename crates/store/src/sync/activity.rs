//! Merging a page's evidence of use with what is stored.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Activity, ActivityKind};

use super::evidence::{DayMap, Evidence};
use super::merge::Merge;
use super::prepared::Prepared;
use crate::db::on_both;
use crate::schema::{accounts, activities};
use crate::types::StoredEnum;
use crate::{AccountId, Result};

type StoredEvidence = HashMap<(AccountId, ActivityKind), Evidence>;

/// Adds a page's evidence to the stored evidence and returns what changed, ordered by key.
fn merge(known: &StoredEvidence, accounts: &HashMap<String, AccountId>, page: &[Activity]) -> Vec<Evidence> {
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

/// Accounts looked up by one statement; SQLite limits the number of values.
const ACCOUNTS_PER_STATEMENT: usize = 10_000;

type Row = (AccountId, String, Option<(ActivityKind, DateTime<Utc>, String, Vec<u8>)>);

pub(super) trait ActivityStatements {
    /// Merges the page's evidence; unknown accounts are added to `orphans`, once for each record.
    async fn merge_activity(&mut self, page: &Prepared, orphans: &mut Vec<String>) -> Result<()>;
}

on_both! {
    impl ActivityStatements {
        async fn merge_activity(&mut self, page: &Prepared, orphans: &mut Vec<String>) -> Result<()> {
            let mut names: Vec<&str> = page.activity.iter().map(|activity| activity.account.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let (mut ids, mut known) = (HashMap::new(), StoredEvidence::new());
            for names in names.chunks(ACCOUNTS_PER_STATEMENT) {
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

    #[test]
    fn evidence_reported_twice_changes_nothing() {
        let account = AccountId::generate();
        let ids = HashMap::from([("a".to_owned(), account)]);
        let activity = |hours| Activity {
            account: "a".to_owned(),
            kind: ActivityKind::Sso,
            at: at(20_000) + TimeDelta::hours(hours),
            source: format!("source {hours}"),
        };
        let page = [activity(2), activity(0), activity(1)];
        let first = merge(&StoredEvidence::new(), &ids, &page);
        assert_eq!(
            (first.len(), first[0].last_at, first[0].source.as_str()),
            (1, at(20_000) + TimeDelta::hours(2), "source 2")
        );
        let known = StoredEvidence::from([((account, ActivityKind::Sso), first[0].clone())]);
        assert_eq!(merge(&known, &ids, &page), []);
    }
}

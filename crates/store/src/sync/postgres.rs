//! Merging on PostgreSQL: a page travels as arrays.
//!
//! Rows that are there are found one by one through their unique index (`LATERAL … LIMIT 1`). Left to choose, the
//! planner reads the whole profile for every page of a first load, before anything was analysed.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::activity::Evidence;
use super::identifiers::{IdentifierIds, PoolStatements, pool_of};
use super::merge::{ACCOUNT_LIST, Merge, Merged, account_update, pool_update, subscription_update};
use super::page::Prepared;
use crate::db::PgConn;
use crate::types::sql::{Doc, Guid, Instant, Word};
use crate::{AccountId, PoolId, Result, SubscriptionId};

/// Null-safe inequality.
const DIFFERS: &str = "IS DISTINCT FROM";

/// What follows `incoming` and `merged`: the records are written down as seen, and everything is counted. A row that
/// came back under the id it was sent with is new.
const COUNTS: &str = "(SELECT count(*) FROM merged JOIN incoming USING (id)) AS added, \
                      (SELECT count(*) FROM merged WHERE id NOT IN (SELECT id FROM incoming)) AS changed, \
                      (SELECT count(*) FROM seen) AS seen";

static ACCOUNTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH incoming AS (SELECT * FROM UNNEST($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21, $22) AS i (id, external_id, {columns})), \
         merged AS (INSERT INTO accounts (id, profile_id, external_id, {columns}, idle_since, first_seen_at, \
         updated_at) \
         SELECT id, $1, external_id, {columns}, coalesce(vendor_created_at, $2), $2, $2 FROM incoming \
         ORDER BY external_id {update} RETURNING id), \
         named AS (SELECT id FROM merged UNION SELECT a.id FROM incoming i CROSS JOIN LATERAL (SELECT a.id \
         FROM accounts a WHERE a.profile_id = $1 AND a.external_id = i.external_id LIMIT 1) a), \
         seen AS (INSERT INTO sync_seen (run_id, kind, record_id) SELECT $3, 'ACCOUNT', id FROM named WHERE $4 \
         ORDER BY id ON CONFLICT DO NOTHING RETURNING 1) SELECT {COUNTS}",
        columns = *ACCOUNT_LIST,
        update = account_update(DIFFERS),
    )
});

static POOLS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH incoming AS (SELECT * FROM UNNEST($5, $6, $7, $8, $9, $10) \
         AS i (id, identifier_id, total, used, status, expires_on)), \
         merged AS (INSERT INTO license_pools (id, profile_id, identifier_id, total, used, status, expires_on, \
         first_seen_at, updated_at) SELECT id, $1, identifier_id, total, used, status, expires_on, $2, $2 \
         FROM incoming ORDER BY identifier_id {update} RETURNING id), \
         named AS (SELECT id FROM merged UNION SELECT p.id FROM incoming i CROSS JOIN LATERAL (SELECT p.id \
         FROM license_pools p WHERE p.profile_id = $1 AND p.identifier_id = i.identifier_id LIMIT 1) p), \
         seen AS (INSERT INTO sync_seen (run_id, kind, record_id) SELECT $3, 'POOL', id FROM named WHERE $4 \
         ORDER BY id ON CONFLICT DO NOTHING RETURNING 1) SELECT {COUNTS}",
        update = pool_update(DIFFERS),
    )
});

static SUBSCRIPTIONS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH incoming AS (SELECT i.*, a.id AS account_id FROM UNNEST($5, $6, $7, $8, $9) \
         AS i (id, external_id, identifier_id, pool_id, assigned_at) \
         LEFT JOIN LATERAL (SELECT a.id FROM accounts a WHERE a.profile_id = $1 AND a.external_id = i.external_id \
         LIMIT 1) a ON true), \
         merged AS (INSERT INTO subscriptions (id, profile_id, account_id, identifier_id, pool_id, assigned_at, \
         first_seen_at, updated_at) SELECT id, $1, account_id, identifier_id, pool_id, assigned_at, $2, $2 \
         FROM incoming WHERE account_id IS NOT NULL ORDER BY account_id, identifier_id {update} RETURNING id), \
         named AS (SELECT id FROM merged UNION SELECT s.id FROM incoming i CROSS JOIN LATERAL (SELECT s.id \
         FROM subscriptions s WHERE s.account_id = i.account_id AND s.identifier_id = i.identifier_id LIMIT 1) s), \
         seen AS (INSERT INTO sync_seen (run_id, kind, record_id) SELECT $3, 'SUBSCRIPTION', id FROM named WHERE $4 \
         ORDER BY id ON CONFLICT DO NOTHING RETURNING 1) \
         SELECT {COUNTS}, (SELECT coalesce(array_agg(external_id ORDER BY external_id), '{{}}') FROM incoming \
         WHERE account_id IS NULL) AS orphans",
        update = subscription_update(DIFFERS),
    )
});

const EVIDENCE: &str = "INSERT INTO activities (account_id, kind, last_at, source, day_map) \
                        SELECT * FROM UNNEST($1, $2, $3, $4, $5) ON CONFLICT (account_id, kind) DO UPDATE SET \
                        last_at = excluded.last_at, source = excluded.source, day_map = excluded.day_map";

const IDLENESS: &str = "UPDATE accounts SET last_activity_at = n.at, idle_since = n.at \
                        FROM (SELECT id, max(at) AS at FROM UNNEST($1, $2) AS i (id, at) GROUP BY id) n \
                        WHERE accounts.id = n.id \
                        AND (accounts.last_activity_at IS NULL OR accounts.last_activity_at < n.at)";

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    added: i64,
    #[diesel(sql_type = BigInt)]
    changed: i64,
    #[diesel(sql_type = BigInt)]
    seen: i64,
}

impl Counts {
    /// Without a list of what was seen, everything on the page was.
    fn merged(&self, page: &Prepared, records: usize) -> Merged {
        let seen = if page.snapshot { self.seen } else { i64::try_from(records).unwrap_or(i64::MAX) };
        Merged { seen, added: self.added, changed: self.changed }
    }
}

#[derive(QueryableByName)]
struct CountsAndOrphans {
    #[diesel(embed)]
    counts: Counts,
    #[diesel(sql_type = Array<Text>)]
    orphans: Vec<String>,
}

/// Collects one column of a page.
macro_rules! column {
    ($rows:expr, |$row:ident| $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

/// Binds what every merge begins with.
macro_rules! merge {
    ($sql:expr, $page:expr, $now:expr) => {
        diesel::sql_query($sql)
            .bind::<Guid, _>($page.profile)
            .bind::<Instant, _>($now)
            .bind::<Guid, _>($page.run)
            .bind::<Bool, _>($page.snapshot)
    };
}

impl Merge for PgConn {
    async fn merge_pools(&mut self, page: &Arc<Prepared>, ids: &IdentifierIds, now: DateTime<Utc>) -> Result<Merged> {
        let pools = &page.pools;
        if pools.is_empty() {
            return Ok(Merged::default());
        }
        let counts: Counts = merge!(POOLS.as_str(), page, now)
            .bind::<Array<Guid>, _>(column!(pools, |_pool| PoolId::generate()))
            .bind::<Array<Guid>, _>(column!(pools, |p| ids[&p.identifier.id]))
            .bind::<Array<Nullable<BigInt>>, _>(column!(pools, |p| p.total))
            .bind::<Array<Nullable<BigInt>>, _>(column!(pools, |p| p.used))
            .bind::<Array<Nullable<Text>>, _>(column!(pools, |p| p.status.as_deref()))
            .bind::<Array<Nullable<Date>>, _>(column!(pools, |p| p.expires))
            .get_result(self)
            .await?;
        Ok(counts.merged(page, pools.len()))
    }

    async fn merge_accounts(&mut self, page: &Arc<Prepared>, now: DateTime<Utc>) -> Result<Merged> {
        let accounts = &page.accounts;
        if accounts.is_empty() {
            return Ok(Merged::default());
        }
        let counts: Counts = merge!(ACCOUNTS.as_str(), page, now)
            .bind::<Array<Guid>, _>(column!(accounts, |_account| AccountId::generate()))
            .bind::<Array<Text>, _>(column!(accounts, |a| a.account.external_id.as_str()))
            .bind::<Array<Text>, _>(column!(accounts, |a| a.account.username.as_str()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.email.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.display_name.as_deref()))
            .bind::<Array<Word>, _>(column!(accounts, |a| a.account.kind))
            .bind::<Array<Bool>, _>(column!(accounts, |a| a.account.active))
            .bind::<Array<Nullable<Bool>>, _>(column!(accounts, |a| a.account.frozen))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.department.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.title.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.country.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.cost_center.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.employee_number.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.federation_id.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(column!(accounts, |a| a.account.manager.as_deref()))
            .bind::<Array<Nullable<Instant>>, _>(column!(accounts, |a| a.account.created_at))
            .bind::<Array<Doc>, _>(column!(accounts, |a| &a.account.attributes))
            .bind::<Array<Text>, _>(column!(accounts, |a| a.search_text.as_str()))
            .get_result(self)
            .await?;
        Ok(counts.merged(page, accounts.len()))
    }

    async fn merge_subscriptions(
        &mut self,
        page: &Arc<Prepared>,
        ids: &IdentifierIds,
        now: DateTime<Utc>,
        orphans: &mut Vec<String>,
    ) -> Result<Merged> {
        let subscriptions = &page.subscriptions;
        if subscriptions.is_empty() {
            return Ok(Merged::default());
        }
        let pools = self.pools_of(page).await?;
        let found: CountsAndOrphans = merge!(SUBSCRIPTIONS.as_str(), page, now)
            .bind::<Array<Guid>, _>(column!(subscriptions, |_subscription| SubscriptionId::generate()))
            .bind::<Array<Text>, _>(column!(subscriptions, |s| s.account.as_str()))
            .bind::<Array<Guid>, _>(column!(subscriptions, |s| ids[&s.identifier.id]))
            .bind::<Array<Nullable<Guid>>, _>(column!(subscriptions, |s| pool_of(s, &pools)))
            .bind::<Array<Nullable<Instant>>, _>(column!(subscriptions, |s| s.assigned_at))
            .get_result(self)
            .await?;
        let merged = found.counts.merged(page, subscriptions.len() - found.orphans.len());
        orphans.extend(found.orphans);
        Ok(merged)
    }

    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let accounts = column!(evidence, |e| e.account);
        let times = column!(evidence, |e| e.last_at);
        diesel::sql_query(EVIDENCE)
            .bind::<Array<Guid>, _>(&accounts)
            .bind::<Array<Word>, _>(column!(evidence, |e| e.kind))
            .bind::<Array<Instant>, _>(&times)
            .bind::<Array<Text>, _>(column!(evidence, |e| e.source.as_str()))
            .bind::<Array<Binary>, _>(column!(evidence, |e| e.days.as_bytes()))
            .execute(self)
            .await?;
        diesel::sql_query(IDLENESS)
            .bind::<Array<Guid>, _>(&accounts)
            .bind::<Array<Instant>, _>(&times)
            .execute(self)
            .await?;
        Ok(())
    }
}

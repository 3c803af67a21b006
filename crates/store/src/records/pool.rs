//! How licence pools are stored.

use chrono::NaiveDate;
use seatgraph_core::{Batch, Identifier};

use super::{Record, record};
use crate::IdentifierId;

record! {
    /// The licences of one identifier that an organisation reports as bought.
    pub struct PoolRow(PoolId) in license_pools(profile_id, identifier_id);
    Pool from |pool: seatgraph_core::Pool, references|
    columns {
        /// The identifier.
        identifier_id: IdentifierId as SqlUuid = references.identifier(&pool.identifier.id),
        /// Seats bought.
        total: Option<i64> as Nullable<BigInt> = pool.total,
        /// Seats the vendor counts as used.
        used: Option<i64> as Nullable<BigInt> = pool.used,
        /// State, as named by the vendor.
        status: Option<String> as Nullable<Text> = &pool.status,
        /// Last day of the term.
        expires_on: Option<NaiveDate> as Nullable<Date> = pool.expires,
    }
}

impl Record for seatgraph_core::Pool {
    fn all(batch: &Batch) -> &[Self] {
        &batch.pools
    }

    fn identifier(&self) -> Option<&Identifier> {
        Some(&self.identifier)
    }
}

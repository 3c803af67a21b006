//! How subscriptions are stored.

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Identifier, IdentifierKey};

use super::{Record, record};
use crate::{AccountId, IdentifierId, PoolId};

record! {
    /// One account holding one subscription identifier.
    pub struct Subscription(SubscriptionId) in subscriptions(account_id, identifier_id);
    Subscription from |subscription: seatgraph_core::Subscription, references|
    columns {
        /// The holder.
        account_id: AccountId as SqlUuid = references.account(&subscription.account),
        /// The identifier.
        identifier_id: IdentifierId as SqlUuid = references.identifier(&subscription.identifier.id),
        /// The licence pool.
        pool_id: Option<PoolId> as Nullable<SqlUuid> = references.pool(subscription.pool.as_ref()),
        /// Time of the assignment; `None` if unknown.
        assigned_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp> = subscription.assigned_at,
    }
}

impl Record for seatgraph_core::Subscription {
    fn all(batch: &Batch) -> &[Self] {
        &batch.subscriptions
    }

    fn account(&self) -> Option<&str> {
        Some(&self.account)
    }

    fn identifier(&self) -> Option<&Identifier> {
        Some(&self.identifier)
    }

    fn pool(&self) -> Option<&IdentifierKey> {
        self.pool.as_ref()
    }
}

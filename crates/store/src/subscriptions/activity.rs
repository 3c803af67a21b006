//! Subscriptions in the order in which their holders were last active.

/// Limits a boxed query to the bounds of a plan and orders it by the holder's activity, the holder and the id.
///
/// The index of accounts by activity gives this order. Conditions on accounts alone are added to those on the whole key:
/// otherwise all accounts before the page would be joined first.
macro_rules! by_activity {
    ($query:ident, $plan:expr) => {{
        use ::diesel::sql_types::Nullable;
        use $crate::listing::{Side, exclusive, inclusive, sorted};
        use $crate::types::sql::{SqlTimestamp, SqlUuid};
        let (active, holder) = (accounts::last_activity_at, accounts::id);
        for (side, bound) in $plan.bounds() {
            let (time, account) = bound.activity()?;
            let at = $crate::types::Bind(time).into_sql::<Nullable<SqlTimestamp>>();
            let account = $crate::types::Bind(account).into_sql::<SqlUuid>();
            let id = $crate::types::Bind(bound.id()).into_sql::<SqlUuid>();
            let among = inclusive((active, holder), (at, account), side);
            let past = exclusive((active, holder, subscriptions::id), (at, account, id), side);
            let same = exclusive((holder, subscriptions::id), (account, id), side);
            $query = match (time, side) {
                (Some(_), Side::Greater) => $query.filter(among).filter(past),
                (Some(_), Side::Less) => $query.filter(among.or(active.is_null())).filter(past.or(active.is_null())),
                (None, Side::Greater) => {
                    let holders = active.is_not_null().or(holder.ge(account));
                    $query.filter(holders).filter(active.is_not_null().or(same))
                }
                (None, Side::Less) => $query.filter(active.is_null()).filter(holder.le(account)).filter(same),
            };
        }
        let sort = $plan.sort();
        $query.order((sorted(active, sort, true), sorted(holder, sort, false), sorted(subscriptions::id, sort, false)))
    }};
}

pub(super) use by_activity;

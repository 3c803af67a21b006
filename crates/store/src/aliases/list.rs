//! Lists of connection aliases.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::visible;
use crate::db::with_conn;
use crate::listing::{Key, by_text, text};
use crate::schema::connection_aliases;
use crate::{Alias, AliasId, Direction, PageOf, PageRequest, Reader, Result, StringFilter};

/// Filters aliases. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AliasFilter {
    /// By the connector's key.
    pub connector: Option<StringFilter>,
    /// Children of this one.
    pub parent_id: Option<AliasId>,
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        text!($query, connection_aliases::connector, $filter.connector);
        if let Some(parent) = $filter.parent_id {
            $query = $query.filter(connection_aliases::parent_id.eq(parent));
        }
    };
}

/// Lists a page of aliases by name.
///
/// # Errors
/// `CursorMismatch` for a key of another list.
pub async fn page(db: &Reader, filter: &AliasFilter, request: &PageRequest) -> Result<PageOf<Alias>> {
    let plan = request.plan("aliases by NAME", Direction::Asc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(Alias::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        query = by_text!(query, plan, connection_aliases::name, connection_aliases::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |alias: &Alias| (Key::Text(alias.name.clone()), alias.id.as_uuid())))
}

/// Counts the matching aliases.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &AliasFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

//! Lists of integration profiles.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{ProfileRow, visible};
use crate::db::with_conn;
use crate::listing::{Key, by_text, by_time, text};
use crate::schema::integration_profiles;
use crate::{Direction, PageOf, PageRequest, Profile, ProfileState, Reader, Result, StringFilter};

/// Filters profiles. All given conditions must match. Deleted ones are always left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// In one of these states.
    pub state: Option<Vec<ProfileState>>,
    /// By the connector's key.
    pub connector: Option<StringFilter>,
    /// By name.
    pub name: Option<StringFilter>,
}

/// Order of a list of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileOrder {
    /// Sort key.
    pub field: ProfileOrderField,
    /// Direction.
    pub direction: Direction,
}

/// Sort keys of a list of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileOrderField {
    /// The name.
    Name,
    /// When it was made.
    CreatedAt,
}

impl ProfileOrderField {
    const fn listing(self) -> &'static str {
        match self {
            Self::Name => "profiles by NAME",
            Self::CreatedAt => "profiles by CREATED_AT",
        }
    }

    fn key(self, profile: &Profile) -> Key {
        match self {
            Self::Name => Key::Text(profile.name.clone()),
            Self::CreatedAt => Key::At(Some(profile.created_at)),
        }
    }
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        $query = $query.filter(integration_profiles::deleted_at.is_null());
        if let Some(states) = &$filter.state {
            $query = $query.filter(integration_profiles::state.eq_any(states.clone()));
        }
        text!($query, integration_profiles::connector, $filter.connector);
        text!($query, integration_profiles::name, $filter.name);
    };
}

/// Lists a page of profiles.
///
/// # Errors
/// `CursorMismatch` for a key of another list or order.
pub async fn page(
    db: &Reader,
    filter: &ProfileFilter,
    request: &PageRequest,
    order: ProfileOrder,
) -> Result<PageOf<Profile>> {
    use integration_profiles::{created_at, id, name};
    let plan = request.plan(order.field.listing(), order.direction)?;
    let rows: Vec<ProfileRow> = with_conn!(db, read, |c| {
        let mut query = visible(db).select(ProfileRow::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        query = match order.field {
            ProfileOrderField::Name => by_text!(query, plan, name, id),
            ProfileOrderField::CreatedAt => by_time!(query, plan, created_at, id),
        };
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    let rows = rows.into_iter().map(Profile::from).collect();
    Ok(plan.page(rows, |profile: &Profile| (order.field.key(profile), profile.id.as_uuid())))
}

/// Counts the matching profiles.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &ProfileFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

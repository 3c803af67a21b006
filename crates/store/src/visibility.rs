//! The limits of a caller, and how a query is restricted to them.
//!
//! Each table with visibility has one function `visible` in its module. It returns the rows that a [`crate::Reader`] may see,
//! and every read of the table starts from it.

use std::sync::Arc;

use diesel::backend::Backend;
use diesel::dsl::{AsExprOf, EqAny};
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable};

use crate::ProfileId;

/// A set of profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileSet {
    /// Every profile, and the records that belong to none.
    All,
    /// These profiles. The list may be empty.
    Only(Arc<[ProfileId]>),
}

impl ProfileSet {
    /// Says whether the set contains a profile.
    #[must_use]
    pub fn contains(&self, profile: ProfileId) -> bool {
        self.only().is_none_or(|profiles| profiles.contains(&profile))
    }

    /// The profiles of a limited set; `None` for all.
    #[must_use]
    pub fn only(&self) -> Option<&[ProfileId]> {
        match self {
            Self::All => None,
            Self::Only(profiles) => Some(profiles),
        }
    }
}

impl ProfileSet {
    /// A condition for a limited set, made from its profiles.
    pub(crate) fn limit<P>(&self, condition: impl FnOnce(Vec<ProfileId>) -> P) -> Limited<P> {
        Limited(self.only().map(|profiles| condition(profiles.to_vec())))
    }
}

impl FromIterator<ProfileId> for ProfileSet {
    fn from_iter<I: IntoIterator<Item = ProfileId>>(profiles: I) -> Self {
        Self::Only(profiles.into_iter().collect())
    }
}

/// Which API tokens and role assignments a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessVisibility {
    /// All of them.
    All,
    /// None of them.
    Nothing,
}

/// The records that a caller may see. Every read answers as if the others did not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// The profiles that it sees, with their records.
    pub profiles: ProfileSet,
    /// The profiles whose audit records it sees.
    pub audit: ProfileSet,
    /// The API tokens and role assignments that it sees.
    pub access: AccessVisibility,
}

impl Visibility {
    /// The visibility of the unscoped handle.
    pub(crate) const UNLIMITED: Self =
        Self { profiles: ProfileSet::All, audit: ProfileSet::All, access: AccessVisibility::All };

    /// The condition that the caller sees API tokens and role assignments.
    pub(crate) fn administers_access(&self) -> Limited<Never> {
        Limited((self.access == AccessVisibility::Nothing).then(|| false.into_sql::<Bool>()))
    }
}

/// The condition that a column is one of some profiles.
pub(crate) type InProfiles<C> = EqAny<C, Vec<ProfileId>>;

/// The condition that no row fulfils.
pub(crate) type Never = AsExprOf<bool, Bool>;

/// A condition that holds for every row when there is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limited<P>(Option<P>);

impl<P: Expression> Expression for Limited<P> {
    type SqlType = Nullable<Bool>;
}

impl<P: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Limited<P> {}

impl<P, GB> ValidGrouping<GB> for Limited<P> {
    type IsAggregate = is_aggregate::No;
}

impl<P> QueryId for Limited<P> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<P: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Limited<P> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match &self.0 {
            Some(condition) => condition.walk_ast(out),
            None => {
                out.push_sql("TRUE");
                Ok(())
            }
        }
    }
}

//! The GraphQL schema: types, resolvers and loaders over the engine and its store.
//!
//! The schema holds no engine: each request brings its own context ([`Requests::of`]), so the schema can be built, printed
//! and compared without a database. The rows of the hot lists come from one joined statement and become plain structs; every
//! other relation goes through a loader. The edge holds all limits, hence [`ValidationMode::Fast`] and none here.

mod account;
mod alias;
mod api_token;
mod audit;
mod command;
mod connector;
mod context;
mod cursor;
mod delegated_link;
mod error;
mod event;
mod filters;
mod finding;
mod identifier;
mod input;
mod job;
mod loaders;
mod model;
mod mutation;
mod need;
mod node;
mod paging;
mod payload;
mod pool;
mod process;
mod profile;
mod query;
pub mod rights;
mod role;
mod run;
mod scalars;
mod setup;
mod subscription;
mod subscription_row;
mod viewer;

use async_graphql::{SDLExportOptions, ValidationMode};

use crate::edge::Costed;

pub(crate) use context::RequestContext;
pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;

/// The schema of this gateway.
pub type Schema = async_graphql::Schema<Query, Mutation, Costed<Subscription>>;

/// Builds the schema. A request needs a context, which [`Requests::of`] gives it.
///
/// [`Requests::of`]: crate::requests::Requests::of
#[must_use]
pub fn build() -> Schema {
    Schema::build(Query, Mutation, Costed(Subscription))
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
        // Far beyond the depth that the edge lets through; the library counts fragments too.
        .limit_recursive_depth(128)
        .finish()
}

/// Writes the schema in its definition language, always in the same order.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    build().sdl_with_options(options)
}

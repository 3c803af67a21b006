//! What can be done: one input and one payload each, expected refusals in the payload.

use std::sync::Arc;

use async_graphql::{Context, Object};
use seatgraph_core::Secret;
use seatgraph_engine::access::Subject;
use seatgraph_engine::{BeginAuthorization, Commands, CreateLink, JwtBearer, UpdateAlias, UpdateProfile};
use seatgraph_store::{AliasId, ProfileId};

use super::access::{ApiTokenPayload, CreateApiTokenPayload, RoleAssignmentPayload};
use super::command::carry_out;
use super::error::Result;
use super::input::{
    AssignRoleInput, BeginAuthorizationInput, CreateApiTokenInput, CreateConnectionAliasInput,
    CreateDelegatedLinkInput, CreateProfileInput, DeleteConnectionAliasInput, DisconnectAliasInput, ProfileInput,
    RemoveRoleInput, ResolveIdentifierInput, RevokeApiTokenInput, RevokeDelegatedLinkInput, RunInput,
    SetClientCredentialsInput, SetJwtBearerInput, StartSyncInput, UpdateConnectionAliasInput, UpdateProfileInput,
    known, processes,
};
use super::payload::{
    AuthorizationPayload, ConnectionAliasPayload, DelegatedLinkPayload, DeletePayload, Deleted, ProfilePayload,
    PublishPayload, SoftwareModelPayload, SyncPayload, ValidatePayload,
};
use super::scope::Scoped as _;

/// The root of every mutation.
#[derive(Debug, Default)]
pub struct Mutation;

/// Everything that can be done. A change that is refused changes nothing and says why in `userErrors`.
#[Object]
impl Mutation {
    /// Gives somebody a role: a token, a person, or everybody in a group.
    async fn assign_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets which role.")] input: AssignRoleInput,
    ) -> Result<RoleAssignmentPayload> {
        let by = Arc::clone(&ctx.scope()?.principal);
        let assign = |engine: Commands, role| async move { engine.assign_role(&by, role).await };
        carry_out(ctx, input.read(), |_| Subject::Gateway, assign).await
    }

    /// Begins a person's consent for a connection alias. Open the address that it gives in a browser within ten
    /// minutes; the alias stays as it is until the consent has come back.
    async fn begin_authorization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias, and the application that asks.")] input: BeginAuthorizationInput,
    ) -> Result<AuthorizationPayload> {
        let begin = input.read(ctx.scope()?);
        let about = |begin: &BeginAuthorization| Subject::Alias { id: begin.alias_id, field: "aliasId" };
        carry_out(ctx, begin, about, |engine, begin| async move { engine.begin_authorization(begin).await }).await
    }

    /// Stops a run. A running one stops after the page at hand; what it had read stays, and nothing is retired.
    async fn cancel_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to stop.")] input: RunInput,
    ) -> Result<SyncPayload> {
        carry_out(ctx, input.read(), |&id| Subject::Run(id), |engine, id| async move { engine.cancel_sync(id).await })
            .await
    }

    /// Lets a suspect run go on: yes, so many are really gone.
    async fn confirm_suspect_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to confirm.")] input: RunInput,
    ) -> Result<SyncPayload> {
        carry_out(
            ctx,
            input.read(),
            |&id| Subject::Run(id),
            |engine, id| async move { engine.confirm_suspect_sync(id).await },
        )
        .await
    }

    /// Makes an API token. The token itself is in this answer and nowhere else: keep it.
    async fn create_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token to make.")] input: CreateApiTokenInput,
    ) -> Result<CreateApiTokenPayload> {
        let by = Arc::clone(&ctx.scope()?.principal);
        let create = |engine: Commands, token| async move { engine.create_token(&by, token).await };
        carry_out(ctx, input.read(), |_| Subject::Gateway, create).await
    }

    /// Creates a connection alias.
    async fn create_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to create.")] input: CreateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let create = |engine: Commands, alias| async move { engine.create_alias(alias).await };
        carry_out(ctx, input.read(), |_| Subject::Gateway, create).await
    }

    /// Makes a link that lets somebody without an account here, the vendor's administrator for example, authorise one
    /// alias. It works once, until a consent has come of it, and its address is shown only now.
    async fn create_delegated_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias, the application that asks, and for how long.")] input: CreateDelegatedLinkInput,
    ) -> Result<DelegatedLinkPayload> {
        let create = input.read(ctx.scope()?);
        let about = |create: &CreateLink| Subject::Alias { id: create.alias_id, field: "aliasId" };
        carry_out(ctx, create, about, |engine, link| async move { engine.create_delegated_link(link).await }).await
    }

    /// Creates an integration profile as a draft.
    async fn create_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to create.")] input: CreateProfileInput,
    ) -> Result<ProfilePayload> {
        let create = |engine: Commands, profile| async move { engine.create_profile(profile).await };
        carry_out(ctx, input.read(), |_| Subject::Gateway, create).await
    }

    /// Deletes a connection alias with its credential. One that is in use is refused.
    async fn delete_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to delete.")] input: DeleteConnectionAliasInput,
    ) -> Result<DeletePayload> {
        let id = known(&["id"], "connection alias", &input.id);
        let delete = |engine: Commands, id: AliasId| async move {
            engine.delete_alias(id).await?;
            Ok(Deleted::alone(id))
        };
        carry_out(ctx, id, |&id| Subject::alias(id), delete).await
    }

    /// Deletes an integration profile, stops its run, and closes what hangs on it. The history stays, and the alias is free again.
    async fn delete_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to delete.")] input: ProfileInput,
    ) -> Result<DeletePayload> {
        let delete = |engine: Commands, id: ProfileId| async move {
            let closed = engine.delete_profile(id).await?;
            Ok(Deleted::with(id, &closed))
        };
        carry_out(ctx, input.read(), |&id| Subject::profile(id), delete).await
    }

    /// Forgets an alias's credential and gives its token back to the vendor. What was synced stays.
    async fn disconnect_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to disconnect.")] input: DisconnectAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let id = known(&["id"], "connection alias", &input.id);
        carry_out(ctx, id, |&id| Subject::alias(id), |engine, id| async move { engine.disconnect_alias(id).await })
            .await
    }

    /// Stops a profile until it is resumed; its run stops after the page at hand.
    async fn pause_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to pause.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        carry_out(
            ctx,
            input.read(),
            |&id| Subject::profile(id),
            |engine, id| async move { engine.pause_profile(id).await },
        )
        .await
    }

    /// Validates a draft, publishes it, starts its first run, and returns that run.
    async fn publish_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to publish.")] input: ProfileInput,
    ) -> Result<PublishPayload> {
        carry_out(
            ctx,
            input.read(),
            |&id| Subject::profile(id),
            |engine, id| async move { engine.publish_profile(id).await },
        )
        .await
    }

    /// Takes a role away. It counts no longer from the next request on, and open streams that needed it end.
    async fn remove_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role to take away.")] input: RemoveRoleInput,
    ) -> Result<RoleAssignmentPayload> {
        let id = known(&["id"], "role", &input.id);
        carry_out(ctx, id, |&id| Subject::Role(id), |engine, id| async move { engine.remove_role(id).await }).await
    }

    /// Says what unrecognized identifiers stand for, now and in every later run.
    async fn resolve_identifier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identifiers, and what they stand for.")] input: ResolveIdentifierInput,
    ) -> Result<SoftwareModelPayload> {
        let resolve = |engine: Commands, (ids, target)| async move { engine.resolve_identifiers(ids, target).await };
        carry_out(ctx, input.read(), |_| Subject::Gateway, resolve).await
    }

    /// Lets a paused profile run again and starts a run.
    async fn resume_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to resume.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        carry_out(
            ctx,
            input.read(),
            |&id| Subject::profile(id),
            |engine, id| async move { engine.resume_profile(id).await },
        )
        .await
    }

    /// Revokes an API token for good. It is refused from the next request on, and its open streams end.
    async fn revoke_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token to revoke.")] input: RevokeApiTokenInput,
    ) -> Result<ApiTokenPayload> {
        let id = known(&["id"], "token", &input.id);
        carry_out(ctx, id, |&id| Subject::Token(id), |engine, id| async move { engine.revoke_token(id).await }).await
    }

    /// Takes a delegated link back; nobody can use it any more, and what was begun with it comes to nothing.
    async fn revoke_delegated_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link to revoke.")] input: RevokeDelegatedLinkInput,
    ) -> Result<DelegatedLinkPayload> {
        let id = known(&["id"], "delegated link", &input.id);
        carry_out(ctx, id, |&id| Subject::Link(id), |engine, id| async move { engine.revoke_delegated_link(id).await })
            .await
    }

    /// Gives an alias the credential of the application itself. It takes the place of an earlier one.
    async fn set_client_credentials(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The credential, and the alias that it is for.")] input: SetClientCredentialsInput,
    ) -> Result<ConnectionAliasPayload> {
        let alias = known(&["aliasId"], "connection alias", &input.alias_id);
        let secret = Secret::new(input.client_secret);
        let set = |engine: Commands, alias| async move {
            engine.set_client_credentials(alias, input.client_id, secret).await
        };
        carry_out(ctx, alias, |&id| Subject::Alias { id, field: "aliasId" }, set).await
    }

    /// Gives an alias a private key with which the application signs for a user. It takes the place of an earlier
    /// credential. The key's certificate must be registered with the application, and the application approved for the
    /// user, at the vendor.
    async fn set_jwt_bearer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key, whom it signs for, and the alias that it is for.")] input: SetJwtBearerInput,
    ) -> Result<ConnectionAliasPayload> {
        let about = |given: &JwtBearer| Subject::Alias { id: given.alias_id, field: "aliasId" };
        carry_out(ctx, input.read(), about, |engine, given| async move { engine.set_jwt_bearer(given).await }).await
    }

    /// Starts a sync run. One that is open already is a conflict.
    async fn start_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile, and what to execute.")] input: StartSyncInput,
    ) -> Result<SyncPayload> {
        let profile = known(&["profileId"], "profile", &input.profile_id);
        let start = |engine: Commands, id| async move {
            engine.start_sync(id, processes(input.processes), input.idempotency_key).await
        };
        carry_out(ctx, profile, |&id| Subject::Profile { id, field: "profileId" }, start).await
    }

    /// Changes a connection alias; what the input leaves out stays as it is.
    async fn update_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let about = |change: &UpdateAlias| Subject::alias(change.id);
        carry_out(ctx, input.read(), about, |engine, change| async move { engine.update_alias(change).await }).await
    }

    /// Changes an integration profile; what the input leaves out stays as it is.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProfileInput,
    ) -> Result<ProfilePayload> {
        let about = |change: &UpdateProfile| Subject::profile(change.id);
        carry_out(ctx, input.read(), about, |engine, change| async move { engine.update_profile(change).await }).await
    }

    /// Looks at the organisation the way each process would, and says what is missing and what to do about it. Nothing is changed there.
    async fn validate_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to validate.")] input: ProfileInput,
    ) -> Result<ValidatePayload> {
        carry_out(
            ctx,
            input.read(),
            |&id| Subject::profile(id),
            |engine, id| async move { engine.validate_profile(id).await },
        )
        .await
    }
}

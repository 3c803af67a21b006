//! What can be done: one input and one payload each, expected refusals in the payload.

use async_graphql::{Context, Object};
use seatgraph_core::Secret;
use seatgraph_engine::Denied;
use seatgraph_store::AliasId;

use super::error::{Result, UserError, settle};
use super::input::{
    BeginAuthorizationInput, CreateConnectionAliasInput, CreateProfileInput, DeleteConnectionAliasInput,
    DisconnectAliasInput, ProfileInput, ResolveIdentifierInput, RunInput, SetClientCredentialsInput, StartSyncInput,
    UpdateConnectionAliasInput, UpdateProfileInput, known, processes,
};
use super::payload::{
    AuthorizationPayload, ConnectionAliasPayload, DeletePayload, Deleted, ProfilePayload, PublishPayload,
    SoftwareModelPayload, SyncPayload, ValidatePayload,
};
use super::scope::Scoped as _;

/// The root of every mutation.
#[derive(Debug, Default)]
pub struct Mutation;

/// Everything that can be done. A change that is refused changes nothing and says why in `userErrors`.
#[Object]
impl Mutation {
    /// Begins a person's consent for a connection alias. Open the address that it gives in a browser within ten
    /// minutes; the alias stays as it is until the consent has come back.
    async fn begin_authorization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias, and the application that asks.")] input: BeginAuthorizationInput,
    ) -> Result<AuthorizationPayload> {
        let scope = ctx.scope()?;
        let alias = known(&["aliasId"], "connection alias", &input.alias_id);
        carry_out(alias, |alias| scope.engine.begin_authorization(input.of(alias, &scope.public_url))).await
    }

    /// Stops a run. A running one stops after the page at hand; what it had read stays, and nothing is retired.
    async fn cancel_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to stop.")] input: RunInput,
    ) -> Result<SyncPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.cancel_sync(id)).await
    }

    /// Lets a suspect run go on: yes, so many are really gone.
    async fn confirm_suspect_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to confirm.")] input: RunInput,
    ) -> Result<SyncPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.confirm_suspect_sync(id)).await
    }

    /// Creates a connection alias.
    async fn create_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to create.")] input: CreateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |alias| engine.create_alias(alias)).await
    }

    /// Creates an integration profile as a draft.
    async fn create_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to create.")] input: CreateProfileInput,
    ) -> Result<ProfilePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |profile| engine.create_profile(profile)).await
    }

    /// Deletes a connection alias with its credential. One that is in use is refused.
    async fn delete_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to delete.")] input: DeleteConnectionAliasInput,
    ) -> Result<DeletePayload> {
        let engine = &ctx.scope()?.engine;
        let id = known(&["id"], "connection alias", &input.id);
        carry_out(id, |id: AliasId| async move { engine.delete_alias(id).await.map(|()| Deleted::alone(id)) }).await
    }

    /// Deletes an integration profile, stops its run, and closes what hangs on it. The history stays, and the alias is free again.
    async fn delete_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to delete.")] input: ProfileInput,
    ) -> Result<DeletePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(
            input.read(),
            |id| async move { engine.delete_profile(id).await.map(|closed| Deleted::with(id, &closed)) },
        )
        .await
    }

    /// Forgets an alias's credential and gives its token back to the vendor. What was synced stays.
    async fn disconnect_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to disconnect.")] input: DisconnectAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(known(&["id"], "connection alias", &input.id), |id| engine.disconnect_alias(id)).await
    }

    /// Stops a profile until it is resumed; its run stops after the page at hand.
    async fn pause_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to pause.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.pause_profile(id)).await
    }

    /// Validates a draft, publishes it, starts its first run, and returns that run.
    async fn publish_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to publish.")] input: ProfileInput,
    ) -> Result<PublishPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.publish_profile(id)).await
    }

    /// Says what unrecognized identifiers stand for, now and in every later run.
    async fn resolve_identifier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identifiers, and what they stand for.")] input: ResolveIdentifierInput,
    ) -> Result<SoftwareModelPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |(ids, target)| engine.resolve_identifiers(ids, target)).await
    }

    /// Lets a paused profile run again and starts a run.
    async fn resume_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to resume.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.resume_profile(id)).await
    }

    /// Gives an alias the credential of the application itself. It takes the place of an earlier one.
    async fn set_client_credentials(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The credential, and the alias that it is for.")] input: SetClientCredentialsInput,
    ) -> Result<ConnectionAliasPayload> {
        let engine = &ctx.scope()?.engine;
        let alias = known(&["aliasId"], "connection alias", &input.alias_id);
        let secret = Secret::new(input.client_secret);
        carry_out(alias, |alias| engine.set_client_credentials(alias, input.client_id, secret)).await
    }

    /// Starts a sync run. One that is open already is a conflict.
    async fn start_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile, and what to execute.")] input: StartSyncInput,
    ) -> Result<SyncPayload> {
        let engine = &ctx.scope()?.engine;
        let profile = known(&["profileId"], "profile", &input.profile_id);
        carry_out(profile, |id| engine.start_sync(id, processes(input.processes), input.idempotency_key)).await
    }

    /// Changes a connection alias; what the input leaves out stays as it is.
    async fn update_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |change| engine.update_alias(change)).await
    }

    /// Changes an integration profile; what the input leaves out stays as it is.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProfileInput,
    ) -> Result<ProfilePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |change| engine.update_profile(change)).await
    }

    /// Looks at the organisation the way each process would, and says what is missing and what to do about it. Nothing is changed there.
    async fn validate_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to validate.")] input: ProfileInput,
    ) -> Result<ValidatePayload> {
        let engine = &ctx.scope()?.engine;
        carry_out(input.read(), |id| engine.validate_profile(id)).await
    }
}

/// Carries out a command that was understood, and answers with what became of it.
async fn carry_out<C, T, P, F>(command: Result<C, Vec<UserError>>, act: impl FnOnce(C) -> F) -> Result<P>
where
    F: Future<Output = Result<T, Denied>>,
    P: From<Result<T, Vec<UserError>>>,
{
    match command {
        Ok(command) => settle(act(command).await).map(P::from),
        Err(refused) => Ok(Err(refused).into()),
    }
}

//! What can be done: one input and one payload each, expected refusals in the payload.

use async_graphql::{Context, Object};
use seatgraph_core::Secret;
use seatgraph_store::{AliasId, ProfileId, RunId};

use super::error::{Result, settle};
use super::finding::Finding;
use super::input::{
    self, CreateConnectionAliasInput, CreateProfileInput, DeleteConnectionAliasInput, ProfileInput,
    ResolveIdentifierInput, RunInput, SetClientCredentialsInput, StartSyncInput, UpdateConnectionAliasInput,
    UpdateProfileInput,
};
use super::payload::{
    ClosedCount, ConnectionAliasPayload, DeletePayload, ProfilePayload, PublishPayload, SoftwareModelPayload,
    SyncPayload, ValidatePayload,
};
use super::scalars::int;
use super::scope::Scoped as _;

/// The root of every mutation.
#[derive(Debug, Default)]
pub struct Mutation;

/// Everything that can be done. A change that is refused changes nothing and says why in `userErrors`.
#[Object]
impl Mutation {
    /// Stops a run. A running one stops after the page at hand; what it had read stays, and nothing is retired.
    async fn cancel_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to stop.")] input: RunInput,
    ) -> Result<SyncPayload> {
        let id: RunId = match input::known(&["id"], "run", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.cancel_sync(id).await).map(Into::into)
    }

    /// Lets a suspect run go on: yes, so many are really gone.
    async fn confirm_suspect_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to confirm.")] input: RunInput,
    ) -> Result<SyncPayload> {
        let id: RunId = match input::known(&["id"], "run", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.confirm_suspect_sync(id).await).map(Into::into)
    }

    /// Creates a connection alias.
    async fn create_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to create.")] input: CreateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let command = match input.read() {
            Ok(command) => command,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.create_alias(command).await).map(Into::into)
    }

    /// Creates an integration profile as a draft.
    async fn create_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to create.")] input: CreateProfileInput,
    ) -> Result<ProfilePayload> {
        let command = match input.read() {
            Ok(command) => command,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.create_profile(command).await).map(Into::into)
    }

    /// Deletes a connection alias with its credential. One that is in use is refused.
    async fn delete_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The alias to delete.")] input: DeleteConnectionAliasInput,
    ) -> Result<DeletePayload> {
        let id: AliasId = match input::known(&["id"], "connection alias", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(DeletePayload { user_errors, ..Default::default() }),
        };
        Ok(match settle(ctx.scope()?.engine.delete_alias(id).await)? {
            Ok(()) => DeletePayload { deleted_id: Some(id.to_string().into()), ..Default::default() },
            Err(user_errors) => DeletePayload { user_errors, ..Default::default() },
        })
    }

    /// Deletes an integration profile, stops its run, and closes what hangs on it. The history stays, and the alias is free again.
    async fn delete_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to delete.")] input: ProfileInput,
    ) -> Result<DeletePayload> {
        let id: ProfileId = match input::known(&["id"], "profile", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(DeletePayload { user_errors, ..Default::default() }),
        };
        Ok(match settle(ctx.scope()?.engine.delete_profile(id).await)? {
            Ok(closed) => DeletePayload {
                closed: ClosedCount::list(&closed),
                deleted_id: Some(id.to_string().into()),
                user_errors: Vec::new(),
            },
            Err(user_errors) => DeletePayload { user_errors, ..Default::default() },
        })
    }

    /// Stops a profile until it is resumed; its run stops after the page at hand.
    async fn pause_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to pause.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        let id: ProfileId = match input::known(&["id"], "profile", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.pause_profile(id).await).map(Into::into)
    }

    /// Validates a draft, publishes it, starts its first run, and returns that run.
    async fn publish_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to publish.")] input: ProfileInput,
    ) -> Result<PublishPayload> {
        let id: ProfileId = match input::known(&["id"], "profile", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(PublishPayload { profile: None, run: None, user_errors }),
        };
        Ok(match settle(ctx.scope()?.engine.publish_profile(id).await)? {
            Ok((profile, run)) => {
                PublishPayload { profile: Some(profile.into()), run: Some(run.into()), user_errors: Vec::new() }
            }
            Err(user_errors) => PublishPayload { profile: None, run: None, user_errors },
        })
    }

    /// Says what unrecognized identifiers stand for, now and in every later run.
    async fn resolve_identifier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identifiers, and what they stand for.")] input: ResolveIdentifierInput,
    ) -> Result<SoftwareModelPayload> {
        let (ids, target) = match input.read() {
            Ok(command) => command,
            Err(user_errors) => return Ok(SoftwareModelPayload { model: None, remapped: 0, user_errors }),
        };
        Ok(match settle(ctx.scope()?.engine.resolve_identifiers(ids, target).await)? {
            Ok((model, remapped)) => {
                SoftwareModelPayload { model: Some(model.into()), remapped: int(remapped), user_errors: Vec::new() }
            }
            Err(user_errors) => SoftwareModelPayload { model: None, remapped: 0, user_errors },
        })
    }

    /// Lets a paused profile run again and starts a run.
    async fn resume_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to resume.")] input: ProfileInput,
    ) -> Result<ProfilePayload> {
        let id: ProfileId = match input::known(&["id"], "profile", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.resume_profile(id).await).map(Into::into)
    }

    /// Gives an alias the credential of the application itself. It takes the place of an earlier one.
    async fn set_client_credentials(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The credential, and the alias that it is for.")] input: SetClientCredentialsInput,
    ) -> Result<ConnectionAliasPayload> {
        let id: AliasId = match input::known(&["aliasId"], "connection alias", &input.alias_id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        let secret = Secret::new(input.client_secret);
        let outcome = ctx.scope()?.engine.set_client_credentials(id, input.client_id, secret).await;
        settle(outcome).map(Into::into)
    }

    /// Starts a sync run. One that is open already is a conflict.
    async fn start_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile, and what to execute.")] input: StartSyncInput,
    ) -> Result<SyncPayload> {
        let id: ProfileId = match input::known(&["profileId"], "profile", &input.profile_id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        let processes = input::processes(input.processes);
        settle(ctx.scope()?.engine.start_sync(id, processes, input.idempotency_key).await).map(Into::into)
    }

    /// Changes a connection alias; what the input leaves out stays as it is.
    async fn update_connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateConnectionAliasInput,
    ) -> Result<ConnectionAliasPayload> {
        let command = match input.read() {
            Ok(command) => command,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.update_alias(command).await).map(Into::into)
    }

    /// Changes an integration profile; what the input leaves out stays as it is.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProfileInput,
    ) -> Result<ProfilePayload> {
        let command = match input.read() {
            Ok(command) => command,
            Err(user_errors) => return Ok(Err(user_errors).into()),
        };
        settle(ctx.scope()?.engine.update_profile(command).await).map(Into::into)
    }

    /// Looks at the organisation the way each process would, and says what is missing and what to do about it. Nothing is changed there.
    async fn validate_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The profile to validate.")] input: ProfileInput,
    ) -> Result<ValidatePayload> {
        let id: ProfileId = match input::known(&["id"], "profile", &input.id) {
            Ok(id) => id,
            Err(user_errors) => return Ok(ValidatePayload { findings: Vec::new(), profile: None, user_errors }),
        };
        Ok(match settle(ctx.scope()?.engine.validate_profile(id).await)? {
            Ok(validated) => ValidatePayload {
                findings: validated.findings.into_iter().map(Finding::from).collect(),
                profile: Some(validated.profile.into()),
                user_errors: Vec::new(),
            },
            Err(user_errors) => ValidatePayload { findings: Vec::new(), profile: None, user_errors },
        })
    }
}

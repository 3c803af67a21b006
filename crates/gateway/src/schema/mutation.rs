//! The mutations, one entry each. The schema, the permissions, the audit log and the time limits are made from this table.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use seatgraph_engine::Commands;
use seatgraph_engine::access::CommandTarget;

use super::api_token::{ApiTokenPayload, CreateApiTokenPayload};
use super::command::{
    Command, Input, MutationRow, Payload as _, TimeLimit, Work, mutations, outcome, run_command, time_limit,
};
use super::context::HasRequest as _;
use super::error::Result;
use super::input::{
    AssignRoleInput, BeginAuthorizationInput, CreateApiTokenInput, CreateConnectionAliasInput,
    CreateDelegatedLinkInput, CreateProfileInput, DeleteConnectionAliasInput, DisconnectAliasInput, ProfileInput,
    RemoveRoleInput, ResolveIdentifierInput, RevokeApiTokenInput, RevokeDelegatedLinkInput, RunInput,
    SetClientCredentialsInput, SetJwtBearerInput, StartSyncInput, UpdateConnectionAliasInput, UpdateProfileInput,
};
use super::need::{ACCESS, ALIASES, PROFILES, RESOLVE, RUN_SYNCS};
use super::payload::{
    AuthorizationPayload, ConnectionAliasPayload, DelegatedLinkPayload, DeletePayload, Deleted, ProfilePayload,
    PublishPayload, SoftwareModelPayload, SyncPayload, ValidatePayload,
};
use super::role::RoleAssignmentPayload;

mutations! {
    /// Mutations. A refused mutation changes nothing and lists the reasons in `userErrors`.
    pub struct Mutation;

    /// Grants a role to an API token, a user or a group.
    assign_role(AssignRoleInput: "The role and its holder.") -> RoleAssignmentPayload {
        need: ACCESS,
        subject: |_| CommandTarget::Gateway,
        run: |engine, caller, role| engine.assign_role(caller, role),
    }

    /// Starts an OAuth authorisation of a connection alias. Open the returned URL in a browser within ten minutes. The
    /// alias stays unchanged until the user has consented.
    begin_authorization(BeginAuthorizationInput: "The alias and the OAuth client.") -> AuthorizationPayload {
        need: ALIASES,
        subject: |begin| CommandTarget::Alias { id: begin.alias_id, field: "aliasId" },
        run: |engine, _, begin| engine.begin_authorization(begin),
    }

    /// Cancels a sync run. A running one stops after its current page. Records that it has read are kept, and nothing is
    /// retired.
    cancel_sync(RunInput: "The run to cancel.") -> SyncPayload {
        need: RUN_SYNCS,
        subject: |id| CommandTarget::Run(*id),
        run: |engine, _, id| engine.cancel_sync(id),
    }

    /// Confirms that the records that a suspect run did not find no longer exist. The run continues and retires them.
    confirm_suspect_sync(RunInput: "The run to confirm.") -> SyncPayload {
        need: RUN_SYNCS,
        subject: |id| CommandTarget::Run(*id),
        run: |engine, _, id| engine.confirm_suspect_sync(id),
    }

    /// Creates an API token. Only this payload contains the token itself: store it now.
    create_api_token(CreateApiTokenInput: "The token to create.") -> CreateApiTokenPayload {
        need: ACCESS,
        subject: |_| CommandTarget::Gateway,
        run: |engine, caller, token| engine.create_token(caller, token),
    }

    /// Creates a connection alias.
    create_connection_alias(CreateConnectionAliasInput: "The alias to create.") -> ConnectionAliasPayload {
        need: ALIASES,
        subject: |_| CommandTarget::Gateway,
        run: |engine, _, alias| engine.create_alias(alias),
    }

    /// Creates a link with which a person without a Seatgraph account, such as the vendor's administrator, can authorise
    /// one alias. The link can be used once. Only this payload contains its URL.
    create_delegated_link(CreateDelegatedLinkInput: "The alias, the OAuth client and the lifetime of the link.")
        -> DelegatedLinkPayload
    {
        need: ALIASES,
        subject: |link| CommandTarget::Alias { id: link.alias_id, field: "aliasId" },
        run: |engine, _, link| engine.create_delegated_link(link),
    }

    /// Creates an integration profile as a draft.
    create_profile(CreateProfileInput: "The profile to create.") -> ProfilePayload {
        need: PROFILES,
        subject: |_| CommandTarget::Gateway,
        run: |engine, _, profile| engine.create_profile(profile),
    }

    /// Deletes a connection alias and its credential. An alias in use is refused.
    delete_connection_alias(DeleteConnectionAliasInput: "The alias to delete.") -> DeletePayload {
        need: ALIASES,
        subject: |id| CommandTarget::alias(*id),
        run: |engine, _, id| async { engine.delete_alias(id).await.map(|()| Deleted::alone(id)) },
    }

    /// Deletes an integration profile: cancels its run and retires its records. The history is kept, and the alias can be
    /// used again.
    delete_profile(ProfileInput: "The profile to delete.") -> DeletePayload {
        need: PROFILES,
        subject: |id| CommandTarget::profile(*id),
        run: |engine, _, id| async { engine.delete_profile(id).await.map(|closed| Deleted::with(id, &closed)) },
    }

    /// Deletes the credential of an alias and revokes its token at the vendor. The downloaded records are kept.
    disconnect_alias(DisconnectAliasInput: "The alias to disconnect.") -> ConnectionAliasPayload {
        need: ALIASES,
        subject: |id| CommandTarget::alias(*id),
        run: |engine, _, id| engine.disconnect_alias(id),
    }

    /// Pauses a profile until it is resumed. Its run stops after the current page.
    pause_profile(ProfileInput: "The profile to pause.") -> ProfilePayload {
        need: PROFILES,
        subject: |id| CommandTarget::profile(*id),
        run: |engine, _, id| engine.pause_profile(id),
    }

    /// Validates a draft profile, publishes it, starts its first run, and returns that run.
    publish_profile(ProfileInput: "The profile to publish.") -> PublishPayload {
        need: PROFILES,
        subject: |id| CommandTarget::profile(*id),
        time_limit: VendorCheck,
        run: |engine, _, id| engine.publish_profile(id),
    }

    /// Revokes a role. This takes effect with the next request. Open streams that needed the role end.
    remove_role(RemoveRoleInput: "The role to revoke.") -> RoleAssignmentPayload {
        need: ACCESS,
        subject: |id| CommandTarget::Role(*id),
        run: |engine, _, id| engine.remove_role(id),
    }

    /// Maps unrecognized identifiers to a software model, now and in every later run.
    resolve_identifier(ResolveIdentifierInput: "The identifiers and their model.") -> SoftwareModelPayload {
        need: RESOLVE,
        subject: |_| CommandTarget::Gateway,
        run: |engine, _, (ids, target)| engine.resolve_identifiers(ids, target),
    }

    /// Resumes a paused profile and starts a run.
    resume_profile(ProfileInput: "The profile to resume.") -> ProfilePayload {
        need: PROFILES,
        subject: |id| CommandTarget::profile(*id),
        run: |engine, _, id| engine.resume_profile(id),
    }

    /// Revokes an API token permanently. This takes effect with the next request. Open streams of the token end.
    revoke_api_token(RevokeApiTokenInput: "The token to revoke.") -> ApiTokenPayload {
        need: ACCESS,
        subject: |id| CommandTarget::Token(*id),
        run: |engine, _, id| engine.revoke_token(id),
    }

    /// Revokes a delegated link. An authorisation that was started with it is refused.
    revoke_delegated_link(RevokeDelegatedLinkInput: "The link to revoke.") -> DelegatedLinkPayload {
        need: ALIASES,
        subject: |id| CommandTarget::Link(*id),
        run: |engine, _, id| engine.revoke_delegated_link(id),
    }

    /// Sets the client credentials of an alias. They replace an existing credential.
    set_client_credentials(SetClientCredentialsInput: "The alias and its credential.") -> ConnectionAliasPayload {
        need: ALIASES,
        subject: |(id, ..)| CommandTarget::Alias { id: *id, field: "aliasId" },
        run: |engine, _, (alias, client, secret)| engine.set_client_credentials(alias, client, secret),
    }

    /// Sets the private key with which the OAuth client of an alias signs token requests for a user. It replaces an
    /// existing credential. At the vendor, the key's certificate must be registered with the client, and the client must
    /// be approved for the user.
    set_jwt_bearer(SetJwtBearerInput: "The alias, the user and the key.") -> ConnectionAliasPayload {
        need: ALIASES,
        subject: |bearer| CommandTarget::Alias { id: bearer.alias_id, field: "aliasId" },
        run: |engine, _, bearer| engine.set_jwt_bearer(bearer),
    }

    /// Starts a sync run. It is refused if the profile has an open run.
    start_sync(StartSyncInput: "The profile and the processes to run.") -> SyncPayload {
        need: RUN_SYNCS,
        subject: |(id, ..)| CommandTarget::Profile { id: *id, field: "profileId" },
        run: |engine, _, (profile, processes, key)| engine.start_sync(profile, processes, key),
    }

    /// Changes a connection alias. Omitted fields stay unchanged.
    update_connection_alias(UpdateConnectionAliasInput: "The alias and its changes.") -> ConnectionAliasPayload {
        need: ALIASES,
        subject: |change| CommandTarget::alias(change.id),
        run: |engine, _, change| engine.update_alias(change),
    }

    /// Changes an integration profile. Omitted fields stay unchanged.
    update_profile(UpdateProfileInput: "The profile and its changes.") -> ProfilePayload {
        need: PROFILES,
        subject: |change| CommandTarget::profile(change.id),
        run: |engine, _, change| engine.update_profile(change),
    }

    /// Checks for each process what is missing at the vendor, and returns the problems with their remedies. Changes nothing
    /// at the vendor.
    validate_profile(ProfileInput: "The profile to validate.") -> ValidatePayload {
        need: PROFILES,
        subject: |id| CommandTarget::profile(*id),
        time_limit: VendorCheck,
        run: |engine, _, id| engine.validate_profile(id),
    }
}

/// Finds a mutation by its name in the schema.
pub(super) fn find(field: &str) -> Option<&'static MutationRow> {
    static BY_FIELD: LazyLock<HashMap<String, &MutationRow>> =
        LazyLock::new(|| MUTATIONS.iter().map(|mutation| (mutation.field(), mutation)).collect());
    BY_FIELD.get(field).copied()
}

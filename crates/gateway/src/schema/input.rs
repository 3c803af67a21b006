//! The inputs of mutations, and how they become the engine's commands.

mod access;
mod connecting;

use std::str::FromStr;

use async_graphql::{ID, InputObject, OneofObject};
use seatgraph_core::{Process as CoreProcess, Product, Secret};
use seatgraph_engine::{
    self as engine, BeginAuthorization, CreateAlias, CreateProfile, Target, UpdateAlias, UpdateProfile,
};
use seatgraph_store::{AliasId, IdentifierId, ProfileId, RunId};
use serde_json::{Map, Value};

pub(crate) use self::access::{AssignRoleInput, CreateApiTokenInput, RemoveRoleInput, RevokeApiTokenInput};
pub(crate) use self::connecting::{CreateDelegatedLinkInput, RevokeDelegatedLinkInput, SetJwtBearerInput};
use super::command::Input;
use super::connector::Process;
use super::error::UserError;
use super::profile::ScheduleEvery;
use super::scalars::{Json, Url};
use super::scope::RequestScope;
use crate::callback;

type Refused = Vec<UserError>;

/// A new connection alias.
#[derive(Debug, InputObject)]
pub(crate) struct CreateConnectionAliasInput {
    /// The connector's key.
    connector: String,
    /// Where the organisation is; a parent that only holds what its children share needs none.
    instance_url: Option<Url>,
    /// The name that people know it by; no other alias has it.
    name: String,
    /// The alias whose properties it shares; without one it is a parent itself.
    parent_id: Option<ID>,
    /// The properties that it sets itself: an object as the connector's configuration schema describes it.
    properties: Option<Json>,
}

impl Input for CreateConnectionAliasInput {
    type Command = CreateAlias;

    fn read(self, _: &RequestScope) -> Result<CreateAlias, Refused> {
        Ok(CreateAlias {
            connector: self.connector,
            name: self.name,
            parent_id: self.parent_id.map(|id| parse_id(&["parentId"], "connection alias", &id)).transpose()?,
            instance_url: self.instance_url.map(|url| url.0),
            properties: object(self.properties)?,
        })
    }
}

/// Changes of a connection alias; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateConnectionAliasInput {
    /// The alias.
    id: ID,
    /// Where the organisation is.
    instance_url: Option<Url>,
    /// The name that people know it by.
    name: Option<String>,
    /// The properties to set; those not named stay as they are.
    properties: Option<Json>,
    /// The properties that it no longer sets itself, so that the parent's or the default value holds again.
    unset: Option<Vec<String>>,
}

impl Input for UpdateConnectionAliasInput {
    type Command = UpdateAlias;

    fn read(self, _: &RequestScope) -> Result<UpdateAlias, Refused> {
        Ok(UpdateAlias {
            id: parse_id(&["id"], "connection alias", &self.id)?,
            name: self.name,
            instance_url: self.instance_url.map(|url| url.0),
            properties: object(self.properties)?,
            unset: self.unset.unwrap_or_default(),
        })
    }
}

/// A credential of the application itself.
#[derive(InputObject)]
pub(crate) struct SetClientCredentialsInput {
    /// The alias.
    alias_id: ID,
    /// The application's public name at the vendor.
    client_id: String,
    /// The application's password at the vendor. It is sealed at once, and nothing ever shows it again.
    #[graphql(secret)]
    client_secret: String,
}

impl Input for SetClientCredentialsInput {
    type Command = (AliasId, String, Secret);

    fn read(self, _: &RequestScope) -> Result<Self::Command, Refused> {
        let alias = parse_id(&["aliasId"], "connection alias", &self.alias_id)?;
        Ok((alias, self.client_id, Secret::new(self.client_secret)))
    }
}

/// A person's consent to be asked for.
#[derive(InputObject)]
pub(crate) struct BeginAuthorizationInput {
    /// The alias to be connected.
    alias_id: ID,
    /// The application's public name at the vendor. Left out, it is the one that the alias has.
    client_id: Option<String>,
    /// The application's password at the vendor, where it has one. Left out, it is the one that the alias has for the
    /// same client id. It is sealed at once, and nothing ever shows it again.
    #[graphql(secret)]
    client_secret: Option<String>,
}

impl Input for BeginAuthorizationInput {
    type Command = BeginAuthorization;

    fn read(self, scope: &RequestScope) -> Result<BeginAuthorization, Refused> {
        Ok(BeginAuthorization {
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            client_id: self.client_id,
            client_secret: self.client_secret.map(Secret::new),
            public_url: url::Url::clone(&scope.public_url),
            begun_by: callback::begun_by(&scope.principal),
        })
    }
}

/// Which connection alias to disconnect.
#[derive(Debug, InputObject)]
pub(crate) struct DisconnectAliasInput {
    /// The alias whose credential to forget.
    id: ID,
}

impl Input for DisconnectAliasInput {
    type Command = AliasId;

    fn read(self, _: &RequestScope) -> Result<AliasId, Refused> {
        parse_id(&["id"], "connection alias", &self.id)
    }
}

/// Which connection alias to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteConnectionAliasInput {
    /// The alias. Neither a profile nor a child may use it any more.
    id: ID,
}

impl Input for DeleteConnectionAliasInput {
    type Command = AliasId;

    fn read(self, _: &RequestScope) -> Result<AliasId, Refused> {
        parse_id(&["id"], "connection alias", &self.id)
    }
}

/// A new integration profile.
#[derive(Debug, InputObject)]
pub(crate) struct CreateProfileInput {
    /// The alias to connect through. The first profile may use a parent; each further one needs a child of its own.
    alias_id: ID,
    /// The name that people know it by; no other profile in use has it.
    name: String,
    /// Which processes to switch on or off; the connector says how those not named stand.
    processes: Option<Vec<ProcessSwitchInput>>,
    /// When it runs by itself: daily unless said otherwise.
    schedule: Option<ScheduleInput>,
}

impl Input for CreateProfileInput {
    type Command = CreateProfile;

    fn read(self, _: &RequestScope) -> Result<CreateProfile, Refused> {
        Ok(CreateProfile {
            name: self.name,
            alias_id: parse_id(&["aliasId"], "connection alias", &self.alias_id)?,
            processes: switches(self.processes),
            schedule: self.schedule.map(Into::into),
        })
    }
}

/// Changes of an integration profile; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateProfileInput {
    /// The profile.
    id: ID,
    /// The name that people know it by.
    name: Option<String>,
    /// Which processes to switch on or off; those not named stay as they are.
    processes: Option<Vec<ProcessSwitchInput>>,
    /// When it runs by itself.
    schedule: Option<ScheduleInput>,
}

impl Input for UpdateProfileInput {
    type Command = UpdateProfile;

    fn read(self, _: &RequestScope) -> Result<UpdateProfile, Refused> {
        Ok(UpdateProfile {
            id: parse_id(&["id"], "profile", &self.id)?,
            name: self.name,
            processes: switches(self.processes),
            schedule: self.schedule.map(Into::into),
        })
    }
}

/// Switches one process on or off.
#[derive(Debug, InputObject)]
pub(crate) struct ProcessSwitchInput {
    /// Whether the profile does it.
    enabled: bool,
    /// Which process it is.
    process: Process,
}

/// When a profile runs by itself.
#[derive(Debug, InputObject)]
pub(crate) struct ScheduleInput {
    /// The time of day as `HH:MM` in the time zone, for a daily schedule.
    at: Option<String>,
    /// How often it runs.
    every: ScheduleEvery,
    /// The time zone in which the time of day is meant, by its IANA name: UTC unless said otherwise.
    time_zone: Option<String>,
}

impl From<ScheduleInput> for engine::ScheduleInput {
    fn from(input: ScheduleInput) -> Self {
        Self { every: input.every.into(), at: input.at, time_zone: input.time_zone }
    }
}

/// Which profile is meant.
#[derive(Debug, InputObject)]
pub(crate) struct ProfileInput {
    /// The profile.
    id: ID,
}

impl Input for ProfileInput {
    type Command = ProfileId;

    fn read(self, _: &RequestScope) -> Result<ProfileId, Refused> {
        parse_id(&["id"], "profile", &self.id)
    }
}

/// Which run is meant.
#[derive(Debug, InputObject)]
pub(crate) struct RunInput {
    /// The run.
    id: ID,
}

impl Input for RunInput {
    type Command = RunId;

    fn read(self, _: &RequestScope) -> Result<RunId, Refused> {
        parse_id(&["id"], "run", &self.id)
    }
}

/// Starts a sync run.
#[derive(Debug, InputObject)]
pub(crate) struct StartSyncInput {
    /// A key of the caller's own. Asking again with the same key returns the same run instead of another one.
    idempotency_key: Option<String>,
    /// The processes to execute: all that the profile has switched on unless said otherwise.
    processes: Option<Vec<Process>>,
    /// The profile.
    profile_id: ID,
}

impl Input for StartSyncInput {
    type Command = (ProfileId, Option<Vec<CoreProcess>>, Option<String>);

    fn read(self, _: &RequestScope) -> Result<Self::Command, Refused> {
        let profile = parse_id(&["profileId"], "profile", &self.profile_id)?;
        let processes = self.processes.map(|processes| processes.into_iter().map(CoreProcess::from).collect());
        Ok((profile, processes, self.idempotency_key))
    }
}

/// Maps identifiers to a software model.
#[derive(Debug, InputObject)]
pub(crate) struct ResolveIdentifierInput {
    /// The unrecognized identifiers.
    ids: Vec<ID>,
    /// The software model.
    target: ResolveTarget,
}

/// A software model: an existing one, or that of a product.
#[derive(Debug, OneofObject)]
pub(crate) enum ResolveTarget {
    /// The global id of an existing software model.
    ModelId(ID),
    /// The product. Its software model is created if there is none yet.
    Product(SoftwareProductInput),
}

impl Input for ResolveIdentifierInput {
    type Command = (Vec<IdentifierId>, Target);

    fn read(self, _: &RequestScope) -> Result<Self::Command, Refused> {
        let read = |id: &ID| parse_id(&["ids"], "unrecognized identifier", id);
        let ids = self.ids.iter().map(read).collect::<Result<_, _>>()?;
        let target = match self.target {
            ResolveTarget::ModelId(id) => Target::Model(parse_id(&["target", "modelId"], "software model", &id)?),
            ResolveTarget::Product(product) => Target::Product(product.into()),
        };
        Ok((ids, target))
    }
}

/// A product as a person names it.
#[derive(Debug, InputObject)]
pub(crate) struct SoftwareProductInput {
    /// The sort of software, `CRM` for example.
    category: Option<String>,
    /// The variant within the product; left out for the product itself.
    edition: Option<String>,
    /// The product, in the vendor's words.
    product: String,
    /// Who makes it.
    publisher: String,
}

impl From<SoftwareProductInput> for Product {
    fn from(input: SoftwareProductInput) -> Self {
        Self { publisher: input.publisher, product: input.product, edition: input.edition, category: input.category }
    }
}

/// Reads an id; one that can name nothing is refused the way one that names nothing is.
pub(crate) fn parse_id<I: FromStr>(field: &[&str], what: &str, id: &ID) -> Result<I, Refused> {
    id.parse().map_err(|_| vec![UserError::not_found(field, what)])
}

fn object(properties: Option<Json>) -> Result<Map<String, Value>, Refused> {
    match properties.map(|json| json.0) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(properties)) => Ok(properties),
        Some(_) => Err(vec![UserError::invalid(&["properties"], "properties are an object of names and values")]),
    }
}

fn switches(processes: Option<Vec<ProcessSwitchInput>>) -> Vec<(CoreProcess, bool)> {
    processes.unwrap_or_default().into_iter().map(|switch| (switch.process.into(), switch.enabled)).collect()
}

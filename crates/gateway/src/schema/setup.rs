//! Setup instructions: the steps at the vendor and in Seatgraph, and their state.

use async_graphql::{Enum, SimpleObject};
use seatgraph_core::{self as core, Registration};
use seatgraph_engine::{self as engine, GuidedStep, SetupFacts, callback_url};

use super::context::RequestContext;
use super::error::{self, Result};
use super::loaders::{FindingsOf, LastRunOf, ProcessesOf};
use super::process::{ConnectorProcess, GrantType, Process, Requirement};
use super::scalars::Url;

/// Instructions for connecting an organisation with one OAuth grant type.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorSetup {
    /// OAuth redirect URL to register at the vendor. Some vendors require it for every grant type.
    callback_url: Url,
    /// The OAuth grant type.
    grant: GrantType,
    /// Permission sets that can be imported at the vendor, smallest first. Empty if the vendor does not support
    /// importing them.
    permission_sets: Vec<PermissionSetDocument>,
    /// Required permissions and OAuth scopes per process. At most four entries.
    processes: Vec<ConnectorProcess>,
    /// Additional requirements that no permission set can express.
    remarks: Vec<String>,
    /// OAuth scopes to register at the vendor: the scopes of all available processes.
    scopes: Vec<&'static str>,
    /// Steps in order, from registering the application to the first completed sync. The list is bounded by the
    /// connector.
    steps: Vec<SetupStep>,
}

/// A permission set in the vendor's import format.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct PermissionSetDocument {
    /// Purpose of the permission set.
    description: String,
    /// File name.
    file_name: String,
    /// Package manifest that the vendor's import requires in addition, such as Salesforce's `package.xml`. Null if none
    /// is required.
    manifest_xml: Option<String>,
    /// Name of the permission set at the vendor.
    name: &'static str,
    /// Highest necessity included. The permission set contains all permissions up to this necessity.
    necessity: Requirement,
    /// Processes that the permission set is sufficient for.
    processes: Vec<Process>,
    /// Content of the file.
    xml: String,
}

impl From<core::PermissionSetDocument> for PermissionSetDocument {
    fn from(document: core::PermissionSetDocument) -> Self {
        Self {
            description: document.description,
            file_name: document.file_name,
            manifest_xml: document.manifest_xml,
            name: document.name,
            necessity: document.requirement.into(),
            processes: document.processes.into_iter().map(Process::from).collect(),
            xml: document.xml,
        }
    }
}

/// A step of the setup.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SetupStep {
    /// Documentation of the step. Null if there is none.
    docs_url: Option<Url>,
    /// Whether the step is done, as far as the gateway can tell. Null if the steps are listed without a profile.
    done: Option<bool>,
    /// Role required for the step, in the terms of the system where the step is performed.
    done_by: String,
    /// Key of the earlier step that this step can replace. Null if it replaces none.
    instead_of: Option<&'static str>,
    /// Instructions in full sentences.
    instructions: String,
    /// Stable key, unique per connector and grant type.
    key: &'static str,
    /// System where the step is performed.
    place: SetupPlace,
    /// What to do next. Null if the step is done, or if the steps are listed without a profile.
    remedy: Option<String>,
    /// Short title.
    title: String,
    /// Values to copy into the vendor's forms. The list is bounded by the connector.
    values: Vec<SetupValue>,
}

impl From<core::SetupStep> for SetupStep {
    fn from(step: core::SetupStep) -> Self {
        Self {
            docs_url: step.docs_url.map(Url::from),
            done: None,
            done_by: step.done_by,
            instead_of: step.instead_of,
            instructions: step.instructions,
            key: step.key,
            place: step.place.into(),
            remedy: None,
            title: step.title,
            values: step.values.into_iter().map(SetupValue::from).collect(),
        }
    }
}

impl From<GuidedStep> for SetupStep {
    fn from(guided: GuidedStep) -> Self {
        Self { done: Some(guided.done), remedy: guided.remedy, ..Self::from(guided.step) }
    }
}

/// A value to copy into a form at the vendor.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SetupValue {
    /// Kind of value.
    field: SetupField,
    /// Label of the form field.
    label: String,
    /// The value.
    value: String,
}

impl From<core::SetupValue> for SetupValue {
    fn from(value: core::SetupValue) -> Self {
        Self { field: value.field.into(), label: value.label, value: value.value }
    }
}

/// System where a setup step is performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "core::SetupPlace")]
pub(crate) enum SetupPlace {
    /// At the vendor. The step requires no access to Seatgraph.
    Vendor,
    /// In Seatgraph.
    #[graphql(name = "HERE")]
    Gateway,
}

/// Kind of a setup value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "core::SetupField")]
pub(crate) enum SetupField {
    /// OAuth redirect URL.
    CallbackUrl,
    /// An OAuth scope.
    Scope,
    /// Any other value.
    Other,
}

/// Returns the setup instructions of a connector for one grant type.
pub(crate) fn of_connector(
    request: &RequestContext,
    connector: &Registration,
    grant: GrantType,
) -> Result<ConnectorSetup> {
    let (manifest, asked) = (connector.manifest(), grant.into());
    let setup = engine::setup(connector, Some(asked), &request.public_url).ok_or_else(|| not_offered(connector))?;
    Ok(ConnectorSetup {
        callback_url: Url(callback_url(&request.public_url, manifest.key).into()),
        grant,
        permission_sets: setup.permission_sets.into_iter().map(PermissionSetDocument::from).collect(),
        processes: manifest.processes.iter().map(ConnectorProcess::from).collect(),
        remarks: setup.remarks,
        scopes: manifest.scopes(asked),
        steps: setup.steps.into_iter().map(SetupStep::from).collect(),
    })
}

/// Returns the setup steps of a profile with their state.
pub(crate) async fn of_profile(
    request: &RequestContext,
    profile: &seatgraph_store::Profile,
    grant: Option<GrantType>,
) -> Result<Vec<SetupStep>> {
    let key = &profile.connector;
    let connector = request.engine.connector(key).ok_or_else(|| error::missing_connector(key))?;
    let facts = facts(request, profile).await?;
    let steps = facts.steps(connector, grant.map(Into::into), &request.public_url);
    let steps = steps.ok_or_else(|| not_offered(connector))?;
    Ok(steps.into_iter().map(SetupStep::from).collect())
}

async fn facts(request: &RequestContext, profile: &seatgraph_store::Profile) -> Result<SetupFacts> {
    let id = profile.id;
    let alias = match profile.alias_id {
        Some(alias) => request.load(alias).await?,
        None => None,
    };
    let parent = match alias.as_ref().and_then(|alias| alias.parent_id) {
        Some(parent) => request.load(parent).await?,
        None => None,
    };
    Ok(SetupFacts {
        alias,
        parent,
        profile: Some(profile.clone()),
        processes: request.load(ProcessesOf(id)).await?.unwrap_or_default(),
        findings: request.load(FindingsOf(id)).await?.unwrap_or_default(),
        last_run: request.load(LastRunOf(id)).await?,
    })
}

fn not_offered(connector: &Registration) -> async_graphql::Error {
    let manifest = connector.manifest();
    let offered: Vec<_> = manifest.grants.iter().map(|grant| grant.as_str()).collect();
    let fault = format!("is not supported by connector {}; supported: {}", manifest.key, offered.join(", "));
    error::bad_input("grant", &fault)
}

//! Setting a connection up: what is done at the vendor and here, and how far it is.

use async_graphql::{Enum, SimpleObject};
use seatgraph_core::{self as core, Registration};
use seatgraph_engine::{self as engine, GuidedStep, SetupFacts, callback_url};

use super::connector::{ConnectorProcess, GrantType, Necessity, Process};
use super::error::{self, Result};
use super::loaders::{FindingsOf, LastRunOf, ProcessesOf};
use super::scalars::Url;
use super::scope::RequestScope;

/// What an administrator needs to know to set a connection up under one grant, as data that any page can be drawn from.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ConnectorSetup {
    /// Where the vendor sends people back to after their consent; some vendors want it named for every grant.
    callback_url: Url,
    /// The grant that it is for.
    grant: GrantType,
    /// Permissions ready to import at the vendor, the least first; empty where the vendor imports none.
    permission_sets: Vec<PermissionSetDocument>,
    /// The vendor's permission table and the scopes, for each process that the vendor's integration has.
    processes: Vec<ConnectorProcess>,
    /// What no permission set can express, a sentence or two each.
    remarks: Vec<String>,
    /// The scopes to register, by the vendor's words for them: those of everything that this version carries out.
    scopes: Vec<&'static str>,
    /// What is to be done, in order, from registering an application to the first finished sync.
    steps: Vec<SetupStep>,
}

/// A bundle of permissions as a file that the vendor imports.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct PermissionSetDocument {
    /// What it is good for.
    description: String,
    /// The name under which its file is saved.
    file_name: String,
    /// The list of contents that the vendor's import wants beside it, `package.xml` at Salesforce; null where it wants
    /// none.
    manifest_xml: Option<String>,
    /// The name that it has at the vendor once it is imported.
    name: &'static str,
    /// Up to which necessity it goes: the minimum, all that reads, or everything for restricted organisations.
    necessity: Necessity,
    /// The processes for which it is enough.
    processes: Vec<Process>,
    /// The file itself.
    xml: String,
}

impl From<core::PermissionSetDocument> for PermissionSetDocument {
    fn from(document: core::PermissionSetDocument) -> Self {
        Self {
            description: document.description,
            file_name: document.file_name,
            manifest_xml: document.manifest_xml,
            name: document.name,
            necessity: document.necessity.into(),
            processes: document.processes.into_iter().map(Process::from).collect(),
            xml: document.xml,
        }
    }
}

/// One thing to do before a connection works.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SetupStep {
    /// The page that explains it.
    docs_url: Option<Url>,
    /// Whether it is done, as far as that can be seen from the gateway; null where no profile is looked at.
    done: Option<bool>,
    /// The role that may do it, in the words of the system that it is done in.
    done_by: String,
    /// The key of the earlier step in whose place it may be done; null for most.
    instead_of: Option<&'static str>,
    /// How it is done, in whole sentences.
    instructions: String,
    /// A stable word, unlike any other step's of the same connector and grant.
    key: &'static str,
    /// In whose system it is done.
    place: SetupPlace,
    /// What to do about it; null when it is done, and where no profile is looked at.
    remedy: Option<String>,
    /// What is to be done, in a few words.
    title: String,
    /// What to enter exactly as it stands.
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

/// Something to enter exactly as it stands.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SetupValue {
    /// What it is for, for programs.
    field: SetupField,
    /// What the form that it is entered in calls it.
    label: String,
    /// What to enter.
    value: String,
}

impl From<core::SetupValue> for SetupValue {
    fn from(value: core::SetupValue) -> Self {
        Self { field: value.field.into(), label: value.label, value: value.value }
    }
}

/// In whose system a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "core::SetupPlace")]
pub(crate) enum SetupPlace {
    /// At the vendor, by somebody who need not have access here.
    Vendor,
    /// In this gateway.
    Here,
}

/// What a value of a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "core::SetupField")]
pub(crate) enum SetupField {
    /// Where the vendor sends people back to after their consent.
    CallbackUrl,
    /// One scope, in the vendor's word for it.
    Scope,
    /// Anything else.
    Other,
}

/// Says what is to be done under a grant.
pub(crate) fn of_connector(scope: &RequestScope, connector: &Registration, grant: GrantType) -> Result<ConnectorSetup> {
    let (manifest, asked) = (connector.manifest(), grant.into());
    let setup = engine::setup(connector, Some(asked), &scope.public_url).ok_or_else(|| not_offered(connector))?;
    Ok(ConnectorSetup {
        callback_url: Url(callback_url(&scope.public_url, manifest.key).into()),
        grant,
        permission_sets: setup.permission_sets.into_iter().map(PermissionSetDocument::from).collect(),
        processes: manifest.processes.iter().map(ConnectorProcess::from).collect(),
        remarks: setup.remarks,
        scopes: manifest.scopes(asked),
        steps: setup.steps.into_iter().map(SetupStep::from).collect(),
    })
}

/// Says of every step of a profile's set-up whether it is done.
pub(crate) async fn of_profile(
    scope: &RequestScope,
    profile: &seatgraph_store::Profile,
    grant: Option<GrantType>,
) -> Result<Vec<SetupStep>> {
    let key = &profile.connector;
    let connector = scope.engine.connector(key).ok_or_else(|| error::missing_connector(key))?;
    let facts = facts(scope, profile).await?;
    let steps = facts.steps(connector, grant.map(Into::into), &scope.public_url);
    let steps = steps.ok_or_else(|| not_offered(connector))?;
    Ok(steps.into_iter().map(SetupStep::from).collect())
}

async fn facts(scope: &RequestScope, profile: &seatgraph_store::Profile) -> Result<SetupFacts> {
    let id = profile.id;
    let alias = match profile.alias_id {
        Some(alias) => scope.load(alias).await?,
        None => None,
    };
    let parent = match alias.as_ref().and_then(|alias| alias.parent_id) {
        Some(parent) => scope.load(parent).await?,
        None => None,
    };
    Ok(SetupFacts {
        alias,
        parent,
        profile: Some(profile.clone()),
        processes: scope.load(ProcessesOf(id)).await?.unwrap_or_default(),
        findings: scope.load(FindingsOf(id)).await?.unwrap_or_default(),
        last_run: scope.load(LastRunOf(id)).await?,
    })
}

fn not_offered(connector: &Registration) -> async_graphql::Error {
    let manifest = connector.manifest();
    let offered: Vec<_> = manifest.grants.iter().map(|grant| grant.as_str()).collect();
    let fault = format!("is no grant that connector {} offers; it offers {}", manifest.key, offered.join(" and "));
    error::bad_input("grant", &fault)
}

//! The set-up of a connection, as data for any user interface.
//!
//! A connector describes the steps at the vendor, with the labels of the vendor's user interface. The engine adds the
//! steps in the gateway (credentials, validation, publication) and decides which steps are done. The gateway cannot
//! observe the vendor's administrator, so a step says what is observable once it is done ([`DoneWhen`]), and which
//! findings contradict that ([`BlockingFinding`]).

use url::Url;

use crate::{GrantType, Manifest, Process, Requirement, Severity};

/// The system in which a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupPlace {
    /// At the vendor, possibly by someone without access to the gateway.
    Vendor,
    /// In the gateway.
    Gateway,
}

/// What is observable once a step is done. Steps with the same value become done together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoneWhen {
    /// The connection has a URL.
    Address,
    /// The connection has an OAuth client that is registered with the vendor.
    Application,
    /// A credential is entered, and the vendor has not refused it.
    Credential,
    /// The vendor has granted a token.
    Token,
    /// The granted scopes include those of the enabled processes.
    Scopes,
    /// A check has read the organisation's name.
    Organization,
    /// Every enabled process can run.
    Processes,
    /// The profile is published.
    Published,
    /// Every enabled read process has completed once.
    Synced,
}

/// A finding that means that a step is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockingFinding {
    /// The code of the finding.
    pub code: &'static str,
    /// The minimum severity.
    pub from: Severity,
}

/// The purpose of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupField {
    /// The callback URL of the OAuth client.
    CallbackUrl,
    /// An OAuth scope.
    Scope,
    /// Any other value.
    Other,
}

/// A value to enter exactly as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupValue {
    /// The purpose.
    pub field: SetupField,
    /// The label in the vendor's form.
    pub label: String,
    /// The value.
    pub value: String,
}

impl SetupValue {
    /// Makes a value.
    pub fn new(field: SetupField, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { field, label: label.into(), value: value.into() }
    }
}

/// A step of the set-up.
///
/// ```
/// use seatgraph_core::{SetupPlace, DoneWhen, SetupStep};
///
/// let step = SetupStep::at_vendor("API_KEY", "Copy the API key", "Acme administrator", DoneWhen::Credential)
///     .with_instructions("Settings → API → Copy. The key is shown once.");
/// assert_eq!(step.place, SetupPlace::Vendor);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupStep {
    /// A stable key, for example `CONSUMER_KEY`; unique within the set-up.
    pub key: &'static str,
    /// The title.
    pub title: String,
    /// The instructions.
    pub instructions: String,
    /// The system in which it is done.
    pub place: SetupPlace,
    /// The role that can do it, in the terms of that system.
    pub done_by: String,
    /// The values to enter.
    pub values: Vec<SetupValue>,
    /// The earlier step to which this one is an alternative.
    pub instead_of: Option<&'static str>,
    /// What is observable once it is done.
    pub done_when: DoneWhen,
    /// The findings that mean that it is not done.
    pub blocking_findings: &'static [BlockingFinding],
    /// The documentation.
    pub docs_url: Option<&'static str>,
}

impl SetupStep {
    /// Makes a step at the vendor.
    pub fn at_vendor(
        key: &'static str,
        title: impl Into<String>,
        done_by: impl Into<String>,
        done_when: DoneWhen,
    ) -> Self {
        Self {
            key,
            title: title.into(),
            instructions: String::new(),
            place: SetupPlace::Vendor,
            done_by: done_by.into(),
            values: Vec::new(),
            instead_of: None,
            done_when,
            blocking_findings: &[],
            docs_url: None,
        }
    }

    /// Makes a step in the gateway.
    pub fn in_gateway(
        key: &'static str,
        title: impl Into<String>,
        done_by: impl Into<String>,
        done_when: DoneWhen,
    ) -> Self {
        Self { place: SetupPlace::Gateway, ..Self::at_vendor(key, title, done_by, done_when) }
    }

    /// Sets the instructions.
    #[must_use]
    pub fn with_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = instructions.into();
        self
    }

    /// Adds values to enter.
    #[must_use]
    pub fn with_values(mut self, values: impl IntoIterator<Item = SetupValue>) -> Self {
        self.values.extend(values);
        self
    }

    /// Sets the findings that mean that the step is not done.
    #[must_use]
    pub const fn with_blocking_findings(mut self, findings: &'static [BlockingFinding]) -> Self {
        self.blocking_findings = findings;
        self
    }

    /// Sets the documentation.
    #[must_use]
    pub fn with_docs(mut self, url: impl Into<Option<&'static str>>) -> Self {
        self.docs_url = url.into();
        self
    }

    /// Makes the step an alternative to an earlier one.
    #[must_use]
    pub const fn instead_of(mut self, key: &'static str) -> Self {
        self.instead_of = Some(key);
        self
    }
}

/// A permission set as a file to import at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSetDocument {
    /// The name at the vendor.
    pub name: &'static str,
    /// The purpose.
    pub description: String,
    /// The least needed permissions that it includes.
    pub requirement: Requirement,
    /// The processes for which it is sufficient.
    pub processes: Vec<Process>,
    /// The file name.
    pub file_name: String,
    /// The content of the file.
    pub xml: String,
    /// The package manifest that the import needs; `None` if it needs none.
    pub manifest_xml: Option<String>,
}

/// The set-up of a connection under one grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// The steps, in order.
    pub steps: Vec<SetupStep>,
    /// Permission sets to import, the smallest first; empty if the vendor does not import any.
    pub permission_sets: Vec<PermissionSetDocument>,
    /// Requirements that a permission set cannot express.
    pub remarks: Vec<String>,
}

/// The input of [`Provider::setup`](crate::Provider::setup).
#[derive(Debug, Clone, Copy)]
pub struct SetupContext<'a> {
    /// The grant type of the connection.
    pub grant: GrantType,
    /// The callback URL of the gateway.
    pub callback_url: &'a Url,
}

/// The findings that block the default set-up.
const PERMISSION_MISSING: &[BlockingFinding] = &[BlockingFinding { code: "PERMISSION_MISSING", from: Severity::Error }];

impl Setup {
    /// Makes the set-up that follows from the manifest: register an OAuth client, and grant permissions.
    #[must_use]
    pub fn default_for(manifest: &Manifest, context: &SetupContext<'_>) -> Self {
        let administrator = format!("{} administrator", manifest.name);
        let register = SetupStep::at_vendor(
            "REGISTER_APPLICATION",
            format!("Register the gateway with {}", manifest.name),
            &administrator,
            DoneWhen::Application,
        )
        .with_instructions(format!(
            "Register an OAuth client with the values listed here, as described in the documentation of {}. Note its client \
             ID and client secret.",
            manifest.name
        ))
        .with_values(context.registered(manifest))
        .with_docs(manifest.docs_url);
        let needed = needed(manifest);
        let mut steps = vec![register];
        if !needed.is_empty() {
            let permit = SetupStep::at_vendor(
                "GIVE_PERMISSIONS",
                "Grant the permissions",
                administrator,
                DoneWhen::Organization,
            )
            .with_instructions(format!("The connected account needs: {}.", needed.join(", ")))
            .with_blocking_findings(PERMISSION_MISSING)
            .with_docs(manifest.docs_url);
            steps.push(permit);
        }
        Self { steps, ..Self::default() }
    }
}

impl SetupContext<'_> {
    /// Lists the values to register under this grant: the callback URL for the authorization code grant, and the scopes.
    #[must_use]
    pub fn registered(&self, manifest: &Manifest) -> Vec<SetupValue> {
        let has_callback = self.grant == GrantType::AuthorizationCode;
        let callback =
            has_callback.then(|| SetupValue::new(SetupField::CallbackUrl, "Callback URL", self.callback_url.as_str()));
        let scopes = manifest.scopes(self.grant);
        let scopes = scopes.into_iter().map(|scope| SetupValue::new(SetupField::Scope, "Scope", scope));
        callback.into_iter().chain(scopes).collect()
    }
}

/// Lists the permissions that a process needs or should have.
fn needed(manifest: &Manifest) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let rows = manifest.processes.iter().flat_map(|spec| spec.permissions);
    for row in rows.filter(|row| row.requirement != Requirement::IfRestricted) {
        if !names.contains(&row.name) {
            names.push(row.name);
        }
    }
    names
}

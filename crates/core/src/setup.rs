//! How a connection is set up at the vendor, as data that any page can be drawn from.
//!
//! A connector writes what is done *at the vendor*, in the vendor's own words: it alone knows what the buttons are
//! called. What is done *here* (credentials, validation, publication) is the same for every vendor and is added by the
//! engine, which also says of each step whether it is done. Nobody can watch an administrator at the vendor, so a step
//! names what can be seen once it is done ([`SetupProof`]), and which findings speak against it ([`Doubt`]).

use url::Url;

use crate::{GrantType, Manifest, Necessity, Process, Severity};

/// In whose system a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupPlace {
    /// At the vendor, by somebody who may be nobody here.
    Vendor,
    /// In this gateway.
    Here,
}

/// What can be seen once a step is done. Several steps may share one: they are proven together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupProof {
    /// The connection has an address.
    Address,
    /// The connection names an application that is registered at the vendor.
    Application,
    /// A credential is entered, and the vendor did not refuse it.
    Credential,
    /// The vendor granted a token.
    Token,
    /// The scopes that were granted are those that the enabled processes need.
    Scopes,
    /// A look at the organisation told its name.
    Organization,
    /// Every enabled process can do its work.
    Processes,
    /// The profile is published.
    Published,
    /// Every enabled process that reads came to its end once.
    Synced,
}

/// A finding that speaks against a step, whatever its proof says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// The finding's code.
    pub code: &'static str,
    /// From which severity on it counts.
    pub from: Severity,
}

/// What a value is for, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupField {
    /// Where the vendor sends people back to after their consent.
    CallbackUrl,
    /// One scope, in the vendor's word for it.
    Scope,
    /// Anything else that is entered as it stands.
    Other,
}

/// Something to enter exactly as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupValue {
    /// What it is for.
    pub field: SetupField,
    /// What the vendor's form calls it.
    pub label: String,
    /// What to enter.
    pub value: String,
}

impl SetupValue {
    /// States a value.
    pub fn new(field: SetupField, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { field, label: label.into(), value: value.into() }
    }
}

/// One thing to do.
///
/// ```
/// use seatgraph_core::{SetupPlace, SetupProof, SetupStep};
///
/// let step = SetupStep::at_vendor("API_KEY", "Copy the API key", "Acme administrator", SetupProof::Credential)
///     .with_instructions("Settings → API → Copy. The key is shown once.");
/// assert_eq!(step.place, SetupPlace::Vendor);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupStep {
    /// A stable word, `CONSUMER_KEY` for example; unlike any other of its set-up.
    pub key: &'static str,
    /// What is to be done, in a few words.
    pub title: String,
    /// How, in whole sentences.
    pub instructions: String,
    /// Where.
    pub place: SetupPlace,
    /// The role that may do it, in the words of the system it is done in.
    pub done_by: String,
    /// What to enter.
    pub values: Vec<SetupValue>,
    /// The earlier step in whose place this one may be done.
    pub instead_of: Option<&'static str>,
    /// What shows that it is done.
    pub proof: SetupProof,
    /// What speaks against it.
    pub doubts: &'static [Doubt],
    /// The page that explains it.
    pub docs_url: Option<&'static str>,
}

impl SetupStep {
    /// States a step that is done at the vendor.
    pub fn at_vendor(
        key: &'static str,
        title: impl Into<String>,
        done_by: impl Into<String>,
        proof: SetupProof,
    ) -> Self {
        Self {
            key,
            title: title.into(),
            instructions: String::new(),
            place: SetupPlace::Vendor,
            done_by: done_by.into(),
            values: Vec::new(),
            instead_of: None,
            proof,
            doubts: &[],
            docs_url: None,
        }
    }

    /// States a step that is done in this gateway.
    pub fn here(key: &'static str, title: impl Into<String>, done_by: impl Into<String>, proof: SetupProof) -> Self {
        Self { place: SetupPlace::Here, ..Self::at_vendor(key, title, done_by, proof) }
    }

    /// Says how it is done.
    #[must_use]
    pub fn with_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = instructions.into();
        self
    }

    /// Adds what is to be entered.
    #[must_use]
    pub fn with_values(mut self, values: impl IntoIterator<Item = SetupValue>) -> Self {
        self.values.extend(values);
        self
    }

    /// Names the findings that speak against it.
    #[must_use]
    pub const fn with_doubts(mut self, doubts: &'static [Doubt]) -> Self {
        self.doubts = doubts;
        self
    }

    /// Adds the page that explains it.
    #[must_use]
    pub fn with_docs(mut self, url: impl Into<Option<&'static str>>) -> Self {
        self.docs_url = url.into();
        self
    }

    /// Makes it the other way of doing an earlier step.
    #[must_use]
    pub const fn instead_of(mut self, key: &'static str) -> Self {
        self.instead_of = Some(key);
        self
    }
}

/// A bundle of permissions as a file that the vendor imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSetDocument {
    /// The name that it has at the vendor once it is imported.
    pub name: &'static str,
    /// What it is good for, in a sentence or two.
    pub description: String,
    /// Up to which necessity it goes.
    pub necessity: Necessity,
    /// The processes for which it is enough.
    pub processes: Vec<Process>,
    /// The name of its file.
    pub file_name: String,
    /// The file.
    pub xml: String,
    /// The list of contents that the vendor's import wants beside it; `None` where it wants none.
    pub manifest_xml: Option<String>,
}

/// What a connector says about setting a connection up under one grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// What is to be done, in order.
    pub steps: Vec<SetupStep>,
    /// Permissions ready to import, the least first; empty where the vendor imports none.
    pub permission_sets: Vec<PermissionSetDocument>,
    /// What no such file can express, a sentence or two each.
    pub remarks: Vec<String>,
}

/// For what a connection is being set up.
#[derive(Debug, Clone, Copy)]
pub struct SetupContext<'a> {
    /// How it will get its tokens.
    pub grant: GrantType,
    /// Where the vendor is to send people back to after their consent.
    pub callback_url: &'a Url,
}

/// What the default set-up listens to.
const PERMISSION_MISSING: &[Doubt] = &[Doubt { code: "PERMISSION_MISSING", from: Severity::Error }];

impl Setup {
    /// Says what follows from the manifest alone, for a connector that knows its vendor's pages no better: register an
    /// application with these values, and give it these permissions.
    #[must_use]
    pub fn unguided(manifest: &Manifest, context: &SetupContext<'_>) -> Self {
        let administrator = format!("{} administrator", manifest.name);
        let register = SetupStep::at_vendor(
            "REGISTER_APPLICATION",
            format!("Register this gateway at {}", manifest.name),
            &administrator,
            SetupProof::Application,
        )
        .with_instructions(format!(
            "Register an application with the values listed here, as the documentation of {} says, and note the id and \
             the secret that it is given.",
            manifest.name
        ))
        .with_values(context.registered(manifest))
        .with_docs(manifest.docs_url);
        let needed = needed(manifest);
        let mut steps = vec![register];
        if !needed.is_empty() {
            let permit = SetupStep::at_vendor(
                "GIVE_PERMISSIONS",
                "Give the connection its permissions",
                administrator,
                SetupProof::Organization,
            )
            .with_instructions(format!("The account that the connection acts as needs: {}.", needed.join(", ")))
            .with_doubts(PERMISSION_MISSING)
            .with_docs(manifest.docs_url);
            steps.push(permit);
        }
        Self { steps, ..Self::default() }
    }
}

impl SetupContext<'_> {
    /// Lists what every vendor asks of an application under this grant: the callback address where people consent, and
    /// the manifest's scopes by the vendor's own words.
    #[must_use]
    pub fn registered(&self, manifest: &Manifest) -> Vec<SetupValue> {
        let consents = self.grant == GrantType::AuthorizationCode;
        let callback =
            consents.then(|| SetupValue::new(SetupField::CallbackUrl, "Callback URL", self.callback_url.as_str()));
        let scopes = manifest.scopes(self.grant);
        let scopes = scopes.into_iter().map(|scope| SetupValue::new(SetupField::Scope, "Scope", scope));
        callback.into_iter().chain(scopes).collect()
    }
}

/// Names every permission that some process works better with.
fn needed(manifest: &Manifest) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let rows = manifest.processes.iter().flat_map(|spec| spec.permissions);
    for row in rows.filter(|row| row.necessity != Necessity::IfRestricted) {
        if !names.contains(&row.name) {
            names.push(row.name);
        }
    }
    names
}

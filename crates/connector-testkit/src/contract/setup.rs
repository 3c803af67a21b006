//! The setup steps.

use std::collections::BTreeSet;

use seatgraph_core::{GrantType, Manifest, PermissionSetDocument, Setup, SetupContext, SetupField, SetupStep};
use url::Url;

use crate::result::ensure;
use crate::{ContractResult, Fixture, NotMet, Violation};

/// For every grant of the manifest, each setup step has texts and a unique key, the scopes to register are exactly those of
/// the manifest, and the authorization code grant lists the callback URL.
///
/// The words are all that an administrator has, in a system that nobody here can see. A scope too few is found out by
/// the first sync; a scope too many by nobody.
pub async fn sets_up_every_grant(fixture: &dyn Fixture) -> ContractResult {
    let manifest = fixture.manifest();
    if manifest.grants.is_empty() {
        return Err(NotMet::Skipped("the manifest offers no grant"));
    }
    let callback_url = Url::parse("https://gateway.example/oauth/callback").expect("the address is constant");
    for &grant in manifest.grants {
        let context = SetupContext { grant, callback_url: &callback_url };
        let setup = fixture.registration().setup(&context);
        let under = |what: String| Violation::new(format!("{}: {what}", grant.as_str()));
        ensure(!setup.steps.is_empty(), || under("no step leads to a connection".to_owned()))?;
        steps_can_be_followed(&setup.steps).map_err(under)?;
        what_is_registered_fits(manifest, &context, &setup).map_err(under)?;
        documents_can_be_imported(manifest, &setup.permission_sets).map_err(under)?;
    }
    Ok(())
}

fn steps_can_be_followed(steps: &[SetupStep]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for SetupStep { key, title, instructions, done_by, instead_of, docs_url, .. } in steps {
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if key.is_empty() || !key.chars().all(plain) {
            return Err(format!("step {key:?} is not in UPPER_SNAKE"));
        }
        if [title, instructions, done_by].iter().any(|words| words.trim().is_empty()) {
            return Err(format!("step {key} lacks a title, instructions, or who does it"));
        }
        if instead_of.is_some_and(|earlier| !known.contains(earlier)) {
            return Err(format!("step {key} is done in place of {instead_of:?}, which is no earlier step"));
        }
        if docs_url.is_some_and(|page| Url::parse(page).is_err()) {
            return Err(format!("step {key} refers to {docs_url:?}, which is no address"));
        }
        if !known.insert(*key) {
            return Err(format!("two steps are called {key}"));
        }
    }
    Ok(())
}

fn what_is_registered_fits(manifest: &Manifest, context: &SetupContext<'_>, setup: &Setup) -> Result<(), String> {
    let values = || setup.steps.iter().flat_map(|step| &step.values);
    let named: BTreeSet<&str> =
        values().filter(|value| value.field == SetupField::Scope).map(|value| value.value.as_str()).collect();
    let needed: BTreeSet<&str> = manifest.scopes(context.grant).into_iter().collect();
    if named != needed {
        return Err(format!("scopes {named:?} are to be registered, and {needed:?} are asked for"));
    }
    let consents = context.grant == GrantType::AuthorizationCode;
    let callback = values().any(|v| v.field == SetupField::CallbackUrl && v.value == context.callback_url.as_str());
    if consents && !callback { Err("the callback address is not named".to_owned()) } else { Ok(()) }
}

fn documents_can_be_imported(manifest: &Manifest, documents: &[PermissionSetDocument]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for PermissionSetDocument { name, description, processes, xml, .. } in documents {
        if name.is_empty() || description.trim().is_empty() || xml.trim().is_empty() {
            return Err(format!("permission set {name:?} is empty, or has no description"));
        }
        if processes.is_empty() || processes.iter().any(|&process| manifest.process(process).is_none()) {
            return Err(format!("permission set {name} is for {processes:?}, which the manifest does not list"));
        }
        if !names.insert(*name) {
            return Err(format!("two permission sets are called {name}"));
        }
    }
    Ok(())
}

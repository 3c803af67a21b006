//! The setup steps.

use std::collections::BTreeSet;

use seatgraph_core::{GrantType, Manifest, PermissionSetDocument, Setup, SetupContext, SetupField, SetupStep};
use url::Url;

use crate::result::ensure;
use crate::{ContractResult, Fixture, NotMet, Violation};

/// For every grant of the manifest, each setup step has texts and a unique key, the scopes to register are exactly those of
/// the manifest, and the authorization code grant lists the callback URL.
///
/// The gateway cannot see the vendor's forms, so administrators depend on the steps. A missing scope fails the first sync;
/// an unneeded scope is never noticed.
pub async fn sets_up_every_grant(fixture: &dyn Fixture) -> ContractResult {
    let manifest = fixture.manifest();
    if manifest.grants.is_empty() {
        return Err(NotMet::Skipped("the manifest has no grants"));
    }
    let callback_url = Url::parse("https://gateway.example/oauth/callback").expect("the URL is constant");
    for &grant in manifest.grants {
        let context = SetupContext { grant, callback_url: &callback_url };
        let setup = fixture.registration().setup(&context);
        let under = |what: String| Violation::new(format!("{}: {what}", grant.as_str()));
        ensure(!setup.steps.is_empty(), || under("there are no steps".to_owned()))?;
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
            return Err(format!("step {key} has no title, instructions or role"));
        }
        if instead_of.is_some_and(|earlier| !known.contains(earlier)) {
            return Err(format!("step {key} replaces {instead_of:?}, which is not an earlier step"));
        }
        if docs_url.is_some_and(|page| Url::parse(page).is_err()) {
            return Err(format!("step {key} has docs_url {docs_url:?}, which is not a URL"));
        }
        if !known.insert(*key) {
            return Err(format!("two steps have the key {key}"));
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
        return Err(format!("the steps list the scopes {named:?}, but {needed:?} are requested"));
    }
    let consents = context.grant == GrantType::AuthorizationCode;
    let callback = values().any(|v| v.field == SetupField::CallbackUrl && v.value == context.callback_url.as_str());
    if consents && !callback { Err("the callback address is not named".to_owned()) } else { Ok(()) }
}

fn documents_can_be_imported(manifest: &Manifest, documents: &[PermissionSetDocument]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for PermissionSetDocument { name, description, processes, xml, .. } in documents {
        if name.is_empty() || description.trim().is_empty() || xml.trim().is_empty() {
            return Err(format!("permission set {name:?} has no content or no description"));
        }
        if processes.is_empty() || processes.iter().any(|&process| manifest.process(process).is_none()) {
            return Err(format!(
                "permission set {name} has the processes {processes:?}, which are not in the manifest"
            ));
        }
        if !names.insert(*name) {
            return Err(format!("two permission sets have the name {name}"));
        }
    }
    Ok(())
}

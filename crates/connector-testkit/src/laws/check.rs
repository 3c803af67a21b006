//! Looking, and saying what is the matter.
use seatgraph_core::{Diagnosis, Finding, Severity};

use crate::verdict::ensure;
use crate::walk::read_processes;
use crate::{ContractResult, Fixture, NotMet, Violation, Weather};

/// In calm weather nothing that is carried out is broken; what is listed without being carried out has a finding
/// that says so; and every finding can be acted on.
///
/// A process that waits for a later version still has permissions that an administrator may grant today.
pub async fn diagnoses_every_process(fixture: &dyn Fixture) -> ContractResult {
    let diagnosis = fixture.calm().await.connect().check().await;
    for spec in fixture.manifest().processes {
        if spec.available {
            ensure(!diagnosis.is_broken(spec.process), || {
                Violation::of(spec.process, format!("broken in calm weather: {:?}", diagnosis.findings))
            })?;
        } else {
            ensure(diagnosis.findings.iter().any(|f| f.process == Some(spec.process)), || {
                Violation::of(spec.process, "not carried out, and no finding says so")
            })?;
        }
    }
    can_be_acted_on(fixture, &diagnosis)?;
    Ok(())
}

/// A finding has a stable code, says what is the matter and what to do, and concerns a process of the manifest.
fn can_be_acted_on(fixture: &dyn Fixture, diagnosis: &Diagnosis) -> Result<(), Violation> {
    let is_code =
        |code: &str| !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    for finding in &diagnosis.findings {
        let Finding { code, message, remedy, process, .. } = finding;
        ensure(is_code(code), || Violation::new(format!("finding code {code:?} is not in UPPER_SNAKE")))?;
        ensure(!message.is_empty() && !remedy.is_empty(), || {
            Violation::new(format!("{code} lacks message or remedy"))
        })?;
        let listed = process.is_none_or(|process| fixture.manifest().process(process).is_some());
        ensure(listed, || Violation::new(format!("{code} concerns {process:?}, which the manifest does not list")))?;
    }
    Ok(())
}

/// Looking changes nothing: two looks see the same, and the world is as it was.
///
/// People look whenever they are unsure, and a schedule looks every hour.
pub async fn looks_without_touching(fixture: &dyn Fixture) -> ContractResult {
    let world = fixture.calm().await;
    let before = (world.census().await, world.fingerprint().await);
    let connector = world.connect();
    // The allowance is left out: looking costs calls.
    let look = async || Diagnosis { allowance: None, ..connector.check().await };
    let (first, second) = (look().await, look().await);
    ensure(first == second, || Violation::new(format!("two looks saw {first:?} and {second:?}")))?;
    let after = (world.census().await, world.fingerprint().await);
    ensure(before == after, || Violation::new("looking changed the world"))?;
    Ok(())
}

/// A broken link is a finding of severity `Error`; looking neither fails nor finds nothing.
///
/// An error has room for one thing that is wrong; a person who sets a connection up wants to see all of them.
pub async fn finds_instead_of_failing(fixture: &dyn Fixture) -> ContractResult {
    let storms = [Weather::CredentialRefused, Weather::Forbidden, Weather::Unavailable { calls: 1_000 }];
    let mut tried = false;
    for weather in storms {
        let world = fixture.calm().await;
        if !world.set_weather(weather).await {
            continue;
        }
        tried = true;
        let diagnosis = world.connect().check().await;
        ensure(diagnosis.findings.iter().any(|f| f.severity == Severity::Error), || {
            Violation::new(format!("under {weather:?} all looks well: {diagnosis:?}"))
        })?;
        can_be_acted_on(fixture, &diagnosis)?;
    }
    for weather in [Weather::DroppedBody, Weather::Nonsense] {
        let world = fixture.calm().await;
        if world.set_weather(weather).await {
            can_be_acted_on(fixture, &world.connect().check().await)?;
        }
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("the fixture cannot provoke a broken connection")) }
}

/// Nothing that can be printed shows a secret: the connector, pages, diagnoses, and errors in bad weather.
///
/// `Debug` ends up in logs sooner or later, and errors in front of people. The canaries are the fixture's.
pub async fn keeps_secrets(fixture: &dyn Fixture) -> ContractResult {
    let weathers =
        [Weather::Calm, Weather::CredentialRefused, Weather::Forbidden, Weather::Nonsense, Weather::DroppedBody];
    let mut tried = false;
    for weather in weathers {
        let world = fixture.calm().await;
        if world.canaries().is_empty() || (weather != Weather::Calm && !world.set_weather(weather).await) {
            continue;
        }
        tried = true;
        let connector = world.connect();
        let mut printed = format!("{connector:?} {connector:#?}");
        for process in read_processes(fixture).unwrap_or_default() {
            printed += &match connector.pull(process, None).await {
                Ok(page) => format!("{page:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
        }
        printed += &format!("{:?} {connector:?}", connector.check().await);
        let shown = world.canaries().into_iter().any(|canary| printed.contains(&canary));
        ensure(!shown, || Violation::new(format!("a secret was printed under {weather:?}")))?;
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("the fixture names no secrets")) }
}

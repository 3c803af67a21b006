//! The way of every command: understood, permitted on what it is about, written down, carried out.

use async_graphql::Context;
use seatgraph_engine::access::Subject;
use seatgraph_engine::{Denied, Engine, Leaves};

use super::error::{self, Result, UserError, settle};
use super::rights;
use super::scope::Scoped as _;

/// Carries out a command that was understood, and answers with what became of it.
///
/// What lies outside the caller's sight is refused as not existing, in the very words of a command about nothing. The
/// command runs in a task of its own: once it has begun it comes to its end and into the audit log, whether or not the
/// caller waits for it.
pub(super) async fn carry_out<C, T, P, F>(
    ctx: &Context<'_>,
    command: Result<C, Vec<UserError>>,
    about: impl FnOnce(&C) -> Subject,
    act: impl FnOnce(Engine, C) -> F,
) -> Result<P>
where
    T: Leaves + Send + 'static,
    F: Future<Output = Result<T, Denied>> + Send + 'static,
    P: From<Result<T, Vec<UserError>>>,
{
    let command = match command {
        Ok(command) => command,
        Err(refused) => return Ok(Err(refused).into()),
    };
    let (scope, action) = (ctx.scope()?, ctx.field().name().to_owned());
    let subject = about(&command);
    let permission = rights::of_mutation(&action).ok_or_else(|| error::forbidden(format!("`{action}` is closed")))?;
    match scope.engine.reach(subject).await {
        Err(denied) => return settle(Err(denied)).map(P::from),
        Ok(reach) if !scope.principal.may_reach(permission, &reach) => {
            return Err(error::forbidden(rights::missing(&action, permission)));
        }
        Ok(_) => {}
    }
    let (engine, actor) = (scope.whole.clone(), scope.actor());
    let deed = act(engine.clone(), command);
    let done = tokio::spawn(async move { engine.audited(&actor, &action, subject, deed).await });
    match done.await {
        Ok(done) => settle(done).map(P::from),
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        Err(stopped) => Err(error::internal(&stopped)),
    }
}

//! The way of every command: understood, permitted on what it is about, written down, carried out.

use async_graphql::Context;
use seatgraph_engine::access::Subject;
use seatgraph_engine::{Commands, Denied, Leaves, NotPermitted};

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
    act: impl FnOnce(Commands, C) -> F,
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
    let permitted = match scope.engine.permit(permission, subject).await {
        Ok(permitted) => permitted,
        Err(NotPermitted::Denied(denied)) => return settle(Err(denied)).map(P::from),
        Err(NotPermitted::Missing(permission)) => {
            return Err(error::forbidden(rights::missing(&action, permission)));
        }
    };
    let (deed, actor) = (act(permitted.commands(), command), scope.actor());
    let done = tokio::spawn(async move { permitted.audited(&actor, &action, deed).await });
    match done.await {
        Ok(done) => settle(done).map(P::from),
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        Err(stopped) => Err(error::internal(&stopped)),
    }
}

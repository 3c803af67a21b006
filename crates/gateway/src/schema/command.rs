//! How every mutation runs: its input is read, its permission is checked for the object that it changes, and its audit
//! records are written before and after it.

use std::time::Duration;

use async_graphql::Context;
use futures::future::BoxFuture;
use seatgraph_engine::access::CommandTarget;
use seatgraph_engine::{Audited, Commands, Denied, EngineSettings, NotPermitted};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result, UserError};
use super::need::{Need, missing};

/// A mutation, as the edge and the audit log see it.
#[derive(Debug)]
pub(super) struct MutationRow {
    /// Name of the resolver, in snake case.
    pub(super) resolver: &'static str,
    /// Permission that the caller needs.
    pub(super) need: Need,
    /// Time limit.
    pub(super) time_limit: TimeLimit,
}

impl MutationRow {
    /// Name in the schema, which async-graphql derives from the name of the resolver.
    pub(super) fn field(&self) -> String {
        let mut words = self.resolver.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (initial, rest) = word.split_at(1);
            name + &initial.to_ascii_uppercase() + rest
        })
    }
}

/// Time limit of a mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeLimit {
    /// The limit of every operation.
    Default,
    /// The limit of a check at the vendor.
    VendorCheck,
}

impl TimeLimit {
    /// Time for everything other than the check.
    const MARGIN: Duration = Duration::from_secs(5);

    /// The limit, if it can exceed the limit of every operation.
    pub(super) fn beyond_default(self, settings: &EngineSettings) -> Option<Duration> {
        match self {
            Self::Default => None,
            Self::VendorCheck => Some(settings.check_timeout + Self::MARGIN),
        }
    }
}

/// The input of a mutation, which becomes a command of the engine.
pub(super) trait Input {
    type Command;

    /// Reads the command.
    ///
    /// # Errors
    /// The problems of the input.
    fn read(self, request: &RequestContext) -> Result<Self::Command, Vec<UserError>>;
}

/// The payload of a mutation.
pub(super) trait Payload {
    /// The payload of a refused mutation: only the reasons.
    fn refused(user_errors: Vec<UserError>) -> Self;
}

/// The payload of a successful mutation, with its subject and note for the audit log.
pub(super) struct Outcome<P> {
    payload: P,
    target: Option<CommandTarget>,
    note: Option<String>,
}

impl<P> Audited for Outcome<P> {
    fn target(&self) -> Option<CommandTarget> {
        self.target
    }

    fn note(&self) -> Option<String> {
        self.note.clone()
    }
}

/// Converts the result of an engine command to a payload.
pub(super) fn outcome<T: Audited, P: From<T>>(done: Result<T, Denied>) -> Result<Outcome<P>, Denied> {
    done.map(|result| Outcome { target: result.target(), note: result.note(), payload: result.into() })
}

/// A command that was read from its input, with the needed permission and the object that it changes.
pub(super) struct Command<P> {
    pub(super) need: Need,
    pub(super) subject: CommandTarget,
    pub(super) work: Box<dyn FnOnce(Commands) -> Work<P> + Send>,
}

/// A running command.
pub(super) type Work<P> = BoxFuture<'static, Result<Outcome<P>, Denied>>;

/// Runs a command. Returns its payload, which contains the reasons if the command was refused.
///
/// A subject that the caller cannot see is refused like one that does not exist. The command runs in its own task: once
/// started, it completes and is recorded even if the caller disconnects.
pub(super) async fn run_command<P: Payload + Send + 'static>(ctx: &Context<'_>, command: Command<P>) -> Result<P> {
    let Command { need, subject, work } = command;
    let (request, action) = (ctx.request()?, ctx.field().name().to_owned());
    let permission = need.permission().ok_or_else(|| error::forbidden(format!("`{action}` is closed")))?;
    let permitted = match request.engine.permit(permission, subject).await {
        Ok(permitted) => permitted,
        Err(NotPermitted::Denied(denied)) => return refusal(denied),
        Err(NotPermitted::Missing(permission)) => return Err(error::forbidden(missing(&action, permission))),
    };
    let (work, actor) = (work(permitted.commands()), request.actor());
    let done = tokio::spawn(async move { permitted.audited(&actor, &action, work).await });
    match done.await {
        Ok(Ok(outcome)) => Ok(outcome.payload),
        Ok(Err(denied)) => refusal(denied),
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        Err(stopped) => Err(error::internal(&stopped)),
    }
}

/// Separates a refusal, which is a payload, from a failure, which is an error.
fn refusal<P: Payload>(denied: Denied) -> Result<P> {
    match denied {
        Denied::Refused(refusals) => Ok(P::refused(refusals.into_iter().map(UserError::from).collect())),
        Denied::Failed(error) => Err(error::engine(&error)),
    }
}

/// Makes the mutation root from one entry per mutation: its documentation, name, input and payload, then
///
/// - `need`: the permission that the caller needs;
/// - `subject`: the object that the command changes, for the permission check and the audit log;
/// - `time_limit`: the time limit, if it is not that of every operation;
/// - `run`: the future of the engine's command, from the engine, the caller and the command.
macro_rules! mutations {
    (
        $(#[doc = $description:literal])+
        pub struct $root:ident;
        $(
            $(#[doc = $doc:literal])+
            $name:ident($input:ident: $input_description:tt) -> $payload:ident {
                need: $need:expr,
                subject: $subject:expr,
                $(time_limit: $time_limit:ident,)?
                run: |$engine:pat_param, $caller:pat_param, $command:pat_param| $run:expr,
            }
        )+
    ) => {
        /// Every mutation, in the order of the schema.
        pub(super) static MUTATIONS: &[MutationRow] = &[$(
            MutationRow {
                resolver: stringify!($name),
                need: $need,
                time_limit: time_limit!($($time_limit)?),
            },
        )+];

        $(#[doc = $description])+
        #[derive(Debug, Default)]
        pub struct $root;

        $(#[doc = $description])+
        #[async_graphql::Object]
        impl $root {
            $(
                $(#[doc = $doc])+
                async fn $name(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = $input_description)] input: $input,
                ) -> Result<$payload> {
                    let request = ctx.request()?;
                    let command = match input.read(request) {
                        Ok(command) => command,
                        Err(user_errors) => return Ok($payload::refused(user_errors)),
                    };
                    let of: fn(&<$input as Input>::Command) -> CommandTarget = $subject;
                    let (subject, caller) = (of(&command), Arc::clone(&request.principal));
                    let work = move |engine: Commands| -> Work<$payload> {
                        Box::pin(async move {
                            let ($engine, $caller, $command) = (&engine, &*caller, command);
                            outcome($run.await)
                        })
                    };
                    run_command(ctx, Command { need: $need, subject, work: Box::new(work) }).await
                }
            )+
        }
    };
}

/// The time limit with this name, or the default.
macro_rules! time_limit {
    () => {
        TimeLimit::Default
    };
    ($limit:ident) => {
        TimeLimit::$limit
    };
}

pub(super) use {mutations, time_limit};

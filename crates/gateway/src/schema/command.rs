//! How every mutation runs: its input read, its permission checked on the objects that it concerns, its audit records
//! written around it.

use std::time::Duration;

use async_graphql::Context;
use futures::future::BoxFuture;
use seatgraph_engine::access::CommandTarget;
use seatgraph_engine::{Audited, Commands, Denied, EngineSettings, NotPermitted};

use super::error::{self, Result, UserError};
use super::need::{Need, missing};
use super::scope::{RequestScope, Scoped as _};

/// A mutation, as the edge and the audit log know it.
#[derive(Debug)]
pub(super) struct MutationRow {
    /// The name of its resolver, in snake case.
    pub(super) resolver: &'static str,
    /// What it needs its caller to hold.
    pub(super) need: Need,
    /// How long it may take.
    pub(super) time_limit: TimeLimit,
}

impl MutationRow {
    /// Its name in the schema, which async-graphql derives from its resolver's.
    pub(super) fn field(&self) -> String {
        let mut words = self.resolver.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (initial, rest) = word.split_at(1);
            name + &initial.to_ascii_uppercase() + rest
        })
    }
}

/// How long a mutation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeLimit {
    /// As long as every operation.
    Default,
    /// As long as a check of the vendor's organisation.
    VendorCheck,
}

impl TimeLimit {
    /// What a mutation needs beside the check.
    const MARGIN: Duration = Duration::from_secs(5);

    /// The time that a mutation needs where the limit of every operation may be too short.
    pub(super) fn beyond_default(self, settings: &EngineSettings) -> Option<Duration> {
        match self {
            Self::Default => None,
            Self::VendorCheck => Some(settings.check_timeout + Self::MARGIN),
        }
    }
}

/// The input of a mutation, and how it becomes a command of the engine.
pub(super) trait Input {
    type Command;

    /// Reads the command.
    ///
    /// # Errors
    /// What is wrong with the input, for the caller.
    fn read(self, scope: &RequestScope) -> Result<Self::Command, Vec<UserError>>;
}

/// The payload of a mutation.
pub(super) trait Payload {
    /// The payload of a mutation that was refused: nothing but the reasons.
    fn refused(user_errors: Vec<UserError>) -> Self;
}

/// The payload of a mutation that did what it was asked, and what the audit log records of it.
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

/// Turns the result of an engine's command into a payload.
pub(super) fn outcome<T: Audited, P: From<T>>(done: Result<T, Denied>) -> Result<Outcome<P>, Denied> {
    done.map(|result| Outcome { target: result.target(), note: result.note(), payload: result.into() })
}

/// A command that was read from its input, with what it needs and the object that it changes.
pub(super) struct Command<P> {
    pub(super) need: Need,
    pub(super) subject: CommandTarget,
    pub(super) work: Box<dyn FnOnce(Commands) -> Work<P> + Send>,
}

/// A command that runs.
pub(super) type Work<P> = BoxFuture<'static, Result<Outcome<P>, Denied>>;

/// Runs a command, and returns its payload or why it was refused.
///
/// A subject that the caller cannot see is refused like one that does not exist. The command runs in a task of its own:
/// once started it runs to its end and is recorded, whether or not the caller waits for it.
pub(super) async fn run_command<P: Payload + Send + 'static>(ctx: &Context<'_>, command: Command<P>) -> Result<P> {
    let Command { need, subject, work } = command;
    let (scope, action) = (ctx.scope()?, ctx.field().name().to_owned());
    let permission = need.permission().ok_or_else(|| error::forbidden(format!("`{action}` is closed")))?;
    let permitted = match scope.engine.permit(permission, subject).await {
        Ok(permitted) => permitted,
        Err(NotPermitted::Denied(denied)) => return refusal(denied),
        Err(NotPermitted::Missing(permission)) => return Err(error::forbidden(missing(&action, permission))),
    };
    let (work, actor) = (work(permitted.commands()), scope.actor());
    let done = tokio::spawn(async move { permitted.audited(&actor, &action, work).await });
    match done.await {
        Ok(Ok(outcome)) => Ok(outcome.payload),
        Ok(Err(denied)) => refusal(denied),
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        Err(stopped) => Err(error::internal(&stopped)),
    }
}

/// Separates a refusal, which is a payload, from a failure.
fn refusal<P: Payload>(denied: Denied) -> Result<P> {
    match denied {
        Denied::Refused(refusals) => Ok(P::refused(refusals.into_iter().map(UserError::from).collect())),
        Denied::Failed(error) => Err(error::engine(&error)),
    }
}

/// Makes the root of the mutations from one row each: its documentation, name, input and payload, then
///
/// - `need`: what its caller must hold;
/// - `subject`: the object that it changes, from the command, for rights and audit;
/// - `time_limit`: how long it may take;
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
                time_limit: $time_limit:ident,
                run: |$engine:pat_param, $caller:pat_param, $command:pat_param| $run:expr,
            }
        )+
    ) => {
        /// Every mutation, in the order of the schema.
        pub(super) static MUTATIONS: &[MutationRow] = &[$(
            MutationRow { resolver: stringify!($name), need: $need, time_limit: TimeLimit::$time_limit },
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
                    let scope = ctx.scope()?;
                    let command = match input.read(scope) {
                        Ok(command) => command,
                        Err(user_errors) => return Ok($payload::refused(user_errors)),
                    };
                    let of: fn(&<$input as Input>::Command) -> CommandTarget = $subject;
                    let (subject, caller) = (of(&command), Arc::clone(&scope.principal));
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

pub(super) use mutations;

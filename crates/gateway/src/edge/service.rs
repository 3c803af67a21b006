//! The steps of one operation, the same for every transport: select, prepare, execute.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::ast::OperationType;
use apollo_compiler::validation::Valid;
use async_graphql::{Executor, Request, Response, Variables};
use futures::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::budget::{Budgets, Permit};
use super::caller::{AuthenticationUnavailable, Caller, RequestCredentials};
use super::cost_report::CostReport;
use super::document::{Documents, SelectedOperation};
use super::order::Order;
use super::params::Params;
use super::refusal::{Code, Refusal, Refused, RejectReason, label};
use super::request_log::{GaugeGuard, RequestLog};
use super::{Backend, Identity, Prepared, Settings, strip_unset_variables};

/// The state that all transports share.
pub(crate) struct Service<E, B: Backend> {
    pub(crate) settings: Settings,
    backend: B,
    /// Cancelled when the process shuts down: streams and sockets close.
    pub(crate) closing: CancellationToken,
    executor: E,
    documents: Documents,
    pub(crate) budgets: Budgets,
}

/// An authenticated caller with its credentials.
pub(crate) struct Authenticated<I> {
    credentials: RequestCredentials,
    pub(crate) caller: Caller<I>,
}

/// An operation that may run.
pub(crate) struct ReadyOperation<I> {
    request: Request,
    selected: SelectedOperation,
    authenticated: Authenticated<I>,
    /// The report of the cost, if the client requested it.
    report: Option<CostReport>,
    permit: Permit,
}

impl<I> ReadyOperation<I> {
    pub(crate) fn kind(&self) -> OperationType {
        self.selected.kind()
    }
}

/// An answer of an operation, or why there is none.
pub(crate) type Answer = Result<Response, Refused>;

impl<E: Executor, B: Backend> Service<E, B> {
    pub(crate) fn new(executor: E, schema: Valid<Schema>, settings: Settings, backend: B) -> Self {
        let documents = Documents::new(Arc::new(schema), settings.limits.clone(), settings.allow_list.clone());
        let budgets = Budgets::new(&settings.limits);
        Self { settings, backend, closing: CancellationToken::new(), executor, documents, budgets }
    }

    /// Authenticates the caller. Nothing else of an unauthenticated request is read.
    pub(crate) async fn authenticate(
        &self,
        credentials: RequestCredentials,
        log: &mut RequestLog,
    ) -> Result<Authenticated<B::Identity>, Refused> {
        match self.backend.authenticate(&credentials).await {
            Ok(Some(principal)) => {
                log.asked_by(principal.key());
                let from = credentials.from.as_str().into();
                Ok(Authenticated { credentials, caller: Caller { principal: Arc::new(principal), from } })
            }
            Ok(None) => Err(unauthenticated(&credentials)),
            Err(AuthenticationUnavailable) => {
                let message = "the database cannot be reached; try again later";
                Err(Refused::new(RejectReason::Unavailable, Code::ServiceUnavailable, message))
            }
        }
    }

    /// Reads the request and checks that its caller may run the operation and has the budget for it.
    pub(crate) async fn select(
        &self,
        params: Params,
        authenticated: &Authenticated<B::Identity>,
        log: &mut RequestLog,
    ) -> Result<SelectedOperation, Refused> {
        let (caller, principal) = (authenticated.caller.key(), &authenticated.caller.principal);
        // Charged beforehand, so that a caller without a budget cannot have documents validated either.
        let left = self.budgets.charge(&caller, 1)?;
        let may_introspect = self.settings.introspection || principal.may_introspect();
        let mut selected = self.documents.select(params).await.map_err(|refused| match may_introspect {
            true => refused,
            false => refused.without_suggestions(),
        })?;
        selected.left = match selected.cost.saturating_sub(1) {
            0 => left,
            rest => self.budgets.charge(&caller, rest)?,
        };
        log.selected(&selected);
        if selected.introspects() && !may_introspect {
            return Err(Refusal::new(Code::Forbidden, "introspection is not allowed").into());
        }
        self.permits(principal, selected.kind(), &selected.fields)?;
        Ok(selected)
    }

    fn permits(&self, principal: &B::Identity, kind: OperationType, fields: &[String]) -> Result<(), Vec<Refusal>> {
        let refusal = |field: &String| {
            let permitted = self.backend.permits(principal, kind, field);
            permitted.err().map(|missing| Refusal::new(Code::Forbidden, missing))
        };
        let refusals: Vec<_> = fields.iter().filter_map(refusal).collect();
        if refusals.is_empty() { Ok(()) } else { Err(refusals) }
    }

    /// Makes the executor's request.
    pub(crate) fn prepare(
        &self,
        selected: SelectedOperation,
        authenticated: Authenticated<B::Identity>,
        log: &mut RequestLog,
    ) -> Result<ReadyOperation<B::Identity>, Refused> {
        let names = selected.operation.variables.iter().map(|variable| variable.name.as_str());
        let missing: HashSet<_> = names.filter(|name| !selected.variables.contains_key(*name)).collect();
        let variables = Variables::from_json(Value::Object(selected.variables.clone()));
        let mut parsed = selected.document.parsed.clone();
        strip_unset_variables::strip(&mut parsed, &missing, &variables);
        let mut request = Request::new("").variables(variables);
        request.operation_name = selected.operation.name.as_ref().map(ToString::to_string);
        request.set_parsed_query(parsed);
        let Prepared { request, statements } = self.backend.prepare(request, &authenticated.caller, &log.trace_id);
        log.counts(statements);
        let report = CostReport { price: selected.cost, limit: self.settings.limits.cost, left: selected.left };
        let report = selected.wants_cost.then_some(report);
        let permit = self.budgets.operation(&authenticated.caller.key())?;
        Ok(ReadyOperation { request, selected, authenticated, report, permit })
    }

    /// Executes a query or a mutation.
    pub(crate) async fn execute(&self, ready: ReadyOperation<B::Identity>, log: &mut RequestLog) -> Answer {
        let ReadyOperation { request, selected, report, permit, .. } = ready;
        let kind = selected.kind();
        let longest = selected.fields.iter().filter_map(|field| self.backend.field_timeout(kind, field)).max();
        let time = self.settings.limits.operation_time.max(longest.unwrap_or_default());
        let work = AssertUnwindSafe(self.executor.execute(request)).catch_unwind();
        let answer = match tokio::time::timeout(time, work).await {
            Err(_) => {
                let message = "the operation took too long";
                Err(Refused::new(RejectReason::TimedOut, Code::Timeout, message))
            }
            Ok(Err(_)) => Err(broken(&log.trace_id)),
            Ok(Ok(response)) => Ok(response),
        };
        drop(permit);
        self.finish(answer, &selected, report, log)
    }

    /// Executes any operation as a stream of answers. A query has one.
    pub(crate) fn stream(
        self: Arc<Self>,
        ready: ReadyOperation<B::Identity>,
        mut log: RequestLog,
    ) -> BoxStream<'static, (Answer, Arc<str>)> {
        let open = GaugeGuard::stream();
        let trace_id: Arc<str> = log.trace_id.as_str().into();
        if ready.kind() != OperationType::Subscription {
            return stream::once(async move {
                let answer = self.execute(ready, &mut log).await;
                log.answered(200);
                drop(open);
                (answer, trace_id)
            })
            .boxed();
        }
        let ReadyOperation { request, selected, authenticated, mut report, permit } = ready;
        let answers = AssertUnwindSafe(self.executor.execute_stream(request, None)).catch_unwind();
        async_stream::stream! {
            let _open = (open, permit);
            let mut answers = std::pin::pin!(answers);
            let mut checks = tokio::time::interval(self.settings.limits.rights_checked_every);
            checks.reset();
            loop {
                let next = tokio::select! {
                    answer = answers.next() => answer.map(|answer| answer.map_err(|_| broken(&log.trace_id))),
                    _ = checks.tick() => match self.still_permits(&authenticated, &selected).await {
                        Ok(()) => continue,
                        Err(withdrawn) => Some(Err(withdrawn)),
                    },
                };
                let Some(answer) = next else { break };
                let ends = answer.is_err();
                // A subscription is charged once; its first answer carries the report.
                yield (self.finish(answer, &selected, report.take(), &mut log), trace_id.clone());
                if ends {
                    break;
                }
            }
            log.answered(200);
        }
        .boxed()
    }

    /// Checks that the caller of a stream still has the credentials, rights and visibility that it began with.
    async fn still_permits(
        &self,
        authenticated: &Authenticated<B::Identity>,
        selected: &SelectedOperation,
    ) -> Result<(), Refused> {
        let principal = match self.backend.authenticate(&authenticated.credentials).await {
            Ok(Some(principal)) => principal,
            Ok(None) => return Err(unauthenticated(&authenticated.credentials)),
            // Nothing was withdrawn; the stream itself notices that the database is unavailable.
            Err(AuthenticationUnavailable) => return Ok(()),
        };
        self.permits(&principal, selected.kind(), &selected.fields)?;
        if !principal.sees_the_same_as(&authenticated.caller.principal) {
            let message = "the visible profiles of the caller have changed; subscribe again";
            return Err(Refusal::new(Code::Forbidden, message).into());
        }
        Ok(())
    }

    /// Puts an answer in order, gives its errors codes, and adds the report.
    fn finish(
        &self,
        answer: Answer,
        selected: &SelectedOperation,
        report: Option<CostReport>,
        log: &mut RequestLog,
    ) -> Answer {
        let mut response = answer.inspect_err(|refused| log.failed(refused))?;
        let SelectedOperation { document, operation, variables, .. } = selected;
        let order = Order { schema: self.documents.schema(), document: &document.valid, variables };
        order.apply(operation, &mut response.data);
        if let Some(report) = report {
            report.attach(&mut response);
        }
        log.coded(label(&mut response, &log.trace_id));
        Ok(response)
    }
}

fn unauthenticated(credentials: &RequestCredentials) -> Refused {
    let message = if credentials.bearer.is_some() {
        "unauthenticated: the API token is unknown, revoked or expired"
    } else if credentials.cookie.is_some() {
        "unauthenticated: there is no valid session; log in, or send an API token as `Authorization: Bearer sg_…`"
    } else {
        "unauthenticated: send an API token as `Authorization: Bearer sg_…`, or log in"
    };
    Refused::new(RejectReason::Unauthenticated, Code::Unauthenticated, message)
}

fn broken(trace_id: &str) -> Refused {
    // The panic hook has already logged the reason.
    tracing::error!(trace_id, "graphql operation panicked");
    Refused::new(RejectReason::Broken, Code::InternalServerError, "internal error")
}

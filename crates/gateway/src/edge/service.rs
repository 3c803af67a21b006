//! The way of one operation, the same for every transport: choose, prepare, carry out.

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

use super::bill::Bill;
use super::budget::{Budgets, Held};
use super::document::{Chosen, Documents};
use super::order::Order;
use super::params::Params;
use super::record::{Open, Record};
use super::refusal::{Code, Refusal, Refused, Stage, label};
use super::visitor::{CannotTell, Introduction, Visitor};
use super::{Backend, Identity, Prepared, Settings, absent};

/// Said to whoever is not known.
const UNKNOWN: &str = "it is not known who asks: send an API token as `Authorization: Bearer sg_…`, or log in";

/// What all transports share.
pub(crate) struct Service<E, B: Backend> {
    pub(crate) settings: Settings,
    backend: B,
    /// Cancelled when the process wants to end: streams and sockets close.
    pub(crate) closing: CancellationToken,
    executor: E,
    documents: Documents,
    pub(crate) budgets: Budgets,
}

/// Somebody who was recognized, and by what.
pub(crate) struct Guest<I> {
    introduction: Introduction,
    pub(crate) visitor: Visitor<I>,
}

/// An operation that may run.
pub(crate) struct Admitted<I> {
    request: Request,
    chosen: Chosen,
    guest: Guest<I>,
    /// What the client wants to be told.
    bill: Option<Bill>,
    held: Held,
}

impl<I> Admitted<I> {
    pub(crate) fn kind(&self) -> OperationType {
        self.chosen.kind()
    }
}

/// What happened next to an operation.
pub(crate) type Answer = Result<Response, Refused>;

impl<E: Executor, B: Backend> Service<E, B> {
    pub(crate) fn new(executor: E, schema: Valid<Schema>, settings: Settings, backend: B) -> Self {
        let documents = Documents::new(Arc::new(schema), settings.limits.clone(), settings.allow_list.clone());
        let budgets = Budgets::new(&settings.limits);
        Self { settings, backend, closing: CancellationToken::new(), executor, documents, budgets }
    }

    /// Recognizes whoever asks; nothing of a request by anybody else is read.
    pub(crate) async fn recognize(
        &self,
        introduction: Introduction,
        record: &mut Record,
    ) -> Result<Guest<B::Identity>, Refused> {
        match self.backend.authenticate(&introduction).await {
            Ok(Some(principal)) => {
                record.asked_by(principal.key());
                let from = introduction.from.as_str().into();
                Ok(Guest { introduction, visitor: Visitor { principal: Arc::new(principal), from } })
            }
            Ok(None) => Err(Refused::new(Stage::Unauthenticated, Code::Unauthenticated, UNKNOWN)),
            Err(CannotTell) => {
                let message = "the database cannot be reached; try again later";
                Err(Refused::new(Stage::Unavailable, Code::ServiceUnavailable, message))
            }
        }
    }

    /// Reads the request and makes sure that its caller may run the operation and can pay for it.
    pub(crate) async fn choose(
        &self,
        params: Params,
        guest: &Guest<B::Identity>,
        record: &mut Record,
    ) -> Result<Chosen, Refused> {
        let (visitor, principal) = (guest.visitor.key(), &guest.visitor.principal);
        // Paid beforehand, so that a visitor without a budget cannot have documents judged either.
        let left = self.budgets.charge(&visitor, 1)?;
        let may_introspect = self.settings.introspection || principal.may_introspect();
        let mut chosen = self.documents.choose(params).await.map_err(|refused| match may_introspect {
            true => refused,
            false => refused.without_suggestions(),
        })?;
        chosen.left = match chosen.cost.saturating_sub(1) {
            0 => left,
            rest => self.budgets.charge(&visitor, rest)?,
        };
        record.chose(&chosen);
        if chosen.introspects() && !may_introspect {
            return Err(Refusal::new(Code::Forbidden, "introspection is not allowed").into());
        }
        self.permits(principal, chosen.kind(), &chosen.fields)?;
        Ok(chosen)
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
    pub(crate) fn admit(
        &self,
        chosen: Chosen,
        guest: Guest<B::Identity>,
        record: &mut Record,
    ) -> Result<Admitted<B::Identity>, Refused> {
        let names = chosen.operation.variables.iter().map(|variable| variable.name.as_str());
        let missing: HashSet<_> = names.filter(|name| !chosen.variables.contains_key(*name)).collect();
        let variables = Variables::from_json(Value::Object(chosen.variables.clone()));
        let mut parsed = chosen.document.parsed.clone();
        absent::remove(&mut parsed, &missing, &variables);
        let mut request = Request::new("").variables(variables);
        request.operation_name = chosen.operation.name.as_ref().map(ToString::to_string);
        request.set_parsed_query(parsed);
        let Prepared { request, statements } = self.backend.prepare(request, &guest.visitor, &record.trace_id);
        record.counts(statements);
        let bill = Bill { price: chosen.cost, limit: self.settings.limits.cost, left: chosen.left };
        let bill = chosen.wants_cost.then_some(bill);
        let held = self.budgets.operation(&guest.visitor.key())?;
        Ok(Admitted { request, chosen, guest, bill, held })
    }

    /// Carries out a query or a mutation.
    pub(crate) async fn execute(&self, admitted: Admitted<B::Identity>, record: &mut Record) -> Answer {
        let Admitted { request, chosen, bill, held, .. } = admitted;
        let kind = chosen.kind();
        let longest = chosen.fields.iter().filter_map(|field| self.backend.field_timeout(kind, field)).max();
        let time = self.settings.limits.operation_time.max(longest.unwrap_or_default());
        let work = AssertUnwindSafe(self.executor.execute(request)).catch_unwind();
        let answer = match tokio::time::timeout(time, work).await {
            Err(_) => {
                let message = "the operation took too long";
                Err(Refused::new(Stage::TimedOut, Code::Timeout, message))
            }
            Ok(Err(_)) => Err(broken(&record.trace_id)),
            Ok(Ok(response)) => Ok(response),
        };
        drop(held);
        self.finish(answer, &chosen, bill, record)
    }

    /// Carries out any operation as a stream of answers; a query gives one.
    pub(crate) fn stream(
        self: Arc<Self>,
        admitted: Admitted<B::Identity>,
        mut record: Record,
    ) -> BoxStream<'static, (Answer, Arc<str>)> {
        let open = Open::stream();
        let trace_id: Arc<str> = record.trace_id.as_str().into();
        if admitted.kind() != OperationType::Subscription {
            return stream::once(async move {
                let answer = self.execute(admitted, &mut record).await;
                record.answered(200);
                drop(open);
                (answer, trace_id)
            })
            .boxed();
        }
        let Admitted { request, chosen, guest, mut bill, held } = admitted;
        let answers = AssertUnwindSafe(self.executor.execute_stream(request, None)).catch_unwind();
        async_stream::stream! {
            let _open = (open, held);
            let mut answers = std::pin::pin!(answers);
            let mut looks = tokio::time::interval(self.settings.limits.rights_checked_every);
            looks.reset();
            loop {
                let next = tokio::select! {
                    answer = answers.next() => answer.map(|answer| answer.map_err(|_| broken(&record.trace_id))),
                    _ = looks.tick() => match self.still_permits(&guest, &chosen).await {
                        Ok(()) => continue,
                        Err(withdrawn) => Some(Err(withdrawn)),
                    },
                };
                let Some(answer) = next else { break };
                let ends = answer.is_err();
                // A subscription is paid for once, with its first answer.
                yield (self.finish(answer, &chosen, bill.take(), &mut record), trace_id.clone());
                if ends {
                    break;
                }
            }
            record.answered(200);
        }
        .boxed()
    }

    /// Makes sure that a guest is who it was, and may still do and see what it could when its stream began.
    async fn still_permits(&self, guest: &Guest<B::Identity>, chosen: &Chosen) -> Result<(), Refused> {
        let principal = match self.backend.authenticate(&guest.introduction).await {
            Ok(Some(principal)) => principal,
            Ok(None) => return Err(Refused::new(Stage::Unauthenticated, Code::Unauthenticated, UNKNOWN)),
            // Nothing was withdrawn; the stream itself will find out that the database is away.
            Err(CannotTell) => return Ok(()),
        };
        self.permits(&principal, chosen.kind(), &chosen.fields)?;
        if !principal.sees_the_same_as(&guest.visitor.principal) {
            let message = "what may be seen has changed; subscribe again";
            return Err(Refusal::new(Code::Forbidden, message).into());
        }
        Ok(())
    }

    /// Puts an answer in order, gives its errors codes, and adds the bill.
    fn finish(&self, answer: Answer, chosen: &Chosen, bill: Option<Bill>, record: &mut Record) -> Answer {
        let mut response = answer.inspect_err(|refused| record.failed(refused))?;
        let Chosen { document, operation, variables, .. } = chosen;
        let order = Order { schema: self.documents.schema(), document: &document.valid, variables };
        order.apply(operation, &mut response.data);
        if let Some(bill) = bill {
            bill.attach(&mut response);
        }
        record.coded(label(&mut response, &record.trace_id));
        Ok(response)
    }
}

fn broken(trace_id: &str) -> Refused {
    // The panic hook has already written where and why.
    tracing::error!(trace_id, "graphql operation panicked");
    Refused::new(Stage::Broken, Code::InternalServerError, "internal error")
}

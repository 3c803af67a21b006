//! The way of one operation, the same for every transport: choose, prepare, carry out.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use async_graphql::{Executor, Request, Response, Variables};
use futures::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::bill::Bill;
use super::budget::{Budgets, Held};
use super::document::{Chosen, Documents};
use super::params::Params;
use super::record::{Open, Record};
use super::refusal::{Code, Refusal, Refused, Stage, label};
use super::visitor::{CannotTell, Introduction, Visitor};
use super::{Backend, Identity, Prepared, Settings, absent, coerce};

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
    kind: OperationType,
    guest: Guest<I>,
    /// The fields of the root that it names, by which its rights are looked at again as long as it streams.
    fields: Arc<[String]>,
    /// What the client wants to be told.
    bill: Option<Bill>,
    held: Held,
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

    /// Judges the document, picks the operation and makes sure that whoever asks may run it and can pay for it.
    pub(crate) async fn choose(
        &self,
        params: &Params,
        guest: &Guest<B::Identity>,
        record: &mut Record,
    ) -> Result<Chosen, Refused> {
        let visitor = guest.visitor.key();
        // Paid beforehand, so that a visitor without a budget cannot have documents judged either.
        let left = self.budgets.charge(&visitor, 1)?;
        let mut chosen = self.documents.choose(params).await?;
        chosen.left = match chosen.cost.saturating_sub(1) {
            0 => left,
            rest => self.budgets.charge(&visitor, rest)?,
        };
        record.chose(&chosen);
        let principal = &guest.visitor.principal;
        if chosen.introspects && !self.settings.introspection && !principal.may_introspect() {
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

    /// Coerces the variables and makes the executor's request.
    pub(crate) fn admit(
        &self,
        chosen: &Chosen,
        params: Params,
        guest: Guest<B::Identity>,
        record: &mut Record,
    ) -> Result<Admitted<B::Identity>, Refused> {
        let operation = &chosen.operation;
        let variables = self.variables(&chosen.document.valid, chosen, params.variables)?;
        let missing = |name: &&str| !variables.contains_key(*name);
        let undefaulted = operation.variables.iter().map(|variable| variable.name.as_str());
        let missing: HashSet<_> = undefaulted.filter(missing).collect();
        let variables = Variables::from_json(Value::Object(variables.clone()));
        let mut parsed = chosen.document.parsed.clone();
        absent::remove(&mut parsed, &missing, &variables);
        let mut request = Request::new(params.query.unwrap_or_default()).variables(variables);
        request.operation_name = operation.name.as_ref().map(ToString::to_string);
        request.set_parsed_query(parsed);
        let Prepared { request, statements } = self.backend.prepare(request, &guest.visitor, &record.trace_id);
        record.counts(statements);
        let bill = Bill { price: chosen.cost, limit: self.settings.limits.cost, left: chosen.left };
        let bill = params.wants_cost.then_some(bill);
        let held = self.budgets.operation(&guest.visitor.key())?;
        Ok(Admitted { request, kind: chosen.kind(), guest, fields: Arc::clone(&chosen.fields), bill, held })
    }

    fn variables(
        &self,
        document: &ExecutableDocument,
        chosen: &Chosen,
        given: Map<String, Value>,
    ) -> Result<Map<String, Value>, Refused> {
        let nesting = self.settings.limits.variables_nesting;
        let schema = self.documents.schema();
        let operation = &chosen.operation;
        Ok(coerce::coerce(schema, &document.sources, operation, given, nesting)?)
    }

    /// Carries out a query or a mutation.
    pub(crate) async fn execute(&self, admitted: Admitted<B::Identity>, record: &mut Record) -> Answer {
        let longest = admitted.fields.iter().filter_map(|field| self.backend.field_timeout(admitted.kind, field)).max();
        let time = self.settings.limits.operation_time.max(longest.unwrap_or_default());
        let work = AssertUnwindSafe(self.executor.execute(admitted.request)).catch_unwind();
        let answer = match tokio::time::timeout(time, work).await {
            Err(_) => {
                let message = "the operation took too long";
                Err(Refused::new(Stage::TimedOut, Code::Timeout, message))
            }
            Ok(Err(_)) => Err(broken(&record.trace_id)),
            Ok(Ok(response)) => Ok(response),
        };
        finish(answer, admitted.bill, record)
    }

    /// Carries out any operation as a stream of answers; a query gives one.
    pub(crate) fn stream(
        self: Arc<Self>,
        admitted: Admitted<B::Identity>,
        mut record: Record,
    ) -> BoxStream<'static, (Answer, Arc<str>)> {
        let open = Open::stream();
        let trace_id: Arc<str> = record.trace_id.as_str().into();
        if admitted.kind != OperationType::Subscription {
            return stream::once(async move {
                let answer = self.execute(admitted, &mut record).await;
                record.answered(200);
                drop(open);
                (answer, trace_id)
            })
            .boxed();
        }
        let Admitted { request, kind, guest, fields, mut bill, held } = admitted;
        let answers = AssertUnwindSafe(self.executor.execute_stream(request, None)).catch_unwind();
        async_stream::stream! {
            let _open = (open, held);
            let mut answers = std::pin::pin!(answers);
            let mut looks = tokio::time::interval(self.settings.limits.rights_checked_every);
            looks.reset();
            loop {
                let next = tokio::select! {
                    answer = answers.next() => answer.map(|answer| answer.map_err(|_| broken(&record.trace_id))),
                    _ = looks.tick() => match self.still_permits(&guest, kind, &fields).await {
                        Ok(()) => continue,
                        Err(withdrawn) => Some(Err(withdrawn)),
                    },
                };
                let Some(answer) = next else { break };
                let ends = answer.is_err();
                // A subscription is paid for once, with its first answer.
                yield (finish(answer, bill.take(), &mut record), trace_id.clone());
                if ends {
                    break;
                }
            }
            record.answered(200);
        }
        .boxed()
    }

    /// Makes sure that a guest is who it was, and may still do and see what it could when its stream began.
    async fn still_permits(
        &self,
        guest: &Guest<B::Identity>,
        kind: OperationType,
        fields: &[String],
    ) -> Result<(), Refused> {
        let principal = match self.backend.authenticate(&guest.introduction).await {
            Ok(Some(principal)) => principal,
            Ok(None) => return Err(Refused::new(Stage::Unauthenticated, Code::Unauthenticated, UNKNOWN)),
            // Nothing was withdrawn; the stream itself will find out that the database is away.
            Err(CannotTell) => return Ok(()),
        };
        self.permits(&principal, kind, fields)?;
        if !principal.sees_the_same_as(&guest.visitor.principal) {
            let message = "what may be seen has changed; subscribe again";
            return Err(Refusal::new(Code::Forbidden, message).into());
        }
        Ok(())
    }
}

fn finish(answer: Answer, bill: Option<Bill>, record: &mut Record) -> Answer {
    match answer {
        Ok(mut response) => {
            if let Some(bill) = bill {
                bill.attach(&mut response);
            }
            record.coded(label(&mut response, &record.trace_id));
            Ok(response)
        }
        Err(refused) => {
            record.failed(&refused);
            Err(refused)
        }
    }
}

fn broken(trace_id: &str) -> Refused {
    // The panic hook has already written where and why.
    tracing::error!(trace_id, "graphql operation panicked");
    Refused::new(Stage::Broken, Code::InternalServerError, "internal error")
}

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

use super::document::{Chosen, Documents};
use super::params::Params;
use super::record::{Open, Record};
use super::refusal::{Code, Refusal, Refused, Stage, label};
use super::{Prepare, Prepared, Settings, absent, coerce};

/// What all transports share.
pub(crate) struct Service<E> {
    pub(crate) settings: Settings,
    pub(crate) prepare: Arc<dyn Prepare>,
    /// Cancelled when the process wants to end: streams and sockets close.
    pub(crate) closing: CancellationToken,
    executor: E,
    documents: Documents,
}

/// An operation that may run.
pub(crate) struct Admitted {
    request: Request,
    kind: OperationType,
}

/// What happened next to an operation.
pub(crate) type Answer = Result<Response, Refused>;

impl<E: Executor> Service<E> {
    pub(crate) fn new(executor: E, schema: Valid<Schema>, settings: Settings, prepare: Arc<dyn Prepare>) -> Self {
        let documents = Documents::new(Arc::new(schema), settings.limits.clone());
        Self { settings, prepare, closing: CancellationToken::new(), executor, documents }
    }

    /// Judges the document and picks the operation.
    pub(crate) async fn choose(&self, params: &Params, record: &mut Record) -> Result<Chosen, Refused> {
        let name = params.operation_name.as_deref();
        let chosen = self.documents.choose(&params.query, name, &params.variables).await?;
        record.chose(&chosen);
        if chosen.introspects && !self.settings.introspection {
            return Err(Refusal::new(Code::Forbidden, "introspection is not allowed").into());
        }
        Ok(chosen)
    }

    /// Coerces the variables and makes the executor's request.
    pub(crate) fn admit(&self, chosen: &Chosen, params: Params, record: &mut Record) -> Result<Admitted, Refused> {
        let operation = &chosen.operation;
        let variables = self.variables(&chosen.document.valid, chosen, params.variables)?;
        let missing = |name: &&str| !variables.contains_key(*name);
        let undefaulted = operation.variables.iter().map(|variable| variable.name.as_str());
        let missing: HashSet<_> = undefaulted.filter(missing).collect();
        let variables = Variables::from_json(Value::Object(variables.clone()));
        let mut parsed = chosen.document.parsed.clone();
        absent::remove(&mut parsed, &missing, &variables);
        let mut request = Request::new(params.query).variables(variables);
        request.operation_name = operation.name.as_ref().map(ToString::to_string);
        request.set_parsed_query(parsed);
        let Prepared { request, statements } = self.prepare.prepare(request);
        record.counts(statements);
        Ok(Admitted { request, kind: chosen.kind() })
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
    pub(crate) async fn execute(&self, admitted: Admitted, record: &mut Record) -> Answer {
        let work = AssertUnwindSafe(self.executor.execute(admitted.request)).catch_unwind();
        let answer = match tokio::time::timeout(self.settings.limits.operation_time, work).await {
            Err(_) => {
                let message = "the operation took too long";
                Err(Refused::new(Stage::TimedOut, Code::Timeout, message))
            }
            Ok(Err(_)) => Err(broken(&record.trace_id)),
            Ok(Ok(response)) => Ok(response),
        };
        finish(answer, record)
    }

    /// Carries out any operation as a stream of answers; a query gives one.
    pub(crate) fn stream(
        self: Arc<Self>,
        admitted: Admitted,
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
        let answers = AssertUnwindSafe(self.executor.execute_stream(admitted.request, None));
        let answers = answers.catch_unwind();
        async_stream::stream! {
            let _open = open;
            for await answer in answers {
                let answer = answer.map_err(|_| broken(&record.trace_id));
                yield (finish(answer, &mut record), trace_id.clone());
            }
            record.answered(200);
        }
        .boxed()
    }
}

fn finish(answer: Answer, record: &mut Record) -> Answer {
    match answer {
        Ok(mut response) => {
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

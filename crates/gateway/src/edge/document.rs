//! Documents: validated once, cached by their hash, refused as cheaply as possible.

use std::collections::BTreeSet;
use std::sync::Arc;

use apollo_compiler::ast::{self, OperationType};
use apollo_compiler::diagnostic::Diagnostic;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node, Schema};
use async_graphql::parser::types::ExecutableDocument as ParsedDocument;
use moka::future::Cache;
use serde_json::{Map, Value};

use super::allow_list::AllowList;
use super::coerce::coerce;
use super::compiler_texts::{is_limit, is_without_selections};
use super::cost::price;
use super::hints::hints;
use super::limits::Limits;
use super::params::Params;
use super::persisted::{self, Hash};
use super::refusal::{Code, MAX_ERRORS, Refusal, Refused};
use super::{convert, input_checks, structure};

type Validated = Result<Arc<Document>, Arc<Vec<Refusal>>>;

/// Memory of a validated document, as a multiple of its text.
const WEIGHT: usize = 40;

/// A document that is valid against the schema, in both libraries' forms.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) valid: Valid<ExecutableDocument>,
    pub(crate) parsed: ParsedDocument,
}

/// An operation of a document with its variables and its cost.
#[derive(Debug)]
pub(crate) struct SelectedOperation {
    pub(crate) document: Arc<Document>,
    pub(crate) operation: Node<Operation>,
    /// The coerced variables, defaults included; a nullable one that was not given is absent.
    pub(crate) variables: Map<String, Value>,
    /// The fields of the root that the operation names, each once, wherever in its fragments.
    pub(crate) fields: Arc<[String]>,
    pub(crate) cost: u64,
    /// Whether the answer states its cost.
    pub(crate) wants_cost: bool,
    /// The rest of the caller's budget after this operation.
    pub(crate) left: u32,
}

impl SelectedOperation {
    pub(crate) fn kind(&self) -> OperationType {
        self.operation.operation_type
    }

    /// Whether the operation reads the schema itself.
    pub(crate) fn introspects(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.as_str(), "__schema" | "__type"))
    }
}

/// A cache of validated and refused documents, bounded by weight.
#[derive(Debug)]
pub(crate) struct Documents {
    schema: Arc<Valid<Schema>>,
    limits: Limits,
    allow_list: Option<AllowList>,
    validated: Cache<Hash, Validated>,
}

impl Documents {
    pub(crate) fn new(schema: Arc<Valid<Schema>>, limits: Limits, allow_list: Option<AllowList>) -> Self {
        let validated =
            Cache::builder().max_capacity(limits.cache_bytes).weigher(|_, result: &Validated| weight(result)).build();
        Self { schema, limits, allow_list, validated }
    }

    pub(crate) fn schema(&self) -> &Arc<Valid<Schema>> {
        &self.schema
    }

    /// Reads a request: validates its document, selects the operation, coerces its variables and computes its cost.
    pub(crate) async fn select(&self, mut params: Params) -> Result<SelectedOperation, Refused> {
        let document = self.document(&params).await?;
        let operation = pick(&document.valid, params.operation_name.as_deref())?;
        params.resume(&operation);
        let (schema, valid) = (&self.schema, &document.valid);
        let nesting = self.limits.variables_nesting;
        let variables = coerce(schema, &valid.sources, &operation, params.variables, nesting)?;
        let cost = price(schema, valid, &operation, &variables, &self.limits)?;
        let names: BTreeSet<_> = operation.root_fields(valid).map(|field| field.name.as_str()).collect();
        let fields = names.into_iter().map(str::to_owned).collect();
        Ok(SelectedOperation { document, operation, variables, fields, cost, wants_cost: params.wants_cost, left: 0 })
    }

    /// The document, from the cache or validated now.
    async fn document(&self, params: &Params) -> Result<Arc<Document>, Refused> {
        let key = self.key(params)?;
        if let Some(result) = self.validated.get(&key).await {
            return Ok(result.map_err(|refusals| (*refusals).clone())?);
        }
        let listed = || self.allow_list.as_ref()?.text(&key);
        let source = params.query.as_deref().or_else(listed).ok_or_else(persisted::not_found)?;
        let result = self.validate(source).map(Arc::new).map_err(Arc::new);
        self.validated.insert(key, result.clone()).await;
        Ok(result.map_err(Arc::unwrap_or_clone)?)
    }

    /// The hash of the document, which is the key of the cache; a hash from the client is verified.
    fn key(&self, params: &Params) -> Result<Hash, Refused> {
        let Some(source) = &params.query else { return params.hash.ok_or_else(persisted::not_found) };
        if source.len() > self.limits.document_bytes {
            let most = self.limits.document_bytes;
            let message = format!("the document is longer than {most} bytes");
            return Err(Refusal::new(Code::CostLimit, message).into());
        }
        let key = persisted::hash(source);
        if params.hash.is_some_and(|named| named != key) {
            return Err(persisted::foreign());
        }
        Ok(key)
    }

    fn validate(&self, source: &str) -> Result<Document, Vec<Refusal>> {
        let syntax = self.parse(source)?;
        structure::check(&syntax, &self.limits)?;
        self.allowed(&syntax)?;
        let valid = syntax
            .to_executable_validate(&self.schema)
            .map_err(|failed| invalid(&self.schema, &syntax, &failed.errors))?;
        input_checks::check(&self.schema, &valid)?;
        let parsed = convert::convert(&self.schema, &valid, source);
        Ok(Document { valid, parsed })
    }

    fn parse(&self, source: &str) -> Result<ast::Document, Vec<Refusal>> {
        Parser::new()
            .recursion_limit(self.limits.nesting)
            .token_limit(self.limits.tokens)
            .parse_ast(source, "document")
            .map_err(|failed| {
                // Where a limit cuts the document off, it also makes errors of syntax, which may come first.
                let limit = failed.errors.iter().find(|found| is_limit(&found.error.to_string()));
                match limit {
                    Some(limit) => vec![refusal(Code::CostLimit, &limit)],
                    None => {
                        let errors = failed.errors.iter().take(MAX_ERRORS);
                        errors.map(|error| refusal(Code::GraphqlParseFailed, &error)).collect()
                    }
                }
            })
    }

    fn allowed(&self, syntax: &ast::Document) -> Result<(), Vec<Refusal>> {
        match &self.allow_list {
            Some(list) if !list.admits(syntax) => {
                let message = "the document is not on the allow-list of this gateway";
                Err(vec![Refusal::new(Code::DocumentNotAllowed, message)])
            }
            _ => Ok(()),
        }
    }
}

fn pick(document: &ExecutableDocument, name: Option<&str>) -> Result<Node<Operation>, Vec<Refusal>> {
    document.operations.get(name).cloned().map_err(|_| {
        let message = match name {
            Some(name) => format!("the document has no operation named \"{name}\""),
            None => "the document has several operations: name one in `operationName`".to_owned(),
        };
        vec![Refusal::new(Code::OperationResolutionFailure, message)]
    })
}

/// One refusal for each validation error, with suggestions for unknown names.
fn invalid(schema: &Schema, syntax: &ast::Document, errors: &DiagnosticList) -> Vec<Refusal> {
    let hints = hints(schema, syntax);
    let refusals = errors.iter().map(|error| refusal(Code::GraphqlValidationFailed, &error));
    let faults = refusals.filter(|refusal| {
        let place = refusal.line_column().filter(|_| is_without_selections(&refusal.message));
        !place.is_some_and(|place| hints.selects(place))
    });
    let suggesting = faults.map(|refusal| {
        let suggestion = refusal.line_column().and_then(|place| hints.suggestion(place));
        refusal.suggesting(suggestion)
    });
    suggesting.take(MAX_ERRORS).collect()
}

fn refusal(code: Code, error: &Diagnostic<'_, DiagnosticData>) -> Refusal {
    let found = error.to_json();
    Refusal::new(code, found.message).at_line_column(found.locations.first().copied())
}

fn weight(result: &Validated) -> u32 {
    let bytes = match result {
        Ok(document) => {
            let sources = document.valid.sources.values();
            sources.map(|source| source.source_text().len()).sum::<usize>() * WEIGHT
        }
        Err(refusals) => refusals.iter().map(|refusal| refusal.message.len() + 100).sum(),
    };
    u32::try_from(bytes + 200).unwrap_or(u32::MAX)
}

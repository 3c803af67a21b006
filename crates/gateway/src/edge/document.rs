//! Documents: judged once, remembered by their hash, refused as cheaply as possible.

use std::collections::BTreeSet;
use std::sync::Arc;

use apollo_compiler::ast::{self, Definition, OperationType};
use apollo_compiler::diagnostic::Diagnostic;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node, Schema};
use async_graphql::parser::types::ExecutableDocument as ParsedDocument;
use moka::future::Cache;
use serde_json::Map;

use super::allow_list::AllowList;
use super::cost::{self, Price, Unaffordable};
use super::limits::Limits;
use super::literals;
use super::params::Params;
use super::persisted::{self, Hash};
use super::refusal::{Code, MAX_ERRORS, Refusal, Refused};
use super::tally;

type Variables = Map<String, serde_json::Value>;
type Verdict = Result<Arc<Document>, Arc<Vec<Refusal>>>;

/// A judged document weighs about this many times its text.
const WEIGHT: usize = 40;

/// A document that is valid against the schema, in both libraries' forms.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) valid: Valid<ExecutableDocument>,
    pub(crate) parsed: ParsedDocument,
    /// What the price is worked out from again when it hangs on variables.
    syntax: ast::Document,
}

/// An operation of a document, with its price.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) document: Arc<Document>,
    pub(crate) operation: Node<Operation>,
    /// The fields of the root that the operation names, each once, wherever in its fragments.
    pub(crate) fields: Arc<[String]>,
    pub(crate) cost: u64,
    pub(crate) introspects: bool,
    /// What is left of the visitor's budget once this is paid.
    pub(crate) left: u32,
}

impl Chosen {
    pub(crate) fn kind(&self) -> OperationType {
        self.operation.operation_type
    }
}

/// All documents judged so far, bounded by weight.
#[derive(Debug)]
pub(crate) struct Documents {
    schema: Arc<Valid<Schema>>,
    limits: Limits,
    allow_list: Option<AllowList>,
    verdicts: Cache<Hash, Verdict>,
}

impl Documents {
    pub(crate) fn new(schema: Arc<Valid<Schema>>, limits: Limits, allow_list: Option<AllowList>) -> Self {
        let verdicts =
            Cache::builder().max_capacity(limits.cache_bytes).weigher(|_, verdict: &Verdict| weight(verdict)).build();
        Self { schema, limits, allow_list, verdicts }
    }

    pub(crate) fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// Judges the document that is meant, picks the operation, and prices it for these variables.
    pub(crate) async fn choose(&self, params: &Params) -> Result<Chosen, Refused> {
        let name = params.operation_name.as_deref();
        let document = self.document(params).await?;
        let operation = pick(&document.valid, name)?;
        let price = self.price(&document.syntax, name, &params.variables)?;
        let names: BTreeSet<_> = operation.root_fields(&document.valid).map(|field| field.name.as_str()).collect();
        let fields = names.into_iter().map(str::to_owned).collect();
        Ok(Chosen { document, operation, fields, cost: price.cost, introspects: price.introspects, left: 0 })
    }

    /// The document, remembered or judged now.
    async fn document(&self, params: &Params) -> Result<Arc<Document>, Refused> {
        let key = self.key(params)?;
        if let Some(verdict) = self.verdicts.get(&key).await {
            return Ok(verdict.map_err(|refusals| (*refusals).clone())?);
        }
        let listed = || self.allow_list.as_ref()?.text(&key);
        let source = params.query.as_deref().or_else(listed).ok_or_else(persisted::not_found)?;
        let (verdict, lasting) = self.judge(source, &params.variables);
        if lasting {
            self.verdicts.insert(key, verdict.clone()).await;
        }
        Ok(verdict.map_err(Arc::unwrap_or_clone)?)
    }

    /// The hash under which the document is remembered; a client's word for it is not taken.
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

    /// The verdict, and whether it holds whatever the variables are.
    fn judge(&self, source: &str, variables: &Variables) -> (Verdict, bool) {
        let mut lasting = true;
        let verdict = self.parse(source).and_then(|syntax| {
            tally::count(&syntax, &self.limits).map_err(|refusal| vec![refusal])?;
            self.allowed(&syntax)?;
            for operation in operations(&syntax) {
                let price = cost::price(&self.schema, &syntax, operation, variables, &self.limits);
                if let Err(Unaffordable { refusal, by_variables }) = price {
                    lasting = !by_variables;
                    return Err(vec![refusal]);
                }
            }
            self.validate(source, syntax)
        });
        (verdict.map(Arc::new).map_err(Arc::new), lasting)
    }

    fn parse(&self, source: &str) -> Result<ast::Document, Vec<Refusal>> {
        Parser::new()
            .recursion_limit(self.limits.nesting)
            .token_limit(self.limits.tokens)
            .parse_ast(source, "document")
            .map_err(|failed| {
                // A limit is the one kind of error here that does not call itself one of syntax. Where it cuts the document
                // off, it also makes errors of syntax, which may come first.
                let limit = failed.errors.iter().find(|found| !found.error.to_string().starts_with("syntax error"));
                match limit {
                    Some(limit) => vec![refusal(Code::CostLimit, &limit)],
                    None => refusals(&failed.errors, Code::GraphqlParseFailed),
                }
            })
    }

    fn allowed(&self, syntax: &ast::Document) -> Result<(), Vec<Refusal>> {
        match &self.allow_list {
            Some(list) if !list.admits(syntax) => {
                let message = "this gateway runs only the documents on its allow-list, and this is none of them";
                Err(vec![Refusal::new(Code::DocumentNotAllowed, message)])
            }
            _ => Ok(()),
        }
    }

    fn validate(&self, source: &str, syntax: ast::Document) -> Result<Document, Vec<Refusal>> {
        let valid = syntax
            .to_executable_validate(&self.schema)
            .map_err(|failed| refusals(&failed.errors, Code::GraphqlValidationFailed))?;
        literals::check(&self.schema, &valid)?;
        let parsed = async_graphql::parser::parse_query(source).map_err(|error| {
            let refusal = Refusal::new(Code::GraphqlParseFailed, error.to_string());
            vec![refusal.at_pos(error.positions().next())]
        })?;
        Ok(Document { valid, parsed, syntax })
    }

    fn price(&self, syntax: &ast::Document, name: Option<&str>, variables: &Variables) -> Result<Price, Vec<Refusal>> {
        let chosen = operations(syntax)
            .find(|operation| name.is_none() || operation.name.as_deref() == name)
            .expect("the operation was picked from this document");
        cost::price(&self.schema, syntax, chosen, variables, &self.limits)
            .map_err(|unaffordable| vec![unaffordable.refusal])
    }
}

fn operations(syntax: &ast::Document) -> impl Iterator<Item = &ast::OperationDefinition> {
    syntax.definitions.iter().filter_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(&**operation),
        _ => None,
    })
}

fn pick(document: &ExecutableDocument, name: Option<&str>) -> Result<Node<Operation>, Vec<Refusal>> {
    document.operations.get(name).cloned().map_err(|_| {
        let message = match name {
            Some(name) => format!("the document has no operation named \"{name}\""),
            None => "the document has several operations: say which by `operationName`".to_owned(),
        };
        vec![Refusal::new(Code::OperationResolutionFailure, message)]
    })
}

fn refusals(errors: &DiagnosticList, code: Code) -> Vec<Refusal> {
    errors.iter().take(MAX_ERRORS).map(|error| refusal(code, &error)).collect()
}

fn refusal(code: Code, error: &Diagnostic<'_, DiagnosticData>) -> Refusal {
    let found = error.to_json();
    Refusal::new(code, found.message).at_line_column(found.locations.first().copied())
}

fn weight(verdict: &Verdict) -> u32 {
    let bytes = match verdict {
        Ok(document) => {
            let sources = document.valid.sources.values();
            sources.map(|source| source.source_text().len()).sum::<usize>() * WEIGHT
        }
        Err(refusals) => refusals.iter().map(|refusal| refusal.message.len() + 100).sum(),
    };
    u32::try_from(bytes + 200).unwrap_or(u32::MAX)
}

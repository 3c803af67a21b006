//! Prices in the descriptions of the schema, written by the rules that charge them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::pin::Pin;

use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::{Context, Response, SubscriptionType};
use futures::Stream;

use super::tariff::{Shape, formula};

/// What the root of every query says about prices.
const RULE: &str = "An operation costs the sum of what its fields cost; a field that does not say what it costs is free. \
                    With the header `x-seatgraph-cost: 1` the answer tells the price.";

/// The root of subscriptions, which makes a schema say what each of its fields costs.
///
/// The library has no place for what is known only once all types are; the last root is that place.
#[derive(Debug, Default)]
pub struct Priced<T>(pub T);

impl<T: SubscriptionType> SubscriptionType for Priced<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        publish(registry);
        name
    }

    fn create_field_stream<'a>(
        &'a self,
        ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        self.0.create_field_stream(ctx)
    }
}

fn publish(registry: &mut Registry) {
    let has_selections =
        |ty: &MetaType| matches!(ty, MetaType::Object { .. } | MetaType::Interface { .. } | MetaType::Union { .. });
    let objects: HashSet<_> =
        registry.types.iter().filter(|(_, ty)| has_selections(ty)).map(|(name, _)| name.clone()).collect();
    let mutation = registry.mutation_type.clone();
    let query = registry.query_type.clone();
    for (parent, ty) in registry.types.iter_mut().filter(|(name, _)| !name.starts_with("__")) {
        let (MetaType::Object { fields, description, .. } | MetaType::Interface { fields, description, .. }) = ty
        else {
            continue;
        };
        if *parent == query {
            append(description, RULE);
        }
        for field in fields.values_mut().filter(|field| !field.name.starts_with("__")) {
            let is_mutation = mutation.as_ref() == Some(parent);
            let shape = shape(parent, field);
            if let Some(formula) = formula(shape, objects.contains(shape.inner), is_mutation) {
                append(&mut field.description, &format!("Costs {formula}."));
            }
        }
    }
}

fn shape<'a>(parent: &'a str, field: &'a MetaField) -> Shape<'a> {
    let is_int = |ty: &str| ty.trim_end_matches('!') == "Int";
    Shape {
        parent,
        name: &field.name,
        inner: field.ty.trim_matches(['[', ']', '!']),
        is_list: field.ty.starts_with('['),
        pages: field.args.get("first").is_some_and(|argument| is_int(&argument.ty)),
        asked: field.args.values().find(|argument| argument.ty.starts_with('[')).map(|argument| argument.name.as_str()),
    }
}

fn append(description: &mut Option<String>, sentence: &str) {
    *description = Some(match description.take() {
        Some(text) => format!("{text} {sentence}"),
        None => sentence.to_owned(),
    });
}

#[cfg(test)]
mod tests;

//! The table of costs in the schema: the IBM cost directives on every field that has a cost of its own, and the bounds of
//! pages in the descriptions of their arguments.
//!
//! <https://ibm.github.io/graphql-specs/cost-spec.html>

use std::borrow::Cow;
use std::collections::HashSet;
use std::pin::Pin;

use async_graphql::registry::{MetaDirectiveInvocation, MetaField, MetaType, Registry};
use async_graphql::{Context, Response, SubscriptionType, TypeDirective};
use futures::Stream;

use super::cost_rule::{CostRule, DEFAULT_PAGE_SIZE, FieldShape, IDS, SHORT_LIST, Size};
use super::limits::DEFAULT_LARGEST_PAGE;

/// Weight of the field in the cost of an operation. Without it an object weighs 1 and a leaf 0. The answer states the cost
/// of its operation if the request has the header `x-seatgraph-cost: 1`.
#[TypeDirective(name = "cost", location = "FieldDefinition")]
fn cost(weight: String) {}

/// Size of the list for the cost of an operation: the largest of the slicing arguments, or the assumed size without them.
/// With sized fields it is the size of those fields of the object.
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
fn list_size(
    assumed_size: Option<i32>,
    slicing_arguments: Option<Vec<String>>,
    sized_fields: Option<Vec<String>>,
    require_one_slicing_argument: Option<bool>,
) {
}

/// The root of subscriptions, which makes a schema publish the costs of all fields.
///
/// Costs depend on all types of the schema. The root of subscriptions is the last type that the library registers.
#[derive(Debug, Default)]
pub struct Costed<T>(pub T);

impl<T: SubscriptionType> SubscriptionType for Costed<T> {
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
    cost.register(registry);
    list_size.register(registry);
    // The library gives an argument a default only at the price of writing it out at every field.
    if let Some(argument) =
        registry.directives.get_mut("listSize").and_then(|found| found.args.get_mut("requireOneSlicingArgument"))
    {
        argument.default_value = Some("true".to_owned());
    }
    let is_leaf = |ty: &MetaType| matches!(ty, MetaType::Scalar { .. } | MetaType::Enum { .. });
    let leaves: HashSet<_> =
        registry.types.iter().filter(|(_, ty)| is_leaf(ty)).map(|(name, _)| name.clone()).collect();
    let mutation = registry.mutation_type.clone();
    for (parent, ty) in registry.types.iter_mut().filter(|(name, _)| !name.starts_with("__")) {
        let (MetaType::Object { fields, .. } | MetaType::Interface { fields, .. }) = ty else { continue };
        for field in fields.values_mut().filter(|field| !field.name.starts_with("__")) {
            let shape = shape(parent, field, &leaves, mutation.as_ref() == Some(parent));
            let (directives, bound) = (directives(shape, field), bound(shape));
            field.directive_invocations.extend(directives);
            for (argument, description) in bound {
                if let Some(argument) = field.args.get_mut(&argument) {
                    argument.description = Some(description);
                }
            }
        }
    }
}

fn shape<'a>(parent: &'a str, field: &'a MetaField, leaves: &HashSet<String>, is_mutation: bool) -> FieldShape<'a> {
    let inner = field.ty.trim_matches(['[', ']', '!']);
    FieldShape {
        parent,
        name: &field.name,
        inner,
        is_list: field.ty.starts_with('['),
        is_leaf: leaves.contains(inner),
        is_mutation,
        pages: !slicing(field).is_empty(),
        ids: field.args.values().find(|argument| argument.ty.starts_with('[')).map(|argument| argument.name.as_str()),
    }
}

fn slicing(field: &MetaField) -> Vec<String> {
    let is_int =
        |argument: &str| field.args.get(argument).is_some_and(|argument| argument.ty.trim_end_matches('!') == "Int");
    ["first", "last"].into_iter().filter(|argument| is_int(argument)).map(str::to_owned).collect()
}

fn directives(shape: FieldShape<'_>, field: &MetaField) -> Vec<MetaDirectiveInvocation> {
    let rule = CostRule::of(shape);
    let mut directives = Vec::new();
    if rule.weight != u64::from(!shape.is_leaf) {
        directives.push(cost::apply(rule.weight.to_string()));
    }
    let assumed = |size: u64| list_size::apply(i32::try_from(size).ok(), None, None, None);
    let page =
        |sized| list_size::apply(i32::try_from(DEFAULT_PAGE_SIZE).ok(), Some(slicing(field)), sized, Some(false));
    directives.extend(match rule.size {
        Size::One | Size::Row => None,
        Size::Connection => Some(page(Some(["edges", "nodes"].map(str::to_owned).into()))),
        Size::Page => Some(page(None)),
        Size::Ids(_) => Some(assumed(IDS)),
        Size::Short => Some(assumed(SHORT_LIST)),
    });
    directives
}

/// The descriptions of the arguments that bound a list. They are the same for every list, so that they are stated once.
fn bound(shape: FieldShape<'_>) -> Vec<(String, String)> {
    let most = format!("at most {DEFAULT_LARGEST_PAGE}, unless the gateway's `limits.page_size` says otherwise");
    let page = [
        (
            "first",
            format!(
                "Number of rows from the start of the list or after `after`: {DEFAULT_PAGE_SIZE} by default, {most}."
            ),
        ),
        (
            "last",
            format!("Number of rows up to the end of the list or before `before`, {most}. Not together with `first`."),
        ),
        ("after", "Cursor of the row after which the page begins.".to_owned()),
        ("before", "Cursor of the row before which the page ends.".to_owned()),
    ];
    match CostRule::of(shape).size {
        Size::Connection | Size::Page => page.map(|(argument, text)| (argument.to_owned(), text)).into(),
        Size::Ids(argument) => {
            vec![(argument.to_owned(), format!("Global ids, at most {IDS}. They may be of different types."))]
        }
        Size::One | Size::Row | Size::Short => Vec::new(),
    }
}

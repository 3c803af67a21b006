//! A caller limited to one profile finds no difference between the objects of another profile and objects that do not
//! exist. The documents and the arguments come from the schema, so a new field is tested or asks for a decision.

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use seatgraph_store::each_backend;
use serde_json::{Value, json};

use crate::arguments::{self, Control, Decision, Position};
use crate::documents::{self, Document};
use crate::fixture::{Fixture, TestCaller};

/// Types whose fields say the same whichever profiles exist.
const OF_NO_PROFILE: [&str; 11] = [
    "Connector",
    "ConnectorGrant",
    "ConnectorProcess",
    "ConnectorSetup",
    "GrantScopes",
    "PermissionSetDocument",
    "RequiredPermission",
    "SetupStep",
    "SetupValue",
    "SoftwareProduct",
    "Viewer",
];

fn schema() -> Valid<Schema> {
    Schema::parse_and_validate(seatgraph::schema::sdl(), "schema.graphql").expect("the schema is valid")
}

/// Sends every document and returns the answers.
async fn answers(fixture: &Fixture, caller: TestCaller, documents: &[Document]) -> Vec<Value> {
    let mut answers = Vec::new();
    for document in documents {
        let answer = fixture.ask(caller, &document.text, json!({})).await;
        assert!(answer["errors"].is_null(), "{}: {}", document.text, answer["errors"]);
        answers.push(answer);
    }
    answers
}

/// Asserts that the total of every list is the number of its rows: each fits on one page.
fn assert_totals(value: &Value, document: &Document) {
    match value {
        Value::Object(fields) => {
            if let (Some(total), Some(nodes)) =
                (fields.get("totalCount"), fields.get("nodes").and_then(Value::as_array))
            {
                assert_eq!(total, nodes.len(), "{}", document.text);
            }
            fields.values().for_each(|value| assert_totals(value, document));
        }
        Value::Array(values) => values.iter().for_each(|value| assert_totals(value, document)),
        _ => {}
    }
}

/// Asserts that the limited callers get one answer for a foreign id and for an invented one, and that the id matters.
async fn compare(fixture: &Fixture, position: &Position, document: &str, decision: Decision, kind: &str) {
    let ids = fixture.ids(kind);
    let asked = async |caller: TestCaller, id: &str| {
        let variables = position.variables((decision.rest)(fixture), id);
        fixture.ask(caller, document, variables).await.to_string()
    };
    for caller in [TestCaller::Limited, TestCaller::LimitedViewer] {
        let foreign = asked(caller, &ids.foreign).await.replace(&ids.foreign, "ID");
        let invented = asked(caller, &ids.invented).await.replace(&ids.invented, "ID");
        assert_eq!(foreign, invented, "{position} of a foreign {kind}, {caller:?}: {document}");
    }
    let invented = asked(TestCaller::Limited, &ids.invented).await;
    match decision.control {
        Control::OwnIsFound => {
            assert_ne!(asked(TestCaller::Limited, &ids.own).await, invented, "{position}: no own {kind}");
        }
        Control::Hidden => {
            assert_eq!(asked(TestCaller::Limited, &ids.own).await, invented, "{position}: an own {kind}")
        }
        Control::Refused => {
            assert!(["NOT_FOUND", "FORBIDDEN"].iter().any(|code| invented.contains(code)), "{position}: {invented}");
        }
    }
}

each_backend! {
    async fn another_profile_changes_no_answer_to_a_limited_caller(database: TestDatabase) {
        let documents = documents::of(&schema());
        let mut fixture = Fixture::new(database).await;
        let alone = answers(&fixture, TestCaller::Limited, &documents).await;
        let before = answers(&fixture, TestCaller::Unlimited, &documents).await;
        fixture.add_foreign_profile().await;
        for (answer, (expected, document)) in
            answers(&fixture, TestCaller::Limited, &documents).await.iter().zip(alone.iter().zip(&documents))
        {
            assert_eq!(answer, expected, "{}", document.text);
            assert_totals(answer, document);
        }
        // An identifier of the other profile waits for a model.
        fixture.forget_the_foreign_model().await;
        assert_eq!(answers(&fixture, TestCaller::Limited, &documents).await, alone);
        // The control: the other profile is there, and shows wherever records of profiles are.
        let after = answers(&fixture, TestCaller::Unlimited, &documents).await;
        let unchanged = before.iter().zip(&after).zip(&documents).filter(|((before, after), _)| before == after);
        let unchanged: Vec<_> = unchanged.map(|(_, document)| document.object.as_str()).collect();
        assert_eq!(unchanged, OF_NO_PROFILE, "decide on these types");
    }

    async fn a_foreign_id_is_answered_like_an_invented_one(database: TestDatabase) {
        let schema = schema();
        assert_eq!(arguments::undecided_nodes(&schema), [""; 0], "decide on these in arguments.rs");
        let mut fixture = Fixture::new(database).await;
        fixture.add_foreign_profile().await;
        let documents = documents::of(&schema);
        let before = answers(&fixture, TestCaller::Unlimited, &documents).await;
        for (position, document) in arguments::of(&schema) {
            for decision in arguments::decide(&position) {
                for kind in decision.kinds {
                    compare(&fixture, &position, &document, decision, kind).await;
                }
            }
        }
        for field in ["profile", "connectionAlias"] {
            let document = format!("query($name: String!) {{ {field}(by: {{ name: $name }}) {{ id }} }}");
            let named = async |name: &str| fixture.ask(TestCaller::Limited, &document, json!({ "name": name })).await;
            assert_eq!(named("foreign").await, named("invented").await, "{field} by name");
            assert_ne!(named("own").await, named("invented").await, "{field} by name");
        }
        // None of the refused commands did anything.
        assert_eq!(answers(&fixture, TestCaller::Unlimited, &documents).await, before);
    }
}

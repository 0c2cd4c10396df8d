//! The description of the API.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Server, json};

#[tokio::test]
async fn every_route_is_described() {
    let server = Server::start().await;
    let description = json(server.get("/openapi.json").await).await;
    let mut routes = Vec::new();
    let mut names = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(
                operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()),
                "{method} {path}"
            );
            let name = operation["operationId"].as_str().expect("a name for generated clients");
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            routes.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes.sort_unstable();
    assert_eq!(
        routes,
        [
            "DELETE /v1/collections/{name}",
            "DELETE /v1/documents/{collection}/{key}",
            "GET /healthz",
            "GET /metrics",
            "GET /readyz",
            "GET /v1/answers/{id}",
            "GET /v1/collections",
            "GET /v1/collections/{name}",
            "GET /v1/collections/{name}/archive",
            "GET /v1/collections/{name}/coverage",
            "GET /v1/collections/{name}/settings",
            "GET /v1/documents",
            "GET /v1/documents/{collection}/{key}",
            "GET /v1/recall",
            "POST /v1/answers",
            "POST /v1/collections",
            "POST /v1/documents",
            "POST /v1/explore",
            "POST /v1/references",
            "POST /v1/search",
            "POST /v1/verify",
            "PUT /v1/collections/{name}/archive",
            "PUT /v1/collections/{name}/settings",
        ]
    );
}

#[tokio::test]
async fn every_reference_in_the_description_leads_somewhere() {
    let server = Server::start().await;
    let description = json(server.get("/openapi.json").await).await;
    let mut references = BTreeSet::new();
    collect(&description, &mut references);
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("inside this document");
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

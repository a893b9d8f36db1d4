//! Verbs that only set fields the tables know: from which statuses they are allowed, and what they set.
//!
//! The day a verb does more, its family earns a file under `domains/`.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::store::Tx;
use crate::value::{Map, Value};

/// A verb that sets fields.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Method and URL as documented, `{id}` for every path parameter; the last id is the object's.
    pub url: &'static str,
    /// The statuses it is allowed from; with none, any.
    pub from: &'static [&'static str],
    /// A JSON object laid over the object: hashes merge. "@now" is the time, in the form the field's
    /// version of the API has.
    pub set: &'static str,
}

/// The verb of a call, where it is one of these.
pub fn find(call: &Call) -> Option<&'static Transition> {
    let operation = call.operation();
    let (method, path) = (operation.method().name(), operation.path());
    let is_of = |row: &&Transition| row.url.split_once(' ') == Some((method, path));
    TRANSITIONS.iter().find(is_of)
}

/// Sets the fields, and whatever of the parameters names a field.
pub fn run(tx: &mut Tx<'_>, call: &Call, transition: &Transition) -> Outcome<Body> {
    let mut object = crud::load(tx, call)?;
    let status = object.str("status");
    if !transition.from.is_empty() && !transition.from.contains(&status) {
        let verb = transition.url.rsplit('/').next().unwrap_or("");
        let noun = crud::resource(crud::kind(call)).noun;
        return Err(Error::wrong_status(verb, noun, status, transition.from));
    }
    crud::apply(tx, crud::kind(call).shape(), &mut object, &call.params, "")?;
    let set: Value = serde_json::from_str(transition.set).expect("what a verb sets is JSON");
    if let Value::Map(set) = set {
        lay_over(tx, call.is_v2(), &mut object, set);
    }
    Ok(tx.save(object).into())
}

fn lay_over(tx: &Tx<'_>, is_v2: bool, object: &mut Map, set: Map) {
    for (name, value) in set {
        match (object.get_mut(&name).and_then(Value::as_map_mut), value) {
            (Some(inner), Value::Map(set)) => lay_over(tx, is_v2, inner, set),
            (_, Value::Str(text)) if text == "@now" => object.set(name, crud::now(tx, is_v2)),
            (_, value) => object.set(name, value),
        }
    }
}

const fn row(url: &'static str, from: &'static [&'static str], set: &'static str) -> Transition {
    Transition { url, from, set }
}

pub static TRANSITIONS: &[Transition] = &[
    row("POST /v1/billing/alerts/{id}/activate", &[], r#"{"status":"active"}"#),
    row("POST /v1/billing/alerts/{id}/archive", &[], r#"{"status":"archived"}"#),
    row("POST /v1/billing/alerts/{id}/deactivate", &[], r#"{"status":"inactive"}"#),
    row("POST /v1/billing/credit_grants/{id}/expire", &[], r#"{"expires_at":"@now"}"#),
    row("POST /v1/billing/credit_grants/{id}/void", &[], r#"{"voided_at":"@now"}"#),
    row(
        "POST /v1/billing/meters/{id}/deactivate",
        &["active"],
        r#"{"status":"inactive","status_transitions":{"deactivated_at":"@now"}}"#,
    ),
    row(
        "POST /v1/billing/meters/{id}/reactivate",
        &["inactive"],
        r#"{"status":"active","status_transitions":{"deactivated_at":null}}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Host, Method};
    use crate::schema::{self, Routed};

    #[test]
    fn every_row_is_a_published_operation_and_sets_json() {
        for row in TRANSITIONS {
            let (method, path) = row.url.split_once(' ').unwrap();
            assert_eq!(method, "POST", "{}", row.url);
            let path = path.replace("{id}", "x");
            let routed = schema::route(Method::Post, Host::Api, &path);
            assert!(matches!(routed, Routed::Found(..)), "{} is published", row.url);
            let set: Result<Value, _> = serde_json::from_str(row.set);
            assert!(matches!(set, Ok(Value::Map(_))), "{} sets an object", row.url);
        }
    }
}

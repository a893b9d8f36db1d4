//! Webhook endpoints: where events go.
//!
//! Stripe's page: <https://docs.stripe.com/api/webhook_endpoints>. The secret that signs
//! deliveries is kept with the endpoint, and told only in the answer to its creation.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/webhook_endpoints", list),
    ("POST /v1/webhook_endpoints", create),
    ("GET /v1/webhook_endpoints/{id}", retrieve),
    ("POST /v1/webhook_endpoints/{id}", update),
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut body = crud::list(tx, call)?;
    if let Body::Json(Value::Map(list)) = &mut body {
        if let Some(Value::List(endpoints)) = Rc::make_mut(list).get_mut("data") {
            for endpoint in endpoints {
                if let Some(endpoint) = endpoint.as_map_mut() {
                    conceal(endpoint);
                }
            }
        }
    }
    Ok(body)
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut endpoint = crud::draft(tx, call)?;
    if let Some(version) = call.params.at("api_version").as_str() {
        endpoint.set("api_version", version.to_string());
    }
    if call.params.is_true("connect") {
        endpoint.set("connect", true);
    }
    tx.save(endpoint.clone());
    endpoint.remove("connect");
    Ok(endpoint.into())
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load(tx, call).map(told)
}

/// `disabled` is spoken of as a parameter, and shown as the status.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut endpoint = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut endpoint, &call.params, "")?;
    if let Some(disabled) = call.params.at("disabled").as_bool() {
        endpoint.set("status", if disabled { "disabled" } else { "enabled" });
    }
    tx.save(endpoint.clone());
    Ok(told(endpoint))
}

fn told(mut endpoint: Map) -> Body {
    conceal(&mut endpoint);
    endpoint.into()
}

/// Whose events it hears is never told, its secret only once.
fn conceal(endpoint: &mut Map) {
    endpoint.remove("connect");
    endpoint.remove("secret");
}

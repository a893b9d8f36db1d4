//! Apps: the secrets of Stripe Apps, and installs.
//!
//! Stripe's page: <https://docs.stripe.com/api/apps/secret_store>. A secret is found by its name
//! and scope; setting it again replaces it. Its payload is told only when asked for with
//! `expand`, by "find".

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::store::Tx;
use crate::value::Map;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/apps/secrets", list),
    ("POST /v1/apps/secrets", create),
    ("POST /v1/apps/secrets/delete", delete_where),
    ("GET /v1/apps/secrets/find", find),
    ("POST /v1/apps/installs/{id}/uninstall", uninstall),
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let scope = call.params.at("scope").as_map().cloned().unwrap_or_default();
    let mut rest = call.clone();
    rest.params.remove("scope");
    let mut body = crud::list_where(tx, &rest, |secret| is_in(secret, &scope))?;
    if let Body::Json(list) = &mut body {
        let data = list.as_map_mut().and_then(|list| list.get_mut("data"));
        if let Some(crate::value::Value::List(secrets)) = data {
            for secret in secrets {
                secret.as_map_mut().and_then(|secret| secret.remove("payload"));
            }
        }
    }
    Ok(body)
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let before = named(tx, &call.params);
    let mut secret = crud::draft(tx, call)?;
    if let Some(before) = before {
        secret.set("id", before.at("id").clone());
    }
    Ok(told(&tx.save(secret)).into())
}

/// Answers the secret with `deleted: true`, as its type says.
fn delete_where(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let secret = named(tx, &call.params).ok_or_else(|| missing(call))?;
    tx.delete("apps.secret", secret.str("id"));
    let mut gone = told(&secret);
    gone.set("deleted", true);
    Ok(gone.into())
}

fn find(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let secret = named(tx, &call.params).ok_or_else(|| missing(call))?;
    match call.expands("payload") {
        true => Ok(secret.into()),
        false => Ok(told(&secret).into()),
    }
}

fn uninstall(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut install = crud::load(tx, call)?;
    install.set("status", "uninstalling");
    Ok(tx.save(install).into())
}

fn named(tx: &Tx<'_>, params: &Map) -> Option<Rc<Map>> {
    let scope = params.at("scope").as_map().cloned().unwrap_or_default();
    let mut named = tx.all_where("apps.secret", "name", params.str("name")).into_iter();
    named.find(|secret| is_in(secret, &scope))
}

fn is_in(secret: &Map, scope: &Map) -> bool {
    let own = secret.at("scope").as_map().cloned().unwrap_or_default();
    own.str("type") == scope.str("type") && own.str("user") == scope.str("user")
}

fn told(secret: &Map) -> Map {
    let mut secret = secret.clone();
    secret.remove("payload");
    secret
}

fn missing(call: &Call) -> Box<Error> {
    let noun = crud::resource(crud::kind(call)).noun;
    Error::no_such(noun, call.params.str("name"), "name")
}

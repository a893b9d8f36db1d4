//! Ephemeral keys: what mobile clients get to see one customer with.
//!
//! Stripe's page: <https://docs.stripe.com/api/ephemeral_keys> (the Node client's own
//! documentation says that the version must be given).

use crate::call::{Body, Call, Method};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes =
    &[("POST /v1/ephemeral_keys", create), ("DELETE /v1/ephemeral_keys/{id}", delete)];

/// Which parameter names an object of which type, and the type as the key tells it.
const ABOUT: &[(&str, &str, &str)] = &[
    ("customer", "customer", "customer"),
    ("issuing_card", "issuing.card", "issuing.card"),
    ("verification_session", "identity.verification_session", "identity.verification_session"),
];

/// Whether a call makes a key, which has the shape of the version it is made for: that must be
/// named.
pub fn makes_one(call: &Call) -> bool {
    call.method == Method::Post && call.path == "/v1/ephemeral_keys"
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut about = Vec::new();
    for (param, kind, name) in ABOUT {
        let Some(id) = call.params.at(param).as_str().filter(|id| !id.is_empty()) else { continue };
        if !Object::find(kind).is_some_and(|kind| crud::exists(tx, kind, id)) {
            let noun = crate::resources::find(kind).map_or(*kind, |row| row.noun);
            return Err(Error::no_such_reference(noun, id, *param));
        }
        about.push(Value::from(map! { "id": id.to_string(), "type": *name }));
    }
    if about.is_empty() {
        return Err(Error::must_provide(&["customer", "issuing_card", "verification_session"]));
    }
    let mut key = crud::draft(tx, call)?;
    key.set("associated_objects", about);
    Ok(tx.save(key).into())
}

/// Answers the key that is no more: it expires at once, and its secret is not told again.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut key: Map = crud::load(tx, call)?;
    key.set("expires", tx.now());
    key.remove("secret");
    tx.delete("ephemeral_key", call.id(0));
    Ok(key.into())
}

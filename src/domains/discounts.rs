//! Discounts, as they are taken off customers and subscriptions.
//!
//! Stripe's page: <https://docs.stripe.com/api/discounts/delete>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("DELETE /v1/customers/{id}/discount", delete_from_customer),
    ("DELETE /v1/subscriptions/{id}/discount", delete_from_subscription),
];

fn delete_from_customer(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut customer = crud::load_kind(tx, "customer", call.id(0))?;
    let Some(discount) = customer.at("discount").as_map().cloned() else {
        return Err(Error::no_active_discount("customer", call.id(0)));
    };
    customer.set("discount", Value::Null);
    tx.save(customer);
    Ok(gone(tx, discount))
}

/// The newest of several goes.
fn delete_from_subscription(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load_kind(tx, "subscription", call.id(0))?;
    let mut discounts = subscription.at("discounts").as_list().unwrap_or_default().to_vec();
    let last = discounts.pop();
    let Some(id) = last.as_ref().and_then(Value::as_id) else {
        return Err(Error::no_active_discount("subscription", call.id(0)));
    };
    let discount = tx.load("discount", id).unwrap_or_default();
    subscription.set("discounts", discounts);
    tx.save(subscription);
    Ok(gone(tx, discount))
}

/// The answer is the whole discount, and that it is deleted.
fn gone(tx: &mut Tx<'_>, mut discount: Map) -> Body {
    let id = discount.str("id").to_string();
    if tx.exists("discount", &id) {
        tx.delete("discount", &id);
    }
    discount.set("deleted", true);
    discount.into()
}

//! The items of subscriptions at their own URLs: each change is one of the subscription.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscription_items>.

use super::changing;
use crate::call::{Body, Call};
use crate::crud;
use crate::domains::catalogue;
use crate::errors::{Error, Outcome};
use crate::flows::subscribing;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Parameters of a change that are the subscription's.
const OF_CHANGE: &[&str] =
    &["off_session", "payment_behavior", "proration_behavior", "proration_date"];

/// Oldest first (recorded).
pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("subscription");
    if !tx.exists("subscription", id) {
        return Err(Error::no_such_reference("subscription", id, "subscription"));
    }
    let items = subscribing::items_of(tx, id).into_iter().map(Value::Map);
    catalogue::page(call, items.collect())
}

pub fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("subscription").to_string();
    let subscription = tx.load("subscription", &id);
    let subscription = subscription.filter(|subscription| !subscribing::has_ended(subscription));
    let Some(subscription) = subscription else {
        return Err(Error::no_such("subscription", &id, "subscription"));
    };
    modify(tx, subscription, call.params.clone())?;
    let added = subscribing::items_of(tx, &id).pop();
    added.map(Body::from).ok_or_else(|| Error::no_such("subscription", &id, "subscription"))
}

/// An item that is not there is told of in its own words.
pub fn load(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    let missing = || Error::subscription_item_invalid(call.id(0));
    tx.load("subscription_item", call.id(0)).ok_or_else(missing)
}

pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    load(tx, call).map(Body::from)
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, call.params.clone())?;
    crud::load(tx, call).map(Body::from)
}

pub fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut given = call.params.clone();
    given.set("deleted", true);
    change(tx, call, given)?;
    let stub = tx.stub("subscription_item", call.id(0)).cloned();
    stub.map(Body::from).ok_or_else(|| Error::subscription_item_invalid(call.id(0)))
}

fn change(tx: &mut Tx<'_>, call: &Call, mut given: Map) -> Outcome<()> {
    let item = load(tx, call)?;
    let subscription = tx.load("subscription", item.str("subscription"));
    let subscription = subscription.filter(|subscription| !subscribing::has_ended(subscription));
    let Some(subscription) = subscription else {
        return Err(Error::no_such("subscription", item.str("subscription"), "subscription"));
    };
    given.set("id", call.id(0).to_string());
    modify(tx, subscription, given)
}

/// Changes the subscription by one entry of `items`.
fn modify(tx: &mut Tx<'_>, subscription: Map, mut given: Map) -> Outcome<()> {
    let mut of_change = Map::new();
    for name in OF_CHANGE {
        if let Some(value) = given.remove(name) {
            of_change.set(*name, value);
        }
    }
    for name in ["expand", "subscription", "clear_usage"] {
        given.remove(name);
    }
    of_change.set("items", vec![Value::from(given)]);
    changing::check_waiting(&subscription, &of_change)?;
    let id = subscription.str("id").to_string();
    changing::supersede(tx, &id, &of_change);
    let subscription = tx.load("subscription", &id).unwrap_or(subscription);
    let before = subscription.clone();
    let changed = changing::change(tx, subscription, &of_change);
    let (subscription, invoice) = changed.map_err(|mut error| {
        // The parameters stand by themselves here.
        let param = error.param.as_deref().and_then(|param| param.strip_prefix("items[0]["));
        if let Some(param) = param.map(|param| param.trim_end_matches(']').to_string()) {
            error.param = Some(param.into());
        }
        error
    })?;
    changing::settle(tx, &before, subscription, invoice, &of_change)?;
    Ok(())
}

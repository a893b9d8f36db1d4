//! Entitlements: the features that customers have by their subscriptions.
//!
//! Stripe's page: <https://docs.stripe.com/billing/entitlements>.
//!
//! A subscription gives the features of its products while it is active, in a trial or past due. What
//! a product has is looked at when a subscription begins, when its status or its items change, and
//! when a period begins: a feature added to a product reaches the customers of before with their
//! next period.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::store::tx::Happening;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/entitlements/active_entitlements", list),
    ("POST /v1/entitlements/features", create_feature),
];

pub static PRODUCT_ROUTES: Routes = &[
    ("GET /v1/products/{id}/features", list_attached),
    ("POST /v1/products/{id}/features", attach),
    ("GET /v1/products/{id}/features/{id}", retrieve_attached),
    ("DELETE /v1/products/{id}/features/{id}", detach),
];

const ENTITLEMENT: &str = "entitlements.active_entitlement";
const SUMMARY: &str = "entitlements.active_entitlement_summary";
const ATTACHED: &str = "product_feature";

/// Which features a product has, and which entitlements a customer: neither says so itself.
const OF_PRODUCT: &str = "fakestripe.features_of_product";
const OF_CUSTOMER: &str = "fakestripe.entitlements_of_customer";

fn kept(tx: &Tx<'_>, kind: &str, of: &str) -> Vec<Value> {
    let row = tx.get(kind, of);
    row.map_or_else(Vec::new, |row| row.at("ids").as_list().unwrap_or_default().to_vec())
}

fn keep(tx: &mut Tx<'_>, kind: &'static str, of: &str, ids: Vec<Value>) {
    tx.save_as(kind.into(), map! { "id": of.to_string(), "ids": ids });
}

/// The longest name and key of a feature.
const LONGEST_NAME: usize = 80;

// Features.

/// The key of a feature is its own until it is archived.
fn create_feature(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let key = call.params.str("lookup_key");
    for name in ["lookup_key", "name"] {
        let value = call.params.str(name);
        if LONGEST_NAME < value.chars().count() {
            return Err(Error::too_long(name, value, LONGEST_NAME));
        }
    }
    let mut known = tx.all_where("entitlements.feature", "lookup_key", key).into_iter();
    if known.any(|feature| feature.is_true("active")) {
        return Err(Error::feature_key_taken(key));
    }
    let feature = crud::draft(tx, call)?;
    Ok(tx.save(feature).into())
}

fn attach(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "product", call.id(0))?;
    let made = crud::draft(tx, call)?;
    let mut attached = kept(tx, OF_PRODUCT, call.id(0));
    let feature = |id: &Value| {
        let attached = id.as_id().and_then(|id| tx.get(ATTACHED, id))?;
        attached.at("entitlement_feature").as_id().map(str::to_string)
    };
    let wanted = made.at("entitlement_feature").as_id();
    if attached.iter().any(|id| feature(id).as_deref() == wanted) {
        return Err(Error::feature_attached_already());
    }
    let made = tx.save(made);
    attached.push(made.at("id").clone());
    keep(tx, OF_PRODUCT, call.id(0), attached);
    Ok(made.into())
}

fn list_attached(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "product", call.id(0))?;
    let attached = kept(tx, OF_PRODUCT, call.id(0));
    crud::list_where(tx, call, |feature| attached.contains(feature.at("id")))
}

/// What the path names is the product's.
fn check_attached(tx: &Tx<'_>, call: &Call) -> Outcome<()> {
    crud::load_kind(tx, "product", call.id(0))?;
    let id = call.id(1);
    let is_its = kept(tx, OF_PRODUCT, call.id(0)).iter().any(|own| own.as_id() == Some(id));
    if is_its { Ok(()) } else { Err(Error::no_such(ATTACHED, id, "id")) }
}

fn retrieve_attached(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    check_attached(tx, call)?;
    crud::retrieve(tx, call)
}

fn detach(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    check_attached(tx, call)?;
    let mut attached = kept(tx, OF_PRODUCT, call.id(0));
    attached.retain(|id| id.as_id() != Some(call.id(1)));
    keep(tx, OF_PRODUCT, call.id(0), attached);
    Ok(tx.delete(ATTACHED, call.id(1)).into())
}

// Entitlements.

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = call.params.str("customer").to_string();
    if !tx.exists("customer", &customer) {
        return Err(Error::no_such_reference("customer", &customer, "customer"));
    }
    let own = kept(tx, OF_CUSTOMER, &customer);
    let mut rest = call.clone();
    rest.params.remove("customer");
    crud::list_where(tx, &rest, |entitlement| own.contains(entitlement.at("id")))
}

/// Brings the entitlements up to date with what happened to subscriptions in a transaction.
pub fn settle(tx: &mut Tx<'_>) {
    let mut customers: Vec<(Text, Text)> = Vec::new();
    for happening in tx.happenings() {
        let Happening::Write(write) = happening else { continue };
        if write.object != "subscription" || write.deleted {
            continue;
        }
        let new = &write.after;
        let is_same =
            |old: &Map| old.at("status") == new.at("status") && old.at("items") == new.at("items");
        let Some(customer) = new.at("customer").as_id() else { continue };
        let found = (write.account.clone(), Text::from(customer.to_string()));
        if !write.old().is_some_and(|old| is_same(old)) && !customers.contains(&found) {
            customers.push(found);
        }
    }
    for (account, customer) in customers {
        tx.in_account(&account, |tx| renew(tx, &customer));
    }
}

/// The ids of the features that a customer's subscriptions give.
fn features_of(tx: &Tx<'_>, customer: &str) -> Vec<String> {
    let mut features = Vec::new();
    for subscription in tx.all_where("subscription", "customer", customer) {
        if !matches!(subscription.str("status"), "active" | "trialing" | "past_due") {
            continue;
        }
        for item in subscription.path("items.data").as_list().unwrap_or_default() {
            let product = item.as_map().and_then(|item| item.path("price.product").as_id());
            for id in kept(tx, OF_PRODUCT, product.unwrap_or("")) {
                let attached = id.as_id().and_then(|id| tx.get(ATTACHED, id));
                let feature = attached.and_then(|of| of.at("entitlement_feature").as_id());
                let feature = feature.unwrap_or("").to_string();
                if !features.contains(&feature) {
                    features.push(feature);
                }
            }
        }
    }
    features
}

fn renew(tx: &mut Tx<'_>, customer: &str) {
    let before = kept(tx, OF_CUSTOMER, customer);
    let mut features = features_of(tx, customer);
    if before.is_empty() && features.is_empty() {
        return;
    }
    let old = summary(tx, customer, &before);
    let mut now = Vec::new();
    for id in &before {
        let entitlement = id.as_id().and_then(|id| tx.get(ENTITLEMENT, id)).cloned();
        let feature = entitlement.as_ref().and_then(|of| of.at("feature").as_id()).unwrap_or("");
        match features.iter().position(|wanted| wanted == feature) {
            Some(place) => {
                features.remove(place);
                now.push(id.clone());
            }
            None => drop(tx.delete(ENTITLEMENT, id.as_id().unwrap_or(""))),
        }
    }
    if features.is_empty() && now.len() == before.len() {
        return;
    }
    for id in features {
        let key = tx.get("entitlements.feature", &id);
        let key = key.map_or(Value::Null, |feature| feature.at("lookup_key").clone());
        let kind = Object::find(ENTITLEMENT).expect("a published type");
        let mut made = crud::new(tx, kind, &Map::new());
        made.set("feature", id);
        made.set("lookup_key", key);
        now.push(tx.save(made).at("id").clone());
    }
    let new = summary(tx, customer, &now);
    let previous = crate::events::previous(&old, &new);
    keep(tx, OF_CUSTOMER, customer, now);
    tx.announce_change(
        "entitlements.active_entitlement_summary.updated",
        Rc::new(new),
        Some(previous),
    );
}

/// What a customer is entitled to, newest first.
fn summary(tx: &Tx<'_>, customer: &str, ids: &[Value]) -> Map {
    let entitlements = ids.iter().rev().filter_map(|id| tx.get(ENTITLEMENT, id.as_id()?));
    let data = entitlements.cloned().map(Value::Map).collect();
    let url = format!("/v1/customer/{customer}/entitlements");
    map! {
        "object": SUMMARY,
        "customer": customer.to_string(),
        "entitlements": crud::list_of(data, false, url),
        "livemode": false,
    }
}

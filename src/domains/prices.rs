//! Prices and plans: what a product costs, and how often.
//!
//! Stripe's pages: <https://docs.stripe.com/api/prices>, <https://docs.stripe.com/api/plans>. A
//! plan is the older form of a recurring price: both have the same id, and each is made with the
//! other.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/prices", create),
    ("POST /v1/prices/{id}", update),
    ("POST /v1/plans", create_plan),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut price = crud::draft(tx, call)?;
    match (params.at("product").as_str(), params.at("product_data").as_map()) {
        (Some(_), None) => {}
        (None, Some(data)) => {
            let product = product(tx, data)?;
            price.set("product", product);
        }
        (Some(_), Some(_)) => return Err(Error::mutually_exclusive(&["product", "product_data"])),
        (None, None) => return Err(Error::must_provide(&["product", "product_data"])),
    }
    price_out(&mut price, params);
    claim_lookup_key(tx, &price, params)?;
    let price = tx.save(price);
    if !price.at("recurring").is_null() {
        let plan = plan_of(tx, &price);
        tx.save(plan);
    }
    Ok(price.into())
}

/// Makes the product that a price brings with it.
fn product(tx: &mut Tx<'_>, data: &Map) -> Outcome<String> {
    let kind = Object::find("product").expect("a published type");
    let product = crud::draft_kind(tx, kind, data)?;
    Ok(tx.save(product).str("id").to_string())
}

/// A price made of `price_data`, for whatever takes one in place of a price.
pub fn of_data(tx: &mut Tx<'_>, data: &Map) -> Outcome<Rc<Map>> {
    let kind = Object::find("price").expect("a published type");
    let mut price = crud::draft_kind(tx, kind, data)?;
    if let Some(product_data) = data.at("product_data").as_map() {
        let mut product =
            crud::draft_kind(tx, Object::find("product").expect("a published type"), product_data)?;
        product.set("active", false);
        price.set("product", tx.save(product).at("id").clone());
    }
    let currency = price.str("currency").to_lowercase();
    price.set("currency", currency);
    price_out(&mut price, data);
    // Such a price is for this once, and so is its product.
    price.set("active", false);
    let price = tx.save(price);
    if !price.at("recurring").is_null() {
        let plan = plan_of(tx, &price);
        tx.save(plan);
    }
    Ok(price)
}

/// The type, and the amount in both its forms.
fn price_out(price: &mut Map, params: &Map) {
    let is_recurring = !price.at("recurring").is_null();
    price.set("type", if is_recurring { "recurring" } else { "one_time" });
    if let Some(amount) = params.at("unit_amount").as_int() {
        price.set("unit_amount_decimal", amount.to_string());
    } else if let Value::Str(text) = params.at("unit_amount_decimal") {
        price.set("unit_amount_decimal", text.clone());
        price.set("unit_amount", text.parse::<i64>().ok());
    }
    for inner in ["tiers", "currency_options"] {
        // These are shown only on demand.
        if params.at(inner).is_null() {
            price.remove(inner);
        }
    }
}

/// A lookup key names one price; another one may take it over.
fn claim_lookup_key(tx: &mut Tx<'_>, price: &Map, params: &Map) -> Outcome<()> {
    let Some(key) = params.at("lookup_key").as_str().filter(|key| !key.is_empty()) else {
        return Ok(());
    };
    for holder in tx.all_where("price", "lookup_key", key) {
        if holder.at("id") == price.at("id") || !holder.is_true("active") {
            continue;
        }
        if !params.is_true("transfer_lookup_key") {
            return Err(Error::lookup_key_taken(holder.str("id")));
        }
        let mut holder = Map::clone(&holder);
        holder.set("lookup_key", Value::Null);
        tx.save(holder);
    }
    Ok(())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut price = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut price, &call.params, "")?;
    claim_lookup_key(tx, &price, &call.params)?;
    Ok(tx.save(price).into())
}

/// The plan that goes with a recurring price.
pub fn plan_of(tx: &mut Tx<'_>, price: &Map) -> Map {
    let kind = Object::find("plan").expect("a published type");
    let mut plan = crud::new(tx, kind, &Map::new());
    let shared = [
        "id",
        "active",
        "billing_scheme",
        "created",
        "currency",
        "metadata",
        "nickname",
        "product",
        "tiers_mode",
    ];
    for name in shared {
        plan.set(name, price.at(name).clone());
    }
    plan.set("amount", price.at("unit_amount").clone());
    plan.set("amount_decimal", price.at("unit_amount_decimal").clone());
    for name in ["interval", "interval_count", "meter", "trial_period_days", "usage_type"] {
        plan.set(name, price.path(&format!("recurring.{name}")).clone());
    }
    plan.set("transform_usage", price.at("transform_quantity").clone());
    plan
}

/// `product` is an id, or a hash that describes a new product.
fn create_plan(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut plan = crud::draft(tx, call)?;
    if let Some(data) = params.at("product").as_map() {
        let product = product(tx, data)?;
        plan.set("product", product);
    }
    if let Some(amount) = params.at("amount").as_int() {
        plan.set("amount_decimal", amount.to_string());
    }
    let plan = tx.save(plan);
    let kind = Object::find("price").expect("a published type");
    let mut price = crud::new(tx, kind, &Map::new());
    let shared = [
        "id",
        "active",
        "billing_scheme",
        "created",
        "currency",
        "metadata",
        "nickname",
        "product",
        "tiers_mode",
    ];
    for name in shared {
        price.set(name, plan.at(name).clone());
    }
    price.set("unit_amount", plan.at("amount").clone());
    price.set("unit_amount_decimal", plan.at("amount_decimal").clone());
    price.set("type", "recurring");
    price.set(
        "recurring",
        map! {
            "interval": plan.at("interval").clone(),
            "interval_count": plan.at("interval_count").clone(),
            "meter": plan.at("meter").clone(),
            "trial_period_days": plan.at("trial_period_days").clone(),
            "usage_type": plan.at("usage_type").clone(),
        },
    );
    tx.save(price);
    Ok(plan.into())
}

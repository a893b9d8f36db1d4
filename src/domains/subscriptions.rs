//! Subscriptions and their items.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscriptions>.
//!
//! Differs from Stripe: a subscription makes no invoices and takes no payments; it is active (or
//! in its trial) from the beginning, and its periods do not pass.

use super::prices;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/subscription_items", create_item),
    ("POST /v1/subscription_items/{id}", update_item),
    ("DELETE /v1/subscription_items/{id}", delete_item),
    ("POST /v1/subscriptions", create),
    ("POST /v1/subscriptions/{id}", update),
    ("DELETE /v1/subscriptions/{id}", cancel),
];

const DAY: i64 = 24 * 3600;

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("customer_account") {
        return Err(Error::parameter_missing("customer"));
    }
    let mut given = params.clone();
    given.remove("discounts");
    let mut subscription = crud::draft_kind(tx, crud::kind(call), &given)?;
    let id = subscription.str("id").to_string();
    for (place, item) in params.at("items").as_list().unwrap_or_default().iter().enumerate() {
        let item = item.as_map().cloned().unwrap_or_default();
        add(tx, &id, &item, &format!("items[{place}]"))?;
    }
    let discounts = discounts(tx, &id, params)?;
    subscription.set("discounts", discounts);
    let days = params.at("trial_period_days").as_int().unwrap_or(0);
    let ends = match params.at("trial_end").as_int() {
        Some(ends) => Some(ends),
        None => (0 < days).then(|| tx.now() + days * DAY),
    };
    if let Some(ends) = ends.filter(|ends| tx.now() < *ends) {
        subscription.set("status", "trialing");
        subscription.set("trial_start", tx.now());
        subscription.set("trial_end", ends);
        subscription.set("billing_cycle_anchor", ends);
    }
    show_items(tx, &mut subscription);
    Ok(tx.save(subscription).into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load(tx, call)?;
    if subscription.str("status") == "canceled" {
        return Err(Error::subscription_canceled());
    }
    let id = subscription.str("id").to_string();
    let mut params = call.params.clone();
    if params.contains("discounts") {
        let discounts = discounts(tx, &id, &params)?;
        subscription.set("discounts", discounts);
        params.remove("discounts");
    }
    for (place, given) in params.at("items").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = format!("items[{place}]");
        match given.at("id").as_str() {
            Some(item) if given.is_true("deleted") => {
                of(tx, item, &format!("{path}[id]"))?;
                tx.delete("subscription_item", item);
            }
            Some(item) => {
                let item = of(tx, item, &format!("{path}[id]"))?;
                change(tx, item, &given, &path)?;
            }
            None => {
                add(tx, &id, &given, &path)?;
            }
        }
    }
    params.remove("items");
    crud::apply(tx, crud::kind(call).shape(), &mut subscription, &params, "")?;
    if let Some(wanted) = params.at("cancel_at_period_end").as_bool() {
        let now = tx.now();
        subscription.set("canceled_at", wanted.then_some(now));
        let ends = subscription.path("items.data").as_list().and_then(<[Value]>::first);
        let ends =
            ends.and_then(Value::as_map).and_then(|item| item.at("current_period_end").as_int());
        subscription.set("cancel_at", ends.filter(|_| wanted));
        let reason = wanted.then_some("cancellation_requested");
        subscription.map_mut("cancellation_details").set("reason", reason);
    }
    show_items(tx, &mut subscription);
    Ok(tx.save(subscription).into())
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load(tx, call)?;
    if subscription.str("status") == "canceled" {
        return Err(Error::no_such("subscription", call.id(0), "id"));
    }
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut subscription, &call.params, "")?;
    let now = tx.now();
    subscription.set("status", "canceled");
    subscription.set("canceled_at", now);
    subscription.set("ended_at", now);
    subscription.set("cancel_at_period_end", false);
    subscription.map_mut("cancellation_details").set("reason", "cancellation_requested");
    Ok(tx.save(subscription).into())
}

/// The discounts that coupons and promotion codes of the request make.
fn discounts(tx: &mut Tx<'_>, subscription: &str, params: &Map) -> Outcome<Vec<Value>> {
    let kind = Object::find("discount").expect("a published type");
    let mut made = Vec::new();
    for (place, given) in params.at("discounts").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = |name: &str| format!("discounts[{place}][{name}]");
        let promotion = given.at("promotion_code").as_str().map(str::to_string);
        let coupon = match (&promotion, given.at("coupon").as_str()) {
            (Some(id), _) => {
                let code = tx.get("promotion_code", id).ok_or_else(|| {
                    Error::no_such_reference("promotion code", id, path("promotion_code"))
                })?;
                code.path("promotion.coupon").as_id().unwrap_or("").to_string()
            }
            (None, Some(coupon)) => coupon.to_string(),
            (None, None) => {
                made.extend(given.at("discount").as_str().map(|id| Value::from(id.to_string())));
                continue;
            }
        };
        if !tx.exists("coupon", &coupon) {
            return Err(Error::no_such_reference("coupon", &coupon, path("coupon")));
        }
        let mut discount = crud::new(tx, kind, &Map::new());
        discount.set("source", map! { "coupon": coupon, "type": "coupon" });
        discount.set("promotion_code", promotion);
        discount.set("subscription", subscription.to_string());
        made.push(tx.save(discount).at("id").clone());
    }
    Ok(made)
}

// Items.

fn create_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("subscription").to_string();
    if !tx.exists("subscription", &id) {
        return Err(Error::no_such_reference("subscription", &id, "subscription"));
    }
    let item = add(tx, &id, &call.params, "")?;
    refresh(tx, &id);
    Ok(item.into())
}

fn update_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = crud::load(tx, call)?;
    let item = change(tx, item, &call.params, "")?;
    refresh(tx, item.str("subscription"));
    Ok(item.into())
}

fn delete_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = crud::load(tx, call)?;
    let stub = tx.delete("subscription_item", call.id(0));
    refresh(tx, item.str("subscription"));
    Ok(stub.into())
}

fn of(tx: &Tx<'_>, id: &str, path: &str) -> Outcome<Map> {
    let missing = || Error::no_such_reference("subscription item", id, path.to_string());
    tx.load("subscription_item", id).ok_or_else(missing)
}

fn add(tx: &mut Tx<'_>, subscription: &str, given: &Map, path: &str) -> Outcome<Rc<Map>> {
    let kind = Object::find("subscription_item").expect("a published type");
    let mut item = crud::new(tx, kind, &Map::new());
    item.set("subscription", subscription.to_string());
    let priced = ["price", "plan", "price_data"].iter().any(|name| given.contains(name));
    if !priced {
        let name = if path.is_empty() { "price".to_string() } else { format!("{path}[price]") };
        return Err(Error::parameter_missing(&name));
    }
    change(tx, item, given, path)
}

/// Lays what is given over an item: its price, its quantity, its period.
fn change(tx: &mut Tx<'_>, mut item: Map, given: &Map, path: &str) -> Outcome<Rc<Map>> {
    let param = |name: &str| match path.is_empty() {
        true => name.to_string(),
        false => format!("{path}[{name}]"),
    };
    let mut rest = given.clone();
    for name in ["price", "plan", "id", "discounts", "subscription"] {
        rest.remove(name);
    }
    let shape = Object::find("subscription_item").expect("a published type").shape();
    crud::apply(tx, shape, &mut item, &rest, path)?;
    let price = match (given.at("price").as_str(), given.at("plan").as_str()) {
        (Some(id), _) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("price", id, param("price")))?,
        ),
        (None, Some(id)) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("plan", id, param("plan")))?,
        ),
        (None, None) => match given.at("price_data").as_map() {
            Some(data) => Some(prices::of_data(tx, data)?),
            None => None,
        },
    };
    if let Some(price) = price {
        if price.at("recurring").is_null() {
            return Err(Error::price_not_recurring(param("price")));
        }
        let plan = prices::plan_of(tx, &price);
        let start = tx.now();
        item.set("current_period_start", start);
        item.set("current_period_end", period_end(start, &price));
        item.set("plan", plan);
        item.set("price", Value::Shared(price));
    }
    Ok(tx.save(item))
}

/// When a period of that price that begins then ends.
fn period_end(start: i64, price: &Map) -> i64 {
    let count = price.path("recurring.interval_count").as_int().unwrap_or(1);
    match price.path("recurring.interval").as_str() {
        Some("day") => start + count * DAY,
        Some("week") => start + count * 7 * DAY,
        Some("year") => time::add_months(start, 12 * count),
        _ => time::add_months(start, count),
    }
}

fn refresh(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    show_items(tx, &mut subscription);
    tx.save(subscription);
}

/// A subscription carries its items, its currency is theirs, and with one item it has its plan and
/// quantity.
fn show_items(tx: &Tx<'_>, subscription: &mut Map) {
    let id = subscription.str("id").to_string();
    let items = tx.all_where("subscription_item", "subscription", &id);
    if let Some(item) = items.first() {
        subscription.set("currency", item.path("price.currency").clone());
    }
    let alone = items.first().filter(|_| items.len() == 1);
    let plan = alone.map_or(Value::Null, |item| item.at("plan").clone());
    subscription.set("plan", plan);
    subscription.set("quantity", alone.map_or(Value::Null, |item| item.at("quantity").clone()));
    let count = items.len() as i64;
    let url = format!("/v1/subscription_items?subscription={id}");
    let mut list = crud::list_of(items.into_iter().map(Value::from).collect(), false, url);
    list.set("total_count", count);
    subscription.set("items", list);
}

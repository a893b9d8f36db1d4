//! Discounts: coupons as they are taken off customers, subscriptions, invoices and their items.
//!
//! Stripe's pages: <https://docs.stripe.com/api/discounts>,
//! <https://docs.stripe.com/billing/subscriptions/coupons>.

use super::coupons;
use super::promotion_codes::{self, Spent};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{discounting, subscribing};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("DELETE /v1/customers/{id}/discount", delete_from_customer),
    ("DELETE /v1/subscriptions/{id}/discount", delete_from_subscription),
];

/// Until clover the coupon was in the discount itself, whole.
pub static OLDER: Older = &[("2025-09-30.clover", |tx, discount| {
    if let Some(source) = discount.remove("source") {
        let coupon = source.as_map().map_or(Value::Null, |of| of.at("coupon").clone());
        discount.set("coupon", promotion_codes::whole(tx, &coupon));
    }
})];

/// Who takes discounts: the field that says what they are on, and its id.
pub type Owner<'a> = (&'static str, &'a str);

/// The discounts that the coupons, promotion codes and discounts of a request make; the customer is
/// the one who has them.
pub fn given(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    customer: Option<&str>,
    params: &Map,
) -> Outcome<Vec<Value>> {
    replacing(tx, owner, customer, params, &[])
}

/// The same, in place of those that were there: one that comes in place of another is told of as
/// its update (recorded).
pub fn replacing(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    customer: Option<&str>,
    params: &Map,
    before: &[Value],
) -> Outcome<Vec<Value>> {
    let (mut after, mut fresh) = (Vec::new(), Vec::new());
    for (place, given) in params.at("discounts").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = |name: &str| format!("discounts[{place}][{name}]");
        if let Some(id) = given.at("discount").as_str() {
            if !tx.exists("discount", id) {
                return Err(Error::no_such_reference("discount", id, path("discount")));
            }
            after.push(Value::from(id.to_string()));
            continue;
        }
        let promotion = given.at("promotion_code").as_str();
        let coupon = match (promotion, given.at("coupon").as_str()) {
            (Some(id), _) => {
                let spent = spent(tx, owner);
                promotion_codes::redeem(tx, id, customer, &spent, &path("promotion_code"))?
            }
            (None, Some(coupon)) => coupon.to_string(),
            (None, None) => continue,
        };
        let start = params.at("backdate_start_date").as_int().unwrap_or(tx.now());
        let made = make(tx, owner, customer, (&coupon, promotion), start, &path("coupon"))?;
        after.push(made.at("id").clone());
        fresh.push(made);
    }
    let ended: Vec<&Value> = before.iter().filter(|id| !after.contains(id)).collect();
    match (fresh.as_slice(), ended.as_slice()) {
        ([made], [old]) if before.len() == 1 => swap(tx, made, old),
        _ => {
            for made in fresh {
                tx.announce("customer.discount.created", made);
            }
            let now = tx.now();
            for id in ended {
                discounting::end(tx, id.as_id().unwrap_or(""), Some(now));
            }
        }
    }
    Ok(after)
}

/// Tells that a discount came in place of another.
fn swap(tx: &mut Tx<'_>, made: &Rc<Map>, old: &Value) {
    let Some(old) = tx.load("discount", old.as_id().unwrap_or("")) else { return };
    let mut previous = Map::new();
    for (name, value) in old.iter().filter(|(name, value)| made.at(name) != *value) {
        previous.push(name.clone(), value.clone());
    }
    tx.announce_change("customer.discount.updated", made.clone(), Some(previous));
    discounting::forget(tx, old);
}

/// What is bought where a discount is taken. What renews by itself is bought when it begins.
fn spent(tx: &Tx<'_>, (kind, id): Owner<'_>) -> Spent {
    match (kind, tx.get(kind, id)) {
        ("invoice_item" | "subscription_item", _) | ("subscription", Some(_)) => Spent::Later,
        ("subscription", None) => {
            let items = subscribing::items_of(tx, id);
            let currency =
                items.first().map_or("", |item| item.path("price.currency").as_str().unwrap_or(""));
            let costs = items.iter().filter(|item| subscribing::is_licensed(item));
            Spent::Now(costs.map(|item| subscribing::cost_of(tx, item)).sum(), currency.to_string())
        }
        ("invoice", Some(invoice)) => {
            Spent::Now(invoice.int("subtotal"), invoice.str("currency").to_string())
        }
        _ => Spent::Unknown,
    }
}

/// Puts a coupon, which may have come of a promotion code, on something, from that time on; nobody
/// is told yet.
fn make(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    customer: Option<&str>,
    (coupon, promotion): (&str, Option<&str>),
    start: i64,
    param: &str,
) -> Outcome<Rc<Map>> {
    let Some(found) = tx.load("coupon", coupon) else {
        return Err(Error::no_such_reference("coupon", coupon, param.to_string()));
    };
    if !coupons::is_valid(tx, &found) {
        return Err(Error::coupon_expired(coupon, param));
    }
    let is_repeating = found.str("duration") == "repeating";
    if is_repeating && owner.0 == "invoice_item" && tx.validates() {
        return Err(Error::coupon_repeating_once(coupon));
    }
    coupons::redeem(tx, coupon);
    let kind = Object::find("discount").expect("a published type");
    let mut discount = crud::new(tx, kind, &Map::new());
    let months = found.at("duration_in_months").as_int().filter(|_| is_repeating);
    let end = months.map(|months| time::add_months(start, months));
    discount.set("end", end);
    discount.set("start", start);
    discount.set("source", map! { "coupon": coupon.to_string(), "type": "coupon" });
    discount.set("promotion_code", promotion.map(str::to_string));
    discount.set("customer", customer.map(str::to_string));
    discount.set(owner.0, owner.1.to_string());
    if let Some(end) = end {
        tx.schedule(end.max(tx.now()), "discount.end", discount.str("id"));
    }
    Ok(tx.save_untold(discount))
}

/// The discount of a customer, whom versions before basil gave a coupon or a promotion code.
pub fn of_customer(tx: &mut Tx<'_>, customer: &mut Map, params: &Map) -> Outcome<()> {
    let mut list = Vec::new();
    for name in ["coupon", "promotion_code"] {
        let Some(id) = params.get(name) else { continue };
        let mut one = Map::new();
        if !id.is_empty_string() {
            one.push(name, id.clone());
        }
        list.push(Value::from(one));
    }
    if list.is_empty() {
        return Ok(());
    }
    let id = customer.str("id").to_string();
    let before = customer.path("discount.id").clone();
    let before: Vec<Value> = if before.is_null() { Vec::new() } else { vec![before] };
    let given = map! { "discounts": list };
    let after = replacing(tx, ("customer", &id), Some(&id), &given, &before)?;
    let discount = after.last().and_then(Value::as_id).and_then(|id| tx.get("discount", id));
    let discount = discount.map_or(Value::Null, |discount| Value::from(Map::clone(discount)));
    // Its own event is the only one (recorded).
    if let Some(mut known) = tx.load("customer", &id) {
        known.set("discount", discount.clone());
        tx.save_untold(known);
    }
    customer.set("discount", discount);
    Ok(())
}

fn delete_from_customer(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut customer = crud::load_kind(tx, "customer", call.id(0))?;
    let Some(discount) = customer.at("discount").as_map().cloned() else {
        return Err(Error::no_active_discount("customer", call.id(0)));
    };
    customer.set("discount", Value::Null);
    // That of the discount is the only event (recorded).
    tx.save_untold(customer);
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
    let now = tx.now();
    discounting::end(tx, discount.str("id"), Some(now));
    discount.remove("end");
    discount.set("deleted", true);
    discount.into()
}

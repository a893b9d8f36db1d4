//! Discounts: coupons as they are taken off customers, subscriptions, invoices and their items.
//!
//! Stripe's pages: <https://docs.stripe.com/api/discounts>,
//! <https://docs.stripe.com/billing/subscriptions/coupons>.

use super::{coupons, promotion_codes};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use crate::versions::Older;

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

/// The discounts that the coupons, promotion codes and discounts of a request make. `owner` is the
/// field that says what they are on, and its id; the customer is the one who has them.
pub fn given(
    tx: &mut Tx<'_>,
    owner: (&'static str, &str),
    customer: Option<&str>,
    params: &Map,
) -> Outcome<Vec<Value>> {
    let mut made = Vec::new();
    for (place, given) in params.at("discounts").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = |name: &str| format!("discounts[{place}][{name}]");
        if let Some(id) = given.at("discount").as_str() {
            if !tx.exists("discount", id) {
                return Err(Error::no_such_reference("discount", id, path("discount")));
            }
            made.push(Value::from(id.to_string()));
            continue;
        }
        let promotion = given.at("promotion_code").as_str();
        let coupon = match (promotion, given.at("coupon").as_str()) {
            (Some(id), _) => promotion_codes::redeem(tx, id, customer, &path("promotion_code"))?,
            (None, Some(coupon)) => coupon.to_string(),
            (None, None) => continue,
        };
        made.push(make(tx, owner, customer, (&coupon, promotion), &path("coupon"))?.into());
    }
    Ok(made)
}

/// Puts a coupon, which may have come of a promotion code, on something. Gives the discount's id.
pub fn make(
    tx: &mut Tx<'_>,
    owner: (&'static str, &str),
    customer: Option<&str>,
    (coupon, promotion): (&str, Option<&str>),
    param: &str,
) -> Outcome<String> {
    let Some(found) = tx.load("coupon", coupon) else {
        return Err(Error::no_such_reference("coupon", coupon, param.to_string()));
    };
    if !coupons::is_valid(tx, &found) {
        return Err(Error::coupon_expired(coupon, param));
    }
    coupons::redeem(tx, coupon);
    let kind = Object::find("discount").expect("a published type");
    let mut discount = crud::new(tx, kind, &Map::new());
    let months = found.at("duration_in_months").as_int();
    let end = months.filter(|_| found.str("duration") == "repeating");
    discount.set("end", end.map(|months| time::add_months(tx.now(), months)));
    discount.set("source", map! { "coupon": coupon.to_string(), "type": "coupon" });
    discount.set("promotion_code", promotion.map(str::to_string));
    discount.set("customer", customer.map(str::to_string));
    discount.set(owner.0, owner.1.to_string());
    Ok(tx.save(discount).str("id").to_string())
}

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
    discount.remove("end");
    discount.set("deleted", true);
    discount.into()
}

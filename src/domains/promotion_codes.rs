//! Promotion codes: what customers type in to get a coupon's discount.
//!
//! Stripe's page: <https://docs.stripe.com/api/promotion_codes>.

use super::coupons;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;

pub static ROUTES: Routes =
    &[("POST /v1/promotion_codes", create), ("POST /v1/promotion_codes/{id}", update)];

/// Until clover the coupon was in the code itself, whole.
pub static OLDER: Older = &[("2025-09-30.clover", |tx, code| {
    if let Some(promotion) = code.remove("promotion") {
        let coupon = promotion.as_map().map_or(Value::Null, |of| of.at("coupon").clone());
        code.set("coupon", whole(tx, &coupon));
    }
})];

/// A coupon where its id stood.
pub fn whole(tx: &Tx<'_>, coupon: &Value) -> Value {
    let found = coupon.as_str().and_then(|id| tx.get("coupon", id));
    found.map_or_else(|| coupon.clone(), |coupon| Value::Map(coupon.clone()))
}

/// Five years.
const LONGEST: i64 = 5 * 365 * 86_400;

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut params = call.params.clone();
    if let Some(coupon) = params.remove("coupon") {
        params.set("promotion", map! { "coupon": coupon, "type": "coupon" });
    }
    let Some(id) = params.path("promotion.coupon").as_str().map(str::to_string) else {
        return Err(Error::promotion_without_coupon());
    };
    let Some(coupon) = tx.load("coupon", &id) else {
        return Err(Error::no_such_reference("coupon", &id, "promotion[coupon]"));
    };
    let mut code = crud::draft_kind(tx, crud::kind(call), &params)?;
    if tx.validates() {
        check(tx, &code, &params)?;
    }
    code.map_mut("promotion").set("coupon", id);
    let restrictions = code.map_mut("restrictions");
    let first = restrictions.is_true("first_time_transaction");
    restrictions.set("first_time_transaction", first);
    let active = code.is_true("active") && coupons::is_valid(tx, &coupon);
    code.set("active", active);
    Ok(tx.save(code).into())
}

fn check(tx: &Tx<'_>, code: &Map, params: &Map) -> Outcome<()> {
    let text = code.str("code");
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !text.chars().all(fits) {
        return Err(Error::promotion_code_malformed(text));
    }
    let is_taken = |other: &Map| {
        other.is_true("active")
            && other.str("code").eq_ignore_ascii_case(text)
            && other.at("customer") == code.at("customer")
    };
    if tx.all("promotion_code").iter().any(|other| is_taken(other)) {
        return Err(Error::promotion_code_taken(text));
    }
    match params.at("expires_at").as_int() {
        Some(at) if at <= tx.now() => Err(Error::time_in_past("expires_at", at)),
        Some(at) if tx.now() + LONGEST < at => Err(Error::time_too_far("expires_at")),
        _ => Ok(()),
    }
}

/// A code whose coupon is not valid any more stays inactive.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut code = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut code, &call.params, "")?;
    let coupon = code.path("promotion.coupon").as_id().and_then(|id| tx.get("coupon", id));
    let is_valid = coupon.is_some_and(|coupon| coupons::is_valid(tx, coupon));
    if call.params.is_true("active") && !is_valid {
        return Err(Error::promotion_code_spent());
    }
    Ok(tx.save(code).into())
}

/// Redeems a code for a customer: the id of its coupon. The code's event tells how often it was
/// redeemed, as published ones do.
pub fn redeem(tx: &mut Tx<'_>, id: &str, customer: Option<&str>, param: &str) -> Outcome<String> {
    let missing = || Error::no_such_reference("promotion code", id, param.to_string());
    let mut code = tx.load("promotion_code", id).ok_or_else(missing)?;
    let coupon = code.path("promotion.coupon").as_id().unwrap_or("").to_string();
    let is_late = code.at("expires_at").as_int().is_some_and(|at| at <= tx.now());
    let of_another = code.at("customer").as_id().is_some_and(|own| Some(own) != customer);
    let times = code.int("times_redeemed") + 1;
    let most = code.at("max_redemptions").as_int();
    if !code.is_true("active") || is_late || of_another || most.is_some_and(|most| most < times) {
        return Err(Error::promotion_code_expired(param));
    }
    if code.path("restrictions.first_time_transaction").as_bool() == Some(true)
        && customer.is_some_and(|customer| has_paid(tx, customer))
    {
        return Err(Error::promotion_code_not_first());
    }
    code.set("times_redeemed", times);
    code.set("active", most != Some(times));
    tx.save(code);
    Ok(coupon)
}

/// Whether a customer has paid anything.
fn has_paid(tx: &Tx<'_>, customer: &str) -> bool {
    let charges = tx.all_where("charge", "customer", customer);
    charges.iter().any(|charge| charge.is_true("paid"))
}

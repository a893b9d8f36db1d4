//! Coupons: what a discount takes off, and for how long.
//!
//! Stripe's page: <https://docs.stripe.com/api/coupons>. Discounts of a deleted coupon go on.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::pricing::{self, DETAILS};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[("POST /v1/coupons", create), ("POST /v1/coupons/{id}", update)];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if tx.validates() {
        check(tx, params)?;
    }
    let coupon = crud::draft(tx, call)?;
    keep_details(tx, &coupon, params);
    let mut coupon = coupon;
    for name in ["applies_to", "currency_options"] {
        coupon.remove(name);
    }
    if let Some(currency) = params.at("currency").as_str() {
        coupon.set("currency", currency.to_ascii_lowercase());
    }
    Ok(tx.save(coupon).into())
}

/// What no coupon can be.
fn check(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    let (amount, percent) = (params.contains("amount_off"), params.contains("percent_off"));
    match (amount, percent) {
        (false, false) => return Err(Error::coupon_of_nothing()),
        (true, true) => return Err(Error::coupon_of_both()),
        _ => {}
    }
    if amount && !params.contains("currency") {
        return Err(Error::coupon_without_currency());
    }
    if params.str("duration") == "repeating" && !params.contains("duration_in_months") {
        return Err(Error::coupon_without_months());
    }
    if percent && pricing::decimal_of(params.at("percent_off")) * 100 < pricing::ONE {
        return Err(Error::percent_too_small(params.at("percent_off")));
    }
    if percent && 100 * pricing::ONE < pricing::decimal_of(params.at("percent_off")) {
        return Err(Error::percent_too_large());
    }
    if percent && params.contains("currency_options") {
        return Err(Error::mutually_exclusive(&["currency_options", "percent_off"]));
    }
    match params.at("redeem_by").as_int() {
        Some(at) if at <= tx.now() => Err(Error::time_in_past("redeem_by", at)),
        _ => Ok(()),
    }
}

/// Keeps what is shown only on demand beside the coupon.
fn keep_details(tx: &mut Tx<'_>, coupon: &Map, params: &Map) {
    let id = coupon.str("id").to_string();
    let mut details = tx.load(DETAILS, &id).unwrap_or_else(|| map! { "id": id, "object": DETAILS });
    let before = details.len();
    if let Some(applies) = params.at("applies_to").as_map() {
        details.set("applies_to", applies.clone());
    }
    if let Some(options) = params.at("currency_options").as_map() {
        let all = details.map_mut("currency_options");
        if !coupon.at("currency").is_null() {
            let own = map! { "amount_off": coupon.at("amount_off").clone() };
            all.set(coupon.str("currency").to_string(), own);
        }
        for (currency, option) in options.iter() {
            all.set(currency.to_ascii_lowercase(), option.clone());
        }
    }
    if before < details.len() || params.contains("currency_options") {
        tx.save(details);
    }
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut coupon = crud::load(tx, call)?;
    let mut rest = call.params.clone();
    rest.remove("currency_options");
    crud::apply(tx, crud::kind(call).shape(), &mut coupon, &rest, "")?;
    keep_details(tx, &coupon, &call.params);
    Ok(tx.save(coupon).into())
}

/// Whether a coupon can still be redeemed.
pub fn is_valid(tx: &Tx<'_>, coupon: &Map) -> bool {
    let is_used_up = matches!(coupon.at("max_redemptions").as_int(),
        Some(most) if most <= coupon.int("times_redeemed"));
    let is_late = coupon.at("redeem_by").as_int().is_some_and(|at| at <= tx.now());
    coupon.at("valid") != &Value::Bool(false) && !is_used_up && !is_late
}

/// Counts a redemption; the last one makes the coupon invalid. No event tells of it (recorded).
pub fn redeem(tx: &mut Tx<'_>, id: &str) {
    let Some(mut coupon) = tx.load("coupon", id) else { return };
    let times = coupon.int("times_redeemed") + 1;
    coupon.set("times_redeemed", times);
    let valid = is_valid(tx, &coupon);
    coupon.set("valid", valid);
    tx.save_untold(coupon);
}

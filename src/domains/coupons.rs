//! Coupons: what a discount takes off, and for how long.
//!
//! Stripe's page: <https://docs.stripe.com/api/coupons>. Discounts of a deleted coupon go on.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::discounting;
use crate::flows::pricing::{self, DETAILS};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/coupons", create),
    ("POST /v1/coupons/{id}", update),
    ("DELETE /v1/coupons/{id}", delete),
];

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
    if let Some(at) = coupon.at("redeem_by").as_int() {
        tx.schedule(at.max(tx.now()), "coupon.expire", coupon.str("id"));
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
    let off = pricing::decimal_of(params.at("percent_off"));
    if percent && off * 100 < pricing::ONE {
        let text = pricing::text_of(params.at("percent_off")).unwrap_or_default();
        return Err(Error::decimal_too_small("percent_off", &text, "0.01"));
    }
    if percent && 100 * pricing::ONE < off {
        return Err(Error::percent_too_large());
    }
    if percent && params.contains("currency_options") {
        return Err(Error::mutually_exclusive(&["currency_options", "percent_off"]));
    }
    if !amount && params.contains("currency_options") {
        return Err(Error::coupon_without_currency());
    }
    if params.contains("duration_in_months") && params.str("duration") != "repeating" {
        return Err(Error::coupon_months_unexpected());
    }
    for name in ["amount_off", "duration_in_months", "max_redemptions"] {
        if params.at(name).as_int().is_some_and(|count| count < 1) {
            return Err(Error::invalid_count(name, false));
        }
    }
    for id in params.path("applies_to.products").as_list().unwrap_or_default() {
        let id = id.as_id().unwrap_or("");
        if !tx.exists("product", id) {
            return Err(Error::no_such_reference("product", id, "applies_to[products]"));
        }
    }
    check_time(tx, "redeem_by", params.at("redeem_by"))
}

/// Five years.
const LONGEST: i64 = 5 * 365 * 86_400;

/// A time until which something can be redeemed is to come, and not too far away.
pub fn check_time(tx: &Tx<'_>, param: &'static str, given: &Value) -> Outcome<()> {
    match given.as_int() {
        Some(at) if at <= tx.now() => Err(Error::time_in_past(param, at)),
        Some(at) if tx.now() + LONGEST < at => Err(Error::time_too_far(param)),
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

/// Nobody can redeem it any more; discounts that were made of it go on.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let coupon = crud::load(tx, call)?;
    let gone = crud::delete(tx, call)?;
    discounting::keep_coupon(tx, coupon);
    retire_codes(tx, call.id(0));
    Ok(gone)
}

/// The time until which a coupon can be redeemed is over.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    let Some(mut coupon) = tx.load("coupon", id) else { return };
    coupon.set("valid", false);
    tx.save_untold(coupon);
    retire_codes(tx, id);
}

/// The promotion codes of a coupon that is not valid any more are not active any more.
fn retire_codes(tx: &mut Tx<'_>, coupon: &str) {
    for code in tx.all_where("promotion_code", "promotion.coupon", coupon) {
        super::promotion_codes::run(tx, code.str("id"));
    }
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
    if !valid {
        retire_codes(tx, id);
    }
}

//! Promotion codes: what customers type in to get a coupon's discount.
//!
//! Stripe's page: <https://docs.stripe.com/api/promotion_codes>.

use super::coupons;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::discounting;
use crate::flows::pricing::DETAILS;
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
    let found = coupon.as_str().and_then(|id| discounting::coupon(tx, id));
    found.map_or_else(|| coupon.clone(), |coupon| Value::Map(coupon.clone()))
}

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
        check(tx, &code, &params, &coupon)?;
    }
    keep_options(tx, &mut code);
    code.map_mut("promotion").set("coupon", id);
    let restrictions = code.map_mut("restrictions");
    let first = restrictions.is_true("first_time_transaction");
    restrictions.set("first_time_transaction", first);
    let active = code.is_true("active") && coupons::is_valid(tx, &coupon);
    code.set("active", active);
    if let Some(at) = code.at("expires_at").as_int() {
        tx.schedule(at.max(tx.now()), "promotion_code.expire", code.str("id"));
    }
    Ok(tx.save(code).into())
}

/// Keeps the restrictions in other currencies, which are shown only on demand, beside the code.
fn keep_options(tx: &mut Tx<'_>, code: &mut Map) {
    let Some(Value::Map(given)) = code.map_mut("restrictions").remove("currency_options") else {
        return;
    };
    let id = code.str("id").to_string();
    let mut details = tx.load(DETAILS, &id).unwrap_or_else(|| map! { "id": id, "object": DETAILS });
    let own = code.path("restrictions.minimum_amount").clone();
    let currency = code.path("restrictions.minimum_amount_currency").as_str().map(str::to_string);
    let options = details.map_mut(OPTIONS);
    if let Some(currency) = currency {
        options.set(currency, map! { "minimum_amount": own });
    }
    for (currency, option) in given.iter() {
        options.set(currency.to_ascii_lowercase(), option.clone());
    }
    tx.save(details);
}

/// The field of what is kept beside a code, which is also the path to expand.
const OPTIONS: &str = "restrictions.currency_options";

fn check(tx: &Tx<'_>, code: &Map, params: &Map, coupon: &Map) -> Outcome<()> {
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
    let restrictions = code.at("restrictions").as_map().cloned().unwrap_or_default();
    let (amount, currency) =
        (restrictions.at("minimum_amount"), restrictions.at("minimum_amount_currency"));
    if amount.is_null() != currency.is_null() {
        let missing = if amount.is_null() { "" } else { "_currency" };
        return Err(Error::parameter_missing(&format!("restrictions[minimum_amount{missing}]")));
    }
    for (name, most) in [("max_redemptions", "max_redemptions"), ("expires_at", "redeem_by")] {
        let (given, most) = (params.at(name).as_int(), coupon.at(most).as_int());
        if given.zip(most).is_some_and(|(given, most)| most < given) {
            return Err(Error::promotion_code_outlives(name));
        }
    }
    coupons::check_time(tx, "expires_at", params.at("expires_at"))
}

/// A code whose coupon is not valid any more stays inactive.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut code = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut code, &call.params, "")?;
    keep_options(tx, &mut code);
    let coupon = code.path("promotion.coupon").as_id().and_then(|id| tx.get("coupon", id));
    let is_valid = coupon.is_some_and(|coupon| coupons::is_valid(tx, coupon));
    let is_valid = is_valid && !is_spent(tx, &code);
    if call.params.is_true("active") && !is_valid {
        return Err(Error::promotion_code_spent());
    }
    Ok(tx.save(code).into())
}

/// Whether a code was used as often as it may be, or its time is over.
fn is_spent(tx: &Tx<'_>, code: &Map) -> bool {
    let most = code.at("max_redemptions").as_int();
    most.is_some_and(|most| most <= code.int("times_redeemed"))
        || code.at("expires_at").as_int().is_some_and(|at| at <= tx.now())
}

/// A code that cannot be redeemed any more is not active any more.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    let Some(mut code) = tx.load("promotion_code", id) else { return };
    code.set("active", false);
    tx.save_untold(code);
}

/// What is bought with a promotion code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spent {
    Unknown,
    /// So much, in that currency.
    Now(i64, String),
    /// Nothing yet: codes that ask for a minimum cannot be used.
    Later,
}

/// Redeems a code for a customer: the id of its coupon. The code's event tells how often it was
/// redeemed, as published ones do.
pub fn redeem(
    tx: &mut Tx<'_>,
    id: &str,
    customer: Option<&str>,
    spent: &Spent,
    param: &str,
) -> Outcome<String> {
    let missing = || Error::no_such_reference("promotion code", id, param.to_string());
    let mut code = tx.load("promotion_code", id).ok_or_else(missing)?;
    check_use(tx, &code, customer, spent, param)?;
    let coupon = code.path("promotion.coupon").as_id().unwrap_or("").to_string();
    let times = code.int("times_redeemed") + 1;
    code.set("times_redeemed", times);
    let active = !is_spent(tx, &code);
    code.set("active", active);
    tx.save(code);
    Ok(coupon)
}

/// What a code cannot be used for.
pub fn check_use(
    tx: &Tx<'_>,
    code: &Map,
    customer: Option<&str>,
    spent: &Spent,
    param: &str,
) -> Outcome<()> {
    let of_another = code.at("customer").as_id().is_some_and(|own| Some(own) != customer);
    if !code.is_true("active") || of_another || is_spent(tx, code) {
        return Err(Error::promotion_code_expired(param));
    }
    let restrictions = code.at("restrictions").as_map().cloned().unwrap_or_default();
    if restrictions.is_true("first_time_transaction")
        && customer.is_some_and(|customer| has_paid(tx, customer))
    {
        return Err(Error::promotion_code_not_first(param));
    }
    let Some(own) = restrictions.at("minimum_amount").as_int() else { return Ok(()) };
    match spent {
        Spent::Unknown => Ok(()),
        Spent::Later => Err(Error::promotion_code_minimum_later(param)),
        Spent::Now(amount, currency) => {
            let details = tx.get(DETAILS, code.str("id")).and_then(|of| of.at(OPTIONS).as_map());
            let other = details.and_then(|options| options.at(currency).as_map());
            let least = match restrictions.str("minimum_amount_currency") == currency {
                true => Some(own),
                false => other.map(|option| option.int("minimum_amount")),
            };
            match least {
                Some(least) if least <= *amount => Ok(()),
                _ => Err(Error::promotion_code_minimum(param)),
            }
        }
    }
}

/// Whether a customer has paid anything.
fn has_paid(tx: &Tx<'_>, customer: &str) -> bool {
    let charges = tx.all_where("charge", "customer", customer);
    let invoices = tx.all_where("invoice", "customer", customer);
    charges.iter().any(|charge| charge.is_true("paid"))
        || invoices.iter().any(|it| it.str("status") == "paid" && 0 < it.int("total"))
}
